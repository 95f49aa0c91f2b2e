"""What people answer to the questions that a kind of report asks, checked against the kind's declaration.

Coded answers (`waste_type` and the like) are fields of the report and travel in its events; these are the others. They
stay in the report's private part: a list's answer is only shown where the council publishes it, a typed one never.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from services.reports.domain.typed import DESCRIPTION_LIMIT, clean_text
from shared.council.kinds import Kind, KindAttribute
from shared.errors import DomainError
from shared.texts import marked

STRING_LIMIT = 200
UNKNOWN = "unknown"
"""The rule that an answer breaks which is none of a list."""

NUMBER = re.compile(r"^[+-]?[0-9]{1,12}(\.[0-9]{1,6})?$")


@dataclass(frozen=True)
class Answer:
    """The answers to one question: one value, or several where the question allows it."""

    code: str
    values: tuple[str, ...]


def check_answers(kind: Kind, given: Mapping[str, Sequence[str]], *, today: date | None = None) -> tuple[Answer, ...]:
    """Return the answers to the kind's own questions, in its order; what it does not ask is left out.

    Raises:
        DomainError: an answer is missing that must be given, or does not fit; names the question as the field.
    """
    checked = [
        Answer(attribute.code, check_answer(attribute, given.get(attribute.code, ()), today=today))
        for attribute in kind.attributes
        if not attribute.is_coded
    ]
    return tuple(answer for answer in checked if answer.values)


def check_answer(attribute: KindAttribute, given: Sequence[str], *, today: date | None = None) -> tuple[str, ...]:
    """Return the values that answer a question; the refusal says which question, for readers who see several at once.

    Raises:
        DomainError: naming the question as the field.
    """
    try:
        return answer_values(attribute, given, today=today)
    except DomainError as error:
        raise DomainError(f"{attribute.question} {error.message}", field=attribute.code, rule=error.rule) from None


def answer_values(attribute: KindAttribute, given: Sequence[str], *, today: date | None = None) -> tuple[str, ...]:
    """Return the values that answer a question, cleaned; an empty answer is none.

    A report tells of what is there already: where `today` is given, no later day is an answer.

    Raises:
        DomainError: naming the question as the field.
    """
    values = tuple(dict.fromkeys(value for one in given if (value := _cleaned(attribute, one, today))))
    if not values and attribute.required:
        raise DomainError(marked("An answer is needed."), field=attribute.code, rule="required")
    if len(values) > 1 and attribute.datatype != "multivaluelist":
        raise DomainError(marked("Only one answer can be given."), field=attribute.code)
    return values


def _cleaned(attribute: KindAttribute, value: str, today: date | None) -> str:
    """Return one value as it is kept; raises `DomainError` in words for one that does not fit."""
    if attribute.is_list:
        keys = [choice.key for choice in attribute.choices]
        if value.strip() and value.strip() not in keys:
            raise DomainError(f"The answer must be one of: {', '.join(keys)}.", rule=UNKNOWN)
        return value.strip()
    limit = DESCRIPTION_LIMIT if attribute.datatype == "text" else STRING_LIMIT
    text = clean_text(value, limit, one_line=attribute.datatype != "text")
    if text and attribute.datatype == "number":
        return _number(text)
    return _instant(text, today) if text and attribute.datatype == "datetime" else text


def _number(text: str) -> str:
    """Return a number as it was written; raises `DomainError`."""
    if not NUMBER.match(text) or not math.isfinite(float(text)):
        raise DomainError(marked("The answer must be a number, like 3 or 2.5."))
    return text


def _instant(text: str, today: date | None) -> str:
    """Return a date, or a date and time, in ISO 8601; raises `DomainError`."""
    try:
        day = datetime.fromisoformat(text).date()
    except ValueError:
        raise DomainError("The answer must be a date, like 2026-11-17 or 2026-11-17T10:40:00Z.") from None
    if today is not None and day > today:
        raise DomainError(marked("The date must be today or in the past"))
    return text
