"""What supervisors do with a job besides giving it out.

Split jobs are finished by a timer where a crash came between the job that decided and the part that it named; jobs that
were put off until a day come back by another.
"""

from functools import partial

from services.scheduling import store
from services.scheduling.domain import splitting, supervising
from services.scheduling.domain.job import Job
from services.scheduling.handlers import change_job, journey, require_crew
from shared.calendar import london_date
from shared.contracts.envelope import Cause
from shared.errors import Conflict, DomainError, Duplicate
from shared.service import ServiceContext
from shared.store import reload_on_conflict

PAGE = 200


def divert_crew(ctx: ServiceContext, crew_id: str, site_id: str | None, *, cause: Cause) -> Job:
    """Send a crew to a disposal site before its next stop, or with None take that back.

    Raises:
        NotFound: there is no such site.
        DomainError: the crew has no stop before which it could go.
    """
    crew = require_crew(ctx, crew_id)
    if site_id is not None:
        ctx.council.site(site_id)
    stops = [job for job in store.jobs_of_crew(ctx.store, crew_id) if job.state == "assigned" and not job.held]
    aimed = [job for job in stops if job.tip_first_at is not None]
    if not stops:
        raise DomainError(f"{crew.name} has no stop left: it tips on its way home anyway.", field="site_id")
    at = ctx.clock.now()
    for job in aimed if site_id is None else [job for job in aimed if job.id != stops[0].id]:
        change_job(ctx, job.id, partial(supervising.divert, site_id=None, at=at), version=None, key=None, cause=cause)
    if site_id is None:
        return store.jobs(ctx.store).require(stops[0].id)
    divert = partial(supervising.divert, site_id=site_id, at=at)
    return change_job(ctx, stops[0].id, divert, version=None, key=None, cause=cause)


def is_diverted(ctx: ServiceContext, job: Job) -> bool:
    """Say whether the crew is still to tip before this stop: it was sent to, and its vehicle has not tipped since."""
    if job.tip_first_at is None or job.diverted_at is None or job.state != "assigned":
        return False
    vehicle = store.vehicles(ctx.store).get(job.vehicle_id) if job.vehicle_id else None
    return vehicle is None or not vehicle.tips or vehicle.tips[-1].tipped_at < job.diverted_at


def approve_proof(ctx: ServiceContext, job_id: str, *, version: int | None, key: str | None, cause: Cause) -> Job:
    """Accept the proof of a finished job."""
    return change_job(ctx, job_id, supervising.approve_proof, version=version, key=key, cause=cause)


def return_proof(
    ctx: ServiceContext, job_id: str, reason: str, *, version: int | None, key: str | None, cause: Cause
) -> Job:
    """Give a finished job to its crew again, with what is wrong with its proof."""
    send_back = partial(supervising.return_proof, reason=reason, at=ctx.clock.now())
    return change_job(ctx, job_id, send_back, version=version, key=key, cause=cause)


def split_job(
    ctx: ServiceContext,
    job_id: str,
    *,
    kept_size: str,
    part_size: str,
    kept_waste: str | None,
    part_waste: str | None,
    version: int | None,
    key: str | None,
    cause: Cause,
) -> Job:
    """Cut a part off a job as a job of its own, and return the job that was split."""
    cut = partial(
        splitting.split,
        kept_size=kept_size,
        part_size=part_size,
        kept_waste=kept_waste,
        part_waste=part_waste,
        size_kg=ctx.council.size_kg,
    )
    return make_parts(ctx, change_job(ctx, job_id, cut, version=version, key=key, cause=cause), cause)


def make_parts(ctx: ServiceContext, job: Job, cause: Cause) -> Job:
    """Make the jobs of a split job's parts, those that are there already left as they are, and return the job."""
    jobs, at = store.jobs(ctx.store), ctx.clock.now()
    for part in job.parts:
        if jobs.get(part.job_id) is None:
            try:
                jobs.add(*splitting.part_of(job, part, at=at), at=at, cause=journey(job, cause))
            except Duplicate:
                continue  # the timer, or the same request again, was first
    if not job.has_unmade_parts:
        return job

    def once() -> Job:
        current = jobs.require(job.id)
        if current.parts != job.parts or not current.has_unmade_parts:
            return current
        return jobs.save(splitting.note_parts_made(current), at=at, cause=journey(job, cause))

    return reload_on_conflict(once)()


def finish_splits(ctx: ServiceContext) -> None:
    """Finish what a crash left half done: split jobs whose parts were not all made."""
    for job in store.jobs(ctx.store).find({"has_unmade_parts": True}, sort=store.NEWEST, limit=PAGE)[0]:
        try:
            make_parts(ctx, job, Cause(job.report_id))
        except Conflict:
            continue  # somebody is at it in this very moment, or the timer comes again


def open_due_jobs(ctx: ServiceContext) -> None:
    """Put jobs that were put off until today or earlier back on the list."""
    today = london_date(ctx.clock.now())
    come_due = partial(supervising.come_due, today=today)
    for job in store.jobs(ctx.store).every({"state": "deferred"}, sort=store.NEWEST, batch=PAGE):
        if come_due(job)[0] != job:
            change_job(ctx, job.id, come_due, version=None, key=None, cause=Cause(job.report_id))
