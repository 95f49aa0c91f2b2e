"""The British National Grid: easting and northing of a point, cells to find neighbours by, distances.

The conversion is PROJ's without the OSTN15 grid file: right to about 3 metres, which is finer than a phone's own idea
of where it is, and needs no download.
"""

from functools import cache
from math import asin, cos, floor, radians, sin, sqrt
from typing import Any

EARTH_RADIUS_M = 6_371_009
"""Mean radius (IUGG R1): distances over a city are right to half a per cent."""

WGS84_TO_GRID = """
proj=pipeline
step proj=unitconvert xy_in=deg xy_out=rad
step proj=push v_3
step proj=cart ellps=WGS84
step inv proj=helmert x=446.448 y=-125.157 z=542.06 rx=0.15 ry=0.247 rz=0.842 s=-20.489 convention=position_vector
step inv proj=cart ellps=airy
step proj=pop v_3
step proj=tmerc lat_0=49 lon_0=-2 k=0.9996012717 x_0=400000 y_0=-100000 ellps=airy
"""
"""What PROJ itself finds for EPSG:4326 to EPSG:27700 (a test compares the two), written out: pyproj makes its
conversions anew in every thread and greenthread; the search in PROJ's database takes 25 ms each time, this 0.3 ms."""

CELL_M = 250
"""Side of a cell: nearby reports (within 100 m or so) are always in the nine cells around a point."""


def to_grid(lat: float, lon: float) -> tuple[float, float]:
    """Return easting and northing in metres (EPSG:27700) of a WGS84 point; raises `ValueError` far from Britain."""
    easting, northing = _transformer().transform(lon, lat)
    if not (0 <= easting < 700_000 and 0 <= northing < 1_300_000):
        raise ValueError("the point is not on the British National Grid")
    return easting, northing


def to_wgs84(easting: float, northing: float) -> tuple[float, float]:
    """Return latitude and longitude (WGS84) of a point given in metres of the National Grid (EPSG:27700)."""
    lon, lat = _transformer().transform(easting, northing, direction="INVERSE")
    return lat, lon


def cell(easting: float, northing: float, size_m: int = CELL_M) -> str:
    """Return the grid cell of a point, named by size and south-west corner in cells: `250:1336:1564`."""
    return f"{size_m}:{floor(easting / size_m)}:{floor(northing / size_m)}"


def cells_around(easting: float, northing: float, radius_m: float, size_m: int = CELL_M) -> tuple[str, ...]:
    """Return every cell that a circle around a point may touch."""
    columns = range(floor((easting - radius_m) / size_m), floor((easting + radius_m) / size_m) + 1)
    rows = range(floor((northing - radius_m) / size_m), floor((northing + radius_m) / size_m) + 1)
    return tuple(f"{size_m}:{column}:{row}" for column in columns for row in rows)


def distance_m(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Return the great-circle distance in metres between two WGS84 points (haversine)."""
    phi, other_phi = radians(lat), radians(other_lat)
    half_chord = sin((other_phi - phi) / 2) ** 2 + cos(phi) * cos(other_phi) * sin(radians(other_lon - lon) / 2) ** 2
    return 2 * EARTH_RADIUS_M * asin(min(1, sqrt(half_chord)))


@cache
def _transformer() -> Any:
    """Return the conversion from longitude and latitude."""
    from pyproj import Transformer  # 0.2 s of import that a process without places never pays

    return Transformer.from_pipeline(WGS84_TO_GRID)
