"""Depots: where crews' days begin and end, and where vehicles stand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.contracts.base import Fact
from shared.contracts.scheduling import DepotChangedV1
from shared.geo import distance_m


@dataclass(frozen=True)
class Depot:
    """A depot as the register has it; `lat` and `lon` are of its yard, WGS84, and its crews know its neighbourhoods."""

    id: str
    name: str
    lat: float
    lon: float
    neighbourhoods: tuple[str, ...] = ()
    is_retired: bool = False
    version: int = 0
    sequence: int = 0


def depot_state(depot: Depot) -> Mapping[str, Any]:
    """Return what every event of the depot carries."""
    return {
        "depot_id": depot.id,
        "lat": depot.lat,
        "lon": depot.lon,
        "neighbourhoods": list(depot.neighbourhoods),
        "active": not depot.is_retired,
    }


def announce_depot(depot: Depot, known: Depot | None) -> list[Fact]:
    """Announce a depot that is new, or whose public state has changed: its name alone is nobody else's news."""
    if known is not None and depot_state(known) == depot_state(depot):
        return []
    return [DepotChangedV1.fact()]


def depot_for(depots: Sequence[Depot], neighbourhood: str, lat: float, lon: float) -> Depot:
    """Return the depot whose crews know the neighbourhood, the nearest of several; else the nearest of all."""
    knowing = [depot for depot in depots if neighbourhood in depot.neighbourhoods] or depots
    return min(knowing, key=lambda depot: distance_m(lat, lon, depot.lat, depot.lon))
