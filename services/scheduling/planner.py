"""The planner process: claims a plan that was asked for, works it out, checks it, and writes the proposal.

It is a process of its own, unpatched, because a solve keeps a core busy for seconds. Whatever happens here, nothing is
assigned: a supervisor publishes. A plan whose planner died is claimed again after a minute, and given up after the
second time; the last published plan stays in any case.
"""

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Event as Signal
from time import monotonic

from services.scheduling import store, tipping
from services.scheduling.domain import plan as plans
from services.scheduling.domain import rounds
from services.scheduling.domain.fleet import Crew
from services.scheduling.domain.job import Job
from services.scheduling.domain.plan import Plan, Proposal, Stop, Unplanned
from services.scheduling.domain.rounds import Problem, Spot, Task, Van
from shared import metrics
from shared.clock import machine_now
from shared.contracts.envelope import Cause
from shared.errors import Conflict, StoreUnavailable
from shared.geo import distance_m
from shared.service import ServiceContext
from shared.store.port import ASCENDING

log = logging.getLogger(__name__)

SOLVE_SECONDS = 5.0
"""Measured: a depot's day of 60 jobs needs no more."""

POLL_SECONDS = 0.5
STORE_PAUSE_SECONDS = 3.0
CLAIM_LASTS = timedelta(seconds=60)
MOST_ATTEMPTS = 2

DETOUR = 1.3
"""Streets are about 30 % longer than the crow flies."""

METRES_PER_SECOND = 25_000 / 3600
"""25 km/h: a loaded tipper in a city, all day long."""

SHIFT = timedelta(hours=8)
SHORTEST_REST = timedelta(minutes=30)
"""Less than this before the end of a shift is not worth planning."""

WORK_SECONDS = 600
WORK_SECONDS_PER_KG = 0.9
LONGEST_WORK_SECONDS = 2700

PRIZE_MINUTES = {1: 600, 2: 240, 3: 140, 4: 90, 5: 60}
"""What doing a job today is worth in minutes of driving; less than 60 left bulky jobs behind with crews idle."""

OVERDUE_MINUTES = 60
OTHER_PRIZE_MINUTES = 90


def run_planner(ctx: ServiceContext, stop: Signal, *, seconds: float = SOLVE_SECONDS) -> None:
    """Work out plans as they are asked for, until told to stop."""
    while not stop.is_set():
        try:
            worked = plan_next(ctx, seconds=seconds)
        except StoreUnavailable:
            log.warning("planner_waits_for_store")
            stop.wait(STORE_PAUSE_SECONDS)
            continue
        if not worked:
            stop.wait(POLL_SECONDS)


def plan_next(ctx: ServiceContext, *, seconds: float = SOLVE_SECONDS) -> bool:
    """Claim the oldest request and answer it; say whether there was one."""
    _free_abandoned(ctx)
    document = ctx.store.claim(
        store.PLANS.name,
        {"is_requested": True},
        {"state": "claimed", "is_requested": False, "is_claimed": True, "claimed_at": machine_now()},
        sort=(("requested_at", ASCENDING),),
    )
    if document is None:
        return False
    repository = store.plans(ctx.store)
    plan = repository.load(document)
    try:
        answered = _answered(ctx, plan, seconds)
    except StoreUnavailable:
        raise
    except Exception:
        log.exception("plan_failed", extra={"plan_id": plan.id})
        answered = plans.give_up(plan, "The planner failed. The last published plan stays.")
    try:
        repository.save(answered, at=ctx.clock.now(), cause=Cause(plan.id))
    except Conflict:
        log.warning("plan_taken_over", extra={"plan_id": plan.id})
    return True


