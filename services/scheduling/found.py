"""Tips that a crew finds on its round: recorded, and cleared, without anybody having reported them.

The job comes first and the report follows from its event: scheduling gives both the report's id and its reference. The
request's idempotency key is a unique field of the job, so a phone that sends the form twice makes one job.
"""

from dataclasses import dataclass
from datetime import datetime

from services.scheduling import handlers, proof, store
from services.scheduling.domain import job as rules
from services.scheduling.domain.completion import check_completion
from services.scheduling.domain.job import Job
from services.scheduling.handlers import Finish
from shared.calendar import london_date
from shared.contracts.codes import LAND_TYPES, SIZES, WASTE_TYPES
from shared.contracts.envelope import Cause
from shared.errors import DomainError, Duplicate
from shared.ids import derived_id, new_id, public_reference
from shared.service import ServiceContext

KIND = "fly-tipping"


@dataclass(frozen=True)
class FoundTip:
    """What a crew says about a tip that it found."""

    crew_id: str
    lat: float
    lon: float
    waste_type: str
    land_type: str
    size: str
    place_id: str | None = None


def record_found_tip(ctx: ServiceContext, tip: FoundTip, *, key: str, cause: Cause, at: datetime | None = None) -> Job:
    """Make the job of a tip found now, or at an earlier moment; the same request again gives the same job.

    Raises:
        DomainError: a code is not known, or the place is outside the council's area.
    """
    request_key = f"{tip.crew_id}:{key}"
    known = _recorded(ctx, request_key)
    if known is not None:
        return known
    _check(tip)
    crew, at = handlers.require_crew(ctx, tip.crew_id), at or ctx.clock.now()
    location = ctx.council.locate(tip.lat, tip.lon, london_date(at))
    if location is None:
        raise DomainError(f"This place is outside {ctx.council.short_name}’s area", field="place")
    report_id = new_id()
    job = Job(
        id=derived_id(report_id, 1),
        channel="crew",
        report_id=report_id,
        reference=public_reference(report_id, ctx.council.kind(KIND).prefix),
        visit=1,
        depot_id=crew.depot_id,
        last_crew_id=crew.id,
        lat=tip.lat,
        lon=tip.lon,
        ward=location.ward,
        neighbourhood=location.neighbourhood,
        created_at=at,
        place_id=tip.place_id,
        waste_type=tip.waste_type,
        land_type=tip.land_type,
        size=tip.size,
        contractor=rules.needs_contractor(tip.waste_type),
        request_key=request_key,
    )
    job, facts = rules.create(job)
    if not job.contractor:
        # Asbestos that a crew finds is recorded all the same, and waits for the contractor.
        job, more = rules.assign(job, crew, at=at)
        facts += more
    try:
        return store.jobs(ctx.store).add(job, facts, at=at, cause=handlers.journey(job, cause))
    except Duplicate:
        other = _recorded(ctx, request_key)
        if other is None:
            raise
        return other


def clear_found_tip(
    ctx: ServiceContext, tip: FoundTip, finish: Finish, *, key: str, cause: Cause, at: datetime | None = None
) -> Job:
    """Record a found tip and finish it in one form; sent again after a crash, it goes on where it stopped."""
    check_completion(proof.said(finish), waste_type=tip.waste_type, land_type=tip.land_type, size=tip.size)
    job = record_found_tip(ctx, tip, key=key, cause=cause, at=at)
    if job.state == "assigned":
        job = handlers.start_job(ctx, job.id, version=None, key=f"{key}:start", cause=cause, at=at)
    if job.state == "started":
        job = handlers.complete_job(ctx, job.id, finish, version=None, key=f"{key}:complete", cause=cause, at=at)
    return job


def _check(tip: FoundTip) -> None:
    """Raise `DomainError`, naming the field, for a code that is not one."""
    for field, choices, question in (
        ("waste_type", WASTE_TYPES, "Choose what the waste is"),
        ("land_type", LAND_TYPES, "Choose what kind of land it is on"),
        ("size", SIZES, "Choose how much there is"),
    ):
        if getattr(tip, field) not in choices:
            raise DomainError(question, field=field)


def _recorded(ctx: ServiceContext, request_key: str) -> Job | None:
    """Return the job that this request has made already."""
    return store.jobs(ctx.store).find_one({"request_key": request_key, "is_requested": True})
