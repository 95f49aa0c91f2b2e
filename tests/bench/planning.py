"""How good plans are, how soon a live one is there, and what planning costs.

The days are those of the independent referee that lies beside the reference data. It scores every plan: ours, the
measured recipe's in the same run with the same time and seeds, and the baselines. Without that folder only what needs
no referee is measured. `STREETSCENE_BENCH_FULL=1` measures three days of each size unseen in development too, with five
seeds each: about twelve minutes; otherwise one day of each size with two seeds.
"""

import json
import os
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

from services.scheduling import handlers, planner, planning, proposing, store
from services.scheduling.domain.job import Job
from services.scheduling.register import documents
from services.scheduling.rounds.check import broken_rules
from services.scheduling.rounds.day_file import day_of, plan_of
from services.scheduling.rounds.make import make_plan
from shared.clock import SetClock
from shared.contracts.envelope import Cause
from tests.bench.ground import Ground
from tests.bench.measures import Measure
from tests.builders import TUESDAY_MORNING, make_context
from tests.reference import reference_of_planning

SECONDS = 5.0
DAYS = {"S": (11,), "M": (22,), "L": (33,)}
UNSEEN = {"S": (101, 102, 103), "M": (201, 202, 203), "L": (301, 302, 303)}
SEEDS, FULL_SEEDS = 2, 5

AIM_OBJECTIVE, AIM_TRAVEL = 1.05, 0.70
LIVE_JOBS, LIVE_CREWS = 200, 15
LIVE_TIMES = 5


@dataclass
class Scores:
    """What the referee says of the plans of one day, ours and the recipe's by turns, and of the baselines."""

    name: str
    baselines: dict[str, dict[str, Any]]
    ours: list[dict[str, Any]] = field(default_factory=list)
    recipe: list[dict[str, Any]] = field(default_factory=list)
    check_seconds: list[float] = field(default_factory=list)

    def mean(self, name: str, plans: str = "ours") -> float:
        """Return the mean of a score over the seeds."""
        return statistics.mean(float(each[name]) for each in getattr(self, plans))

    @property
    def objective(self) -> float:
        """Our objective by the recipe's."""
        return self.mean("obj") / self.mean("obj", "recipe")

    def travel(self, baseline: str) -> float:
        """Return our travel for each job by a baseline's."""
        return self.mean("travel_per_job") / float(self.baselines[baseline]["travel_per_job"])


def measure_planning(ground: Ground) -> list[Measure]:
    """Return the lines of planning."""
    is_full = os.environ.get("STREETSCENE_BENCH_FULL") == "1"
    referee, recipe = reference_of_planning("day_referee"), reference_of_planning("recipe_plan")
    if referee is None or recipe is None:
        skipped = Measure("plans by the referee", "skipped: there is no ../scheduling beside the reference data")
        return [skipped, *_live(ground), _memory(ground)]
    lines = []
    checks: list[float] = []
    for size, seeds in DAYS.items():
        for day_seed in (*seeds, *(UNSEEN[size] if is_full else ())):
            scores = _score(ground, referee, recipe, size, day_seed, FULL_SEEDS if is_full else SEEDS)
            checks += scores.check_seconds
            lines += _lines(scores)
    slowest = max(checks) * 1000
    lines.append(Measure("checking a plan, the slowest", f"{slowest:.1f} ms", figures={"seconds": checks}))
    return [*lines, *_live(ground), _memory(ground)]


def _score(ground: Ground, referee: ModuleType, recipe: ModuleType, size: str, day_seed: int, seeds: int) -> Scores:
    """Plan a day with each seed, ours and the recipe by turns, and have all plans scored."""
    instance = referee.INST[size](day_seed)
    tables = json.loads(json.dumps(referee.day_to_json(instance)))
    day, travel = day_of(tables)
    baselines = {name: referee.score(instance, make(instance)) for name, make in referee.BASE.items()}
    scores = Scores(f"{size} {day_seed} ({len(day.jobs)} jobs)", baselines)
    begin = referee.plan_of(referee.greedy_pull(instance, True))
    for seed in range(1, seeds + 1):
        ground.tell(f"planning day {size} {day_seed}, seed {seed} of {seeds}")
        made = make_plan(day, travel, seconds=SECONDS, seed=seed)
        scores.ours.append(referee.execute(instance, referee.plan_from_json(plan_of(tables, made.sheets))))
        started = time.perf_counter()
        if broken_rules(day, made.rounds, travel):
            raise AssertionError("a plan that was made is refused by the checker")
        scores.check_seconds.append(time.perf_counter() - started)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the recipe doesn't filter PyVRP's own
            plan, _ = recipe.solve_pyvrp2(instance, SECONDS, seed=seed, params=recipe.tuned(), init_plan=begin)
        scores.recipe.append(referee.execute(instance, plan))
    return scores


