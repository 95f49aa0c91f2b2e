"""Depots, crews and vehicles follow the register: it decides, their own documents come after, one at a time.

They have documents of their own because jobs, shifts and tips happen to crews and vehicles, and because all three
announce themselves to other services. Whoever changed the register brings them in line at once; the worker's timer
finishes what a crash left half done, and takes vehicles off the road and back on the days that the register says.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

from services.scheduling import store
from services.scheduling.domain import fleet
from services.scheduling.domain.depots import Depot, announce_depot
from services.scheduling.domain.fleet import Crew, Vehicle
from services.scheduling.domain.providers import Contractor
from services.scheduling.domain.register import Row, Table
from services.scheduling.register import documents
from services.scheduling.register.tables import table_of
from services.scheduling.register.world import value_of
from shared.calendar import london_date
from shared.contracts.base import Fact
from shared.contracts.envelope import Cause
from shared.errors import Conflict, Duplicate
from shared.service import ServiceContext
from shared.store.repository import A, Repository

CONTRACTOR = "contractor"
AT_START = Cause()

FOLLOWED = (
    "registration",
    "depot_id",
    "vehicle_class",
    "payload_kg",
    "tare_kg",
    "fuel",
    "range_km",
    "volume_litres",
    "width_cm",
    "licence_needed",
    "off_road_from",
    "off_road_to",
)
"""What of a vehicle the register decides; its tips are its own."""


def follow_register(ctx: ServiceContext) -> None:
    """Bring depots, crews and vehicles in line with the register; doing so again changes nothing."""
    today = london_date(ctx.clock.now())
    known = _known_neighbourhoods(ctx)
    for row in _rows(ctx, "depots"):
        depot: Depot = _value("depots", row)
        depot = replace(depot, is_retired=row.is_retired, neighbourhoods=tuple(sorted(known.get(row.id, ()))))
        _unless_done(partial(_follow_depot, ctx, depot))
    for row in _rows(ctx, "vehicles"):
        _unless_done(partial(_follow_vehicle, ctx, row, today))
    for row in _rows(ctx, "crews"):
        _unless_done(partial(_follow_crew, ctx, replace(_value("crews", row), is_retired=row.is_retired)))
    for row in _rows(ctx, "contractors"):
        contractor: Contractor = _value("contractors", row)
        _unless_done(partial(_follow_crew, ctx, _as_crew(contractor, row, today)))


def _rows(ctx: ServiceContext, name: str) -> Sequence[Row]:
    """Return the rows of a table, retired ones too."""
    return (documents.tables(ctx.store).get(name) or Table(name)).rows


def _known_neighbourhoods(ctx: ServiceContext) -> Mapping[str, set[str]]:
    """Return the neighbourhoods that the crews of each depot know."""
    known: dict[str, set[str]] = {}
    for row in _rows(ctx, "crews"):
        if not row.is_retired:
            known.setdefault(row.values["depot_id"], set()).update(row.values.get("neighbourhoods") or ())
    return known


def _value(name: str, row: Row) -> Any:
    """Return a row as the domain's value."""
    return value_of(table_of(name), row)


def _as_crew(contractor: Contractor, row: Row, today: date) -> Crew:
    """Return a contractor as one who can be given jobs; after its contract has ended, nobody can."""
    return Crew(
        contractor.id,
        contractor.name,
        contractor.depot_id,
        None,
        CONTRACTOR,
        waste_types=contractor.waste_types,
        is_retired=row.is_retired or not contractor.works_on(today),
    )


def _follow_depot(ctx: ServiceContext, wanted: Depot) -> None:
    """Bring a depot in line, and tell everybody which there are."""
    repository = store.depots(ctx.store)
    known = repository.get(wanted.id)
    depot = replace(wanted, version=known.version, sequence=known.sequence) if known else wanted
    if depot != known:
        _put(ctx, repository, depot, announce_depot(depot, known))


def _follow_vehicle(ctx: ServiceContext, row: Row, today: date) -> None:
    """Bring a vehicle in line; one that is off the road today says so to everybody, and when it is back."""
    repository = store.vehicles(ctx.store)
    known, value = repository.get(row.id), _value("vehicles", row)
    wanted: Vehicle = replace(
        known or value, is_retired=row.is_retired, **{name: getattr(value, name) for name in FOLLOWED}
    )
    is_off = wanted.is_retired or not replace(wanted, state=fleet.ON_ROAD).is_on_road(today)
    wanted = fleet.by_register(wanted, is_off=is_off)
    if wanted == known:
        return
    is_news = known is None or fleet.vehicle_state(known) != fleet.vehicle_state(wanted)
    vehicle, facts = fleet.join_fleet(wanted) if is_news else (wanted, [])
    _put(ctx, repository, vehicle, facts)


def _follow_crew(ctx: ServiceContext, wanted: Crew) -> None:
    """Bring a crew in line, and tell everybody which there are: accounts gives codes to those alone."""
    repository = store.crews(ctx.store)
    known = repository.get(wanted.id)
    crew = replace(wanted, version=known.version, sequence=known.sequence) if known else wanted
    facts = fleet.announce_crew(crew, known)
    if facts or crew != known:
        _put(ctx, repository, crew, facts)


def _put(ctx: ServiceContext, repository: Repository[A], aggregate: A, facts: Sequence[Fact]) -> None:
    """Insert or save an aggregate, by its version."""
    put = repository.save if aggregate.version else repository.add
    put(aggregate, facts, at=ctx.clock.now(), cause=AT_START)


def _unless_done(act: Callable[[], None]) -> None:
    """Act, unless another process has just done the same."""
    try:
        act()
    except (Duplicate, Conflict):
        return
