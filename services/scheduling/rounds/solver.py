"""PyVRP behind a function of our own: a day and a plan to begin with in, a better plan out.

Only the planner process and `streetscene plan-day` import this: PyVRP and numpy are heavy. The library's API moves
between versions, so nothing else knows it. Modelling (ADR 20): travel seconds are the cost; waste is picked up; every
site is a depot to reload at; a virtual END lies at each yard by way of the best site, because a loaded vehicle tips
before it goes home; what a crew can't do has no road for it; jobs are optional, with a prize in the same seconds.

A deadline is soft, in two stages: first it is kept or the job left, then jobs that were left may be late for a smaller
prize, in bands. Few jobs are all given bands: with many, three copies of each slow the search more than they help.
"""

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyvrp
from pyvrp import (
    Activity,
    ActivityType,
    Client,
    ClientGroup,
    Depot,
    Location,
    PenaltyParams,
    ProblemData,
    Route,
    Solution,
    SolveParams,
    VehicleType,
)
from pyvrp.exceptions import PenaltyBoundWarning
from pyvrp.search import PerturbationParams
from pyvrp.stop import MaxIterations, MaxRuntime, MultipleCriteria, NoImprovement, StoppingCriterion

from services.scheduling.rounds.clock import Clock
from services.scheduling.rounds.day import Crew, Day, Job, Sheets, Spot, Step, planned_jobs
from services.scheduling.rounds.travel import Travel

NO_ROAD = 10_000_000
"""Seconds, 115 days: further than any shift, and no overflow. In cost and duration both: in one, PyVRP may use it."""

FEW_JOBS = 120
FIRST_SHARE_OF_FEW, FIRST_SHARE_OF_MANY = 0.3, 0.7
"""How much of the time the first stage has."""

BANDS = (45 * 60, 120 * 60)
"""A job may be this late for a smaller prize each time; and at the end of the day, as if twice the last."""

MOST_RELOADS = 9
ENOUGH_WITHOUT_IMPROVEMENT = 20_000
PARAMETERS = SolveParams(penalty=PenaltyParams(max_penalty=20.0), perturbation=PerturbationParams(1, 5))
"""Measured: the default penalties, 100,000, are still far too high after a few seconds; 5 is too low."""

STRICT = SolveParams(perturbation=PARAMETERS.perturbation)
"""The default penalties: on a small day, a plan that breaks a rule may be worth the whole penalty of the others."""

STRICT_SECONDS = 1.0


@dataclass(frozen=True)
class Solved:
    """The solver's plan, how many iterations it took, and whether it differs from the plan it began with."""

    sheets: dict[str, tuple[Step, ...]]
    iterations: int
    differs: bool


@dataclass
class _Model:
    """PyVRP's view of a day, with the way back from its numbers to ours."""

    data: ProblemData
    crew_ids: list[list[str]]
    """The crews of each type of vehicle: those that are alike in everything share one, which is faster."""

    sites: list[str]
    jobs_of_clients: list[str]
    first_client: dict[str, int] = field(default_factory=dict)


def solve(
    day: Day, begin: Sheets, travel: Travel, *, seconds: float, seed: int = 1, iterations: int | None = None
) -> Solved:
    """Return a plan within about `seconds` (or exactly `iterations` a stage, for tests), begun with another.

    Raises:
        ValueError: PyVRP found no feasible solution.
    """
    started = time.monotonic()
    jobs = [job for job in day.jobs.values() if any(crew.can_do(job) for crew in day.crews.values())]
    if not jobs or not day.crews:
        return Solved(dict.fromkeys(day.crews, ()), 0, differs=False)
    few = len(jobs) <= FEW_JOBS
    share = FIRST_SHARE_OF_FEW if few else FIRST_SHARE_OF_MANY
    matrices = _Matrices(day, jobs, travel)
    first = _stage(matrices, begin, frozenset(), _Limit(started + seconds * share, iterations), seed)
    given = planned_jobs(first.sheets)
    soft = frozenset(
        job.id for job in jobs if job.deadline is not None and job.deadline > day.now and (few or job.id not in given)
    )
    if not soft:
        return first
    second = _stage(matrices, first.sheets, soft, _Limit(started + seconds, iterations), seed)
    return Solved(second.sheets, first.iterations + second.iterations, first.differs or second.differs)


