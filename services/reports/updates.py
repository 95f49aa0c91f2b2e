"""Updates of reports to and from other websites: mySociety's extension of Open311, as use cases.

Out, they are read from the reports' own stories by when each thing became known here, so that a client which asks for
one span of time after another misses nothing. In, each is one save of its report, under an id made of the sender's.
"""

from dataclasses import replace
from datetime import datetime

from services.reports.domain.notes import Note
from services.reports.domain.report import Report
from services.reports.domain.statuses import Update, updates_of
from services.reports.domain.updates import take_note
from services.reports.handlers import save_change
from services.reports.intake import first_assessment
from services.reports.store import by_reference, reports
from shared.contracts.envelope import Cause
from shared.errors import DomainError
from shared.service import ServiceContext
from shared.store import ASCENDING, Range, reload_on_conflict

PAGE = 500
MOST_READ = 20_000
"""Reports to look through for one answer: half a year of a large city."""


@reload_on_conflict
def receive_update(
    ctx: ServiceContext, reference: str, note: Note, *, partner_id: str | None = None, cause: Cause | None = None
) -> Report:
    """Take an update of a report; the same one again changes nothing; raises `NotFound` or the rule's `DomainError`.

    `partner_id` is what the sender calls the report, kept where nothing is known of that yet.
    """
    report = by_reference(ctx.store, reference)
    taken, facts = take_note(report, note, first_assessment(ctx, report, at=note.received_at))
    if taken != report and taken.private.partner_id is None:
        taken = replace(taken, private=replace(taken.private, partner_id=partner_id))
    return save_change(ctx, report, (taken, facts), cause)


def updates_between(ctx: ServiceContext, start: datetime, end: datetime, *, limit: int) -> list[Update]:
    """Return what became known of any report in `[start, end)`, the oldest first, at most `limit`.

    Raises:
        DomainError: so much has changed since then that it can't be looked through at once.
    """
    found: list[Update] = []
    cursor, read = None, 0
    while True:
        page, cursor = reports(ctx.store).find(
            {"changed_at": Range(at_least=start)}, sort=(("changed_at", ASCENDING),), limit=PAGE, after=cursor
        )
        found += [update for report in page for update in updates_of(report) if start <= update.at < end]
        read += len(page)
        if cursor is None:
            return sorted(found, key=lambda update: update.at)[:limit]
        if read >= MOST_READ:
            raise DomainError("Too much has changed since then. Ask for a later start_date.", field="start_date")
