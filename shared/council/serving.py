"""Which depot's crews come to a place."""

from collections.abc import Collection, Sequence
from typing import NamedTuple, Protocol, TypeVar

from shared.geo.grid import distance_m


class Depot(Protocol):
    """A depot, wherever it is known from: its yard (WGS84), and the neighbourhoods that its crews know."""

    @property
    def lat(self) -> float: ...  # noqa: D102
    @property
    def lon(self) -> float: ...  # noqa: D102
    @property
    def neighbourhoods(self) -> Collection[str]: ...  # noqa: D102


D = TypeVar("D", bound=Depot)


class Serving(NamedTuple):
    """What is to be known of a depot to say whether its crews come."""

    id: str
    lat: float
    lon: float
    neighbourhoods: Collection[str]


def depot_serving(depots: Sequence[D], neighbourhood: str, lat: float, lon: float) -> D:
    """Return the depot whose crews know the neighbourhood, the nearest of several; else the nearest of all."""
    knowing = [depot for depot in depots if neighbourhood in depot.neighbourhoods] or depots
    return min(knowing, key=lambda depot: distance_m(lat, lon, depot.lat, depot.lon))