@dataclass(frozen=True)
class _Limit:
    """When a search ends: at a moment of the monotonic clock, or for tests after exactly so many iterations."""

    until: float
    iterations: int | None

    def stop(self) -> StoppingCriterion:
        """Return PyVRP's word for it, counted from now."""
        if self.iterations is not None:
            return MaxIterations(self.iterations)
        left = max(0.05, self.until - time.monotonic())
        return MultipleCriteria([MaxRuntime(left), NoImprovement(ENOUGH_WITHOUT_IMPROVEMENT)])


def _stage(matrices: "_Matrices", begin: Sheets, soft: frozenset[str], limit: _Limit, seed: int) -> Solved:
    """Solve with hard deadlines for all jobs but the soft ones."""
    model = _model(matrices, soft)
    initial = _solution(model, begin)
    result = _search(model, initial, limit.stop(), seed, PARAMETERS)
    if not result.is_feasible():
        more = _Limit(time.monotonic() + STRICT_SECONDS, limit.iterations)
        result = _search(model, initial, more.stop(), seed, STRICT)
    if not result.is_feasible():
        raise ValueError("PyVRP found no feasible plan")
    sheets: dict[str, tuple[Step, ...]] = {crew.id: () for crew in matrices.crews}
    free = [list(crew_ids) for crew_ids in model.crew_ids]
    for route in result.best.routes():
        steps = [
            Step("tip", model.sites[stop.idx]) if stop.is_depot() else Step("job", model.jobs_of_clients[stop.idx])
            for stop in list(route)[1:-1]
        ]
        sheets[free[route.vehicle_type()].pop(0)] = tuple(steps)
    return Solved(sheets, result.num_iterations, differs=result.best != initial)


def _search(
    model: _Model, initial: Solution, stop: StoppingCriterion, seed: int, parameters: SolveParams
) -> pyvrp.Result:
    """Return what PyVRP makes of a plan by a stop."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PenaltyBoundWarning)
        return pyvrp.solve(
            model.data, stop, seed=seed, collect_stats=False, display=False, params=parameters, initial_solution=initial
        )


class _Matrices:
    """What both stages share: the places, and the ways between them for each kind of crew.

    Locations are numbered: yards, sites, jobs, where crews are, and an END for each yard.
    """

    def __init__(self, day: Day, jobs: list[Job], travel: Travel) -> None:
        self.day, self.jobs, self.clock = day, jobs, Clock.of(day)
        self.crews = [crew for crew in day.crews.values() if crew.may_drive]
        self.sites = list(day.sites.values())
        self.yards = sorted({crew.home for crew in self.crews})
        self.first_site = len(self.yards)
        self.first_job = self.first_site + len(self.sites)
        places: list[Spot] = [*self.yards, *(site.spot for site in self.sites), *(job.spot for job in jobs)]
        self.start_of: dict[str, int] = {}
        for crew in self.crews:
            if crew.position == crew.home and not crew.is_loaded:
                self.start_of[crew.id] = self.yards.index(crew.home)
            else:
                self.start_of[crew.id] = len(places)
                places.append(crew.position)
        self.first_end = len(places)
        self.places = [*places, *self.yards]
        self._travel = travel
        self._profiles: dict[tuple[object, ...], int] = {}
        self.costs: list[np.ndarray] = []
        self.durations: list[np.ndarray] = []
        self.profile_of = {crew.id: self._profile(crew) for crew in self.crews}

    def _profile(self, crew: Crew) -> int:
        """Return the number of the matrices of a kind of crew, making them for the first of its kind."""
        able = tuple(crew.can_do(job) for job in self.jobs)
        # To the hour: crews that are free at almost the same time share their matrices.
        since = max(crew.start, crew.ready // 3600 * 3600)
        key = (crew.vehicle_class, since, crew.end, able)
        if key not in self._profiles:
            self._profiles[key] = len(self.costs)
            cost, duration = self._with_ends(
                self._travel.typical_seconds(self.places[: self.first_end], crew.vehicle_class, since, crew.end)
            )
            closed = [self.first_job + number for number, can in enumerate(able) if not can]
            for matrix in (cost, duration):
                matrix[:, closed] = matrix[closed, :] = NO_ROAD
                np.fill_diagonal(matrix, 0)
            self.costs.append(cost)
            self.durations.append(duration)
        return self._profiles[key]

    def range_at(self, crew: Crew) -> int | None:
        """Return the typical seconds in which a vehicle drives its range, None for one without."""
        if crew.range_metres is None:
            return None
        ways = self.costs[self.profile_of[crew.id]]
        spot = crew.home
        far = max(range(self.first_job), key=lambda place: self._travel.metres(spot, self.places[place]))
        metres = self._travel.metres(spot, self.places[far])
        if not metres:
            return None
        per_metre = float(ways[self.yards.index(spot), far]) / metres
        return max(0, int(crew.range_metres * per_metre))

    def _with_ends(self, ways: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return cost and duration with the ENDs: home by way of the best site, with the time of the tip."""
        count, yards = self.first_end, len(self.yards)
        cost = np.zeros((count + yards, count + yards), np.int64)
        cost[:count, :count] = ways
        duration = cost.copy()
        sites = slice(self.first_site, self.first_job)
        tips = np.array([site.tip_seconds for site in self.sites], np.int64)
        for yard in range(yards):
            end = count + yard
            by_site = ways[:, sites] + ways[sites, yard]
            best = by_site.argmin(1)
            cost[:count, end] = by_site[np.arange(count), best]
            duration[:count, end] = cost[:count, end] + tips[best]
            for straight in (sites, slice(0, yards)):
                cost[straight, end] = duration[straight, end] = ways[straight, yard]
        return cost, duration


