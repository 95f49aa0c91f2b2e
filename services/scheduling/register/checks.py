"""What can be wrong with a row although each of its values is right: with itself, and with the rest of the register.

Every check says which column is wrong and why, in the words of whoever edits it. A check is asked of the world as it
would be after the change, so that an upload whose rows need each other passes, and one whose rows clash does not.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.scheduling.domain.access import AccessLimit
from services.scheduling.domain.beats import Beat
from services.scheduling.domain.depots import Depot
from services.scheduling.domain.fleet import Crew, Vehicle
from services.scheduling.domain.patterns import LONGEST_SHIFT, ROLLING, WEEKLY, Pattern, Rota, ShiftTime, first_overlap
from services.scheduling.domain.people import Absence, Person
from services.scheduling.domain.providers import Contractor, Site, Standard
from services.scheduling.register.tables import TABLES, TableOf
from services.scheduling.register.world import World
from shared.calendar import LONDON
from shared.geo import distance_m

ELECTRIC = "electric"
FURTHEST_M = 30_000
"""A yard further from the council's area than this is a wrong digit: every round would begin with the drive from it."""


@dataclass(frozen=True)
class Problem:
    """What is wrong in which column."""

    column: str
    words: str


def problems_of(world: World, table: TableOf, value: Any) -> list[Problem]:
    """Return what is wrong with a row, given the world as it would be."""
    return list(_CHECKS[table.name](world, value))


def naming(world: World, table: TableOf, row_id: str) -> list[str]:
    """Return the rows of other tables that name a row, in words, so that it can't be retired under them."""
    found = []
    for other in TABLES.values():
        columns = [column for column in other.columns if column.names == table.name]
        for row in world.table(other.name).live:
            named = [row.values.get(column.name) for column in columns]
            if any(row_id == value or (isinstance(value, list) and row_id in value) for value in named):
                found.append(f"{other.one} {other.label_of(row.values)}")
    return found


def _span(from_on: date | None, to_on: date | None, column: str = "to_on") -> Iterator[Problem]:
    """Find a last day before the first."""
    if from_on is not None and to_on is not None and to_on < from_on:
        yield Problem(column, f"The last day, {to_on:%-d %B %Y}, is before the first, {from_on:%-d %B %Y}")


def _person(world: World, person: Person) -> Iterator[Problem]:
    """Find somebody who would be in two crews at once."""
    if len(person.crew_ids) > 1:
        yield from _in_two_places(world, person.crew_ids, person.name, "crew_ids")


def _absence(world: World, absence: Absence) -> Iterator[Problem]:
    """Find an absence that ends before it begins, or that is entered twice."""
    yield from _span(absence.from_on, absence.to_on)
    for other in world.absences:
        if other.id != absence.id and other.person_id == absence.person_id and absence.overlaps(other):
            until = f"to {other.to_on:%-d %B}" if other.to_on else "on"
            yield Problem("from_on", f"They are away already from {other.from_on:%-d %B} {until} ({other.id})")


def _crew(world: World, crew: Crew) -> Iterator[Problem]:
    """Find a crew that shares its vehicle with one on shift at the same time, or whose vehicle is elsewhere."""
    vehicle: Vehicle | None = next((each for each in world.values("vehicles") if each.id == crew.vehicle_id), None)
    if world.table("contractors").row(crew.id) is not None:
        yield Problem("id", f"{crew.id} is a contractor’s id")
    if vehicle is not None and vehicle.depot_id != crew.depot_id:
        yield Problem("vehicle_id", f"{vehicle.registration} belongs to depot {vehicle.depot_id}")
    if vehicle is not None:
        sharing = [each for each in world.values("crews") if each.vehicle_id == crew.vehicle_id]
        yield from _in_two_places(world, [each.id for each in sharing], vehicle.registration, "vehicle_id")


def _depot(world: World, depot: Depot) -> Iterator[Problem]:
    """Find a depot that is called like another, because lists show names, and one that is nowhere near."""
    others: list[Depot] = world.values("depots")
    for other in others:
        if other.id != depot.id and other.name.casefold() == depot.name.casefold():
            yield Problem("name", f"Depot {other.id} is called that already")
    west, south, east, north = world.council.bounds
    lat, lon = min(max(depot.lat, south), north), min(max(depot.lon, west), east)
    away = distance_m(depot.lat, depot.lon, lat, lon)
    if away > FURTHEST_M:
        yield Problem("lat", f"This is {away / 1000:,.0f} km outside the council’s area: check both numbers")


def _vehicle(world: World, vehicle: Vehicle) -> Iterator[Problem]:
    """Find a registration that is another's, times that end before they begin, and what nobody may drive or know."""
    same = next((each for each in world.values("vehicles") if _is_twin(each, vehicle)), None)
    if same is not None:
        yield Problem("registration", f"{same.registration} is the registration of {same.id} already")
    yield from _span(vehicle.off_road_from, vehicle.off_road_to, "off_road_to")
    if vehicle.off_road_to is not None and vehicle.off_road_from is None:
        yield Problem("off_road_from", "Enter the first day that it is off the road")
    if vehicle.fuel == ELECTRIC and vehicle.range_km is None:
        yield Problem("range_km", "Enter how far an electric vehicle goes on one charge")
    if vehicle.gross_kg > _most_allowed(vehicle):
        choose = "C" if vehicle.gross_kg > HEAVIEST["C1"] else "C1 or C"
        yield Problem("licence_needed", f"With its load it weighs {vehicle.gross_kg:,} kg: choose {choose}")


HEAVIEST: Mapping[str, int] = {"B": 3_500, "C1": 7_500}
"""Kilograms with the load at which a category ends (SI 1999/2864, schedule 2)."""

