"""The bus on a real node: what is acknowledged, confirmed, refused, redelivered and given up on."""

import re
import sqlite3

import pytest
import requests
from kombu import Connection

from shared.bus.documents import (
    DEAD,
    list_parked,
    parked_body,
    relay_position,
    request_replay,
    request_replay_of_parked,
    show_replay,
)
from shared.bus.topology import EVENTS_EXCHANGE, read_consumers
from shared.errors import Conflict
from tests.integration.bus.conftest import DEFINITIONS
from tests.servers.toy_workers import eventually
from tests.unit.shared.bus.toys import body_of, emit, toy_event


def publish(toys, body: bytes, *, exchange=EVENTS_EXCHANGE, routing_key="user.changed.v1", **options):
    """Publish past the relay, as a stranger would."""
    with Connection(toys.bus_url) as connection, connection.channel() as channel:
        producer = connection.Producer(channel)
        options.setdefault("content_type", "application/cloudevents+json")
        options.setdefault("content_encoding", "utf-8")
        producer.publish(body, exchange=exchange, routing_key=routing_key, **options)


def parked(toys):
    return list(list_parked(toys.reports.store))


def messages_in(rabbitmq, vhost, queue) -> int:
    counts = rabbitmq.api("GET", f"queues/{vhost}/{queue}")
    return counts.get("messages_ready", 0) + counts.get("messages_unacknowledged", 0)


def test_the_node_has_loaded_the_committed_definitions_with_their_policies(rabbitmq):
    consumers = read_consumers(DEFINITIONS)

    def policies():
        queues = {queue["name"]: queue for queue in rabbitmq.api("GET", "queues/%2F")}
        found = {name: queue.get("effective_policy_definition") or {} for name, queue in queues.items()}
        return found if all(found.values()) and len(found) == 2 * len(consumers) else None

    found = eventually(policies)
    for consumer in consumers:
        assert found[consumer]["dead-letter-strategy"] == "at-least-once"
        assert found[consumer]["dead-letter-routing-key"] == consumer
        assert found[consumer]["delivery-limit"] == 20
        assert "dead-letter-exchange" not in found[f"{consumer}.dead"]


def test_events_reach_the_consumer_and_the_cursor_the_end_of_the_log(toys):
    worker = toys.start()
    events = [toy_event() for _ in range(300)]

    emit(toys.accounts, *events)

    eventually(lambda: all(toys.handled(event.id) for event in events))
    eventually(lambda: relay_position(toys.accounts.store) == 300)
    assert 'streetscene_events_published_total{event="user.changed.v1",service="accounts"} 300.0' in worker.metrics()
    assert worker.stop() == 0


def test_poison_ends_dead_with_its_reason_and_succeeds_after_a_replay(toys):
    toys.start()
    event = toy_event("poison-1")
    emit(toys.accounts, event)
    (dead,) = eventually(lambda: parked(toys))

    toys.reports.store.insert("things", {"_id": "cured"})
    request_replay_of_parked(toys.reports.store, dead["_id"])

    eventually(lambda: toys.handled(event.id))
    eventually(lambda: parked(toys) == [])
    assert (dead["state"], dead["reason"]) == (DEAD, "ValueError: poison-1 is a defect")


@pytest.mark.parametrize(
    ("body", "options"),
    [
        (b"\xff\xfe\xfd", {}),
        (b"not json", {"content_type": "application/json"}),
        (b"\x80\x04K\x01.", {"content_type": "application/x-python-serialize", "content_encoding": "binary"}),
        (b"not compressed", {"headers": {"compression": "application/x-gzip"}}),
    ],
    ids=["bytes", "text", "pickle", "compression"],
)
def test_what_cannot_be_decoded_ends_dead_and_the_next_message_is_handled(toys, body, options):
    toys.start()
    publish(toys, body, **options)
    event = toy_event()
    emit(toys.accounts, event)

    eventually(lambda: toys.handled(event.id))
    (dead,) = eventually(lambda: parked(toys))
    assert dead["state"] == DEAD
    assert dead["reason"]
    assert parked_body(dead) == body


def test_a_foreign_message_mended_in_the_code_succeeds_after_replay(toys):
    """An event of a type unknown when it came is undecodable then, and handled when replayed with its contract."""
    toys.start()
    event = toy_event()
    publish(toys, body_of(event).replace(b'"active":true', b'"active":"perhaps"'))
    (dead,) = eventually(lambda: parked(toys))

    document = {**dead, "body": body_of(event).decode()}
    toys.reports.store.save("parked", document, expected_version=dead["version"])
    request_replay_of_parked(toys.reports.store, dead["_id"])

    eventually(lambda: toys.handled(event.id))
    assert "does not fit its contract" in dead["reason"]


