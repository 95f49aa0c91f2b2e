"""Deliveries: one per event, recipient and kind; sent once, whatever happens in between."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from shared.clock import SetClock
from shared.errors import RetryLater
from shared.notify import DELIVERIES, MESSAGES, Message, PageSender, RefusedError, messages_page, queue_delivery
from shared.notify import deliveries as deliveries_module
from shared.notify.deliveries import (
    FIRST_PAUSE,
    LEASE,
    MAXIMUM_ATTEMPTS,
    deliveries_about,
    delivery_id_of,
    send_due,
)
from shared.store import open_store

NOON = datetime(2026, 11, 17, 12, tzinfo=UTC)
WORDS = Message("", "email", "somebody@example.org", "received", "We have your report", "Reference FT-7K3MQ2XA")


@dataclass
class Provider:
    """A sender that remembers what it took, and fails as told."""

    can_look_up: bool = True
    failures: list[Exception] = field(default_factory=list)
    taken_before_failing: bool = False
    sent: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def send(self, message):
        failure = self.failures.pop(0) if self.failures else None
        if failure is None or self.taken_before_failing:
            self.sent.append(message.id)
        if failure is not None:
            raise failure

    def look_up(self, message_id):
        self.asked.append(message_id)
        return message_id in self.sent if self.can_look_up else None


@pytest.fixture
def machine(monkeypatch):
    """The machine's clock, which leases and pauses go by."""
    clock = SetClock(NOON)
    monkeypatch.setattr(deliveries_module, "machine_now", clock.now)
    return clock


@pytest.fixture
def ctx(tmp_path, machine):
    store = open_store(f"sqlite://{tmp_path}", "reports", (DELIVERIES, MESSAGES))
    yield SimpleNamespace(
        store=store,
        clock=SetClock(NOON),
        settings=SimpleNamespace(demo=False),
        council=SimpleNamespace(is_demonstration=False, about="Made-up people and penalties."),
    )
    store.close()


def queue(ctx, *, event_id="event-1", recipient="email", kind="received", event_time=NOON, about="report-1"):
    return queue_delivery(
        ctx, event_id=event_id, recipient=recipient, kind=kind, message=WORDS, event_time=event_time, about=about
    )


def the_delivery(ctx):
    [delivery] = deliveries_about(ctx.store, "report-1")
    return delivery


def test_a_queued_delivery_is_sent_once_under_its_own_id(ctx, machine):
    delivery_id = queue(ctx)
    machine.advance(timedelta(seconds=1))
    provider = Provider()

    assert send_due(ctx, provider) == 1
    assert send_due(ctx, provider) == 0
    assert provider.sent == [delivery_id] == [delivery_id_of("event-1", "email", "received")]
    assert (the_delivery(ctx).state, the_delivery(ctx).attempts) == ("sent", 1)
    assert the_delivery(ctx).sent_at == machine.now()


def test_a_duplicate_event_makes_no_second_delivery(ctx, machine):
    assert queue(ctx) == queue(ctx)
    machine.advance(timedelta(seconds=1))
    provider = Provider()
    send_due(ctx, provider)
    queue(ctx)
    machine.advance(timedelta(days=1))

    assert send_due(ctx, provider) == 0
    assert len(provider.sent) == 1


def test_another_recipient_or_kind_is_another_delivery(ctx):
    ids = {queue(ctx), queue(ctx, recipient="sms"), queue(ctx, kind="closed"), queue(ctx, event_id="event-2")}

    assert len(ids) == 4


def test_an_event_older_than_a_day_makes_no_delivery(ctx):
    assert queue(ctx, event_time=NOON - timedelta(days=1, seconds=1)) is None
    assert deliveries_about(ctx.store, "report-1") == []
    assert queue(ctx, event_time=NOON - timedelta(hours=23)) is not None


def test_a_delivery_that_another_worker_has_claimed_is_left_alone(ctx, machine):
    queue(ctx)
    machine.advance(timedelta(seconds=1))
    other = Provider()

    class Slow(Provider):
        def send(self, message):
            # While this one is sending, another worker looks for something to do.
            assert send_due(ctx, other) == 0
            super().send(message)

    assert send_due(ctx, Slow()) == 1
    assert other.sent == []


def test_what_surely_was_not_taken_is_tried_again_after_a_pause(ctx, machine):
    queue(ctx)
    machine.advance(timedelta(seconds=1))
    provider = Provider(failures=[RetryLater("too many requests", delay_seconds=1)])

    assert send_due(ctx, provider) == 0
    assert send_due(ctx, provider) == 0
    machine.advance(FIRST_PAUSE + timedelta(seconds=1))
    assert send_due(ctx, provider) == 1
    assert provider.asked == []
    assert the_delivery(ctx).attempts == 2


def test_a_provider_that_asks_for_a_longer_pause_gets_it(ctx, machine):
    queue(ctx)
    machine.advance(timedelta(seconds=1))
    provider = Provider(failures=[RetryLater("maintenance", delay_seconds=600)])
    send_due(ctx, provider)

    machine.advance(timedelta(seconds=599))
    assert send_due(ctx, provider) == 0
    machine.advance(timedelta(seconds=2))
    assert send_due(ctx, provider) == 1