def _lines(scores: Scores) -> list[Measure]:
    """Return the lines of a day."""
    prio, patch = scores.baselines["prio"], scores.baselines["patch"]
    served, travel = scores.mean("served"), scores.travel("prio")
    figures = {"ours": scores.ours, "recipe": scores.recipe, "baselines": scores.baselines}
    return [
        Measure(
            f"{scores.name}: objective in {SECONDS:.0f} s",
            f"{scores.mean('obj'):,.0f} min",
            f"≤ {AIM_OBJECTIVE}",
            scores.objective <= AIM_OBJECTIVE,
            f"recipe {scores.mean('obj', 'recipe'):,.0f}; patch {patch['obj']:,}; prio {prio['obj']:,}",
            round(scores.objective, 3),
            figures,
        ),
        Measure(
            f"{scores.name}: jobs served",
            f"{served:.1f}",
            "≥ prio",
            served >= prio["served"],
            f"prio {prio['served']}; patch {patch['served']}; recipe {scores.mean('served', 'recipe'):.1f}",
            round(served / prio["served"], 3),
        ),
        Measure(
            f"{scores.name}: travel for each job",
            f"{scores.mean('travel_per_job'):.1f} min",
            f"≤ {AIM_TRAVEL} of prio",
            travel <= AIM_TRAVEL,
            f"prio {prio['travel_per_job']:.1f}; patch {patch['travel_per_job']:.1f} ({scores.travel('patch'):.2f})",
            round(travel, 3),
        ),
    ]


def _live(ground: Ground) -> list[Measure]:
    """Return the line of a live re-plan: from the claim of the request to the proposal in the store."""
    with tempfile.TemporaryDirectory(dir=ground.folder) as folder:
        clock = SetClock(TUESDAY_MORNING)
        ctx = make_context("scheduling", Path(folder), clock)
        try:
            taken = _replan_times(ctx, clock, ground.tell)
        finally:
            ctx.store.close()
    slowest = max(taken)
    said = f"{statistics.median(taken):.2f} s, slowest {slowest:.2f} s"
    what = f"live re-plan of {LIVE_JOBS} jobs, {LIVE_CREWS} crews: claimed to stored"
    # The aim is for what a supervisor waits for: `--only board` measures it on an open board.
    return [Measure(what, said, figures={"seconds": taken})]


def _replan_times(ctx: Any, clock: SetClock, tell: Callable[[str], None]) -> list[float]:
    """Publish a plan of a big depot, then have urgent jobs come in, and return how long each re-plan took."""
    depot = _big_depot(ctx)
    tell(f"planning {LIVE_JOBS} jobs live")
    by_hand = Cause()
    for crew in store.all_crews(ctx.store):
        if not crew.is_contractor:
            handlers.start_shift(ctx, crew.id, cause=by_hand)
    plan = planning.request_plan(ctx, depot, by="bench", cause=by_hand)
    planner.plan_next(ctx, seconds=proposing.LIVE_SECONDS)
    planning.publish_plan(ctx, plan.id, version=None, cause=by_hand)
    planning.assign_stops(ctx, plan.id, cause=by_hand)
    taken = []
    for number in range(LIVE_TIMES):
        clock.advance(timedelta(minutes=6))
        store.jobs(ctx.store).add(_job(1000 + number, depot, clock, priority=1), [], at=clock.now(), cause=by_hand)
        plan = planning.request_plan(ctx, depot, by="bench", because="urgent", cause=by_hand)
        started = time.perf_counter()
        planner.plan_next(ctx)
        taken.append(time.perf_counter() - started)
        answered = store.plans(ctx.store).require(plan.id)
        if answered.state not in ("proposed", "kept"):
            raise AssertionError(f"a re-plan is {answered.state}: {answered.problem}")
        planning.discard_plan(ctx, plan.id, cause=by_hand)
    return taken


