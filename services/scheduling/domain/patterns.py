"""Shift patterns and rotas: on which days a crew works, from when to when, in real hours on every day of the year.

A pattern is either weekly (Monday to Friday, four days, the weekend) or rolling (4 on, 4 off, counted from a day). A
rota puts a crew on a pattern from a day on, until another day where one is known: nothing of the past is overwritten
when a crew changes. Times are what clocks show; a night shift on which clocks change is an hour shorter or longer.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from shared.calendar import london_instant

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WEEKLY, ROLLING = "weekly", "rolling"
LONGEST_SHIFT = timedelta(hours=13)
"""11 hours of daily rest (Working Time Regulations 1998, regulation 10) leave 13 hours of a day."""

LOOKED_AHEAD = timedelta(days=56)
"""Weekly patterns and those of 4 on, 4 off repeat together after 56 days: whatever overlaps, overlaps in these."""


@dataclass(frozen=True)
class Pattern:
    """When a shift begins and ends, and on which days; `bank_holidays` says whether those are worked too."""

    id: str
    name: str
    kind: str
    starts: time
    ends: time
    days: tuple[str, ...] = ()
    days_on: int | None = None
    days_off: int | None = None
    first_day_on: date | None = None
    bank_holidays: bool = False

    def works_on(self, day: date, *, is_bank_holiday: bool) -> bool:
        """Say whether a shift begins on a day."""
        if is_bank_holiday and not self.bank_holidays:
            return False
        if self.kind == WEEKLY:
            return WEEKDAYS[day.weekday()] in self.days
        if self.first_day_on is None or not self.days_on:
            return False
        return (day - self.first_day_on).days % (self.days_on + (self.days_off or 0)) < self.days_on

    def shift_on(self, day: date) -> "ShiftTime":
        """Return the shift that begins on a day, whether it is worked or not; one that ends earlier ends next day."""
        last = day if self.ends > self.starts else day + timedelta(days=1)
        return ShiftTime(day, london_instant(day, self.starts), london_instant(last, self.ends))

    @property
    def clock_length(self) -> timedelta:
        """How long a shift is by the clock, on a day on which clocks don't change."""
        minutes = (self.ends.hour - self.starts.hour) * 60 + self.ends.minute - self.starts.minute
        return timedelta(minutes=minutes if minutes > 0 else minutes + 24 * 60)


@dataclass(frozen=True)
class Rota:
    """A crew's pattern from a day on, up to and with another where one is known."""

    id: str
    crew_id: str
    pattern_id: str
    from_on: date
    to_on: date | None = None

    def holds(self, day: date) -> bool:
        """Say whether it holds on a day."""
        return self.from_on <= day and (self.to_on is None or day <= self.to_on)


@dataclass(frozen=True)
class ShiftTime:
    """One shift: the day that it begins on, and its instants."""

    day: date
    starts_at: datetime
    ends_at: datetime

    @property
    def length(self) -> timedelta:
        """How long it really is."""
        return self.ends_at - self.starts_at

    def overlaps(self, other: "ShiftTime") -> bool:
        """Say whether both lie at the same time for a moment."""
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


@dataclass(frozen=True)
class Calendar:
    """Patterns by id, rotas, and the days that are bank holidays or closures."""

    patterns: dict[str, Pattern]
    rotas: tuple[Rota, ...]
    holidays: frozenset[date] = frozenset()

    def has_rota(self, crew_id: str) -> bool:
        """Say whether anybody has entered when a crew works."""
        return any(rota.crew_id == crew_id for rota in self.rotas)

    def shifts_of(self, crew_id: str, day: date) -> list[ShiftTime]:
        """Return the shifts of a crew that begin on a day, the earliest first."""
        found = [
            self.patterns[rota.pattern_id].shift_on(day)
            for rota in self.rotas
            if rota.crew_id == crew_id
            and rota.holds(day)
            and rota.pattern_id in self.patterns
            and self.patterns[rota.pattern_id].works_on(day, is_bank_holiday=day in self.holidays)
        ]
        return sorted(found, key=lambda shift: shift.starts_at)

    def shift_at(self, crew_id: str, at: datetime, day: date) -> ShiftTime | None:
        """Return the shift that a crew is in, or else its next of the day; last night's may still be going on."""
        shifts = [*self.shifts_of(crew_id, day - timedelta(days=1)), *self.shifts_of(crew_id, day)]
        return next((shift for shift in shifts if shift.ends_at > at), None)


def first_overlap(calendar: Calendar, crew_ids: Sequence[str], since: date) -> tuple[ShiftTime, ShiftTime] | None:
    """Return the first two shifts of some crews that lie at the same time within `LOOKED_AHEAD`, None without any.

    Somebody who works in several crews, or a vehicle that several drive, can only be in one place.
    """
    shifts = sorted(_all_shifts(calendar, crew_ids, since), key=lambda shift: (shift.starts_at, shift.ends_at))
    return next(((first, second) for first, second in pairwise(shifts) if first.overlaps(second)), None)


def _all_shifts(calendar: Calendar, crew_ids: Sequence[str], since: date) -> Iterator[ShiftTime]:
    """Yield every shift of some crews within `LOOKED_AHEAD` of a day."""
    begins = [since, *(rota.from_on for rota in calendar.rotas if rota.crew_id in crew_ids and rota.from_on > since)]
    days = {first + timedelta(days=number) for first in begins for number in range(LOOKED_AHEAD.days)}
    for day in sorted(days):
        for crew_id in dict.fromkeys(crew_ids):
            yield from calendar.shifts_of(crew_id, day)
