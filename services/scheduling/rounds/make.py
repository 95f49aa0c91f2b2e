"""Making a plan: begin with what people would do, let the solver better it, repair it, drive it, check it.

The best of what there is wins, by what it is really worth when driven; where the solver fails, the plan that it was to
begin with is the plan. Nothing leaves here that the checker has refused.
"""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from services.scheduling.rounds.check import Broken, broken_rules
from services.scheduling.rounds.day import Day, Sheets, Step, planned_jobs
from services.scheduling.rounds.dispatch import list_order, own_patch
from services.scheduling.rounds.drive import Cart, Round, drive
from services.scheduling.rounds.insert import best_insertion
from services.scheduling.rounds.measures import drive_plan, objective
from services.scheduling.rounds.travel import Travel
from shared.errors import StreetsceneError

log = logging.getLogger(__name__)

REPAIR_SECONDS = 0.5
"""Putting left jobs back may not take longer, however many there are."""

SOLVER, OWN_PATCH, PRESENT = "pyvrp", "own-patch", "present"


@dataclass(frozen=True)
class Made:
    """A plan that keeps the rules: its rounds, who made it, its worth in seconds of driving, and why no solver did."""

    rounds: Mapping[str, Round]
    by: str
    objective: float
    iterations: int = 0
    problem: str | None = None

    @property
    def sheets(self) -> dict[str, tuple[Step, ...]]:
        """The plan as sheets."""
        return {crew_id: round_.steps for crew_id, round_ in self.rounds.items()}


class Refused(StreetsceneError):
    """Every plan that was made breaks a rule; the rules are its argument."""

    def __init__(self, broken: list[Broken]) -> None:
        super().__init__("; ".join(each.words for each in broken[:3]))
        self.broken = broken


def make_plan(
    day: Day,
    travel: Travel,
    *,
    seconds: float,
    seed: int = 1,
    iterations: int | None = None,
    present: Sheets | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Made:
    """Return the best plan found in about `seconds`.

    Args:
        day: what is to be planned.
        travel: how long ways take.
        seconds: for the search; its beginning, repair and check come on top, and are short.
        seed: where the search begins.
        present: the sheets that the crews have now, in a re-plan: the solver begins with them, or with a better plan.
        iterations: for tests: exactly so many for each of the solver's stages, whatever the time.
        tell: is told what is going on, for people who wait.

    Raises:
        Refused: the checker refused every plan that was made.
    """
    free = after_locked(day, travel)
    tell("warm start")
    begin = _best_start(free, travel, present)
    candidates = [(begin[0], begin[1], 0)]
    problem = None
    try:
        from services.scheduling.rounds.solver import solve  # heavy, and what can go wrong here may not matter

        tell("solving")
        solved = solve(free, begin[1], travel, seconds=seconds, seed=seed, iterations=iterations)
        candidates.append((SOLVER, solved.sheets, solved.iterations))
    except Exception as failure:
        log.warning("search_failed", exc_info=True)
        problem = f"{type(failure).__name__}: {failure}"
    tell("driving and checking")
    made, refused = [], []
    for by, sheets, count in candidates:
        rounds = _with_locked(day, repaired(free, drive_plan(free, sheets, travel), travel), travel)
        broken = broken_rules(day, rounds, travel)
        if broken:
            refused += broken
            continue
        made.append(Made(rounds, by, objective(day, rounds), count, problem))
    if not made:
        raise Refused(refused)
    if refused and problem is None:
        log.warning("search_refused", extra={"rules": sorted({each.rule for each in refused})})
        made = [replace(each, problem=refused[0].words) for each in made]
    return min(made, key=lambda each: each.objective)


def drive_listed(day: Day, travel: Travel) -> dict[str, Round]:
    """Return the rounds of the list-order supervisor, who too leaves crews the stops that they have been shown."""
    free = after_locked(day, travel)
    return _with_locked(day, drive_plan(free, list_order(free, travel), travel), travel)


def after_locked(day: Day, travel: Travel) -> Day:
    """Return the day as it is once every crew has done its locked stops, which are no longer to be planned."""
    locked = {job_id for crew in day.crews.values() for job_id in crew.locked}
    if not locked:
        return day
    crews = {}
    for crew in day.crews.values():
        cart = Cart(day, crew, travel)
        for job_id in crew.locked:
            cart = cart.served(day.jobs[job_id]) or cart
        crews[crew.id] = replace(
            crew,
            position=cart.spot,
            ready=round(cart.now),
            rest=crew.rest if cart.owes_rest else None,
            loaded_kg=cart.kg,
            loaded_litres=cart.litres,
            materials=cart.materials,
            locked=(),
            is_under_way=crew.is_under_way or bool(crew.locked),
            range_metres=None if crew.range_metres is None else crew.range_metres - cart.metres,
        )
    jobs = {job.id: job for job in day.jobs.values() if job.id not in locked}
    return replace(day, crews=crews, jobs=jobs)


def repaired(
    day: Day, rounds: Mapping[str, Round], travel: Travel, *, seconds: float = REPAIR_SECONDS
) -> dict[str, Round]:
    """Return a plan with the jobs that it leaves put in wherever that is worth more than it costs, the best first."""
    until = time.monotonic() + seconds
    current = dict(rounds)
    served = {stop.id for round_ in current.values() for stop in round_.visits}
    left = [job for job in day.jobs.values() if job.is_plannable and job.id not in served]
    for job in sorted(left, key=lambda job: (-job.prize, job.work_seconds, job.id)):
        if time.monotonic() > until:
            break
        found = best_insertion(day, current, job, travel)
        if found is not None and found.cost < job.prize:
            current[found.crew_id] = found.round
    return current


def _best_start(day: Day, travel: Travel, present: Sheets | None) -> tuple[str, dict[str, tuple[Step, ...]]]:
    """Return the better of the present sheets and the crews' own way, with jobs that are on no sheet put in."""
    patch = own_patch(day, travel)
    if present is None or not planned_jobs(present):
        return OWN_PATCH, patch
    kept = {
        crew_id: tuple(step for step in steps if _can_be_done(day, crew_id, step)) for crew_id, steps in present.items()
    }
    starts = [
        (name, repaired(day, drive_plan(day, sheets, travel), travel))
        for name, sheets in ((PRESENT, kept), (OWN_PATCH, patch))
    ]
    name, rounds = min(starts, key=lambda each: objective(day, each[1]))
    return name, {crew_id: round_.steps for crew_id, round_ in rounds.items()}


def _can_be_done(day: Day, crew_id: str, step: Step) -> bool:
    """Say whether a line of a present sheet is still one: its crew is there, and can do its job."""
    if step.kind != "job":
        return True
    return crew_id in day.crews and step.id in day.jobs and day.crews[crew_id].can_do(day.jobs[step.id])


def _with_locked(day: Day, rounds: Mapping[str, Round], travel: Travel) -> dict[str, Round]:
    """Return rounds as driven from where crews really are, with their locked stops first."""
    found = dict(rounds)
    for crew_id, round_ in rounds.items():
        first = tuple(Step("job", job_id) for job_id in day.crews[crew_id].locked)
        if first:
            found[crew_id] = drive(day, crew_id, (*first, *round_.steps), travel)
    return found