def _big_depot(ctx: Any) -> str:
    """Give one depot of the council as many crews and jobs as the line says."""
    by_hand, at = Cause(), ctx.clock.now()
    handlers.ensure_fleet(ctx)
    depot = str(ctx.council.depots[0].id)
    crews, vehicles = store.crews(ctx.store), store.vehicles(ctx.store)
    # Nobody enters the people of so many made crews; where nobody is entered at all, all are taken to be there.
    people = documents.tables(ctx.store).require("people")
    documents.tables(ctx.store).save(replace(people, rows=()), at=at, cause=by_hand)
    own = [each for each in store.all_crews(ctx.store) if each.depot_id == depot and not each.is_contractor]
    crew, has = own[0], len(own)
    vehicle = vehicles.require(str(crew.vehicle_id))
    for number in range(has, LIVE_CREWS):
        name = f"bench-{number}"
        vehicles.add(_copy(vehicle, id=name, registration=name), [], at=at, cause=by_hand)
        crews.add(_copy(crew, id=name, name=name, vehicle_id=name), [], at=at, cause=by_hand)
    for number in range(LIVE_JOBS):
        store.jobs(ctx.store).add(_job(number, depot, ctx.clock, priority=2 + number % 4), [], at=at, cause=by_hand)
    return depot


def _copy(aggregate: Any, **changes: Any) -> Any:
    """Return a new aggregate like another."""
    return type(aggregate)(**{**vars(aggregate), **changes, "version": 0, "sequence": 0})


def _job(number: int, depot: str, clock: SetClock, *, priority: int) -> Job:
    """Return a job somewhere in the city."""
    return Job(
        id=f"bench-{number}",
        channel="web",
        report_id=f"bench-report-{number}",
        reference=f"FT-{number:08}",
        visit=1,
        depot_id=depot,
        # Two incommensurable steps spread places over the city without chance.
        lat=53.36 + number * 0.618 % 1 * 0.1,
        lon=-2.97 + number * 0.414 % 1 * 0.1,
        ward="everton-north",
        neighbourhood="kirkdale-and-everton",
        created_at=clock.now(),
        waste_type="other-household",
        size=("single-item", "car-boot", "small-van", "transit-van")[number % 4],
        priority=priority,
        deadline=clock.now() + timedelta(hours=3 + number % 60),
    )


def _memory(ground: Ground) -> Measure:
    """Return the line of the planner's memory: of a process of its own that has planned a day of 500 jobs."""
    ground.tell("planning 500 jobs in a process of its own")
    import subprocess
    import sys

    program = (
        "import resource\n"
        "from tests.bench.planning import big_day\n"
        "from services.scheduling.rounds.make import make_plan\n"
        "make_plan(*big_day(), seconds=1)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return Measure("planner’s memory at its most, 500 jobs and 25 crews", f"{int(done.stdout) / 1024:.0f} MB")


def big_day() -> tuple[Any, Any]:
    """Return a day of 500 jobs and 25 crews of ten kinds, and its travel."""
    from services.scheduling.rounds.day import Crew, Day, Rest, Site
    from services.scheduling.rounds.day import Job as Task
    from services.scheduling.rounds.travel import StraightTravel

    yard, hour = (53.43, -2.97), 3600
    crews = {
        str(number): Crew(
            id=str(number),
            name=f"crew {number}",
            vehicle_class=("tipper", "grab", "van", "sweeper")[number % 4],
            payload_kg=1200,
            volume_litres=6000,
            skills=frozenset({"any", f"ticket-{number % 3}"}),
            position=yard,
            home=yard,
            start=6 * hour + number % 2 * 8 * hour,
            end=14 * hour + number % 2 * 8 * hour,
            ready=6 * hour + 600 + number % 2 * 8 * hour,
            rest=Rest(1800, 9 * hour + number % 2 * 8 * hour, 10 * hour + 1800 + number % 2 * 8 * hour),
        )
        for number in range(25)
    }
    jobs = {
        str(number): Task(
            id=str(number),
            label=f"job {number}",
            spot=(53.36 + number * 0.618 % 1 * 0.1, -2.97 + number * 0.414 % 1 * 0.1),
            work_seconds=900,
            kg=50 + number % 7 * 60,
            litres=300 + number % 5 * 700,
            urgency=1 + number % 5,
            prize=(600, 240, 140, 90, 60)[number % 5] * 60,
            late_rate=0.2,
            deadline=(9 + number % 8) * hour if number % 3 == 0 else None,
            skill="any" if number % 9 else f"ticket-{number % 3}",
        )
        for number in range(500)
    }
    sites = {str(number): Site(str(number), (53.37 + number * 0.04, -2.93), 900) for number in range(3)}
    return Day(crews, jobs, sites), StraightTravel({"tipper": 28.0, "grab": 24.0, "van": 30.0, "sweeper": 20.0})
