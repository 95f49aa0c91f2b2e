"""Which declared index serves a query, decided once for both adapters; where none does, the query raises `NoIndex`.

The embedded mode would forgive a scan of a hundred documents that the distributed mode can't afford on a million, so
neither is asked: the decision is made here, from the declaration alone.

An index is a row of keys: its `equal` fields, then its `sort` fields, then `_id` (not in a unique one, which has no
ties). It serves a query when the query's fields are exactly the first of its keys, each by equality, `In` or `HasAny`,
but for the last, which may be a `Range`; and when the wanted order is the keys that follow, all as declared or all
reversed. `only_while` must be asked for as True. The order of a find is always complete: wanted keys, then those left
in the index, then `_id`; so a find without a sort comes in the order of the index that serves it. `_id` needs no index.
"""

import functools
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from shared.store.documents import check_id, field_value, storable
from shared.store.port import ASCENDING, Collection, HasAny, In, Index, NoIndex, Range, Where


@dataclass(frozen=True)
class Is:
    """Matches a field that equals the value, which may be None."""

    value: Any


Condition: TypeAlias = Is | In | Range | HasAny
Order: TypeAlias = tuple[tuple[str, int], ...]
BY_ID: Order = (("_id", ASCENDING),)

Form: TypeAlias = Literal["is None", "is True", "is False", "=", "In", "Range", "HasAny"]
"""What of a condition the choice of an index depends on; said in errors too, as it holds nobody's values."""

Shape: TypeAlias = tuple[tuple[str, Form], ...]
CONSTANTS: Final[Mapping[object, Form]] = {None: "is None", True: "is True", False: "is False"}
EQUALITIES: frozenset[Form] = frozenset({"is None", "is True", "is False", "="})
LISTED: frozenset[Form] = EQUALITIES | {"In", "HasAny"}

REMEMBERED_SHAPES = 2_000
"""A query is written in the code, but for what of a saved filter staff left out: a service has some hundred shapes."""


@dataclass(frozen=True)
class Plan:
    """How to answer a query: the conditions checked and normalised, the index (None: by `_id`), the complete order."""

    conditions: Mapping[str, Condition]
    index: Index | None
    order: Order


def make_plan(collection: Collection, where: Where, sort: Sequence[tuple[str, int]] = ()) -> Plan:
    """Return how to answer a query; raises `NoIndex` where no index serves it, `TypeError` for wrong values."""
    conditions = {name: _condition(collection, name, value) for name, value in where.items()}
    shape = tuple([(name, _form(condition)) for name, condition in conditions.items()])
    index, order = _path(collection, shape, tuple(sort))
    return Plan(conditions, index, order)


@functools.lru_cache(maxsize=REMEMBERED_SHAPES)
def _path(collection: Collection, shape: Shape, sort: Order) -> tuple[Index | None, Order]:
    """Return the index that serves queries of a shape, and the complete order; decided once for each shape."""
    forms = dict(shape)
    wanted = _wanted(collection, forms, sort)
    if forms.get("_id", "Range") in LISTED:
        return None, _ended(wanted, wanted[-1][1] if wanted else ASCENDING)
    if not forms.keys() - {"_id"} and (not wanted or wanted[0][0] == "_id"):
        return None, wanted[:1] or BY_ID
    served = [(index, order) for index in collection.indexes if (order := _served(collection, forms, wanted, index))]
    if not served:
        described = ", ".join(f"{name} {form}" for name, form in shape)
        raise NoIndex(
            f"{collection.name}: no declared index serves where ({described or 'nothing'})"
            f" in order {list(sort) or 'any'}"
        )
    return min(served, key=lambda path: len(path[1]))


def _form(condition: Condition) -> Form:
    """Return the form of a condition."""
    if isinstance(condition, Is):
        value = condition.value
        return CONSTANTS[value] if value is None or isinstance(value, bool) else "="
    return "In" if isinstance(condition, In) else "Range" if isinstance(condition, Range) else "HasAny"


@functools.cache
def index_keys(index: Index) -> Order:
    """Return an index's keys with their directions, the closing `_id` included."""
    keys = (*((name, ASCENDING) for name in index.equal), *index.sort)
    return keys if index.unique else _ended(keys, keys[-1][1])


def check_sum(collection: Collection, field: str, by: str) -> None:
    """Refuse to sum what is not a declared integer, or by what is not a declared single value."""
    if collection.fields.get(field) != "integer":
        raise TypeError(f"{collection.name}.{field} is not declared as integer, so it can't be summed")
    if collection.fields.get(by, "texts") == "texts":
        raise TypeError(f"{collection.name}.{by} is not a declared single value, so nothing can be summed by it")


