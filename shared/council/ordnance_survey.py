"""Take OS Open Names and Code-Point Open into the gazetteer: the council's part of Great Britain's names and postcodes.

Both are published by Ordnance Survey under the Open Government Licence, as a zip of CSV files without a header line
(OS Open Names by tiles of 20 km, Code-Point Open by postcode area), in metres of the National Grid (EPSG:27700). See
docs.os.uk, "OS Open Names" and "Code-Point Open", technical specifications. Nothing is stored before every row was
read: half a gazetteer would send people to the wrong street.
"""

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from shared.council.gazetteer import Place, PlaceKind
from shared.council.model import Council
from shared.council.place_files import write_places
from shared.council.place_search import as_postcode
from shared.errors import ConfigError
from shared.geo.grid import distance_m, to_grid, to_wgs84

OPEN_NAMES_COLUMNS, CODE_POINT_COLUMNS = 34, 10

LOCAL_TYPES: Mapping[str, PlaceKind] = {
    "Named Road": "street",
    "Numbered Road": "street",
    "Section Of Named Road": "street",
    "Section Of Numbered Road": "street",
    "City": "area",
    "Town": "area",
    "Suburban Area": "area",
    "Village": "area",
    "Hamlet": "area",
    "Other Settlement": "area",
    "Woodland Or Forest": "park",
    "Greenspace": "park",
    "Railway Station": "landmark",
    "Light Rapid Transit Station": "landmark",
    "Tram Station": "landmark",
    "Bus Station": "landmark",
    "Coach Station": "landmark",
    "Passenger Ferry Terminal": "landmark",
    "Primary Education": "landmark",
    "Secondary Education": "landmark",
    "Further Education": "landmark",
    "Higher or University Education": "landmark",
    "Special Needs Education": "landmark",
    "Hospital": "landmark",
    "Medical Care Accommodation": "landmark",
    "Hospice": "landmark",
    "Sports And Leisure Centre": "landmark",
    "Cemetery": "landmark",
    "Bridge": "landmark",
    "Tunnel": "landmark",
    "Roundabout": "landmark",
}
"""What of OS Open Names says where a fly-tip is. Postcodes are left to Code-Point Open, which has all of them."""

NO_POSITION = "90"
"""Positional quality of a postcode that Ordnance Survey has no coordinates for; they are 0, 0 then."""

SAME_STREET_M = 800
"""Sections of a road nearer to each other than this, under one name in one neighbourhood, are one street to people."""

LICENCES = {
    "open-names": ("Contains OS data © Crown copyright and database right {year}",),
    "code-point-open": (
        "Contains OS data © Crown copyright and database right {year}",
        "Contains Royal Mail data © Royal Mail copyright and database right {year}",
        "Contains National Statistics data © Crown copyright and database right {year}",
    ),
}

_SLUG_PARTS = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True)
class Imported:
    """What an import did: rows read, and the places stored by product."""

    rows: int
    stored: Mapping[str, int]


@dataclass(frozen=True)
class Row:
    """What both products have: an id, a name, where it is in metres of the National Grid, and what it is."""

    product: str
    id: str
    name: str
    kind: PlaceKind
    easting: float
    northing: float
    detail: str
    is_section: bool


def import_places(paths: Sequence[Path], *, council: Council, folder: Path, today: date) -> Imported:
    """Store the places within the council's area from zips, folders or CSV files, in place of an earlier import.

    Raises `ConfigError` naming file and line for what is neither product, and then stores nothing.
    """
    within = _within(council)
    rows = 0
    kept: dict[str, dict[str, Place]] = {}
    for path in paths:
        for name, values, number in _lines(path):
            rows += 1
            row = _row(name, number, values)
            if row is None or not within(row.easting, row.northing):
                continue
            place = _place(row, council, today)
            if place is not None:
                kept.setdefault(row.product, {})[place.id] = place
    if not rows:
        raise ConfigError(f"{paths[0]}: has no CSV file with rows in it")
    if not kept:
        raise ConfigError(f"None of the {rows:,} rows lies in {council.name}’s area; nothing was stored")
    own = {place.id for place in council.gazetteer.places}
    for product, places in kept.items():
        named = _one_of_each(places.values())
        said = [line.format(year=today.year) for line in LICENCES[product]]
        write_places(folder / f"{product}.csv", [place for place in named if place.id not in own], said)
        kept[product] = {place.id: place for place in named}
    return Imported(rows, {product: len(places) for product, places in kept.items()})


def _within(council: Council) -> Callable[[float, float], bool]:
    """Return the question whether a point of the grid may be the council's: most of Great Britain is asked about."""
    west, south, east, north = council.bounds
    corners = [to_grid(lat, lon) for lat in (south, north) for lon in (west, east)]
    eastings, northings = [corner[0] for corner in corners], [corner[1] for corner in corners]
    low_e, high_e, low_n, high_n = min(eastings), max(eastings), min(northings), max(northings)
    return lambda easting, northing: low_e <= easting <= high_e and low_n <= northing <= high_n


