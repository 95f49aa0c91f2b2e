"""A small day, in one process and on a clock that is set: three crews of one depot, and everything that can happen."""

import pytest

from tests.builders import City
from tests.proof.day.setting import SMALL
from tests.proof.day.stage import MadeStage
from tests.proof.full_day import OPENS, at, conclude, live, set_up


@pytest.fixture(scope="module")
def day(tmp_path_factory):
    """A day that was lived, and what it came to."""
    city = City(tmp_path_factory.mktemp("day"))
    city.clock.instant = at(OPENS)
    course, office, crews = set_up(MadeStage(city), city.contexts["reports"].council, SMALL)
    live(course, office, crews, lambda now: None)
    yield conclude(course, city.contexts["operations"])
    city.close()


def test_nothing_of_it_is_wrong(day):
    assert day.shortcomings() == []
