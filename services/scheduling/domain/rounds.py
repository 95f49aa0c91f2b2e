"""Rounds of a depot's day: what is to be driven by whom, what driving it would really be like, and what must hold.

A plan, whether a solver's or the nearest-first rule's, is only an order of jobs per crew. `drive` replays that order
(tip when the next job does not fit, tip before going home, shift end hard), so the times shown are not the solver's
word, and `problems_of` checks the result without knowing who made it. Seconds from the moment of planning; kilograms.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

TIP_SECONDS = 900
"""Queue, weigh, empty, weigh: a quarter of an hour, as measured at transfer stations."""

Spot: TypeAlias = tuple[float, float]
Travel: TypeAlias = Callable[[Spot, Spot], int]
Orders: TypeAlias = Mapping[str, Sequence[str]]
"""Job ids in order, by crew id."""


@dataclass(frozen=True)
class Task:
    """A job that could be done: where, how heavy, how long, what doing it today is worth in seconds of driving."""

    job_id: str
    spot: Spot
    kg: int
    work_seconds: int
    prize_seconds: int
    due_seconds: int | None


@dataclass(frozen=True)
class Van:
    """A crew with its vehicle: where it is free from, what is on board by then, and when it must be home."""

    crew_id: str
    spot: Spot
    free_seconds: int
    end_seconds: int
    payload_kg: int
    loaded_kg: int


@dataclass(frozen=True)
class Problem:
    """Everything that a plan decides about, with the depot and the sites to tip at."""

    tasks: Mapping[str, Task]
    vans: Mapping[str, Van]
    depot: Spot
    sites: Sequence[Spot]
    travel: Travel


@dataclass(frozen=True)
class Visit:
    """A job reached at a time."""

    job_id: str
    arrive_seconds: int


@dataclass(frozen=True)
class Round:
    """A crew's round as driven: visits, travel, and when it is home."""

    crew_id: str
    visits: tuple[Visit, ...]
    travel_seconds: int
    home_seconds: int
    heaviest_kg: int


def drive(problem: Problem, crew_id: str, job_ids: Sequence[str]) -> Round:
    """Return a round as it would go: tips are put in where the next job does not fit, and before going home."""
    van = problem.vans[crew_id]
    spot, now, load, travelled = van.spot, van.free_seconds, van.loaded_kg, 0
    heaviest, visits = load, []
    for job_id in job_ids:
        task = problem.tasks[job_id]
        if load + task.kg > van.payload_kg and load:
            site = _site_on_the_way(problem, spot, task.spot)
            leg = problem.travel(spot, site)
            spot, now, load, travelled = site, now + leg + TIP_SECONDS, 0, travelled + leg
        leg = problem.travel(spot, task.spot)
        visits.append(Visit(job_id, now + leg))
        spot, now, load, travelled = task.spot, now + leg + task.work_seconds, load + task.kg, travelled + leg
        heaviest = max(heaviest, load)
    if load:
        site = _site_on_the_way(problem, spot, problem.depot)
        leg = problem.travel(spot, site)
        spot, now, travelled = site, now + leg + TIP_SECONDS, travelled + leg
    leg = problem.travel(spot, problem.depot)
    return Round(crew_id, tuple(visits), travelled + leg, now + leg, heaviest)


def is_feasible(problem: Problem, crew_id: str, job_ids: Sequence[str]) -> bool:
    """Say whether a crew can do these jobs in this order, tip and be home in time."""
    van = problem.vans[crew_id]
    fits = all(problem.tasks[job_id].kg <= van.payload_kg for job_id in job_ids)
    return fits and drive(problem, crew_id, job_ids).home_seconds <= van.end_seconds


def nearest_first(problem: Problem) -> dict[str, list[str]]:
    """Return orders by the plain rule: whoever is free first takes the best near job that still fits its day."""
    orders: dict[str, list[str]] = {crew_id: [] for crew_id in problem.vans}
    left = dict(problem.tasks)
    open_vans = set(problem.vans)
    while left and open_vans:
        crew_id = min(open_vans, key=lambda each: (_free_at(problem, each, orders[each]), each))
        job_id = _best_next(problem, crew_id, orders[crew_id], left)
        if job_id is None:
            open_vans.discard(crew_id)
        else:
            orders[crew_id].append(job_id)
            del left[job_id]
    return orders


def trimmed(problem: Problem, orders: Orders) -> dict[str, list[str]]:
    """Return the orders without the last jobs that would not be done by the end of the shift when really driven."""
    kept = {}
    for crew_id, job_ids in orders.items():
        possible = list(job_ids)
        while possible and not is_feasible(problem, crew_id, possible):
            possible.pop()
        kept[crew_id] = possible
    return kept


def in_list_order(orders: Orders, position: Mapping[str, int]) -> dict[str, list[str]]:
    """Return the same jobs per crew in the order of the board's list: the baseline that a plan is shown beside."""
    return {crew_id: sorted(job_ids, key=lambda job_id: position[job_id]) for crew_id, job_ids in orders.items()}


def problems_of(problem: Problem, orders: Orders) -> list[str]:
    """Return every rule that a plan breaks, in words; an empty list is a plan that may be shown."""
    found: list[str] = []
    planned: set[str] = set()
    for crew_id, job_ids in orders.items():
        van = problem.vans.get(crew_id)
        if van is None:
            found.append(f"{crew_id} is not on shift")
            continue
        unknown = [job_id for job_id in job_ids if job_id not in problem.tasks]
        found += [f"{job_id} may not be planned" for job_id in unknown]
        for job_id in job_ids:
            if job_id in planned:
                found.append(f"{job_id} is planned twice")
            planned.add(job_id)
        if unknown:
            continue
        found += [
            f"{job_id} is heavier than the vehicle of {crew_id} carries"
            for job_id in job_ids
            if problem.tasks[job_id].kg > van.payload_kg
        ]
        driven = drive(problem, crew_id, job_ids)
        if job_ids and driven.home_seconds > van.end_seconds:
            found.append(f"{crew_id} would be home {(driven.home_seconds - van.end_seconds) // 60 + 1} minutes late")
    return found


def _best_next(problem: Problem, crew_id: str, order: Sequence[str], left: Mapping[str, Task]) -> str | None:
    """Return the job that costs least to reach for what it is worth, of those that still fit."""
    spot = problem.tasks[order[-1]].spot if order else problem.vans[crew_id].spot

    def cost(task: Task) -> tuple[int, str]:
        # A quarter of the prize: urgent jobs pull from afar, others are taken on the way.
        return problem.travel(spot, task.spot) - task.prize_seconds // 4, task.job_id

    ranked = sorted(left.values(), key=cost)
    return next((task.job_id for task in ranked if is_feasible(problem, crew_id, [*order, task.job_id])), None)


def _free_at(problem: Problem, crew_id: str, order: Sequence[str]) -> int:
    """Return when a crew is done with its last job."""
    if not order:
        return problem.vans[crew_id].free_seconds
    return drive(problem, crew_id, order).visits[-1].arrive_seconds + problem.tasks[order[-1]].work_seconds


def _site_on_the_way(problem: Problem, start: Spot, end: Spot) -> Spot:
    """Return the site that adds least to the way."""
    return min(problem.sites, key=lambda site: problem.travel(start, site) + problem.travel(site, end))