def _ended(keys: Iterable[tuple[str, int]], direction: int) -> Order:
    """Return the keys ended by `_id`, after which there can be no ties."""
    ended = []
    for name, own_direction in keys:
        ended.append((name, own_direction))
        if name == "_id":
            return tuple(ended)
    return (*ended, ("_id", direction))


def _wanted(collection: Collection, forms: Mapping[str, Form], sort: Order) -> Order:
    """Return the sort without fields that equality pins, of which there is only one value."""
    wanted = []
    for name, direction in sort:
        if name != "_id" and name not in collection.fields:
            raise NoIndex(f"{collection.name}: {name} is not a declared field, so nothing can be sorted by it")
        if direction not in {1, -1}:
            raise TypeError(f"{collection.name}: sort {name} ascending (1) or descending (-1), not {direction!r}")
        if collection.fields.get(name) == "texts":
            raise NoIndex(f"{collection.name}: {name} is an array, so nothing can be sorted by it")
        if forms.get(name) not in EQUALITIES:
            wanted.append((name, direction))
    return tuple(wanted)


def index_name(collection: Collection, index: Index) -> str:
    """Return the name of an index, which says all that the index is, so that a changed one has another name."""
    return _index_name(collection.name, index, partial_on(collection, index))


@functools.cache
def _index_name(collection_name: str, index: Index, partial: tuple[str, ...]) -> str:
    """Return the name of an index; made once, because every find asks for it."""
    described = json.dumps([index_keys(index), index.only_while, index.unique, partial])
    return f"{collection_name}__{hashlib.sha256(described.encode()).hexdigest()[:12]}"


def partial_on(collection: Collection, index: Index) -> tuple[str, ...]:
    """Return the fields without whose values a document is not in the index: only one could be without, otherwise."""
    return tuple(name for name, _ in index_keys(index) if name in collection.nullable) if index.unique else ()


def has_gaps(collection: Collection, index: Index) -> bool:
    """Say whether an index is unique among some of the documents only."""
    return index.unique and (index.only_while is not None or bool(partial_on(collection, index)))


def _served(collection: Collection, forms: Mapping[str, Form], wanted: Order, index: Index) -> Order | None:
    """Return the complete order by this index, or None where it does not serve the query."""
    if any(forms.get(name, "is None") == "is None" for name in partial_on(collection, index)):
        return None
    left = set(forms)
    if index.only_while is not None:
        if forms.get(index.only_while) != "is True":
            return None
        left.discard(index.only_while)
    keys = index_keys(index)
    used = 0
    while used < len(keys) and forms.get(keys[used][0], "Range") in LISTED:
        left.discard(keys[used][0])
        used += 1
    rest = keys[used:]
    if any(collection.fields.get(name) == "texts" for name, _ in rest):
        return None  # an index over an array has a document once per element: it serves only those who ask for elements
    if rest and forms.get(rest[0][0]) == "Range":
        left.discard(rest[0][0])
    if left:
        return None
    for order in (rest, tuple((name, -direction) for name, direction in rest)):
        if order[: len(wanted)] == wanted:
            return order or BY_ID
    return None


def _condition(collection: Collection, name: str, value: Any) -> Condition:
    """Return a condition with its values as they are stored; raises `TypeError` for values the field can't have."""
    kind = "text" if name == "_id" else collection.fields.get(name)
    if kind is None:
        raise NoIndex(f"{collection.name}: {name} is not a declared field, so no index can serve it")
    if (kind == "texts") != isinstance(value, HasAny):
        raise TypeError(f"{collection.name}.{name} is declared as {kind}: HasAny is for arrays, and arrays for HasAny")
    if isinstance(value, HasAny):
        return HasAny(_each(collection, name, value.values, of_array=True))
    if isinstance(value, In):
        return In(_each(collection, name, value.values, of_array=False))
    if isinstance(value, Range):
        if value.at_least is None and value.below is None:
            raise TypeError(f"{collection.name}.{name}: a Range needs a bound")
        if kind == "boolean":
            raise TypeError(f"{collection.name}.{name}: a boolean has no range")
        bounds = (None if bound is None else _value(collection, name, bound) for bound in (value.at_least, value.below))
        return Range(*bounds)
    return Is(_value(collection, name, value))


def _each(collection: Collection, name: str, values: Iterable[Any], *, of_array: bool) -> tuple[Any, ...]:
    """Return different values in their first order, each fit for the field."""
    if of_array:
        return tuple(dict.fromkeys(_value(collection, name, [value])[0] for value in values))
    found = tuple(dict.fromkeys(_value(collection, name, value) for value in values))
    if None in found:
        raise TypeError(f"{collection.name}.{name}: In can't hold None; ask for None alone")
    return found


def _value(collection: Collection, name: str, value: Any) -> Any:
    """Return one value as the store keeps it."""
    if name != "_id":
        return field_value(collection, name, value)
    stored = storable(value, f"{collection.name}._id")
    check_id(collection, stored)
    return stored
