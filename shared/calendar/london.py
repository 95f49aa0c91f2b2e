"""London's dates and instants: where the council's day begins and ends."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


def london_date(instant: datetime) -> date:
    """Return the date in London at an aware instant; raises `ValueError` for a naive one."""
    if instant.tzinfo is None:
        raise ValueError("a naive datetime has no date in London")
    return instant.astimezone(LONDON).date()


def london_instant(on: date, at: time) -> datetime:
    """Return the instant, in UTC, of a time by London's clock.

    A time that the change to summer time skips is read as the hour after it; one that comes twice, as the first.
    """
    return datetime.combine(on, at, LONDON).astimezone(UTC)


def london_day(on: date) -> tuple[datetime, datetime]:
    """Return the first instant of a London day and of the next, in UTC: 23, 24 or 25 hours apart."""
    return london_instant(on, time.min), london_instant(on + timedelta(days=1), time.min)
