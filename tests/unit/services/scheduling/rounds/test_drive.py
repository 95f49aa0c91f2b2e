from dataclasses import replace

import pytest

from services.scheduling.rounds.day import Rest, Site, Step
from services.scheduling.rounds.drive import drive

from .made import HOUR, SITES, TRAVEL, YARD, make_crew, make_day, make_job


def sheet(*jobs):
    return [Step("job", each) for each in jobs]


def driven(day, *jobs, crew_id="crew-1"):
    return drive(day, crew_id, sheet(*jobs), TRAVEL)


def kinds(round_):
    return [(stop.kind, stop.id) for stop in round_.stops]


def test_a_round_tips_before_it_goes_home():
    round_ = driven(make_day(make_job("a")), "a")

    assert kinds(round_) == [("job", "a"), ("tip", "dock")]
    assert round_.stops[-1].is_forced
    assert round_.home_at > round_.stops[-1].leave


def test_a_vehicle_tips_where_the_next_job_does_not_fit():
    jobs = [make_job("a", kg=600), make_job("b", (53.425, -2.96), kg=600)]

    assert kinds(driven(make_day(*jobs), "a", "b")) == [("job", "a"), ("tip", "dock"), ("job", "b"), ("tip", "dock")]


def test_litres_fill_a_vehicle_as_kilograms_do():
    jobs = [make_job("a", litres=4000), make_job("b", (53.425, -2.96), litres=4000)]

    assert driven(make_day(*jobs), "a", "b").tips == 2


def test_what_is_on_board_at_the_beginning_counts():
    day = make_day(make_job("a", kg=500), crews=[make_crew(loaded_kg=600)])

    assert kinds(driven(day, "a"))[0] == ("tip", "dock")


def test_a_job_that_would_end_after_the_shift_is_dropped():
    day = make_day(make_job("a", work_seconds=9 * HOUR), make_job("b"))

    round_ = driven(day, "a", "b")

    assert (round_.dropped, [stop.id for stop in round_.visits]) == (("a",), ["b"])


def test_the_break_is_taken_before_the_stop_that_would_outlast_its_window():
    jobs = [make_job("a", work_seconds=2 * HOUR), make_job("b", work_seconds=3 * HOUR)]

    round_ = driven(make_day(*jobs), "a", "b")

    assert kinds(round_)[:3] == [("job", "a"), ("break", ""), ("job", "b")]
    assert 9 * HOUR <= round_.stops[1].begin <= 10.5 * HOUR


def test_a_crew_that_is_owed_its_break_when_it_is_ready_takes_it_first():
    crew = make_crew(ready=11 * HOUR, rest=Rest(1800, 9 * HOUR, 10 * HOUR))

    assert kinds(driven(make_day(make_job("a"), crews=[crew]), "a"))[0] == ("break", "")


def test_a_crew_without_work_goes_nowhere_but_home_if_it_is_out():
    out = make_crew("crew-2", position=(53.44, -2.89), is_under_way=True, loaded_kg=50)
    day = make_day(crews=[make_crew(), out])

    assert driven(day).stops == ()
    assert kinds(driven(day, crew_id="crew-2")) == [("tip", "park")]


def test_a_job_that_is_not_known_yet_is_waited_for():
    round_ = driven(make_day(make_job("a", release=8 * HOUR)), "a")

    assert (round_.visits[0].arrive < 8 * HOUR, round_.visits[0].begin) == (True, 8 * HOUR)


def test_a_closed_site_is_passed_by_and_one_that_opens_later_is_waited_for():
    sites = {"dock": replace(SITES["dock"], closes=6 * HOUR), "park": replace(SITES["park"], opens=9 * HOUR)}

    round_ = driven(make_day(make_job("a"), sites=sites), "a")

    assert (round_.stops[-1].id, round_.stops[-1].begin) == ("park", 9 * HOUR)


def test_where_no_site_is_open_any_more_nothing_can_be_loaded():
    sites = {"dock": Site("dock", YARD, 900, closes=6 * HOUR)}

    assert driven(make_day(make_job("a"), sites=sites), "a").dropped == ("a",)


def test_waste_goes_only_where_it_is_taken():
    sites = {"dock": replace(SITES["dock"], materials=frozenset({"200301"})), "park": SITES["park"]}

    assert driven(make_day(make_job("a", material="180103"), sites=sites), "a").stops[-1].id == "park"


def test_what_no_site_takes_together_is_tipped_apart():
    sites = {
        "dock": replace(SITES["dock"], materials=frozenset({"200301"})),
        "park": replace(SITES["park"], materials=frozenset({"180103"})),
    }
    jobs = [make_job("a", material="200301"), make_job("b", material="180103")]

    tips = [stop.id for stop in driven(make_day(*jobs, sites=sites), "a", "b").stops if stop.kind == "tip"]

    assert tips == ["dock", "park"]


def test_lines_of_no_use_are_passed_over():
    day = make_day(make_job("a"))
    steps = [Step("tip", "dock"), Step("break"), Step("job", "nobody’s"), Step("job", "a"), Step("tip", "nowhere")]

    round_ = drive(day, "crew-1", steps, TRAVEL)

    assert (kinds(round_), round_.dropped) == ([("job", "a"), ("tip", "dock")], ("nobody’s",))


@pytest.mark.parametrize("leaving", [6, 7, 7.4, 8, 9.4, 9.6])
def test_who_leaves_later_never_arrives_earlier(leaving):
    far = (53.35, -2.86)
    earlier = leaving * HOUR + TRAVEL.seconds(YARD, far, "tipper", leaving * HOUR)
    later = leaving * HOUR + 60 + TRAVEL.seconds(YARD, far, "tipper", leaving * HOUR + 60)

    assert later >= earlier


def test_rush_hour_makes_ways_longer():
    far = (53.35, -2.86)

    free = TRAVEL.seconds(YARD, far, "tipper", 12 * HOUR)
    assert TRAVEL.seconds(YARD, far, "tipper", 8 * HOUR) == pytest.approx(free / 0.65)
    matrix = TRAVEL.typical_seconds([YARD, far], "tipper", 6 * HOUR, 14 * HOUR)
    assert free < matrix[0, 1] < free / 0.65
    assert matrix[0, 1] == pytest.approx(free * (6 + 2 / 0.65) / 8, abs=1)
