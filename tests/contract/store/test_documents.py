"""What goes in comes out, alike in both adapters; what one of them could not keep is refused by both."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any

import pytest

from shared.errors import Conflict, Duplicate
from shared.store import Collection, Index, Store, open_store
from tests.contract.store.samples import NOON, PLACES, THINGS, ids, thing


def test_a_document_comes_back_as_it_was_stored(store: Store) -> None:
    document = thing(
        1,
        note="naïve café 😀 \0 \" ' %",
        nested={"a.b": [1, -(2**63) + 1, 2**63 - 1, 1.5, None, True, {"": [NOON]}], "": {}},
        empty=[],
    )

    store.insert("things", document)

    assert store.get("things", "thing-001") == {**document, "version": 1}


def test_an_unknown_id_gives_nothing(store: Store) -> None:
    assert store.get("things", "thing-001") is None


def test_instants_are_cut_to_milliseconds_and_come_back_in_utc(store: Store) -> None:
    summer_time = timezone(timedelta(hours=1))
    store.insert("things", thing(1, due_at=datetime(2026, 6, 1, 13, 0, 0, 123_999, tzinfo=summer_time)))

    due_at = (store.get("things", "thing-001") or {})["due_at"]

    assert due_at == datetime(2026, 6, 1, 12, 0, 0, 123_000, tzinfo=UTC)
    assert due_at.tzinfo is UTC


@pytest.mark.parametrize(
    "instant", [datetime(1, 1, 2, tzinfo=UTC), datetime(1969, 12, 31, 23, 59, 59, 1500, tzinfo=UTC)]
)
def test_instants_before_1970_are_exact(store: Store, instant: datetime) -> None:
    store.insert("things", thing(1, due_at=instant))

    kept = instant.replace(microsecond=instant.microsecond // 1000 * 1000)
    assert (store.get("things", "thing-001") or {})["due_at"] == kept


def test_enumerations_and_tuples_become_plain_text_and_lists(store: Store) -> None:
    class Crew(StrEnum):
        NORTH = "north"

    store.insert("things", thing(1, crew=Crew.NORTH, words=("bag", "tyre"), pair=(1, 2)))

    found = store.get("things", "thing-001") or {}
    assert (type(found["crew"]), found["words"], found["pair"]) == (str, ["bag", "tyre"], [1, 2])
    assert ids(store, {"crew": Crew.NORTH}) == ["thing-001"]


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"_id": ""}, "_id"),
        ({"_id": 7}, "_id"),
        ({"kg": "heavy"}, "things.kg"),
        ({"kg": True}, "things.kg"),
        ({"kg": 1.0}, "things.kg"),
        ({"kg": None}, "things.kg"),
        ({"open": 1}, "things.open"),
        ({"due_at": NOON.replace(tzinfo=None)}, "things.due_at"),
        ({"due_at": NOON.isoformat()}, "things.due_at"),
        ({"words": "bag"}, "things.words"),
        ({"words": ["bag", 1]}, "things.words"),
        ({"note": b"bytes"}, "things.note"),
        ({"note": {1}}, "things.note"),
        ({"note": 2**63}, "things.note"),
        ({"note": float("nan")}, "things.note"),
        ({"note": "\ud800"}, "things.note"),
        ({"note": {"$at": 1}}, "things.note"),
        ({"note": {1: "one"}}, "things.note"),
        ({"note": [{"deep": NOON.date()}]}, r"things.note\[0\].deep"),
    ],
)
def test_what_is_not_as_declared_is_refused_by_name(store: Store, changes: dict[str, Any], names: str) -> None:
    with pytest.raises(TypeError, match=names):
        store.insert("things", thing(1, **changes))

    assert ids(store, {}) == []


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"$note": 1}, "things has the key '\\$note'"),
        ({"note": {"a": {"$at": 1}}}, r"things\.note\.a has the key '\$at'"),
        ({"note": [1, {"a b": ({"": 2**63},)}]}, r"things\.note\[1\]\.a b\[0\]\. is an integer of more than 64 bits"),
    ],
)
def test_a_refusal_says_where_below_the_field_it_was_found(store: Store, changes: dict[str, Any], says: str) -> None:
    with pytest.raises(TypeError, match=says):
        store.insert("things", thing(1, **changes))


def test_keys_that_are_no_plain_names_come_back_as_text(store: Store) -> None:
    class Crew(StrEnum):
        NORTH = "north"

    note = {Crew.NORTH: 1, "0199d7b2-0000": 2, "9th": 3, "": 4, "ward\u2019s": 5, "plain_name": 6}

    store.insert("things", thing(1, note=note))

    kept = (store.get("things", "thing-001") or {})["note"]
    assert kept == {"north": 1, "0199d7b2-0000": 2, "9th": 3, "": 4, "ward\u2019s": 5, "plain_name": 6}
    assert {type(name) for name in kept} == {str}


def test_a_missing_declared_field_is_refused(store: Store) -> None:
    document = thing(1)
    del document["crew"]

    with pytest.raises(TypeError, match=r"things\.crew"):
        store.insert("things", document)


def test_a_collection_that_was_not_declared_is_refused(store: Store) -> None:
    with pytest.raises(TypeError, match="others"):
        store.get("others", "1")


def test_the_caller_s_document_is_left_alone(store: Store) -> None:
    document = thing(1, words=("bag",))

    store.insert("things", document)

    assert document == thing(1, words=("bag",))


def test_versions_count_the_saves(store: Store) -> None:
    store.insert("things", thing(1, version=99))
    store.save("things", thing(1, kg=2), expected_version=1)
    store.save("things", thing(1, kg=3), expected_version=2)

    found = store.get("things", "thing-001") or {}
    assert (found["version"], found["kg"]) == (3, 3)


@pytest.mark.parametrize("expected_version", [0, 2])
def test_a_save_over_another_version_is_a_conflict(store: Store, expected_version: int) -> None:
    store.insert("things", thing(1))

    with pytest.raises(Conflict):
        store.save("things", thing(1, kg=2), expected_version=expected_version)

    assert (store.get("things", "thing-001") or {})["kg"] == 1


def test_a_save_of_what_is_not_there_is_a_conflict(store: Store) -> None:
    with pytest.raises(Conflict):
        store.save("things", thing(1), expected_version=1)


def test_a_save_forgets_the_fields_that_it_does_not_bring(store: Store) -> None:
    store.insert("things", thing(1, note="old"))

    store.save("things", thing(1), expected_version=1)

    assert "note" not in (store.get("things", "thing-001") or {})


def test_a_known_id_is_a_duplicate(store: Store) -> None:
    store.insert("things", thing(1))

    with pytest.raises(Duplicate) as error:
        store.insert("things", thing(1, reference="FT-other", kg=2))

    assert (error.value.collection, error.value.key) == ("things", "thing-001")
    assert (store.get("things", "thing-001") or {})["kg"] == 1


def test_a_known_unique_value_is_a_duplicate_that_names_the_field_and_not_the_value(store: Store) -> None:
    store.insert("things", thing(1))
    store.insert("things", thing(2))

    with pytest.raises(Duplicate) as inserting:
        store.insert("things", thing(3, reference="FT-001"))
    with pytest.raises(Duplicate) as saving:
        store.save("things", thing(2, reference="FT-001"), expected_version=1)

    assert inserting.value.key == saving.value.key == "reference"
    assert "FT-001" not in str(inserting.value) + str(saving.value)
    assert store.get("things", "thing-003") is None


def test_a_unique_field_without_a_value_is_not_compared(store: Store) -> None:
    store.insert("things", thing(1, serial=None))
    store.insert("things", thing(2, serial=None))
    store.insert("things", thing(3, serial="S1"))

    with pytest.raises(Duplicate, match="serial"):
        store.insert("things", thing(4, serial="S1"))
    with pytest.raises(Duplicate, match="serial"):
        store.save("things", thing(1, serial="S1"), expected_version=1)
    store.save("things", thing(3, serial=None), expected_version=1)
    store.save("things", thing(1, serial="S1"), expected_version=1)

    assert ids(store, {"serial": "S1"}) == ["thing-001"]


def test_a_unique_index_with_only_while_compares_among_those_alone(opened: Callable[..., Store]) -> None:
    store = opened(PLACES)

    def place(number: int, *, taken: bool) -> dict[str, Any]:
        return {"_id": str(number), "crew": "north", "place": 1, "taken": taken}

    store.insert("places", place(1, taken=False))
    store.insert("places", place(2, taken=False))
    store.insert("places", place(3, taken=True))

    with pytest.raises(Duplicate):
        store.insert("places", place(4, taken=True))
    with pytest.raises(Duplicate):
        store.save("places", place(1, taken=True), expected_version=1)
    store.save("places", place(3, taken=False), expected_version=1)
    store.save("places", place(1, taken=True), expected_version=1)

    assert ids(store, {"crew": "north", "place": 1, "taken": True}, collection="places") == ["1"]


def test_a_copy_is_replaced_only_by_a_newer_one(store: Store) -> None:
    outcomes = [store.put_if_newer("things", thing(1, kg=sequence), sequence=sequence) for sequence in (2, 1, 2, 5, 3)]

    found = store.get("things", "thing-001") or {}
    assert outcomes == [True, False, False, True, False]
    assert (found["kg"], found["sequence"], found["version"]) == (5, 5, 2)


def test_a_copy_replaces_a_document_that_has_no_sequence(store: Store) -> None:
    store.insert("things", thing(1))

    assert store.put_if_newer("things", thing(1, kg=7), sequence=1)

    assert (store.get("things", "thing-001") or {})["kg"] == 7


def test_a_copy_with_another_s_unique_value_is_a_duplicate(store: Store) -> None:
    store.insert("things", thing(1))

    with pytest.raises(Duplicate, match="reference"):
        store.put_if_newer("things", thing(2, reference="FT-001"), sequence=1)


def test_a_deleted_document_is_gone_from_every_list(store: Store) -> None:
    store.insert("things", thing(1))
    store.insert("things", thing(2))

    outcomes = [store.delete("things", "thing-001"), store.delete("things", "thing-001")]

    assert outcomes == [True, False]
    assert ids(store, {}) == ids(store, {"open": True}) == ["thing-002"]


def test_a_delete_of_another_version_is_a_conflict(store: Store) -> None:
    store.insert("things", thing(1))

    with pytest.raises(Conflict):
        store.delete("things", "thing-001", expected_version=2)

    assert store.delete("things", "thing-001", expected_version=1)
    assert not store.delete("things", "thing-001", expected_version=1)


def test_many_are_written_whether_they_are_there_or_not(store: Store) -> None:
    store.insert("things", thing(1))

    store.write_many("things", [thing(number, kg=100 + number) for number in range(1201)])

    found = store.get("things", "thing-001") or {}
    assert (found["kg"], found["version"]) == (101, 2)
    assert store.count("things", {"open": True}) == 1201
    assert (store.get("things", "thing-1200") or {})["version"] == 1


def test_the_last_of_many_with_one_id_stays(store: Store) -> None:
    store.write_many("things", [thing(1, kg=1), thing(1, kg=2)])

    assert (store.get("things", "thing-001") or {})["kg"] == 2


def test_many_with_a_unique_value_twice_are_a_duplicate(store: Store) -> None:
    with pytest.raises(Duplicate, match="reference"):
        store.write_many("things", [thing(1), thing(2, reference="FT-001")])


def test_a_store_that_has_gained_fields_and_indexes_keeps_its_documents(opened: Callable[..., Store]) -> None:
    before = Collection("things", {"reference": "text"}, (Index(equal=("reference",)),))
    opened(before).write_many("things", [thing(1, crew=None), thing(2), thing(3, open=False)])
    opened(before).insert("things", {"_id": "old", "reference": "before all"})

    store = opened(THINGS)

    assert ids(store, {"open": True}) == ["thing-001", "thing-002"]
    assert ids(store, {"crew": "north"}) == ["thing-003", "thing-002"]
    assert store.get("things", "old") == {"_id": "old", "reference": "before all", "version": 1}
    with pytest.raises(Duplicate):
        store.insert("things", thing(4, reference="FT-001"))


def test_documents_survive_closing_and_opening(opened: Callable[..., Store], store_url: str) -> None:
    first = open_store(store_url, "reports", [THINGS])
    first.insert("things", thing(1))
    first.close()

    assert ids(opened(THINGS), {}) == ["thing-001"]


def test_a_store_answers_when_asked(store: Store) -> None:
    store.ping()
