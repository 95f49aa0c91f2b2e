"""What may be stored: one check and one JSON form of documents, so that both adapters accept and refuse alike.

Everything is decided before a byte is written: types, time zones, the range of integers, names. A document that SQLite
would take and MongoDB would refuse (or quietly change: microseconds, naive times, big integers) is a `TypeError` in
both. Datetimes are kept in JSON as `{"$at": milliseconds}`; no key of a document may start with `$`, so nothing else
can look like one.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from shared.clock import truncated
from shared.store.port import Collection, Document, FieldType, Index

LARGEST_INTEGER = 2**63 - 1
"""Both stores keep 64-bit integers; Python would not notice that a larger one does not fit."""

LONGEST_ID = 500
LARGEST_BODY_CHARACTERS = 4_000_000
"""A MongoDB document ends at 16 MB, its waiting events included; 4 M characters are at most 12 MB in UTF-8."""

USUAL_TYPES: Mapping[FieldType, type | None] = {
    "text": str,
    "integer": int,
    "boolean": bool,
    "instant": datetime,
    "texts": None,
}
"""The type that nearly every value of a declared field has, of which nothing more is to be asked."""

RESERVED_COLLECTIONS = ("events", "outboxes", "state")
RESERVED_FIELDS = ("_id", "version", "body")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
NAME = re.compile(r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$")


def check_collections(collections: Sequence[Collection]) -> dict[str, Collection]:
    """Return the collections by name; raises `TypeError` for a declaration that no adapter could keep."""
    by_name: dict[str, Collection] = {}
    for collection in collections:
        if not NAME.match(collection.name) or collection.name in RESERVED_COLLECTIONS:
            raise TypeError(f"{collection.name!r} can't be a collection's name")
        if by_name.setdefault(collection.name, collection) != collection:
            raise TypeError(f"collection {collection.name} is declared twice, and differently")
        for name in collection.fields:
            if not NAME.match(name) or name in RESERVED_FIELDS:
                raise TypeError(f"{collection.name}: {name!r} can't be a declared field's name")
        for index in collection.indexes:
            _check_index(collection, index)
    return by_name


def _check_index(collection: Collection, index: Index) -> None:
    """Refuse an index over something that is not declared, or that MongoDB has no index for."""
    keys = [*index.equal, *(name for name, _ in index.sort)]
    known = {**collection.fields, "_id": "text"}
    for name in keys:
        if name not in known:
            raise TypeError(f"{collection.name}: index over {name}, which is not a declared field")
    if len(set(keys)) != len(keys) or not keys:
        raise TypeError(f"{collection.name}: an index names each of its fields once, and at least one")
    if any(direction not in {1, -1} for _, direction in index.sort):
        raise TypeError(f"{collection.name}: an index sorts ascending (1) or descending (-1)")
    arrays = [name for name in keys if known[name] == "texts"]
    if len(arrays) > 1 or any(known[name] == "texts" for name, _ in index.sort) or (arrays and index.unique):
        raise TypeError(f"{collection.name}: an index has at most one array, among `equal`, and is then not unique")
    if index.only_while is not None and collection.fields.get(index.only_while) != "boolean":
        raise TypeError(f"{collection.name}: only_while={index.only_while} is not a declared boolean field")


def checked(collection: Collection, document: Mapping[str, Any]) -> Document:
    """Return a copy of the document as the store will give it back, without `version`.

    Raises `TypeError` naming the collection and the field for anything that is not storable as declared.
    """
    stored: Document = storable(document, collection.name)
    stored.pop("version", None)
    check_id(collection, stored.get("_id"))
    for name, kind in collection.fields.items():
        if name not in stored:
            raise TypeError(f"{collection.name}.{name} is declared and so must be present")
        value = stored[name]
        if type(value) is not USUAL_TYPES[kind]:
            check_field(collection, name, kind, value)
    return stored


def check_id(collection: Collection, document_id: Any) -> None:
    """Refuse anything but a text of 1 to 500 characters as an id."""
    if not isinstance(document_id, str) or not 0 < len(document_id) <= LONGEST_ID:
        raise TypeError(
            f"{collection.name}._id must be a text of 1 to {LONGEST_ID} characters, not {document_id!r:.80}"
        )


def field_value(collection: Collection, name: str, value: Any) -> Any:
    """Return a value of a declared field as the store keeps it; raises `TypeError` where it does not fit."""
    kind = collection.fields[name]
    if type(value) is str and kind == "text" and value.isascii():
        return value
    stored = storable(value, f"{collection.name}.{name}")
    check_field(collection, name, kind, stored)
    return stored


def check_field(collection: Collection, name: str, kind: FieldType, value: Any) -> None:
    """Refuse a value of a declared field that is not of its declared type."""
    if value is None:
        fits = name in collection.nullable
    elif kind == "text":
        fits = isinstance(value, str)
    elif kind == "integer":
        fits = isinstance(value, int) and not isinstance(value, bool)
    elif kind == "boolean":
        fits = isinstance(value, bool)
    elif kind == "instant":
        fits = isinstance(value, datetime)
    else:
        fits = isinstance(value, list) and all(isinstance(item, str) for item in value)
    if not fits:
        raise TypeError(f"{collection.name}.{name} is declared as {kind}, so it can't be a {type(value).__name__}")


def storable(value: Any, path: str) -> Any:
    """Return a value as the store gives it back: UTC, whole milliseconds, lists; raises `TypeError` naming the path."""
    try:
        return _stored(value)
    except _Unfit as error:
        raise TypeError(f"{path}{error.below} {error}") from error.__cause__


class _Unfit(Exception):
    """What is wrong with a value, and where below the one that was asked about it was found."""

    below = ""


def _stored(value: Any) -> Any:
    """Return a value as the store gives it back; where it lies is only put together for one that is unfit.

    Written for speed, as every document passes here: most values are short texts or nothing, and those cost no call.
    """
    kind = type(value)
    if kind is bool or value is None:
        return value
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, list | tuple):
        return _list(value) if value else []
    if isinstance(value, datetime):
        return _instant(value)
    if kind is dict or isinstance(value, Mapping):
        return _mapping(value if _has_plain_keys(value) else {_key(name): item for name, item in value.items()})
    raise _Unfit(f"is a {kind.__name__}: store text, integers, booleans, aware datetimes, None, lists, dicts")


def _mapping(value: Mapping[str, Any]) -> Document:
    """Return a dict whose keys are looked at already."""
    kept: Document = {}
    name = ""
    try:
        for name, item in value.items():
            kept[name] = item if item is None or (type(item) is str and item.isascii()) else _stored(item)
    except _Unfit as error:
        error.below = f".{name:.80}{error.below}"
        raise
    return kept


def _has_plain_keys(value: Mapping[Any, Any]) -> bool:
    """Say whether all keys are made of letters, digits and underlines, as field names are: asked of all at once."""
    return set(map(type, value)) == {str} and (together := "".join(value)).isascii() and f"_{together}".isidentifier()


def _list(values: Sequence[Any]) -> list[Any]:
    """Return the values of a list."""
    kept: list[Any] = []
    try:
        for item in values:
            kept.append(_stored(item))  # noqa: PERF401 — how many are kept says where an unfit one is
    except _Unfit as error:
        error.below = f"[{len(kept)}]{error.below}"
        raise
    return kept


def _text(value: str) -> str:
    """Return plain text (enumerations that are text become it); half a surrogate pair is none."""
    plain = str.__str__(value)
    if not plain.isascii():
        try:
            plain.encode()
        except UnicodeEncodeError as error:
            raise _Unfit("is not valid Unicode text") from error
    return plain


def _number(value: float) -> float:
    """Return a plain 64-bit integer, or a finite float."""
    if isinstance(value, float):
        if not math.isfinite(value):
            raise _Unfit(f"is {value}, which JSON does not know")
        return float(value)
    if not -LARGEST_INTEGER <= value <= LARGEST_INTEGER:
        raise _Unfit("is an integer of more than 64 bits")
    return int(value)


def _instant(value: datetime) -> datetime:
    """Return an aware instant in UTC, cut to whole milliseconds."""
    if value.tzinfo is None:
        raise _Unfit("is a datetime without a time zone")
    return truncated(value if value.tzinfo is UTC else value.astimezone(UTC))


def _key(name: Any) -> str:
    """Return a key that both stores can keep."""
    if not isinstance(name, str) or name.startswith("$") or "\0" in name:
        raise _Unfit(f"has the key {name!r:.80}: keys are texts that do not start with $")
    return _text(name)


def only_fields(document: Document, fields: Sequence[str]) -> Document:
    """Return a document with these fields, `_id` and `version` alone."""
    wanted = {"_id", "version", *fields}
    return {name: value for name, value in document.items() if name in wanted}


def to_milliseconds(instant: datetime) -> int:
    """Return an instant as milliseconds since 1970, exactly."""
    return (instant - EPOCH) // MILLISECOND


def from_milliseconds(milliseconds: int) -> datetime:
    """Return the UTC instant of milliseconds since 1970, exactly."""
    return EPOCH + timedelta(milliseconds=milliseconds)


def to_json(value: Any) -> str:
    """Return a checked value as JSON; raises `TypeError` where it is too large for a document."""
    text = orjson.dumps(value, default=_tag, option=orjson.OPT_PASSTHROUGH_DATETIME).decode()
    if len(text) > LARGEST_BODY_CHARACTERS:
        raise TypeError(f"a document of {len(text):,} characters is too large to store: keep such things as blobs")
    return text


def from_json(text: str) -> Any:
    """Return the value in JSON made by `to_json`."""
    return json.loads(text, object_hook=_untag)


def _tag(value: Any) -> dict[str, int]:
    """Return the JSON form of a datetime; everything else was refused before."""
    return {"$at": to_milliseconds(value)}


def _untag(value: dict[str, Any]) -> Any:
    """Return the datetime of a tag, or the dict itself."""
    return from_milliseconds(value["$at"]) if len(value) == 1 and "$at" in value else value
