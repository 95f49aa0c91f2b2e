"""Take official boundaries into the council's own keeping: checked, mended where that is safe, and effective-dated.

`streetscene boundaries import FILE` takes the GeoJSON that the Office for National Statistics and others publish. The
file is checked as a whole before anything is stored, because a process that starts with half a set would file reports
under the wrong ward for a day. `load_council` picks the stored set up at the next start.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry import MultiPolygon, Polygon, mapping
from shapely.geometry.base import BaseGeometry

from shared.errors import ConfigError
from shared.geo.areas import Area, AreaKind, BoundarySet
from shared.geo.boundary_files import read_geojson, write_boundary_set
from shared.toml import IDENTIFIER

WGS84_NAMES = ("crs84", "epsg:4326", "epsg::4326", "wgs84", "wgs 84")
"""Ends of the names under which GeoJSON files say WGS84; RFC 7946 files say nothing, and mean it."""

CODE_PROPERTIES = (
    re.compile(r"^wd\d{2}cd$"),
    re.compile(r"^[a-z]{3,5}\d{2}cd$"),
    re.compile(r"^(gss_?)?code$|^id$|^slug$"),
)
NAME_PROPERTIES = (re.compile(r"^wd\d{2}nm$"), re.compile(r"^[a-z]{3,5}\d{2}nm$"), re.compile(r"^(ward_?)?name$"))
"""Property names in the order of preference: the ONS's for wards (`WD23CD`, `WD23NM`), for other areas, plain ones."""

LARGEST_OVERLAP = 0.02
"""Of the smaller of two areas: generalised official boundaries overlap by slivers, a wrong file by more."""

WEST, SOUTH, EAST, NORTH = -9.0, 49.0, 2.5, 61.0
"""The United Kingdom."""


@dataclass(frozen=True)
class Imported:
    """What an import stored: the set, its file, and the names of areas whose outline had to be mended."""

    boundaries: BoundarySet
    file: Path
    mended: tuple[str, ...]

    @property
    def areas(self) -> tuple[Area, ...]:
        """The areas of the set."""
        return self.boundaries.areas


def import_boundaries(
    path: Path,
    *,
    folder: Path,
    effective_from: date,
    effective_to: date | None = None,
    kind: AreaKind = "ward",
    neighbourhoods: Collection[str] | None = None,
    source: str | None = None,
) -> Imported:
    """Check a GeoJSON file and store it as the boundary set of a period; raises `ConfigError` and then stores nothing.

    `neighbourhoods` are the council's ids, which a set of that kind must use (an area's id is then its name as a slug).
    A set of the same kind that begins on the same day is replaced.
    """
    if effective_to is not None and effective_to < effective_from:
        raise ConfigError(f"{path}: the last day ({effective_to}) is before the first ({effective_from})")
    content = read_geojson(path)
    _check_reference_system(path, content)
    features = content["features"]
    code_key, name_key = _property_names(path, features)
    shapes = [_shape(path, feature, str(feature["properties"][name_key])) for feature in features]
    _check_overlaps(path, shapes, [str(feature["properties"][name_key]) for feature in features])
    areas = []
    for feature, (shape, _) in zip(features, shapes, strict=True):
        name = str(feature["properties"][name_key]).strip()
        area_id = _slug(name) if kind == "neighbourhood" else str(feature["properties"][code_key]).strip()
        areas.append(Area(area_id, name, _plain(shape)))
    _check_ids(path, areas, neighbourhoods if kind == "neighbourhood" else None)
    boundaries = BoundarySet(
        kind=kind,
        effective_from=effective_from,
        effective_to=effective_to,
        areas=tuple(sorted(areas, key=lambda area: area.id)),
        source=source or f"Imported from {path.name}",
        is_illustrative=False,
    )
    file = folder / f"{kind}-{effective_from.isoformat()}.geojson"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_boundary_set(file, boundaries)
    except OSError as error:
        raise ConfigError(f"{file}: cannot be written: {error.strerror}") from error
    mended = tuple(area.name for area, (_, was_mended) in zip(areas, shapes, strict=True) if was_mended)
    return Imported(boundaries, file, mended)


def _check_reference_system(path: Path, content: Mapping[str, Any]) -> None:
    """Refuse a file that names another reference system than WGS84."""
    crs = content.get("crs")
    if crs is None:
        return
    name = str((crs.get("properties") or {}).get("name", "")) if isinstance(crs, Mapping) else str(crs)
    if not name.lower().endswith(WGS84_NAMES):
        raise ConfigError(f"{path}: is in {name or 'an unnamed reference system'}; export it in WGS84 (EPSG:4326)")


