"""A depot's day as the planning core sees it, made of what scheduling knows at a moment.

Only crews on shift are planned, and those whose shift is still to come; before anybody has signed on, all whose rota
says that they work, with the people who are there. A crew's next stop has been shown to it, so it is locked; a job that
a person gave to a crew stays with it; what a plan gave may move. Held jobs and a contractor's are part of the day too,
so that a plan can say why they are not on it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from itertools import pairwise

from services.scheduling import store, tipping
from services.scheduling.availability import is_absent
from services.scheduling.domain import fleet
from services.scheduling.domain.job import CREW_ABSENT, VEHICLE_OFF_ROAD, Job
from services.scheduling.domain.roster import OFF_SHIFT, Standing
from services.scheduling.register.edit import world_of
from services.scheduling.register.world import World
from services.scheduling.rounds import day as rounds
from services.scheduling.rounds.day import Absent, Day, Rest, Spot, Step
from services.scheduling.rounds.drive import Cart
from services.scheduling.rounds.factors import Factors, load_factors
from services.scheduling.rounds.frame import Frame
from services.scheduling.rounds.travel import Slow, StraightTravel, Travel
from services.scheduling.standings import access_at, needs_of, skills_of, standard_deadline, standings_of
from shared.calendar import is_working_day
from shared.service import ServiceContext

DROPPED_OUT = frozenset({CREW_ABSENT, VEHICLE_OFF_ROAD})
"""Why jobs were taken from a crew that is not to be had any more."""

SHIFT = timedelta(hours=8)
CHECKS = timedelta(minutes=10)
"""Vehicle checks before a crew may drive off."""

BREAK = timedelta(minutes=30)
BREAK_EARLIEST, BREAK_LATEST = timedelta(hours=3), timedelta(hours=4, minutes=30)
"""After the beginning of the shift; longer than the 20 minutes of the Working Time Regulations 1998, regulation 12."""

LEAST_BREAK = timedelta(minutes=20)
"""A crew that has told of so much (regulation 12) is owed no other."""

SHORTEST_REST = timedelta(minutes=30)
"""Less than this before the end of a shift is not worth planning."""

MOST_STOPS = 60
"""More than a crew makes in a shift."""

LEAST_LEFT_SECONDS = 300
"""A job that has been begun takes at least this much longer, however long it has taken."""

TIP_SECONDS = 900
"""Queue, weigh, empty, weigh: a quarter of an hour, as measured at transfer stations."""

WORK_SECONDS = 600
WORK_SECONDS_PER_KG = 0.9
LONGEST_WORK_SECONDS = 2700

PRIZE_MINUTES: Mapping[int, int] = {1: 600, 2: 240, 3: 140, 4: 90, 5: 60}
"""What doing a job today is worth in minutes of driving; less than 60 left bulky jobs behind with crews idle."""

LATE_RATE: Mapping[int, float] = {1: 1.0, 2: 0.5, 3: 0.2, 4: 0.1, 5: 0.05}
"""What a second after the deadline costs, in seconds of driving."""

UNASSESSED_PRIORITY = 4
OVERDUE_MINUTES = 60


@dataclass(frozen=True)
class DepotDay:
    """A depot's day to plan, with its travel, its clock, the sheets that crews have, and its jobs as stored."""

    day: Day
    travel: Travel
    frame: Frame
    present: Mapping[str, tuple[Step, ...]]
    jobs: Mapping[str, Job]
    basis: object = None
    """The moment and the register that it was made of: what was planned of a job then, it is still with the same."""

    @property
    def is_live(self) -> bool:
        """Say whether crews have work already, so that a plan changes their day."""
        return any(job.state == "assigned" for job in self.jobs.values())

    @property
    def stranded(self) -> Mapping[str, Sequence[Job]]:
        """The jobs of crews that are not on shift any more, or have dropped out with them, by crew."""
        lost: dict[str, list[Job]] = {}
        for job in self.jobs.values():
            crew_id = job.last_crew_id if job.taken_because in DROPPED_OUT else job.crew_id
            if crew_id is not None and crew_id not in self.day.crews:
                lost.setdefault(crew_id, []).append(job)
        return lost


