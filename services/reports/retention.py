"""Erasing what is personal in reports: by the clock, after the times of `council.toml`, and when somebody asks.

    1. addresses and words of the messages about the report;
    2. the report itself, in one save, which takes it off the list of what is due;
    3. its blobs, where nothing else names them, and a line in the audit log.

A kill between 1 and 2 leaves the report on the list, and the next run repeats what is harmless to repeat; one between
2 and 3 leaves blobs that nothing names, which the sweep of orphans takes. A run erases a batch, the oldest first, so
that the worker is never busy with it for long. See docs/adr/0044-erasing-and-what-stays.md. Formal complaints go by a
time of their own, in the same timer.
"""

from collections.abc import Callable, Collection

from services.reports.complainants import erase_due_complaints
from services.reports.domain import erasure
from services.reports.domain.report import Report
from services.reports.handlers import note_access
from services.reports.holds import is_held
from services.reports.store import REPORTS, names_blob, reports
from shared import metrics
from shared.contracts.envelope import Cause
from shared.notify import forget_messages
from shared.retention import BATCH, CLOCK, Run, erase_batch, show_runs
from shared.service import ServiceContext
from shared.store import reload_on_conflict


def erase_due(ctx: ServiceContext) -> None:
    """Erase a batch of what is due, and say how long the oldest of what is left has been."""
    kept_days = ctx.council.retention
    runs = [
        _erase(ctx, erasure.WORDS, kept_days.report_contact_days),
        _erase(ctx, erasure.PHOTOS, kept_days.unreleased_photo_days),
        erase_due_complaints(ctx, batch=BATCH),
    ]
    show_runs(ctx, runs)


def _erase(ctx: ServiceContext, what: str, kept_days: int) -> Run:
    """Erase words or photos of reports that were closed so long ago, at most a batch."""
    return erase_batch(
        ctx,
        REPORTS.name,
        {f"{what}_to_erase": True},
        kept_days=kept_days,
        erase_one=lambda report_id: _erase_one(ctx, report_id, what),
        batch=BATCH,
        asked_at=erasure.LONG_AGO,
    )


@reload_on_conflict
def _erase_one(ctx: ServiceContext, report_id: str, what: str) -> bool:
    """Erase words or photos of one report; False where it is held, or was opened again in the meantime."""
    report = reports(ctx.store).get(report_id)
    if report is None or report.is_open or is_held(ctx.store, report):
        return False
    if what == erasure.PHOTOS:
        save_erased(ctx, report, erasure.erase_photos(report))
    else:
        forget_messages(ctx.store, report.id)
        save_erased(ctx, report, without_words(ctx, report))
    note_access(ctx, report, user_id=CLOCK, user_name="the clock", what=f"erased:{what}")
    metrics.record_personal_erased(ctx.service, what)
    return True


@reload_on_conflict
def erase_reporter(ctx: ServiceContext, report_id: str) -> None:
    """Erase, because they ask, what is about the person who made a report; the caller has seen that it is not held.

    Of an open report their contact details go now and the rest by the clock as soon as it is closed.
    """
    report = reports(ctx.store).require(report_id)
    mine = erasure.own_addresses(report.private)
    forget_messages(ctx.store, report.id, is_theirs=_reached_at(mine))
    if report.is_open:
        save_erased(ctx, report, erasure.ask_erasure(report, at=ctx.clock.now()))
        return
    bare = erasure.erase_photos(without_words(ctx, report))
    forget_messages(ctx.store, report.id)
    save_erased(ctx, report, bare)


@reload_on_conflict
def erase_follower(ctx: ServiceContext, report_id: str, addresses: Collection[str]) -> None:
    """Take somebody who follows a report off it, because they ask, with what was sent to them."""
    report = reports(ctx.store).require(report_id)
    forget_messages(ctx.store, report.id, is_theirs=_reached_at(addresses))
    save_erased(ctx, report, erasure.drop_follower(report, addresses))


def without_words(ctx: ServiceContext, report: Report) -> Report:
    """Return the report without its words, but for the answers that its kind publishes."""
    kind = ctx.council.kind_of(report.kind)
    published = {attribute.code for attribute in kind.attributes if attribute.is_published and attribute.is_list}
    return erasure.erase_words(report, at=ctx.clock.now(), published=published)


def save_erased(ctx: ServiceContext, before: Report, after: Report) -> None:
    """Save a report from which something was erased, then delete the blobs that nothing names any more."""
    if after == before:
        return
    reports(ctx.store).save(after, at=ctx.clock.now(), cause=Cause())
    for key in erasure.files_of(before.private.photos) - erasure.files_of(after.private.photos):
        if not names_blob(ctx.store, key):
            ctx.blobs.delete(key)


def _reached_at(addresses: Collection[str]) -> Callable[[str], bool]:
    """Return whether an address is one of these."""
    return lambda address: erasure.found_by(address) in addresses
