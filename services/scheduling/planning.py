"""Plans from the supervisor's side: ask for one, publish or discard it, and have its jobs assigned one at a time."""

from services.scheduling import store
from services.scheduling.domain import job as rules
from services.scheduling.domain import plan as planning
from services.scheduling.domain.plan import Plan
from services.scheduling.handlers import journey
from shared.calendar import london_date
from shared.contracts.envelope import Cause
from shared.errors import Conflict, DomainError
from shared.ids import new_id
from shared.service import ServiceContext
from shared.store.port import ASCENDING


def request_plan(ctx: ServiceContext, depot_id: str, *, by: str, cause: Cause) -> Plan:
    """Ask the planner for the rest of a depot's day; one that is being worked out is enough."""
    ctx.council.depot(depot_id)
    latest = store.latest_plan(ctx.store, depot_id)
    if latest is not None and latest.state in ("requested", "claimed"):
        return latest
    at = ctx.clock.now()
    plan = Plan(new_id(), depot_id, london_date(at), requested_at=at, requested_by=by)
    return store.plans(ctx.store).add(plan, at=at, cause=cause)


def publish_plan(ctx: ServiceContext, plan_id: str, *, version: int | None, cause: Cause) -> Plan:
    """Publish a proposal; its jobs are assigned by the consumer of the event. Raises `Conflict` or `DomainError`."""
    repository, at = store.plans(ctx.store), ctx.clock.now()
    plan = repository.require(plan_id)
    if plan.state == "published":
        return plan
    if version is not None and version != plan.version:
        raise Conflict(f"plan {plan_id} was changed by somebody else")
    return repository.save(*planning.publish(plan, at=at), at=at, cause=cause)


def discard_plan(ctx: ServiceContext, plan_id: str, *, cause: Cause) -> Plan:
    """Throw a proposal away."""
    repository = store.plans(ctx.store)
    plan = repository.require(plan_id)
    return repository.save(planning.discard(plan), at=ctx.clock.now(), cause=cause)


def assign_stops(ctx: ServiceContext, plan_id: str, *, cause: Cause) -> None:
    """Assign the jobs of a published plan, one at a time, leaving alone what somebody has moved since.

    `job.plan_id` remembers that this plan was applied to the job, so a second run passes over it.
    """
    plan = store.plans(ctx.store).get(plan_id)
    if plan is None or plan.proposal is None or not plan.unfinished:
        return
    jobs, at = store.jobs(ctx.store), ctx.clock.now()
    skipped = []
    for stop in plan.proposal.stops:
        job, crew = jobs.get(stop.job_id), store.crews(ctx.store).get(stop.crew_id)
        if job is None or crew is None:
            skipped.append(stop.job_id)
            continue
        if job.plan_id == plan.id:
            continue
        if job.state not in ("open", "deferred") or _moved_since(job, plan):
            skipped.append(job.id)
            continue
        try:
            given, facts = rules.assign(job, crew, at=at, position=stop.position, plan_id=plan.id)
        except DomainError:
            skipped.append(job.id)
            continue
        jobs.save(given, facts, at=at, cause=journey(job, cause))
    store.plans(ctx.store).save(planning.finish(plan, skipped=tuple(skipped)), at=at, cause=cause)


def finish_plans(ctx: ServiceContext) -> None:
    """Finish what a crash left half done: published plans whose jobs were not all assigned."""
    found, _ = store.plans(ctx.store).find({"unfinished": True}, sort=(("requested_at", ASCENDING),), limit=20)
    for plan in found:
        try:
            assign_stops(ctx, plan.id, cause=Cause(plan.id))
        except Conflict:
            continue  # the consumer is at it in this very moment, or the timer comes again


def _moved_since(job: rules.Job, plan: Plan) -> bool:
    """Say whether a crew was given, and lost, the job after the plan was published."""
    return job.assigned_at is not None and plan.published_at is not None and job.assigned_at > plan.published_at
