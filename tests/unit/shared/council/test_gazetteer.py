"""The nearest place by squares is the nearest of all: nothing is missed at the edge of a square."""

from random import Random

import pytest

from shared.council.gazetteer import FURTHEST_M, Gazetteer, Place
from shared.geo import distance_m


def made(random: Random, count: int) -> Gazetteer:
    places = tuple(
        Place(f"place-{n}", f"Place {n}", "street", random.uniform(53.33, 53.46), random.uniform(-3.0, -2.83), "here")
        for n in range(count)
    )
    return Gazetteer(places, {"here": "Here"})


@pytest.mark.parametrize("seed", range(5))
def test_the_nearest_place_is_the_nearest_of_all(seed):
    random = Random(seed)
    gazetteer = made(random, 2_000)

    for _ in range(300):
        lat, lon = random.uniform(53.33, 53.46), random.uniform(-3.0, -2.83)
        metres, place = min(
            ((distance_m(lat, lon, one.lat, one.lon), one) for one in gazetteer.places), key=lambda f: f[0]
        )
        assert gazetteer.nearest(lat, lon) == (place if metres <= FURTHEST_M else None)


def test_a_place_further_away_than_asked_for_does_not_count():
    gazetteer = Gazetteer((Place("one", "One", "street", 53.4, -2.9, "here"),), {"here": "Here"})

    assert gazetteer.nearest(53.401, -2.9).id == "one"
    assert gazetteer.nearest(53.401, -2.9, within_m=100) is None


def test_an_empty_gazetteer_names_nothing():
    assert Gazetteer((), {}).nearest(53.4, -2.9) is None
    assert Gazetteer((), {}).search("one") == []
