"""Our own drawn base map of a council: a picture that needs no tiles and no script, for where a place lies roughly.

It is never the only way to give or read a location: whoever shows it says in words what it shows.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class DrawnArea:
    """A neighbourhood as the data of an SVG path."""

    id: str
    name: str
    path: str


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
