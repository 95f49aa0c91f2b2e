"""PyVRP behind a function of our own: a problem of `domain/rounds.py` in, orders of jobs per crew out.

Only the planner process imports this: PyVRP and numpy are heavy, and a solve keeps a core busy for seconds. The
library's API moves between versions, so nothing else knows it. Modelling: travel seconds are the cost, waste is picked
up, every site is a reload depot, and a virtual END lies at the depot by way of the best site, because a loaded van tips
before it goes home. Jobs are optional with a prize in the same seconds; a late one is worth less, never forbidden.
"""

import warnings
from collections.abc import Sequence

import numpy as np
import pyvrp
from pyvrp import Client, ClientGroup, Depot, Location, PenaltyParams, ProblemData, SolveParams, VehicleType
from pyvrp.exceptions import PenaltyBoundWarning
from pyvrp.search import PerturbationParams
from pyvrp.stop import MaxIterations, MaxRuntime, MultipleCriteria, NoImprovement

from services.scheduling.domain.rounds import TIP_SECONDS, Problem, Spot, Task, Van

LATE_SHARE = 0.35
"""What a job past its deadline is still worth, of its full prize."""

MOST_RELOADS = 6
ENOUGH_WITHOUT_IMPROVEMENT = 3000
PARAMETERS = SolveParams(penalty=PenaltyParams(max_penalty=20.0), perturbation=PerturbationParams(1, 5))
"""Measured: the default penalties are far too high for runs of a few seconds."""


def solve(problem: Problem, *, seconds: float, seed: int = 1, iterations: int | None = None) -> dict[str, list[str]]:
    """Return orders of jobs per crew, within about `seconds` (or exactly `iterations`, for tests).

    Raises:
        ValueError: PyVRP found no feasible solution.
    """
    tasks, vans = list(problem.tasks.values()), list(problem.vans.values())
    data, task_of_client = _data(problem, tasks, vans)
    limit = MaxIterations(iterations) if iterations is not None else MaxRuntime(seconds)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PenaltyBoundWarning)
        result = pyvrp.solve(
            data,
            MultipleCriteria([limit, NoImprovement(ENOUGH_WITHOUT_IMPROVEMENT)]),
            seed=seed,
            collect_stats=False,
            display=False,
            params=PARAMETERS,
        )
    if not result.is_feasible():
        raise ValueError("PyVRP found no feasible plan")
    orders: dict[str, list[str]] = {van.crew_id: [] for van in vans}
    for route in result.best.routes():
        crew_id = vans[route.vehicle_type()].crew_id
        orders[crew_id] = [task_of_client[stop.idx].job_id for stop in route if stop.is_client()]
    return orders


def _data(problem: Problem, tasks: Sequence[Task], vans: Sequence[Van]) -> tuple[ProblemData, list[Task]]:
    """Return PyVRP's problem, and the task of each of its clients."""
    spots: list[Spot] = [problem.depot, *problem.sites, *(van.spot for van in vans), *(task.spot for task in tasks)]
    sites = range(1, 1 + len(problem.sites))
    starts = range(sites.stop, sites.stop + len(vans))
    cost, duration = _matrices(problem, spots, sites)
    depots = [
        *(Depot(site, service_duration=TIP_SECONDS) for site in sites),
        *(Depot(start) for start in starts),
        Depot(len(spots)),
    ]
    fleet = [
        VehicleType(
            1,
            [van.payload_kg],
            start_depot=len(sites) + number,
            end_depot=len(depots) - 1,
            # The way home is driven with or without new jobs, so it is no reason to leave a van idle.
            fixed_cost=-int(cost[starts[number], len(spots)]),
            tw_early=van.free_seconds,
            start_late=van.free_seconds,
            tw_late=van.end_seconds,
            unit_distance_cost=1,
            unit_duration_cost=0,
            initial_load=[min(van.loaded_kg, van.payload_kg)],
            reload_depots=list(range(len(sites))),
            max_reloads=MOST_RELOADS,
        )
        for number, van in enumerate(vans)
    ]
    clients, groups, task_of_client = _clients(tasks, starts.stop, max(van.end_seconds for van in vans))
    locations = [Location(*spot) for spot in (*spots, problem.depot)]
    return ProblemData(locations, clients, depots, fleet, [cost], [duration], groups), task_of_client


def _matrices(problem: Problem, spots: Sequence[Spot], sites: range) -> tuple["np.ndarray", "np.ndarray"]:
    """Return cost and duration between all spots and END, in seconds."""
    end = len(spots)
    travel = np.array([[problem.travel(a, b) for b in spots] for a in spots], dtype=np.int64)
    cost = np.zeros((end + 1, end + 1), dtype=np.int64)
    cost[:end, :end] = travel
    duration = cost.copy()
    by_site = (travel[:, sites.start : sites.stop] + travel[sites.start : sites.stop, 0][None]).min(axis=1)
    cost[:end, end], duration[:end, end] = by_site, by_site + TIP_SECONDS
    for site in sites:
        cost[site, end] = duration[site, end] = travel[site, 0]
    cost[0, end] = duration[0, end] = 0
    return cost, duration


def _clients(
    tasks: Sequence[Task], first_location: int, day_end: int
) -> tuple[list[Client], list[ClientGroup], list[Task]]:
    """Return a client for each task, or two where it is due today: in time for the full prize, late for less."""
    clients: list[Client] = []
    groups: list[ClientGroup] = []
    task_of_client: list[Task] = []
    for location, task in enumerate(tasks, start=first_location):
        due_today = task.due_seconds is not None and 0 < task.due_seconds < day_end
        offers = [(task.due_seconds if due_today else day_end, task.prize_seconds)]
        if due_today:
            offers.append((day_end, int(task.prize_seconds * LATE_SHARE)))
        group = None
        if len(offers) > 1:
            group = len(groups)
            groups.append(ClientGroup(list(range(len(clients), len(clients) + len(offers))), required=False))
        for latest, prize in offers:
            clients.append(
                Client(
                    location,
                    pickup=[task.kg],
                    service_duration=task.work_seconds,
                    tw_late=latest,
                    prize=prize,
                    required=False,
                    group=group,
                )
            )
            task_of_client.append(task)
    return clients, groups, task_of_client
