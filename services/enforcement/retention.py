"""Erasing what enforcement knows of people when its time has come: evidence, whom a notice is for, what they did.

    1. a line in the custody log, under an id that the same erasing always has;
    2. the sealed parcels of a case; the recipient and particulars of its notices;
    3. the case, in one save, which takes it off the list of what is due.

A kill between any two repeats what is harmless to repeat. A notice that was paid or cancelled goes by its own clock,
and waits for its case where that is still open; one that went to court goes with its case. ADR 51.
"""

from services.enforcement.custody import append
from services.enforcement.domain.case import Case, Exhibit
from services.enforcement.domain.keeping import PAID_NOTICE, PROSECUTION, WAYS, erase_case, erase_notice, holds_people
from services.enforcement.domain.notice import Notice
from services.enforcement.store import CASES, NOTICES, cases, notices, notices_of
from shared import metrics
from shared.contracts.envelope import Cause
from shared.retention import BATCH, CLOCK, erase_batch, show_runs
from shared.service import ServiceContext
from shared.store import reload_on_conflict


def days_kept(ctx: ServiceContext, way: str) -> int:
    """Return for how many days the council keeps what ended this way."""
    kept = ctx.council.retention
    return {PAID_NOTICE: kept.paid_notice_days, PROSECUTION: kept.prosecution_days}.get(way, kept.unproven_case_days)


def erase_due(ctx: ServiceContext) -> None:
    """Erase a batch of what is due, and say how long the oldest of what is left has been."""
    runs = []
    for collection, erase_one in ((CASES, _erase_case), (NOTICES, _erase_notice)):
        for way in WAYS:
            where = {"kept_as": way, "to_erase": True}
            runs.append(
                erase_batch(
                    ctx,
                    collection.name,
                    where,
                    kept_days=days_kept(ctx, way),
                    erase_one=lambda found, erase_one=erase_one: erase_one(ctx, found),  # type: ignore[misc]
                    batch=BATCH,
                )
            )
    show_runs(ctx, runs)


def erase_exhibit(ctx: ServiceContext, case: Case, exhibit: Exhibit, *, by: str) -> None:
    """Erase what an exhibit holds, and log it; again changes nothing."""
    log_once(ctx, case.id, f"erased:{exhibit.parcel_key}", by=by, action="evidence.erased", subject=exhibit.label)
    ctx.blobs.delete(exhibit.parcel_key)


@reload_on_conflict
def erase_recipient(ctx: ServiceContext, notice_id: str, *, by: str) -> None:
    """Take whom a notice is for, and what was said of them, out of it, and log it; again changes nothing."""
    notice = notices(ctx.store).require(notice_id)
    bare = erase_notice(notice, at=ctx.clock.now())
    if bare == notice:
        return
    log_once(ctx, notice.case_id, f"erased:{notice.id}", by=by, action="notice.erased", subject=notice.serial)
    notices(ctx.store).save(bare, at=ctx.clock.now(), cause=Cause(notice.correlation_id))


def log_once(ctx: ServiceContext, case_id: str, source_id: str, *, by: str, action: str, subject: str) -> None:
    """Write into the custody log what was done for or without a person, once for each source."""
    now = ctx.clock.now()
    append(ctx, case_id=case_id, at=now, actor=by, action=action, subject=subject, source_id=source_id)


@reload_on_conflict
def _erase_case(ctx: ServiceContext, case_id: str) -> bool:
    """Erase a case's evidence and notices; False where it was opened again in the meantime."""
    case = cases(ctx.store).require(case_id)
    if not holds_people(case):
        return not case.is_open
    for exhibit in case.exhibits:
        erase_exhibit(ctx, case, exhibit, by=CLOCK)
    for notice in notices_of(ctx.store, case.id):
        erase_recipient(ctx, notice.id, by=CLOCK)
    cases(ctx.store).save(erase_case(case, at=ctx.clock.now()), at=ctx.clock.now(), cause=Cause(case.correlation_id))
    metrics.record_personal_erased(ctx.service, "case")
    return True


def _erase_notice(ctx: ServiceContext, notice_id: str) -> bool:
    """Erase whom a notice is for; False while its case is open, in which it may be needed."""
    notice: Notice = notices(ctx.store).require(notice_id)
    if cases(ctx.store).require(notice.case_id).is_open:
        return False
    erase_recipient(ctx, notice_id, by=CLOCK)
    metrics.record_personal_erased(ctx.service, "notice")
    return True
