"""The order in which somebody walks to a few dozen places: the nearest next, then untangled.

Nearest-neighbour from several beginnings, the shortest of them improved by 2-opt (turning a stretch round wherever that
makes the walk shorter) until nothing helps. The walk is open: it ends where it ends. Straight lines over the National
Grid in metres; streets make it longer, by about a third in a terraced city.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import hypot

Point = tuple[float, float]
MOST_STOPS = 40
"""A day's walk, and what a sheet or two of paper holds."""

BEGINNINGS = 12
DETOUR = 1.3
"""Streets against straight lines. A rule of thumb, not measured here."""
METRES_A_MINUTE = 67
"""4 km/h: somebody who looks about."""
MINUTES_AT_EACH = 3
LEAST_GAIN_M = 0.01


def order_walk(points: Sequence[Point], *, first: int | None = None) -> list[int]:
    """Return the numbers of points (easting, northing in metres) in walking order; `first` is where it must begin."""
    if len(points) < 2:
        return list(range(len(points)))
    step = max(1, len(points) // BEGINNINGS)
    beginnings = [first] if first is not None else list(range(0, len(points), step))
    walks = [_untangled(points, _nearest_next(points, begin), is_fixed=first is not None) for begin in beginnings]
    return min(walks, key=lambda walk: length_m(points, walk))


def length_m(points: Sequence[Point], walk: Sequence[int]) -> float:
    """Return how long a walk is, in metres of straight lines."""
    return sum(_metres(points, a, b) for a, b in pairwise(walk))


def minutes(metres: float, stops: int, *, at_each: int = MINUTES_AT_EACH) -> int:
    """Return about how long a walk takes, detours and a look at each stop included."""
    return round(metres * DETOUR / METRES_A_MINUTE) + stops * at_each


def _nearest_next(points: Sequence[Point], begin: int) -> list[int]:
    """Return a walk that always goes on to the nearest point that is left."""
    walk, left = [begin], set(range(len(points))) - {begin}
    while left:
        here = walk[-1]
        walk.append(min(left, key=lambda there: (_metres(points, here, there), there)))
        left.remove(walk[-1])
    return walk


def _untangled(points: Sequence[Point], walk: list[int], *, is_fixed: bool) -> list[int]:
    """Return the walk with every stretch turned round that makes it shorter; a fixed beginning stays."""
    improved = True
    while improved:
        improved = False
        for start in range(1 if is_fixed else 0, len(walk) - 1):
            for end in range(start + 1, len(walk)):
                if _gain(points, walk, start, end) > LEAST_GAIN_M:
                    walk = [*walk[:start], *reversed(walk[start : end + 1]), *walk[end + 1 :]]
                    improved = True
    return walk


def _gain(points: Sequence[Point], walk: Sequence[int], start: int, end: int) -> float:
    """Return by how many metres turning a stretch round shortens an open walk."""
    gain = 0.0
    if start > 0:
        gain += _metres(points, walk[start - 1], walk[start]) - _metres(points, walk[start - 1], walk[end])
    if end < len(walk) - 1:
        gain += _metres(points, walk[end], walk[end + 1]) - _metres(points, walk[start], walk[end + 1])
    return gain


def _metres(points: Sequence[Point], one: int, other: int) -> float:
    """Return how far two points are apart."""
    return hypot(points[one][0] - points[other][0], points[one][1] - points[other][1])
