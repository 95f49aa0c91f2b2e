"""What a claim may change: enough to stop matching, or two callers could get the same document for ever."""

from collections.abc import Mapping
from typing import Any

from shared.store.documents import RESERVED_FIELDS, check_field, storable
from shared.store.plan import Condition, Is, Plan, has_gaps, index_keys
from shared.store.port import Collection, Document, HasAny, In, Range


def check_changes(collection: Collection, plan: Plan, changes: Mapping[str, Any]) -> Document:
    """Return the changes as they are stored; raises `TypeError` unless they make a claimed document stop matching."""
    stored = {}
    for name, value in changes.items():
        if name in RESERVED_FIELDS[:2] or "." in name or name.startswith("$"):
            raise TypeError(f"{collection.name}: a claim can't change {name}")
        stored[name] = storable(value, f"{collection.name}.{name}")
        if name in collection.fields:
            check_field(collection, name, collection.fields[name], stored[name])
    for index in collection.indexes:
        if has_gaps(collection, index) and stored.keys() & {index.only_while, *(key for key, _ in index_keys(index))}:
            raise TypeError(f"{collection.name}: a claim can't change a field of a unique index that leaves some out")
    if not any(_ends(condition, stored[name]) for name, condition in plan.conditions.items() if name in stored):
        raise TypeError(f"{collection.name}: a claimed document would still match, so it would be claimed for ever")
    return stored


def _ends(condition: Condition, value: Any) -> bool:
    """Say whether a document with this value no longer meets the condition."""
    if isinstance(condition, Is):
        return bool(value != condition.value)
    if isinstance(condition, In):
        return value not in condition.values
    if isinstance(condition, HasAny):
        return not set(value) & set(condition.values)
    return not _within(condition, value)


def _within(condition: Range, value: Any) -> bool:
    """Say whether a value is in a range; what has no value is in none."""
    if value is None:
        return False
    return not (
        (condition.at_least is not None and value < condition.at_least)
        or (condition.below is not None and value >= condition.below)
    )
