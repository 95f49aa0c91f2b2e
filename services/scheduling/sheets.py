"""The order of a crew's sheet, and how a job gets a place in it.

A job's position is a number with room on both sides, so that putting one in writes one document. Where there is no
room, or jobs before it have no position yet (they stand at the end, by urgency), those get theirs first, one at a time
and in such an order that the sheet never changes for it: a crash in between leaves nothing to be finished.
"""

from collections.abc import Sequence
from hashlib import sha256
from itertools import islice

from services.scheduling import store
from services.scheduling.domain import job as rules
from services.scheduling.domain.job import Job
from shared.contracts.envelope import Cause
from shared.errors import Conflict
from shared.service import ServiceContext

STEP = 1024
"""Ten jobs can be put into the same place one after the other before others have to be numbered anew."""


def fingerprint(jobs: Sequence[Job]) -> str:
    """Return what a sheet is like, to notice whether it is still so: jobs in order, and which of them is begun."""
    text = ",".join(f"{job.id}:{job.state}:{job.size}:{int(job.held)}" for job in jobs)
    return sha256(text.encode()).hexdigest()[:16]


def position_at(ctx: ServiceContext, crew_id: str, place: int, *, moving: str) -> int:
    """Return the position that puts a job at a place of a crew's sheet (0: first), making room where there is none.

    Raises:
        Conflict: somebody else changed the sheet meanwhile.
    """
    sheet = [job for job in store.jobs_of_crew(ctx.store, crew_id) if job.state == "assigned" and job.id != moving]
    place = max(0, min(place, len(sheet)))
    before, after = sheet[:place], sheet[place:]
    lower = _numbered(ctx, before)
    upper = next((job.position for job in after if job.position is not None), None)
    if upper is None:
        return lower + STEP
    if upper - lower < 2:
        _move_up(ctx, after, lower)
        return lower + STEP
    return (lower + upper) // 2


def _numbered(ctx: ServiceContext, jobs: Sequence[Job]) -> int:
    """Give those without a position one, the first first, and return the last position of all."""
    last = 0
    for job in jobs:
        if job.position is None:
            last += STEP
            _write(ctx, job, last)
        else:
            last = job.position
    return last


def _move_up(ctx: ServiceContext, jobs: Sequence[Job], lower: int) -> None:
    """Leave room after a position: number the jobs behind it anew above all that there is, the last first."""
    numbered = [job for job in jobs if job.position is not None]
    highest = max(job.position or 0 for job in numbered)
    first = max(highest, lower + STEP) + STEP
    for number, job in reversed(list(enumerate(numbered))):
        _write(ctx, job, first + number * STEP)


def _write(ctx: ServiceContext, job: Job, position: int) -> None:
    """Save a job's position: nothing that anybody is told of, because the order stays."""
    numbered = rules.place_on_sheet(job, position=position, plan_id=job.plan_id)
    try:
        store.jobs(ctx.store).save(numbered, at=ctx.clock.now(), cause=Cause(job.report_id))
    except Conflict as error:
        raise Conflict(f"the sheet of {job.crew_id} was changed by somebody else") from error


def next_stops(ctx: ServiceContext) -> set[str]:
    """Return the job that each crew on shift has been shown as its next."""
    found = set()
    for crew_id in store.crews_on_shift(ctx.store):
        waiting = (job for job in store.jobs_of_crew(ctx.store, crew_id) if job.state == "assigned" and not job.held)
        found |= {job.id for job in islice(waiting, 1)}
    return found
