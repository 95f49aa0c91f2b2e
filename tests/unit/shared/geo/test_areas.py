"""Boundary sets: which one holds on a day, and which area holds a point."""

from datetime import date

import pytest

from shared.geo.areas import Area, BoundarySet, set_for
from shared.geo.boundary_files import read_boundary_set, write_boundary_set


def square(west, south, size=1.0):
    east, north = west + size, south + size
    return {
        "type": "Polygon",
        "coordinates": [[[west, south], [east, south], [east, north], [west, north], [west, south]]],
    }


def a_set(*, begins="2023-05-04", ends=None, illustrative=True, name="new"):
    areas = (Area("left", f"Left {name}", square(-3, 53), "west-side"), Area("right", f"Right {name}", square(-2, 53)))
    return BoundarySet(
        "ward",
        date.fromisoformat(begins),
        date.fromisoformat(ends) if ends else None,
        areas,
        "made for a test",
        is_illustrative=illustrative,
    )


OLD = a_set(begins="2004-06-10", ends="2023-05-03", illustrative=False, name="old")
NEW = a_set()
OFFICIAL = a_set(illustrative=False, name="official")


@pytest.mark.parametrize(
    ("sets", "on", "expected"),
    [
        ((OLD, NEW), "2023-05-03", OLD),
        ((OLD, NEW), "2023-05-04", NEW),
        ((NEW, OLD), "2026-11-17", NEW),
        ((OLD, NEW, OFFICIAL), "2026-11-17", OFFICIAL),
        ((OLD, NEW, OFFICIAL), "2010-01-01", OLD),
        ((OLD, NEW), "1999-01-01", OLD),  # before all: the nearest known
        ((OLD,), "2026-11-17", OLD),  # after all: the nearest known
        ((NEW,), "2010-01-01", NEW),
        ((), "2026-11-17", None),
    ],
)
def test_the_set_of_a_day_is_the_one_that_holds_on_it(sets, on, expected):
    assert set_for(sets, date.fromisoformat(on)) is expected


def test_a_point_is_in_its_area_or_in_none():
    assert NEW.find(53.5, -2.5).id == "left"
    assert NEW.find(53.5, -1.5).id == "right"
    assert NEW.find(54.5, -1.5) is None


def test_a_point_on_a_shared_edge_is_always_in_the_same_area():
    assert {NEW.find(53.5, -2.0).id for _ in range(5)} == {"left"}


def test_the_nearest_area_is_found_for_a_point_outside():
    assert NEW.nearest(53.5, -0.5).id == "right"


def test_a_hole_is_not_in_the_area():
    outer, inner = square(-3, 53)["coordinates"][0], square(-2.6, 53.4, 0.2)["coordinates"][0]
    holed = BoundarySet(
        "ward",
        date(2023, 5, 4),
        None,
        (Area("ring", "Ring", {"type": "Polygon", "coordinates": [outer, inner]}),),
        "",
        True,
    )

    assert holed.find(53.1, -2.9).id == "ring"
    assert holed.find(53.5, -2.5) is None


def test_a_set_is_read_as_it_was_written(tmp_path):
    file = tmp_path / "ward.geojson"

    write_boundary_set(file, OLD)

    assert read_boundary_set(file) == OLD
    assert [path.name for path in tmp_path.iterdir()] == ["ward.geojson"]


def test_a_set_is_geojson_for_maps():
    collection = NEW.feature_collection()

    assert [feature["properties"]["name"] for feature in collection["features"]] == ["Left new", "Right new"]
    assert collection["features"][0]["geometry"] == square(-3, 53)
