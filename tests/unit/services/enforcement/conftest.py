from datetime import timedelta

import pytest

from services.enforcement import subscriptions
from services.enforcement.domain.case import case_id
from services.enforcement.store import cases
from shared.bus.inline import Pump
from shared.clock import SetClock
from tests.builders import TUESDAY_MORNING, make_context
from tests.unit.services.enforcement.made import REPORT, deliver, hand_over, job_completed, sealed


@pytest.fixture
def clock():
    return SetClock(TUESDAY_MORNING)


@pytest.fixture
def ctx(tmp_path, clock):
    context = make_context("enforcement", tmp_path, clock)
    yield context
    context.store.close()


@pytest.fixture
def pump(ctx):
    return Pump(
        {"enforcement": ctx},
        {"enforcement": subscriptions.SUBSCRIPTIONS},
        {"enforcement": subscriptions.TIMERS},
        raise_errors=True,
    )


@pytest.fixture
def case(ctx, pump):
    """Return an open case with one exhibit."""
    assert deliver(ctx, subscriptions.EVIDENCE, job_completed(hand_over(ctx, sealed()))) == ["handled"]
    pump.drain()
    return cases(ctx.store).require(case_id(REPORT))


@pytest.fixture
def days_pass(clock):
    return lambda days: clock.advance(timedelta(days=days))
