"""When a depot's day is planned again by itself: what crews have is no longer what they should have.

The state decides, not an event, so that nothing is missed and nothing is done twice: the timer looks at each depot with
crews on shift, and asks the planner where there is reason to. The answer is a proposal like any other; crews see
nothing of it before a supervisor publishes (ADR 21).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from services.scheduling import planning, store
from services.scheduling.domain.job import Job
from services.scheduling.domain.plan import Plan
from services.scheduling.register.edit import world_of
from services.scheduling.standings import standings_of
from shared.calendar import london_date
from shared.contracts.envelope import Cause
from shared.service import ServiceContext

URGENT = 1
AT_MOST_EVERY = timedelta(minutes=5)
AT_LEAST_EVERY = timedelta(minutes=60)
BY_ITSELF = "planner"


def request_replans(ctx: ServiceContext) -> None:
    """Ask for a new plan of every depot that has reason for one."""
    now = ctx.clock.now()
    on_shift = store.crews_on_shift(ctx.store)
    if not on_shift:
        return
    active = store.active_jobs(ctx.store)
    depots = {crew.depot_id for crew in store.all_crews(ctx.store) if crew.id in on_shift}
    for depot_id in sorted(depots & {depot.id for depot in store.all_depots(ctx.store)}):
        jobs = [job for job in active if job.depot_id == depot_id and not (job.held or job.contractor)]
        because = reason_to_plan(ctx, jobs, store.latest_plan(ctx.store, depot_id), now)
        if because is not None:
            planning.request_plan(ctx, depot_id, by=BY_ITSELF, because=because, cause=Cause(None))


def reason_to_plan(ctx: ServiceContext, jobs: Sequence[Job], latest: Plan | None, now: datetime) -> str | None:
    """Return why a depot is to be planned again, None where there is no reason, or it is too soon.

    A depot that nobody has planned today is left alone: its supervisor works without plans.
    """
    if latest is None or latest.day != london_date(now) or latest.state in ("requested", "claimed"):
        return None
    if now - latest.requested_at < AT_MOST_EVERY:
        return None
    waiting = [job for job in jobs if job.state == "open"]
    if any(job.priority == URGENT and job.created_at > latest.requested_at for job in waiting):
        return "urgent"
    if _stranded(ctx, jobs):
        return "crew-lost"
    return "hourly" if waiting and now - latest.requested_at >= AT_LEAST_EVERY else None


def _stranded(ctx: ServiceContext, jobs: Sequence[Job]) -> bool:
    """Say whether a plan gave jobs to a crew that is not on shift nor to come, or has lost its vehicle or people."""
    now, on_shift = ctx.clock.now(), store.crews_on_shift(ctx.store)
    standings = standings_of(ctx, world_of(ctx), store.all_crews(ctx.store), now, on_shift)
    working = {
        each.crew.id for each in standings if not each.missing and (each.crew.id in on_shift or each.is_to_come(now))
    }
    # Jobs that a person gave to a crew are that person's to move.
    return any(job.state == "assigned" and job.plan_id is not None and job.crew_id not in working for job in jobs)
