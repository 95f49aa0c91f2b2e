"""Joining a report to another that is about the same, and letting it stand on its own again."""

from dataclasses import replace
from datetime import datetime

from services.reports.domain.report import Assessment, Change, Report, close, reopen
from shared.contracts.reports import ReportMergedV1, ReportUnmergedV1
from shared.errors import DomainError

UNMERGED = "unmerged"
"""Why a report is open again that had been joined to another."""


def merge(report: Report, *, into: Report, at: datetime) -> Change:
    """Close the report as a duplicate of another; raises `DomainError` where that makes no sense."""
    if into.id == report.id:
        raise DomainError("A report can’t be a duplicate of itself.", field="reference")
    if into.merged_into is not None:
        raise DomainError("That report is itself a duplicate. Use the one that it was joined to.", field="reference")
    if report.state in ("scheduled", "in-progress"):
        raise DomainError("A crew has this job already, so it can’t be joined to another now.", field="reference")
    closed, facts = close(report, "duplicate", at=at)
    merged = replace(closed, merged_into=into.id)
    return merged, [ReportMergedV1.fact(into_report_id=into.id), *facts]


def before_merging(report: Report) -> Report:
    """Return a merged report with its pauses as they were: one that ran has ended when it was joined."""
    pauses = (replace(one, ended_at=report.closed_at) if one.is_running else one for one in report.pauses)
    return replace(report, pauses=tuple(pauses))


def counts_from(report: Report) -> datetime:
    """Return the instant from which a report's deadline counts, whatever was done with it meanwhile."""
    return report.counted_from or report.reported_at


def unmerge(report: Report, assessment: Assessment | None, *, at: datetime) -> Change:
    """Let a merged report stand on its own again, as a new visit.

    Its clock goes on where it was: that it was joined by mistake is no reason for its reporter to wait anew. So the
    assessment is one of `before_merging`, counted from `counts_from`.
    """
    if report.merged_into is None:
        return report, []
    opened, facts = reopen(report, assessment, by=UNMERGED, at=at)
    opened = replace(opened, pauses=before_merging(report).pauses)
    return opened, [ReportUnmergedV1.fact(from_report_id=report.merged_into), *facts]
