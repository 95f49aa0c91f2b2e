"""Places near which waste is more urgent (a school, a playground), by their sort: points of the council's own file.

They are no gazetteer: nobody gives them as a place. A council takes them from whatever register it has; the sorts are
its own words for them, which rules of assessment name (`field = "near"`).
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import floor
from pathlib import Path

from shared.errors import ConfigError
from shared.geo.grid import distance_m
from shared.toml import SLUG

COLUMNS = ["sort", "name", "lat", "lon"]
FURTHEST_M = 200
"""How far around a place is looked at most."""


@dataclass(frozen=True)
class Landmark:
    """One point: its sort, its name, and where it is (WGS84)."""

    sort: str
    name: str
    lat: float
    lon: float


@dataclass(frozen=True)
class Landmarks:
    """All points of a council, and which of them are near a place."""

    points: tuple[Landmark, ...] = field(default=())

    @cached_property
    def sorts(self) -> frozenset[str]:
        """The sorts that there are."""
        return frozenset(point.sort for point in self.points)

    def near(self, lat: float, lon: float) -> Mapping[str, tuple[int, str]]:
        """Return how many metres away the nearest point of each sort within `FURTHEST_M` is, and its name."""
        row, column = _square(lat, lon)
        found: dict[str, tuple[int, str]] = {}
        for one_row in (row - 1, row, row + 1):
            for one_column in (column - 1, column, column + 1):
                for point in self._by_square.get((one_row, one_column), ()):
                    metres = round(distance_m(lat, lon, point.lat, point.lon))
                    if metres <= FURTHEST_M and (point.sort not in found or metres < found[point.sort][0]):
                        found[point.sort] = (metres, point.name)
        return found

    @cached_property
    def _by_square(self) -> Mapping[tuple[int, int], Sequence[Landmark]]:
        squares: dict[tuple[int, int], list[Landmark]] = {}
        for point in self.points:
            squares.setdefault(_square(point.lat, point.lon), []).append(point)
        return squares


def read_landmarks(path: Path) -> Landmarks:
    """Return the points of a CSV file; raises `ConfigError` naming file and line."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            if reader.fieldnames != COLUMNS:
                raise ConfigError(f"{path}: the first line must be {','.join(COLUMNS)}")
            return Landmarks(tuple(_landmark(path, number, row) for number, row in enumerate(reader, start=2)))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error


def _landmark(path: Path, number: int, row: Mapping[str, str | None]) -> Landmark:
    """Return the point of a line."""
    values = {column: (row.get(column) or "").strip() for column in COLUMNS}
    if not SLUG.match(values["sort"]) or not values["name"]:
        raise ConfigError(f"{path}: line {number}: sort must be lower-case words joined by hyphens, and name not empty")
    try:
        lat, lon = float(values["lat"]), float(values["lon"])
    except ValueError:
        raise ConfigError(f"{path}: line {number}: lat and lon must be numbers") from None
    return Landmark(values["sort"], values["name"], lat, lon)


def _square(lat: float, lon: float) -> tuple[int, int]:
    """Return the square of a point; its sides are at least `FURTHEST_M` anywhere in Britain."""
    return floor(lat / 0.002), floor(lon / 0.004)
