"""What people do with jobs, crews and shifts: load, let the domain decide, save with what has happened.

Every use case takes the request's idempotency key, remembered in the document that it changes: the same request again
is answered from there. A `version` that is no longer the job's raises `Conflict`, never a silent overwrite; without one
(a program that only knows the job's id) the change is tried again on what is there now.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from services.scheduling import proof, store
from services.scheduling.availability import refuse_unavailable
from services.scheduling.domain import fleet
from services.scheduling.domain import job as rules
from services.scheduling.domain.fleet import Crew, Shift
from services.scheduling.domain.job import Job
from services.scheduling.fitting import Fitting
from services.scheduling.register.follow import follow_register
from services.scheduling.register.seed import seed_register
from shared.calendar import london_date
from shared.contracts.envelope import Cause
from shared.errors import Conflict, DomainError, Duplicate, NotFound
from shared.ids import derived_id
from shared.service import ServiceContext
from shared.store import reload_on_conflict

MANY_AT_ONCE = 200
"""More jobs than a depot gives out in a day."""


@dataclass(frozen=True)
class Order:
    """One of many jobs to assign, as the supervisor saw it."""

    job_id: str
    version: int | None


@dataclass(frozen=True)
class Assigned:
    """What became of one of many: the job as it is now, or why it was not assigned."""

    job_id: str
    job: Job | None
    problem: str | None


@dataclass(frozen=True)
class Finish:
    """What a crew sends when it is done at a place; photos as they left the phone."""

    outcome: str
    waste_type: str | None = None
    land_type: str | None = None
    size: str | None = None
    no_photo_reason: str | None = None
    has_evidence: bool = False
    photo: bytes | None = None
    evidence_photos: tuple[bytes, ...] = ()
    evidence_note: str = ""
    letters: tuple[bytes, ...] = ()
    before_photo: bytes | None = None
    no_before_reason: str | None = None
    position: tuple[float, float] | None = None
    """Where the phone was as the photo was chosen, where the photo itself does not say: browsers strip that."""


def ensure_fleet(ctx: ServiceContext) -> None:
    """Add what the council's configuration has to the register, and have crews and vehicles follow it."""
    seed_register(ctx)
    follow_register(ctx)


def assign_job(
    ctx: ServiceContext, job_id: str, crew_id: str, *, version: int | None, key: str | None, cause: Cause
) -> Job:
    """Give a job to a crew; raises `NotFound`, `Conflict` or the rule's `DomainError`."""
    crew = require_crew(ctx, crew_id)
    return _assign(ctx, job_id, Fitting.of(ctx, crew, ctx.clock.now()), version=version, key=key, cause=cause)


def assign_many(
    ctx: ServiceContext, orders: Sequence[Order], crew_id: str, *, key: str | None, cause: Cause
) -> list[Assigned]:
    """Give many jobs to a crew, each by itself: one that is refused or was changed does not keep back the others."""
    if not orders:
        raise DomainError("Select at least one job", field="job")
    if len(orders) > MANY_AT_ONCE:
        raise DomainError(f"Select at most {MANY_AT_ONCE} jobs", field="job")
    crew = require_crew(ctx, crew_id)
    fitting = Fitting.of(ctx, crew, ctx.clock.now())
    return [_assign_one(ctx, order, fitting, key=key, cause=cause) for order in orders]


def start_job(
    ctx: ServiceContext, job_id: str, *, version: int | None, key: str | None, cause: Cause, at: datetime | None = None
) -> Job:
    """Note that the crew has begun, now or at an earlier moment; a crew that begins is on shift."""
    at = at or ctx.clock.now()
    job = change_job(ctx, job_id, lambda job: rules.start(job, at=at), version=version, key=key, cause=cause)
    crew = store.crews(ctx.store).get(job.crew_id) if job.crew_id else None
    if crew is not None and not crew.is_contractor:
        start_shift(ctx, crew.id, cause=Cause(None, cause.causation_id), at=at)
    return job


