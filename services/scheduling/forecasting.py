"""Once a day: publish how long jobs have taken lately, for whoever tells people what to expect."""

from datetime import datetime, timedelta

from services.scheduling import store
from services.scheduling.domain.forecast import Forecast, publish, rows_of
from services.scheduling.domain.job import Job
from shared.calendar import london_date
from shared.contracts.envelope import Cause
from shared.errors import Duplicate
from shared.ids import derived_id
from shared.service import ServiceContext

LOOKS_BACK = timedelta(days=28)
"""Four weeks: long enough for a quiet depot, short enough to notice that things have changed."""

SLOWEST = timedelta(days=84)
"""Jobs older than this when they are done are no guide to the next one. Which jobs count goes by when they were done:
of those made lately only the quick ones are done, and they would promise too much."""

PAGE, MOST_JOBS = 500, 20_000


def publish_forecast(ctx: ServiceContext) -> None:
    """Publish today's forecast, unless that is done or there is nothing to tell."""
    now = ctx.clock.now()
    today = london_date(now)
    forecast_id = derived_id("forecast", today.isoformat())
    forecasts = store.forecasts(ctx.store)
    if forecasts.get(forecast_id) is not None:
        return
    rows = rows_of(_cleared_since(ctx, now - LOOKS_BACK), ctx.council.working_time)
    if not rows:
        return
    try:
        forecasts.add(*publish(Forecast(forecast_id, today, rows)), at=now, cause=Cause(None))
    except Duplicate:
        return  # another worker was first


def _cleared_since(ctx: ServiceContext, since: datetime) -> list[Job]:
    """Return the jobs that were done since then."""
    found: list[Job] = []
    after: str | None = None
    while len(found) < MOST_JOBS:
        jobs, after = store.jobs(ctx.store).find({"state": "completed"}, sort=store.NEWEST, limit=PAGE, after=after)
        recent = [job for job in jobs if job.created_at >= since - SLOWEST]
        found += [job for job in recent if job.completed_at is not None and job.completed_at >= since]
        if after is None or len(recent) < len(jobs):
            break
    return found