@pytest.mark.parametrize("window", ["saved-unpublished", "published-uncleared", "handled-unacknowledged:10", "parked"])
def test_a_worker_killed_in_any_window_loses_nothing(toys, rabbitmq, vhost, window):
    worker = toys.start(failpoint=window)
    events = [toy_event("later-1" if number == 15 else None) for number in range(30)]
    for event in events:
        emit(toys.accounts, event)
    assert worker.killed_itself()

    toys.reports.store.insert("things", {"_id": "cured"})
    toys.start()

    eventually(lambda: all(toys.handled(event.id) for event in events))
    eventually(lambda: parked(toys) == [])
    eventually(lambda: relay_position(toys.accounts.store) == 30)
    eventually(lambda: messages_in(rabbitmq, vhost, "reports.users") == 0)


def test_of_two_relays_one_leads_and_the_other_takes_over(toys):
    first = toys.start("accounts")
    second = toys.start("accounts")
    consumer = toys.start("reports")
    before = [toy_event() for _ in range(50)]
    emit(toys.accounts, *before)
    eventually(lambda: all(toys.handled(event.id) for event in before))

    assert (len(first.logged("relay_leads")), len(second.logged("relay_leads"))) == (1, 0)

    first.process.kill()
    first.process.wait()
    after = [toy_event() for _ in range(50)]
    emit(toys.accounts, *after)
    eventually(lambda: all(toys.handled(event.id) for event in after))
    assert len(second.logged("relay_leads")) == 1
    assert consumer.stop() == 0


def test_a_relay_that_lost_its_lease_steps_down(toys):
    worker = toys.start()
    lease = toys.accounts.store.get("relay", "lease")

    stolen = {**lease, "holder": "somebody else"}
    eventually(lambda: _saved(toys, stolen))

    eventually(lambda: worker.logged("relay_stepped_down"))
    event = toy_event()
    emit(toys.accounts, event)
    eventually(lambda: toys.handled(event.id))


def _saved(toys, lease) -> bool:
    current = toys.accounts.store.get("relay", "lease")
    try:
        toys.accounts.store.save("relay", {**lease, "until": current["until"]}, expected_version=current["version"])
    except Conflict:
        return False
    return True


def test_redelivery_in_reverse_order_ends_with_the_latest_state(toys):
    subject = toy_event().subject
    events = [toy_event(subject, sequence=number) for number in range(1, 21)]
    worker = toys.start()

    for event in [*reversed(events), *events, *reversed(events)]:
        publish(toys, body_of(event))

    eventually(lambda: all(toys.handled(event.id) for event in events))
    handled = (
        'events_handled_total{consumer="reports.users",event="user.changed.v1",outcome="handled",service="reports"}'
    )
    eventually(lambda: f"streetscene_{handled} 60.0" in worker.metrics())
    assert toys.reports.store.get("copies", subject)["sequence"] == 20


def test_an_event_without_a_queue_is_published_again_until_there_is_one(toys, rabbitmq, vhost):
    worker = toys.start("accounts")
    rabbitmq.api("DELETE", f"queues/{vhost}/reports.users")
    event = toy_event()

    emit(toys.accounts, event)

    eventually(lambda: worker.logged("relay_publishing_interrupted"))
    toys.start("reports")
    eventually(lambda: toys.handled(event.id))
    eventually(lambda: relay_position(toys.accounts.store) == 1)


def test_what_a_full_queue_refuses_is_published_again_until_it_is_taken(toys, rabbitmq, vhost):
    worker = toys.start("accounts")
    full = {"pattern": "^reports[.]users$", "apply-to": "queues", "priority": 30}
    full["definition"] = {"max-length": 1, "overflow": "reject-publish"}
    rabbitmq.api("PUT", f"policies/{vhost}/full", json=full)
    eventually(lambda: rabbitmq.api("GET", f"queues/{vhost}/reports.users").get("policy") == "full")
    events = []

    def refused():
        """Quorum queues tell publishers late that they are full, so go on until they have."""
        events.append(toy_event())
        emit(toys.accounts, events[-1])
        return worker.logged("relay_publishing_interrupted")

    reasons = [line["reason"] for line in eventually(refused)]
    not_past = relay_position(toys.accounts.store)

    rabbitmq.api("DELETE", f"policies/{vhost}/full")
    toys.start("reports")

    eventually(lambda: all(toys.handled(event.id) for event in events))
    eventually(lambda: relay_position(toys.accounts.store) == len(events))
    assert "refused" in reasons[0]
    assert not_past < len(events)


def test_an_exchange_that_is_gone_closes_the_channel_and_is_declared_again(toys, rabbitmq, vhost):
    worker = toys.start("accounts")
    rabbitmq.api("DELETE", f"exchanges/{vhost}/{EVENTS_EXCHANGE}")
    event = toy_event()

    emit(toys.accounts, event)

    eventually(lambda: worker.logged("relay_publishing_interrupted"))
    toys.start("reports")
    eventually(lambda: toys.handled(event.id))