HEAVIEST_OTHER_FUEL_KG = 4_250
"""Category B goes so far for vehicles that burn neither petrol nor diesel (SI 2018/784)."""

OTHER_FUELS = frozenset({ELECTRIC, "gas"})


def _most_allowed(vehicle: Vehicle) -> float:
    """Return what a vehicle may weigh by the licence that is said to be needed; without one, as with B."""
    if vehicle.licence_needed == "B" and vehicle.fuel in OTHER_FUELS:
        return HEAVIEST_OTHER_FUEL_KG
    return HEAVIEST.get(vehicle.licence_needed or "B", float("inf"))


def _is_twin(other: Vehicle, vehicle: Vehicle) -> bool:
    """Say whether another vehicle has the same registration: weighbridge tickets would be anybody's."""
    return other.id != vehicle.id and _plain(other.registration) == _plain(vehicle.registration)


def _plain(registration: str) -> str:
    """Return a registration as it is compared."""
    return registration.replace(" ", "").casefold()


def _pattern(world: World, pattern: Pattern) -> Iterator[Problem]:
    """Find a pattern on which nobody would ever work, that lasts too long, or that clashes on somebody's rota."""
    if pattern.starts == pattern.ends:
        yield Problem("ends", "A shift can’t end when it begins")
    elif pattern.clock_length > LONGEST_SHIFT:
        hours = pattern.clock_length.total_seconds() / 3600
        yield Problem("ends", f"The shift lasts {hours:g} hours; 11 hours of rest a day leave 13")
    if pattern.kind == WEEKLY and not pattern.days:
        yield Problem("days", "Choose the days of the week")
    if pattern.kind == ROLLING:
        for column, words in (
            ("days_on", "Enter how many days on"),
            ("days_off", "Enter how many days off"),
            ("first_day_on", "Enter a day that is the first of the days on"),
        ):
            if getattr(pattern, column) is None:
                yield Problem(column, words)
    for rota in world.rotas:
        if rota.pattern_id == pattern.id:
            yield from (Problem("starts", found.words) for found in _rota(world, rota))


def _rota(world: World, rota: Rota) -> Iterator[Problem]:
    """Find shifts of a crew, of one of its people or of its vehicle that lie at the same time."""
    yield from _span(rota.from_on, rota.to_on)
    crews: list[Crew] = world.values("crews")
    crew = next((each for each in crews if each.id == rota.crew_id), None)
    if crew is None:
        return
    own = list(_in_two_places(world, [crew.id], crew.name, "crew_id", since=rota.from_on))
    yield from own
    if own:
        return
    for person in world.people:
        if crew.id in person.crew_ids:
            yield from _in_two_places(world, person.crew_ids, person.name, "crew_id", since=rota.from_on)
    sharing = [each.id for each in crews if crew.vehicle_id and each.vehicle_id == crew.vehicle_id]
    if len(sharing) > 1:
        yield from _in_two_places(world, sharing, f"vehicle {crew.vehicle_id}", "crew_id", since=rota.from_on)


def _site(_world: World, site: Site) -> Iterator[Problem]:
    """Find a site that closes before it opens."""
    if site.closes <= site.opens:
        yield Problem("closes", "It must close later than it opens")


def _contractor(world: World, contractor: Contractor) -> Iterator[Problem]:
    """Find a contract that ends before it begins, and an id that is a crew's: both can be given jobs by it."""
    yield from _span(contractor.from_on, contractor.to_on)
    if world.table("crews").row(contractor.id) is not None:
        yield Problem("id", f"{contractor.id} is a crew’s id")


def _standard(world: World, standard: Standard) -> Iterator[Problem]:
    """Find a standard without a time or with two, and one beside another for the same jobs."""
    if (standard.working_hours is None) == (standard.working_days is None):
        yield Problem("working_days", "Enter either working hours or working days")
    for other in world.standards:
        same = (other.job_kind, other.waste_type) == (standard.job_kind, standard.waste_type)
        if same and other.id != standard.id:
            yield Problem("job_kind", f"{other.name} is for the same jobs already")


def _access(_world: World, limit: AccessLimit) -> Iterator[Problem]:
    """Find a limit that limits nothing."""
    yield from _span(limit.from_on, limit.to_on)
    if not (limit.is_gated or limit.max_width_cm or limit.max_gross_kg):
        yield Problem("is_gated", "Say what stands in the way: a gate, a width or a weight")


def _beat(_world: World, beat: Beat) -> Iterator[Problem]:
    """Find a beat that ends before it begins."""
    yield from _span(beat.from_on, beat.to_on)


def _in_two_places(
    world: World, crew_ids: Sequence[str], who: str, column: str, *, since: date | None = None
) -> Iterator[Problem]:
    """Find two shifts at the same time."""
    found = first_overlap(world.calendar, crew_ids, max(world.yesterday, since or world.yesterday))
    if found is not None:
        first, second = found
        yield Problem(column, f"{who} would have two shifts at once: {_said(first)}, and {_said(second)}")


def _said(shift: ShiftTime) -> str:
    """Return a shift in words."""
    begins, ends = shift.starts_at.astimezone(LONDON), shift.ends_at.astimezone(LONDON)
    return f"{begins:%-d %B %H:%M} to {ends:%H:%M}"


_CHECKS: Mapping[str, Callable[[World, Any], Iterator[Problem]]] = {
    "people": _person,
    "absences": _absence,
    "depots": _depot,
    "crews": _crew,
    "rotas": _rota,
    "patterns": _pattern,
    "vehicles": _vehicle,
    "sites": _site,
    "contractors": _contractor,
    "standards": _standard,
    "access": _access,
    "beats": _beat,
}
