"""Plans from the supervisor's side: ask for one, publish or discard it, have its jobs assigned; and what-ifs."""

from collections.abc import Collection
from dataclasses import replace

from services.scheduling import store
from services.scheduling.availability import why_unavailable
from services.scheduling.domain import job as rules
from services.scheduling.domain import plan as planning
from services.scheduling.domain import what_if as what_ifs
from services.scheduling.domain.plan import Plan, PlannedStop, Unplanned
from services.scheduling.domain.what_if import WhatIf
from services.scheduling.handlers import journey
from services.scheduling.publication import refuse_what_breaks_rules
from services.scheduling.sheets import STEP, next_stops
from shared.calendar import add_working_days, london_date
from shared.clock import machine_now
from shared.contracts.base import Fact
from shared.contracts.envelope import Cause
from shared.errors import Conflict, DomainError
from shared.ids import new_id
from shared.service import ServiceContext
from shared.store.port import ASCENDING

FIRST = 1
"""Before every place that a plan gives, which are multiples of `STEP`."""


def request_plan(ctx: ServiceContext, depot_id: str, *, by: str, because: str = "asked", cause: Cause) -> Plan:
    """Ask the planner for the rest of a depot's day; one that is being worked out is enough."""
    store.require_depot(ctx.store, depot_id)
    latest = store.latest_plan(ctx.store, depot_id)
    if latest is not None and latest.state in ("requested", "claimed"):
        return latest
    at = ctx.clock.now()
    plan = Plan(
        new_id(), depot_id, london_date(at), requested_at=at, requested_by=by, because=because, asked_at=machine_now()
    )
    return store.plans(ctx.store).add(plan, at=at, cause=cause)


def publish_plan(ctx: ServiceContext, plan_id: str, *, version: int | None, cause: Cause) -> Plan:
    """Publish a proposal; its jobs are assigned by the consumer of the event.

    Raises:
        Conflict: the plan is not as it was seen.
        DomainError: there is nothing to publish, a newer plan is there, or the checker refuses it as things are now.
    """
    repository, at = store.plans(ctx.store), ctx.clock.now()
    plan = repository.require(plan_id)
    if plan.state == "published":
        return plan
    if version is not None and version != plan.version:
        raise Conflict(f"plan {plan_id} was changed by somebody else")
    latest = store.latest_plan(ctx.store, plan.depot_id)
    if latest is not None and latest.id != plan.id and latest.state in ("proposed", "published"):
        raise DomainError("There is a newer plan for this depot. Look at that one.", rule="plan-state")
    published, facts = planning.publish(plan, at=at)
    refuse_what_breaks_rules(ctx, plan)
    return repository.save(published, facts, at=at, cause=cause)


def discard_plan(ctx: ServiceContext, plan_id: str, *, cause: Cause) -> Plan:
    """Throw a proposal away."""
    repository = store.plans(ctx.store)
    plan = repository.require(plan_id)
    return repository.save(planning.discard(plan), at=ctx.clock.now(), cause=cause)


def request_what_if(ctx: ServiceContext, asked: WhatIf, *, cause: Cause) -> WhatIf:
    """Ask the planner what another day would be like; raises `DomainError` where nothing would be different."""
    store.require_depot(ctx.store, asked.depot_id)
    crew_ids = {crew.id for crew in store.all_crews(ctx.store) if crew.depot_id == asked.depot_id}
    for field, crew_id in (("extra_like", asked.extra_like), ("without", asked.without)):
        if crew_id is not None and crew_id not in crew_ids:
            raise DomainError("Choose a crew of this depot", field=field)
    asked = replace(what_ifs.check(asked), asked_at=machine_now())
    return store.what_ifs(ctx.store).add(asked, at=asked.requested_at, cause=cause)