def test_an_unknown_outcome_is_looked_up_before_anything_is_sent_again(ctx, machine):
    delivery_id = queue(ctx)
    machine.advance(timedelta(seconds=1))
    provider = Provider(failures=[TimeoutError()], taken_before_failing=True)
    send_due(ctx, provider)
    machine.advance(timedelta(hours=1))

    assert send_due(ctx, provider) == 0
    assert provider.asked == [delivery_id]
    assert provider.sent == [delivery_id]
    assert (the_delivery(ctx).state, the_delivery(ctx).unsure) == ("sent", 0)


def test_what_the_provider_does_not_know_is_sent_again(ctx, machine):
    queue(ctx)
    machine.advance(timedelta(seconds=1))
    provider = Provider(failures=[ConnectionError()])
    send_due(ctx, provider)
    machine.advance(timedelta(hours=1))

    assert send_due(ctx, provider) == 1
    assert len(provider.sent) == 1
    assert the_delivery(ctx).unsure == 0


def test_a_provider_that_cannot_tell_gets_it_again_and_that_is_counted(ctx, machine):
    queue(ctx)
    machine.advance(timedelta(seconds=1))
    provider = Provider(failures=[ConnectionError()], can_look_up=False, taken_before_failing=True)
    send_due(ctx, provider)
    machine.advance(timedelta(hours=1))

    assert send_due(ctx, provider) == 1
    assert len(provider.sent) == 2
    assert the_delivery(ctx).unsure == 1


class Killed(BaseException):
    """Stands for kill -9: nothing after it runs."""


def test_a_worker_killed_while_sending_leaves_what_the_next_one_finishes(ctx, machine):
    delivery_id = queue(ctx)
    machine.advance(timedelta(seconds=1))
    provider = Provider(failures=[Killed()], taken_before_failing=True)
    with pytest.raises(Killed):
        send_due(ctx, provider)

    assert send_due(ctx, provider) == 0, "the lease still holds"
    machine.advance(LEASE + timedelta(seconds=1))
    send_due(ctx, provider)

    assert provider.sent == [delivery_id]
    assert the_delivery(ctx).state == "sent"


def test_a_worker_killed_between_sent_and_noted_repeats_the_note_and_not_the_message(ctx, machine):
    delivery_id = queue(ctx)
    machine.advance(timedelta(seconds=1))
    provider, told = Provider(), []

    def killed_when_told(delivery):
        raise Killed

    with pytest.raises(Killed):
        send_due(ctx, provider, on_sent=killed_when_told)
    machine.advance(LEASE + timedelta(seconds=1))
    send_due(ctx, provider, on_sent=told.append)

    assert provider.sent == [delivery_id]
    assert [(delivery.id, delivery.about, delivery.kind) for delivery in told] == [
        (delivery_id, "report-1", "received")
    ]


def test_what_is_refused_is_never_tried_again(ctx, machine):
    queue(ctx)
    machine.advance(timedelta(seconds=1))
    provider = Provider(failures=[RefusedError("no such address")])
    send_due(ctx, provider)
    machine.advance(timedelta(days=30))

    assert send_due(ctx, provider) == 0
    assert (the_delivery(ctx).state, provider.sent) == ("refused", [])


def test_trying_ends_some_day(ctx, machine):
    queue(ctx)
    machine.advance(timedelta(seconds=1))
    provider = Provider(failures=[RetryLater("down") for _ in range(MAXIMUM_ATTEMPTS)])
    for _ in range(MAXIMUM_ATTEMPTS + 1):
        send_due(ctx, provider)
        machine.advance(timedelta(hours=2))

    assert (the_delivery(ctx).state, the_delivery(ctx).attempts) == ("given-up", MAXIMUM_ATTEMPTS)
    assert provider.sent == []


def test_a_delivery_that_fails_does_not_hold_up_the_others(ctx, machine):
    queue(ctx)
    other = queue(ctx, event_id="event-2", about="report-2")
    machine.advance(timedelta(seconds=1))
    provider = Provider(failures=[ValueError("a defect")])

    assert send_due(ctx, provider) == 1
    assert len(provider.sent) == 1
    assert other in provider.sent or the_delivery(ctx).state == "sent"


def test_the_page_sender_writes_each_message_down_once(ctx, machine):
    delivery_id = queue(ctx)
    machine.advance(timedelta(seconds=1))
    sender = PageSender(ctx.store)
    send_due(ctx, sender)
    sender.send(Message(delivery_id, "email", "somebody@example.org", "received", "again", "again"))

    [message] = messages_page(ctx.store).items
    assert (message["_id"], message["subject"], message["address"]) == (delivery_id, WORDS.subject, WORDS.address)
    assert sender.look_up(delivery_id) is True
    assert sender.look_up("another") is False


def test_logs_name_the_delivery_and_never_the_person(ctx, machine, caplog):
    caplog.set_level("DEBUG")
    queue(ctx)
    queue(ctx)
    machine.advance(timedelta(seconds=1))
    send_due(ctx, Provider(failures=[ValueError(f"{WORDS.address} {WORDS.body}")]))

    assert len(caplog.records) >= 2
    for record in caplog.records:
        assert WORDS.address not in str(record.__dict__)
        assert WORDS.body not in str(record.__dict__)


def test_a_message_of_a_demonstration_says_that_it_is_one(ctx):
    ctx.council.is_demonstration = True

    delivery_id = queue(ctx)

    stored = ctx.store.get(DELIVERIES.name, delivery_id)
    assert stored["message"]["body"].endswith("Made-up people and penalties.")
