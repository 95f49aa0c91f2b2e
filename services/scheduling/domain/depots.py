"""Depots: where crews' days begin and end, and where vehicles stand."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.contracts.base import Fact
from shared.contracts.scheduling import DepotChangedV1


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
