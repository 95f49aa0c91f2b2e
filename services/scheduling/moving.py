"""Moving a job to another crew, or to another place of a sheet: what it would change, and the move itself.

What would change is the difference between two rounds driven by the same replay, and what the independent checker says
of the new one. The move is made only as it was shown: with the version of the job and the sheet of the crew that gets
it, so that two supervisors never undo each other's work unseen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.scheduling import days, store
from services.scheduling.availability import refuse_unavailable, why_unavailable
from services.scheduling.domain import job as rules
from services.scheduling.domain import supervising
from services.scheduling.domain.fleet import Crew
from services.scheduling.domain.job import Job
from services.scheduling.fitting import Fitting
from services.scheduling.handlers import change_job, require_crew
from services.scheduling.live import LiveDepot, LiveRounds, crew_jobs, endless
from services.scheduling.rounds.check import REFUSING, broken_rules
from services.scheduling.rounds.day import Day, Step
from services.scheduling.rounds.drive import Round, Stop, drive
from services.scheduling.rounds.insert import CREWS_TRIED, detours, insertion, with_job, without_job
from services.scheduling.sheets import fingerprint, position_at
from shared.contracts.envelope import Cause
from shared.errors import Conflict, DomainError
from shared.service import ServiceContext

LATER_SECONDS = 60
"""A stop that gets later by less is not worth a line."""


@dataclass(frozen=True)
class Later:
    """A stop that comes later than before: when, and by how many minutes it then misses its deadline (0: in time)."""

    job_id: str
    reference: str
    at: datetime
    by_minutes: int
    late_minutes: int
    was_late_minutes: int


@dataclass(frozen=True)
class Side:
    """What a move changes for one crew; minutes and metres are more than before, or less where negative."""

    crew: Crew
    minutes: int
    metres: int
    home_at: datetime
    was_home_at: datetime
    most_kg: int
    payload_kg: int
    most_litres: int
    volume_litres: int
    tips: int
    was_tips: int
    later: tuple[Later, ...]


@dataclass(frozen=True)
class Consequences:
    """What a move would change, why it is refused if it is, and what to know before it is made."""

    job: Job
    crew: Crew
    place: int
    sheet: str
    to: Side | None
    source: Side | None
    arrive_at: datetime | None
    late_minutes: int
    refusals: tuple[str, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Offer:
    """A place for a job on a crew's sheet, and what it costs in minutes of driving and lateness."""

    crew: Crew
    place: int
    minutes: int
    metres: int
    arrive_at: datetime
    late_minutes: int
    cost: float


@dataclass(frozen=True)
class Seen:
    """What the supervisor was shown: the job's version and the sheet of the crew that is to get it."""

    version: int
    sheet: str | None


def move_job(
    ctx: ServiceContext, job_id: str, crew_id: str, place: int, *, seen: Seen, key: str | None, cause: Cause
) -> Job:
    """Give a job to a crew at a place of its sheet (0: before its first stop), as it was shown.

    Raises:
        Conflict: the job, or the sheet of that crew, is not as it was shown.
        DomainError: the crew can't be sent, or a rule forbids it.
    """
    crew, at = require_crew(ctx, crew_id), ctx.clock.now()
    job = store.jobs(ctx.store).require(job_id)
    if key is not None and key in job.keys:
        return job
    if seen.version != job.version:
        raise Conflict(f"{job_id} was changed by somebody else")
    if seen.sheet is not None and seen.sheet != sheet_of(ctx, crew_id):
        raise Conflict(f"the sheet of {crew_id} was changed by somebody else")
    refuse_unavailable(ctx, crew, at)
    # Refused before room is made for it.
    rules.assign(job, crew, at=at)
    Fitting.of(ctx, crew, at).refuse(job)
    position = position_at(ctx, crew.id, place, moving=job_id)

    def moved(current: Job) -> rules.Change:
        if current.crew_id == crew.id and current.state == "assigned":
            return supervising.place(current, position)
        return rules.assign(current, crew, at=at, position=position)

    return change_job(ctx, job_id, moved, version=seen.version, key=key, cause=cause)


def sheet_of(ctx: ServiceContext, crew_id: str) -> str:
    """Return the fingerprint of a crew's sheet."""
    return fingerprint(store.jobs_of_crew(ctx.store, crew_id))


