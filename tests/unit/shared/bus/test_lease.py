"""One relay at a time, and none that moves a cursor it has lost."""

from datetime import timedelta

import pytest

from shared.bus.documents import relay_position
from shared.bus.lease import LEASE_SECONDS, Cursor, Lease
from shared.errors import Conflict
from tests.unit.shared.bus.toys import NOON, toy_context


class Watch:
    """A machine's clock that is set by hand."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self):
        return self.now

    def pass_seconds(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def store(tmp_path):
    context = toy_context("reports", tmp_path)
    yield context.store
    context.store.close()


@pytest.fixture
def watch():
    return Watch()


def test_of_two_relays_one_gets_the_lease(store, watch):
    assert Lease(store, "first", now=watch).take()
    assert not Lease(store, "second", now=watch).take()


def test_a_lease_that_is_kept_stays(store, watch):
    first, second = Lease(store, "first", now=watch), Lease(store, "second", now=watch)
    first.take()

    for _ in range(10):
        watch.pass_seconds(LEASE_SECONDS / 2)
        first.keep()
        assert not second.take()


def test_the_lease_of_the_dead_is_taken_over_when_it_ends(store, watch):
    first, second = Lease(store, "first", now=watch), Lease(store, "second", now=watch)
    first.take()

    watch.pass_seconds(LEASE_SECONDS)

    assert second.take()
    with pytest.raises(Conflict):
        first.keep()


def test_a_released_lease_is_free_at_once(store, watch):
    first = Lease(store, "first", now=watch)
    first.take()

    first.release()

    assert Lease(store, "second", now=watch).take()


def test_releasing_what_another_holds_changes_nothing(store, watch):
    first, second = Lease(store, "first", now=watch), Lease(store, "second", now=watch)
    first.take()
    second.release()

    assert not second.take()


def test_a_relay_that_was_overtaken_can_not_move_the_cursor(store):
    overtaken, leader = Cursor(store), Cursor(store)
    leader.move(5)

    with pytest.raises(Conflict):
        overtaken.move(3)
    assert relay_position(store) == 5


def test_the_cursor_goes_on_where_it_was(store):
    cursor = Cursor(store)
    cursor.move(5)
    cursor.move(9)

    assert Cursor(store).position == 9
