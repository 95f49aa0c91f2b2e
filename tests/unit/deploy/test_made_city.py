"""The drawn map of the made city: everything that is reported lies on a made street or alley, and none in the river."""

import json
from math import cos, radians

import pytest
from shapely.geometry import Point

from deploy.councils.liverpool import make_map
from deploy.demo.cast import ALLEY, demo_crew
from shared.config import REPOSITORY
from shared.council import load_council
from shared.geo.drawing import load_drawn_map

COUNCIL_FILE = REPOSITORY / "deploy/councils/liverpool/council.toml"
JITTER_DEGREES = 2e-5
"""How far from a place's middle the simulation reports, as `deploy/demo/simulation.py` draws it."""


@pytest.fixture(scope="module")
def council():
    return load_council(COUNCIL_FILE)


def test_the_committed_map_is_the_one_that_the_script_draws(tmp_path, monkeypatch):
    for name in ("neighbourhoods.geojson", "places.csv"):
        (tmp_path / name).write_text((make_map.FOLDER / name).read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(make_map, "FOLDER", tmp_path)

    make_map.main()

    committed = json.loads((COUNCIL_FILE.parent / "map.json").read_text(encoding="utf-8"))
    assert json.loads((tmp_path / "map.json").read_text(encoding="utf-8")) == committed


def test_everything_reported_lies_on_a_made_street_or_alley_and_not_in_the_river(council):
    river = make_map.river()
    places = [place for place in council.gazetteer.places if place.kind in ("street", "alley")]
    assert len(places) == 13 * 10

    for place in places:
        line = make_map.line_of(place.id, place.kind, lat=place.lat, lon=place.lon)
        for east, north in ((0, 0), (1, 1), (1, -1), (-1, 1), (-1, -1)):
            spot = Point(place.lon + east * JITTER_DEGREES, place.lat + north * JITTER_DEGREES)
            metres = line.distance(spot) * make_map.METRES_A_DEGREE
            assert metres < 4, place.id
            assert not river.contains(spot), place.id
        assert not river.contains(line), place.id


def test_every_place_is_drawn_inside_its_own_neighbourhood(council):
    drawn = load_drawn_map(COUNCIL_FILE)

    assert {area.id for area in drawn.areas} == {neighbourhood.id for neighbourhood in council.neighbourhoods}
    for place in council.gazetteer.places:
        x, y = drawn.point(place.lat, place.lon)
        assert 0 < x < drawn.width
        assert 0 < y < drawn.height


def test_the_map_keeps_the_city_in_shape():
    drawn = load_drawn_map(COUNCIL_FILE)
    a_kilometre_north = 1000 / make_map.METRES_A_DEGREE
    a_kilometre_east = a_kilometre_north / cos(radians(53.4))

    x, y = drawn.point(53.4, -2.95)
    east = drawn.point(53.4, -2.95 + a_kilometre_east)[0] - x
    north = y - drawn.point(53.4 + a_kilometre_north, -2.95)[1]

    assert east == pytest.approx(north, abs=0.3)


def test_a_council_without_a_drawing_has_no_map(tmp_path):
    assert load_drawn_map(tmp_path / "council.toml") is None


def test_the_cast_has_its_alley_and_its_crew(council):
    assert council.gazetteer.place(ALLEY).kind == "alley"
    assert demo_crew(council) == "crew-central-hit"
