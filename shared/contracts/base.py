"""How an event is declared: one marshmallow schema per event and version, immutable once released.

Strict when emitting (an unknown or missing field raises), tolerant when reading (`unknown=EXCLUDE`), so that a newer
producer never breaks an older consumer. Every field is made by one of the factories below and so carries a class of
data; there is no factory for free text or for a person's details, because no event may carry them.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from marshmallow import EXCLUDE, RAISE, Schema, ValidationError, fields, validate

from shared.errors import ConfigError, InvalidEvent

PUBLIC = "public"
"""Fit for open data: ids, codes, measures, structured places no finer than the contract of its kind allows."""

FLEET = "fleet"
"""The council's own fleet and staff references (registration of a council vehicle, id of an officer)."""

PROTECTED = "protected"
"""Facts about enforcement and sealed evidence, without any person: shown by role only, never public."""

CLASSES = (PUBLIC, FLEET, PROTECTED)


def _field(kind: type[fields.Field], data_class: str, *, nullable: bool, **options: Any) -> Any:
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
    return _field(fields.AwareDateTime, data_class, nullable=nullable, format="iso")


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
    def write(cls, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return the data as JSON-ready primitives; raises `InvalidEvent` for any unknown, missing or wrong field."""
        schema = cls()
        primitives: dict[str, Any] = schema.dump(data)
        problems = _unknown_fields(schema, data) or schema.validate(primitives)
        if problems:
            raise InvalidEvent(f"{cls.type} does not fit its contract: {problems}")
        return primitives

    @classmethod
    def read(cls, primitives: Mapping[str, Any]) -> dict[str, Any]:
        """Return the data as Python values, ignoring fields that this version does not know."""
        try:
            data: dict[str, Any] = cls(unknown=EXCLUDE).load(_known(cls(), primitives))
        except ValidationError as error:
            raise InvalidEvent(f"{cls.type} does not fit its contract: {error.messages}") from error
        return data


def _unknown_fields(schema: Schema, data: Mapping[str, Any], path: str = "") -> list[str]:
    """Return the paths in the data that the schema does not declare: `dump` would drop them without a word."""
    found = [f"{path}{name} is not declared" for name in data if name not in schema.fields]
    for name, value, inner, many in _nested(schema, data):
        for item in value if many else [value]:
            found += _unknown_fields(inner, item, f"{path}{name}.")
    return found


def _known(schema: Schema, data: Any) -> Any:
    """Return the data without undeclared fields at any depth: marshmallow's EXCLUDE does not reach nested schemas."""
    if not isinstance(data, Mapping):
        return data
    kept = {name: value for name, value in data.items() if name in schema.fields}
    for name, value, inner, many in _nested(schema, kept):
        kept[name] = [_known(inner, item) for item in value] if many else _known(inner, value)
    return kept


def _nested(schema: Schema, data: Mapping[str, Any]) -> Iterable[tuple[str, Any, Schema, bool]]:
    """Yield every nested structure that the data holds: name, value, schema, and whether it is a list."""
    for name, field in schema.fields.items():
        value = data.get(name)
        if isinstance(field, fields.Nested) and isinstance(value, list if field.many else Mapping):
            yield name, value, field.schema, bool(field.many)


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