def consequences(ctx: ServiceContext, live: LiveRounds, job: Job, crew: Crew, place: int) -> Consequences:
    """Return what giving a job to a crew at a place of its sheet would change."""
    now = ctx.clock.now()
    stops = [each for each in crew_jobs(ctx, crew.id) if each.id != job.id]
    place = max(0, min(place, len(stops)))
    fitting = Fitting.of(ctx, crew, now)
    refusals = [said for said in (why_unavailable(ctx, crew, now), _refused(job, crew, now)) if said]
    refusals += fitting.refusals(job)
    warnings = fitting.warnings(job)
    to, source, arrive_at, late = None, None, None, 0
    active = live.active_jobs(ctx)
    depot = live.of(ctx, crew.depot_id, active)
    if crew.id in depot.rounds:
        day = _with(ctx, depot, job, now)
        before = _driven(day, crew.id, without_job(depot.sheets[crew.id], job.id), depot)
        if job.crew_id == crew.id:
            before = depot.rounds[crew.id]
        steps = _placed(depot.sheets[crew.id], job.id, [each.id for each in stops], place)
        after = _driven(day, crew.id, steps, depot)
        to = _side(depot, crew, day, before, after)
        refused, warned = _by_checker(day, depot, before, after)
        refusals += [said for said in refused if said not in refusals]
        warnings += warned
        stop = next((each for each in after.visits if each.id == job.id), None)
        if stop is not None:
            arrive_at, late = depot.depot_day.frame.instant(stop.arrive), _late(day, stop)
        warnings += [f"{day.jobs[lost].label} could not be done any more" for lost in _lost(before, after)]
    elif not refusals:
        warnings.append(_no_times(depot, crew))
    if job.crew_id not in (None, crew.id):
        source = _left(ctx, live, job, active)
    if job.state == "started":
        warnings.append("A crew is at work on it. It loses the job, and what it has entered")
    return Consequences(
        job,
        crew,
        place,
        sheet_of(ctx, crew.id),
        to,
        source,
        arrive_at,
        late,
        tuple(refusals),
        tuple(dict.fromkeys(warnings)),
    )


def _no_times(depot: LiveDepot, crew: Crew) -> str:
    """Return why a crew's round has no times, in words."""
    if crew.is_contractor:
        return f"{crew.name} is a contractor and goes by its own times, so there are none here"
    why = depot.day.absent.get(crew.id)
    words = why.words if why is not None else f"{crew.name} is not on shift"
    return f"{words}, so there are no times. It sees the job when it signs on"


def offers(ctx: ServiceContext, live: LiveRounds, job: Job, *, most: int = 5) -> list[Offer]:
    """Return the best place for a job on the sheet of each crew that can do it, the cheapest first.

    Crews of the job's depot come before others only by what they cost: an urgent job goes to whoever is near.
    """
    now, found = ctx.clock.now(), []
    active = live.active_jobs(ctx)
    for depot_id in {crew.depot_id for crew in store.all_crews(ctx.store)}:
        depot = live.of(ctx, depot_id, active)
        # With the true ends of shifts: a crew that would have to leave another job for it is not offered.
        day = replace(_with(ctx, depot, job, now), crews=depot.day.crews)
        for crew in _nearest(ctx, depot, day, job):
            put = insertion(day, depot.rounds[crew.id], day.jobs[job.id], depot.depot_day.travel)
            if put is None:
                continue
            stop = next(each for each in put.round.visits if each.id == job.id)
            found.append(
                Offer(
                    crew,
                    _place_in(ctx, crew, put.steps, job.id),
                    round((put.round.home_at - depot.rounds[crew.id].home_at) / 60),
                    round(put.round.metres - depot.rounds[crew.id].metres),
                    depot.depot_day.frame.instant(stop.arrive),
                    _late(day, stop),
                    put.cost,
                )
            )
    return sorted(found, key=lambda offer: (offer.cost, offer.crew.name))[:most]


def _nearest(ctx: ServiceContext, depot: LiveDepot, day: Day, job: Job) -> list[Crew]:
    """Return the crews of a depot that can do a job with the shortest detour; to drive every round takes too long.

    Before anybody in the city is on shift, those who will be; after that whoever is.
    """
    planned, travel, on_shift = day.jobs[job.id], depot.depot_day.travel, store.crews_on_shift(ctx.store)
    able = [
        crew
        for crew in store.all_crews(ctx.store)
        if crew.id in depot.rounds
        and crew.id != job.crew_id
        and (crew.id in on_shift or not on_shift)
        and day.crews[crew.id].can_do(planned)
    ]
    return sorted(
        able, key=lambda crew: detours(day, day.crews[crew.id], depot.rounds[crew.id].steps, planned.spot, travel)[0]
    )[:CREWS_TRIED]


def _place_in(ctx: ServiceContext, crew: Crew, steps: Sequence[Step], job_id: str) -> int:
    """Return the place on a crew's sheet, held stops counted, that a job has in some steps."""
    order = [job.id for job in crew_jobs(ctx, crew.id)]
    after = list(steps)[list(steps).index(Step("job", job_id)) + 1 :]
    return next((order.index(step.id) for step in after if step.id in order), len(order))


