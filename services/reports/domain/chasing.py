"""Somebody who asks again after a report: counted once per call, and told from then on if they wish."""

from dataclasses import replace
from datetime import datetime

from services.reports.domain.entries import Chase
from services.reports.domain.private import Follower
from services.reports.domain.report import Report, follow
from shared.errors import DomainError

MOST_CHASES = 200


def chase(report: Report, *, call: str, by: str, at: datetime, follower: Follower | None) -> Report:
    """Note that a caller asked again; the same call again changes nothing. It raises no priority by itself.

    Raises:
        DomainError: the report is closed, or too many follow it already.
    """
    if not report.is_open:
        raise DomainError("This report is closed. If it is there again, take a new report or open this one again.")
    known = any(one.call == call for one in report.chases)
    chased = report
    if not known and len(report.chases) < MOST_CHASES:
        chased = replace(report, chases=(*report.chases, Chase(at, by, call)))
    return follow(chased, follower) if follower is not None else chased
