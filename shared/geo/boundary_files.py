"""The GeoJSON files in which boundary sets are kept: the council's own, and those imported from official files.

One file is one set. Beside GeoJSON's own members it says `kind`, `effective_from`, `effective_to`, `illustrative` and
`source`; each feature has `id` and `name`, and a ward may name its `neighbourhood`. Shapes are checked when they are
made or imported, not at every start: only the structure is checked here, with no shapely.
"""

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from shared.errors import ConfigError
from shared.geo.areas import AREA_KINDS, Area, AreaKind, BoundarySet
from shared.toml import IDENTIFIER

GEOMETRY_TYPES = ("Polygon", "MultiPolygon")


def read_boundary_set(path: Path) -> BoundarySet:
    """Return the boundary set of a file; raises `ConfigError` naming the file and what is wrong in it."""
    content = read_geojson(path)
    areas = tuple(_area(path, number, feature) for number, feature in enumerate(content["features"], start=1))
    ids = [area.id for area in areas]
    repeated = sorted({area_id for area_id in ids if ids.count(area_id) > 1})
    if repeated:
        raise ConfigError(f"{path}: {', '.join(repeated)}: more than one feature has this id")
    return BoundarySet(
        kind=_kind(path, content.get("kind")),
        effective_from=_day(path, "effective_from", content.get("effective_from")),
        effective_to=_day(path, "effective_to", content["effective_to"]) if content.get("effective_to") else None,
        areas=areas,
        source=str(content.get("source") or ""),
        is_illustrative=content.get("illustrative") is True,
    )


def write_boundary_set(path: Path, boundaries: BoundarySet) -> None:
    """Write a set as one feature per line, so that a change to one area is a change to one line."""
    head = {
        "type": "FeatureCollection",
        "kind": boundaries.kind,
        "effective_from": boundaries.effective_from.isoformat(),
        "effective_to": boundaries.effective_to.isoformat() if boundaries.effective_to else None,
        "illustrative": boundaries.is_illustrative,
        "source": boundaries.source,
    }
    lines = [json.dumps(_feature(area), ensure_ascii=False) for area in boundaries.areas]
    opening = json.dumps(head, ensure_ascii=False)[:-1]
    body = f'{opening}, "features": [\n' + ",\n".join(lines) + "\n]}\n"
    # A reader sees the old file or the new one, never half of it.
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(body, encoding="utf-8")
    partial.replace(path)


def read_geojson(path: Path) -> dict[str, Any]:
    """Return a FeatureCollection with at least one feature; raises `ConfigError`."""
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ConfigError(f"{path}: is not JSON: {error}") from error
    if not isinstance(content, dict) or content.get("type") != "FeatureCollection":
        raise ConfigError(f"{path}: is not a GeoJSON FeatureCollection")
    features = content.get("features")
    if not isinstance(features, list) or not features:
        raise ConfigError(f"{path}: features is missing or empty")
    for number, feature in enumerate(features, start=1):
        if not isinstance(feature, dict) or not isinstance(feature.get("properties"), dict):
            raise ConfigError(f"{path}: feature {number} has no properties")
        geometry = feature.get("geometry")
        if not isinstance(geometry, dict) or geometry.get("type") not in GEOMETRY_TYPES:
            raise ConfigError(f"{path}: feature {number} is not a Polygon or MultiPolygon")
    return content


def _area(path: Path, number: int, feature: Mapping[str, Any]) -> Area:
    """Return the area of a feature."""
    properties = feature["properties"]
    for key in ("id", "name"):
        if not isinstance(properties.get(key), str) or not properties[key].strip():
            raise ConfigError(f"{path}: feature {number} has no {key}")
    if not IDENTIFIER.match(properties["id"]):
        raise ConfigError(f"{path}: feature {number} has the id {properties['id']!r}, which events can't carry")
    return Area(properties["id"], properties["name"], feature["geometry"], properties.get("neighbourhood"))


def _feature(area: Area) -> dict[str, Any]:
    """Return an area as a GeoJSON feature."""
    properties = {"id": area.id, "name": area.name}
    if area.neighbourhood:
        properties["neighbourhood"] = area.neighbourhood
    return {"type": "Feature", "properties": properties, "geometry": area.geometry}


def _kind(path: Path, value: object) -> AreaKind:
    """Return the kind of a set."""
    for kind in AREA_KINDS:
        if kind == value:
            return kind
    raise ConfigError(f"{path}: kind must be one of {', '.join(AREA_KINDS)}, not {value!r}")


def _day(path: Path, key: str, value: object) -> date:
    """Return a date written as text."""
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise ConfigError(f"{path}: {key} must be a date (YYYY-MM-DD), not {value!r}") from None