def make_day(
    ctx: ServiceContext,
    depot_id: str,
    now: datetime,
    *,
    every_active: Sequence[Job] | None = None,
    was: DepotDay | None = None,
) -> DepotDay:
    """Return what can be planned at a depot at a moment.

    Whoever has read all active jobs already may give them, and the depot's day as it was made before: what is still so
    is taken from there.
    """
    frame, factors = Frame.of(now), load_factors()
    # What a contractor has is with the contractor: no plan gives or leaves it.
    own = {crew.id for crew in store.all_crews(ctx.store) if crew.depot_id == depot_id and not crew.is_contractor}
    everything = store.active_jobs(ctx.store) if every_active is None else every_active
    active = [job for job in everything if job.crew_id in own or job.depot_id == depot_id]
    # What another depot's crew has is that depot's to plan.
    jobs = {job.id: job for job in active if job.state == "open" or (job.state == "assigned" and job.crew_id in own)}
    world = world_of(ctx)
    depot = _Depot(ctx, depot_id, now, frame, factors, active, world)
    basis = (now, {name: table.version for name, table in world.tables.items()})
    crews, absent = _crews(depot)
    present = {
        crew_id: tuple(Step("job", job.id) for job in _own_stops(active, crew_id) if job.id in jobs and not job.held)
        for crew_id in crews
    }
    # Travel remembers the ways that it was asked for.
    travel = was.travel if was is not None and was.frame == frame else make_travel(ctx, frame, factors)
    same = was if was is not None and was.basis == basis else None
    day = Day(
        crews=crews,
        jobs={job.id: _planned(depot, job, same) for job in jobs.values()},
        sites=_sites(depot),
        now=frame.seconds(now),
        name=depot_id,
        gone={crew.id: crew.name for crew in store.all_crews(ctx.store) if crew.id not in crews},
        absent=absent,
    )
    return DepotDay(_with_possible_locks(day, travel), travel, frame, present, jobs, basis)


def as_planned(ctx: ServiceContext, job: Job, frame: Frame, now: datetime, *, world: World | None = None) -> rounds.Job:
    """Return a job, whatever its state and depot, as something that a crew could be given."""
    return _job(_Depot(ctx, job.depot_id, now, frame, load_factors(), (), world or world_of(ctx)), job)


def crew_as_planned(ctx: ServiceContext, crew: fleet.Crew, frame: Frame, now: datetime, *, world: World) -> rounds.Crew:
    """Return a crew that has a vehicle, on shift or not, as something that a job could be given to."""
    depot = _Depot(ctx, crew.depot_id, now, frame, load_factors(), (), world)
    return _crew(depot, standings_of(ctx, world, [crew], now, frozenset())[0], None)


def _with_possible_locks(day: Day, travel: Travel) -> Day:
    """Return the day without the locks of stops that a crew can no longer do within its shift, or at all."""

    def possible(crew: rounds.Crew) -> bool:
        cart = Cart(day, crew, travel)
        for job_id in crew.locked:
            after = cart.served(day.jobs[job_id]) if crew.can_do(day.jobs[job_id]) else None
            if after is None:
                return False
            cart = after
        return True

    crews = {crew.id: crew if possible(crew) else replace(crew, locked=()) for crew in day.crews.values()}
    return replace(day, crews=crews)


def make_travel(ctx: ServiceContext, frame: Frame, factors: Factors) -> Travel:
    """Return the travel of a day: slow times count on working days."""
    slow = factors.slow if is_working_day(frame.day, ctx.council.working_time) else ()
    return StraightTravel(
        {name: each.kmh for name, each in factors.classes.items()},
        [Slow(frame.at(each.start), frame.at(each.end), each.share) for each in slow],
    )


