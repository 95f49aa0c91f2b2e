"""Areas with an effective date: which ward and neighbourhood a point was in on a day.

Wards change (Liverpool's 30 became 64 in May 2023), and a report keeps the ward of its day, so boundaries come in sets
with a first and a last day. A set is read from GeoJSON as plain data and indexed with shapely at its first question, so
that a process which never asks never imports shapely.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Literal, TypeAlias

AreaKind: TypeAlias = Literal["ward", "neighbourhood", "authority"]
AREA_KINDS: tuple[AreaKind, ...] = ("ward", "neighbourhood", "authority")
"""An authority is a neighbouring council: known only to say whose a place is that is not ours."""


@dataclass(frozen=True)
class Area:
    """One ward, neighbourhood or authority: its GeoJSON geometry, and the neighbourhood that it is known to lie in."""

    id: str
    name: str
    geometry: Mapping[str, Any]
    neighbourhood: str | None = None


@dataclass(frozen=True)
class BoundarySet:
    """The areas of one kind that hold from one day to another, both included; open-ended without `effective_to`."""

    kind: AreaKind
    effective_from: date
    effective_to: date | None
    areas: tuple[Area, ...]
    source: str
    is_illustrative: bool

    def covers(self, on: date) -> bool:
        """Say whether the set holds on a day."""
        return self.effective_from <= on and (self.effective_to is None or on <= self.effective_to)

    def find(self, lat: float, lon: float) -> Area | None:
        """Return the area that holds a WGS84 point; on a shared edge, always the same one of the two."""
        boxes, shapes, _, shapely = self._index
        for number, (west, south, east, north) in enumerate(boxes):
            # With some dozens of areas, comparing boxes here costs less than making a point to ask a tree with.
            if west <= lon <= east and south <= lat <= north and shapely.intersects_xy(shapes[number], lon, lat):
                return self.areas[number]
        return None

    def nearest(self, lat: float, lon: float) -> Area:
        """Return the area nearest to a WGS84 point."""
        _, _, tree, shapely = self._index
        return self.areas[int(tree.nearest(shapely.points(lon, lat)))]

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """The smallest box around all areas: west, south, east, north in degrees."""
        _, shapes, _, shapely = self._index
        west, south, east, north = shapely.total_bounds(shapes)
        return float(west), float(south), float(east), float(north)

    def feature_collection(self) -> dict[str, Any]:
        """Return the set as GeoJSON, for maps."""
        return {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "id": area.id,
                    "properties": {"id": area.id, "name": area.name},
                    "geometry": area.geometry,
                }
                for area in self.areas
            ],
        }

    @cached_property
    def _index(self) -> tuple[list[list[float]], Any, Any, Any]:
        """Return bounding boxes and prepared shapes in the areas' order, their tree, and shapely itself."""
        import shapely  # 0.2 s of import that a process without places never pays
        import shapely.geometry

        shapes = [shapely.geometry.shape(dict(area.geometry)) for area in self.areas]
        shapely.prepare(shapes)
        return shapely.bounds(shapes).tolist(), shapes, shapely.STRtree(shapes), shapely


def set_for(sets: Sequence[BoundarySet], on: date) -> BoundarySet | None:
    """Return the set that holds on a day: an official one before an illustrative one, then the one that began last.

    A day before every known set gets the earliest one, and a day after all of them the latest: an old report filed
    under the nearest known boundaries is of more use than none.
    """
    holding = [boundaries for boundaries in sets if boundaries.covers(on)]
    if holding:
        return max(holding, key=lambda boundaries: (not boundaries.is_illustrative, boundaries.effective_from))
    earlier = [boundaries for boundaries in sets if boundaries.effective_from <= on]
    if earlier:
        return max(earlier, key=lambda boundaries: boundaries.effective_from)
    return min(sets, key=lambda boundaries: boundaries.effective_from, default=None)
