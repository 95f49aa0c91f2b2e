"""Draw the base map of the example council from its own made shapes: river, neighbourhoods, streets and alleys.

Every street is a line through its place, and every alley a line through its own, so that whatever is reported on one
lies on the map's street or alley. Nothing is taken from anybody's map.

Run `python -m deploy.councils.liverpool.make_map` to write `map.json` beside this file again.
"""

import csv
import json
from hashlib import sha256
from math import cos, pi, radians, sin
from pathlib import Path

import shapely
from shapely.geometry import LineString, Polygon, shape
from shapely.geometry.base import BaseGeometry

from deploy.councils.liverpool.make_shapes import OUTLINE

FOLDER = Path(__file__).parent
WEST, NORTH, EAST, SOUTH = -3.03, 53.482, -2.80, 53.332
WIDTH = 600
X_SCALE = WIDTH / (EAST - WEST)
Y_SCALE = X_SCALE / cos(radians((NORTH + SOUTH) / 2))
HEIGHT = round((NORTH - SOUTH) * Y_SCALE)

RIVER_WIDTH = 0.02
"""In degrees of longitude, the same all the way: a drawing, not a chart."""

METRES_A_DEGREE = 111_320
LENGTH_M = {"street": 600, "alley": 240}
"""Longer than streets are, so that they can be seen on a small map of a whole city."""


def main() -> None:
    """Write `map.json`: the frame, and each layer as one SVG path."""
    areas = json.loads((FOLDER / "neighbourhoods.geojson").read_text())["features"]
    with (FOLDER / "places.csv").open(encoding="utf-8", newline="") as file:
        places = list(csv.DictReader(file))
    drawn = {
        "frame": {"west": WEST, "north": NORTH, "x_scale": X_SCALE, "y_scale": Y_SCALE},
        "width": WIDTH,
        "height": HEIGHT,
        "land": _path(Polygon(OUTLINE)),
        "river": _path(river()),
        "neighbourhoods": [
            {
                "id": area["properties"]["id"],
                "name": area["properties"]["name"],
                "path": _path(shape(area["geometry"]).simplify(0.0002)),
            }
            for area in areas
        ],
        "streets": _lines(places, "street"),
        "alleys": _lines(places, "alley"),
    }
    (FOLDER / "map.json").write_text(json.dumps(drawn, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def river() -> BaseGeometry:
    """Return the water along the city's western side, which no place of the city lies in."""
    bank = [OUTLINE[0], *reversed(OUTLINE[OUTLINE.index((-2.834, 53.341)) :])]
    other = [(lon - RIVER_WIDTH, lat - RIVER_WIDTH * 0.35) for lon, lat in reversed(bank)]
    water = Polygon([(OUTLINE[0][0], NORTH), *bank, *other, (OUTLINE[0][0] - RIVER_WIDTH, NORTH)]).buffer(0)
    return water.difference(Polygon(OUTLINE)).intersection(shapely.box(WEST, SOUTH, EAST, NORTH))


def line_of(place_id: str, kind: str, *, lat: float, lon: float) -> LineString:
    """Return the made street or alley through a place; an alley runs along the street that it lies behind."""
    named = place_id.removeprefix("alley-behind-")
    angle = sha256(named.encode()).digest()[0] / 256 * pi
    half = LENGTH_M[kind] / 2 / METRES_A_DEGREE
    east, north = cos(angle) * half / cos(radians(lat)), sin(angle) * half
    line = LineString([(lon - east, lat - north), (lon + east, lat + north)]).intersection(Polygon(OUTLINE))
    return line if isinstance(line, LineString) else LineString([(lon, lat), (lon, lat)])


def _lines(places: list[dict[str, str]], kind: str) -> str:
    """Return all streets or alleys as one path."""
    return "".join(
        _path(line_of(place["id"], kind, lat=float(place["lat"]), lon=float(place["lon"])))
        for place in places
        if place["kind"] == kind
    )


def _path(geometry: BaseGeometry) -> str:
    """Return a shape as the data of an SVG path, in the map's frame."""
    if isinstance(geometry, LineString):
        (west, south), (east, north) = geometry.coords
        # From its beginning on: hundreds of lines go into every page with a map.
        return f"M{_point(west, south)}l{(east - west) * X_SCALE:.0f} {(south - north) * Y_SCALE:.0f}"
    parts = [part for part in shapely.get_parts(geometry) if isinstance(part, Polygon)]
    return "".join("M" + "L".join(_point(lon, lat) for lon, lat in part.exterior.coords) + "Z" for part in parts)


def _point(lon: float, lat: float) -> str:
    """Return a position in the map's frame."""
    return f"{(lon - WEST) * X_SCALE:.1f} {(NORTH - lat) * Y_SCALE:.1f}"


if __name__ == "__main__":
    main()
