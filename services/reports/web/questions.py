"""The questions of the report form, in order: their schemas, and what of the answers goes into the draft.

One question a page. Every schema takes exactly the fields of its page; what a person is told when something is wrong
says what to do about it. Words beyond the codes' own are in the templates.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load, pre_load, validate, validates_schema

from services.reports.domain.submission import (
    DESCRIPTION_LIMIT,
    NAME_LIMIT,
    PLACE_TEXT_LIMIT,
    clean_email,
    clean_phone,
    clean_text,
)
from shared.contracts.codes import HAZARDS, LAND_TYPES, SIZES, WASTE_TYPES
from shared.errors import DomainError

FORM_DESCRIPTION_LIMIT = 1_000
CHOOSE_PLACE = "Search for the street or place, and select it from the list"
OLDEST_DAYS = 365
"""A tip noticed longer ago than this is a slip of the year."""

_DATE_PART = re.compile(r"[0-9]{1,4}")

assert FORM_DESCRIPTION_LIMIT <= DESCRIPTION_LIMIT


class Answers(Schema):
    """Base of a question's schema: unknown fields (CSRF token, buttons) are ignored, texts are cleaned."""

    class Meta:
        unknown = EXCLUDE


def _cleaned(name: str, clean: Any) -> Any:
    """Return a clean function's result, its complaint as one of marshmallow's."""
    try:
        return clean()
    except DomainError as error:
        raise ValidationError(error.message, name) from error


def _one_of(choices: Mapping[str, Any] | tuple[str, ...], ask: str) -> Any:
    """Return a required choice; nothing chosen, and a choice that is none of ours, both get the same request."""
    return fields.String(
        required=True,
        validate=validate.OneOf(tuple(choices), error=ask),
        error_messages={"required": ask, "invalid": ask},
    )


class WasteAnswers(Answers):
    """What has been dumped."""

    waste_type = _one_of(WASTE_TYPES, "Select what has been dumped")


class SizeAnswers(Answers):
    """How much of it."""

    size = _one_of(SIZES, "Select how much there is")


class DangerAnswers(Answers):
    """Whether anything is dangerous: one or more hazards, or none."""

    hazards = fields.List(fields.String(), load_default=list)

    @validates_schema
    def _chosen(self, data: Mapping[str, Any], **_: Any) -> None:
        chosen = set(data["hazards"])
        if not chosen or not chosen <= {*HAZARDS, "none"}:
            raise ValidationError("Select if anything is dangerous, or ‘No, none of these’", "hazards")
        if "none" in chosen and len(chosen) > 1:
            raise ValidationError("Select what is dangerous, or select ‘No, none of these’", "hazards")

    @post_load
    def _kept(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {"hazards": [hazard for hazard in HAZARDS if hazard in data["hazards"]]}


class LandAnswers(Answers):
    """What kind of land it is on."""

    land_type = _one_of(LAND_TYPES, "Select what kind of place it is")


class PlaceAnswers(Answers):
    """Where: a place of the gazetteer or a position, and words that help to find the spot."""

    place_id = fields.String(load_default="")
    lat = fields.Float(load_default=None, allow_none=True, allow_nan=False)
    lon = fields.Float(load_default=None, allow_none=True, allow_nan=False)
    place_text = fields.String(load_default="")

    @pre_load
    def _empty_positions(self, data: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        kept = dict(data)
        for name in ("lat", "lon"):
            if not str(kept.get(name) or "").strip():
                kept[name] = None
        return kept

    @validates_schema
    def _somewhere(self, data: Mapping[str, Any], **_: Any) -> None:
        if not data["place_id"] and (data["lat"] is None or data["lon"] is None):
            raise ValidationError(CHOOSE_PLACE, "q")

    @post_load
    def _kept(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        words = _cleaned("place_text", lambda: clean_text(data["place_text"], PLACE_TEXT_LIMIT))
        return {**data, "place_text": words}


class WhenAnswers(Answers):
    """On which day it was noticed, as typed; `day_noticed` makes a date of it."""

    when = _one_of(("today", "yesterday", "earlier", "unknown"), "Select when you noticed it")
    day = fields.String(load_default="")
    month = fields.String(load_default="")
    year = fields.String(load_default="")


def day_noticed(typed: Mapping[str, str], *, today: date) -> dict[str, Any]:
    """Return the day noticed as the draft keeps it; raises `DomainError` for a day that is none, or can't be it."""
    days = {"today": today, "yesterday": today - timedelta(days=1), "unknown": None}
    day = _earlier_day(typed, today) if typed["when"] == "earlier" else days[typed["when"]]
    return {"happened_on": day.isoformat() if day else None, "when": typed["when"]}


def _earlier_day(typed: Mapping[str, str], today: date) -> date:
    """Return the typed date."""
    found = _date([typed[name].strip() for name in ("year", "month", "day")])
    if found is None:
        problem = "Enter a real date, like 27 3 2026"
    elif found > today:
        problem = "The date must be today or in the past"
    elif found < today - timedelta(days=OLDEST_DAYS):
        problem = "The date must be within the last year"
    else:
        return found
    raise DomainError(problem, field="day")


def _date(parts: Sequence[str]) -> date | None:
    """Return the date of typed year, month and day, None where there is no such day."""
    try:
        return date(*(int(part) if _DATE_PART.fullmatch(part) else 0 for part in parts))
    except ValueError:
        return None


class DetailAnswers(Answers):
    """The resident's own words; the photo comes beside them as a file."""

    description = fields.String(load_default="")

    @post_load
    def _kept(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        words = _cleaned("description", lambda: clean_text(data["description"], FORM_DESCRIPTION_LIMIT))
        return {"description": words}


class ContactAnswers(Answers):
    """Whom to tell; all of it optional."""

    name = fields.String(load_default="")
    email = fields.String(load_default="")
    phone = fields.String(load_default="")

    @post_load
    def _kept(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {
            "name": _cleaned("name", lambda: clean_text(data["name"], NAME_LIMIT, one_line=True)),
            "email": _cleaned("email", lambda: clean_email(data["email"])),
            "phone": _cleaned("phone", lambda: clean_phone(data["phone"])),
        }


@dataclass(frozen=True)
class Question:
    """One page of the form: its slug in the path, and its title."""

    slug: str
    title: str


QUESTIONS = (
    Question("waste", "What has been dumped?"),
    Question("size", "How much is there?"),
    Question("danger", "Is anything there dangerous?"),
    Question("land", "What kind of place is it?"),
    Question("place", "Where is it?"),
    Question("when", "When did you notice it?"),
    Question("details", "Can you show us or tell us more?"),
    Question("contact", "How can we keep you updated?"),
)
SLUGS = tuple(question.slug for question in QUESTIONS)
REQUIRED = ("waste", "size", "danger", "land", "place", "when")
"""Without these a report can't be sent; details and contact are optional, but their pages are passed through."""


def question(slug: str) -> Question:
    """Return the question of a slug; raises `KeyError`."""
    return {known.slug: known for known in QUESTIONS}[slug]


def number_of(slug: str) -> int:
    """Return the number of a question, from 1."""
    return SLUGS.index(slug) + 1


def next_slug(slug: str) -> str | None:
    """Return the question after one, None after the last."""
    return SLUGS[number_of(slug)] if number_of(slug) < len(SLUGS) else None


def previous_slug(slug: str) -> str | None:
    """Return the question before one, None before the first."""
    return SLUGS[number_of(slug) - 2] if number_of(slug) > 1 else None


def first_missing(done: tuple[str, ...]) -> str | None:
    """Return the first question that a person has not been through."""
    return next((slug for slug in SLUGS if slug not in done), None)
