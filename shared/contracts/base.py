"""How an event is declared: one marshmallow schema per event and version, immutable once released.

Strict when emitting (an unknown or missing field raises), tolerant when reading (what is not declared is left out), so
that a newer producer never breaks an older consumer. Every field is made by one of the factories below and so carries a
class of data; there is no factory for free text or for a person's details, because no event may carry them.
"""

import functools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, ClassVar, Self, TypeVar

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from shared.errors import ConfigError, InvalidEvent

PUBLIC = "public"
"""Fit for open data: ids, codes, measures, structured places no finer than the contract of its kind allows."""

FLEET = "fleet"
"""The council's own fleet and staff references (registration of a council vehicle, id of an officer)."""

PROTECTED = "protected"
"""Facts about enforcement and sealed evidence, without any person: shown by role only, never public."""

CLASSES = (PUBLIC, FLEET, PROTECTED)


class Instant(fields.AwareDateTime):
    """An aware instant, always written in UTC to the millisecond, whatever offset it was given with."""

    def _serialize(self, value: datetime | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:  # noqa: ARG002
        return written_instant(value) if value is not None else None


def written_instant(value: datetime) -> str:
    """Return an instant as events have it: in UTC, to the millisecond."""
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


PYTHON_TYPES: Mapping[type[fields.Field[Any]], tuple[type, ...]] = {
    fields.String: (str,),
    fields.Integer: (int,),
    fields.Float: (float, int),
    fields.Boolean: (bool,),
    Instant: (datetime,),
    fields.Date: (date,),
    fields.List: (list, tuple),
    fields.Nested: (Mapping,),
}
"""What Python values each kind of field takes when emitting: marshmallow's `dump` would turn `5` into `"5"` unasked."""


PLAIN_TYPES: Mapping[type[fields.Field[Any]], type] = {
    fields.String: str,
    fields.Integer: int,
    fields.Boolean: bool,
    fields.Float: float,
}
"""The type that nearly every value of such a field has, which is written as it is."""


def _field(kind: type[fields.Field[Any]], data_class: str, *, nullable: bool, **options: Any) -> Any:
    """Return a required field with its class of data; a nullable one must still be present."""
    return kind(required=True, allow_none=nullable, metadata={"class": data_class}, **options)


def identifier(*, nullable: bool = False, data_class: str = PUBLIC) -> Any:
    """Declare an id, reference or number given out by this system or its configuration."""
    return _field(
        fields.String, data_class, nullable=nullable, validate=validate.Regexp(r"^[A-Za-z0-9][A-Za-z0-9:._/-]{0,119}$")
    )


def code(choices: Iterable[str] | None = None, *, nullable: bool = False, data_class: str = PUBLIC) -> Any:
    """Declare a code: one of the choices, or any slug where the choices are configuration."""
    check: validate.Validator = (
        validate.OneOf(tuple(choices)) if choices is not None else validate.Regexp(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$")
    )
    return _field(fields.String, data_class, nullable=nullable, validate=check)


def instant(*, nullable: bool = False, data_class: str = PUBLIC) -> Any:
    """Declare an aware instant, written in UTC."""
    return _field(Instant, data_class, nullable=nullable, format="iso")


def day(*, nullable: bool = False, data_class: str = PUBLIC) -> Any:
    """Declare a date in Europe/London."""
    return _field(fields.Date, data_class, nullable=nullable)


def whole(
    *, nullable: bool = False, data_class: str = PUBLIC, minimum: int | None = 0, maximum: int | None = None
) -> Any:
    """Declare an integer: a count, kilograms, pence, metres of easting or northing."""
    return _field(
        fields.Integer,
        data_class,
        nullable=nullable,
        strict=True,
        validate=validate.Range(min=minimum, max=maximum),
    )


def degrees(*, nullable: bool = False) -> Any:
    """Declare a WGS84 coordinate in decimal degrees."""
    return _field(fields.Float, PUBLIC, nullable=nullable, allow_nan=False, validate=validate.Range(min=-180, max=180))


def flag(*, data_class: str = PUBLIC) -> Any:
    """Declare a yes or no."""
    return _field(fields.Boolean, data_class, nullable=False)


def sha256(*, nullable: bool = False) -> Any:
    """Declare the SHA-256 of a sealed file, in hex."""
    return _field(fields.String, PROTECTED, nullable=nullable, validate=validate.Regexp(r"^[0-9a-f]{64}$"))


def each(inner: Any, *, data_class: str = PUBLIC) -> Any:
    """Declare a list of one kind of field."""
    return fields.List(inner, required=True, metadata={"class": data_class})


def part(schema: type[Schema], *, many: bool = False, nullable: bool = False) -> Any:
    """Declare a nested structure whose own fields carry their classes."""
    return fields.Nested(schema, required=True, many=many, allow_none=nullable, metadata={"class": PUBLIC})


class Part(Schema):
    """Base of the structures nested in events: strict like the events themselves."""

    class Meta:
        unknown = RAISE


@dataclass(frozen=True)
class Fact:
    """What a domain function says has happened: a contract and the facts of this change, without `state`.

    The repository adds the aggregate's whole public state, the sequence and the envelope when it saves.
    """

    contract: type["Contract"]
    data: Mapping[str, Any]


class Contract(Schema):
    """Base of every event. Subclasses are declared with `@contract` and always have a nested `state`."""

    class Meta:
        unknown = RAISE

    type: ClassVar[str]
    producer: ClassVar[str]
    aggregate: ClassVar[str]
    deprecated: ClassVar[bool] = False

    @classmethod
    def fact(cls, **data: Any) -> Fact:
        """State that this event has happened, with the facts of the change."""
        return Fact(cls, data)

    @classmethod
    def write(cls, data: Mapping[str, Any], writing: "Writing | None" = None) -> dict[str, Any]:
        """Return the data as JSON-ready primitives; raises `InvalidEvent` for any unknown, missing or wrong field.

        Events of one change are written with one `writing`, so that the state they share is checked once.
        """
        writing = writing or Writing()
        primitives = _written(cls._schema(), data, "", writing)
        if writing.problems:
            raise InvalidEvent(f"{cls.type} does not fit its contract: {writing.problems}")
        return primitives

    @classmethod
    def read(cls, primitives: Mapping[str, Any]) -> dict[str, Any]:
        """Return the data as Python values, ignoring fields that this version does not know, at every depth."""
        try:
            # Without what is not known at any depth there is nothing left that the strict schema could refuse for that.
            data: dict[str, Any] = cls._schema().load(_known(cls._schema(), primitives))
        except ValidationError as error:
            raise InvalidEvent(f"{cls.type} does not fit its contract: {error.messages}") from error
        return data

    @classmethod
    @functools.cache
    def _schema(cls) -> Self:
        """Return the schema, made once: marshmallow copies every field of every nested schema for a new one.

        It keeps nothing of what it reads or writes, so all threads may use it.
        """
        return cls()


@dataclass
class Writing:
    """The writing of one change's events: what is wrong with them, and the structures that are written already.

    A structure is known by its identity, so this lives no longer than the events do.
    """

    problems: list[str] = field(default_factory=list)
    parts: dict[tuple[int, type[Schema]], dict[str, Any]] = field(default_factory=dict)


def _written(schema: Schema, data: Mapping[str, Any], path: str, writing: Writing) -> dict[str, Any]:
    """Return a structure as primitives, and note what `dump` would let pass: undeclared and missing fields, misfits.

    One walk that checks and writes: an event is written within every request that changes something.
    """
    declared = schema.fields
    if data.keys() != declared.keys():
        writing.problems += [f"{path}{name} is not declared" for name in data if name not in declared]
        writing.problems += [f"{path}{name} is missing" for name in declared if name not in data]
        declared = {name: field for name, field in declared.items() if name in data}
    usual = _usual_values(schema)
    written = {}
    for name, one in declared.items():
        value = data[name]
        plain_type, is_fit = usual[name]
        if type(value) is plain_type and (is_fit is None or is_fit(value)):
            written[name] = value
        elif value is None and one.allow_none:
            written[name] = None
        else:
            written[name] = _value_written(one, value, f"{path}{name}", writing)
    return written


@functools.cache
def _usual_values(schema: Schema) -> Mapping[str, tuple[type | None, Callable[[Any], object] | None]]:
    """Return the plain type of each field's values, and what says of one that it is right: nearly all are.

    Worked out once for each schema, from the validators; whatever this does not know to be right, they judge.
    """
    usual = {}
    for name, one in schema.fields.items():
        judges = [_judge(validator) for validator in one.validators]
        if isinstance(one, fields.Float) and not judges:
            judges = [math.isfinite]
        is_known = len(judges) <= 1 and None not in judges
        usual[name] = (PLAIN_TYPES.get(type(one)) if is_known else None, judges[0] if judges else None)
    return usual


def _judge(validator: Callable[[Any], Any]) -> Callable[[Any], object] | None:
    """Return what says yes to nothing that a validator refuses, for a fraction of its cost; None for others."""
    if type(validator) is validate.OneOf:
        return frozenset(validator.choices).__contains__
    if type(validator) is validate.Range and validator.min_inclusive and validator.max_inclusive:
        lowest = -math.inf if validator.min is None else validator.min
        highest = math.inf if validator.max is None else validator.max
        return lambda value: lowest <= value <= highest
    return validator.regex.match if type(validator) is validate.Regexp else None


def _value_written(field: fields.Field[Any], value: Any, path: str, writing: Writing) -> Any:
    """Return one value as primitives, looking into lists and nested structures, and note what is wrong with it."""
    if value is None:
        if not field.allow_none:
            writing.problems.append(f"{path} may not be null")
        return None
    if not _has_type(field, value):
        writing.problems.append(f"{path} is a {type(value).__name__} that the field does not take")
        return None
    # The value is what reading would make of it, so the validators judge the same here and there.
    try:
        for validator in field.validators:
            validator(value)
    except ValidationError as error:
        writing.problems.append(f"{path}: {'; '.join(map(str, error.messages))}")
    writer = WRITERS.get(type(field))
    return writer(field, value, path, writing) if writer else value


def _nested_written(field: fields.Nested, value: Any, path: str, writing: Writing) -> Any:
    """Return a structure, or a list of them."""
    if field.many:
        return [_part_written(field.schema, item, path, writing) for item in value]
    return _part_written(field.schema, value, path, writing)


def _part_written(schema: Schema, value: Any, path: str, writing: Writing) -> dict[str, Any]:
    """Return a structure as it was written before, or write it."""
    key = (id(value), type(schema))
    if key not in writing.parts:
        writing.parts[key] = _written(schema, value, f"{path}.", writing)
    return writing.parts[key]


def _list_written(field: fields.List[Any], value: Any, path: str, writing: Writing) -> list[Any]:
    """Return a list of values."""
    return [_value_written(field.inner, item, f"{path}[{position}]", writing) for position, item in enumerate(value)]


WRITERS: Mapping[type[fields.Field[Any]], Callable[[Any, Any, str, Writing], Any]] = {
    fields.Nested: _nested_written,
    fields.List: _list_written,
    fields.Float: lambda _field, value, _path, _writing: float(value),
    fields.Date: lambda _field, value, _path, _writing: value.isoformat(),
    Instant: lambda _field, value, _path, _writing: written_instant(value),
}
"""How the values are written that JSON does not have as they are."""


def _has_type(field: fields.Field[Any], value: Any) -> bool:
    """Say whether a value has the field's Python type; a bool is no integer, an instant no day but aware."""
    if isinstance(field, fields.Nested) and field.many:
        return isinstance(value, Sequence) and all(isinstance(item, Mapping) for item in value)
    if isinstance(value, bool):
        return isinstance(field, fields.Boolean)
    if isinstance(value, float) and not math.isfinite(value):
        return False
    if isinstance(value, datetime):
        return isinstance(field, Instant) and value.tzinfo is not None
    return isinstance(value, PYTHON_TYPES[type(field)])


def _known(schema: Schema, data: Any) -> Any:
    """Return the data without undeclared fields at any depth: marshmallow's EXCLUDE does not reach nested schemas."""
    if not isinstance(data, Mapping):
        return data
    return {name: _known_value(schema.fields[name], value) for name, value in data.items() if name in schema.fields}


def _known_value(field: fields.Field[Any], value: Any) -> Any:
    """Return one value without undeclared fields in it, whether it is a structure or a list of them."""
    if isinstance(field, fields.Nested):
        many = field.many and isinstance(value, list)
        return [_known(field.schema, item) for item in value] if many else _known(field.schema, value)
    if isinstance(field, fields.List) and isinstance(value, list):
        return [_known_value(field.inner, item) for item in value]
    return value


REGISTRY: dict[str, type[Contract]] = {}
"""Every declared event by its type; `shared.contracts` imports all modules, so importing that fills it."""


C = TypeVar("C", bound=type[Contract])


def contract(event_type: str, *, producer: str, aggregate: str) -> Callable[[C], C]:
    """Declare a contract under its type (`report.submitted.v1`, also its routing key) and register it."""

    def declare(cls: C) -> C:
        if event_type in REGISTRY:
            raise ConfigError(f"{event_type} is declared twice")
        if "state" not in cls._declared_fields:
            raise ConfigError(f"{event_type} declares no state: every event carries its aggregate's whole public state")
        cls.type, cls.producer, cls.aggregate = event_type, producer, aggregate
        REGISTRY[event_type] = cls
        return cls

    return declare
