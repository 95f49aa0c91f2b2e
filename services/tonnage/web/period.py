"""The period that figures are about: what was asked for, and the usual ones to choose from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from shared.errors import DomainError

USUAL_DAYS = 30
LONGEST_DAYS = 3660
MONTHS_IN_QUARTER = 3


@dataclass(frozen=True)
class Period:
    """London dates, both included."""

    first: date
    last: date

    @property
    def after_last(self) -> date:
        """The day after the last."""
        return self.last + timedelta(days=1)

    @property
    def query(self) -> Mapping[str, str]:
        """The period as a request asks for it."""
        return {"from": self.first.isoformat(), "to": self.last.isoformat()}

    def href(self, path: str, **more: str) -> str:
        """Return the address of a page about this period."""
        return f"{path}?{urlencode({**self.query, **{name: value for name, value in more.items() if value}})}"


def read_period(args: Mapping[str, str], today: date) -> Period:
    """Return the period of `from` and `to`, the last 30 days where nothing is asked; raises `DomainError`."""
    last = _day(args, "to") or today
    first = _day(args, "from") or last - timedelta(days=USUAL_DAYS - 1)
    if first > last:
        raise DomainError("The first day must be the same as or before the last day", field="from")
    if (last - first).days > LONGEST_DAYS:
        raise DomainError("The period must be ten years or shorter", field="from")
    return Period(first, last)


def usual_period(today: date) -> Period:
    """Return the last 30 days."""
    return Period(today - timedelta(days=USUAL_DAYS - 1), today)


def usual_periods(today: date) -> Sequence[tuple[str, Period]]:
    """Return the periods that people mostly want, with their names."""
    quarter = date(today.year, (today.month - 1) // MONTHS_IN_QUARTER * MONTHS_IN_QUARTER + 1, 1)
    before = quarter - timedelta(days=1)
    last_quarter = date(before.year, before.month - MONTHS_IN_QUARTER + 1, 1)
    return [
        ("Today", Period(today, today)),
        ("Last 7 days", Period(today - timedelta(days=6), today)),
        ("Last 30 days", usual_period(today)),
        ("This quarter", Period(quarter, today)),
        ("Last quarter", Period(last_quarter, before)),
    ]


def _day(args: Mapping[str, str], name: str) -> date | None:
    """Return a date of the request, None where it is not given."""
    text = args.get(name, "").strip()
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise DomainError("Enter a date as year, month and day, like 2026-11-02", field=name) from None
