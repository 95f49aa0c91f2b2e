"""How long ways take: an interface, and the default that needs no map.

The default takes streets to be 30 % longer than the crow flies, a speed per class of vehicle, and slower times of the
day. It is first in, first out: who leaves later never arrives earlier, because a way is driven at the speed of each
moment that it lasts. A provider with a road network in it needs the same three functions.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol

from services.scheduling.rounds.day import DAY_END, Spot

if TYPE_CHECKING:
    import numpy as np

DETOUR = 1.3
EARTH_RADIUS_M = 6_371_000.0
DEFAULT_KMH = 25.0
"""A loaded tipper in a city, all day long."""


class Travel(Protocol):
    """What planning asks of whoever knows the ways."""

    def metres(self, start: Spot, end: Spot) -> float:
        """Return the length of the way."""
        ...

    def seconds(self, start: Spot, end: Spot, vehicle_class: str, leaving: float) -> float:
        """Return how long the way takes for who leaves at this time."""
        ...

    def typical_seconds(self, spots: Sequence[Spot], vehicle_class: str, start: int, end: int) -> "np.ndarray":
        """Return how long the ways between all spots take on the average between two times, as whole seconds."""
        ...


@dataclass(frozen=True)
class Slow:
    """A time of the day at which traffic moves at a share of its free speed."""

    start: int
    end: int
    share: float


@dataclass
class StraightTravel:
    """Travel by distance, class of vehicle and time of day."""

    kmh: Mapping[str, float]
    slow: Sequence[Slow] = ()
    _metres: dict[tuple[Spot, Spot], float] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        """Cut the day at the times where the speed changes."""
        edges = sorted({0, DAY_END, *(edge for slow in self.slow for edge in (slow.start, slow.end))})
        self._pieces = [(end, self._share_at(start)) for start, end in pairwise(edges)]

    def metres(self, start: Spot, end: Spot) -> float:
        """Return the great-circle distance with the detour."""
        known = self._metres.get((start, end))
        if known is None:
            known = self._metres[start, end] = self._metres[end, start] = DETOUR * _great_circle(start, end)
        return known

    def seconds(self, start: Spot, end: Spot, vehicle_class: str, leaving: float) -> float:
        """Return the time at the speed of each moment of the way."""
        left = self.metres(start, end)
        free = self._metres_per_second(vehicle_class)
        now = leaving
        for until, share in self._pieces:
            if until <= now:
                continue
            speed = free * share
            needed = left / speed
            if now + needed <= until:
                return now + needed - leaving
            left -= (until - now) * speed
            now = until
        return now + left / free - leaving

    def typical_seconds(self, spots: Sequence[Spot], vehicle_class: str, start: int, end: int) -> "np.ndarray":
        """Return free-flow times with the average slow-down of the hours between start and end."""
        import numpy as np  # half a second that only who solves has to pay

        radians = np.radians(np.array(spots, dtype=float))
        lat, lon = radians[:, 0], radians[:, 1]
        across = np.sin((lon[:, None] - lon) / 2) ** 2 * np.cos(lat[:, None]) * np.cos(lat)
        angle = np.arcsin(np.sqrt(np.sin((lat[:, None] - lat) / 2) ** 2 + across))
        metres = DETOUR * 2 * EARTH_RADIUS_M * angle
        typical = metres / self._metres_per_second(vehicle_class) * self._slow_down(start, end)
        whole: np.ndarray = np.rint(typical).astype(np.int64)
        return whole

    def _metres_per_second(self, vehicle_class: str) -> float:
        """Return the free speed of a class of vehicle."""
        return self.kmh.get(vehicle_class, DEFAULT_KMH) / 3.6

    def _share_at(self, at: float) -> float:
        """Return the share of its free speed at which traffic moves."""
        return next((slow.share for slow in self.slow if slow.start <= at < slow.end), 1.0)

    def _slow_down(self, start: int, end: int) -> float:
        """Return by how much ways are longer between two times, on the average over the time."""
        if end <= start:
            return 1.0 / self._share_at(start)
        total, since = 0.0, start
        for until, share in self._pieces:
            upto = min(until, end)
            if upto > since:
                total += (upto - since) / share
                since = upto
        return total / (since - start) if since > start else 1.0


def _great_circle(start: Spot, end: Spot) -> float:
    """Return the distance of two spots in metres by the haversine formula."""
    lat, other_lat = math.radians(start[0]), math.radians(end[0])
    half_lon = math.radians(end[1] - start[1]) / 2
    chord = math.sin((other_lat - lat) / 2) ** 2 + math.cos(lat) * math.cos(other_lat) * math.sin(half_lon) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(chord))