def make_problem(ctx: ServiceContext, depot_id: str, now: datetime) -> tuple[Problem, list[Job], list[Job]]:
    """Return what can be planned at a depot, its jobs in list order, and those too heavy for any of its vehicles."""
    active = store.active_jobs(ctx.store)
    depot = ctx.council.depot(depot_id)
    home = (depot.lat, depot.lon)
    vans = _vans(ctx, depot_id, home, active, now)
    open_jobs = [
        job for job in active if job.state == "open" and job.depot_id == depot_id and not (job.held or job.contractor)
    ]
    heaviest = max((van.payload_kg for van in vans), default=0)
    tasks = [_task(ctx, job, now) for job in open_jobs]
    problem = Problem(
        tasks={task.job_id: task for task in tasks if task.kg <= heaviest},
        vans={van.crew_id: van for van in vans},
        depot=home,
        sites=[(site.lat, site.lon) for site in ctx.council.sites],
        travel=travel_seconds,
    )
    planned = [job for job in open_jobs if job.id in problem.tasks]
    return problem, planned, [job for job in open_jobs if job.id not in problem.tasks]


def make_proposal(ctx: ServiceContext, plan: Plan, *, now: datetime, seconds: float) -> Proposal | str:
    """Return the proposal for a depot's day, or why there is none."""
    problem, jobs, too_heavy = make_problem(ctx, plan.depot_id, now)
    if not problem.vans:
        return "No crew of this depot has half an hour of its shift left."
    if not jobs:
        return "There is no job to plan: every open job is with a crew, held, or for a contractor."
    orders, solver = _solved(problem, seconds)
    wrong = rounds.problems_of(problem, orders)
    if wrong:
        log.error("plan_breaks_rules", extra={"plan_id": plan.id, "rules": len(wrong)})
        return f"The plan broke a rule and is not shown: {wrong[0]}."
    position = {job.id: number for number, job in enumerate(jobs)}
    reference = {job.id: job.reference for job in jobs}
    listed = rounds.in_list_order(orders, position)
    driven = {crew_id: rounds.drive(problem, crew_id, order) for crew_id, order in orders.items() if order}
    done = {job_id for order in orders.values() for job_id in order}
    left = [(job, "no-time") for job in jobs if job.id not in done] + [(job, "too-heavy") for job in too_heavy]
    return Proposal(
        stops=tuple(
            Stop(visit.job_id, reference[visit.job_id], crew_id, number, now + timedelta(seconds=visit.arrive_seconds))
            for crew_id, order in driven.items()
            for number, visit in enumerate(order.visits, start=1)
        ),
        unplanned=tuple(Unplanned(job.id, job.reference, reason) for job, reason in left),
        solver=solver,
        travel_minutes=sum(order.travel_seconds for order in driven.values()) // 60,
        baseline_minutes=sum(rounds.drive(problem, crew, listed[crew]).travel_seconds for crew in driven) // 60,
    )


def travel_seconds(start: Spot, end: Spot) -> int:
    """Return the time to drive between two spots, by distance alone."""
    return round(distance_m(*start, *end) * DETOUR / METRES_PER_SECOND)


def _answered(ctx: ServiceContext, plan: Plan, seconds: float) -> Plan:
    """Return the plan with its proposal, or with why there is none."""
    started, now = monotonic(), ctx.clock.now()
    answer = make_proposal(ctx, plan, now=now, seconds=seconds)
    if isinstance(answer, str):
        return plans.give_up(plan, answer)
    unplanned = sum(PRIZE_MINUTES[3] for _ in answer.unplanned)
    metrics.record_plan(ctx.service, seconds=monotonic() - started, objective=answer.travel_minutes + unplanned)
    return plans.propose(plan, answer)


def _solved(problem: Problem, seconds: float) -> tuple[dict[str, list[str]], str]:
    """Return the better of the solver's plan and the nearest-first one, and whose it is."""
    simple = rounds.nearest_first(problem)
    try:
        from services.scheduling.solver import solve  # half a second of import that waiting for requests never pays

        found = rounds.trimmed(problem, solve(problem, seconds=seconds))
    except Exception:
        log.exception("solver_failed")
        return simple, "nearest-first"
    return (found, "pyvrp") if _worth(problem, found) >= _worth(problem, simple) else (simple, "nearest-first")