@dataclass(frozen=True)
class _Depot:
    """What a depot's crews are made of."""

    ctx: ServiceContext
    depot_id: str
    now: datetime
    frame: Frame
    factors: Factors
    active: Sequence[Job]
    world: World

    @cached_property
    def home(self) -> Spot:
        """Where its yard is."""
        depot = store.depots(self.ctx.store).require(self.depot_id)
        return depot.lat, depot.lon


def _crews(depot: _Depot) -> tuple[dict[str, rounds.Crew], dict[str, Absent]]:
    """Return the depot's crews that can be planned, and for each of the others why not.

    Planned is who has signed on, and whose shift is still to come; before anybody has, everybody whose rota says so.
    """
    signed_on = {crew.id: shift for crew in _own_crews(depot) for shift in [_running_shift(depot, crew.id)] if shift}
    standings = standings_of(depot.ctx, depot.world, _own_crews(depot), depot.now, frozenset(signed_on))
    absent = {each.crew.id: Absent(each.missing[0].rule, each.missing[0].words) for each in standings if each.missing}
    absent |= {
        each.crew.id: Absent(OFF_SHIFT, f"{each.crew.name} is absent today")
        for each in standings
        if is_absent(depot.ctx, each.crew.id, depot.now)
    }
    able = [each for each in standings if each.crew.id not in absent]
    on = [each for each in able if each.crew.id in signed_on or each.is_to_come(depot.now)] if signed_on else able
    made = [_crew(depot, each, signed_on.get(each.crew.id)) for each in on]
    soon = depot.frame.seconds(depot.now + SHORTEST_REST)
    planned = {crew.id: crew for crew in made if crew.end >= soon and crew.ready < crew.end}
    for each in able:
        if each.crew.id not in planned:
            why = "is at the end of its shift" if each.crew.id in signed_on else "is not on shift"
            absent[each.crew.id] = Absent(OFF_SHIFT, f"{each.crew.name} {why}")
    return planned, absent


def _own_crews(depot: _Depot) -> list[fleet.Crew]:
    """Return the depot's crews, but for contractors, whom nobody plans."""
    return [
        crew for crew in store.all_crews(depot.ctx.store) if crew.depot_id == depot.depot_id and not crew.is_contractor
    ]


def _running_shift(depot: _Depot, crew_id: str) -> fleet.Shift | None:
    """Return the shift that a crew is on; one that must be over was forgotten, and its crew is on none."""
    shift = store.current_shift(depot.ctx.store, crew_id)
    return shift if shift is not None and shift.covers(depot.now) else None


