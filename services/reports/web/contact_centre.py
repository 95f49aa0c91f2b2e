"""The contact centre's screen: one page for a whole call, one form, no scripts, everything by keyboard.

Enter anywhere looks things up: the caller by what they say, the place by its name, what is open around it. Nothing that
was typed is lost by that, and nothing a caller says is ever in an address. "Take the report" and "asks again" are
buttons of the same form, under the call's own key, so that pressing twice is doing it once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from services.reports.desk import chase_report, find_caller, take_report
from services.reports.domain.report import Report
from services.reports.domain.submission import Submission
from services.reports.domain.typed import EMAIL
from services.reports.handlers import note_access
from services.reports.nearby import open_nearby
from services.reports.store import by_reference
from services.reports.web import showing
from services.reports.web.triage import DESK
from services.reports.words import (
    HAZARD_ADVICE,
    HAZARD_HINTS,
    HAZARD_WORDS,
    place_words,
    promise,
    reason_sentences,
    reasons,
    standing,
    waste_words,
)
from shared.calendar import london_date
from shared.contracts.codes import HAZARDS, LAND_TYPES, SIZES, WASTE_TYPES
from shared.council import Kind, Place
from shared.council.kinds import CODED
from shared.errors import DomainError
from shared.ids import new_id
from shared.texts import ngettext
from shared.web.app import cause, context
from shared.web.auth import policy, roles, signed_in_user
from shared.web.forms import FormErrors, errors_of

bp = Blueprint("contact_centre", __name__, template_folder="templates")

PLACES_SHOWN = 6
LONGEST = 5_000
ANSWER = "answer-"
CHASE = "chase:"
USUAL_KIND = "fly-tipping"


@dataclass(frozen=True)
class Looked:
    """What was found for a call: the caller's reports, places, the chosen one, and what is open around it."""

    caller: Sequence[Report] | None = None
    places: Sequence[Place] = ()
    chosen: Place | None = None
    near: Sequence[Mapping[str, Any]] = field(default=())


@bp.get("/contact-centre")
@policy(roles(*DESK))
def desk() -> str:
    """Show the screen for a new call, and what the last one came to."""
    sent = request.args.get("sent", "")
    report = by_reference(context().store, sent) if sent else None
    return _page(MultiDict({"call": new_id(), "kind": USUAL_KIND}), Looked(), {}, report)


@bp.post("/contact-centre")
@policy(roles(*DESK))
def call() -> Response | tuple[str, int] | str:
    """Look up what was typed, take the report, or note that the caller asks again."""
    form = MultiDict((name, value[:LONGEST]) for name, value in request.form.items(multi=True))
    form["call"] = form.get("call", "")[:60] or new_id()
    wanted = form.get("do", "look")
    if wanted == "report":
        return _take(form)
    if wanted.startswith(CHASE):
        return _chase(form, wanted.removeprefix(CHASE))
    return _page(_prefilled(form), _look(form), {}, None)


def _take(form: MultiDict[str, str]) -> Response | tuple[str, int]:
    """Take the report for the caller."""
    looked = _look(form)
    errors = _missing(form, looked)
    if not errors and looked.chosen is not None:
        user = signed_in_user()
        try:
            submission = _submission(form, looked.chosen)
            report = take_report(
                context(), submission, call=form["call"], user_id=user.id, user_name=user.name, cause=cause()
            )
        except DomainError as error:
            errors = errors_of(error)
            if error.field:
                errors = {_field_of(error.field, form): [error.message]}
        else:
            flash(f"The report is taken: {report.reference}. Tell the caller this reference.", "success")
            return _see_other(url_for("contact_centre.desk", sent=report.reference))
    return _page(form, looked, errors, None), 400


def _chase(form: MultiDict[str, str], reference: str) -> Response | tuple[str, int]:
    """Note that the caller asks again after a report."""
    user = signed_in_user()
    try:
        report = chase_report(
            context(),
            reference,
            call=form["call"],
            email=form.get("email", ""),
            phone=form.get("phone", ""),
            user_id=user.id,
            user_name=user.name,
        )
    except DomainError as error:
        return _page(form, _look(form), errors_of(error, "email"), None), 400
    told = " The caller is told what happens to it." if form.get("email") or form.get("phone") else ""
    calls = ngettext("%(count)s call so far", "%(count)s calls so far", len(report.chases))
    flash(f"Noted: a caller asks again about {report.reference}, {calls}.{told}", "success")
    return _see_other(url_for("contact_centre.desk", sent=report.reference))


def _look(form: MultiDict[str, str]) -> Looked:
    """Look up the caller, the place, and what is open around it."""
    user = signed_in_user()
    typed = form.get("caller", "").strip()
    caller = find_caller(context(), typed, user_id=user.id, user_name=user.name) if typed else None
    gazetteer = context().council.gazetteer
    words = form.get("q", "").strip()[:100]
    places = gazetteer.search(words, PLACES_SHOWN) if words else []
    chosen = next((place for place in places if place.id == form.get("place_id")), None)
    if chosen is None and form.get("place_id") and not words:
        chosen = gazetteer.find(form["place_id"])
        places = [chosen] if chosen else []
    exactly = [place for place in places if place.name.casefold() == words.casefold()]
    for found in (places, exactly):
        chosen = found[0] if chosen is None and len(found) == 1 else chosen
    near = open_nearby(context(), chosen.lat, chosen.lon, kind=form.get("kind", USUAL_KIND)) if chosen else []
    return Looked(caller, places, chosen, [showing.near(one) for one in near])


