"""What an update from another website may do to a report: be read by staff, say that it is still there, or is gone.

It decides nothing else: whether something is the council's, a duplicate or done is the council's to say. A report that
a crew's visit closed is opened again by an update that was written after the closure. FixMyStreet sends the state that
the problem has there with every comment, so a plain `open` may only mean that the closure has not arrived yet: it
counts once the sender must have heard of it. ADR 0026.
"""

from dataclasses import replace
from datetime import timedelta

from services.reports.domain.jobs import CLOSING_OUTCOMES
from services.reports.domain.notes import Note
from services.reports.domain.report import Assessment, Change, Report, reopen
from shared.contracts.reports import ReportFeedbackV1
from shared.errors import DomainError

STATUSES = (
    "open",
    "investigating",
    "in_progress",
    "planned",
    "action_scheduled",
    "no_further_action",
    "not_councils_responsibility",
    "duplicate",
    "internal_referral",
    "cancelled",
    "fixed",
    "closed",
    "for_triage",
    "reopen",
)
"""Every status of the extension, in lower case; senders use capitals."""

STILL_THERE, GONE = frozenset({"open", "reopen"}), frozenset({"fixed", "closed"})
HEARD_WITHIN = timedelta(hours=2)
"""How far back FixMyStreet looks each time it asks for updates: by then it has heard of a closure, or never will."""

REOPENS_WITHIN = timedelta(days=30)
"""As long as the link in our own messages: after that, a new report says more than an old one opened again."""

MOST_NOTES = 100
"""More than any report needs, and few enough to be loaded with it."""


def take_note(report: Report, note: Note, assessment: Assessment | None) -> Change:
    """Keep a note with the report and do what it may; the same note again changes nothing.

    Raises:
        DomainError: the report has had too many.
    """
    notes = report.private.notes
    if any(known.id == note.id for known in notes):
        return report, []
    if len(notes) >= MOST_NOTES:
        raise DomainError(f"This report has had {MOST_NOTES} updates and takes no more.", field="service_request_id")
    kept = replace(report, private=replace(report.private, notes=(*notes, note)))
    if says_still_there(report, note):
        opened, facts = reopen(kept, assessment, by="partner", at=note.received_at)
        return opened, [ReportFeedbackV1.fact(answer="still-there"), *facts]
    if note.status in GONE and report.is_open:
        return kept, [ReportFeedbackV1.fact(answer="cleared")]
    return kept, []


def says_still_there(report: Report, note: Note) -> bool:
    """Say whether a note tells, of a report that a visit closed, that it was closed wrongly."""
    if note.status not in STILL_THERE or report.closure not in CLOSING_OUTCOMES or report.closed_at is None:
        return False
    since = note.at - report.closed_at
    return (timedelta(0) if note.status == "reopen" else HEARD_WITHIN) < since <= REOPENS_WITHIN
