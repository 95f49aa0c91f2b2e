"""The report form: one question a page, complete without JavaScript, answers kept on the server.

    question → … → check your answers → send → what happens next

Sending twice is harmless: the draft is the idempotency key. A draft that was sent shows its report whatever page of
the form is asked for; only the first question begins anew.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, Response, abort, current_app, make_response, redirect, render_template, request, url_for

from services.reports.domain.submission import Submission
from services.reports.drafts import LIFETIME, Draft, draft_of, keep_draft, new_token, sent_draft
from services.reports.intake import accept_report, locate
from services.reports.photos import keep_photo
from services.reports.store import by_reference
from services.reports.web import questions
from services.reports.web.questions import QUESTIONS, REQUIRED, question
from services.reports.words import HAZARD_HINTS, HAZARD_WORDS, place_words, reasons, waste_words
from shared.calendar import london_date
from shared.contracts.codes import LAND_TYPES, SIZES, WASTE_TYPES
from shared.errors import Conflict, DomainError, Duplicate, NotFound
from shared.web.app import cause, context
from shared.web.auth import PUBLIC, current_user, policy
from shared.web.forms import FormErrors, errors_of, read_form
from shared.web.limits import limited
from shared.web.uploads import read_photo

bp = Blueprint("report_form", __name__, template_folder="templates", url_prefix="/report/new")

COOKIE = "streetscene-draft"
COOKIE_PATH = "/report/new"
SEARCH_LIMIT = 8
POSITION_UNREADABLE = "We could not read that position. Search for the street or place instead"

SCHEMAS = {
    "waste": questions.WasteAnswers,
    "size": questions.SizeAnswers,
    "danger": questions.DangerAnswers,
    "land": questions.LandAnswers,
    "place": questions.PlaceAnswers,
    "when": questions.WhenAnswers,
    "details": questions.DetailAnswers,
    "contact": questions.ContactAnswers,
}
CHOICES: Mapping[str, Sequence[tuple[str, ...]]] = {
    "waste": [(code, words.plain) for code, words in WASTE_TYPES.items()],
    "size": [(code, words.plain) for code, words in SIZES.items()],
    "land": [(code, words.plain) for code, words in LAND_TYPES.items()],
    "danger": [(code, words, HAZARD_HINTS[code]) for code, words in HAZARD_WORDS.items()],
}


@bp.after_request
def _leave_no_copy(response: Response) -> Response:
    """Keep answers out of the cache of a shared phone."""
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.get("/")
@policy(PUBLIC)
def begin() -> Response:
    """Go to the first question."""
    return _to("ask", slug=QUESTIONS[0].slug)


@bp.get("/<slug>")
@policy(PUBLIC)
def ask(slug: str) -> Response | str:
    """Show one question, with what was answered before."""
    _require_question(slug)
    draft = _draft()
    if draft.reference and slug != QUESTIONS[0].slug:
        return _to("sent")
    missing = questions.first_missing(draft.done)
    if missing and questions.number_of(slug) > questions.number_of(missing):
        return _to("ask", slug=missing)
    return _page(slug, draft, _shown(slug, draft.answers), {})


@bp.post("/<slug>")
@policy(PUBLIC)
@limited("60 per minute; 600 per hour")
def answer(slug: str) -> Response | tuple[str, int]:
    """Take the answer of one question and go on to the next, or back to the check."""
    _require_question(slug)
    token, draft = _draft_to_write(slug)
    if draft.reference:
        return _to("sent")
    answers, errors = _read(slug)
    if errors:
        return _page(slug, draft, {**_shown(slug, draft.answers), **_typed()}, errors), 400
    try:
        kept = keep_draft(context(), draft.answered(slug, answers))
    except (Conflict, Duplicate):
        # The same person answered in another tab at the same moment: show what is kept now.
        return _to("ask", slug=slug)
    following = questions.next_slug(slug)
    response = _to("check") if kept.is_reviewed or following is None else _to("ask", slug=following)
    _set_cookie(response, token)
    return response


@bp.get("/check")
@policy(PUBLIC)
def check() -> Response | str:
    """Show all answers, each with a link to change it."""
    draft = _draft()
    if draft.reference:
        return _to("sent")
    missing = questions.first_missing(draft.done)
    if missing:
        return _to("ask", slug=missing)
    if not draft.is_reviewed:
        # Where the same person has the page open twice, the other one has noted it.
        with suppress(Conflict):
            keep_draft(context(), _reviewed(draft))
    return _check_page(draft, {})


@bp.post("/check")
@policy(PUBLIC)
@limited("20 per minute; 200 per hour")
def send() -> Response | tuple[str, int]:
    """Send the report; again, it is the same report."""
    draft = _draft()
    if draft.reference:
        return _to("sent")
    if not set(REQUIRED) <= set(draft.done):
        return _to("ask", slug=questions.first_missing(draft.done) or QUESTIONS[0].slug)
    try:
        report = accept_report(context(), _submission(draft), idempotency_key=draft.idempotency_key, cause=cause())
    except DomainError as error:
        return _check_page(draft, {"form": [error.message]}), 400
    # A second press of the button may have got here first; it has kept the same reference.
    with suppress(Conflict):
        keep_draft(context(), sent_draft(draft, report.reference))
    return _to("sent")


@bp.get("/sent")
@policy(PUBLIC)
def sent() -> Response | str:
    """Say what happens next."""
    draft = _draft()
    if draft.reference is None:
        return _to("begin")
    report = by_reference(context().store, draft.reference)
    council = context().council
    return render_template(
        "reports/sent.html",
        report=report,
        reasons=reasons(report, council),
        waste=waste_words(report),
        where=place_words(report, council),
        will_hear=report.private.has_contact,
    )


@bp.get("/photo")
@policy(PUBLIC)
def photo() -> Response:
    """Show a resident the photo in their own draft."""
    key = _draft().answers.get("public_photo_key")
    if not key:
        abort(404)
    return Response(context().blobs.get(key), content_type="image/jpeg")


def _require_question(slug: str) -> None:
    """Answer 404 for a path that is none of the questions."""
    if slug not in SCHEMAS:
        abort(404)


def _draft() -> Draft:
    """Return this browser's draft, an empty one where there is none."""
    return draft_of(context(), request.cookies.get(COOKIE, ""))


