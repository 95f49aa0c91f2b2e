"""`operations.archive` and `operations.users`: happy, duplicate, out of order, invalid."""

import itertools
import random
from typing import Any

import pytest

from services.operations import store
from services.operations.handlers import on_event
from services.operations.store import COLLECTIONS
from services.operations.subscriptions import ARCHIVE, SUBSCRIPTIONS, USERS
from shared.bus.answer import Outcome, answer
from shared.bus.documents import list_parked
from shared.clock import machine_now
from shared.contracts import REGISTRY, decode, encode
from shared.contracts.example import JOB, TICKET, TIP, example
from shared.service import ServiceContext
from tests.unit.services.operations.conftest import Receive
from tests.unit.services.operations.made import REPORT, event, whole_journey


def contents(ctx: ServiceContext) -> dict[str, list[Any]]:
    """Return every document of the service, without what says when or how often it was written."""
    found = {}
    for collection in COLLECTIONS:
        documents = ctx.store.find(collection.name, {}, limit=500).items
        found[collection.name] = [
            {name: value for name, value in document.items() if name not in {"version", "received_at"}}
            for document in documents
        ]
    return found


def test_the_archive_answers_every_event_that_is_declared() -> None:
    assert {contract.type for contract in ARCHIVE.events} == set(REGISTRY)
    assert [subscription.consumer for subscription in SUBSCRIPTIONS] == ["operations.archive", "operations.users"]


@pytest.mark.parametrize("event_type", sorted(REGISTRY))
def test_every_event_is_archived_as_it_was_sent(ctx: ServiceContext, event_type: str) -> None:
    sent = example(REGISTRY[event_type])

    on_event(ctx, decode(encode(sent)))

    document = store.archived(ctx.store, sent.id)
    assert document is not None
    assert document["data"] == REGISTRY[event_type].write(sent.data)
    assert (document["type"], document["source"], document["subject"]) == (sent.type, sent.source, sent.subject)
    assert (document["time"], document["sequence"]) == (sent.time, sent.sequence)
    assert (document["correlationid"], document["causationid"]) == (sent.correlationid, sent.causationid)


@pytest.mark.parametrize(
    ("event_type", "reports"),
    [
        ("report.submitted.v1", [REPORT]),
        ("job.created.v1", [REPORT]),
        ("vehicle.tipped.v1", [REPORT, "a19ed163-d33f-5402-8551-b8cdcc81c49a"]),
        ("ticket.recorded.v1", []),
        ("ticket.reconciled.v1", [REPORT, "a19ed163-d33f-5402-8551-b8cdcc81c49a"]),
        ("report.merged.v1", [REPORT, "a19ed163-d33f-5402-8551-b8cdcc81c49a"]),
        ("case.opened.v1", [REPORT]),
        ("notice.paid.v1", [REPORT]),
        ("shift.started.v1", []),
    ],
)
def test_an_archived_event_names_the_reports_it_belongs_to(
    ctx: ServiceContext, event_type: str, reports: list[str]
) -> None:
    on_event(ctx, event(event_type))

    document = store.archived(ctx.store, event(event_type).id)
    assert document is not None
    assert document["report_ids"] == reports


def test_a_copy_is_the_newest_state_with_what_the_wall_counts_by(ctx: ServiceContext, receive: Receive) -> None:
    receive(*whole_journey())

    report, job, ticket = (
        ctx.store.get(collection, key) for collection, key in (("reports", REPORT), ("jobs", JOB), ("tickets", TICKET))
    )
    assert report is not None
    assert (report["open"], report["public_state"]["closure"]) == (False, "cleared")
    assert job is not None
    assert (job["state"], job["public_state"]["weighed_kg"]) == ("completed", 274)
    assert ticket is not None
    assert (ticket["material"], ticket["net_kg"], len(ticket["public_state"]["shares"])) == ("bulky", 340, 2)
    assert ctx.store.get("tips", TIP) is not None


def test_a_duplicate_event_changes_nothing(ctx: ServiceContext, receive: Receive) -> None:
    receive(*whole_journey())
    before = contents(ctx)

    receive(*whole_journey())

    assert contents(ctx) == before


@pytest.mark.parametrize("seed", range(5))
def test_any_order_ends_in_the_same_documents(ctx: ServiceContext, receive: Receive, seed: int, tmp_path: Any) -> None:
    from tests.builders import make_context

    other = make_context("operations", tmp_path / "other")
    for one in whole_journey():
        on_event(other, one)
    shuffled = whole_journey()
    random.Random(seed).shuffle(shuffled)

    receive(*shuffled)

    assert contents(ctx) == contents(other)
    other.store.close()


def test_an_older_event_never_replaces_a_newer_copy(ctx: ServiceContext, receive: Receive) -> None:
    receive(event("report.closed.v1"), event("report.submitted.v1"))

    copy = ctx.store.get("reports", REPORT)
    assert copy is not None
    assert copy["public_state"]["state"] == "closed"


def test_an_invalid_event_is_parked_as_dead_with_its_reason(ctx: ServiceContext) -> None:
    body = encode(event("report.submitted.v1")).replace(b'"visit":1', b'"visit":"one"')

    outcome = answer(ctx, ARCHIVE, body, now=machine_now())

    parked = list(itertools.islice(list_parked(ctx.store), 2))
    assert outcome is Outcome.DEAD
    assert len(parked) == 1
    assert "visit" in str(parked[0])
    assert ctx.store.count("archive", {}) == 0


def test_a_changed_user_is_refused_what_was_signed_before(ctx: ServiceContext) -> None:
    USERS.handle(ctx, event("user.changed.v1", active=False))

    document = ctx.store.get("denied_users", event("user.changed.v1").subject)
    assert document is not None
    assert document["active"] is False


def test_an_older_or_repeated_change_of_a_user_changes_nothing(ctx: ServiceContext) -> None:
    for change in (
        event("user.changed.v1", sequence=3, active=False),
        event("user.changed.v1", sequence=2),
    ) * 2:
        USERS.handle(ctx, change)

    document = ctx.store.get("denied_users", event("user.changed.v1").subject)
    assert document is not None
    assert document["active"] is False


def test_an_invalid_change_of_a_user_is_parked_as_dead(ctx: ServiceContext) -> None:
    body = encode(event("user.changed.v1")).replace(b'"active":true', b'"active":"perhaps not"')

    assert answer(ctx, USERS, body, now=machine_now()) is Outcome.DEAD
