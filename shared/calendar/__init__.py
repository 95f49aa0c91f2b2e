"""The council's calendar: London's dates, England's working days, and deadlines counted in them.

Instants are aware and in UTC inside; a working day has its hours by London's clock, so a deadline set in March and due
in April is right on both sides of the change. Nothing here asks what time it is.
"""

from shared.calendar.explained import Counted, count_deadline
from shared.calendar.london import LONDON, london_date, london_day, london_instant
from shared.calendar.working import (
    USUAL_WORKING_TIME,
    Pause,
    WorkingTime,
    add_working_days,
    add_working_time,
    bank_holidays,
    deadline_after_pauses,
    is_working_day,
    working_time_between,
)

__all__ = [
    "LONDON",
    "USUAL_WORKING_TIME",
    "Counted",
    "Pause",
    "WorkingTime",
    "add_working_days",
    "add_working_time",
    "bank_holidays",
    "count_deadline",
    "deadline_after_pauses",
    "is_working_day",
    "london_date",
    "london_day",
    "london_instant",
    "working_time_between",
]