def _missing(form: MultiDict[str, str], looked: Looked) -> FormErrors:
    """Return what a report can't be taken without."""
    errors: FormErrors = {}
    if looked.chosen is None:
        told = "Choose one of the places found" if looked.places else "Find the place: type a postcode, street or place"
        errors["q"] = [told]
    kind = context().council.kinds.get(form.get("kind", ""))
    if kind is None:
        errors["kind"] = ["Choose what it is about"]
    elif kind.is_waste and form.get("waste_type", "") not in WASTE_TYPES:
        errors["waste_type"] = ["Choose what it is, or “Something else, or I can’t tell”"]
    if form.get("happened_on") and _day(form["happened_on"]) is None:
        errors["happened_on"] = ["The day must be a real date, like 2026-11-22"]
    return errors


def _submission(form: MultiDict[str, str], place: Place) -> Submission:
    """Return what is sent in for the caller."""
    kind = context().council.kind(form["kind"])
    coded = {
        code: form.get(code) or None if kind.attribute(code) is not None and form.get(code) in known else None
        for code, known in CODED.items()
    }
    return Submission(
        channel="contact-centre",
        kind=kind.code,
        lat=place.lat,
        lon=place.lon,
        place_id=place.id,
        waste_type=coded["waste_type"],
        land_type=coded["land_type"],
        size=coded["size"],
        hazards=tuple(hazard for hazard in HAZARDS if hazard in form.getlist("hazards")),
        place_text=form.get("place_text", ""),
        happened_on=_day(form.get("happened_on", "")),
        description=form.get("description", ""),
        name=form.get("name", ""),
        email=form.get("email", ""),
        phone=form.get("phone", ""),
        answers=_answers(form, kind),
    )


def _answers(form: MultiDict[str, str], kind: Kind) -> dict[str, list[str]]:
    """Return the answers to the kind's own questions, those that were answered."""
    found = {}
    for attribute in kind.attributes:
        values = [value.strip() for value in form.getlist(ANSWER + attribute.code) if value.strip()]
        if values and not attribute.is_coded:
            found[attribute.code] = values
    return found


def _field_of(field_name: str, form: MultiDict[str, str]) -> str:
    """Return the field of the page that a refusal of the domain is about."""
    if field_name == "place":
        return "q"
    kind = context().council.kinds.get(form.get("kind", ""))
    asked = kind.attribute(field_name) if kind else None
    return ANSWER + field_name if asked is not None and not asked.is_coded else field_name


def _prefilled(form: MultiDict[str, str]) -> MultiDict[str, str]:
    """Return the form with what was typed to find the caller put where they can be reached."""
    typed = form.get("caller", "").strip()
    if EMAIL.match(typed) and not form.get("email"):
        form["email"] = typed
    elif typed and sum(letter.isdigit() for letter in typed) >= 7 and not any(c.isalpha() for c in typed):
        form["phone"] = form.get("phone") or typed
    return form


def _page(form: MultiDict[str, str], looked: Looked, errors: FormErrors, sent: Report | None) -> str:
    """Return the screen."""
    council = context().council
    kind = council.kind_of(form.get("kind", USUAL_KIND))
    values: dict[str, Any] = dict(form)
    values["hazards"] = form.getlist("hazards")
    for attribute in kind.attributes:
        if attribute.datatype == "multivaluelist":
            values[ANSWER + attribute.code] = form.getlist(ANSWER + attribute.code)
    return render_template(
        "reports/triage/desk.html",
        values=values,
        errors=errors,
        kind=kind,
        looked=looked,
        areas={one.id: one.name for one in council.neighbourhoods},
        callers=[_found(report) for report in looked.caller or ()],
        land_answer=council.land.get(form.get("land_type", "")),
        script=[(code, words, HAZARD_HINTS[code], HAZARD_ADVICE[code]) for code, words in HAZARD_WORDS.items()],
        emergency=council.contact.emergency,
        attributes=[one for one in kind.attributes if not one.is_coded],
        answer=ANSWER,
        choices=_choices(),
        sent=_sent(sent) if sent else None,
        attributions=council.gazetteer.attributions,
        wide=True,
    )


def _choices() -> dict[str, list[tuple[str, str]]]:
    """Return what can be chosen."""
    return {
        "kind": [(kind.code, kind.name) for kind in context().council.kinds.values()],
        "waste_type": [("", "Choose what it is"), *((code, words.plain) for code, words in WASTE_TYPES.items())],
        "size": [("", "Not said"), *((code, words.plain) for code, words in SIZES.items())],
        "land_type": [("", "Not said"), *((code, words.plain) for code, words in LAND_TYPES.items())],
    }


def _found(report: Report) -> dict[str, Any]:
    """Return a report as an agent reads it to the caller whose it is."""
    council = context().council
    return {
        "report": report,
        "waste": waste_words(report, council),
        "where": place_words(report, council),
        "standing": standing(report, council),
        "promise": promise(report, on=london_date(context().clock.now())),
    }


def _sent(report: Report) -> dict[str, Any]:
    """Return what the caller is told of the report that was just taken or asked about."""
    user = signed_in_user()
    note_access(context(), report, user_id=user.id, user_name=user.name, what="words-and-photo")
    found = _found(report)
    why = reasons(report, context().council)
    if found["promise"] is not None and found["promise"].is_forecast:
        why = ["Four of five reports like this one were cleared in about this time lately", *why]
    return {**found, "reasons": reason_sentences(why)}


def _day(typed: str) -> date | None:
    """Return a date as a browser's field gives it."""
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None


def _see_other(address: str) -> Response:
    """Redirect after a form."""
    response: Response = make_response(redirect(address, 303))
    return response
