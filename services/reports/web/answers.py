"""What the pages of the report form take: a schema for each, and what of the answers goes into the draft.

Every schema takes exactly the fields of its page; what a person is told when something is wrong
says what to do about it. Words beyond the codes' own are in the templates.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load, pre_load, validate, validates_schema

from services.reports.domain.typed import (
    DESCRIPTION_LIMIT,
    NAME_LIMIT,
    PLACE_TEXT_LIMIT,
    SEEN_LIMIT,
    VEHICLE_LIMIT,
    clean_email,
    clean_phone,
    clean_text,
)
from shared.contracts.codes import HAZARDS, LAND_TYPES, SIZES, WASTE_TYPES
from shared.errors import DomainError
from shared.texts import marked

FORM_DESCRIPTION_LIMIT = 1_000
WAYS = ("phone", "map", "typed")
"""How a position may come: from the phone, pointed to on the map, typed. A place of the gazetteer needs no saying."""

CHOOSE_PLACE = marked("Search for the street or place, and select it from the list")
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
    """What has been dumped: every type of it, and which of several there is most of."""

    waste_types = fields.List(fields.String(), load_default=list)
    waste_type = fields.String(load_default="")

    @validates_schema
    def _chosen(self, data: Mapping[str, Any], **_: Any) -> None:
        chosen = set(data["waste_types"])
        if not chosen or not chosen <= set(WASTE_TYPES):
            raise ValidationError("Select what has been dumped", "waste_types")
        if len(chosen) > 1 and data["waste_type"] not in chosen:
            raise ValidationError("Select which of them there is most of", "waste_type")

    @post_load
    def _kept(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        chosen = [waste for waste in WASTE_TYPES if waste in data["waste_types"]]
        primary = data["waste_type"] if data["waste_type"] in chosen else chosen[0]
        return {"waste_type": primary, "other_waste_types": [waste for waste in chosen if waste != primary]}


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
    """Where: a place of the gazetteer or a position, how it was given, and words that help to find the spot."""

    via = fields.String(load_default="", validate=validate.OneOf(("", *WAYS)))
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
    parts = [typed[name].strip() for name in ("year", "month", "day")]
    found = typed_date(parts)
    if not any(parts):
        problem = marked("Enter the day on which you noticed it")
    elif found is None:
        problem = marked("Enter a real date, like 27 3 2026")
    elif found > today:
        problem = marked("The date must be today or in the past")
    elif found < today - timedelta(days=OLDEST_DAYS):
        problem = marked("The date must be within the last year")
    else:
        return found
    raise DomainError(problem, field="day")


def typed_date(parts: Sequence[str]) -> date | None:
    """Return the date of typed year, month and day, None where there is no such day."""
    try:
        return date(*(int(part) if _DATE_PART.fullmatch(part) else 0 for part in parts))
    except ValueError:
        return None


class WitnessAnswers(Answers):
    """Whether the resident saw who did it, and then what they saw."""

    witnessed = _one_of(("yes", "no"), "Select if you saw who dumped it")
    seen = fields.String(load_default="")
    vehicle = fields.String(load_default="")
    statement = fields.String(load_default="")

    @validates_schema
    def _told(self, data: Mapping[str, Any], **_: Any) -> None:
        if data["witnessed"] == "yes":
            missing = {}
            if not data["seen"].strip():
                missing["seen"] = ["Tell us what you saw"]
            if data["statement"] not in ("yes", "no"):
                missing["statement"] = ["Select if you would give a statement"]
            if missing:
                raise ValidationError(missing)

    @post_load
    def _kept(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        if data["witnessed"] == "no":
            return {"witnessed": "no", "seen": "", "vehicle": "", "statement": ""}
        return {
            "witnessed": "yes",
            "seen": _cleaned("seen", lambda: clean_text(data["seen"], SEEN_LIMIT)),
            "vehicle": _cleaned("vehicle", lambda: clean_text(data["vehicle"], VEHICLE_LIMIT, one_line=True)),
            "statement": data["statement"],
        }


class DetailAnswers(Answers):
    """What else would help, in the resident's own words."""

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
