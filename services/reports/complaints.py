"""Use cases of formal complaints: take one, acknowledge it, answer it, take it to the second stage, list them."""

from collections.abc import Callable
from dataclasses import dataclass

from services.reports.contacts import address_keys
from services.reports.domain.complaint import Complaint, acknowledge, answer, deadlines, escalate
from services.reports.domain.typed import DESCRIPTION_LIMIT, NAME_LIMIT, clean_email, clean_phone, clean_text
from services.reports.handlers import note_access
from services.reports.store import COMPLAINTS, by_reference
from shared.contracts.envelope import Cause
from shared.council.partners import ComplaintStages
from shared.errors import DomainError, Duplicate, NotFound
from shared.ids import new_id, normalise_reference, public_reference
from shared.service import ServiceContext
from shared.store import reload_on_conflict
from shared.store.port import ASCENDING, DESCENDING, Store
from shared.store.repository import Repository

PREFIX = "CP"
PAGE = 50
UNANSWERABLE = "Enter an email address or a telephone number."


@dataclass(frozen=True)
class Told:
    """What a caller said of their complaint, as typed."""

    about: str
    name: str = ""
    email: str = ""
    phone: str = ""
    reference: str = ""


def complaints(store: Store) -> Repository[Complaint]:
    """Return the repository of complaints."""
    return Repository(
        store,
        COMPLAINTS.name,
        Complaint,
        derived=lambda one: {
            "open": one.is_open,
            "due_at": one.due_at,
            "contact_keys": address_keys(one.email, one.phone),
            "erase_from": one.kept_from,
            "to_erase": not one.is_open and one.erased_at is None,
        },
    )


def take_complaint(ctx: ServiceContext, told: Told, *, key: str, user_id: str, user_name: str = "") -> Complaint:
    """Store a complaint with its deadlines; the same key again returns the one of before.

    Raises:
        DomainError: the council takes none here, nothing is said, or nobody can be answered.
    """
    stages, now, working = stages_of(ctx), ctx.clock.now(), ctx.council.working_time
    about = clean_text(told.about, DESCRIPTION_LIMIT)
    if not about:
        raise DomainError("Enter what the complaint is about.", field="about")
    email, phone = clean_email(told.email), clean_phone(told.phone)
    if not (email or phone):
        raise DomainError(UNANSWERABLE, field="email")
    report = by_reference(ctx.store, told.reference) if told.reference.strip() else None
    acknowledge_by, answer_by = deadlines(1, began=now, acknowledged=None, stages=stages, working=working)
    complaint_id = new_id()
    complaint = Complaint(
        id=complaint_id,
        reference=public_reference(complaint_id, PREFIX),
        idempotency_key=key,
        received_at=now,
        taken_by=user_id,
        acknowledge_by=acknowledge_by,
        answer_by=answer_by,
        about=about,
        name=clean_text(told.name, NAME_LIMIT, one_line=True),
        email=email,
        phone=phone,
        report_id=report.id if report else None,
    )
    try:
        taken = complaints(ctx.store).add(complaint, at=now, cause=Cause())
    except Duplicate:
        known = complaints(ctx.store).find_one({"idempotency_key": key})
        if known is None:
            raise
        return known
    note_access(ctx, taken, user_id=user_id, user_name=user_name, what="complaint-taken")
    if report is not None:
        note_access(ctx, report, user_id=user_id, user_name=user_name, what="complaint")
    return taken


def acknowledge_complaint(ctx: ServiceContext, reference: str, *, by: str) -> Complaint:
    """Note that the complainant was told that the complaint is here."""
    stages, working = stages_of(ctx), ctx.council.working_time
    return _change(
        ctx, reference, lambda one: acknowledge(one, by=by, at=ctx.clock.now(), stages=stages, working=working)
    )


def answer_complaint(ctx: ServiceContext, reference: str, outcome: str, *, by: str) -> Complaint:
    """Note how a stage was answered."""
    return _change(ctx, reference, lambda one: answer(one, outcome, by=by, at=ctx.clock.now()))


def escalate_complaint(ctx: ServiceContext, reference: str) -> Complaint:
    """Take a complaint to the second stage."""
    stages, working = stages_of(ctx), ctx.council.working_time
    return _change(ctx, reference, lambda one: escalate(one, at=ctx.clock.now(), stages=stages, working=working))


def open_complaints(ctx: ServiceContext, *, after: str | None = None) -> tuple[list[Complaint], str | None]:
    """Return a page of the complaints that wait for something, the longest overdue first."""
    return complaints(ctx.store).find({"open": True}, sort=(("due_at", ASCENDING),), limit=PAGE, after=after)


def answered_complaints(ctx: ServiceContext) -> list[Complaint]:
    """Return the complaints answered lately, the newest first."""
    return complaints(ctx.store).find({"open": False}, sort=(("received_at", DESCENDING),), limit=PAGE)[0]


def complaint_of(ctx: ServiceContext, typed: str) -> Complaint:
    """Return the complaint with a reference as typed; raises `NotFound`."""
    found = complaints(ctx.store).find_one({"reference": normalise_reference(typed[:40])})
    if found is None:
        raise NotFound("There is no complaint with this reference.")
    return found


def stages_of(ctx: ServiceContext) -> ComplaintStages:
    """Return the code's deadlines; raises `DomainError` where the council takes no complaints here."""
    if ctx.council.complaints is None:
        raise DomainError("Complaints are not taken here: council.toml has no [complaints].")
    return ctx.council.complaints


@reload_on_conflict
def _change(ctx: ServiceContext, reference: str, change: Callable[[Complaint], Complaint]) -> Complaint:
    """Save what a rule makes of a complaint; nothing where it changes nothing."""
    before = complaint_of(ctx, reference)
    after = change(before)
    return after if after == before else complaints(ctx.store).save(after, at=ctx.clock.now(), cause=Cause())
