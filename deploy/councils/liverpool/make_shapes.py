"""Make the illustrative areas and gazetteer of the example council, the same every time.

The shapes are ours: a rough outline drawn by hand, 13 cells around hand-placed middles, each cut into wards of even
size, and the neighbouring councils around. They look like the city and are not its boundaries; ward, street and park
names are made up, so that nobody can mistake them for official ones, and postcodes are of an area (LV) that does not
exist. Official boundaries and names come in through `streetscene boundaries import` and `gazetteer import`.

Run `python -m deploy.councils.liverpool.make_shapes` to write the four files beside this one again.
"""

import csv
import random
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import shapely
from shapely.geometry import MultiPoint, Point, Polygon, mapping
from shapely.geometry.base import BaseGeometry

from shared.geo.areas import Area, BoundarySet
from shared.geo.boundary_files import write_boundary_set

FOLDER = Path(__file__).parent
SEED = 1207
"""Any number would do; this one is the year of Liverpool's charter."""

GRID_DEGREES = 1e-6
"""Coordinates are cut to six decimals (0.1 m) before the linework is noded, so that neighbours share exact edges."""

LON_SCALE = 0.596
"""Cosine of 53.4° N: longitudes are shrunk by it while cells are made, so that distances are even both ways."""

SOURCE = "Made for demonstration by deploy/councils/liverpool/make_shapes.py; not official boundaries"
WARDS_FROM = date(2023, 5, 4)
"""Liverpool's wards changed on this day; the made wards stand for the 64 that began then."""
NEIGHBOURHOODS_FROM = date(2000, 1, 1)
"""Early enough that every older ward set finds its neighbourhoods."""

OUTLINE = (
    (-3.004, 53.438), (-2.974, 53.447), (-2.974, 53.465), (-2.953, 53.472), (-2.922, 53.474), (-2.900, 53.466),
    (-2.868, 53.449), (-2.872, 53.432), (-2.864, 53.415), (-2.848, 53.399), (-2.824, 53.382), (-2.852, 53.373),
    (-2.842, 53.352), (-2.822, 53.345), (-2.834, 53.341), (-2.862, 53.340), (-2.882, 53.342), (-2.905, 53.350),
    (-2.933, 53.362), (-2.957, 53.375), (-2.983, 53.391), (-2.996, 53.405), (-3.001, 53.420),
)  # fmt: skip
"""The city by hand, anticlockwise from Seaforth over the north, the west side along the Mersey."""

AROUND = (
    ("sefton", "Sefton", ((-3.12, 53.446), (-2.953, 53.446), (-2.953, 53.54), (-3.12, 53.54))),
    ("knowsley", "Knowsley", ((-2.953, 53.54), (-2.953, 53.40), (-2.87, 53.362), (-2.74, 53.362), (-2.74, 53.54))),
    ("halton", "Halton", ((-2.86, 53.362), (-2.86, 53.30), (-2.66, 53.30), (-2.66, 53.362))),
    ("wirral", "Wirral",
     ((-3.20, 53.446), (-3.016, 53.446), (-3.01, 53.39), (-2.93, 53.345), (-2.95, 53.28), (-3.20, 53.36))),
)  # fmt: skip
"""Four neighbouring councils, more or less where they are: enough to say whose a place beyond the city is."""

POSTCODE_LETTERS = "ABDEFGHJLN"
"""Of the letters that the second half of a postcode has, as many as are needed."""

NEIGHBOURHOODS = (
    ("city-centre", "City Centre", (-2.983, 53.407), 6),
    ("kirkdale-and-everton", "Kirkdale and Everton", (-2.984, 53.427), 5),
    ("anfield-and-walton", "Anfield and Walton", (-2.957, 53.443), 6),
    ("fazakerley-and-norris-green", "Fazakerley and Norris Green", (-2.925, 53.457), 6),
    ("croxteth-and-west-derby", "Croxteth and West Derby", (-2.893, 53.440), 6),
    ("tuebrook-and-old-swan", "Tuebrook and Old Swan", (-2.920, 53.422), 5),
    ("kensington-and-fairfield", "Kensington and Fairfield", (-2.951, 53.417), 4),
    ("picton-and-wavertree", "Picton and Wavertree", (-2.932, 53.399), 4),
    ("toxteth-and-dingle", "Toxteth and Dingle", (-2.961, 53.389), 4),
    ("aigburth-and-mossley-hill", "Aigburth and Mossley Hill", (-2.924, 53.373), 5),
    ("childwall-and-knotty-ash", "Childwall and Knotty Ash", (-2.886, 53.408), 4),
    ("belle-vale-and-woolton", "Belle Vale and Woolton", (-2.858, 53.385), 5),
    ("garston-and-speke", "Garston and Speke", (-2.865, 53.354), 4),
)
"""Slug, name, middle (longitude, latitude) and number of wards."""

