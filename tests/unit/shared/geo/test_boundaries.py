"""Importing official boundaries: what is taken, what is mended, and what is refused in one line."""

import json
from datetime import date

import pytest

from shared.config import REPOSITORY
from shared.council import load_council
from shared.errors import ConfigError
from shared.geo.boundaries import import_boundaries
from shared.geo.boundary_files import read_boundary_set
from tests.reference import reference_file

LAST_DAY = date(2023, 5, 3)
FIRST_DAY = date(2004, 6, 10)
LIVERPOOL = REPOSITORY / "deploy" / "councils" / "liverpool" / "council.toml"
BOW_TIE = [[[-3, 53], [-2, 54], [-2, 53], [-3, 54], [-3, 53]]]


def ring(west, south, size=0.1):
    east, north = west + size, south + size
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def feature(code="E05000001", name="Lantern", rings=None, kind="Polygon", **properties):
    coordinates = rings if rings is not None else [ring(-3, 53)]
    return {
        "type": "Feature",
        "properties": {"WD23CD": code, "WD23NM": name, **properties},
        "geometry": {"type": kind, "coordinates": coordinates},
    }


@pytest.fixture
def take(tmp_path):
    """Import features written to a file, by default as wards from a day in 2023."""

    def import_features(features, *, head=None, **options):
        file = tmp_path / "official.geojson"
        file.write_text(json.dumps({"type": "FeatureCollection", **(head or {}), "features": features}))
        options = {"effective_from": date(2023, 5, 4), **options}
        return import_boundaries(file, folder=tmp_path / "boundaries", **options)

    return import_features


@pytest.mark.reference_data
def test_the_30_wards_of_before_2023_are_taken_and_then_hold_for_their_days(tmp_path):
    file = reference_file("boundaries/liverpool_wards_pre2023_martinjc.json")

    imported = import_boundaries(file, folder=tmp_path, effective_from=FIRST_DAY, effective_to=LAST_DAY)

    council = load_council(LIVERPOOL, boundaries=tmp_path)
    before, after = (council.locate(53.4084, -2.9916, on) for on in (LAST_DAY, date(2023, 5, 4)))
    assert len(imported.areas) == 30
    assert imported.file.name == "ward-2004-06-10.geojson"
    assert not imported.boundaries.is_illustrative
    assert (before.ward, before.ward_name, before.neighbourhood) == ("E05000889", "Central", "city-centre")
    assert after.ward == "lantern-quay"
    assert council.ward_name("E05000886") == "Allerton and Hunts Cross"
    assert len(council.wards) == 64


@pytest.mark.reference_data
def test_official_wards_of_the_same_days_take_the_place_of_the_illustrative_ones(tmp_path):
    file = reference_file("boundaries/liverpool_wards_pre2023_martinjc.json")

    import_boundaries(file, folder=tmp_path, effective_from=date(2023, 5, 4))

    council = load_council(LIVERPOOL, boundaries=tmp_path)
    assert council.locate(53.4084, -2.9916, date(2026, 11, 17)).ward_name == "Central"
    assert len(council.wards) == 30


def test_a_set_is_stored_with_its_days_and_source(take):
    imported = take([feature(), feature("E05000002", "Beacon", [ring(-2.9, 53)])], effective_to=date(2030, 5, 1))

    stored = read_boundary_set(imported.file)
    assert stored == imported.boundaries
    assert [(area.id, area.name) for area in stored.areas] == [("E05000001", "Lantern"), ("E05000002", "Beacon")]
    assert (stored.effective_from, stored.effective_to) == (date(2023, 5, 4), date(2030, 5, 1))
    assert stored.source == "Imported from official.geojson"


def test_the_same_import_again_replaces_the_set(take):
    take([feature(name="Lantern")])

    imported = take([feature(name="Lantern Quay")])

    assert [area.name for area in read_boundary_set(imported.file).areas] == ["Lantern Quay"]
    assert len(list(imported.file.parent.iterdir())) == 1


@pytest.mark.parametrize(
    "properties",
    [
        {"WD13CD": "E05000001", "WD13CDO": "00BYGL", "WD13NM": "Lantern", "WD13NMW": None},
        {"FID": 1, "wd24cd": "E05000001", "wd24nm": "Lantern", "LAD24NM": "Liverpool", "LAD24CD": "E08000012"},
        {"gss_code": "E05000001", "name": "Lantern"},
        {"id": "E05000001", "ward_name": "Lantern"},
        {"WD22CD": "E05999999", "WD23CD": "E05000001", "WD22NM": "Old", "WD23NM": "Lantern"},
    ],
)
def test_code_and_name_are_found_under_the_names_that_official_files_use(take, properties):
    area = {"type": "Feature", "properties": properties, "geometry": feature()["geometry"]}

    [found] = take([area]).areas

    assert (found.id, found.name) == ("E05000001", "Lantern")


