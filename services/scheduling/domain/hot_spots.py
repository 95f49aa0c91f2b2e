"""Hot spots: where reports came again and again, counted and not modelled.

The report with the most others within the radius is a spot, with all of them; then the same of those that are left.
Every report is counted at one spot at most, and the same reports give the same spots.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import cos, radians

from shared.geo import distance_m

RADIUS_M = 100
"""A stretch of a street or an alley with its ends: what one team does without moving its vehicle."""

FEWEST = 4
"""Reports in the time looked at: twice or three times happens anywhere."""

METRES_PER_DEGREE = 111_195


@dataclass(frozen=True)
class ReportPoint:
    """A report as its job has it: where, when, and under which job it is found."""

    job_id: str
    reference: str
    report_kind: str
    at: datetime
    lat: float
    lon: float
    neighbourhood: str
    place_id: str | None = None


@dataclass(frozen=True)
class Spot:
    """A circle around its middle, with the reports in it, the newest first."""

    lat: float
    lon: float
    neighbourhood: str
    points: tuple[ReportPoint, ...]

    @property
    def count(self) -> int:
        """How many reports."""
        return len(self.points)

    @property
    def last_at(self) -> datetime:
        """When the newest came."""
        return self.points[0].at


def hot_spots(points: Iterable[ReportPoint], *, radius_m: int = RADIUS_M, fewest: int = FEWEST) -> list[Spot]:
    """Return the places with so many reports or more within the radius, the most first."""
    left = {point.job_id: point for point in points}
    near = _near(list(left.values()), radius_m)
    # One with too few around it is no middle, now or later; it may still lie in another's circle.
    middles = {job_id for job_id in left if len(near[job_id]) >= fewest}
    spots: list[Spot] = []
    while middles:
        counted = {job_id: sum(other in left for other in near[job_id]) for job_id in middles}
        # The id decides between equals, so that nothing depends on the order of reading.
        middle_id = min(counted, key=lambda job_id: (-counted[job_id], job_id))
        if counted[middle_id] < fewest:
            break
        around = (left[job_id] for job_id in near[middle_id] if job_id in left)
        taken = sorted(around, key=lambda point: (point.at, point.job_id))
        middle = left[middle_id]
        spots.append(Spot(middle.lat, middle.lon, middle.neighbourhood, tuple(reversed(taken))))
        for point in taken:
            del left[point.job_id]
        middles = {job_id for job_id in middles if job_id in left and counted[job_id] >= fewest}
    return spots


def within(points: Iterable[ReportPoint], lat: float, lon: float, radius_m: int) -> list[ReportPoint]:
    """Return the reports within a circle."""
    return [point for point in points if distance_m(point.lat, point.lon, lat, lon) <= radius_m]


def _near(points: Sequence[ReportPoint], radius_m: int) -> dict[str, list[str]]:
    """Return for every report those within the radius, itself among them."""
    cell_of = _cells(points, radius_m)
    cells: dict[tuple[int, int], list[ReportPoint]] = {}
    for point in points:
        cells.setdefault(cell_of(point), []).append(point)
    found = {}
    for point in points:
        row, column = cell_of(point)
        around = (other for y in (-1, 0, 1) for x in (-1, 0, 1) for other in cells.get((row + y, column + x), ()))
        found[point.job_id] = [other.job_id for other in within(around, point.lat, point.lon, radius_m)]
    return found


def _cells(points: Sequence[ReportPoint], radius_m: int) -> Callable[[ReportPoint], tuple[int, int]]:
    """Return how to find a report's cell: cells are a little wider than the radius, so neighbours are in the nine."""
    side = radius_m / METRES_PER_DEGREE * 1.01
    narrow = cos(radians(max((abs(point.lat) for point in points), default=0.0)))
    return lambda point: (int(point.lat // side), int(point.lon * narrow // side))
