"""The council's clock beside the machine's: which one says what is still to come."""

from datetime import timedelta

import pytest

from shared.clock import ClockSetting, CouncilClock, MachineClock, SetClock, machine_now
from tests.builders import TUESDAY_MORNING


@pytest.mark.parametrize("ahead", [timedelta(days=-5), timedelta(days=5)])
def test_nothing_told_is_after_the_later_of_the_two_clocks(ahead):
    real = machine_now()
    clock = CouncilClock(lambda: ClockSetting(real, real + ahead, 1))

    assert abs(clock.now() - (real + ahead)) < timedelta(minutes=1)
    assert abs(clock.latest() - max(real, real + ahead)) < timedelta(minutes=1)


def test_where_there_is_one_clock_it_is_that():
    assert SetClock(TUESDAY_MORNING).latest() == TUESDAY_MORNING
    assert abs(MachineClock().latest() - machine_now()) < timedelta(minutes=1)
    assert abs(CouncilClock(lambda: None).latest() - machine_now()) < timedelta(minutes=1)
