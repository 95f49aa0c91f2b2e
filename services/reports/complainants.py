"""What formal complaints hold of people: who complained, how they are answered, and of what.

A complaint is needed until it is answered; after the council's time, or sooner when the complainant asks, name, address
and words go. That there was a complaint, of which stage, answered when and how, stays: a council accounts for it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from services.reports.complaints import complaint_of, complaints
from services.reports.contacts import keys_of
from services.reports.domain.complaint import NEEDED, Complaint, erase
from services.reports.handlers import note_access
from services.reports.store import COMPLAINTS
from shared import metrics
from shared.contracts.envelope import Cause
from shared.errors import DomainError
from shared.ids import normalise_reference
from shared.privacy import Holding, Subject
from shared.retention import BATCH, CLOCK, Run, erase_batch
from shared.service import ServiceContext
from shared.store import reload_on_conflict
from shared.store.port import DESCENDING, HasAny

KIND = "formal complaint"
PREFIX = "CP-"
MOST_OF_ONE = 200
"""Complaints of one address; somebody who complains each week comes to fifty a year."""


def find_complaints(ctx: ServiceContext, subject: Subject) -> Iterator[Holding]:
    """Yield the complaints of an address, a number or a reference; raises `NotFound` for an unknown reference."""
    found: dict[str, Complaint] = {}
    if normalise_reference(subject.reference).startswith(PREFIX):
        named = complaint_of(ctx, subject.reference)
        found[named.id] = named
    for key in (*keys_of(subject.email), *keys_of(subject.phone)):
        theirs, _ = complaints(ctx.store).find(
            {"contact_keys": HasAny([key])}, sort=(("received_at", DESCENDING),), limit=MOST_OF_ONE
        )
        found |= {one.id: one for one in theirs}
    for one in found.values():
        if one.erased_at is None:
            yield _held(ctx, one)


def export_complaint(ctx: ServiceContext, holding: Holding, *, by: str, by_name: str) -> Mapping[str, Any]:
    """Return a complaint as the complainant may have it; the reading is logged."""
    complaint = complaints(ctx.store).require(holding.id)
    note_access(ctx, complaint, user_id=by, user_name=by_name, what="exported")
    names = (
        "reference",
        "received_at",
        "name",
        "email",
        "phone",
        "about",
        "stage",
        "acknowledged_at",
        "acknowledge_by",
    )
    return {name: getattr(complaint, name) for name in (*names, "answer_by", "answered_at", "outcome")}


@reload_on_conflict
def erase_complaint(ctx: ServiceContext, complaint_id: str, *, by: str, by_name: str, why: str) -> bool:
    """Erase who complained and of what, and log it; False where that is gone already.

    Raises:
        DomainError: the complaint waits for an answer.
    """
    complaint = complaints(ctx.store).require(complaint_id)
    bare = erase(complaint, at=ctx.clock.now())
    if bare == complaint:
        return False
    complaints(ctx.store).save(bare, at=ctx.clock.now(), cause=Cause())
    note_access(ctx, bare, user_id=by, user_name=by_name, what=f"erased:{why}")
    metrics.record_personal_erased(ctx.service, why)
    return True


def erase_due_complaints(ctx: ServiceContext, *, batch: int = BATCH) -> Run:
    """Erase a batch of the complaints whose time has passed since their answer."""

    def erase_one(complaint_id: str) -> bool:
        try:
            erase_complaint(ctx, complaint_id, by=CLOCK, by_name="the clock", why="complaint")
        except DomainError:
            return False  # taken to the second stage in this very moment: it waits for an answer again
        return True

    days = ctx.council.retention.complaint_days
    return erase_batch(ctx, COMPLAINTS.name, {"to_erase": True}, kept_days=days, erase_one=erase_one, batch=batch)


def _held(ctx: ServiceContext, complaint: Complaint) -> Holding:
    """Return what is held of somebody who complained."""
    return Holding(
        service=ctx.service,
        kind=KIND,
        id=complaint.id,
        what=f"Formal complaint {complaint.reference} of {complaint.received_at:%d %B %Y}, made by them",
        kept=NEEDED if complaint.is_open else "",
    )
