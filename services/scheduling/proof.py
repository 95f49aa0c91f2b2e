"""Photos that a crew takes: what shows the work as done, and what is sealed as evidence.

The after-photo is kept as a derivative without metadata, because it is shown to supervisors. Evidence is never altered:
the originals go into a custody parcel, in enforcement's `handover/` prefix, before the job that names them is saved.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from services.scheduling.domain.completion import Parcel
from services.scheduling.domain.job import Job
from services.scheduling.store import JOBS
from shared import failpoints
from shared.blobs.photos import inspect_photo, public_derivative
from shared.clock import machine_now
from shared.custody import Parcel as CustodyParcel
from shared.custody import ParcelFile, seal
from shared.service import ServiceContext

if TYPE_CHECKING:
    from services.scheduling.handlers import Finish

RECEIVER = "enforcement"

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
        if ctx.store.count(JOBS.name, {"photo_key": key}, limit=1) == 0:
            ctx.blobs.delete(key)


def seal_evidence(ctx: ServiceContext, job: Job, finish: "Finish", *, at: datetime) -> tuple[Parcel, ...]:
    """Hand what was found to enforcement in one sealed parcel, and return what the event says of it.

    Without a photo of its own the after-photo is the evidence; without any photo the crew's word is.
    """
    originals = finish.evidence_photos or ((finish.photo,) if finish.photo else ())
    files = tuple(_original(photo, number) for number, photo in enumerate(originals, start=1))
    statement = finish.evidence_note.strip() or None
    if not files and statement is None:
        statement = f"The crew found evidence and took no photo ({finish.no_photo_reason or 'no reason given'})."
    holds = "photos" if files else "statement"
    parcel = CustodyParcel(
        holds=holds,
        report_id=str(job.report_id),
        reference=job.reference,
        job_id=job.id,
        statement=statement,
        files=files,
        sealed_at=at,
        sealed_by=job.crew_id or "supervisor",
    )
    return (Parcel(ctx.blobs.hand_over(RECEIVER, seal(parcel)), holds),)


def _original(photo: bytes, number: int) -> ParcelFile:
    """Return a photo as a file of the parcel, byte for byte; raises `DomainError` for what is no photo."""
    kind = inspect_photo(photo).type
    extension = "jpg" if kind == "jpeg" else kind
    return ParcelFile(f"crew-{number}.{extension}", f"image/{kind}", photo)
