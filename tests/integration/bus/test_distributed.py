"""MongoDB and RabbitMQ together: outboxes inside documents, collected by the leased relay of a patched process."""

import pytest

from shared.bus.documents import list_parked, relay_position
from tests.servers.toy_workers import eventually
from tests.unit.shared.bus.toys import emit, toy_event


def parked(toys):
    return list(list_parked(toys.reports.store))


@pytest.mark.parametrize(
    "window", ["", "saved-unpublished", "published-uncleared", "handled-unacknowledged:5", "parked"]
)
def test_outboxes_are_emptied_and_nothing_is_lost_in_any_window(distributed, window):
    worker = distributed.start(failpoint=window)
    events = [toy_event("later-1" if number == 15 else None) for number in range(30)]
    for event in events:
        emit(distributed.accounts, event)
    if window:
        assert worker.killed_itself()
        distributed.start()

    distributed.reports.store.insert("things", {"_id": "cured"})

    eventually(lambda: all(distributed.handled(event.id) for event in events))
    eventually(lambda: parked(distributed) == [])
    eventually(lambda: relay_position(distributed.accounts.store) == distributed.accounts.store.log.last_position())
    assert distributed.accounts.store.log.last_position() == 30


def test_a_second_relay_takes_over_from_one_that_was_killed(distributed):
    first, second = distributed.start("accounts"), distributed.start("accounts")
    distributed.start("reports")
    before = toy_event()
    emit(distributed.accounts, before)
    eventually(lambda: distributed.handled(before.id))
    assert (len(first.logged("relay_leads")), len(second.logged("relay_leads"))) == (1, 0)

    first.process.kill()
    first.process.wait()
    after = toy_event()
    emit(distributed.accounts, after)

    eventually(lambda: distributed.handled(after.id))
