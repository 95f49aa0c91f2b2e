"""The drawn map of the made city: everything that is reported lies on a made street or alley, and none in the river."""

import json
from collections import Counter
from math import cos, radians
from random import Random

import pytest
from shapely.geometry import Point

from deploy.councils.liverpool import make_map
from deploy.demo.cast import ALLEY, demo_crew
from deploy.demo.streets import AWAY_M, KINDS, Streets
from shared.config import REPOSITORY
from shared.council import load_council
from shared.geo import distance_m
from shared.geo.drawing import load_drawn_map

COUNCIL_FILE = REPOSITORY / "deploy/councils/liverpool/council.toml"


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
    assert len(places) == 13 * (7 + 3 + 2 * 20)
    lines = {kind: [_line(place) for place in places if place.kind == kind] for kind in ("street", "alley")}
    assert not any(river.contains(line) for of_kind in lines.values() for line in of_kind)
    streets = Streets(council, unevenness=1.0)

    for number in range(200):
        for land, kind in KINDS.items():
            lat, lon, _ = streets.draw(land, Random(number))
            spot = Point(lon, lat)
            assert min(line.distance(spot) for line in lines[kind]) * make_map.METRES_A_DEGREE < 1, (land, number)
            assert not river.contains(spot)


def test_nothing_is_left_near_the_places_of_the_cast(council):
    streets = Streets(council, unevenness=1.0, without_places=(ALLEY,))
    avoided = council.gazetteer.place(ALLEY)

    spots = [streets.draw(land, Random(number))[:2] for number in range(400) for land in KINDS]

    assert min(distance_m(*spot, avoided.lat, avoided.lon) for spot in spots) > AWAY_M


def test_some_places_are_left_on_far_more_often_than_others(council):
    def share_of_the_worst_tenth(unevenness):
        streets, random = Streets(council, unevenness=unevenness), Random(1)
        squares = Counter(
            f"{lat:.3f} {lon:.3f}" for lat, lon, _ in (streets.draw("highway", random) for _ in range(3000))
        )
        counts = sorted(squares.values(), reverse=True)
        return sum(counts[: len(counts) // 10]) / sum(counts)

    assert share_of_the_worst_tenth(1.0) > 1.4 * share_of_the_worst_tenth(0.0)


def _line(place):
    return make_map.line_of(place.id, place.kind, lat=place.lat, lon=place.lon)


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
