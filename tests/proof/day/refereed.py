"""The first plan of each depot, driven by the referee that lies beside the reference data and knows none of our code.

It has no opening hours and no materials, so it is asked what it does know: that no crew has a job that it can't do,
nobody has a job twice, and what was planned fits into the shifts with its tips and breaks.
"""

from collections.abc import Mapping
from types import ModuleType
from typing import Any

from services.scheduling.rounds.factors import load_factors
from shared.contracts.envelope import Event
from tests.proof.day.course import Ways
from tests.proof.day.crews import LOAD_SECONDS, LOAD_SECONDS_PER_KG, LONGEST_LOAD_SECONDS
from tests.proof.day.register import Crew, Register
from tests.proof.day.rules import Checked, Lived

RULE = "first plans, driven by the referee"
MOST_DROPPED = 0.03
"""Of the planned jobs: by a replay of its own, a shift that is planned to the minute may lose its last."""


def check_first_plans(lived: Lived, referee: ModuleType) -> Checked:
    """Return what the referee says of the first plan that was published for each depot."""
    first: dict[str, Event] = {}
    for plan in lived.story.plans:
        first.setdefault(plan.state["depot_id"], plan)
    broken, looked_at = [], 0
    for depot_id, plan in sorted(first.items()):
        planned = len(plan.state["stops"])
        looked_at += planned
        try:
            served = _served(lived, plan, referee)
        except AssertionError as refusal:
            broken.append(f"the plan of {depot_id} is refused: {refusal}")
            continue
        if planned - served > max(1, MOST_DROPPED * planned):
            broken.append(f"of {planned} jobs of {depot_id} the crews would do {served}")
    return Checked(RULE, looked_at, tuple(broken))


def _served(lived: Lived, plan: Event, referee: ModuleType) -> int:
    """Return how many jobs of a plan are done when the referee drives it; raises `AssertionError`."""
    register, ways = lived.register, Ways(lived.register.day)
    depot = register.council.depot(plan.state["depot_id"])
    crews = [crew for crew in register.crews.values() if crew.depot == depot.id]
    states = {stop["job_id"]: lived.story.state_at(stop["job_id"], plan.time) or {} for stop in plan.state["stops"]}
    jobs = {job_id: _job(referee, register, job_id, state) for job_id, state in states.items()}
    for crew in crews:
        kmh = load_factors().of_class(crew.vehicle.vehicle_class).kmh
        referee.VTYPES[crew.vehicle.id] = (crew.vehicle.payload_kg, crew.vehicle.volume_litres, kmh)
    instance = referee.Inst(
        depot.id,
        [(depot.lat, depot.lon)],
        [(site.lat, site.lon) for site in register.council.sites],
        [
            referee.Crew(
                crew.id,
                crew.vehicle.id,
                frozenset(job.skill for job in jobs.values() if _can_do(register, crew, states[job.id])),
                0,
                ways.frame.seconds(crew.starts),
                ways.frame.seconds(crew.ends),
            )
            for crew in crews
        ],
        jobs,
    )
    sheets: dict[str, list[tuple[str, str]]] = {crew.id: [] for crew in crews}
    for stop in sorted(plan.state["stops"], key=lambda stop: stop["position"]):
        sheets[stop["crew_id"]].append(("J", stop["job_id"]))
    return int(referee.execute(instance, sheets)["served"])


def _job(referee: ModuleType, register: Register, job_id: str, state: Mapping[str, Any]) -> Any:
    """Return a job as the referee takes it; each is a skill of its own, which the crews have that can do it."""
    kg = register.council.size_kg.get(state["size"] or "", 0)
    seconds = min(LONGEST_LOAD_SECONDS, LOAD_SECONDS + int(kg * LOAD_SECONDS_PER_KG))
    litres = register.volumes.get(state["size"] or "", 0)
    return referee.Job(job_id, state["lat"], state["lon"], "job", seconds, kg, litres, job_id, 3, None)


def _can_do(register: Register, crew: Crew, state: Mapping[str, Any]) -> bool:
    """Say whether a crew has the tickets and keys, and a vehicle that is narrow and light enough."""
    limit = register.limit_at(state["lat"], state["lon"])
    vehicle = crew.vehicle
    return (
        register.tickets_for(state["waste_type"], state["size"]) <= crew.tickets
        and (limit.get("is_gated") != "yes" or crew.has_keys)
        and (not limit.get("max_width_cm") or (vehicle.width_cm or 0) <= int(limit["max_width_cm"]))
        and (not limit.get("max_gross_kg") or vehicle.gross_kg <= int(limit["max_gross_kg"]))
    )
