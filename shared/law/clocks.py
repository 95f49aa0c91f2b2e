"""The statute's clocks of a notice: dates in Europe/London, counted in days from the notice's own date.

The statutory period runs from the date of the notice, never from the day on which it reached the person (EPA 1990
s33ZA(4), s88(2)): a notice served late gives its recipient less time, not the council more.
"""

from calendar import monthrange
from datetime import date, timedelta

from shared.law.offences import Offence

SUMMARY_LIMIT_MONTHS = 6
"""Magistrates' Courts Act 1980 s127: an information for a summary-only offence is laid within six months."""


def pay_by(offence: Offence, issued_on: date) -> date:
    """Return the last day on which payment bars proceedings: `pay_days` following the date of the notice."""
    return issued_on + timedelta(days=offence.pay_days)


def overdue_on(offence: Offence, issued_on: date) -> date:
    """Return the first day on which an unpaid notice is overdue (day 15 of a 14-day period)."""
    return pay_by(offence, issued_on) + timedelta(days=1)


def early_by(issued_on: date, early_days: int) -> date:
    """Return the last day of the council's early-payment offer, counted from the date of the notice."""
    return issued_on + timedelta(days=early_days)


def lay_by(offence: Offence, offence_on: date) -> date | None:
    """Return the last day to begin proceedings; None where there is no limit, or nothing to prosecute.

    The day of the offence does not count; six months end on the corresponding date, or the month's last day.
    """
    if not (offence.prosecutable and offence.summary_only):
        return None
    month = offence_on.month - 1 + SUMMARY_LIMIT_MONTHS
    year, month = offence_on.year + month // 12, month % 12 + 1
    return date(year, month, min(offence_on.day, monthrange(year, month)[1]))