def _lines(path: Path) -> Iterator[tuple[str, list[str], int]]:
    """Return every line of the CSV files in a zip, folder or file: its file's name, its values, its number."""
    if path.is_dir():
        for file in sorted(path.rglob("*.csv")):
            yield from _lines(file)
    elif path.suffix.lower() == ".zip":
        try:
            with zipfile.ZipFile(path) as archive:
                for name in sorted(name for name in archive.namelist() if name.lower().endswith(".csv")):
                    if "doc/" not in name.lower():  # the header and lookups that come beside the data
                        with archive.open(name) as raw:
                            yield from _values(f"{path.name}/{name}", io.TextIOWrapper(raw, "utf-8-sig", newline=""))
        except zipfile.BadZipFile as error:
            raise ConfigError(f"{path}: is not a zip: {error}") from error
    else:
        with path.open(encoding="utf-8-sig", newline="") as text:
            yield from _values(str(path), text)


def _values(name: str, file: Iterable[str]) -> Iterator[tuple[str, list[str], int]]:
    """Return the lines of a CSV file that have something in them."""
    try:
        for number, values in enumerate(csv.reader(file), start=1):
            if values:
                yield name, values, number
    except (UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(f"{name}: is not a CSV file in UTF-8: {error}") from error


def _row(name: str, number: int, values: Sequence[str]) -> Row | None:
    """Return what a line says; None for a header, a thing that says no place, or a postcode without a position."""
    if len(values) == OPEN_NAMES_COLUMNS:
        return _open_name(name, number, values)
    if len(values) == CODE_POINT_COLUMNS:
        return _code_point(name, number, values)
    raise ConfigError(
        f"{name}: line {number} has {len(values)} columns; OS Open Names has {OPEN_NAMES_COLUMNS}, "
        f"Code-Point Open {CODE_POINT_COLUMNS}"
    )


def _open_name(file: str, number: int, values: Sequence[str]) -> Row | None:
    """Return what a line of OS Open Names says, its columns being ID, NAMES_URI, NAME1 and so on in that order."""
    kind = LOCAL_TYPES.get(values[7])
    if kind is None:
        return None
    district, populated = values[16].strip(), values[18].strip()
    return Row(
        product="open-names",
        id=_slug(values[0]),
        name=" ".join(values[2].split()),
        kind=kind,
        easting=_metres(file, number, values[8]),
        northing=_metres(file, number, values[9]),
        detail=" ".join(part for part in (populated, district) if part),
        is_section=values[7].startswith("Section Of"),
    )


def _code_point(file: str, number: int, values: Sequence[str]) -> Row | None:
    """Return what a line of Code-Point Open says: postcode, positional quality, easting, northing, six area codes."""
    postcode = as_postcode(values[0])
    if values[0] in ("PC", "Postcode"):  # the header line, where somebody has put it in
        return None
    if postcode is None:
        raise ConfigError(f"{file}: line {number}: {values[0]!r} is not a postcode")
    if values[1].strip() == NO_POSITION:
        return None
    easting, northing = (_metres(file, number, value) for value in values[2:4])
    return Row("code-point-open", _slug(postcode), postcode, "postcode", easting, northing, "", is_section=False)


def _metres(file: str, number: int, value: str) -> float:
    """Return a coordinate."""
    try:
        return float(value)
    except ValueError:
        raise ConfigError(f"{file}: line {number}: {value!r} is not a coordinate in metres") from None


def _place(row: Row, council: Council, today: date) -> Place | None:
    """Return the place of a row; None outside the council's area, or without a name."""
    lat, lon = to_wgs84(row.easting, row.northing)
    location = council.locate(lat, lon, today)
    if location is None or not row.name:
        return None
    # A section has its road's name; sorting ids puts whole roads first, so that they are the ones that stay.
    place_id = f"section-{row.id}" if row.is_section else row.id
    return Place(place_id, row.name, row.kind, round(lat, 6), round(lon, 6), location.neighbourhood, row.detail)


def _one_of_each(places: Iterable[Place]) -> list[Place]:
    """Return the places without the sections of a street that is there already."""
    kept: list[Place] = []
    by_name: dict[tuple[str, str], list[Place]] = {}
    for place in sorted(places, key=lambda place: (place.id.startswith("section-"), place.id)):
        same = by_name.setdefault((place.name.lower(), place.neighbourhood), [])
        if any(distance_m(place.lat, place.lon, one.lat, one.lon) < SAME_STREET_M for one in same):
            continue
        same.append(place)
        kept.append(place)
    return kept


def _slug(text: str) -> str:
    """Return an id as events and forms carry it."""
    return "-".join(_SLUG_PARTS.findall(text.lower()))
