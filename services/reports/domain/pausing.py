"""Stopping a report's clock while somebody else must act, and letting it run on.

A pause has a reason and a last day. The deadline moves at once by the working time that the pause takes until then, and
is worked out anew when it ends earlier: so it never stands at a day that nobody believes in, and a report that waits is
not late meanwhile. Whoever keeps statistics sees the reason in the report's public state.
"""

from dataclasses import replace
from datetime import datetime

from services.reports.domain.entries import Pause, stretches
from services.reports.domain.report import Change, Report
from services.reports.domain.steps import Step
from shared.calendar import WorkingTime, deadline_after_pauses
from shared.contracts.codes import WAITING_FOR
from shared.contracts.reports import ReportAmendedV1
from shared.errors import DomainError

MOST_PAUSES = 50
"""More than any report needs, and few enough to be loaded with it."""


def pause(
    report: Report, reason: str, *, until: datetime, by: str | None, at: datetime, working: WorkingTime
) -> Change:
    """Stop the clock until an instant at the latest; the same pause again changes nothing.

    Raises:
        DomainError: the report is closed, waits already, the reason is unknown, or the end is not in the future.
    """
    if not report.is_open:
        raise DomainError("This report is closed, so its clock does not run.", field="reason")
    if reason not in WAITING_FOR:
        raise DomainError("Select what it waits for.", field="reason")
    if until <= at:
        raise DomainError("The day until which it waits must be in the future.", field="until")
    if len(report.pauses) >= MOST_PAUSES:
        raise DomainError(f"This report has been paused {MOST_PAUSES} times. Decide what is to become of it.")
    running = report.running_pause
    if running is not None:
        if (running.reason, running.until) == (reason, until):
            return report, []
        raise DomainError("This report waits already. Let its clock run on first.", field="reason")
    pauses = (*report.pauses, Pause(reason, at, until, by))
    waiting = replace(report, pauses=pauses, history=(*report.history, Step(at, "paused", reason)))
    return _due(waiting, working), [ReportAmendedV1.fact(change="paused")]


def resume(report: Report, *, by: str | None, at: datetime, working: WorkingTime) -> Change:
    """Let the clock run on, by a person or because the last day has come (`by` is None); without a pause nothing."""
    running = report.running_pause
    if running is None:
        return report, []
    # A worker that was down may come late; the clock has run since the day that was said.
    ended = replace(running, ended_at=min(at, running.until), ended_by=by)
    resumed = replace(
        report,
        pauses=(*report.pauses[:-1], ended),
        # Nobody has answered by the day that was set: somebody must ask again, or decide.
        needs_decision=report.needs_decision or (report.state == "referred" and by is None),
        history=(*report.history, Step(at, "resumed")),
    )
    return _due(resumed, working), [ReportAmendedV1.fact(change="resumed")]


def is_over(report: Report, *, at: datetime) -> bool:
    """Say whether a pause runs whose last day has come."""
    running = report.running_pause
    return running is not None and running.until <= at


def _due(report: Report, working: WorkingTime) -> Report:
    """Return the report with the deadline that its pauses leave."""
    if report.due_by_rule is None:
        return report
    return replace(report, deadline=deadline_after_pauses(report.due_by_rule, stretches(report.pauses), working))
