"""The embedded bus in a real worker process: it forgets, and nothing is lost."""

import os
import time

import pytest

from shared.bus.documents import (
    DEAD,
    RETRYING,
    list_parked,
    read_progress,
    relay_position,
    request_replay,
    request_replay_of_parked,
    show_replay,
)
from tests.servers.toy_workers import eventually
from tests.unit.shared.bus.toys import emit, toy_event

LESS_THAN_ITS_TIME_IS_UP = 7.0
"""Seconds: a worker that could not end by itself takes eight."""


def states(toys):
    return sorted(parked["state"] for parked in list_parked(toys.reports.store))


def test_an_event_saved_by_another_process_is_handled_within_a_second(embedded):
    embedded.start()
    event = toy_event()

    started = time.monotonic()
    emit(embedded.accounts, event)
    eventually(lambda: embedded.handled(event.id))

    assert time.monotonic() - started < 1.5


def test_poison_is_parked_as_dead_and_handled_after_a_replay(embedded):
    embedded.start()
    event = toy_event("poison-1")
    emit(embedded.accounts, event)
    eventually(lambda: states(embedded) == [DEAD])
    (parked,) = list_parked(embedded.reports.store)

    embedded.reports.store.insert("things", {"_id": "cured"})
    request_replay_of_parked(embedded.reports.store, parked["_id"])

    eventually(lambda: embedded.handled(event.id))
    eventually(lambda: states(embedded) == [])
    assert parked["reason"] == "ValueError: poison-1 is a defect"


def test_what_asks_for_a_later_try_gets_it_by_itself(embedded):
    embedded.start()
    event = toy_event("later-1")
    emit(embedded.accounts, event)
    eventually(lambda: states(embedded) == [RETRYING])

    embedded.reports.store.insert("things", {"_id": "cured"})

    eventually(lambda: embedded.handled(event.id))
    eventually(lambda: states(embedded) == [])


@pytest.mark.parametrize(
    "window", ["saved-unpublished:3", "published-uncleared:2", "handled-unacknowledged:20", "parked"]
)
def test_a_worker_killed_in_any_window_loses_nothing(embedded, window):
    events = [toy_event("later-1" if number == 25 else None) for number in range(50)]
    worker = embedded.start(failpoint=window)
    for event in events:
        emit(embedded.accounts, event)
        time.sleep(0.005)
    assert worker.killed_itself()

    embedded.reports.store.insert("things", {"_id": "cured"})
    embedded.start()

    eventually(lambda: all(embedded.handled(event.id) for event in events))
    eventually(lambda: states(embedded) == [])


def test_a_restart_repeats_nothing_that_was_remembered(embedded):
    first = embedded.start()
    events = [toy_event() for _ in range(20)]
    emit(embedded.accounts, *events)
    eventually(lambda: read_progress(embedded.reports.store, "reports.users", "accounts") == 20)
    assert first.stop() == 0

    second = embedded.start()
    last = toy_event()
    emit(embedded.accounts, last)
    eventually(lambda: embedded.handled(last.id))

    handled = (
        'events_handled_total{consumer="reports.users",event="user.changed.v1",outcome="handled",service="reports"}'
    )
    assert f"streetscene_{handled} 1.0" in second.metrics()
    eventually(lambda: relay_position(embedded.accounts.store) == 21)


def test_a_worker_that_is_idle_stops_at_once(embedded):
    worker = embedded.start()
    asked = time.monotonic()

    assert worker.stop() == 0

    # Half a second on a quiet machine; kombu alone would take one more.
    assert time.monotonic() - asked < 1.5
    assert worker.logged("worker_stopped")


def test_a_worker_under_load_stops_when_what_it_took_is_answered(embedded):
    worker = embedded.start()
    for _ in range(1500):
        emit(embedded.accounts, toy_event())
    asked = time.monotonic()

    assert worker.stop() == 0

    assert time.monotonic() - asked < LESS_THAN_ITS_TIME_IS_UP
    assert worker.logged("worker_stopped")


def test_a_range_of_the_log_is_sent_again_on_request(embedded):
    embedded.start()
    events = [toy_event() for _ in range(5)]
    emit(embedded.accounts, *events)
    eventually(lambda: all(embedded.handled(event.id) for event in events))
    for event in events:
        embedded.reports.store.delete("copies", event.id)

    request = request_replay(embedded.accounts.store, consumer="reports.users", first=2, last=4)

    eventually(lambda: not show_replay(embedded.accounts.store, request)["open"])
    eventually(lambda: all(embedded.handled(event.id) for event in events[1:4]))
    assert show_replay(embedded.accounts.store, request)["sent"] == 3
    assert not embedded.handled(events[0].id)
    assert not embedded.handled(events[4].id)


def test_timers_run_and_health_names_every_dependency(embedded):
    worker = embedded.start()

    eventually(lambda: (embedded.reports.store.get("things", "ticks") or {}).get("count", 0) >= 3)

    assert {name for name in worker.checks() if "blobs" not in name} == {
        "accounts.store",
        "reports.store",
        "broker",
        "accounts.consumers",
        "reports.consumers",
    }


def test_a_worker_ends_when_its_launcher_is_gone(embedded):
    reading, writing = os.pipe()
    worker = embedded.start(pass_fds=[reading], STREETSCENE_LIFELINE_FD=str(reading))

    os.close(writing)

    assert worker.process.wait(10) == 1
    os.close(reading)


def test_a_second_worker_on_the_same_port_says_so_and_ends(embedded):
    first = embedded.start()

    second = embedded.start(wait=False, STREETSCENE_METRICS_PORT=str(first.port))

    assert second.process.wait(20) == 2
    assert f"port {first.port} can't be used" in second.log.read_text()
    assert first.ready()