def _crew(depot: _Depot, standing: Standing, shift: fleet.Shift | None) -> rounds.Crew:
    """Return a crew as it is now: where it is, when it is free, what is on board, which stop it has been shown."""
    crew, vehicle = standing.crew, store.vehicles(depot.ctx.store).require(str(standing.crew.vehicle_id))
    rota = standing.shift
    started_at = shift.started_at if shift else max(depot.now, rota.starts_at) if rota else depot.now
    ends_at = rota.ends_at if rota else started_at + SHIFT
    begun = next((job for job in depot.active if job.crew_id == crew.id and job.state == "started"), None)
    last = _last_spot(depot, vehicle, shift) if shift else None
    on_board = tipping.load_list(depot.ctx, vehicle)
    # A crew that is not there yet begins its shift with the checks, whatever it left half done the day before.
    has_begun = shift is not None and (begun is not None or last is not None)
    ready = depot.now if has_begun else max(depot.now, started_at + CHECKS)
    if begun is not None:
        left = (begun.started_at or depot.now) + timedelta(seconds=_work_seconds(depot.ctx, begun)) - depot.now
        ready += max(left, timedelta(seconds=LEAST_LEFT_SECONDS))
    if shift is not None:
        ready = max(ready, _rested_at(shift))
    is_out = begun is not None or last is not None or bool(on_board)
    next_stop = next((job for job in _own_stops(depot.active, crew.id) if shift and not job.held), None)
    loaded = [(load.estimated_kg, _litres(depot.factors, load.job_id, depot)) for load in on_board]
    if begun is not None:
        loaded.append((_kg(depot.ctx, begun), depot.factors.volumes.get(begun.size or "", 0)))
    volume = vehicle.volume_litres or depot.factors.of_class(vehicle.vehicle_class).volume_litres
    return rounds.Crew(
        id=crew.id,
        name=crew.name,
        vehicle_class=vehicle.vehicle_class,
        payload_kg=vehicle.payload_kg,
        volume_litres=volume,
        skills=skills_of(depot.world, standing),
        position=(begun.lat, begun.lon) if begun else last or depot.home,
        home=depot.home,
        start=depot.frame.seconds(started_at),
        end=depot.frame.seconds(ends_at),
        ready=depot.frame.seconds(ready),
        rest=_rest(depot, started_at, shift),
        # Estimates may add up to more than the vehicle carries; then it is full.
        loaded_kg=min(sum(kg for kg, _ in loaded), vehicle.payload_kg),
        loaded_litres=min(sum(litres for _, litres in loaded), volume),
        licence_needed=vehicle.licence_needed if depot.world.roster.knows_people else None,
        licences=standing.licences,
        locked=(next_stop.id,) if next_stop else (),
        is_under_way=is_out,
        fuel=vehicle.fuel,
        width_cm=vehicle.width_cm,
        gross_kg=vehicle.gross_kg,
        range_metres=_range_left(depot, crew.id, vehicle, started_at),
    )


def _range_left(depot: _Depot, crew_id: str, vehicle: fleet.Vehicle, since: datetime) -> float | None:
    """Return how many metres a vehicle still goes today, by where its crew has been in this shift."""
    if vehicle.range_km is None:
        return None
    done, _ = store.jobs(depot.ctx.store).find({"crew_id": crew_id}, sort=(("done_at", -1),), limit=MOST_STOPS)
    jobs = [(job.completed_at, (job.lat, job.lon)) for job in done if job.completed_at is not None]
    spots = [spot for at, spot in sorted([*jobs, *_tips(depot, crew_id, vehicle)]) if at >= since]
    travel = make_travel(depot.ctx, depot.frame, depot.factors)
    driven = sum(travel.metres(one, other) for one, other in pairwise([depot.home, *spots]))
    return vehicle.range_km * 1000 - driven


def _rest(depot: _Depot, started_at: datetime, shift: fleet.Shift | None) -> Rest | None:
    """Return the break that a crew is owed; once it has told of one, or the time is over, it is owed none."""
    latest = started_at + BREAK_LATEST
    breaks = shift.breaks if shift is not None else ()
    told = sum(((each.ended_at or each.began_at + BREAK) - each.began_at for each in breaks), timedelta())
    if depot.now > latest or told >= LEAST_BREAK:
        return None
    earliest = depot.frame.seconds(started_at + BREAK_EARLIEST)
    return Rest(int(BREAK.total_seconds()), earliest, depot.frame.seconds(latest))


def _rested_at(shift: fleet.Shift) -> datetime:
    """Return when a crew that has a break now will have had it; the beginning of its shift for one that has none."""
    return max((each.began_at + BREAK for each in shift.breaks if each.ended_at is None), default=shift.started_at)


def _last_spot(depot: _Depot, vehicle: fleet.Vehicle, shift: fleet.Shift) -> Spot | None:
    """Return where a crew has finished its last job of a shift, or tipped since; None before either."""
    found = store.jobs(depot.ctx.store).find({"crew_id": shift.crew_id}, sort=(("done_at", -1),), limit=1)[0]
    jobs = [(job.completed_at, (job.lat, job.lon)) for job in found if job.completed_at is not None]
    been = [stop for stop in [*jobs, *_tips(depot, shift.crew_id, vehicle)] if stop[0] >= shift.started_at]
    return max(been)[1] if been else None