def _worth(problem: Problem, orders: rounds.Orders) -> int:
    """Return what a plan is worth when really driven: the prizes of its jobs less its travel, in seconds."""
    prizes = sum(problem.tasks[job_id].prize_seconds for order in orders.values() for job_id in order)
    return prizes - sum(rounds.drive(problem, crew, order).travel_seconds for crew, order in orders.items() if order)


def _vans(ctx: ServiceContext, depot_id: str, home: Spot, active: list[Job], now: datetime) -> list[Van]:
    """Return the depot's crews on shift as vans, free after the stops that they have; all crews where none is on."""
    vehicles = {vehicle.id: vehicle for vehicle in store.all_vehicles(ctx.store) if vehicle.state == "on-road"}
    crews = [
        crew
        for crew in store.all_crews(ctx.store)
        if crew.depot_id == depot_id and crew.vehicle_id in vehicles and not crew.is_contractor
    ]
    on_shift = [crew for crew in crews if store.current_shift(ctx.store, crew.id) is not None]
    vans = []
    for crew in on_shift or crews:
        shift = store.current_shift(ctx.store, crew.id)
        ends_at = (shift.started_at if shift else now) + SHIFT
        if ends_at - now < SHORTEST_REST:
            continue
        vehicle = vehicles[str(crew.vehicle_id)]
        on_board = sum(load.estimated_kg for load in tipping.load_list(ctx, vehicle))
        spot, free = _after_own_stops(ctx, crew, active, home)
        kg = on_board + sum(_kg(ctx, job) for job in active if job.crew_id == crew.id)
        end = int((ends_at - now).total_seconds())
        vans.append(Van(crew.id, spot, free, end, vehicle.payload_kg, min(kg, vehicle.payload_kg)))
    return [van for van in vans if van.free_seconds < van.end_seconds]


def _after_own_stops(ctx: ServiceContext, crew: Crew, active: list[Job], home: Spot) -> tuple[Spot, int]:
    """Return where and when a crew is done with the stops that it has, which a plan never takes away."""
    own = {job.id for job in active if job.crew_id == crew.id}
    spot, seconds = home, 0
    for job in store.jobs_of_crew(ctx.store, crew.id):
        if job.id not in own:
            continue
        there = (job.lat, job.lon)
        # Whoever has started is there already.
        seconds += 0 if job.state == "started" else travel_seconds(spot, there)
        seconds += _work_seconds(_kg(ctx, job))
        spot = there
    return spot, seconds


def _task(ctx: ServiceContext, job: Job, now: datetime) -> Task:
    """Return a job as something to plan."""
    minutes = PRIZE_MINUTES.get(job.priority or 0, OTHER_PRIZE_MINUTES)
    if job.is_overdue(now):
        minutes += OVERDUE_MINUTES
    kg = _kg(ctx, job)
    due = int((job.deadline - now).total_seconds()) if job.deadline else None
    return Task(job.id, (job.lat, job.lon), kg, _work_seconds(kg), minutes * 60, due)


def _kg(ctx: ServiceContext, job: Job) -> int:
    """Return a job's estimated weight."""
    return ctx.council.size_kg.get(job.size or "", 0)


def _work_seconds(kg: int) -> int:
    """Return how long loading takes."""
    return min(LONGEST_WORK_SECONDS, WORK_SECONDS + int(kg * WORK_SECONDS_PER_KG))


def _free_abandoned(ctx: ServiceContext) -> None:
    """Put back requests whose planner died, and give up those that killed two."""
    repository = store.plans(ctx.store)
    claimed, _ = repository.find({"is_claimed": True}, sort=(("requested_at", ASCENDING),), limit=50)
    for plan in claimed:
        if plan.claimed_at is None or machine_now() - plan.claimed_at < CLAIM_LASTS:
            continue
        attempts = plan.attempts + 1
        if attempts >= MOST_ATTEMPTS:
            changed = plans.give_up(plan, "The planner stopped twice while at it. The last published plan stays.")
        else:
            changed = replace(plan, state="requested", claimed_at=None, attempts=attempts)
        try:
            repository.save(changed, at=ctx.clock.now(), cause=Cause(plan.id))
        except Conflict:
            continue  # its planner lives after all
