"""The register as its files say it is: who works where, with what, and what they may do; read by no code of its own.

The rules of a day are checked against this and not against what the services make of the same tables.
"""

import csv
import io
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path

from services.scheduling import rounds
from shared.calendar import LONDON
from shared.council import Council
from tests.proof.day.stage import Browser

INCLUDED = {"B": {"B"}, "C1": {"B", "C1"}, "C": {"B", "C1", "C"}}
"""Who holds a category of licence may drive what the smaller ones allow."""

TABLES = ("crews", "vehicles", "people", "absences", "rotas", "patterns", "sites", "access", "beats")
ASSUMPTIONS = Path(rounds.__file__).parent
AT_THE_PLACE_M = 40


@dataclass(frozen=True)
class Vehicle:
    """A vehicle by its row."""

    id: str
    vehicle_class: str
    payload_kg: int
    volume_litres: int
    gross_kg: int
    width_cm: int | None
    licence: str
    range_km: int | None


@dataclass(frozen=True)
class Crew:
    """A crew by its row, with what the people who are there on the day can do, and when it works."""

    id: str
    name: str
    depot: str
    vehicle: Vehicle
    kind: str
    has_keys: bool
    tickets: frozenset[str]
    licences: frozenset[str]
    starts: datetime
    ends: datetime


@dataclass(frozen=True)
class Site:
    """A disposal site by its row."""

    id: str
    opens: datetime
    closes: datetime
    takes: frozenset[str]


@dataclass(frozen=True)
class Register:
    """What a day's rules are checked against."""

    day: date
    council: Council
    crews: Mapping[str, Crew]
    sites: Mapping[str, Site]
    limits: Mapping[str, Mapping[str, str]]
    """By place: a row of the access limits."""

    beats: Mapping[str, int]
    """Minutes of work, by name."""

    volumes: Mapping[str, int]
    needs: tuple[Mapping[str, object], ...]

    def tickets_for(self, waste_type: str | None, size: str | None) -> frozenset[str]:
        """Return the tickets that somebody must have for waste, by the council's risk assessments."""
        return frozenset(
            str(need["ticket"])
            for need in self.needs
            if waste_type in need["waste_types"] and (not need.get("sizes") or size in need["sizes"])  # type: ignore[operator]
        )

    def limit_at(self, lat: float, lon: float) -> Mapping[str, str]:
        """Return what stands in the way at a place, nothing where nothing does."""
        place = self.council.gazetteer.nearest(lat, lon, within_m=AT_THE_PLACE_M)
        return self.limits.get(place.id, {}) if place is not None else {}


def read_register(browser: Browser, council: Council, day: date) -> Register:
    """Return the register as a supervisor takes it away, a file for each table."""
    tables = {name: _rows(browser, name) for name in TABLES}
    assumed = tomllib.loads((ASSUMPTIONS / "factors.toml").read_text())
    vehicles = {row["id"]: _vehicle(row, assumed) for row in tables["vehicles"]}
    away = {
        row["person_id"]
        for row in tables["absences"]
        if row["from_on"] <= day.isoformat() and (not row["to_on"] or day.isoformat() <= row["to_on"])
    }
    hours = _hours(tables, day)
    return Register(
        day,
        council,
        {
            row["id"]: _crew(row, vehicles[row["vehicle_id"]], tables["people"], away, hours[row["id"]], day)
            for row in tables["crews"]
            if row["id"] in hours and row["vehicle_id"]
        },
        {
            row["id"]: Site(
                row["id"], _at(day, row["opens"]), _at(day, row["closes"]), frozenset(row["ewc_codes"].split(";"))
            )
            for row in tables["sites"]
        },
        {row["place_id"]: row for row in tables["access"]},
        {row["name"]: int(row["minutes"]) for row in tables["beats"]},
        {name: litres for name, litres in assumed["volumes"].items() if isinstance(litres, int)},
        tuple(tomllib.loads((ASSUMPTIONS / "tickets.toml").read_text())["needs"]),
    )


def _rows(browser: Browser, table: str) -> list[dict[str, str]]:
    """Return the rows of a table's file."""
    page = browser.get(f"/dispatch/register/{table}/csv")
    assert page.status == 200, (table, page.status)
    return list(csv.DictReader(io.StringIO(page.text.lstrip("\ufeff"))))


def _vehicle(row: Mapping[str, str], assumed: Mapping[str, Mapping[str, Mapping[str, int]]]) -> Vehicle:
    classes = assumed["classes"]
    volume = row["volume_litres"] or classes.get(row["vehicle_class"], classes["other"])["volume_litres"]
    payload = int(row["payload_kg"])
    return Vehicle(
        row["id"],
        row["vehicle_class"],
        payload,
        int(volume),
        payload + int(row["tare_kg"]),
        int(row["width_cm"]) if row["width_cm"] else None,
        row["licence_needed"],
        int(row["range_km"]) if row["range_km"] else None,
    )


def _crew(
    row: Mapping[str, str],
    vehicle: Vehicle,
    people: list[dict[str, str]],
    away: set[str],
    hours: tuple[datetime, datetime],
    day: date,
) -> Crew:
    there = [person for person in people if row["id"] in person["crew_ids"].split(";") and person["id"] not in away]
    licences: set[str] = set()
    for person in there:
        if not person["licence_until"] or person["licence_until"] >= day.isoformat():
            licences.update(*(INCLUDED[held] for held in person["licences"].split(";") if held))
    tickets = {ticket for person in there for ticket in person["tickets"].split(";") if ticket}
    return Crew(
        row["id"],
        row["name"],
        row["depot_id"],
        vehicle,
        row["kind"],
        row["has_gate_keys"] == "yes",
        frozenset(tickets),
        frozenset(licences),
        *hours,
    )


def _hours(tables: Mapping[str, list[dict[str, str]]], day: date) -> dict[str, tuple[datetime, datetime]]:
    """Return when each crew works on the day, by its rota; crews that don't are left out."""
    patterns = {row["id"]: row for row in tables["patterns"]}
    found = {}
    for rota in tables["rotas"]:
        pattern = patterns[rota["pattern_id"]]
        has_begun = rota["from_on"] <= day.isoformat() and (not rota["to_on"] or day.isoformat() <= rota["to_on"])
        if has_begun and _works(pattern, day):
            found[rota["crew_id"]] = (_at(day, pattern["starts"]), _at(day, pattern["ends"]))
    return found


def _works(pattern: Mapping[str, str], day: date) -> bool:
    """Say whether a pattern has a shift on a day that is no bank holiday."""
    if pattern["kind"] == "weekly":
        return ("mon", "tue", "wed", "thu", "fri", "sat", "sun")[day.weekday()] in pattern["days"].split(";")
    on, off = int(pattern["days_on"]), int(pattern["days_off"])
    return (day - date.fromisoformat(pattern["first_day_on"])).days % (on + off) < on


def _at(day: date, clock: str) -> datetime:
    """Return when clocks in London show a time on the day."""
    return datetime.combine(day, time.fromisoformat(clock), LONDON)
