"""A day's own clock, on ordinary days and on both days on which clocks change."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from services.scheduling.rounds.frame import Frame

SPRING, AUTUMN, ORDINARY = date(2026, 3, 29), date(2026, 10, 25), date(2026, 11, 17)


@pytest.mark.parametrize(("day", "hours"), [(SPRING, 8), (AUTUMN, 10), (ORDINARY, 9)])
def test_nine_oclock_is_so_many_hours_after_midnight(day, hours):
    assert Frame.on(day).at(time(9)) == hours * 3600


@pytest.mark.parametrize("day", [SPRING, AUTUMN, ORDINARY])
def test_an_instant_comes_back_as_itself(day):
    frame = Frame.on(day)
    instant = frame.midnight + timedelta(hours=7, minutes=13)

    assert frame.instant(frame.seconds(instant)) == instant
    assert Frame.of(instant) == frame


def test_a_summer_evening_belongs_to_its_own_day_in_london():
    assert Frame.of(datetime(2026, 7, 1, 23, 30, tzinfo=UTC)).day == date(2026, 7, 2)


def test_a_time_is_said_as_clocks_show_it():
    assert [Frame.on(day).clock(9 * 3600 + 300) for day in (ORDINARY, SPRING, AUTUMN)] == [
        "9:05am",
        "10:05am",
        "8:05am",
    ]
    assert Frame.on(ORDINARY).clock(15 * 3600) == "3:00pm"


def test_a_shift_over_the_change_is_as_long_as_it_is_worked():
    night = Frame.on(AUTUMN)

    assert night.at(time(6)) - night.at(time(0)) == 7 * 3600
