"""What only the MongoDB adapter has to get right: lost answers, the relay's steps, servers that are not there.

Lost answers are made by letting the driver's call do its work and then raise what it raises when the connection breaks.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pymongo.collection
import pytest
from pymongo import MongoClient
from pymongo.errors import AutoReconnect, OperationFailure

from shared.errors import ConfigError, Conflict, Duplicate, StoreUnavailable
from shared.store import Collection, In, Index, Store, mongo_client, open_store
from shared.store.mongo import MongoStore
from tests.contract.store.samples import MINUTE, NOON, PLACES, THINGS, an_event, ids, logged, thing
from tests.servers.mongo import MongoServer

Lose = Callable[..., list[str]]


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mongo_client, "PAUSE_BEFORE_RESEND_SECONDS", 0)


@pytest.fixture
def store(mongo_url: str) -> Iterator[MongoStore]:
    with closing(MongoStore(mongo_url, "reports", [THINGS, PLACES])) as opened:
        yield opened


@pytest.fixture
def records(mongo_url: str, mongo: MongoServer) -> Iterator[Any]:
    """The raw records, seen past the store."""
    client: MongoClient[dict[str, Any]] = MongoClient(mongo.url, tz_aware=True)
    with closing(client):
        yield client[f"{mongo_url.rsplit('/', 1)[1]}_reports"]


@pytest.fixture
def lose(monkeypatch: pytest.MonkeyPatch) -> Lose:
    """Lose the next answers of an operation, after or before it has done its work; tells when it was called."""

    def lose_answers(
        operation: str, *, times: int = 1, landed: bool = True, then: Callable[[], Any] = list
    ) -> list[str]:
        calls: list[str] = []
        real = getattr(pymongo.collection.Collection, operation)

        def answer(self: Any, *args: Any, **kwargs: Any) -> Any:
            calls.append(operation)
            number = len(calls)
            result = real(self, *args, **kwargs) if landed or number > times else None
            if number <= times:
                then()
                raise AutoReconnect("connection closed")
            return result

        monkeypatch.setattr(pymongo.collection.Collection, operation, answer)
        return calls

    return lose_answers


@pytest.mark.parametrize("landed", [True, False])
def test_an_insert_whose_answer_was_lost_is_no_duplicate(store: MongoStore, lose: Lose, landed: bool) -> None:
    calls = lose("insert_one", landed=landed)

    store.insert("things", thing(1), [an_event()])

    assert len(calls) == 2
    assert len(logged(store)) == 1


@pytest.mark.parametrize("landed", [True, False])
def test_a_save_whose_answer_was_lost_is_no_conflict(store: MongoStore, lose: Lose, landed: bool) -> None:
    store.insert("things", thing(1))
    calls = lose("update_one", landed=landed)

    store.save("things", thing(1, kg=2), expected_version=1, events=[an_event()])

    assert len(calls) == 2
    assert (store.get("things", "thing-001") or {})["version"] == 2
    assert len(logged(store)) == 1


def test_a_save_whose_answer_was_lost_is_known_even_after_others_have_saved(
    store: MongoStore, mongo_url: str, lose: Lose
) -> None:
    store.insert("things", thing(1))

    def others_save() -> None:
        with closing(open_store(mongo_url, "reports", [THINGS, PLACES])) as other:
            for version in range(2, 7):
                other.save("things", thing(1, kg=version), expected_version=version)

    lose("update_one", then=others_save)

    store.save("things", thing(1, kg=99), expected_version=1)

    assert (store.get("things", "thing-001") or {})["version"] == 7


def test_a_real_conflict_stays_one_when_an_answer_is_lost(store: MongoStore, lose: Lose) -> None:
    store.insert("things", thing(1))
    store.save("things", thing(1), expected_version=1)
    lose("update_one")

    with pytest.raises(Conflict):
        store.save("things", thing(1, kg=2), expected_version=1)


def test_a_real_duplicate_stays_one_when_an_answer_is_lost(store: MongoStore, lose: Lose) -> None:
    store.insert("things", thing(1))
    lose("insert_one", landed=False)

    with pytest.raises(Duplicate):
        store.insert("things", thing(1))


@pytest.mark.parametrize("landed", [True, False])
def test_a_copy_whose_answer_was_lost_counts_as_written(store: MongoStore, lose: Lose, landed: bool) -> None:
    lose("update_one", landed=landed)

    assert store.put_if_newer("things", thing(1), sequence=3)

    assert (store.get("things", "thing-001") or {})["version"] == 1


@pytest.mark.parametrize("landed", [True, False])
def test_a_delete_whose_answer_was_lost_counts_as_done(store: MongoStore, lose: Lose, landed: bool) -> None:
    store.insert("things", thing(1))
    lose("delete_one", landed=landed)

    assert store.delete("things", "thing-001", expected_version=1)

    assert store.get("things", "thing-001") is None


def test_answers_lost_twice_mean_that_the_store_is_unavailable(store: MongoStore, lose: Lose) -> None:
    lose("insert_one", times=2, landed=False)

    with pytest.raises(StoreUnavailable):
        store.insert("things", thing(1))


def test_a_server_that_is_not_there_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mongo_client, "SELECTION_MILLISECONDS", 200)

    with pytest.raises(StoreUnavailable):
        open_store("mongodb://127.0.0.1:1/x", "reports", [THINGS])


def test_a_refusal_by_the_server_is_unavailable(store: MongoStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OperationFailure("not authorised", 13)

    monkeypatch.setattr(pymongo.collection.Collection, "find_one", refuse)

    with pytest.raises(StoreUnavailable):
        store.get("things", "thing-001")


@pytest.mark.parametrize("url", ["mongodb://127.0.0.1:1/a.b", "mongodb://127.0.0.1:port/x", "redis://x"])
def test_a_wrong_url_is_a_configuration_error(url: str) -> None:
    with pytest.raises(ConfigError):
        open_store(url, "reports", [THINGS])


def test_every_service_has_a_database_of_its_own(mongo_url: str, mongo: MongoServer) -> None:
    with (
        closing(open_store(mongo_url, "reports", [THINGS])) as reports,
        closing(open_store(mongo_url, "tonnage", [THINGS])) as tonnage,
    ):
        reports.insert("things", thing(1))

        assert tonnage.get("things", "thing-001") is None

    client: MongoClient[dict[str, Any]] = MongoClient(mongo.url)
    with closing(client):
        client.drop_database(f"{mongo_url.rsplit('/', 1)[1]}_tonnage")


def test_the_outbox_lies_in_the_record_and_is_marked_pending_until_the_relay_has_it(
    store: MongoStore, records: Any
) -> None:
    first, second = an_event(), an_event(sequence=2)
    store.insert("things", thing(1), [first])
    waiting_since = records.things.find_one()["pending"]
    store.save("things", thing(1), expected_version=1, events=[second])

    record = records.things.find_one()
    assert [entry["id"] for entry in record["outbox"]] == [first.id, second.id]
    assert record["pending"] == waiting_since

    assert store.log.collect() == 2
    record = records.things.find_one()
    assert (record["outbox"], "pending" in record) == ([], False)


def test_what_is_saved_while_the_relay_collects_stays_in_the_outbox(
    store: MongoStore, records: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.insert("things", thing(1), [an_event()])
    real = pymongo.collection.Collection.insert_many

    def save_in_between(self: Any, *args: Any, **kwargs: Any) -> Any:
        store.save("things", thing(1), expected_version=1, events=[an_event(sequence=2)])
        return real(self, *args, **kwargs)

    monkeypatch.setattr(pymongo.collection.Collection, "insert_many", save_in_between)
    first = store.log.collect()
    monkeypatch.undo()

    record = records.things.find_one()
    assert (first, len(record["outbox"]), "pending" in record) == (1, 1, True)
    assert len(logged(store)) == 2


def test_a_relay_that_dies_between_logging_and_clearing_logs_nothing_twice(
    store: MongoStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = [an_event(sequence=number) for number in range(3)]
    store.insert("things", thing(1), events)

    def die(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(pymongo.collection.Collection, "bulk_write", die)
    with pytest.raises(KeyboardInterrupt):
        store.log.collect()
    monkeypatch.undo()

    assert logged(store) == [event.id for event in events]
    assert store.log.last_position() == 3


def test_two_relays_meet_at_a_position_and_the_slower_steps_down(
    store: MongoStore, mongo_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = [an_event(sequence=number) for number in range(2)]
    store.insert("things", thing(1), events)
    real = pymongo.collection.Collection.insert_many

    def overtaken(self: Any, *args: Any, **kwargs: Any) -> Any:
        monkeypatch.undo()
        with closing(open_store(mongo_url, "reports", [THINGS, PLACES])) as other:
            assert other.log.collect() == 2
            other.insert("things", thing(2), [an_event()])
        return real(self, *args, **kwargs)

    monkeypatch.setattr(pymongo.collection.Collection, "insert_many", overtaken)
    with pytest.raises(Conflict):
        store.log.collect()

    assert logged(store)[:2] == [event.id for event in events]
    assert len(logged(store)) == 3


def test_a_relay_overtaken_after_reading_the_last_position_logs_nothing_twice(
    store: MongoStore, mongo_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = an_event()
    store.insert("things", thing(1), [event])
    real = store.log._waiting

    def overtaken(limit: int) -> Any:
        monkeypatch.undo()
        waiting = list(real(limit))
        with closing(open_store(mongo_url, "reports", [THINGS, PLACES])) as other:
            other.log.collect()
        return iter(waiting)

    monkeypatch.setattr(store.log, "_waiting", overtaken)
    store.log.collect()

    assert logged(store) == [event.id]


def test_older_documents_get_their_keys_when_a_unique_index_with_gaps_is_added(
    mongo_url: str, store: MongoStore
) -> None:
    places = [{"_id": str(number), "crew": "north", "place": number, "taken": number < 3} for number in range(5)]
    fields = dict(PLACES.fields)
    without = Collection("spots", fields)
    with closing(open_store(mongo_url, "reports", [without])) as before:
        before.write_many("spots", places)

    with closing(open_store(mongo_url, "reports", [Collection("spots", fields, PLACES.indexes)])) as after:
        with pytest.raises(Duplicate):
            after.insert("spots", {"_id": "x", "crew": "north", "place": 2, "taken": True})
        after.insert("spots", {"_id": "y", "crew": "north", "place": 3, "taken": True})


def test_documents_that_contradict_a_new_unique_index_are_a_configuration_error(mongo_url: str) -> None:
    fields = {"reference": "text"}
    with closing(open_store(mongo_url, "reports", [Collection("spots", fields)])) as before:  # type: ignore[arg-type]
        before.write_many("spots", [{"_id": "1", "reference": "same"}, {"_id": "2", "reference": "same"}])

    with pytest.raises(ConfigError, match="spots"):
        open_store(mongo_url, "reports", [Collection("spots", fields, (Index(("reference",), unique=True),))])  # type: ignore[arg-type]


def test_a_child_process_opens_a_connection_of_its_own(store: MongoStore) -> None:
    store.insert("things", thing(1))
    connection = store._connection
    in_parent = connection._opened()

    connection._process = -1  # as a forked child finds it
    in_child = connection._opened()

    assert in_child is not in_parent
    assert store.get("things", "thing-001") is not None
    in_parent.close()


@pytest.mark.parametrize(
    ("where", "sort"),
    [
        ({"crew": "north", "due_at": NOON}, ()),
        ({"open": True}, (("due_at", -1),)),
        ({"kg": 1}, ()),
        ({"reference": "FT-001"}, ()),
        ({"serial": "S1"}, ()),
        ({"serial": In(["S1", "S2"])}, ()),
    ],
)
def test_a_real_server_uses_the_planned_index_and_nothing_else(
    store: MongoStore, records: Any, mongo: MongoServer, where: dict[str, Any], sort: Any
) -> None:
    if not mongo.is_real:
        pytest.skip("the in-memory server has no query planner: set STREETSCENE_TEST_MONGODB_URI to prove index use")
    from shared.store.mongo_query import hint, keys, matching
    from shared.store.plan import make_plan

    store.write_many("things", [thing(number) for number in range(50)])
    plan = make_plan(THINGS, where, sort)

    found = records.things.find(matching(THINGS, plan)).sort(keys(plan.order)).hint(hint(THINGS, plan)).explain()

    stages = str(found["queryPlanner"]["winningPlan"])
    assert "IXSCAN" in stages
    assert "COLLSCAN" not in stages
    assert "'SORT'" not in stages


def test_text_sorts_by_code_point_beyond_the_first_plane(store: MongoStore, mongo: MongoServer) -> None:
    if not mongo.is_real:
        pytest.skip("the in-memory server compares UTF-16 units: set STREETSCENE_TEST_MONGODB_URI to prove this order")
    store.insert("things", {**thing(1), "_id": "\U0001f600"})
    store.insert("things", {**thing(2), "_id": "\uffee"})

    assert ids(store, {}) == ["\uffee", "\U0001f600"]


def test_the_given_server_is_a_replica_set(mongo: MongoServer) -> None:
    if not mongo.is_real:
        pytest.skip("the in-memory server is no replica set: majority writes and failover are not proven here")
    client: MongoClient[dict[str, Any]] = MongoClient(os.environ["STREETSCENE_TEST_MONGODB_URI"])
    with closing(client):
        assert client.admin.command("hello").get("setName") or client.admin.command("hello").get("msg") == "isdbgrid"


def test_waiting_knows_the_oldest_of_log_and_outboxes(store: Store) -> None:
    store.insert("things", thing(1), [an_event()])
    logged(store)
    store.insert("things", thing(2), [an_event()])

    count, oldest = store.log.waiting(after=0)

    assert count == 2
    assert oldest == store.log.read(after=0)[0].recorded_at
    assert oldest is not None
    assert oldest - datetime.now(UTC) < timedelta(0) < MINUTE


def test_an_outage_is_told_in_one_short_line() -> None:
    told = (
        "127.0.0.1:1: [Errno 111] Connection refused (configured timeouts: socketTimeoutMS: 5000.0ms), "
        "Timeout: 5.0s, Topology Description: <TopologyDescription id: 6b02, servers: [...]>"
    )

    with pytest.raises(StoreUnavailable) as refusal, mongo_client.translated():
        raise AutoReconnect(told)

    assert str(refusal.value) == "MongoDB does not answer as it should: 127.0.0.1:1: [Errno 111] Connection refused"
