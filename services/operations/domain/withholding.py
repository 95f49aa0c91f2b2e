"""Who sees what of an event: every field of a contract has a class of data, and every role some classes.

What a role may not see is replaced, and its path is named, so that a page can say that something is withheld instead of
pretending that nothing is there.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from marshmallow import Schema, fields

from shared.contracts.base import FLEET, PROTECTED, PUBLIC
from shared.contracts.envelope import Event, contract_of

WITHHELD = "withheld"

CLASSES_BY_ROLE: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "contact-centre": frozenset({PUBLIC}),
        "supervisor": frozenset({PUBLIC, FLEET}),
        "crew": frozenset({PUBLIC, FLEET}),
        "officer": frozenset({PUBLIC, FLEET, PROTECTED}),
        "waste-officer": frozenset({PUBLIC, FLEET}),
        "manager": frozenset({PUBLIC, FLEET, PROTECTED}),
        "councillor": frozenset({PUBLIC}),
        "wall-viewer": frozenset({PUBLIC}),
        "admin": frozenset({PUBLIC, FLEET, PROTECTED}),
    }
)


@dataclass(frozen=True)
class View:
    """An event as a role may see it: its data with the rest replaced, and the paths of what is withheld."""

    data: Mapping[str, Any]
    withheld: tuple[str, ...]


def classes_for(roles: Iterable[str]) -> frozenset[str]:
    """Return the classes of data that somebody with these roles may see."""
    return frozenset({PUBLIC}).union(*(CLASSES_BY_ROLE.get(role, frozenset()) for role in roles))


def view(event: Event, classes: frozenset[str]) -> View:
    """Return an event's data without what the classes do not cover, and the paths of what was taken out."""
    withheld: list[str] = []
    data = _seen(contract_of(event.type)(), event.data, classes, "", withheld)
    return View(data, tuple(dict.fromkeys(withheld)))


def _seen(
    schema: Schema, data: Mapping[str, Any], classes: frozenset[str], path: str, withheld: list[str]
) -> dict[str, Any]:
    """Return a structure with what may not be seen replaced; the paths of that are added to `withheld`."""
    return {
        name: _value(schema.fields[name], value, classes, f"{path}{name}", withheld) for name, value in data.items()
    }


def _value(field: fields.Field[Any], value: Any, classes: frozenset[str], path: str, withheld: list[str]) -> Any:
    """Return one value, or `withheld` in its place; an absent or empty value gives nothing away and stays."""
    if value is None or value == []:
        return value
    if field.metadata["class"] not in classes:
        withheld.append(path)
        return WITHHELD
    if isinstance(field, fields.Nested):
        return _seen(field.schema, value, classes, f"{path}.", withheld)
    if isinstance(field, fields.List):
        return [_value(field.inner, item, classes, path, withheld) for item in value]
    return value