def _tips(depot: _Depot, crew_id: str, vehicle: fleet.Vehicle) -> list[tuple[datetime, Spot]]:
    """Return when and where a crew has lately emptied its vehicle."""
    sites = {site.id: (site.lat, site.lon) for site in depot.ctx.council.sites}
    return [
        (tip.tipped_at, sites[tip.site_id]) for tip in vehicle.tips if tip.crew_id == crew_id and tip.site_id in sites
    ]


def _own_stops(active: Sequence[Job], crew_id: str) -> list[Job]:
    """Return the stops that a crew has still to go to, in the order of its sheet."""
    return store.in_order([job for job in active if job.crew_id == crew_id and job.state == "assigned"])


def _planned(depot: _Depot, job: Job, was: DepotDay | None) -> rounds.Job:
    """Return a job as something to plan, made anew only where it is not the very job that it was."""
    return was.day.jobs[job.id] if was is not None and was.jobs.get(job.id) is job else _job(depot, job)


def _job(depot: _Depot, job: Job) -> rounds.Job:
    """Return a job as something to plan."""
    ctx, frame, world = depot.ctx, depot.frame, depot.world
    priority = job.priority or UNASSESSED_PRIORITY
    minutes = PRIZE_MINUTES[priority] + (OVERDUE_MINUTES if job.is_overdue(depot.now) else 0)
    place = ctx.council.gazetteer.nearest(job.lat, job.lon, within_m=120)
    needed = access_at(world, job)
    deadline = job.deadline or standard_deadline(world, job)
    # To the hour, so that what has not changed stays what it is from minute to minute.
    hour = depot.now.replace(minute=0, second=0, microsecond=0)
    return rounds.Job(
        id=job.id,
        label=job.reference,
        spot=(job.lat, job.lon),
        work_seconds=_work_seconds(ctx, job),
        kg=_kg(ctx, job),
        litres=depot.factors.volumes.get(job.size or "", 0),
        urgency=priority,
        prize=minutes * 60,
        late_rate=LATE_RATE[priority],
        deadline=frame.seconds(deadline) if deadline else None,
        late_since=frame.seconds(hour) if deadline and deadline < hour else None,
        material=ctx.council.ewc_by_waste_type.get(job.waste_type or ""),
        # What a plan gave, another may give to somebody else; what a person gave stays.
        pinned_to=job.crew_id if job.state == "assigned" and job.plan_id is None else None,
        held=job.held,
        contractor=job.contractor,
        place=place.name if place else "",
        needs=needs_of(job, needed),
        max_width_cm=needed.max_width_cm,
        max_gross_kg=needed.max_gross_kg,
    )


def _sites(depot: _Depot) -> dict[str, rounds.Site]:
    """Return the disposal sites that open on the day, where the council says they are and as the register has them."""
    frame, places = depot.frame, {site.id: site for site in depot.ctx.council.sites}
    return {
        site.id: rounds.Site(
            site.id,
            (places[site.id].lat, places[site.id].lon),
            TIP_SECONDS,
            places[site.id].name,
            opens=frame.at(site.opens),
            closes=frame.at(site.closes),
            materials=frozenset(site.ewc_codes),
        )
        for site in depot.world.sites
        if site.id in places and site.is_open_on(frame.day)
    }


def _litres(factors: Factors, job_id: str, depot: _Depot) -> int:
    """Return the litres of a job whose waste is on board."""
    job = store.jobs(depot.ctx.store).get(job_id)
    return factors.volumes.get(job.size or "", 0) if job else 0


def _kg(ctx: ServiceContext, job: Job) -> int:
    """Return a job's estimated weight."""
    return ctx.council.size_kg.get(job.size or "", 0)


def _work_seconds(ctx: ServiceContext, job: Job) -> int:
    """Return how long loading takes, or what its beat says."""
    if job.work_minutes is not None:
        return job.work_minutes * 60
    return min(LONGEST_WORK_SECONDS, WORK_SECONDS + int(_kg(ctx, job) * WORK_SECONDS_PER_KG))