WARD_NAMES = (
    "Lantern Quay", "Ropemakers", "Exchange Hill", "Saltgate", "Charterhouse", "Cordwainers",
    "Lockfield", "Beacon Brow", "Tidewell", "Granary Road", "Northmarsh",
    "Queensferry Park", "Hallowfield", "Rookery", "Orchard Vale", "Millbank Cross", "Stanfield",
    "Larkmoor", "Hedgerow", "Ashen Brook", "Copplestone", "Long Meadow", "Fernhurst",
    "Deer Park", "Hawksmere", "Bramble End", "Kestrel Wood", "Foxhill", "Stonecroft Green",
    "Swan Mill", "Cherry Bank", "Lyndale", "Whitethorn", "Bakewell Road",
    "Jubilee", "Gladeside", "Sheaf Street", "Newmarket",
    "Clocktower", "Weavers", "Botanic", "Sandown Field",
    "Prince Albert", "Marlowe", "Herculaneum Rise", "Steeple",
    "Riverside Gardens", "Elmswood", "Sudbrook", "Carnation", "Lark Hill",
    "Five Ways", "Thornley", "Dovecote Hill", "Ash Priory",
    "Camp Hill", "Quarry Bank", "Netherwood", "Reynolds", "Valley Brook",
    "Dockside", "Banksfield", "Airfield", "Mersey Reach",
)  # fmt: skip
"""Made names, in the order of the neighbourhoods' counts."""

STREET_FIRST = (
    "Alderney", "Barnfield", "Calverley", "Dunmore", "Easterby", "Fernlea", "Garrick", "Hollin", "Inglewood", "Jasmine",
    "Kelmscott", "Larkspur", "Mossbank", "Netherby", "Oakfield", "Pembury", "Quillan", "Rosslyn", "Selwyn", "Thornbury",
    "Ullswood", "Verbena", "Wensley", "Yewdale", "Ashcombe", "Birchley", "Cranmore", "Delamere", "Elmhurst", "Farndon",
    "Glenavon", "Hartley", "Ivydale", "Kirkstone", "Lindale", "Marlfield", "Norwell", "Osborne", "Pinehurst",
    "Ravensby", "Silverdale", "Tarleton", "Upton", "Vicarage", "Westmere", "Abbotsford", "Brackley", "Chatburn",
    "Dovedale", "Ennerby",
)  # fmt: skip
SIDE_STREET_FIRST = (
    "Aldgrove", "Bellamy", "Carrow", "Denholm", "Elswick", "Fairmead", "Godley", "Haverstock", "Ilford", "Jocelyn",
    "Kingsmead", "Latimer", "Merridale", "Nansen", "Ollerton", "Prestbury", "Quernmore", "Rathbourne", "Stavely",
    "Tansley", "Underley", "Vernham", "Winslade", "Yarrow", "Almond", "Bellflower", "Caraway", "Damson", "Elderberry",
    "Foxglove", "Gorse", "Hawthorn", "Iris", "Juniper", "Knapweed", "Lavender", "Mallow", "Nettle", "Orchid",
    "Primrose",
)  # fmt: skip
STREET_LAST = ("Street", "Road", "Avenue", "Grove", "Terrace", "Close", "Lane")
ALLEY = "Alley behind "
PARK_NAMES = (
    "Lantern", "Beacon", "Hallowfield", "Larkmoor", "Deer", "Cherry Bank", "Jubilee", "Weavers’", "Steeple", "Elmswood",
    "Dovecote", "Netherwood", "Banksfield",
)  # fmt: skip
LANDMARKS = (
    "Old Custom House", "Granary Market Hall", "Hallowfield Library", "Larkmoor Leisure Centre",
    "Hawksmere Retail Park", "Swan Mill Bus Station", "Jubilee Health Centre", "Clocktower Community Hall",
    "Herculaneum Baths",
    "Sudbrook Station", "Five Ways Shops", "Quarry Bank Shops", "Banksfield Business Park",
)  # fmt: skip
STREETS_EACH, ALLEYS_EACH, SIDE_STREETS_EACH = 7, 3, 20