def complete_job(
    ctx: ServiceContext,
    job_id: str,
    finish: Finish,
    *,
    version: int | None,
    key: str | None,
    cause: Cause,
    at: datetime | None = None,
) -> Job:
    """Finish a job: keep the photo, seal the evidence for enforcement, and save the outcome with both."""
    job = store.jobs(ctx.store).require(job_id)
    if key is not None and key in job.keys:
        return job
    if version is not None and version != job.version:
        raise Conflict(f"{job_id} was changed by somebody else")
    crew = store.crews(ctx.store).get(job.crew_id) if job.crew_id else None
    at = at or ctx.clock.now()
    said = proof.said(finish)

    def finished(current: Job) -> rules.Change:
        return rules.complete(
            current,
            completion,
            vehicle_id=crew.vehicle_id if crew else None,
            size_kg=ctx.council.size_kg,
            at=at,
            by_contractor=crew is not None and crew.is_contractor,
        )

    # Checked before anything is written, so that a refused form leaves no blob behind.
    completion = said
    finished(job)
    completion = proof.keep(ctx, job, finish, said, by=job.crew_id or "supervisor", at=at)
    return change_job(ctx, job_id, finished, version=version, key=key, cause=cause)


def defer_job(
    ctx: ServiceContext, job_id: str, reason: str, until: date | None, *, version: int, key: str | None, cause: Cause
) -> Job:
    """Put a job off."""
    at = ctx.clock.now()
    if until is not None and until < london_date(at):
        raise DomainError("The day must be today or later", field="until")
    return change_job(
        ctx, job_id, lambda job: rules.defer(job, reason, until=until, at=at), version=version, key=key, cause=cause
    )


def cancel_job(ctx: ServiceContext, job_id: str, reason: str, *, version: int, key: str | None, cause: Cause) -> Job:
    """Call a job off for one of the reasons that a supervisor may give."""
    if reason not in rules.CANCEL_REASONS:
        raise DomainError("Choose why it is cancelled", field="reason")
    at = ctx.clock.now()
    return change_job(ctx, job_id, lambda job: rules.cancel(job, reason, at=at), version=version, key=key, cause=cause)


def hold_job(ctx: ServiceContext, job_id: str, *, version: int, key: str | None, cause: Cause) -> Job:
    """Keep crews away until the evidence is secured."""
    at = ctx.clock.now()
    return change_job(
        ctx,
        job_id,
        lambda job: rules.hold(job, by=rules.HELD_BY_SUPERVISOR, at=at),
        version=version,
        key=key,
        cause=cause,
    )


def release_job(ctx: ServiceContext, job_id: str, *, version: int, key: str | None, cause: Cause) -> Job:
    """Let a held job go on."""
    return change_job(ctx, job_id, rules.release, version=version, key=key, cause=cause)


def start_shift(ctx: ServiceContext, crew_id: str, *, cause: Cause, at: datetime | None = None) -> Shift:
    """Sign a crew on, now or at an earlier moment; one that is on shift stays so, unless that was forgotten to end."""
    at = at or ctx.clock.now()
    earlier = forget_if_over(ctx, crew_id, at)
    if earlier is not None and earlier.ended_at is None:
        return earlier
    crew = require_crew(ctx, crew_id)
    # The id comes from the shift before, so that signing on twice at once makes one shift.
    shift = Shift(
        id=derived_id("shift", crew_id, earlier.id if earlier else "first"),
        crew_id=crew_id,
        depot_id=crew.depot_id,
        vehicle_id=crew.vehicle_id,
        started_at=at,
    )
    try:
        return store.shifts(ctx.store).add(*fleet.start_shift(shift), at=at, cause=cause)
    except Duplicate:
        return store.shifts(ctx.store).require(shift.id)


