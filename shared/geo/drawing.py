"""Our own drawn base map of a council: a picture that needs no tiles and no script, for where a place lies roughly.

It is never the only way to give or read a location: whoever shows it says in words what it shows.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import cos, radians
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shared.council import Council

WIDTH = 600
"""Of a map that is drawn from boundaries alone, in its own measure."""

_NUMBERS = re.compile(r"-?[0-9.]+")


@dataclass(frozen=True)
class DrawnArea:
    """A neighbourhood as the data of an SVG path."""

    id: str
    name: str
    path: str

    @property
    def corners(self) -> list[tuple[float, float]]:
        """The points of its outline."""
        numbers = [float(number) for number in _NUMBERS.findall(self.path)]
        return list(zip(numbers[::2], numbers[1::2], strict=True))

    @property
    def middle(self) -> tuple[float, float]:
        """Where its name stands: the middle of the box around it."""
        across, down = [x for x, _ in self.corners], [y for _, y in self.corners]
        return round((min(across) + max(across)) / 2, 1), round((min(down) + max(down)) / 2, 1)


@dataclass(frozen=True)
class DrawnMap:
    """The layers of a drawn map, and the frame that turns a position into a point on it."""

    width: int
    height: int
    river: str
    streets: str
    alleys: str
    areas: tuple[DrawnArea, ...]
    west: float
    north: float
    x_scale: float
    y_scale: float

    def point(self, lat: float, lon: float) -> tuple[float, float]:
        """Return where a position lies on the map, from its upper left corner."""
        return round((lon - self.west) * self.x_scale, 1), round((self.north - lat) * self.y_scale, 1)


@cache
def load_drawn_map(council_file: Path) -> DrawnMap | None:
    """Return the map that lies beside a council's configuration, None where it has none."""
    file = council_file.with_name("map.json")
    if not file.exists():
        return None
    read = json.loads(file.read_text(encoding="utf-8"))
    return DrawnMap(
        width=read["width"],
        height=read["height"],
        river=read["river"],
        streets=read["streets"],
        alleys=read["alleys"],
        areas=tuple(DrawnArea(area["id"], area["name"], area["path"]) for area in read["neighbourhoods"]),
        **read["frame"],
    )


def drawn_map_of(council: "Council", council_file: Path) -> DrawnMap:
    """Return the council's drawn map; where it has none, one of its neighbourhoods' outlines."""
    return load_drawn_map(council_file) or _outlines(council_file, council)


_drawn: dict[Path, DrawnMap] = {}


def _outlines(council_file: Path, council: "Council") -> DrawnMap:
    """Return a map of nothing but the neighbourhoods, drawn once for each council's file."""
    if council_file not in _drawn:
        west, south, east, north = council.bounds
        x_scale = WIDTH / (east - west)
        y_scale = x_scale / cos(radians((north + south) / 2))
        plain = DrawnMap(WIDTH, round((north - south) * y_scale), "", "", "", (), west, north, x_scale, y_scale)
        areas = [area for one in council.boundaries if one.kind == "neighbourhood" for area in one.areas]
        _drawn[council_file] = DrawnMap(
            **{**vars(plain), "areas": tuple(DrawnArea(a.id, a.name, _path(plain, a.geometry)) for a in areas)}
        )
    return _drawn[council_file]


def _path(drawn: DrawnMap, geometry: Mapping[str, Any]) -> str:
    """Return a polygon's outlines, or those of several, as the data of an SVG path."""
    polygons = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
    return "".join(_ring(drawn, polygon[0]) for polygon in polygons)


def _ring(drawn: DrawnMap, ring: Iterable[Sequence[float]]) -> str:
    """Return one outline."""
    points = (drawn.point(lat, lon) for lon, lat, *_ in ring)
    return "M" + "L".join(f"{x} {y}" for x, y in points) + "Z"
