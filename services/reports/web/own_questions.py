"""A kind's own questions in the report form: any of Open311's six datatypes as a field, read, kept and shown again.

Each has a page of its own, drawn by its datatype alone: a council's new question needs no page. Answers go through the
same gate as Open311's (`domain.answers`), and are kept by slug as lists of values, which is what a report takes.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import request

from services.reports.domain.answers import UNKNOWN, answer_values
from services.reports.drafts import Draft
from services.reports.web.answers import typed_date
from services.reports.web.questions import OWN, Question, questions_of
from shared.calendar import london_date
from shared.council import Kind, KindAttribute
from shared.errors import DomainError
from shared.texts import gettext as _
from shared.texts import marked
from shared.web.app import context
from shared.web.forms import FormErrors

FIELD, DAY = "answer", "day"
DATE_PARTS = ("year", "month", "day")


def take_own(question: Question) -> tuple[dict[str, Any], FormErrors]:
    """Return what was answered to a kind's own question, and what is wrong with it, by field."""
    attribute = question.attribute
    assert attribute is not None
    field = DAY if attribute.datatype == "datetime" else FIELD
    try:
        given = [_typed_day()] if field == DAY else request.form.getlist(FIELD)
        values = answer_values(attribute, given, today=london_date(context().clock.now()))
    except DomainError as error:
        is_needed = error.rule == "required" or (attribute.is_list and error.rule == UNKNOWN)
        return {}, {field: [_needed(attribute) if is_needed else _(error.message)]}
    return {question.slug: list(values)}, {}


def shown_own(question: Question, answers: Mapping[str, Any]) -> dict[str, Any]:
    """Return an earlier answer as the question's fields show it."""
    kept = answers.get(question.slug) or []
    if question.attribute and question.attribute.datatype == "datetime" and kept:
        year, month, day = kept[0][:10].split("-")
        return {"year": year, "month": str(int(month)), "day": str(int(day))}
    return {FIELD: kept}


def own_answers(kind: Kind, draft: Draft) -> dict[str, list[str]]:
    """Return the answers to a kind's own questions, by their codes."""
    return {
        asked.attribute.code: draft.answers.get(asked.slug, [])
        for asked in questions_of(kind)
        if asked.attribute is not None
    }


def own_rows(kind: Kind, answers: Mapping[str, Any]) -> list[tuple[str, str, list[str] | date]]:
    """Return slug, question and answer of each of a kind's own questions, to be checked before sending."""
    return [
        (asked.slug, asked.title, _said(asked.attribute, answers.get(asked.slug) or []))
        for asked in questions_of(kind)
        if asked.attribute is not None
    ]


def is_own(slug: str) -> bool:
    """Say whether a slug is that of a kind's own question."""
    return slug.startswith(OWN)


def _said(attribute: KindAttribute, values: list[str]) -> list[str] | date:
    """Return an answer as a person reads it."""
    if attribute.datatype == "datetime" and values:
        return date.fromisoformat(values[0][:10])
    return [attribute.words(value) for value in values]


def _typed_day() -> str:
    """Return the day that was typed in ISO 8601, an empty text where nothing was; raises `DomainError`."""
    parts = [request.form.get(name, "").strip() for name in DATE_PARTS]
    if not any(parts):
        return ""
    found = typed_date(parts)
    if found is None:
        raise DomainError(marked("Enter a real date, like 27 3 2026"))
    return found.isoformat()


def _needed(attribute: KindAttribute) -> str:
    """Return what is said where an answer is missing that must be given."""
    if attribute.is_list:
        return _("Select an answer to “%(question)s”", question=attribute.question)
    if attribute.datatype == "datetime":
        return _("Enter a date")
    return _("Enter an answer to “%(question)s”", question=attribute.question)