def test_an_outline_that_crosses_itself_is_mended_and_named(take):
    imported = take([feature(name="Bow", rings=BOW_TIE)])

    assert imported.mended == ("Bow",)
    assert imported.areas[0].geometry["type"] == "MultiPolygon"
    assert imported.boundaries.find(53.5, -2.9).name == "Bow"


def test_islands_and_heights_are_taken(take):
    islands = [[[[lon, lat, 7.5] for lon, lat in ring(west, 53)]] for west in (-3, -2.5)]

    imported = take([feature(rings=islands, kind="MultiPolygon")])

    assert imported.boundaries.find(53.05, -2.95) == imported.boundaries.find(53.05, -2.45)
    assert len(imported.areas[0].geometry["coordinates"][0][0][0]) == 2


def test_neighbours_may_overlap_by_a_sliver(take):
    assert len(take([feature(), feature("E05000002", "Beacon", [ring(-2.9005, 53)])]).areas) == 2


def test_neighbourhoods_must_be_those_of_the_council(take):
    known = {"city-centre"}
    imported = take([feature(name="City Centre")], kind="neighbourhood", neighbourhoods=known)

    assert imported.areas[0].id == "city-centre"
    with pytest.raises(ConfigError, match="Atlantis is not a neighbourhood of the council"):
        take([feature(name="Atlantis")], kind="neighbourhood", neighbourhoods=known)


@pytest.mark.parametrize(
    ("features", "options", "says"),
    [
        ([], {}, "features is missing or empty"),
        ([feature()], {"effective_to": date(2020, 1, 1)}, "the last day (2020-01-01) is before the first (2023-05-04)"),
        (
            [feature()],
            {"head": {"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::27700"}}}},
            "is in urn:ogc:def:crs:EPSG::27700; export it in WGS84 (EPSG:4326)",
        ),
        ([feature(), feature(name="Beacon", rings=[ring(-2, 53)])], {}, "E05000001 is there twice"),
        ([feature(), feature("E05000002", "Beacon", [ring(-2.95, 53)])], {}, "Lantern and Beacon overlap"),
        ([feature(code="E05 1")], {}, "Lantern has the code 'E05 1', which can't be used as an id"),
        (
            [feature(rings=[ring(334_000, 390_000, 500)])],
            {},
            "Lantern is not in the United Kingdom; it looks like easting",
        ),
        ([feature(rings=[ring(53, -3)])], {}, "latitude and longitude seem to be the wrong way round"),
        (
            [feature(rings=[ring(20, 53)])],
            {},
            "Lantern is not in the United Kingdom (GeoJSON is WGS84, longitude first)",
        ),
        ([feature(rings=[[[-3, 53], [-2, 53], [-3, 53], [-3, 53]]])], {}, "the outline of Lantern encloses nothing"),
        ([feature(rings=[])], {}, "Lantern has no outline"),
        ([feature(rings=[["here"]])], {}, "the outline of Lantern can't be read"),
        ([feature(kind="LineString")], {}, "feature 1 is not a Polygon or MultiPolygon"),
        ([{"type": "Feature", "geometry": feature()["geometry"]}], {}, "feature 1 has no properties"),
        ([{**feature(), "properties": {"colour": "red"}}], {}, "no property that every feature has looks like a code"),
        ([feature(), feature(name="")], {}, "looks like a name (such as WD23NM)"),
    ],
)
def test_a_file_that_will_not_do_is_refused_in_one_line_and_nothing_is_stored(take, tmp_path, features, options, says):
    with pytest.raises(ConfigError) as refusal:
        take(features, **options)

    assert says in str(refusal.value)
    assert str(refusal.value).startswith(str(tmp_path / "official.geojson"))
    assert "\n" not in str(refusal.value)
    assert not (tmp_path / "boundaries").exists()


@pytest.mark.parametrize(
    "name",
    [
        "urn:ogc:def:crs:OGC:1.3:CRS84",
        "urn:ogc:def:crs:EPSG::4326",
        "EPSG:4326",
        "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
    ],
)
def test_wgs84_is_known_by_its_names(take, name):
    assert take([feature()], head={"crs": {"type": "name", "properties": {"name": name}}})


def test_a_file_that_is_no_json_is_named(tmp_path):
    file = tmp_path / "wards.geojson"
    file.write_text("{")

    with pytest.raises(ConfigError, match=r"wards\.geojson: is not JSON"):
        import_boundaries(file, folder=tmp_path, effective_from=FIRST_DAY)
    with pytest.raises(ConfigError, match=r"none\.geojson: cannot be read: No such file"):
        import_boundaries(tmp_path / "none.geojson", folder=tmp_path, effective_from=FIRST_DAY)
