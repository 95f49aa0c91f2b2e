"""Drivers' hours and working time: limits as data, each with its source, and warnings where a day or a rota meets them.

They are warnings and never refusals: which regime a duty falls under is the council's to decide (waste collected door
to door within about 50 km of the base is under the GB domestic rules, other carriage under the assimilated ones), and a
limit that nobody has checked against the law must not stop a lorry.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

from services.scheduling.domain.patterns import ShiftTime
from services.scheduling.domain.plan import Warned

WORKING_TIME = "working-time"
"""The regime that holds for everybody who works, whatever they drive."""


@dataclass(frozen=True)
class Limit:
    """One limit of a regime: what it is about, how many minutes, its words, and whether they were checked."""

    about: str
    minutes: int
    words: str
    verified: bool
    source: str
    after_minutes: int | None = None
    """For a break: the work after which it is owed."""

    lightest_kg: int = 0
    """For what holds for heavier vehicles only: the least maximum weight."""


@dataclass(frozen=True)
class Regime:
    """A set of limits by which a duty is measured."""

    id: str
    name: str
    limits: tuple[Limit, ...]

    def limit(self, about: str, gross_kg: int = 0) -> Limit | None:
        """Return the limit about something that holds for a vehicle of a weight, None where there is none."""
        return next((each for each in self.limits if each.about == about and gross_kg >= each.lightest_kg), None)


@dataclass(frozen=True)
class Duty:
    """A crew's day as planned, in minutes: driving, all of the duty, and the breaks that are in it."""

    crew: str
    driving: int
    duty: int
    rest: int
    gross_kg: int = 0


def of_duty(regimes: Mapping[str, Regime], regime_id: str, duty: Duty) -> Iterator[Warned]:
    """Yield what a planned day would break: daily driving and duty, and the break after so much work."""
    for regime in (regimes[regime_id], regimes[WORKING_TIME]):
        for about, minutes in (("daily-driving", duty.driving), ("daily-duty", duty.duty)):
            limit = regime.limit(about, duty.gross_kg)
            if limit is not None and minutes > limit.minutes:
                yield _warned(f"{duty.crew}: {_said(minutes)} – {limit.words}", limit)
        for limit in regime.limits:
            is_owed = limit.about == "break" and limit.after_minutes is not None and duty.duty > limit.after_minutes
            if is_owed and duty.rest < limit.minutes:
                yield _warned(f"{duty.crew}: {duty.rest} minutes of break in {_said(duty.duty)} – {limit.words}", limit)


def of_shifts(regimes: Mapping[str, Regime], who: str, shifts: Sequence[ShiftTime], weeks: int) -> Iterator[Warned]:
    """Yield what a rota would break: daily rest between shifts, the length of one, and weekly hours on average."""
    regime = regimes[WORKING_TIME]
    rest, weekly = regime.limit("daily-rest"), regime.limit("weekly-average")
    if rest is not None:
        short = next(((a, b) for a, b in pairwise(shifts) if b.starts_at - a.ends_at < _span(rest)), None)
        if short is not None:
            hours = _said(round((short[1].starts_at - short[0].ends_at).total_seconds() / 60))
            yield _warned(
                f"{who}: {hours} between the shifts of {short[0].day:%-d %B} and the next – {rest.words}", rest
            )
    if weekly is not None and weeks:
        worked = sum((shift.length for shift in shifts), timedelta())
        average = round(worked.total_seconds() / 60 / weeks)
        if average > weekly.minutes:
            yield _warned(f"{who}: {_said(average)} a week on average – {weekly.words}", weekly)


def _warned(words: str, limit: Limit) -> Warned:
    """Return a warning of a limit."""
    return Warned(words, limit.verified)


def _span(limit: Limit) -> timedelta:
    """Return a limit as a span of time."""
    return timedelta(minutes=limit.minutes)


def _said(minutes: int) -> str:
    """Return minutes as hours are said: 10 hours 30 minutes."""
    hours, rest = divmod(minutes, 60)
    parts = [
        f"{hours} hour{'' if hours == 1 else 's'}" if hours else "",
        f"{rest} minutes" if rest or not hours else "",
    ]
    return " ".join(part for part in parts if part)
