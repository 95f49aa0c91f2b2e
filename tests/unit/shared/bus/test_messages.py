"""Headers are a convenience: wrong or missing ones must never matter."""

from shared.bus.messages import Delivery, headers_of
from shared.store.port import LoggedEvent
from tests.unit.shared.bus.toys import NOON

LOGGED = LoggedEvent(7, "event-7", "user.changed.v1", NOON, b"{}")


def test_a_delivery_knows_what_its_relay_wrote():
    delivery = Delivery.of(b"{}", headers_of("accounts", LOGGED), redelivered=False)

    assert (delivery.source, delivery.position, delivery.recorded_at) == ("accounts", 7, NOON)


def test_an_event_sent_again_on_request_measures_no_lag():
    delivery = Delivery.of(b"{}", headers_of("accounts", LOGGED, replay="request-1"), redelivered=False)

    assert delivery.recorded_at is None


def test_headers_of_strangers_are_as_if_they_were_not_there():
    odd = {"source": 3, "position": "seven", "recorded-at": "yesterday"}

    delivery = Delivery.of("text", odd, redelivered=True)

    assert (delivery.body, delivery.source, delivery.position, delivery.recorded_at) == (b"text", None, None, None)


def test_a_message_without_a_body_is_empty_bytes():
    assert Delivery.of(None, {}, redelivered=False).body == b""
