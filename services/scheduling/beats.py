"""Beats make their jobs: one for each day that they are due, however often and by however many workers they are asked.

The job's id is derived from the beat and the day, so a second making finds it there. A round that nobody has begun by
the time of the next is called off: a street that was missed on Monday is not swept twice on Wednesday.
"""

from datetime import date, timedelta

from services.scheduling import store
from services.scheduling.domain import job as rules
from services.scheduling.domain.beats import Beat, due_on
from services.scheduling.domain.job import Job
from services.scheduling.register.edit import world_of
from services.scheduling.register.world import World
from shared.contracts.envelope import Cause
from shared.errors import Conflict, Duplicate, NotFound
from shared.ids import derived_id, public_reference
from shared.service import ServiceContext

KIND, CHANNEL, PREFIX = "proactive", "beat", "BT"
LOOKED_BACK = timedelta(days=7)
"""Rounds that were missed while the system stood still for longer are called off by hand."""


def make_beat_jobs(ctx: ServiceContext) -> None:
    """Make the jobs of the beats that are due today; doing so again makes none."""
    world = world_of(ctx)
    for beat in due_on(world.beats, world.today):
        job_id = derived_id("beat", beat.id, world.today.isoformat())
        if store.jobs(ctx.store).get(job_id) is None:
            _make(ctx, world, beat, job_id)


def _make(ctx: ServiceContext, world: World, beat: Beat, job_id: str) -> None:
    """Make one round's job, and call off the round before where nobody has begun it."""
    at = ctx.clock.now()
    try:
        place = ctx.council.gazetteer.place(beat.place_id)
    except NotFound:
        return  # the gazetteer has changed since; the register's page says so
    location = ctx.council.locate(place.lat, place.lon, world.today)
    job, facts = rules.create(
        Job(
            id=job_id,
            kind=KIND,
            channel=CHANNEL,
            report_id=None,
            reference=public_reference(job_id, PREFIX),
            visit=1,
            depot_id=beat.depot_id,
            lat=place.lat,
            lon=place.lon,
            ward=location.ward if location else place.neighbourhood,
            neighbourhood=place.neighbourhood,
            created_at=at,
            place_id=place.id,
            report_kind=CHANNEL,
            is_waste=False,
            priority=beat.priority,
            beat_id=beat.id,
            title=beat.name,
            work_minutes=beat.minutes,
            ticket=beat.ticket,
            crew_kind=beat.crew_kind,
        )
    )
    try:
        store.jobs(ctx.store).add(job, facts, at=at, cause=Cause(job_id))
    except Duplicate:
        return  # another worker's timer was a moment earlier
    _call_off_before(ctx, beat, world.today)


def _call_off_before(ctx: ServiceContext, beat: Beat, today: date) -> None:
    """Call off this beat's earlier rounds that nobody has begun."""
    for days in range(1, LOOKED_BACK.days + 1):
        earlier = store.jobs(ctx.store).get(derived_id("beat", beat.id, (today - timedelta(days=days)).isoformat()))
        if earlier is None or earlier.state not in ("open", "assigned", "deferred"):
            continue
        called_off, facts = rules.cancel(earlier, rules.NEXT_ROUND)
        try:
            store.jobs(ctx.store).save(called_off, facts, at=ctx.clock.now(), cause=Cause(earlier.id))
        except Conflict:
            continue  # a crew has just begun it, or a supervisor has moved it
