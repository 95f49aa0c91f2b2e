"""Working days and hours over England's bank holidays, and deadlines that pause while somebody else must act.

Bank holidays come from the `holidays` package, tested against GOV.UK's list, and a council may add days of its own. A
deadline of N working days ends with the Nth working day after the day of the start: what comes in on a Saturday counts
from Monday as day one. A deadline in hours counts only the hours of working days.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import TypeAlias

from shared.calendar.london import london_date, london_instant

SATURDAY = 5
Pause: TypeAlias = tuple[datetime, datetime]
"""A stretch in which a deadline stands still, from one aware instant to a later one."""


@dataclass(frozen=True)
class WorkingTime:
    """The hours of a working day by London's clock, and days on which the council is closed beside bank holidays."""

    starts: time
    ends: time
    closures: frozenset[date] = frozenset()


USUAL_WORKING_TIME = WorkingTime(time(8), time(17))


def is_working_day(on: date, working: WorkingTime = USUAL_WORKING_TIME) -> bool:
    """Say whether a date is a working day: Monday to Friday, no bank holiday in England, no closure."""
    return on.weekday() < SATURDAY and on not in working.closures and on not in bank_holidays(on.year)


def add_working_days(on: date, days: int, working: WorkingTime = USUAL_WORKING_TIME) -> date:
    """Return the Nth working day after a date; with 0, the date itself or the next working day."""
    if days < 0:
        raise ValueError("working days are counted forwards")
    current = on
    left = days
    while left > 0:
        current += timedelta(days=1)
        left -= is_working_day(current, working)
    while not is_working_day(current, working):
        current += timedelta(days=1)
    return current


def add_working_time(
    start: datetime,
    *,
    working_days: int | None = None,
    hours: float | None = None,
    working: WorkingTime = USUAL_WORKING_TIME,
) -> datetime:
    """Return the instant, in UTC, that lies so many working days or working hours after a start; one must be given."""
    if (working_days is None) == (hours is None):
        raise ValueError("give working days or hours, not both")
    if working_days is not None:
        return london_instant(add_working_days(london_date(start), working_days, working), working.ends)
    return _after(start, timedelta(hours=hours or 0), working)


def working_time_between(start: datetime, end: datetime, working: WorkingTime = USUAL_WORKING_TIME) -> timedelta:
    """Return how much working time lies between two instants; zero where the end is not after the start."""
    total = timedelta()
    on = london_date(start)
    while on <= london_date(end):
        if is_working_day(on, working):
            opens, closes = _span(on, working)
            total += max(timedelta(), min(closes, end) - max(opens, start))
        on += timedelta(days=1)
    return total


def deadline_after_pauses(
    deadline: datetime, pauses: Iterable[Pause], working: WorkingTime = USUAL_WORKING_TIME
) -> datetime:
    """Return a deadline moved by the working time lost to pauses; overlapping pauses count once.

    A pause counts only as far as it lies before the deadline, which earlier pauses have already moved: a wait that
    began when the deadline had passed excuses nothing.
    """
    moved = deadline
    for began, ended in _merged(pauses):
        if began < moved:
            moved = _after(moved, working_time_between(began, ended, working), working)
    return moved


def _after(start: datetime, lasting: timedelta, working: WorkingTime) -> datetime:
    """Return the instant after so much working time."""
    left = lasting
    on = london_date(start)
    while True:
        if is_working_day(on, working):
            opens, closes = _span(on, working)
            begins = max(opens, start)
            # A stretch that ends exactly at closing time ends then, not at the next opening.
            if begins <= closes and left <= closes - begins:
                return (begins + left).astimezone(UTC)
            left -= max(timedelta(), closes - begins)
        on += timedelta(days=1)


def _span(on: date, working: WorkingTime) -> tuple[datetime, datetime]:
    """Return opening and closing of a working day, in UTC."""
    return london_instant(on, working.starts), london_instant(on, working.ends)


def _merged(pauses: Iterable[Pause]) -> list[Pause]:
    """Return the pauses in order, overlapping ones as one."""
    merged: list[Pause] = []
    for began, ended in sorted(pauses):
        if merged and began <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], ended))
        elif began < ended:
            merged.append((began, ended))
    return merged


@cache
def bank_holidays(year: int) -> frozenset[date]:
    """Return England's bank holidays of a year."""
    import holidays  # 0.1 s of import that only a question about working days pays

    return frozenset(holidays.country_holidays("GB", subdiv="ENG", years=year))