def _property_names(path: Path, features: Sequence[Mapping[str, Any]]) -> tuple[str, str]:
    """Return the names of the properties that hold every area's code and name."""
    common = set(features[0]["properties"])
    for feature in features:
        common &= {key for key, value in feature["properties"].items() if value not in {None, ""}}
    code, name = _first_match(common, CODE_PROPERTIES), _first_match(common, NAME_PROPERTIES)
    if code is None or name is None:
        missing = "code (such as WD23CD)" if code is None else "name (such as WD23NM)"
        raise ConfigError(
            f"{path}: no property that every feature has looks like a {missing}; there are {sorted(common)}"
        )
    return code, name


def _first_match(names: Collection[str], patterns: Sequence[re.Pattern[str]]) -> str | None:
    """Return the first name, in the patterns' order, that matches one; of several the last in the alphabet (newest)."""
    for pattern in patterns:
        matching = sorted((name for name in names if pattern.match(name.lower())), reverse=True)
        if matching:
            return matching[0]
    return None


def _shape(path: Path, feature: Mapping[str, Any], name: str) -> tuple[Polygon | MultiPolygon, bool]:
    """Return a feature's shape, valid and flat, and whether it had to be mended."""
    try:
        shape = shapely.force_2d(shapely.geometry.shape(feature["geometry"]))
    except (ValueError, TypeError, AttributeError, IndexError, shapely.errors.ShapelyError) as error:
        raise ConfigError(f"{path}: the outline of {name} can't be read: {error}") from error
    if shape.is_empty:
        raise ConfigError(f"{path}: {name} has no outline")
    west, south, east, north = shape.bounds
    if not (WEST <= west <= east <= EAST and SOUTH <= south <= north <= NORTH):
        hint = "; it looks like easting and northing" if north > SOUTH * 10 else ""
        hint = "; latitude and longitude seem to be the wrong way round" if _is_swapped(shape.bounds) else hint
        raise ConfigError(f"{path}: {name} is not in the United Kingdom{hint} (GeoJSON is WGS84, longitude first)")
    mended = shape if shape.is_valid else shapely.make_valid(shape)
    polygons = [part for part in _parts(mended) if isinstance(part, Polygon) and part.area > 0]
    if not polygons:
        raise ConfigError(f"{path}: the outline of {name} encloses nothing")
    whole = polygons[0] if len(polygons) == 1 else MultiPolygon(polygons)
    return whole, not shape.is_valid


def _is_swapped(bounds: tuple[float, float, float, float]) -> bool:
    """Say whether bounds would be in the United Kingdom with longitude and latitude exchanged."""
    west, south, east, north = bounds
    return SOUTH <= west <= east <= NORTH and WEST <= south <= north <= EAST


def _parts(shape: BaseGeometry) -> list[BaseGeometry]:
    """Return the simple shapes in a shape, at any depth."""
    inner = getattr(shape, "geoms", None)
    return [part for child in inner for part in _parts(child)] if inner is not None else [shape]


def _check_overlaps(path: Path, shapes: Sequence[tuple[BaseGeometry, bool]], names: Sequence[str]) -> None:
    """Refuse a file in which one place is in two areas."""
    outlines = [shape for shape, _ in shapes]
    tree = shapely.STRtree(outlines)
    for first, second in sorted(
        {tuple(sorted(pair)) for pair in tree.query(outlines, predicate="intersects").T.tolist()}
    ):
        if first == second:
            continue
        shared_area = outlines[first].intersection(outlines[second]).area
        if shared_area > LARGEST_OVERLAP * min(outlines[first].area, outlines[second].area):
            raise ConfigError(f"{path}: {names[first]} and {names[second]} overlap")


def _check_ids(path: Path, areas: Sequence[Area], known: Collection[str] | None) -> None:
    """Refuse ids that come twice, that events can't carry, or that the council doesn't know."""
    seen: set[str] = set()
    for area in areas:
        if area.id in seen:
            raise ConfigError(f"{path}: {area.id} is there twice")
        if not IDENTIFIER.match(area.id):
            raise ConfigError(f"{path}: {area.name} has the code {area.id!r}, which can't be used as an id")
        if known is not None and area.id not in known:
            raise ConfigError(f"{path}: {area.name} is not a neighbourhood of the council’s configuration")
        seen.add(area.id)


def _plain(shape: BaseGeometry) -> dict[str, Any]:
    """Return a shape as GeoJSON in plain lists, with the seventh decimal (a centimetre) as the last."""
    geometry = mapping(shape)
    return {"type": geometry["type"], "coordinates": _rounded(geometry["coordinates"])}


def _rounded(coordinates: Any) -> Any:
    """Return nested coordinates as lists of numbers with seven decimals."""
    if isinstance(coordinates, float | int):
        return round(float(coordinates), 7)
    return [_rounded(part) for part in coordinates]


def _slug(name: str) -> str:
    """Return a name as lower-case words joined by hyphens."""
    return "-".join(re.sub(r"[^a-z0-9]+", " ", name.lower().replace("’", "").replace("'", "")).split())
