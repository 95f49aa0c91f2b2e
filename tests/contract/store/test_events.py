"""The outbox: events are committed with their document or not at all, and the log keeps each of them once."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from shared.contracts.envelope import decode
from shared.errors import Conflict, Duplicate, InvalidEvent
from shared.store import Store
from tests.contract.store.samples import THINGS, an_event, logged, thing


def test_events_of_inserts_and_saves_are_logged_once_in_the_order_of_their_document(store: Store) -> None:
    events = [an_event(sequence=number) for number in range(4)]
    store.insert("things", thing(1), events[:1])
    store.save("things", thing(1), expected_version=1, events=events[1:3])
    store.save("things", thing(1), expected_version=2)
    store.save("things", thing(1), expected_version=3, events=events[3:])

    assert logged(store) == [event.id for event in events]
    assert logged(store) == [event.id for event in events]


def test_an_event_is_logged_as_the_bytes_that_go_on_the_wire(store: Store) -> None:
    before = datetime.now(UTC) - timedelta(milliseconds=1)
    event = an_event()
    store.insert("things", thing(1), [event])
    logged(store)

    (entry,) = store.log.read(after=0)

    assert decode(entry.body) == event
    assert (entry.event_id, entry.type) == (event.id, "user.changed.v1")
    assert before <= entry.recorded_at <= datetime.now(UTC)
    assert entry.recorded_at.tzinfo is UTC


def test_positions_rise_and_reading_goes_on_after_one(store: Store) -> None:
    for number in range(5):
        store.insert("things", thing(number), [an_event()])
    expected = logged(store)

    everything = store.log.read(after=0)
    some = store.log.read(after=everything[1].position, limit=2)

    positions = [entry.position for entry in everything]
    assert positions == sorted(set(positions))
    assert [entry.event_id for entry in some] == expected[2:4]
    assert store.log.last_position() == positions[-1]


def test_a_refused_write_leaves_no_event(store: Store) -> None:
    store.insert("things", thing(1))

    with pytest.raises(Duplicate):
        store.insert("things", thing(1), [an_event()])
    with pytest.raises(Duplicate):
        store.insert("things", thing(2, reference="FT-001"), [an_event()])
    with pytest.raises(Conflict):
        store.save("things", thing(1), expected_version=7, events=[an_event()])

    assert logged(store) == []


def test_an_event_that_does_not_fit_its_contract_leaves_no_document(store: Store) -> None:
    event = an_event()
    broken = type(event)(**{**vars(event), "data": {"state": {"name": "Ada"}}})

    with pytest.raises(InvalidEvent):
        store.insert("things", thing(1), [event, broken])

    assert store.get("things", "thing-001") is None
    assert logged(store) == []


def test_events_outlive_their_document(store: Store) -> None:
    events = [an_event(), an_event(sequence=2)]
    store.insert("things", thing(1), events[:1])
    store.save("things", thing(1), expected_version=1, events=events[1:])

    assert store.delete("things", "thing-001")

    assert logged(store) == [event.id for event in events]
    assert store.log.waiting(after=store.log.last_position()) == (0, None)


def test_a_deleted_document_s_id_starts_afresh(store: Store) -> None:
    first, second = an_event(), an_event()
    store.insert("things", thing(1), [first])
    store.delete("things", "thing-001")
    store.insert("things", thing(1), [second])
    store.delete("things", "thing-001")

    assert sorted(logged(store)) == sorted([first.id, second.id])


def test_waiting_counts_what_is_not_past_the_cursor_and_knows_the_oldest(store: Store) -> None:
    assert store.log.waiting(after=0) == (0, None)

    before = datetime.now(UTC) - timedelta(milliseconds=1)
    store.insert("things", thing(1), [an_event(), an_event(sequence=2)])
    count, oldest = store.log.waiting(after=0)
    assert (count, oldest is not None and before <= oldest <= datetime.now(UTC)) == (2, True)

    logged(store)
    first = store.log.read(after=0)[0]
    assert store.log.waiting(after=0) == (2, first.recorded_at)
    assert store.log.waiting(after=first.position)[0] == 1
    assert store.log.waiting(after=store.log.last_position()) == (0, None)


def test_a_small_limit_collects_everything_in_the_end(store: Store) -> None:
    events = [an_event(sequence=number) for number in range(7)]
    store.insert("things", thing(1), events[:5])
    store.insert("things", thing(2), events[5:])
    store.delete("things", "thing-001")

    for _ in range(20):
        store.log.collect(limit=2)

    assert sorted(logged(store)) == sorted(event.id for event in events)
    assert store.log.waiting(after=store.log.last_position())[0] == 0


def test_changed_is_said_once_after_a_write_by_anybody(store: Store, opened: Callable[..., Store]) -> None:
    other = opened(THINGS)
    store.log.changed()
    assert not store.log.changed()

    store.insert("things", thing(1), [an_event()])
    own = store.log.changed()
    logged(store)
    store.log.changed()
    other.insert("things", thing(2), [an_event()])
    others = store.log.changed()
    logged(store)
    store.log.changed()

    assert (own, others, store.log.changed()) == (True, True, False)


def test_the_archive_takes_the_oldest_up_to_a_position_and_an_instant(store: Store) -> None:
    for number in range(4):
        store.insert("things", thing(number), [an_event()])
    expected = logged(store)
    entries = store.log.read(after=0)
    tomorrow = datetime.now(UTC) + timedelta(days=1)

    assert store.log.archive(before=entries[0].recorded_at, up_to=10**9) == []
    assert store.log.archive(before=tomorrow, up_to=entries[2].position) == entries[:3]
    assert store.log.archive(before=tomorrow, up_to=10**9, limit=2) == entries[:2]
    store.log.drop(expected[:3])
    assert [entry.event_id for entry in store.log.read(after=0)] == expected[3:]


def test_no_position_is_ever_used_twice(store: Store) -> None:
    store.insert("things", thing(1), [an_event()])
    expected = logged(store)
    last = store.log.last_position()

    store.log.drop(expected)
    after_drop = store.log.last_position()
    store.insert("things", thing(2), [an_event()])
    logged(store)

    assert after_drop == last
    assert store.log.read(after=0)[0].position > last
