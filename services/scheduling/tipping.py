"""Emptying a vehicle: one document decides, the jobs follow.

The vehicle is read before its jobs, and saved under the version that was read. So when two people press the button at
once one of them conflicts, reads again, and finds nothing left on board; and a job that is finished while the tip is
being saved is not in it, but in the next.
"""

from datetime import datetime

from services.scheduling import store
from services.scheduling.domain import fleet, loads
from services.scheduling.domain.fleet import Load, Tip, Vehicle
from services.scheduling.domain.job import Job
from shared.contracts.envelope import Cause
from shared.errors import Conflict, NotFound
from shared.ids import derived_id
from shared.service import ServiceContext
from shared.store import reload_on_conflict
from shared.store.port import ASCENDING


def load_list(ctx: ServiceContext, vehicle: Vehicle, *, by: datetime | None = None) -> list[Load]:
    """Return what is on a vehicle, or was by a moment; oldest first, without what an unfinished tip has taken."""
    taken = vehicle.loads_of_unfinished_tips()
    jobs = sorted(store.untipped_jobs(ctx.store, vehicle.id), key=lambda job: job.completed_at or job.created_at)
    in_time = [job for job in jobs if by is None or (job.completed_at or job.created_at) <= by]
    return [_load(job) for job in in_time if job.id not in taken]


def tip_vehicle(
    ctx: ServiceContext,
    vehicle_id: str,
    site_id: str,
    *,
    crew_id: str | None,
    key: str,
    cause: Cause,
    tipped_at: datetime | None = None,
) -> Tip:
    """Empty a vehicle at a site and return the tip with its load list; the same request again gives the same tip.

    A tip that is heard of late (`tipped_at`) takes what had been loaded by then.

    Raises:
        NotFound: there is no such vehicle or site.
        DomainError: there is nothing on the vehicle.
    """
    ctx.council.site(site_id)

    def once() -> Tip:
        repository = store.vehicles(ctx.store)
        vehicle = repository.require(vehicle_id)
        made = next((tip for tip in vehicle.tips if tip.request_key == key), None)
        if made is not None:
            return made
        at = ctx.clock.now()
        tip_id = derived_id("tip", vehicle_id, key)
        loads = load_list(ctx, vehicle, by=tipped_at)
        tipped, facts = fleet.tip(
            vehicle, loads, tip_id=tip_id, site_id=site_id, crew_id=crew_id, key=key, at=tipped_at or at
        )
        # A tip is a journey of its own: several reports meet in it.
        saved = repository.save(tipped, facts, at=at, cause=Cause(tip_id, cause.causation_id))
        return saved.tips[-1]

    return reload_on_conflict(once)()


def mark_jobs(ctx: ServiceContext, vehicle_id: str, tip_id: str, job_ids: list[str], *, cause: Cause) -> None:
    """Tell every job of a tip that it was tipped, one at a time, and then the vehicle that all know."""
    repository, at = store.jobs(ctx.store), ctx.clock.now()
    for job_id in job_ids:
        job = repository.get(job_id)
        if job is None:
            continue
        marked, facts = loads.mark_tipped(job, tip_id)
        if marked != job:
            repository.save(marked, facts, at=at, cause=Cause(job.report_id, cause.causation_id))
    vehicle = store.vehicles(ctx.store).require(vehicle_id)
    finished = fleet.finish_tip(vehicle, tip_id)
    if finished != vehicle:
        store.vehicles(ctx.store).save(finished, at=at, cause=cause)


def finish_tips(ctx: ServiceContext) -> None:
    """Finish what a crash left half done: tips whose jobs do not all know of them."""
    repository = store.vehicles(ctx.store)
    vehicles, _ = repository.find({"is_unfinished": True}, sort=(("registration", ASCENDING),), limit=100)
    for vehicle in vehicles:
        for tip in vehicle.tips:
            if tip.tip_id not in vehicle.unfinished_tips:
                continue
            try:
                mark_jobs(ctx, vehicle.id, tip.tip_id, [load.job_id for load in tip.loads], cause=Cause(tip.tip_id))
            except (Conflict, NotFound):
                continue  # the consumer is at it in this very moment, or the timer comes again


def _load(job: Job) -> Load:
    """Return a job's share of a load."""
    return Load(
        job_id=job.id,
        report_id=job.report_id,
        reference=job.reference,
        ward=job.ward,
        neighbourhood=job.neighbourhood,
        waste_type=job.waste_type,
        estimated_kg=job.estimated_kg or 0,
    )