def _model(matrices: _Matrices, soft: frozenset[str]) -> _Model:
    """Return PyVRP's problem."""
    clock, jobs = matrices.clock, matrices.jobs
    depots = [
        Depot(
            matrices.first_site + number,
            tw_early=clock.short(site.opens),
            tw_late=clock.short(max(site.opens, site.closes - site.tip_seconds)),
            service_duration=site.tip_seconds,
        )
        for number, site in enumerate(matrices.sites)
    ]
    depot_at: dict[int, int] = {}

    def depot(location: int) -> int:
        if location not in depot_at:
            depot_at[location] = len(depots)
            depots.append(Depot(location))
        return depot_at[location]

    alike: dict[tuple[Any, ...], list[str]] = {}
    for crew in matrices.crews:
        alike.setdefault(tuple(sorted(_vehicle(matrices, crew, depot).items(), key=_name)), []).append(crew.id)
    fleet = [VehicleType(num_available=len(crew_ids), **dict(settings)) for settings, crew_ids in alike.items()]
    horizon = max(clock.short(crew.end) for crew in matrices.crews)
    clients: list[Client] = []
    groups: list[ClientGroup] = []
    owners: list[str] = []
    first: dict[str, int] = {}
    for number, job in enumerate(jobs):
        first[job.id] = len(clients)
        offers = _offers(matrices.day, clock, job, horizon, is_soft=job.id in soft)
        group = None
        if len(offers) > 1:
            group = len(groups)
            groups.append(ClientGroup(list(range(len(clients), len(clients) + len(offers))), required=False))
        for latest, prize in offers:
            clients.append(_client(matrices, clock, job, number, latest=latest, prize=prize, group=group))
            owners.append(job.id)
    locations = [Location(place[1], place[0]) for place in matrices.places]
    data = ProblemData(locations, clients, depots, fleet, matrices.costs, matrices.durations, groups)
    return _Model(data, list(alike.values()), [site.id for site in matrices.sites], owners, first)


