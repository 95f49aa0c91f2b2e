"""Places: the National Grid, distances, grid cells, and the ward of a point.

WGS84 comes in and stays beside easting and northing (EPSG:27700). pyproj and shapely are imported by the first question
that needs them, so that importing this costs nothing.
"""

from shared.geo.areas import Area, AreaKind, BoundarySet
from shared.geo.grid import cell, cells_around, distance_m, to_grid, to_wgs84

__all__ = ["Area", "AreaKind", "BoundarySet", "cell", "cells_around", "distance_m", "to_grid", "to_wgs84"]
