"""Declarations and plans in MongoDB's terms: indexes, filters, the keyset, and the hint that holds it to the plan.

A record in MongoDB is `{_id, version, body, writes, unique?, outbox?, pending?}`; declared fields lie in `body`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pymongo import IndexModel

from shared.store.documents import to_json
from shared.store.plan import Condition, Is, Order, Plan, has_gaps, index_keys, index_name
from shared.store.port import ASCENDING, Collection, Document, HasAny, In

Filter = dict[str, Any]


def index_models(collection: Collection) -> list[IndexModel]:
    """Return every index of a collection: the declared ones, and that of waiting outboxes."""
    models = [IndexModel([("pending", ASCENDING)], name="pending", sparse=True)]
    for index in collection.indexes:
        name = index_name(collection, index)
        options: dict[str, Any] = {"name": name}
        if index.only_while:
            options["partialFilterExpression"] = {path(index.only_while): True}
        if has_gaps(collection, index):
            models.append(IndexModel([(f"unique.{name}", ASCENDING)], name=f"{name}_unique", unique=True, sparse=True))
        elif index.unique:
            options["unique"] = True
        models.append(IndexModel(keys(index_keys(index)), **options))
    return models


def unique_keys(collection: Collection, document: Mapping[str, Any]) -> dict[str, str]:
    """Return the keys under which a document is unique among some, by index; none where it is not one of them.

    MongoDB's own partial indexes would do for the flag, but count a missing value as a value like any other.
    """
    found = {}
    for index in collection.indexes:
        if not has_gaps(collection, index) or (index.only_while and not document[index.only_while]):
            continue
        values = [document[name] for name, _ in index_keys(index)]
        if None not in values:
            found[index_name(collection, index)] = to_json(values)
    return found


def unique_names(collection: Collection) -> dict[str, str]:
    """Return the declared fields of each unique index by the names that MongoDB may report it under."""
    names: dict[str, str] = {}
    for index in collection.indexes:
        if index.unique:
            name, fields = index_name(collection, index), ", ".join(name for name, _ in index_keys(index))
            names |= {name: fields, f"{name}_unique": fields}
    return names


def hint(collection: Collection, plan: Plan) -> str:
    """Return the name of the index that the plan found."""
    return "_id_" if plan.index is None else index_name(collection, plan.index)


def path(name: str) -> str:
    """Return where a declared field lies in a record."""
    return name if name == "_id" else f"body.{name}"


def keys(order: Order) -> list[tuple[str, int]]:
    """Return an order over records."""
    return [(path(name), direction) for name, direction in order]


def matching(collection: Collection, plan: Plan, after: Sequence[Any] | None = None) -> Filter:
    """Return the filter of a plan's conditions, and of "after this place"."""
    terms = [{path(name): _condition(condition)} for name, condition in plan.conditions.items()]
    if after is not None:
        terms += _keyset(collection, plan.order, after)
    return {"$and": terms} if terms else {}


def _condition(condition: Condition) -> Any:
    """Return the filter's value for one condition."""
    if isinstance(condition, Is):
        return condition.value
    if isinstance(condition, In | HasAny):
        return {"$in": list(condition.values)}
    bounds = {"$gte": condition.at_least, "$lt": condition.below}
    return {operator: bound for operator, bound in bounds.items() if bound is not None}


def _keyset(collection: Collection, order: Order, values: Sequence[Any]) -> list[Filter]:
    """Return the terms for "after this place": a bound on the first key for the index, then the rule."""
    (first, way), value = order[0], values[0]
    terms: list[Filter] = []
    if value is not None and (way == ASCENDING or first not in collection.nullable):
        terms.append({path(first): {"$gte" if way == ASCENDING else "$lte": value}})
    alternatives = []
    for number, (name, own_way) in enumerate(order):
        beyond = _beyond(collection, name, own_way, values[number])
        if beyond is not None:
            same = [{path(order[place][0]): values[place]} for place in range(number)]
            alternatives.append({"$and": [*same, beyond]})
    return [*terms, {"$or": alternatives}]


def _beyond(collection: Collection, name: str, way: int, value: Any) -> Filter | None:
    """Return "comes later in this order", where having no value comes before every value; None for "nothing does"."""
    field = path(name)
    if value is None:
        return {field: {"$ne": None}} if way == ASCENDING else None
    if way == ASCENDING:
        return {field: {"$gt": value}}
    if name in collection.nullable:
        return {"$or": [{field: {"$lt": value}}, {field: None}]}
    return {field: {"$lt": value}}


def to_document(record: Mapping[str, Any]) -> Document:
    """Return the document in a record."""
    return {"_id": record["_id"], **record.get("body", {}), "version": record["version"]}