def assign_stops(ctx: ServiceContext, plan_id: str, *, cause: Cause) -> None:
    """Assign the jobs of a published plan, one at a time; not what somebody has moved, and to nobody who is gone.

    `job.plan_id` remembers that this plan was applied to the job, so a second run passes over it. Jobs that the plan
    leaves are taken from the crew that an earlier plan gave them to, and for want of time expected tomorrow.
    """
    plan = store.plans(ctx.store).get(plan_id)
    if plan is None or plan.proposal is None or not plan.unfinished:
        return
    # Whoever has moved on since it was made is on the way to a stop that the plan knew nothing of.
    on_the_way = next_stops(ctx) - set(plan.proposal.shown)
    skipped = [stop.job_id for stop in plan.proposal.stops if not _apply(ctx, plan, stop, on_the_way, cause)]
    for left in plan.proposal.unplanned:
        if left.job_id not in on_the_way:
            _leave(ctx, plan, left, cause)
    at = ctx.clock.now()
    store.plans(ctx.store).save(planning.finish(plan, skipped=tuple(skipped)), at=at, cause=cause)


def _apply(ctx: ServiceContext, plan: Plan, stop: PlannedStop, on_the_way: Collection[str], cause: Cause) -> bool:
    """Give one job of a plan to its crew; say whether that is done, now or before.

    A crew that is on its way to the job keeps it, as its next.
    """
    jobs, at = store.jobs(ctx.store), ctx.clock.now()
    job, crew = jobs.get(stop.job_id), store.crews(ctx.store).get(stop.crew_id)
    if job is None or crew is None:
        return False
    if job.plan_id == plan.id:
        return True
    if _moved_since(job, stop, plan) or why_unavailable(ctx, crew, at) is not None:
        return False
    is_on_the_way = job.id in on_the_way
    if is_on_the_way and job.crew_id != crew.id:
        return False
    if job.state == "assigned" and job.crew_id == crew.id:
        facts: list[Fact] = []
        position = FIRST if is_on_the_way else stop.position * STEP
        given = rules.place_on_sheet(job, position=position, plan_id=plan.id if job.plan_id else None)
    else:
        try:
            given, facts = rules.assign(job, crew, at=at, position=stop.position * STEP, plan_id=plan.id)
        except DomainError:
            return False
    expected, more = rules.expect(given, plan.day)
    if expected != job:
        jobs.save(expected, [*facts, *more], at=at, cause=journey(job, cause))
    return True


def _leave(ctx: ServiceContext, plan: Plan, left: Unplanned, cause: Cause) -> None:
    """Take a job that a plan leaves from the crew that it was with, and say when it is expected if it is only for time.

    Whoever has moved or begun it since has the last word.
    """
    jobs = store.jobs(ctx.store)
    job = jobs.get(left.job_id)
    if job is None or job.state not in ("open", "assigned") or job.crew_id not in (None, left.from_crew_id):
        return
    given, facts = rules.withdraw(job)
    if left.reason in planning.CAN_BE_TOMORROW:
        given, more = rules.expect(given, add_working_days(plan.day, 1, ctx.council.working_time))
        facts = [*facts, *more]
    if given != job:
        jobs.save(given, facts, at=ctx.clock.now(), cause=journey(job, cause))


def finish_plans(ctx: ServiceContext) -> None:
    """Finish what a crash left half done: published plans whose jobs were not all assigned."""
    found, _ = store.plans(ctx.store).find({"unfinished": True}, sort=(("requested_at", ASCENDING),), limit=20)
    for plan in found:
        try:
            assign_stops(ctx, plan.id, cause=Cause(plan.id))
        except Conflict:
            continue  # the consumer is at it in this very moment, or the timer comes again


def _moved_since(job: rules.Job, stop: PlannedStop, plan: Plan) -> bool:
    """Say whether somebody has moved, begun or ended the job since the plan was made."""
    if job.state not in ("open", "deferred", "assigned"):
        return True
    if job.state == "assigned":
        return job.crew_id != stop.from_crew_id
    return job.assigned_at is not None and plan.published_at is not None and job.assigned_at > plan.published_at
