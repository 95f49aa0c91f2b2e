"""Forms: marshmallow schemas in, clean values or messages by field out.

A view reads the form, and on errors renders the same template again with status 400, the values as typed and the
messages; `components.html` shows them as GOV.UK does. Messages are whole sentences, written where the field is
declared.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, pre_load
from marshmallow import missing as absent
from werkzeug.datastructures import MultiDict

from shared.errors import DomainError
from shared.web.filters import LONDON

FormErrors = dict[str, list[str]]


class Form(Schema):
    """Base of every form: strips what people type, treats empty as missing, ignores fields of no concern."""

    class Meta:
        unknown = EXCLUDE

    @pre_load
    def strip(self, data: Mapping[str, Any], **_options: Any) -> dict[str, Any]:
        """Strip text and drop empty answers, so that `required` means answered."""
        stripped = {name: value.strip() if isinstance(value, str) else value for name, value in data.items()}
        return {name: value for name, value in stripped.items() if value not in ("", None, [])}


def text(missing: str, *, longest: int = 200, required: bool = True) -> Any:
    """Declare a line or paragraph of text, with the message for when it is missing."""
    return fields.String(
        required=required,
        load_default=None if not required else absent,
        allow_none=not required,
        error_messages={"required": missing, "null": missing},
        validate=lambda value: _at_most(value, longest),
    )


def choice(missing: str, choices: Any, *, required: bool = True) -> Any:
    """Declare one of some codes (radios, a select)."""
    allowed = tuple(choices)

    def check(value: str) -> None:
        if value not in allowed:
            raise ValidationError(missing)

    return fields.String(
        required=required,
        load_default=None if not required else absent,
        allow_none=not required,
        error_messages={"required": missing, "null": missing},
        validate=check,
    )


def read_form(schema: type[Schema], form: Mapping[str, Any]) -> tuple[dict[str, Any], FormErrors]:
    """Return (values, errors by field) of a submitted form; one of the two is empty.

    A list field takes every value of its name, any other the first.
    """
    instance = schema()
    many = {name for name, field in instance.fields.items() if isinstance(field, fields.List)}
    values: dict[str, Any] = {}
    for name in form:
        values[name] = form.getlist(name) if name in many and isinstance(form, MultiDict) else form[name]
    try:
        return dict(instance.load(values)), {}
    except ValidationError as error:
        return {}, _by_field(error.normalized_messages())  # type: ignore[no-untyped-call]


def errors_of(error: DomainError, default_field: str = "form") -> FormErrors:
    """Return a refusal by the domain as a form's errors."""
    return {error.field or default_field: [error.message]}


def read_date(form: Mapping[str, str], name: str, missing: str) -> date:
    """Return the date of a GOV.UK date input (`name-day`, `name-month`, `name-year`); raises `DomainError`."""
    parts = [form.get(f"{name}-{part}", "").strip() for part in ("year", "month", "day")]
    try:
        return date(*(int(part) for part in parts))
    except ValueError:
        raise DomainError(missing, field=name) from None


def read_local_instant(text_value: str, field: str, missing: str) -> datetime:
    """Return the instant of an `<input type=datetime-local>`, taken as London time; raises `DomainError`."""
    try:
        return datetime.fromisoformat(text_value).replace(tzinfo=LONDON)
    except ValueError:
        raise DomainError(missing, field=field) from None


def _at_most(value: str, longest: int) -> None:
    """Refuse text that is too long, saying by how much."""
    if len(value) > longest:
        raise ValidationError(f"Use {longest:,} characters or fewer; this is {len(value):,}.")


def _by_field(messages: Mapping[str, Any]) -> FormErrors:
    """Return messages as lists by field, with nested and listed ones flattened."""
    flat: FormErrors = {}
    for name, told in messages.items():
        flat[name] = list(_texts(told))
    return flat


def _texts(told: Any) -> list[str]:
    """Return every message in a nested structure."""
    if isinstance(told, str):
        return [told]
    inner = told.values() if isinstance(told, Mapping) else told
    return [text for item in inner for text in _texts(item)]
