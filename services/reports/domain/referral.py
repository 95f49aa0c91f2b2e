"""A report of a kind that is not the council's crews' to deal with: passed on as it comes in, and closed."""

from dataclasses import replace
from datetime import datetime

from services.reports.domain.report import Change, Report, close
from shared.contracts.reports import ReportReferredV1

HANDED_OVER = "referred"
"""The closure of such a report; one that staff refer stays open until they hear what came of it."""


def hand_over(report: Report, to: str, *, at: datetime) -> Change:
    """Pass the report to whoever deals with its kind, and close it: there is nothing left for the council to hear."""
    closed, facts = close(report, HANDED_OVER, at=at)
    return replace(closed, referred_to=to), [ReportReferredV1.fact(to=to), *facts]
