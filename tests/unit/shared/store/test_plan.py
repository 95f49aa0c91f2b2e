"""Plans are decided once for a shape of query: what is remembered is what would be decided anew, and nothing more."""

from datetime import UTC, datetime

import pytest

from shared.store import Collection, HasAny, In, Index, NoIndex, Range
from shared.store.plan import Is, _form, _path, make_plan
from tests.contract.store.samples import MINUTE, NOON, THINGS

QUERIES = [
    ({}, ()),
    ({"_id": "a"}, ()),
    ({"_id": In(["a", "b"])}, (("due_at", -1),)),
    ({"reference": "FT-001"}, ()),
    ({"serial": "7"}, ()),
    ({"crew": "north"}, (("due_at", -1), ("kg", 1))),
    ({"crew": None}, ()),
    ({"crew": In(["north", "south"])}, ()),
    ({"crew": "north", "due_at": Range(at_least=NOON)}, (("due_at", 1),)),
    ({"open": True}, (("due_at", 1),)),
    ({"open": True, "due_at": Range(NOON, NOON + MINUTE)}, ()),
    ({"open": False, "crew": "north"}, ()),
    ({"open": True, "crew": "north"}, ()),
    ({"kg": 1}, ()),
    ({"words": HasAny(["bag"])}, (("due_at", -1),)),
]


@pytest.mark.parametrize(("where", "sort"), QUERIES)
def test_a_remembered_plan_is_the_one_that_is_decided_anew(where, sort):
    shape = tuple((name, _form(condition)) for name, condition in make_plan(THINGS, where, sort).conditions.items())

    again = make_plan(THINGS, where, sort)

    assert (again.index, again.order) == _path.__wrapped__(THINGS, shape, tuple(sort))


def test_another_value_of_the_same_shape_keeps_its_own_value():
    one = make_plan(THINGS, {"crew": "north", "due_at": Range(at_least=NOON)})
    other = make_plan(THINGS, {"crew": "south", "due_at": Range(below=NOON - MINUTE)})

    assert (one.index, one.order) == (other.index, other.order)
    assert one.conditions == {"crew": Is("north"), "due_at": Range(at_least=NOON)}
    assert other.conditions == {"crew": Is("south"), "due_at": Range(below=NOON - MINUTE)}


def test_values_that_an_index_depends_on_are_part_of_the_shape():
    make_plan(THINGS, {"open": True}, (("due_at", 1),))
    with pytest.raises(NoIndex, match=r"where \(open is False\) in order"):
        make_plan(THINGS, {"open": False}, (("due_at", 1),))

    make_plan(THINGS, {"serial": "7"})
    with pytest.raises(NoIndex, match=r"serial is None"):
        make_plan(THINGS, {"serial": None})


def test_values_are_checked_every_time():
    make_plan(THINGS, {"kg": 1})

    with pytest.raises(TypeError, match=r"things\.kg is declared as integer"):
        make_plan(THINGS, {"kg": True})


def test_declarations_of_one_name_have_plans_of_their_own():
    fields = {"at": "instant"}
    now, then = datetime(2026, 11, 17, tzinfo=UTC), Range(below=NOON)
    with_index = Collection("grown", fields, (Index(equal=("at",)),))
    without = Collection("grown", fields)

    assert make_plan(with_index, {"at": now}).index == Index(equal=("at",))
    assert make_plan(Collection("grown", dict(fields), (Index(equal=("at",)),)), {"at": then}).index is not None
    with pytest.raises(NoIndex):
        make_plan(without, {"at": now})


def test_a_refusal_says_the_shape_of_the_query_and_never_its_values():
    with pytest.raises(NoIndex) as refused:
        make_plan(THINGS, {"crew": "canary-7c1f", "kg": In([3]), "words": HasAny(["canary"]), "due_at": Range(NOON)})

    assert str(refused.value) == (
        "things: no declared index serves where (crew =, kg In, words HasAny, due_at Range) in order any"
    )