def _vehicle(matrices: _Matrices, crew: Crew, depot: Callable[[int], int]) -> dict[str, Any]:
    """Return the settings of a crew's type of vehicle."""
    start, end = matrices.start_of[crew.id], matrices.first_end + matrices.yards.index(crew.home)
    ready = matrices.clock.ready(crew)
    home = int(matrices.costs[matrices.profile_of[crew.id]][start, end])
    return {
        **_range(matrices, crew),
        "capacity": (crew.payload_kg, crew.volume_litres),
        "start_depot": depot(start),
        "end_depot": depot(end),
        # Whoever is out drives home with or without new jobs: no reason to leave that crew idle.
        "fixed_cost": -home if crew.is_under_way else 0,
        "tw_early": ready,
        "tw_late": max(ready, matrices.clock.end(crew)),
        "profile": matrices.profile_of[crew.id],
        "unit_distance_cost": 1,
        "unit_duration_cost": 0,
        "initial_load": (min(crew.loaded_kg, crew.payload_kg), min(crew.loaded_litres, crew.volume_litres)),
        "reload_depots": tuple(range(len(matrices.sites))),
        "max_reloads": MOST_RELOADS,
    }


def _range(matrices: _Matrices, crew: Crew) -> dict[str, int]:
    """Return how far a crew's vehicle goes as seconds of driving, which is what distances are here; roughly.

    The replay counts metres, and drops what is too far all the same.
    """
    metres = matrices.range_at(crew)
    return {} if metres is None else {"max_distance": metres}


def _name(setting: tuple[str, Any]) -> str:
    """Return the name of a setting, to sort by."""
    return setting[0]


def _client(
    matrices: _Matrices, clock: Clock, job: Job, number: int, *, latest: int, prize: int, group: int | None
) -> Client:
    """Return one offer to do a job: until when it may begin, and what that is worth."""
    return Client(
        matrices.first_job + number,
        pickup=[job.kg, job.litres],
        service_duration=job.work_seconds,
        tw_early=min(latest, clock.short(job.release)) if job.release > matrices.day.now else 0,
        tw_late=latest,
        prize=prize,
        required=False,
        group=group,
    )


def _offers(day: Day, clock: Clock, job: Job, horizon: int, *, is_soft: bool) -> list[tuple[int, int]]:
    """Return until when a job may begin for which prize: one offer, or bands for one that may be late."""
    if job.deadline is None or job.deadline <= day.now or clock.short(job.deadline) >= horizon:
        return [(horizon, job.prize)]  # an overdue one has no deadline left to keep
    deadline = clock.short(job.deadline)
    if not is_soft:
        return [(deadline, job.prize)]
    offers = [(deadline, job.prize)]
    for late in BANDS:
        if offers[-1][0] < horizon:
            worth = job.prize - int(job.late_cost(job.deadline + late))
            offers.append((min(clock.short(job.deadline + late), horizon), worth))
    if offers[-1][0] < horizon:
        offers.append((horizon, job.prize - int(job.late_cost(job.deadline + 2 * BANDS[-1]))))
    return offers


def _solution(model: _Model, sheets: Sheets) -> Solution:
    """Return a plan of ours as PyVRP's solution; lines that it has no client for are left out."""
    routes, used = [], set()
    sheets_by_vehicle = ((vehicle, crew_id) for vehicle, crew_ids in enumerate(model.crew_ids) for crew_id in crew_ids)
    for vehicle, crew_id in sheets_by_vehicle:
        activities = []
        for step in sheets.get(crew_id, ()):
            if step.kind == "job" and step.id in model.first_client and step.id not in used:
                used.add(step.id)
                activities.append(Activity(ActivityType.CLIENT, model.first_client[step.id]))
            elif step.kind == "tip" and activities:
                activities.append(Activity(ActivityType.DEPOT, model.sites.index(step.id)))
        while activities and activities[-1].is_depot():
            activities.pop()
        if activities and sum(each.is_depot() for each in activities) <= MOST_RELOADS:
            routes.append(Route(model.data, activities, vehicle))
    return Solution(model.data, routes)