def test_what_the_broker_gave_up_on_is_parked_with_its_reason(toys, rabbitmq, vhost):
    event = toy_event()
    publish(toys, body_of(event))
    with Connection(toys.bus_url) as connection, connection.channel() as channel:
        for _ in range(30):
            message = eventually(lambda: channel.basic_get("reports.users") or _is_dead(rabbitmq, vhost))
            if message is True:
                break
            channel.basic_reject(message.delivery_tag, requeue=True)

    toys.start()

    (dead,) = eventually(lambda: parked(toys))
    assert (dead["state"], dead["event_id"]) == (DEAD, event.id)
    assert "delivery_limit" in dead["reason"]


def _is_dead(rabbitmq, vhost) -> bool:
    return messages_in(rabbitmq, vhost, "reports.users.dead") == 1


def test_a_range_of_the_log_is_sent_again_on_request_or_says_why_not(toys):
    toys.start()
    events = [toy_event() for _ in range(5)]
    emit(toys.accounts, *events)
    eventually(lambda: all(toys.handled(event.id) for event in events))
    for event in events:
        toys.reports.store.delete("copies", event.id)

    good = request_replay(toys.accounts.store, consumer="reports.users", first=2, last=4)
    bad = request_replay(toys.accounts.store, consumer="reports.nobody")

    eventually(lambda: all(toys.handled(event.id) for event in events[1:4]))
    eventually(lambda: not show_replay(toys.accounts.store, bad)["open"])
    assert show_replay(toys.accounts.store, good)["sent"] == 3
    assert "no queue" in show_replay(toys.accounts.store, bad)["problem"]
    assert not toys.handled(events[0].id)


def test_a_store_that_is_down_holds_messages_back_and_nothing_is_lost(toys, rabbitmq, vhost):
    worker = toys.start()
    before = toy_event()
    emit(toys.accounts, before)
    eventually(lambda: toys.handled(before.id))

    locked = sqlite3.connect(toys.folder / "store" / "reports.sqlite3", isolation_level=None)
    locked.execute("BEGIN EXCLUSIVE")
    event = toy_event()
    emit(toys.accounts, event)
    eventually(lambda: worker.logged("store_unavailable"))
    eventually(lambda: messages_in(rabbitmq, vhost, "reports.users") == 1)
    assert not toys.handled(event.id)
    locked.execute("ROLLBACK")
    locked.close()

    eventually(lambda: toys.handled(event.id))
    eventually(lambda: messages_in(rabbitmq, vhost, "reports.users") == 0)
    assert parked(toys) == []


def test_the_broker_may_stop_and_start(toys, rabbitmq):
    worker = toys.start()
    first = toy_event()
    emit(toys.accounts, first)
    eventually(lambda: toys.handled(first.id))

    rabbitmq.stop()
    eventually(lambda: not worker.ready())
    during = [toy_event() for _ in range(20)]
    emit(toys.accounts, *during)
    unready = worker.checks()
    eventually(lambda: outbox_of(worker, "accounts")["events"] == 20, what="the outbox is measured without a broker")
    measured = outbox_of(worker, "accounts")
    rabbitmq.start()

    eventually(lambda: all(toys.handled(event.id) for event in during), seconds=60)
    eventually(worker.ready)
    eventually(lambda: set(outbox_of(worker, "accounts").values()) == {0}, what="nothing waits any more")
    assert measured["oldest_age_seconds"] > 0
    waits = [line["retry_in_seconds"] for line in worker.logged("broker_unreachable")]
    assert waits == sorted(waits)
    assert set(waits) <= {1, 2, 3, 4, 5}
    assert unready["broker"] != "ok"
    assert unready["reports.consumers"] != "ok"
    assert unready["reports.store"] == "ok"


def outbox_of(worker, service) -> dict[str, float]:
    """Return what a worker's metrics say of a service's outbox."""
    found = re.findall(r'^streetscene_outbox_(\w+)\{service="(\w+)"\} (\S+)$', worker.metrics(), re.MULTILINE)
    return {name: float(value) for name, its_service, value in found if its_service == service}


def test_a_worker_that_starts_before_its_broker_waits_for_it_and_can_be_stopped(toys, rabbitmq):
    rabbitmq.stop()
    try:
        waiting = toys.start(wait=False)
        eventually(lambda: _answers(waiting))
        assert not waiting.ready()
        assert waiting.stop() == 0

        worker = toys.start(wait=False)
        eventually(lambda: _answers(worker))
    finally:
        rabbitmq.start()

    eventually(worker.ready, seconds=60)


def _answers(worker) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{worker.port}/health/live", timeout=5).status_code == 200
    except requests.ConnectionError:
        return False
