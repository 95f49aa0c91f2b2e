"""Putting one more job on a sheet: where it costs least, and what stands in the way where it can't be.

It tries the few best places of the few best crews by distance and drives each, so that its answer is the replay's.
Repairing a solver's plan, saying why a job is left, and saying what a change would cost all rest on it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.scheduling.rounds.day import Crew, Day, Job, Spot, Step
from services.scheduling.rounds.drive import Round, drive
from services.scheduling.rounds.measures import cost_of
from services.scheduling.rounds.travel import Travel

PLACES_TRIED, CREWS_TRIED = 2, 5


@dataclass(frozen=True)
class Insertion:
    """A job put on a crew's sheet: the sheet, its round, and what that costs in seconds of driving and lateness."""

    crew_id: str
    steps: tuple[Step, ...]
    round: Round
    cost: float


def best_insertion(
    day: Day, rounds: Mapping[str, Round], job: Job, travel: Travel, *, crews: int = CREWS_TRIED
) -> Insertion | None:
    """Return the cheapest way to do one more job without losing another, None where there is none."""
    able = [crew for crew in day.crews.values() if crew.can_do(job)]
    able.sort(key=lambda crew: detours(day, crew, rounds[crew.id].steps, job.spot, travel)[0][0])
    found = [insertion(day, rounds[crew.id], job, travel) for crew in able[:crews]]
    return min((each for each in found if each is not None), key=lambda each: each.cost, default=None)


def insertion(day: Day, round_: Round, job: Job, travel: Travel, *, places: int = PLACES_TRIED) -> Insertion | None:
    """Return the cheapest place for a job on one crew's sheet, None where a job would be lost for it."""
    crew, best = day.crews[round_.crew_id], None
    before = cost_of(day, round_)
    for _, place in detours(day, crew, round_.steps, job.spot, travel)[:places]:
        steps = with_job(round_.steps, place, job.id)
        driven = drive(day, crew.id, steps, travel)
        if driven.dropped:
            continue
        cost = cost_of(day, driven) - before
        if best is None or cost < best.cost:
            best = Insertion(crew.id, steps, driven, cost)
    return best


def with_job(steps: Sequence[Step], place: int, job_id: str) -> tuple[Step, ...]:
    """Return a sheet with a job put in before one of its lines; its break is left to the replay."""
    put = (*steps[:place], Step("job", job_id), *steps[place:])
    return tuple(step for step in put if step.kind != "break")


def without_job(steps: Sequence[Step], job_id: str) -> tuple[Step, ...]:
    """Return a sheet without a job, its break left to the replay."""
    return tuple(step for step in steps if step.kind != "break" and step != Step("job", job_id))


def detours(day: Day, crew: Crew, steps: Sequence[Step], spot: Spot, travel: Travel) -> list[tuple[float, int]]:
    """Return by how many metres each place on a sheet is out of the way, the least first; none before a locked stop."""
    metres = travel.metres
    spots: list[Spot] = [crew.position]
    locked = 0
    for number, step in enumerate(steps, start=1):
        here = (
            day.jobs[step.id].spot
            if step.kind == "job"
            else day.sites[step.id].spot
            if step.kind == "tip"
            else spots[-1]
        )
        spots.append(here)
        if step.kind == "job" and step.id in crew.locked:
            locked = number
    spots.append(crew.home)
    found = [
        (metres(spots[place], spot) + metres(spot, spots[place + 1]) - metres(spots[place], spots[place + 1]), place)
        for place in range(locked, len(spots) - 1)
    ]
    return sorted(found)
