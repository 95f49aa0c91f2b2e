"""What a contract's fields are, said twice: as JSON Schema for machines and as a short type for people.

JSON Schema draft 7, the dialect that AsyncAPI 3.0 takes. Objects stay open (no `additionalProperties: false`): readers
are tolerant by rule, and a schema that refused a newer producer's field would contradict them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, fields, validate

from shared.contracts.base import Contract, Instant

JSON_TYPES: tuple[tuple[type[fields.Field[Any]], dict[str, str], str], ...] = (
    (Instant, {"type": "string", "format": "date-time"}, "instant"),
    (fields.Date, {"type": "string", "format": "date"}, "day"),
    (fields.Boolean, {"type": "boolean"}, "yes or no"),
    (fields.Integer, {"type": "integer"}, "whole number"),
    (fields.Float, {"type": "number"}, "degrees"),
    (fields.String, {"type": "string"}, "text"),
)
"""Each kind of field with its JSON type and its word in the catalogue; the first that fits counts."""

IDENTIFIER_LENGTH = "119"
"""What tells an identifier's pattern from a code's: both are text that matches a pattern."""


@dataclass(frozen=True)
class FieldLine:
    """One field of an event as the catalogue lists it; `path` is dotted, with `[]` where there are many."""

    path: str
    kind: str
    data_class: str
    nullable: bool


def data_schema(contract: type[Contract]) -> dict[str, Any]:
    """Return the JSON Schema of an event's `data`; structures are references into `components/schemas`."""
    return _object_schema(contract())


def part_schemas(contract: type[Contract]) -> dict[str, dict[str, Any]]:
    """Return the JSON Schema of every structure nested in an event, at any depth, by its name."""
    return {name: _object_schema(schema) for name, schema in _parts(contract())}


def envelope_schema(contract: type[Contract]) -> dict[str, Any]:
    """Return the JSON Schema of a whole message: the CloudEvents envelope around the event's data."""
    text = {"type": "string"}
    return {
        "type": "object",
        "required": ["specversion", "id", "source", "type", "subject", "time", "sequence", "correlationid", "data"],
        "properties": {
            "specversion": {"const": "1.0"},
            "id": text,
            "source": {"const": f"/streetscene/{contract.producer}"},
            "type": {"const": contract.type},
            "subject": text,
            "time": {"type": "string", "format": "date-time"},
            "datacontenttype": {"const": "application/json"},
            "dataschema": {"const": f"/contracts/{contract.type}"},
            "sequence": {"type": "integer", "minimum": 1},
            "correlationid": text,
            "causationid": {"type": ["string", "null"]},
            "data": data_schema(contract),
        },
    }


def field_lines(contract: type[Contract]) -> list[FieldLine]:
    """Return every field of an event with its type and class of data, at every depth, in declared order."""
    return list(_lines(contract(), ""))


def _object_schema(schema: Schema) -> dict[str, Any]:
    """Return the JSON Schema of a structure."""
    return {
        "type": "object",
        "description": _docstring(schema),
        "required": list(schema.fields),
        "properties": {name: _field_schema(field) for name, field in schema.fields.items()},
    }


def _field_schema(field: fields.Field[Any]) -> dict[str, Any]:
    """Return the JSON Schema of one field, with its class of data as `x-class`."""
    if isinstance(field, fields.Nested):
        reference: dict[str, Any] = {"$ref": f"#/components/schemas/{type(field.schema).__name__}"}
        return {"oneOf": [reference, {"type": "null"}]} if field.allow_none else reference
    if isinstance(field, fields.List):
        return {"type": "array", "items": _field_schema(field.inner), "x-class": field.metadata["class"]}
    described: dict[str, Any] = {**_json_type(field)[1], "x-class": field.metadata["class"]}
    for check in field.validators:
        described.update(_constraint(check))
    if field.allow_none:
        described["type"] = [described["type"], "null"]
        if "enum" in described:
            described["enum"] = [*described["enum"], None]
    return described


def _json_type(field: fields.Field[Any]) -> tuple[type[fields.Field[Any]], dict[str, str], str]:
    """Return the row of `JSON_TYPES` for a field."""
    return next(row for row in JSON_TYPES if isinstance(field, row[0]))


def _constraint(check: Any) -> dict[str, Any]:
    """Return what a marshmallow validator says, in JSON Schema."""
    if isinstance(check, validate.OneOf):
        return {"enum": list(check.choices)}
    if isinstance(check, validate.Regexp):
        return {"pattern": check.regex.pattern}
    if isinstance(check, validate.Range):
        limits = {"minimum": check.min, "maximum": check.max}
        return {name: limit for name, limit in limits.items() if limit is not None}
    return {}


def _lines(schema: Schema, prefix: str) -> Iterator[FieldLine]:
    """Yield the fields of a structure and of those within it."""
    for name, field in schema.fields.items():
        many = isinstance(field, fields.List)
        inner = field.inner if isinstance(field, fields.List) else field
        path = f"{prefix}{name}{'[]' if many else ''}"
        if isinstance(inner, fields.Nested):
            yield from _lines(inner.schema, f"{path}.")
        else:
            yield FieldLine(path, _kind(inner), inner.metadata["class"], bool(inner.allow_none))


def _kind(field: fields.Field[Any]) -> str:
    """Return a field's type in words: for a code its choices, for a limited number its limits."""
    word = _json_type(field)[2]
    for check in field.validators:
        if isinstance(check, validate.OneOf):
            return "one of " + ", ".join(f"`{choice}`" for choice in check.choices)
        if isinstance(check, validate.Regexp):
            word = _word_of_pattern(str(check.regex.pattern))
        if isinstance(check, validate.Range) and word == "whole number" and check.max is not None:
            word = f"whole number, {check.min} to {check.max}"
    return word


def _word_of_pattern(pattern: str) -> str:
    """Return what text of a pattern is called."""
    if "a-f" in pattern:
        return "SHA-256"
    return "identifier" if IDENTIFIER_LENGTH in pattern else "code"


def _parts(schema: Schema) -> Iterator[tuple[str, Schema]]:
    """Yield every structure nested in a schema, by name."""
    for field in schema.fields.values():
        inner = field.inner if isinstance(field, fields.List) else field
        if isinstance(inner, fields.Nested):
            yield type(inner.schema).__name__, inner.schema
            yield from _parts(inner.schema)


def _docstring(schema: Schema) -> str:
    """Return the first line of a structure's docstring."""
    return (type(schema).__doc__ or "").strip().split("\n")[0]