def make_areas() -> tuple[list[Area], list[Area]]:
    """Return wards and neighbourhoods: together without gap or overlap, every ward inside its neighbourhood."""
    outline = Polygon([(lon * LON_SCALE, lat) for lon, lat in OUTLINE])
    middles = [(lon * LON_SCALE, lat) for _, _, (lon, lat), _ in NEIGHBOURHOODS]
    cells = _cells(middles, outline)
    parts = [
        _split(cell, count, seed) for seed, (cell, (*_, count)) in enumerate(zip(cells, NEIGHBOURHOODS, strict=True))
    ]
    lines = shapely.unary_union(
        [_degrees(part).boundary for cell_parts in parts for part in cell_parts], grid_size=GRID_DEGREES
    )
    faces = _polygons(shapely.polygonize([lines]))
    names = iter(WARD_NAMES)
    wards, neighbourhoods = [], []
    for (slug, name, _, _), cell_parts in zip(NEIGHBOURHOODS, parts, strict=True):
        inside = [_face_of(_degrees(part), faces) for part in cell_parts]
        for face in inside:
            ward_name = next(names)
            wards.append(Area(_slug(ward_name), ward_name, _rounded(face), slug))
        neighbourhoods.append(Area(slug, name, _rounded(_polygons(shapely.unary_union(inside))[0])))
    return wards, neighbourhoods


def _cells(middles: Sequence[tuple[float, float]], within: Polygon) -> list[Polygon]:
    """Return the Voronoi cell of each middle, cut to the polygon, in the order of the middles."""
    cells = shapely.voronoi_polygons(MultiPoint(middles), extend_to=within.envelope)
    found = []
    for middle in middles:
        cell = next(cell for cell in cells.geoms if cell.covers(Point(middle))).intersection(within)
        found.append(_polygons(cell)[0])
    return found


def _split(cell: Polygon, count: int, seed: int) -> list[Polygon]:
    """Return the cell cut into parts of about even size (Lloyd's relaxation)."""
    generator = np.random.default_rng(SEED + seed)
    middles = [_point_in(cell, generator) for _ in range(count)]
    parts: list[Polygon] = []
    for _ in range(40):
        parts = _cells(middles, cell)
        middles = [(part.centroid.x, part.centroid.y) for part in parts]
    return parts


def _point_in(polygon: Polygon, generator: np.random.Generator) -> tuple[float, float]:
    """Return a random point inside a polygon."""
    west, south, east, north = polygon.bounds
    while True:
        x, y = generator.uniform(west, east), generator.uniform(south, north)
        if polygon.contains(Point(x, y)):
            return x, y


def _polygons(shape: BaseGeometry) -> list[Polygon]:
    """Return the polygons in a shape, the largest first."""
    parts = [part for part in shapely.get_parts(shape) if isinstance(part, Polygon)]
    return sorted(parts, key=lambda part: part.area, reverse=True)


def _degrees(shape: Polygon) -> Polygon:
    """Return a shape with its longitudes in degrees again."""
    return shapely.transform(shape, lambda points: points / np.array([LON_SCALE, 1]))


def _face_of(part: Polygon, faces: Sequence[Polygon]) -> Polygon:
    """Return the noded face that a part became."""
    return max(faces, key=lambda face: face.intersection(part).area)


def _rounded(shape: Polygon) -> dict[str, object]:
    """Return a shape as GeoJSON with six decimals, outer ring anticlockwise (RFC 7946)."""
    rings = mapping(shapely.geometry.polygon.orient(shape))["coordinates"]
    return {
        "type": "Polygon",
        "coordinates": [[[round(lon, 6), round(lat, 6)] for lon, lat in ring] for ring in rings],
    }


def make_places(neighbourhoods: Sequence[Area]) -> list[dict[str, str]]:
    """Return the gazetteer: in each neighbourhood streets, the alleys behind them, a park and a landmark.

    A few long streets come first, then the side streets, each with its alley.
    """
    generator = random.Random(SEED)  # noqa: S311 - names and places, not secrets
    streets, side_streets = _names(STREET_FIRST, generator), _names(SIDE_STREET_FIRST, generator)
    rows: list[dict[str, str]] = []
    for number, area in enumerate(neighbourhoods):
        shape = _polygons(shapely.geometry.shape(dict(area.geometry)))[0]
        own = [streets.pop() for _ in range(STREETS_EACH)]
        named = [(name, "street") for name in own]
        named += [(f"{ALLEY}{name}", "alley") for name in own[:ALLEYS_EACH]]
        named += [(f"{PARK_NAMES[number]} Park", "park"), (LANDMARKS[number], "landmark")]
        rows += _rows(area.id, named, _spread(shape, len(named), SEED + number))
        sides = [side_streets.pop() for _ in range(SIDE_STREETS_EACH)]
        spots = _spread(shape, len(sides), 2 * SEED + number)
        alleys = [(f"{ALLEY}{name}", "alley") for name in sides]
        rows += _rows(area.id, [*((name, "street") for name in sides), *alleys], [*spots, *spots])
    return [*rows, *_postcodes([area.id for area in neighbourhoods], rows)]


