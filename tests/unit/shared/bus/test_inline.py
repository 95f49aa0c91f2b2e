"""The pump delivers everything to everybody, through the same rules as a worker."""

import pytest

from shared.bus.documents import list_parked, read_progress, relay_position
from shared.bus.inline import HandlerError, Pump
from shared.errors import RetryLater
from shared.service import Timer
from tests.unit.shared.bus.toys import Script, emit, insert_copy, subscription, toy_context, toy_event


@pytest.fixture
def contexts(tmp_path):
    found = {service: toy_context(service, tmp_path) for service in ("accounts", "reports", "scheduling")}
    yield found
    for context in found.values():
        context.store.close()


def subscriptions(**handlers):
    return {service: [subscription(handle, f"{service}.users")] for service, handle in handlers.items()}


def test_an_event_reaches_every_subscriber_once(contexts):
    reports, scheduling = Script(), Script()
    pump = Pump(contexts, subscriptions(reports=reports, scheduling=scheduling))
    emit(contexts["accounts"], toy_event(), toy_event())

    first, second = pump.drain(), pump.drain()

    assert (first.handled, second.handled) == (4, 0)
    assert (reports.calls, scheduling.calls) == (2, 2)


def test_what_a_handler_emits_is_delivered_in_the_same_drain(contexts):
    scheduling = Script()

    def emit_another(ctx, event):
        if event.source == "accounts" and event.sequence == 1:
            emit(ctx, toy_event(sequence=2))

    pump = Pump(contexts, subscriptions(reports=emit_another, scheduling=scheduling))
    emit(contexts["accounts"], toy_event())

    pump.drain()

    assert scheduling.calls == 2


def test_what_could_not_be_done_yet_is_done_once_the_rest_has_come(contexts):
    class Patient:
        ready = False

        def __call__(self, _ctx, _event):
            if not self.ready:
                raise RetryLater("wait for scheduling", delay_seconds=600)

    patient = Patient()

    def make_ready(ctx, event):
        patient.ready = True

    pump = Pump(contexts, subscriptions(reports=patient, scheduling=make_ready))
    emit(contexts["accounts"], toy_event())

    drained = pump.drain()

    assert (drained.parked_retrying, drained.handled) == (1, 2)
    assert list(list_parked(contexts["reports"].store)) == []


def test_a_defect_is_parked_and_raised_where_that_is_asked_for(contexts):
    pump = Pump(contexts, subscriptions(reports=Script(ValueError("a defect"))), raise_errors=True)
    emit(contexts["accounts"], toy_event())

    with pytest.raises(HandlerError, match="a defect"):
        pump.drain()


def test_a_defect_is_counted_where_it_is_not(contexts):
    pump = Pump(contexts, subscriptions(reports=Script(ValueError("a defect"))))
    emit(contexts["accounts"], toy_event())

    assert pump.drain().parked_dead == 1


def test_timers_run_by_name_and_their_events_are_delivered(contexts):
    script = Script()
    ran = []

    def daily(ctx):
        ran.append("daily")
        emit(ctx, toy_event())

    timers = {"accounts": [Timer("daily", 60, daily), Timer("hourly", 60, lambda _: ran.append("hourly"))]}
    pump = Pump(contexts, subscriptions(reports=script), timers)

    pump.run_timers("daily")

    assert ran == ["daily"]
    assert script.calls == 1


def test_a_pump_goes_on_where_another_has_stored_its_progress(contexts):
    first = Pump(contexts, subscriptions(reports=insert_copy))
    emit(contexts["accounts"], toy_event())
    first.drain()
    first.save_progress()
    script = Script()

    second = Pump(contexts, subscriptions(reports=script), from_progress=True)
    emit(contexts["accounts"], toy_event())
    second.drain()

    assert script.calls == 1
    assert read_progress(contexts["reports"].store, "reports.users", "accounts") == 1
    assert relay_position(contexts["accounts"].store) == 1