def end_shift(ctx: ServiceContext, crew_id: str, *, cause: Cause, at: datetime | None = None) -> Shift | None:
    """Sign a crew off, now or at an earlier moment; raises `DomainError` while it has a job under way.

    A shift that was taken for forgotten is ended by the crew's own word, however late that arrives.
    """
    current = store.latest_shift(ctx.store, crew_id)
    if current is None or (current.ended_at is not None and not current.is_forgotten):
        return None
    begun = [job for job in store.jobs_of_crew(ctx.store, crew_id) if job.state == "started"]
    if begun:
        raise DomainError(f"Finish {begun[0].reference} first: you have started it.", rule="job-started")
    ended, facts = fleet.end_shift(current, at=at or ctx.clock.now())
    return store.shifts(ctx.store).save(ended, facts, at=ctx.clock.now(), cause=cause) if facts else current


def forget_if_over(ctx: ServiceContext, crew_id: str, at: datetime) -> Shift | None:
    """End a crew's latest shift if nobody signed off from it in all that time, and return it as it is then."""

    def once() -> Shift | None:
        shift = store.latest_shift(ctx.store, crew_id)
        if shift is None:
            return None
        over, facts = fleet.forget_shift(shift, at=at)
        return store.shifts(ctx.store).save(over, facts, at=ctx.clock.now(), cause=Cause()) if facts else shift

    return reload_on_conflict(once)()


def require_crew(ctx: ServiceContext, crew_id: str) -> Crew:
    """Return a crew; raises `DomainError` for an unknown one, because the caller chose it from a list."""
    crew = store.crews(ctx.store).get(crew_id)
    if crew is None or crew.is_retired:
        raise DomainError("Choose a crew", field="crew_id")
    return crew


def change_job(
    ctx: ServiceContext,
    job_id: str,
    do: Callable[[Job], rules.Change],
    *,
    version: int | None,
    key: str | None,
    cause: Cause,
) -> Job:
    """Load a job, change it, and save it with its events; a request that was answered before is answered again."""

    def once() -> Job:
        repository = store.jobs(ctx.store)
        job = repository.require(job_id)
        if key is not None and key in job.keys:
            return job
        if version is not None and version != job.version:
            raise Conflict(f"{job_id} was changed by somebody else")
        changed, facts = do(job)
        if changed == job:
            return job
        return repository.save(rules.remember(changed, key), facts, at=ctx.clock.now(), cause=journey(job, cause))

    # With a version from the user a conflict is the answer; without one the latest state is as good as any.
    return once() if version is not None else reload_on_conflict(once)()


def journey(job: Job, cause: Cause) -> Cause:
    """Return the cause with the report as the journey that the job belongs to; a beat's round is one of its own."""
    return Cause(job.report_id or job.id, cause.causation_id)


def _assign(
    ctx: ServiceContext, job_id: str, fitting: Fitting, *, version: int | None, key: str | None, cause: Cause
) -> Job:
    """Give a job to a crew that is there and can do it."""
    crew, at = fitting.crew, fitting.now

    def assigned(job: Job) -> rules.Change:
        given = rules.assign(job, crew, at=at)
        fitting.refuse(job)
        return given

    refuse_unavailable(ctx, crew, at)
    return change_job(ctx, job_id, assigned, version=version, key=key, cause=cause)


def _assign_one(ctx: ServiceContext, order: Order, fitting: Fitting, *, key: str | None, cause: Cause) -> Assigned:
    """Assign one of many and say what became of it."""
    try:
        job = _assign(ctx, order.job_id, fitting, version=order.version, key=key, cause=cause)
    except Conflict:
        current = store.jobs(ctx.store).get(order.job_id)
        name = current.reference if current else order.job_id
        return Assigned(order.job_id, current, f"{name} was changed by somebody else. Look at it again.")
    except NotFound:
        return Assigned(order.job_id, None, "This job does not exist any more.")
    except DomainError as refusal:
        return Assigned(order.job_id, store.jobs(ctx.store).get(order.job_id), refusal.message)
    return Assigned(order.job_id, job, None)
