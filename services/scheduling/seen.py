"""The receipt that a crew has seen a job on its list: so that a supervisor knows whether a change has arrived."""

from functools import partial

from services.scheduling import handlers, store
from services.scheduling.domain import late
from shared.contracts.envelope import Cause
from shared.errors import Conflict
from shared.service import ServiceContext


def mark_seen(ctx: ServiceContext, crew_id: str, *, cause: Cause) -> None:
    """Note for every job on the crew's list that it has been seen; doing so again changes nothing."""
    at = ctx.clock.now()
    for job in store.jobs_of_crew(ctx.store, crew_id):
        if job.seen_at is not None:
            continue
        see = partial(late.see, crew_id=crew_id, at=at)
        try:
            handlers.change_job(ctx, job.id, see, version=None, key=None, cause=cause)
        except Conflict:
            continue  # a receipt is not worth a failed page; the next look gives it
