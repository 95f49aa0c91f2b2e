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


def unmerge(report: Report, assessment: Assessment | None, *, at: datetime) -> Change:
    """Let a merged report stand on its own again, as a new visit."""
    if report.merged_into is None:
        return report, []
    opened, facts = reopen(report, assessment, by=UNMERGED, at=at)
    return opened, [ReportUnmergedV1.fact(from_report_id=report.merged_into), *facts]
