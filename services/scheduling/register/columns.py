"""Columns: what a value is, how it is written in a file and a form, and what is said of a wrong one.

A table of the register is a list of these (`tables.py`). The page, the file and the check of both are made from them,
so that no table has a page or a parser of its own. A value is stored as JSON has it: text, number, yes or no, or a
list of texts; days as 2026-11-17 and times of day as 06:00.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, Literal

from marshmallow import ValidationError, fields
from marshmallow import missing as absent

from services.scheduling.domain.patterns import WEEKDAYS
from services.scheduling.domain.register import said
from shared.toml import IDENTIFIER

Kind = Literal["text", "whole", "degrees", "flag", "day", "time", "choice", "many", "row", "rows"]

SEPARATOR = ";"
LONGEST = 200
LAST_HOUR, LAST_MINUTE = 23, 59
SHOWN_CHOICES = 12
DEGREES_KEPT = 6
"""Digits after the point of a latitude or longitude: ten centimetres."""

YES, NO = ("yes", "y", "true", "1"), ("no", "n", "false", "0")
FORMULA = re.compile(r"^[=+\-@\t\r]")
"""What a spreadsheet takes for a formula when a file of ours is opened in it."""

Choices = Mapping[str, str]
"""Codes with the words that people are shown."""

Reader = Callable[[Any], Any]

WEEKDAY_WORDS: Choices = dict(
    zip(WEEKDAYS, ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"), strict=True)
)


@dataclass(frozen=True)
class Column:
    """One column: its name in files, its words on pages, and what its values are.

    `choices` are the codes of a `choice` or `many`; of a `row` or `rows` it is the table whose rows may be named, given
    in `names`. They are asked for when they are needed, because rows come and go.
    """

    name: str
    words: str
    kind: Kind = "text"
    required: bool = True
    hint: str = ""
    least: int = 0
    most: int = 1_000_000
    choices: Choices | None = None
    names: str | None = None
    """The table, or the part of the council, whose ids are allowed: `crews`, `depots`, `places`."""

    is_personal: bool = False
    """Personal data: in no log, and in no event in any case."""

    @property
    def is_list(self) -> bool:
        """Say whether a value is a list."""
        return self.kind in ("many", "rows")


def text_of(value: Any) -> str:
    """Return a stored value as it is written in a file or a form field."""
    return said(value)


def field_of(column: Column, choices: Choices | None) -> fields.Field[Any]:
    """Return the marshmallow field that reads what people write in a column."""
    readers: Mapping[str, Reader] = {
        "text": partial(_text, column=column),
        "whole": partial(_whole, column=column),
        "degrees": partial(_degrees, column=column),
        "flag": _flag,
        "day": _day,
        "time": _time,
        "choice": partial(_code, choices=choices or {}),
        "row": partial(_code, choices=choices or {}),
        "many": partial(_codes, choices=choices or {}),
        "rows": partial(_codes, choices=choices or {}),
    }
    return _Read(column, readers[column.kind])


class _Read(fields.Field[Any]):
    """A field that reads by a function; an empty answer is None, no, an empty list, or refused where one is needed."""

    def __init__(self, column: Column, read: Reader) -> None:
        verb = "Choose" if column.kind in ("choice", "row", "many", "rows") else "Enter"
        missing = f"{verb} the {column.words[0].lower()}{column.words[1:]}"
        is_needed = column.required and column.kind != "flag"
        empty: Any = [] if column.is_list else False if column.kind == "flag" else None
        super().__init__(
            required=is_needed,
            allow_none=not is_needed,
            load_default=absent if is_needed else empty,
            error_messages={"required": missing, "null": missing},
        )
        self._read = read

    def _deserialize(self, value: Any, *_about: Any, **_options: Any) -> Any:
        return self._read(value)


def _text(value: Any, *, column: Column) -> str:
    """Return a line of text; an id where the column is one."""
    text = str(value).strip()
    if len(text) > LONGEST:
        raise ValidationError(f"Use {LONGEST} characters or fewer; this is {len(text):,}.")
    if column.name == "id" and not IDENTIFIER.match(text):
        raise ValidationError("Use letters, digits and hyphens without spaces, such as crew-north-1")
    if FORMULA.match(text):
        raise ValidationError("Begin with a letter or a digit: a spreadsheet would take this for a formula")
    if any(ord(letter) < ord(" ") for letter in text):
        raise ValidationError("Write it on one line")
    return text


def _whole(value: Any, *, column: Column) -> int:
    """Return a whole number within the column's bounds."""
    text = str(value).strip().replace(",", "")
    if not re.fullmatch(r"-?\d{1,9}", text) or not column.least <= int(text) <= column.most:
        raise ValidationError(f"Enter a whole number from {column.least:,} to {column.most:,}")
    return int(text)


def _degrees(value: Any, *, column: Column) -> float:
    """Return a latitude or longitude within the column's bounds."""
    text = str(value).strip()
    if not re.fullmatch(r"-?\d{1,3}(\.\d{1,15})?", text) or not column.least <= float(text) <= column.most:
        raise ValidationError(f"Enter degrees from {column.least} to {column.most} with a decimal point")
    return round(float(text), DEGREES_KEPT)


def _flag(value: Any) -> bool:
    """Return yes or no; a box that is not ticked sends nothing, which is no."""
    text = str(value).strip().lower()
    if text not in (*YES, *NO):
        raise ValidationError("Enter yes or no")
    return text in YES


def _day(value: Any) -> str:
    """Return a day as it is stored: 2026-11-17."""
    text = str(value).strip()
    parts = re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", text)
    try:
        return (date(int(parts[3]), int(parts[2]), int(parts[1])) if parts else date.fromisoformat(text)).isoformat()
    except ValueError:
        raise ValidationError("Enter a day as in 2026-11-17 or 17/11/2026") from None


def _time(value: Any) -> str:
    """Return a time of day as it is stored: 06:00."""
    parts = re.fullmatch(r"(\d{1,2}):(\d{2})(?::00)?", str(value).strip())
    if parts is None or int(parts[1]) > LAST_HOUR or int(parts[2]) > LAST_MINUTE:
        raise ValidationError("Enter a time of day as in 06:00")
    return f"{int(parts[1]):02}:{parts[2]}"


def _codes(value: Any, *, choices: Choices) -> list[str]:
    """Return some codes: the ticked boxes of a form, or one text with semicolons in a file, in the choices' order."""
    texts = value.split(SEPARATOR) if isinstance(value, str) else list(value)
    codes = {_code(text, choices=choices) for text in texts if str(text).strip()}
    # In the order of the choices, so that the same answer is always written the same.
    return [code for code in choices if code in codes]


def _code(value: Any, *, choices: Choices) -> str:
    """Return the code that a text is, or whose words it is; raises `ValidationError` with what there is."""
    text = str(value).strip()
    if text in choices:
        return text
    named = [code for code, words in choices.items() if words.casefold() == text.casefold()]
    if len(named) == 1:
        return named[0]
    if not choices:
        raise ValidationError("There is nothing to choose from yet")
    listed = ", ".join(list(choices)[:SHOWN_CHOICES]) + (" …" if len(choices) > SHOWN_CHOICES else "")
    raise ValidationError(f"“{text[:40]}” is not known here: it must be one of {listed}")
