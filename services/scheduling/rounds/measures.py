"""What a plan is worth, and what it costs: travel, work, tips, lateness and CO2e, the same for every plan."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.scheduling.rounds.day import Day, Sheets
from services.scheduling.rounds.drive import Round, drive
from services.scheduling.rounds.factors import Factors
from services.scheduling.rounds.travel import Travel


@dataclass(frozen=True)
class Measures:
    """Figures of a plan. `objective_minutes`: jobs left, lateness and travel, in minutes of driving; less is better."""

    served: int
    jobs: int
    late: int
    late_minutes: int
    missed: int
    travel_minutes: int
    work_minutes: int
    kilometres: float
    tips: int
    crews: int
    finish_at: int
    co2e_kg: float
    co2e_kg_by_fuel: Mapping[str, float]
    objective_minutes: float


def drive_plan(day: Day, sheets: Sheets, travel: Travel) -> dict[str, Round]:
    """Drive every crew's sheet; crews without a sheet have an empty one."""
    return {crew_id: drive(day, crew_id, sheets.get(crew_id, ()), travel) for crew_id in day.crews}


def measure(day: Day, rounds: Mapping[str, Round], factors: Factors) -> Measures:
    """Return the figures of a plan as driven; `missed` counts deadlines within the shifts that are late or not met."""
    visits = [stop for round_ in rounds.values() for stop in round_.visits]
    served = {stop.id for stop in visits}
    late = [
        (stop.begin - deadline) / 60
        for stop in visits
        for deadline in [day.jobs[stop.id].deadline]
        if deadline is not None and stop.begin > deadline
    ]
    left = [job for job in day.jobs.values() if job.id not in served and job.is_plannable]
    last = max((crew.end for crew in day.crews.values()), default=day.now)
    by_fuel = _co2e(day, list(rounds.values()), factors)
    return Measures(
        served=len(served),
        jobs=len(served) + len(left),
        late=len(late),
        late_minutes=round(sum(late)),
        missed=len(late) + sum(job.deadline is not None and job.deadline <= last for job in left),
        travel_minutes=round(sum(round_.travel_seconds for round_ in rounds.values()) / 60),
        work_minutes=round(sum(stop.leave - stop.begin for stop in visits) / 60),
        kilometres=round(sum(round_.metres for round_ in rounds.values()) / 1000, 1),
        tips=sum(round_.tips for round_ in rounds.values()),
        crews=sum(bool(round_.visits) for round_ in rounds.values()),
        finish_at=round(max((round_.home_at for round_ in rounds.values() if round_.visits), default=0)),
        co2e_kg=round(sum(by_fuel.values()), 1),
        co2e_kg_by_fuel={fuel: round(kg, 1) for fuel, kg in by_fuel.items()},
        objective_minutes=round(objective(day, rounds) / 60, 1),
    )


def objective(day: Day, rounds: Mapping[str, Round]) -> float:
    """Return what a plan is worth in seconds of driving: prizes of jobs left, lateness, travel. Less is better."""
    served = {stop.id for round_ in rounds.values() for stop in round_.visits}
    left = sum(job.prize for job in day.jobs.values() if job.is_plannable and job.id not in served)
    return left + sum(cost_of(day, round_) for round_ in rounds.values())


def cost_of(day: Day, round_: Round) -> float:
    """Return what one round costs: travel and lateness, in seconds of driving."""
    return round_.travel_seconds + sum(day.jobs[stop.id].late_cost(stop.begin) for stop in round_.visits)


def _co2e(day: Day, rounds: Sequence[Round], factors: Factors) -> dict[str, float]:
    """Return the kilograms of CO2e by fuel."""
    by_fuel: dict[str, float] = {}
    for round_ in rounds:
        if round_.metres:
            crew = day.crews[round_.crew_id]
            kg = factors.co2e_kg(crew.vehicle_class, crew.fuel, round_.metres / 1000)
            by_fuel[crew.fuel] = by_fuel.get(crew.fuel, 0.0) + kg
    return by_fuel
