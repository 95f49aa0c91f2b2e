"""How a deadline was counted, day by day, for people who ask why it is then and not sooner.

It is counted here a second time, from the same calendar, so that a page can show each day with its reason; a test holds
the two countings together.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache

from shared.calendar.london import london_date
from shared.calendar.working import (
    SATURDAY,
    USUAL_WORKING_TIME,
    Pause,
    WorkingTime,
    add_working_time,
    deadline_after_pauses,
    is_working_day,
    working_time_between,
)


@dataclass(frozen=True)
class CountedDay:
    """One day of a count: which working day it is (None where it does not count), and why not."""

    on: date
    number: int | None
    why_not: str = ""


@dataclass(frozen=True)
class CountedPause:
    """A pause, the working time that it took, and the deadline after it."""

    began_at: datetime
    ended_at: datetime
    lost: timedelta
    deadline: datetime


@dataclass(frozen=True)
class Counted:
    """A deadline step by step: from when, each day, what that comes to, and what each pause made of it."""

    start: datetime
    days: tuple[CountedDay, ...]
    before_pauses: datetime
    pauses: tuple[CountedPause, ...]
    deadline: datetime


def count_deadline(
    start: datetime,
    *,
    working_days: int | None = None,
    hours: float | None = None,
    pauses: Sequence[Pause] = (),
    working: WorkingTime = USUAL_WORKING_TIME,
) -> Counted:
    """Return how a deadline of working days or working hours comes about, pauses included; one must be given."""
    before = add_working_time(start, working_days=working_days, hours=hours, working=working)
    deadline = before
    counted = []
    for number, (began, ended) in enumerate(sorted(pauses), start=1):
        lost = working_time_between(began, ended, working) if began < deadline else timedelta()
        deadline = deadline_after_pauses(before, sorted(pauses)[:number], working)
        counted.append(CountedPause(began, ended, lost, deadline))
    return Counted(start, _days(start, before, working_days is not None, working), before, tuple(counted), deadline)


def _days(start: datetime, end: datetime, counts_after: bool, working: WorkingTime) -> tuple[CountedDay, ...]:
    """Return every day from the start to the end; a count in days begins on the day after the start."""
    first, last = london_date(start), london_date(end)
    found: list[CountedDay] = []
    number = 0
    on = first
    while on <= last:
        if counts_after and on == first:
            found.append(CountedDay(on, None, "the day it began, from which is counted"))
        elif is_working_day(on, working):
            number += 1
            found.append(CountedDay(on, number))
        else:
            found.append(CountedDay(on, None, why_no_working_day(on, working)))
        on += timedelta(days=1)
    return tuple(found)


def why_no_working_day(on: date, working: WorkingTime = USUAL_WORKING_TIME) -> str:
    """Return why a date is no working day: a bank holiday by its name, a weekend, a closure of the council's."""
    holiday = _names(on.year).get(on)
    if holiday is not None:
        return f"bank holiday: {holiday.replace('(observed)', '(substitute day)')}"
    return "weekend" if on.weekday() >= SATURDAY or on not in working.closures else "the council is closed"


@cache
def _names(year: int) -> dict[date, str]:
    """Return England's bank holidays of a year with their names."""
    import holidays  # 0.1 s of import that only a question about working days pays

    return dict(holidays.country_holidays("GB", subdiv="ENG", years=year))
