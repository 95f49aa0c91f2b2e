"""Finding, counting, summing and claiming; and that neither adapter ever scans."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from itertools import product
from typing import Any

import pytest

from shared.errors import DomainError
from shared.store import Collection, HasAny, In, Index, NoIndex, Range, Store
from shared.store.plan import make_plan
from tests.contract.store.samples import MINUTE, NOON, THINGS, ids, thing


@pytest.fixture
def filled(store: Store) -> Store:
    """Sixteen things: two of each crew, state and due time, one crew being none."""
    rows = product((None, "east", "north", "south"), (False, True), (0, 1))
    store.write_many(
        "things",
        [
            thing(
                number,
                crew=crew,
                open=is_open,
                due_at=NOON + minute * MINUTE,
                kg=number % 3,
                words=[f"w{number % 4}", "bag"],
            )
            for number, (crew, is_open, minute) in enumerate(rows)
        ],
    )
    return store


def sort_key(name: str, item: dict[str, Any]) -> tuple[bool, Any]:
    return item[name] is not None, item[name]


def expected(store: Store, *order: tuple[str, int], **where: Any) -> list[str]:
    """The ids that plain Python finds, in the order asked for, then by `_id` in the direction of the last."""
    found = [
        item for item in store.find("things", {}).items if all(item[name] == value for name, value in where.items())
    ]
    for name, direction in reversed([*order, ("_id", order[-1][1])]):
        found.sort(key=partial(sort_key, name), reverse=direction < 0)
    return [item["_id"] for item in found]


@pytest.mark.parametrize("page", [1, 2, 5, 100])
@pytest.mark.parametrize(
    ("where", "order"),
    [
        ({"crew": "north"}, (("due_at", -1), ("kg", 1))),
        ({"crew": "north"}, (("due_at", 1), ("kg", -1))),
        ({"crew": None}, (("due_at", -1), ("kg", 1))),
        ({}, (("crew", 1), ("due_at", -1), ("kg", 1))),
        ({}, (("crew", -1), ("due_at", 1), ("kg", -1))),
        ({"open": True}, (("due_at", 1),)),
        ({"open": True}, (("due_at", -1),)),
        ({"kg": 1}, (("_id", -1),)),
        ({"open": False, "crew": "south"}, (("_id", 1),)),
        ({}, (("reference", -1),)),
    ],
)
def test_pages_follow_one_another_in_the_order_asked_for(
    filled: Store, where: dict[str, Any], order: tuple[tuple[str, int], ...], page: int
) -> None:
    assert ids(filled, where, sort=order, page=page) == expected(filled, *order, **where)


def test_what_comes_or_goes_between_pages_shifts_nothing(filled: Store) -> None:
    first = filled.find("things", {"open": True}, sort=[("due_at", 1)], limit=2)

    filled.delete("things", first.items[0]["_id"])
    filled.insert("things", thing(0o777, due_at=NOON - MINUTE))
    second = filled.find("things", {"open": True}, sort=[("due_at", 1)], limit=2, after=first.next)

    assert [item["_id"] for item in second.items] == ["thing-010", "thing-014"]


def test_the_last_page_has_no_next(filled: Store) -> None:
    assert filled.find("things", {"open": True}, limit=8).next is None
    assert filled.find("things", {"open": True}, limit=7).next is not None


@pytest.mark.parametrize("cursor", ["", "nonsense", "e30", "ß", "W1tbIl9pZCIsMV1dLFt7IiRndCI6IiJ9XV0"])
def test_a_cursor_that_is_not_ours_is_the_caller_s_fault(filled: Store, cursor: str) -> None:
    with pytest.raises(DomainError, match="page"):
        filled.find("things", {}, after=cursor)


def test_a_cursor_of_another_order_is_the_caller_s_fault(filled: Store) -> None:
    cursor = filled.find("things", {"open": True}, sort=[("due_at", 1)], limit=2).next

    with pytest.raises(DomainError, match="page"):
        filled.find("things", {"open": True}, sort=[("due_at", -1)], after=cursor)


def test_in_finds_each_of_several_values(filled: Store) -> None:
    found = ids(filled, {"crew": In(["north", "south", "nobody", "north"])}, sort=[("due_at", 1), ("kg", -1)], page=3)

    assert sorted(found) == [f"thing-{number:03}" for number in range(8, 16)]
    dues = [(item or {})["due_at"] for item in (filled.get("things", name) for name in found)]
    assert dues == sorted(dues)
    assert ids(filled, {"crew": In([])}) == []


def test_a_range_takes_its_lower_bound_and_leaves_its_upper(filled: Store) -> None:
    north = {"crew": "north"}

    assert ids(filled, {**north, "due_at": Range(NOON, NOON + MINUTE)}) == ["thing-010", "thing-008"]
    assert len(ids(filled, {**north, "due_at": Range(at_least=NOON + MINUTE)})) == 2
    assert len(ids(filled, {**north, "due_at": Range(below=NOON + 2 * MINUTE)})) == 4
    assert ids(filled, {**north, "due_at": Range(NOON + timedelta(milliseconds=1), NOON + MINUTE)}) == []


def test_a_range_never_finds_what_has_no_value(filled: Store) -> None:
    assert len(ids(filled, {"crew": Range(at_least="")})) == 12
    assert ids(filled, {"crew": Range("n", "o")}, page=3) == ids(filled, {"crew": "north"})


def test_ids_are_found_by_equality_list_and_range(filled: Store) -> None:
    assert ids(filled, {"_id": "thing-003"}) == ["thing-003"]
    assert ids(filled, {"_id": In(["thing-003", "thing-001", "none"])}) == ["thing-001", "thing-003"]
    assert ids(filled, {"_id": Range("thing-013")}, page=1) == ["thing-013", "thing-014", "thing-015"]
    assert ids(filled, {"_id": Range(below="thing-002")}, sort=[("_id", -1)]) == ["thing-001", "thing-000"]
    assert ids(filled, {"_id": In(["thing-000", "thing-001"]), "kg": 1}) == ["thing-001"]
    assert ids(filled, {"kg": 0, "_id": Range("thing-012")}) == ["thing-012", "thing-015"]


def test_arrays_are_found_by_any_of_their_values(filled: Store) -> None:
    assert ids(filled, {"words": HasAny(["w1"])}, page=3) == ["thing-013", "thing-009", "thing-005", "thing-001"]
    assert len(ids(filled, {"words": HasAny(["w1", "bag"])}, page=5)) == 16
    assert ids(filled, {"words": HasAny(["w1"]), "due_at": Range(below=NOON + MINUTE)}) == []
    assert ids(filled, {"words": HasAny([])}) == []


def test_arrays_follow_their_document(filled: Store) -> None:
    filled.save("things", thing(1, words=["new", "new"]), expected_version=1)
    filled.delete("things", "thing-005")

    assert ids(filled, {"words": HasAny(["w1"])}) == ["thing-013", "thing-009"]
    assert ids(filled, {"words": HasAny(["new"])}) == ["thing-001"]


def test_only_the_wanted_fields_come_back(filled: Store) -> None:
    declared = filled.find("things", {"kg": 2}, fields=["crew"], limit=1)
    undeclared = filled.find("things", {"kg": 2}, fields=["crew", "note"], limit=1)

    assert declared.items == undeclared.items == [{"_id": "thing-002", "crew": None, "version": 1}]
    assert ids(filled, {"crew": "north"}, fields=["kg"], page=1) == ids(filled, {"crew": "north"})


def test_a_count_stops_at_its_limit(filled: Store) -> None:
    assert filled.count("things", {"open": True}) == 8
    assert filled.count("things", {"open": True}, limit=3) == 3
    assert filled.count("things", {}) == 16
    assert filled.count("things", {"words": HasAny(["w1", "bag"])}) == 16


def test_sums_are_grouped_by_a_field(filled: Store) -> None:
    assert filled.sum("things", "kg", {}, by="crew") == {None: 3, "east": 4, "north": 5, "south": 3}
    assert filled.sum("things", "kg", {"open": True}, by="open") == {True: 8}
    assert filled.sum("things", "kg", {"crew": "north"}, by="due_at") == {NOON: 3, NOON + MINUTE: 2}
    assert filled.sum("things", "kg", {"crew": "nobody"}, by="open") == {}


@pytest.mark.parametrize(("field", "by"), [("crew", "open"), ("note", "open"), ("kg", "words"), ("kg", "note")])
def test_only_declared_integers_are_summed_by_declared_single_values(filled: Store, field: str, by: str) -> None:
    with pytest.raises(TypeError):
        filled.sum("things", field, {}, by=by)


UNSERVED: list[tuple[dict[str, Any], tuple[tuple[str, int], ...]]] = [
    ({"open": True, "kg": 1}, ()),
    ({"due_at": NOON}, ()),
    ({"crew": "north", "words": HasAny(["bag"])}, ()),
    ({"crew": "north", "kg": 1}, ()),
    ({"crew": Range("a", "b"), "due_at": NOON}, ()),
    ({"note": "undeclared"}, ()),
    ({"serial": None}, ()),
    ({}, (("serial", 1),)),
    ({}, (("words", 1),)),
    ({}, (("due_at", 1),)),
    ({"open": False}, (("due_at", 1),)),
    ({"crew": "north"}, (("due_at", -1), ("kg", -1))),
    ({"crew": "north"}, (("kg", 1),)),
    ({"crew": In(["north"])}, (("crew", 1),)),
    ({"words": HasAny(["bag"])}, (("_id", 1),)),
    ({"_id": Range("a"), "crew": "north"}, ()),
]


@pytest.mark.parametrize(("where", "order"), UNSERVED)
def test_what_no_index_serves_is_refused(
    filled: Store, where: dict[str, Any], order: tuple[tuple[str, int], ...]
) -> None:
    with pytest.raises(NoIndex, match="things"):
        filled.find("things", where, sort=order)


@pytest.mark.parametrize("where", [where for where, order in UNSERVED if not order])
def test_nothing_else_is_done_without_an_index_either(filled: Store, where: dict[str, Any]) -> None:
    with pytest.raises(NoIndex):
        filled.count("things", where)
    with pytest.raises(NoIndex):
        filled.sum("things", "kg", where, by="crew")
    with pytest.raises(NoIndex):
        filled.claim("things", where, {"open": False})


@pytest.mark.parametrize(
    "where",
    [
        {"kg": "1"},
        {"kg": None},
        {"open": 1},
        {"due_at": NOON.replace(tzinfo=None)},
        {"kg": Range()},
        {"open": Range(False, True)},
        {"crew": In(["north", None])},
        {"crew": HasAny(["north"])},
        {"words": "bag"},
        {"words": In(["bag"])},
        {"_id": 7},
    ],
)
def test_values_that_a_field_can_t_have_are_refused(filled: Store, where: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        filled.find("things", where)


def test_a_claim_takes_the_first_and_changes_it(filled: Store) -> None:
    claimed = filled.claim("things", {"open": True}, {"open": False, "note": NOON}, sort=[("due_at", -1)])

    assert claimed is not None
    assert (claimed["_id"], claimed["open"], claimed["note"], claimed["version"]) == ("thing-015", False, NOON, 2)
    assert filled.get("things", "thing-015") == claimed


def test_claims_come_to_an_end(filled: Store) -> None:
    def claimed() -> Iterator[str]:
        while document := filled.claim("things", {"open": True, "due_at": Range(below=NOON + MINUTE)}, {"open": False}):
            yield document["_id"]

    assert list(claimed()) == ["thing-002", "thing-006", "thing-010", "thing-014"]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"kg": 9},
        {"open": True},
        {"open": None},
        {"open": "no"},
        {"_id": "x", "open": False},
        {"a.b": 1, "open": False},
    ],
)
def test_a_claim_that_would_go_on_matching_or_breaks_the_declaration_is_refused(
    filled: Store, changes: dict[str, Any]
) -> None:
    with pytest.raises(TypeError):
        filled.claim("things", {"open": True}, changes)


def test_a_claim_can_t_change_what_is_unique_among_some(filled: Store) -> None:
    with pytest.raises(TypeError, match="unique"):
        filled.claim("things", {"open": True}, {"open": False, "serial": "S1"})


@pytest.mark.parametrize(
    "index",
    [
        Index(),
        Index(equal=("missing",)),
        Index(equal=("words", "more_words")),
        Index(equal=("words",), unique=True),
        Index(sort=(("words", 1),)),
        Index(equal=("kg",), only_while="crew"),
        Index(equal=("kg",), sort=(("kg", 1),)),
        Index(sort=(("kg", 2),)),
    ],
)
def test_an_index_that_no_store_could_keep_is_refused(index: Index) -> None:
    from shared.store.documents import check_collections

    fields = {**THINGS.fields, "more_words": "texts"}
    with pytest.raises(TypeError):
        check_collections([Collection("things", fields, (index,))])


@pytest.mark.parametrize("name", ["events", "Things", "a__b", "9things", 'x"; DROP', ""])
def test_a_collection_s_name_is_a_plain_word(name: str) -> None:
    from shared.store.documents import check_collections

    with pytest.raises(TypeError):
        check_collections([Collection(name)])


def test_a_find_without_a_sort_comes_in_the_order_of_its_index() -> None:
    plan = make_plan(THINGS, {"crew": "north"})

    assert plan.order == (("due_at", -1), ("kg", 1), ("_id", 1))


def test_declared_fields_come_back_as_the_whole_document_has_them(filled: Store) -> None:
    names = [name for name, kind in THINGS.fields.items() if kind != "texts"]
    whole = filled.find("things", {}, limit=20).items

    some = filled.find("things", {}, limit=20, fields=names).items
    nothing_declared = filled.find("things", {}, limit=20, fields=[]).items

    wanted = {"_id", "version", *names}
    assert some == [{name: value for name, value in document.items() if name in wanted} for document in whole]
    assert nothing_declared == [{"_id": document["_id"], "version": document["version"]} for document in whole]
