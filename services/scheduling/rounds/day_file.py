"""A day and its plan as JSON files, in the format of the independent referee that anyone may score a plan with.

Ids are numbers there, and stay what they are on the way in and out; sites and depots are known by their position in
their lists. A file that is wrong is refused with the place of what is wrong.
"""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from services.scheduling.rounds.day import DAY_END, Crew, Day, Job, Rest, Sheets, Site
from services.scheduling.rounds.travel import Slow, StraightTravel
from shared.errors import DomainError


def read_tables(file: Path) -> dict[str, Any]:
    """Return what is in a day's file; raises `DomainError` where that is no JSON object."""
    try:
        tables = json.loads(file.read_text())
    except ValueError as error:  # of JSON, and of text that is not UTF-8
        raise DomainError(f"{file} is not JSON: {error}") from error
    if not isinstance(tables, dict):
        raise DomainError(f"{file} is not a day: it must be an object with crews, jobs, sites and rules")
    return tables


def day_of(tables: Mapping[str, Any]) -> tuple[Day, StraightTravel]:
    """Return the day of a file's tables and its travel; raises `DomainError`."""
    where = "vehicle_types"
    try:
        kmh = {name: _above_nothing(each, "free_flow_kmh") for name, each in tables["vehicle_types"].items()}
        where = "travel"
        slow = [
            Slow(_whole(each, "from"), _whole(each, "to"), _above_nothing(each, "multiplier"))
            for each in tables["travel"]["speed_multipliers"]
        ]
        where = "sites"
        tip = _whole(tables["rules"], "tip_seconds")
        sites = {
            str(number): Site(
                str(number), _spot(site), tip, opens=site.get("opens", 0), closes=site.get("closes", DAY_END)
            )
            for number, site in enumerate(tables["sites"])
        }
        crews, jobs = {}, {}
        where = "crews"
        for number, table in enumerate(tables["crews"]):
            where = f"crews[{number}]"
            crew = _crew(tables, table)
            crews[crew.id] = crew
        where = "objective"
        urgencies = _urgencies(tables)
        where = "jobs"
        for number, table in enumerate(tables["jobs"]):
            where = f"jobs[{number}]"
            job = _job(tables, table, urgencies)
            jobs[job.id] = job
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        missing = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) and error.args else str(error)
        raise DomainError(f"This is not a day that can be planned: in {where}, {missing}") from error
    if len(crews) != len(tables["crews"]) or len(jobs) != len(tables["jobs"]):
        raise DomainError("This is not a day that can be planned: two crews, or two jobs, have the same id")
    if not sites:
        raise DomainError("This is not a day that can be planned: there is no site to tip at")
    return Day(crews, jobs, sites, name=str(tables.get("name", ""))), StraightTravel(kmh, slow)


def plan_of(tables: Mapping[str, Any], sheets: Sheets) -> dict[str, Any]:
    """Return a plan as the referee reads it, with the ids of the day's file."""
    crew_ids = {str(crew["id"]): crew["id"] for crew in tables["crews"]}
    job_ids = {str(job["id"]): job["id"] for job in tables["jobs"]}
    routes = []
    for crew_id, steps in sheets.items():
        stops: list[dict[str, Any]] = []
        for step in steps:
            if step.kind == "job":
                stops.append({"job": job_ids[step.id]})
            elif step.kind == "tip":
                stops.append({"site": int(step.id)})
            else:
                stops.append({"break": True})
        routes.append({"crew": crew_ids[crew_id], "stops": stops})
    return {"routes": routes}


def _crew(tables: Mapping[str, Any], table: Mapping[str, Any]) -> Crew:
    """Return a crew of the file."""
    rules, vehicle = tables["rules"], tables["vehicle_types"][table["vehicle_type"]]
    start, end = int(table["shift_start"]), int(table["shift_end"])
    earliest, latest = rules["break_starts_between_seconds_after_start"]
    home = _spot(tables["depots"][_whole(table, "depot")])
    if end <= start:
        raise ValueError("shift_end must be later than shift_start")
    return Crew(
        id=_id(table),
        name=f"crew {table['id']}",
        vehicle_class=table["vehicle_type"],
        payload_kg=_whole(vehicle, "payload_kg"),
        volume_litres=_whole(vehicle, "volume_litres"),
        skills=_skills(table["skills"]),
        position=home,
        home=home,
        start=start,
        end=end,
        ready=start + _whole(rules, "vehicle_checks_seconds"),
        rest=Rest(_whole(rules, "break_seconds"), start + int(earliest), start + int(latest)),
    )


def _job(tables: Mapping[str, Any], table: Mapping[str, Any], urgencies: Mapping[str, int]) -> Job:
    """Return a job of the file."""
    worth, priority = tables["objective"], str(table["priority"])
    deadline = table["deadline"]
    return Job(
        id=_id(table),
        label=f"job {table['id']}",
        spot=_spot(table),
        work_seconds=_whole(table, "service_seconds"),
        kg=_whole(table, "load_kg"),
        litres=_whole(table, "volume_litres"),
        urgency=urgencies[priority],
        prize=round(_number(worth["prize_minutes_by_priority"], priority) * 60),
        late_rate=_number(worth["late_cost_per_minute_by_priority"], priority),
        deadline=None if deadline is None else int(deadline),
        release=_whole({"release": 0, **table}, "release"),
        skill=None if table["skill"] is None else _text(table["skill"], "skill"),
    )


def _urgencies(tables: Mapping[str, Any]) -> dict[str, int]:
    """Return 1 for the priority with the highest prize, 2 for the next, and so on."""
    prizes = tables["objective"]["prize_minutes_by_priority"]
    return {priority: place for place, priority in enumerate(sorted(prizes, key=prizes.get, reverse=True), start=1)}


def _id(table: Mapping[str, Any]) -> str:
    """Return the id of a crew or job, a number or a text; raises `TypeError`."""
    if isinstance(table["id"], bool) or not isinstance(table["id"], int | str):
        raise TypeError(f"id must be a number or a text, not {table['id']}")
    return str(table["id"])


def _text(value: Any, name: str) -> str:
    """Return a text; raises `TypeError`."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a text, not {value}")
    return value


def _skills(value: Any) -> frozenset[str]:
    """Return a list of skills; raises `TypeError`."""
    if not isinstance(value, list):
        raise TypeError(f"skills must be a list, not {value}")
    return frozenset(_text(each, "each of the skills") for each in value)


def _number(table: Mapping[str, Any], name: str) -> float:
    """Return a number of a table that isn't below nothing; raises `ValueError`."""
    number = float(table[name])
    if not 0 <= number < math.inf:
        raise ValueError(f"{name} must be 0 or more, not {table[name]}")
    return number


def _above_nothing(table: Mapping[str, Any], name: str) -> float:
    """Return a number of a table by which others are divided; raises `ValueError`."""
    number = _number(table, name)
    if not number:
        raise ValueError(f"{name} must be more than 0")
    return number


def _whole(table: Mapping[str, Any], name: str) -> int:
    """Return a whole number of a table that isn't below nothing; raises `ValueError`."""
    return int(_number(table, name))


def _spot(table: Mapping[str, Any]) -> tuple[float, float]:
    """Return the place of a table; raises `ValueError` where it is on no map."""
    lat, lon = float(table["lat"]), float(table["lon"])
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise ValueError(f"lat {lat}, lon {lon} is no place")
    return lat, lon
