"""Before and after: intervals against published values, and spots against counting by hand."""

from datetime import UTC, datetime, timedelta
from math import exp, factorial, inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.scheduling.domain.before_after import Counts, compared, poisson_interval, ratio_interval
from services.scheduling.domain.hot_spots import FEWEST, RADIUS_M, ReportPoint, hot_spots, within
from shared.geo import distance_m

NOW = datetime(2026, 11, 17, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("count", "low", "high"),
    [(0, 0, 3.6889), (1, 0.0253, 5.5716), (10, 4.7954, 18.3904), (100, 81.3640, 121.6268)],
)
def test_a_count_has_garwoods_interval(count, low, high):
    found = poisson_interval(count)

    assert (found.low, found.high) == (pytest.approx(low, abs=2e-4), pytest.approx(high, abs=2e-4))


def test_after_against_before_is_the_binomial_interval_as_odds():
    # Clopper and Pearson for 7 of 10: 0.3475471 to 0.9332605.
    found = ratio_interval(7, 3)

    assert found.estimate == pytest.approx(7 / 3)
    assert found.low == pytest.approx(0.3475471 / (1 - 0.3475471), rel=1e-5)
    assert found.high == pytest.approx(0.9332605 / (1 - 0.9332605), rel=1e-5)


def test_against_elsewhere_is_fishers_conditional_interval():
    # Fisher's tea, 3 and 1 of 4: the probabilities of 0 to 4 are as 1 : 16w : 36w² : 16w³ : w⁴ at odds of w.
    found = compared(Counts(here_before=1, here_after=3, elsewhere_before=3, elsewhere_after=1))

    def share(odds, numbers):
        weights = [times * odds**number for number, times in enumerate((1, 16, 36, 16, 1))]
        return sum(weights[number] for number in numbers) / sum(weights)

    assert found.estimate == pytest.approx(9)
    assert share(found.low, (3, 4)) == pytest.approx(0.025)
    assert share(found.high, (0, 1, 2, 3)) == pytest.approx(0.025)
    assert found.low == pytest.approx(0.2117329, rel=1e-4)  # as R's fisher.test prints it


def test_nothing_before_has_no_estimate_and_no_upper_limit():
    found = ratio_interval(3, 0)

    assert (found.estimate, found.high) == (None, None)
    assert found.low > 0


def test_nothing_after_has_a_lower_limit_of_nothing():
    assert (ratio_interval(0, 8).estimate, ratio_interval(0, 8).low) == (0, 0)
    assert ratio_interval(0, 8).says_fewer


def test_nothing_at_all_says_nothing():
    assert (ratio_interval(0, 0).low, ratio_interval(0, 0).high) == (0, None)
    assert (compared(Counts(0, 0, 0, 0)).low, compared(Counts(0, 0, 0, 0)).high) == (0, None)


def test_the_season_is_taken_out():
    halved_everywhere = compared(Counts(here_before=40, here_after=20, elsewhere_before=1000, elsewhere_after=500))

    assert halved_everywhere.estimate == pytest.approx(1)
    assert not halved_everywhere.says_fewer
    assert ratio_interval(20, 40).says_fewer  # which is what the season alone would make one believe


@given(st.integers(0, 60))
@settings(max_examples=30, deadline=None)
def test_the_limits_of_a_count_leave_a_fortieth_on_either_side(count):
    found = poisson_interval(count)

    def at_most(mean, number):
        return sum(exp(-mean) * mean**each / factorial(each) for each in range(number + 1))

    assert at_most(found.high, count) == pytest.approx(0.025, rel=1e-6)
    assert count == 0 or 1 - at_most(found.low, count - 1) == pytest.approx(0.025, rel=1e-6)


@given(*[st.integers(0, 40)] * 2, *[st.integers(0, 400)] * 2)
@settings(max_examples=50, deadline=None)
def test_an_interval_holds_its_estimate_whatever_is_counted(before, after, elsewhere_before, elsewhere_after):
    for found in (ratio_interval(after, before), compared(Counts(before, after, elsewhere_before, elsewhere_after))):
        assert found.low <= (found.high if found.high is not None else inf)
        if found.estimate is not None:
            assert found.low <= found.estimate <= (found.high if found.high is not None else inf)


def point(number, lat, lon, minutes=0):
    return ReportPoint(
        f"job-{number:03}", f"FT-{number:08}", "fly-tipping", NOW + timedelta(minutes=minutes), lat, lon, "here"
    )


def test_reports_around_one_place_are_a_spot_and_lone_ones_are_none():
    near = [point(number, 53.43 + number * 0.0001, -2.98, minutes=number) for number in range(5)]
    alone = [point(20 + number, 53.40 + number * 0.01, -2.9) for number in range(3)]

    (spot,) = hot_spots([*alone, *near])

    assert (spot.count, spot.points[0].job_id) == (5, "job-004")
    assert spot.last_at == NOW + timedelta(minutes=4)


def test_two_spots_close_by_share_no_report():
    chain = [point(number, 53.43 + number * 0.0003, -2.98) for number in range(24)]

    spots = hot_spots(chain)

    counted = [each.job_id for spot in spots for each in spot.points]
    assert len(spots) > 1
    assert len(counted) == len(set(counted))


def test_reports_of_the_same_moment_come_in_one_order():
    here = [point(number, 53.43, -2.98) for number in range(5)]

    assert hot_spots(here) == hot_spots(reversed(here))


places = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=60)


@given(places, st.randoms())
@settings(max_examples=60, deadline=None)
def test_spots_are_the_same_in_any_order_and_hold_what_is_within_the_radius(cells, random):
    points = [point(number, 53.4 + y * 0.0004, -2.98 + x * 0.0006) for number, (x, y) in enumerate(cells)]
    mixed = random.sample(points, len(points))

    spots = hot_spots(points)

    assert hot_spots(mixed) == spots
    assert [spot.count for spot in spots] == sorted((spot.count for spot in spots), reverse=True)
    left = {each.job_id: each for each in points}
    for spot in spots:
        around = within(left.values(), spot.lat, spot.lon, RADIUS_M)
        assert {each.job_id for each in spot.points} == {each.job_id for each in around}
        left = {job_id: each for job_id, each in left.items() if each not in spot.points}
    # Nothing that is left has enough around it.
    counts = [
        sum(distance_m(one.lat, one.lon, other.lat, other.lon) <= RADIUS_M for other in left.values())
        for one in left.values()
    ]
    assert all(count < FEWEST for count in counts)
