"""Photos that a crew takes: what shows the work as done, and what is sealed as evidence.

Before- and after-photos are kept as derivatives without metadata, because they are shown to supervisors; of what the
metadata said only two numbers stay, how far from the job and how long from the work. Evidence is never altered: the
originals go into custody parcels, in enforcement's `handover/` prefix, before the job that names them is saved.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from services.scheduling import store
from services.scheduling.domain.completion import Completion, Parcel
from services.scheduling.domain.entry import Plausibility
from services.scheduling.domain.job import Job
from services.scheduling.domain.plausible import compare
from services.scheduling.store import CREW_NOTES, JOBS, VEHICLE_CHECKS
from shared import failpoints
from shared.blobs.photos import inspect_photo, public_derivative
from shared.clock import machine_now
from shared.contracts.envelope import Cause
from shared.custody import Parcel as CustodyParcel
from shared.custody import ParcelFile, seal
from shared.errors import Conflict, DomainError
from shared.service import ServiceContext
from shared.store.port import ASCENDING, HasAny, Range

if TYPE_CHECKING:
    from services.scheduling.handlers import Finish

RECEIVER = "enforcement"

NAMING = (JOBS.name, CREW_NOTES.name, VEHICLE_CHECKS.name)
"""The collections whose documents name photos."""

FORGOTTEN_AT_ONCE = 200

ORPHAN_AGE = timedelta(days=1)
"""A photo is written before the job that names it; nobody takes a day to finish a job."""


def keep_photo(ctx: ServiceContext, photo: bytes) -> str:
    """Store a photo of the finished work and return its key; raises `DomainError` for what is no photo."""
    key = ctx.blobs.put(public_derivative(photo))
    failpoints.reach(failpoints.MID_PHOTO)
    return key


def sweep_photos(ctx: ServiceContext) -> None:
    """Delete photos that no job names: their job was changed by somebody else in that moment, or the process died."""
    for key in ctx.blobs.keys(written_before=machine_now() - ORPHAN_AGE):
        if not any(ctx.store.count(name, {"photo_keys": HasAny([key])}, limit=1) for name in NAMING):
            ctx.blobs.delete(key)


def forget_proofs(ctx: ServiceContext) -> None:
    """Forget how well photos fitted their jobs, once the council's days for it are over."""
    repository = store.jobs(ctx.store)
    over = ctx.clock.now() - timedelta(days=ctx.council.phone.proof_days)
    old, _ = repository.find(
        {"has_proof": True, "done_at": Range(below=over)}, sort=(("done_at", ASCENDING),), limit=FORGOTTEN_AT_ONCE
    )
    for job in old:
        try:
            repository.save(replace(job, proof=None, before_proof=None), at=ctx.clock.now(), cause=Cause())
        except Conflict:
            continue  # it was changed in this moment; the timer comes again


def said(finish: "Finish") -> Completion:
    """Return what the crew says, its photos not yet kept: enough to find out whether it is complete."""
    return Completion(
        outcome=finish.outcome,
        waste_type=finish.waste_type,
        land_type=finish.land_type,
        size=finish.size,
        photo_key="pending" if finish.photo else None,
        no_photo_reason=finish.no_photo_reason,
        has_evidence=finish.has_evidence or bool(finish.evidence_photos or finish.letters or finish.evidence_note),
        before_photo_key="pending" if finish.before_photo else None,
        no_before_reason=None if finish.before_photo else finish.no_before_reason,
    )


def keep(
    ctx: ServiceContext, job: Job, finish: "Finish", completion: Completion, *, by: str, at: datetime
) -> Completion:
    """Keep the photos and seal the evidence, found by a crew, and return the completion that names them."""
    after, before = finish.photo, finish.before_photo
    return replace(
        completion,
        photo_key=keep_photo(ctx, after) if after else None,
        proof=look_at(after, job, at=at, position=finish.position) if after else None,
        **(keep_before(ctx, job, before, at=at) if before else {"before_photo_key": None}),
        parcels=seal_evidence(ctx, job, finish, by=by, at=at) if completion.has_evidence else (),
    )


def keep_before(ctx: ServiceContext, job: Job, photo: bytes, *, at: datetime) -> dict[str, Any]:
    """Keep a photo from before the work, and return its key and how it fits; raises `DomainError` for its own field."""
    with _field("before_photo"):
        return {"before_photo_key": keep_photo(ctx, photo), "before_proof": look_at(photo, job, at=at)}


@contextmanager
def _field(name: str) -> Iterator[None]:
    """Let a refusal of a photo name the field that it was sent in."""
    try:
        yield
    except DomainError as refusal:
        raise DomainError(refusal.message, field=name, rule=refusal.rule) from refusal


def look_at(photo: bytes, job: Job, *, at: datetime, position: tuple[float, float] | None = None) -> Plausibility:
    """Return how well a photo fits its job; its own place counts before the phone's, which is WGS84 and not kept."""
    facts = inspect_photo(photo)
    own = (facts.lat, facts.lon) if facts.lat is not None and facts.lon is not None else None
    return compare(
        job=(job.lat, job.lon),
        at=at,
        taken_at=facts.taken_at,
        place=own or position,
        source="phone" if own is None and position is not None else "photo",
    )


def seal_evidence(ctx: ServiceContext, job: Job, finish: "Finish", *, by: str, at: datetime) -> tuple[Parcel, ...]:
    """Hand what was found to enforcement, photos and letters each in a sealed parcel; return what the event says of it.

    Without a photo of its own the after-photo is the evidence; without any photo the crew's word is.
    """
    originals = finish.evidence_photos or ((finish.photo,) if finish.photo and not finish.letters else ())
    statement = finish.evidence_note.strip() or None
    if not originals and not finish.letters and statement is None:
        statement = f"The crew found evidence and took no photo ({finish.no_photo_reason or 'no reason given'})."
    sealed = []
    for holds, name, photos in (("photos", "crew", originals), ("letter", "letter", finish.letters)):
        if not photos:
            continue
        files = tuple(_original(photo, name, number) for number, photo in enumerate(photos, start=1))
        sealed.append(_sealed(ctx, job, holds, files, statement, by=by, at=at))
        statement = None
    return tuple(sealed) or (_sealed(ctx, job, "statement", (), statement, by=by, at=at),)


def _sealed(
    ctx: ServiceContext,
    job: Job,
    holds: str,
    files: tuple[ParcelFile, ...],
    statement: str | None,
    *,
    by: str,
    at: datetime,
) -> Parcel:
    """Seal one parcel and put it where enforcement takes it from."""
    parcel = CustodyParcel(
        holds=holds,
        report_id=str(job.report_id),
        reference=job.reference,
        job_id=job.id,
        statement=statement,
        files=files,
        sealed_at=at,
        sealed_by=by,
    )
    return Parcel(ctx.blobs.hand_over(RECEIVER, seal(parcel)), holds)


def _original(photo: bytes, name: str, number: int) -> ParcelFile:
    """Return a photo as a file of the parcel, byte for byte; raises `DomainError` for what is no photo."""
    with _field("letter_photo" if name == "letter" else "evidence_photo"):
        kind = inspect_photo(photo).type
    extension = "jpg" if kind == "jpeg" else kind
    return ParcelFile(f"{name}-{number}.{extension}", f"image/{kind}", photo)