def _draft_to_write(slug: str) -> tuple[str, Draft]:
    """Return this browser's draft and its token; a new one at the first question, if there is none or it was sent."""
    token = request.cookies.get(COOKIE, "")
    draft = draft_of(context(), token)
    begins = slug == QUESTIONS[0].slug and (draft.version == 0 or draft.reference)
    if begins or not token:
        token = new_token()
        draft = draft_of(context(), token)
    return token, draft


def _read(slug: str) -> tuple[dict[str, Any], FormErrors]:
    """Return the answers of a question as they go into the draft, and what is wrong with them."""
    answers, errors = read_form(SCHEMAS[slug], request.form)
    if slug == "place":
        errors = _complete_place(answers) if not errors else {"q": [POSITION_UNREADABLE]} if "lat" in errors else errors
    if slug == "when" and not errors:
        try:
            answers = questions.day_noticed(answers, today=_today())
        except DomainError as error:
            errors = errors_of(error)
    if slug == "details" and not errors:
        errors = _take_photo(answers)
    return answers, errors


def _complete_place(answers: dict[str, Any]) -> FormErrors:
    """Add the position of a chosen place, and refuse what is outside the council's area."""
    ctx = context()
    if answers["place_id"]:
        try:
            chosen = ctx.council.gazetteer.place(answers["place_id"])
        except NotFound:
            return {"q": [questions.CHOOSE_PLACE]}
        answers.update(lat=chosen.lat, lon=chosen.lon)
    try:
        locate(ctx, lat=answers["lat"], lon=answers["lon"], place_id=None, at=ctx.clock.now())
    except DomainError as error:
        return {"q": [error.message]}
    answers["place_id"] = answers["place_id"] or None
    return {}


def _take_photo(answers: dict[str, Any]) -> FormErrors:
    """Store a photo that came with the form, or take the earlier one out where that was asked for."""
    upload = request.files.get("photo")
    if upload is not None and upload.filename:
        try:
            answers.update(keep_photo(context(), read_photo(upload)))
        except DomainError as error:
            return errors_of(error, "photo")
    elif request.form.get("remove_photo"):
        answers.update(photo_key=None, public_photo_key=None)
    return {}


def _page(slug: str, draft: Draft, values: Mapping[str, Any], errors: FormErrors) -> str:
    """Return a question's page."""
    found = _search(values) if slug == "place" else {}
    previous = questions.previous_slug(slug)
    back = (
        url_for(".check")
        if draft.is_reviewed
        else url_for(".ask", slug=previous)
        if previous
        else url_for("reports.home")
    )
    return render_template(
        f"reports/form/{slug}.html",
        question=question(slug),
        number=questions.number_of(slug),
        of=len(QUESTIONS),
        values=values,
        errors=errors,
        back=back,
        today=_today(),
        yesterday=_today() - timedelta(days=1),
        photo_url=url_for(".photo") if draft.answers.get("photo_key") else None,
        choices=CHOICES.get(slug, ()),
        example=_example_place(),
        description_limit=questions.FORM_DESCRIPTION_LIMIT,
        **found,
    )