def _names(first: Sequence[str], generator: random.Random) -> list[str]:
    """Return all names of streets that begin so, shuffled."""
    names = [f"{one} {last}" for one in first for last in STREET_LAST]
    generator.shuffle(names)
    return names


def _rows(
    neighbourhood: str, named: Sequence[tuple[str, str]], spots: Sequence[tuple[float, float]]
) -> list[dict[str, str]]:
    """Return the rows of places of one neighbourhood, every alley a few metres behind its street."""
    by_name: dict[str, tuple[float, float]] = {}
    rows = []
    for (name, kind), spot in zip(named, spots, strict=True):
        behind = by_name.get(name.removeprefix(ALLEY))
        lon, lat = (behind[0] + 0.0004, behind[1] + 0.0002) if kind == "alley" and behind else spot
        by_name[name] = (lon, lat)
        rows.append(
            {
                "id": _slug(name),
                "name": name,
                "kind": kind,
                "lat": f"{lat:.6f}",
                "lon": f"{lon:.6f}",
                "neighbourhood": neighbourhood,
            }
        )
    return rows


def _postcodes(neighbourhoods: Sequence[str], rows: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    """Return a made postcode for every street, beside its middle."""
    made = []
    for district, neighbourhood in enumerate(neighbourhoods, start=1):
        streets = [row for row in rows if row["neighbourhood"] == neighbourhood and row["kind"] == "street"]
        for number, street in enumerate(streets):
            first, second = POSTCODE_LETTERS[number % 10], POSTCODE_LETTERS[(number * 3 + district) % 10]
            postcode = f"LV{district} {number % 9 + 1}{first}{second}"
            made.append(
                {
                    "id": _slug(postcode),
                    "name": postcode,
                    "kind": "postcode",
                    "lat": f"{float(street['lat']) + 0.0002:.6f}",
                    "lon": f"{float(street['lon']) - 0.0003:.6f}",
                    "neighbourhood": neighbourhood,
                }
            )
    return made


def make_neighbours() -> list[Area]:
    """Return the neighbouring councils, none of them within the city or another."""
    taken: BaseGeometry = Polygon(OUTLINE)
    areas = []
    for area_id, name, outline in AROUND:
        shape = _polygons(Polygon(outline).difference(taken))[0]
        taken = taken.union(shape)
        areas.append(Area(area_id, name, _rounded(shape)))
    return areas


def _spread(shape: Polygon, count: int, seed: int) -> list[tuple[float, float]]:
    """Return points well inside a shape, spread evenly over it."""
    inner = shape.buffer(-0.0025)
    scaled = shapely.transform(inner, lambda points: points * np.array([LON_SCALE, 1]))
    parts = _split(_polygons(scaled)[0], count, seed)
    points = [part.representative_point() for part in parts]
    return [(point.x / LON_SCALE, point.y) for point in points]


def _slug(name: str) -> str:
    """Return a name as lower-case words joined by hyphens."""
    return "-".join(name.lower().replace("’", "").split())


def main() -> None:
    """Write `wards.geojson`, `neighbourhoods.geojson`, `neighbours.geojson` and `places.csv`."""
    wards, neighbourhoods = make_areas()
    write_boundary_set(
        FOLDER / "wards.geojson",
        BoundarySet("ward", WARDS_FROM, None, tuple(wards), SOURCE, is_illustrative=True),
    )
    write_boundary_set(
        FOLDER / "neighbourhoods.geojson",
        BoundarySet("neighbourhood", NEIGHBOURHOODS_FROM, None, tuple(neighbourhoods), SOURCE, is_illustrative=True),
    )
    write_boundary_set(
        FOLDER / "neighbours.geojson",
        BoundarySet("authority", NEIGHBOURHOODS_FROM, None, tuple(make_neighbours()), SOURCE, is_illustrative=True),
    )
    with (FOLDER / "places.csv").open("w", encoding="utf-8", newline="") as file:
        rows = make_places(neighbourhoods)
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