def _refused(job: Job, crew: Crew, now: datetime) -> str | None:
    """Return why the job's own rules keep it from a crew, None where they don't."""
    try:
        rules.assign(job, crew, at=now)
    except DomainError as refusal:
        return refusal.message.rstrip(".")
    return None


def _with(ctx: ServiceContext, depot: LiveDepot, job: Job, now: datetime) -> Day:
    """Return the day with a job on it, whosever it was, with nothing that pins it, and without the end of shifts."""
    planned = replace(days.as_planned(ctx, job, depot.depot_day.frame, now), pinned_to=None)
    return endless(replace(depot.day, jobs={**depot.day.jobs, job.id: planned}))


def _driven(day: Day, crew_id: str, steps: Sequence[Step], depot: LiveDepot) -> Round:
    """Return a crew's sheet as driven."""
    return drive(day, crew_id, steps, depot.depot_day.travel)


def _placed(steps: Sequence[Step], job_id: str, order: Sequence[str], place: int) -> tuple[Step, ...]:
    """Return a sheet with the job before the stop that has its place now; `order` may hold stops that are held."""
    rest = without_job(steps, job_id)
    there = [number for number, step in enumerate(rest) if step.kind == "job" and step.id in order[place:]]
    at = there[0] if there else len(rest)
    # What the crew was sent to tip at first stays right before its stop.
    while at > 0 and rest[at - 1].kind == "tip":
        at -= 1
    return with_job(rest, at, job_id)


def _left(ctx: ServiceContext, live: LiveRounds, job: Job, active: Sequence[Job]) -> Side | None:
    """Return what changes for the crew that loses the job; None where it has no times."""
    crew = store.crews(ctx.store).get(str(job.crew_id))
    depot = live.of(ctx, crew.depot_id, active) if crew else None
    if crew is None or depot is None or crew.id not in depot.rounds or job.state != "assigned":
        return None
    day = _with(ctx, depot, job, ctx.clock.now())
    after = _driven(day, crew.id, without_job(depot.sheets[crew.id], job.id), depot)
    return _side(depot, crew, day, depot.rounds[crew.id], after)


def _side(depot: LiveDepot, crew: Crew, day: Day, before: Round, after: Round) -> Side:
    """Return the difference of two rounds of a crew."""
    frame, planned = depot.depot_day.frame, day.crews[crew.id]
    return Side(
        crew=crew,
        minutes=round((after.home_at - before.home_at) / 60),
        metres=round(after.metres - before.metres),
        home_at=frame.instant(after.home_at),
        was_home_at=frame.instant(before.home_at),
        most_kg=max((stop.kg for stop in after.stops), default=planned.loaded_kg),
        payload_kg=planned.payload_kg,
        most_litres=max((stop.litres for stop in after.stops), default=planned.loaded_litres),
        volume_litres=planned.volume_litres,
        tips=after.tips,
        was_tips=before.tips,
        later=_later(depot, day, before, after),
    )


def _later(depot: LiveDepot, day: Day, before: Round, after: Round) -> tuple[Later, ...]:
    """Return the stops that come later than before, in order."""
    was: Mapping[str, Stop] = {stop.id: stop for stop in before.visits}
    return tuple(
        Later(
            stop.id,
            day.jobs[stop.id].label,
            depot.depot_day.frame.instant(stop.arrive),
            round((stop.begin - was[stop.id].begin) / 60),
            _late(day, stop),
            _late(day, was[stop.id]),
        )
        for stop in after.visits
        if stop.id in was and stop.begin - was[stop.id].begin >= LATER_SECONDS
    )


def _late(day: Day, stop: Stop) -> int:
    """Return by how many minutes a stop misses its deadline, 0 where it does not."""
    deadline = day.jobs[stop.id].deadline
    return max(0, round((stop.begin - deadline) / 60)) if deadline is not None else 0


def _lost(before: Round, after: Round) -> list[str]:
    """Return the jobs that the new sheet drops and the old one did not."""
    return [job_id for job_id in after.dropped if job_id not in before.dropped]


def _by_checker(day: Day, depot: LiveDepot, before: Round, after: Round) -> tuple[list[str], list[str]]:
    """Return what the checker finds wrong with the new round and not with the old: what refuses it, what warns."""
    # The shifts' true ends are what is checked, though the rounds were driven beyond them.
    real = replace(day, crews=depot.day.crews)
    old = {(each.rule, each.words) for each in broken_rules(real, {before.crew_id: before}, depot.depot_day.travel)}
    new = [
        each
        for each in broken_rules(real, {after.crew_id: after}, depot.depot_day.travel)
        if (each.rule, each.words) not in old
    ]
    return (
        [each.words for each in new if each.rule in REFUSING],
        [each.words for each in new if each.rule not in REFUSING],
    )