def _search(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the places that fit what was typed, the chosen one first where there is one."""
    council = context().council
    typed = (request.values.get("q") or "")[:100].strip()
    places = council.gazetteer.search(typed, SEARCH_LIMIT) if typed else []
    chosen = values.get("place_id")
    if chosen and not typed:
        places = [place for place in council.gazetteer.places if place.id == chosen]
    names = {neighbourhood.id: neighbourhood.name for neighbourhood in council.neighbourhoods}
    return {"typed": typed, "found_places": places, "areas": names}


def _check_page(draft: Draft, errors: FormErrors) -> str:
    """Return the page of all answers."""
    answers = draft.answers
    council = context().council
    names = {place.id: place.name for place in council.gazetteer.places}
    location = council.locate(answers["lat"], answers["lon"], _today())
    return render_template(
        "reports/form/check.html",
        answers=answers,
        errors=errors,
        waste=WASTE_TYPES[answers["waste_type"]].plain,
        size=SIZES[answers["size"]].plain,
        hazards=[HAZARD_WORDS[hazard] for hazard in answers["hazards"]],
        land=LAND_TYPES[answers["land_type"]].plain,
        place_name=names.get(answers.get("place_id") or "", "The position of your phone"),
        location=location,
        happened_on=date.fromisoformat(answers["happened_on"]) if answers.get("happened_on") else None,
        photo_url=url_for(".photo") if answers.get("photo_key") else None,
        back=url_for(".ask", slug=QUESTIONS[-1].slug),
    )


def _submission(draft: Draft) -> Submission:
    """Return the draft's answers as what makes a report."""
    answers = draft.answers
    happened_on = answers.get("happened_on")
    return Submission(
        channel=_channel(),
        lat=answers["lat"],
        lon=answers["lon"],
        waste_type=answers["waste_type"],
        land_type=answers["land_type"],
        size=answers["size"],
        hazards=tuple(answers["hazards"]),
        place_id=answers.get("place_id"),
        place_text=answers.get("place_text", ""),
        happened_on=date.fromisoformat(happened_on) if happened_on else None,
        description=answers.get("description", ""),
        name=answers.get("name", ""),
        email=answers.get("email", ""),
        phone=answers.get("phone", ""),
        photo_key=answers.get("photo_key"),
        public_photo_key=answers.get("public_photo_key"),
    )


def _channel() -> str:
    """Return how this report came: an agent who is signed in takes it for a caller."""
    user = current_user()
    return "contact-centre" if user is not None and "contact-centre" in user.roles else "web"


def _shown(slug: str, answers: Mapping[str, Any]) -> dict[str, Any]:
    """Return earlier answers as the form's fields show them."""
    values = dict(answers)
    if slug == "when" and answers.get("happened_on") and answers.get("when") == "earlier":
        year, month, day = answers["happened_on"].split("-")
        values.update(day=str(int(day)), month=str(int(month)), year=year)
    if slug == "danger" and "hazards" in answers:
        values["hazards"] = answers["hazards"] or ["none"]
    return values


def _typed() -> dict[str, Any]:
    """Return what was typed just now, so that a person corrects it instead of typing it again."""
    typed: dict[str, Any] = {name: value[:5_000] for name, value in request.form.items()}
    typed["hazards"] = request.form.getlist("hazards")
    return typed


def _example_place() -> str:
    """Return the name of a place of the gazetteer, to show what can be typed."""
    places = context().council.gazetteer.places
    return places[0].name if places else "Town Hall"


def _reviewed(draft: Draft) -> Draft:
    """Return the draft as one whose answers were all seen: from here on, a changed answer leads back to the check."""
    return replace(draft, is_reviewed=True)


def _today() -> date:
    """Return the council's date."""
    return london_date(context().clock.now())


def _set_cookie(response: Response, token: str) -> None:
    """Let this browser find its draft again, on the form's own pages only."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(LIFETIME.total_seconds()),
        httponly=True,
        samesite="Lax",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        path=COOKIE_PATH,
    )


def _to(endpoint: str, **values: Any) -> Response:
    """Redirect after a post, or to where a person should be."""
    response: Response = make_response(redirect(url_for(f".{endpoint}", **values), 303))
    return response
