"""The report form: one question a page, complete without JavaScript, answers kept on the server.

    photos → where → whose land → is it one of these? → what … → check your answers → send → what happens next

Sending twice is harmless: the draft is the idempotency key. A draft that was sent shows its report whatever page of
the form is asked for; only the first question begins anew.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date
from typing import Any

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from werkzeug.exceptions import RequestEntityTooLarge

from services.reports.domain.private import Photo, Witness
from services.reports.domain.submission import Submission
from services.reports.drafts import Draft, keep_draft, sent_draft
from services.reports.intake import accept_report
from services.reports.nearby import open_nearby
from services.reports.store import by_reference
from services.reports.web import questions, showing
from services.reports.web.draft_cookie import draft_here, draft_to_write, set_cookie
from services.reports.web.questions import QUESTIONS, REQUIRED
from services.reports.web.taking import READERS, take
from services.reports.words import place_words, promise, reasons, waste_words
from shared.errors import Conflict, DomainError, Duplicate
from shared.texts import gettext as _
from shared.web.app import cause, context
from shared.web.auth import PUBLIC, current_user, policy
from shared.web.limits import limited

bp = Blueprint("report_form", __name__, template_folder="templates", url_prefix="/report/new")


@bp.after_request
def _leave_no_copy(response: Response) -> Response:
    """Keep answers out of the cache of a shared phone."""
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.errorhandler(RequestEntityTooLarge)
def _too_large(_error: RequestEntityTooLarge) -> tuple[str, int]:
    """Say that photos were too large together, on their page, where those of before are still to be seen."""
    message = _("The photos are too large to send together. Add them one at a time, or choose smaller ones.")
    return showing.page("photos", draft_here(), {}, {"photo": [message]}), 413


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
    draft = draft_here()
    if draft.reference and slug != QUESTIONS[0].slug:
        return _to("sent")
    missing = questions.first_missing(draft.done)
    if missing and questions.number_of(slug) > questions.number_of(missing):
        return _to("ask", slug=missing)
    return showing.page(slug, draft, showing.shown(slug, draft.answers), {})


@bp.post("/<slug>")
@policy(PUBLIC)
@limited("60 per minute; 600 per hour")
def answer(slug: str) -> Response | tuple[str, int]:
    """Take the answer of one question and go on to the next, or back to the check."""
    _require_question(slug)
    token, draft = draft_to_write(slug)
    if draft.reference:
        return _to("sent")
    answers, errors = take(slug, draft)
    if answers:
        try:
            # What was good is kept even where something was not: two photos of three stay.
            draft = keep_draft(context(), draft.answered(slug, answers, is_done=not errors))
        except (Conflict, Duplicate):
            # The same person answered in another tab at the same moment: show what is kept now.
            return _to("ask", slug=slug)
    response = (
        make_response(showing.page(slug, draft, {**showing.shown(slug, draft.answers), **showing.typed()}, errors), 400)
        if errors
        else _onward(slug, draft)
    )
    set_cookie(response, token)
    return response


@bp.get("/whose")
@policy(PUBLIC)
def whose() -> Response | str:
    """Say whose the land is, before anybody describes anything."""
    draft = draft_here()
    if draft.reference:
        return _to("sent")
    if "land" not in draft.done:
        return _to("ask", slug="land")
    answer = context().council.land[draft.answers["land_type"]]
    return render_template("reports/form/whose.html", answer=answer, onward=_after_land(draft).headers["Location"])


@bp.get("/nearby")
@policy(PUBLIC)
def nearby() -> Response | str:
    """Show open reports around the place: is it one of these?"""
    draft = draft_here()
    if draft.reference:
        return _to("sent")
    if "place" not in draft.done:
        return _to("ask", slug="place")
    near = open_nearby(context(), draft.answers["lat"], draft.answers["lon"])
    return render_template("reports/form/nearby.html", near=[showing.near(one) for one in near])


@bp.post("/nearby")
@policy(PUBLIC)
@limited("60 per minute; 600 per hour")
def none_of_these() -> Response:
    """Go on, because it is none of the open reports."""
    draft = draft_here()
    if draft.reference or "place" not in draft.done:
        return _to("sent" if draft.reference else "begin")
    with suppress(Conflict):
        draft = keep_draft(context(), replace(draft, answers={**draft.answers, "nearby_seen": True}))
    return _to("check") if draft.is_reviewed else _to("ask", slug=questions.first_missing(draft.done) or "waste")


@bp.get("/check")
@policy(PUBLIC)
def check() -> Response | str:
    """Show all answers, each with a link to change it."""
    draft = draft_here()
    if draft.reference:
        return _to("sent")
    missing = questions.first_missing(draft.done)
    if missing:
        return _to("ask", slug=missing)
    if not draft.is_reviewed:
        # Where the same person has the page open twice, the other one has noted it.
        with suppress(Conflict):
            keep_draft(context(), replace(draft, is_reviewed=True))
    return showing.check_page(draft, {})


@bp.post("/check")
@policy(PUBLIC)
@limited("20 per minute; 200 per hour")
def send() -> Response | tuple[str, int]:
    """Send the report; again, it is the same report."""
    draft = draft_here()
    if draft.reference:
        return _to("sent")
    if not set(REQUIRED) <= set(draft.done):
        return _to("ask", slug=questions.first_missing(draft.done) or QUESTIONS[0].slug)
    try:
        report = accept_report(context(), _submission(draft), idempotency_key=draft.idempotency_key, cause=cause())
    except DomainError as error:
        return showing.check_page(draft, {"form": [error.message]}), 400
    # A second press of the button may have got here first; it has kept the same reference.
    with suppress(Conflict):
        keep_draft(context(), sent_draft(draft, report.reference))
    return _to("sent")


@bp.get("/sent")
@policy(PUBLIC)
def sent() -> Response | str:
    """Say what happens next."""
    draft = draft_here()
    if draft.reference is None:
        return _to("begin")
    report = by_reference(context().store, draft.reference)
    council = context().council
    return render_template(
        "reports/sent.html",
        report=report,
        promise=promise(report),
        reasons=reasons(report, council),
        waste=waste_words(report, context().council),
        where=place_words(report, council),
        will_hear=report.private.has_contact,
    )


@bp.get("/photo/<int:number>")
@policy(PUBLIC)
def photo(number: int) -> Response:
    """Show a resident a photo in their own draft."""
    photos = draft_here().answers.get("photos", ())
    if not 1 <= number <= len(photos):
        abort(404)
    return Response(context().blobs.get(photos[number - 1][1]), content_type="image/jpeg")


def _require_question(slug: str) -> None:
    """Answer 404 for a path that is none of the questions."""
    if slug not in READERS:
        abort(404)


def _onward(slug: str, draft: Draft) -> Response:
    """Return the way on from a question that was answered."""
    if slug == "photos" and request.form.get("more"):
        return _to("ask", slug=slug)
    if slug == "land":
        mine = context().council.land[draft.answers["land_type"]].whose in ("council", "highway")
        return _after_land(draft) if mine else _to("whose")
    if slug == "place" and draft.is_reviewed:
        return _after_land(draft)
    following = questions.next_slug(slug)
    return _to("check") if draft.is_reviewed or following is None else _to("ask", slug=following)


def _after_land(draft: Draft) -> Response:
    """Return the way on once place and land are known: past the open reports around, where there are any."""
    answers = draft.answers
    if not answers.get("nearby_seen") and open_nearby(context(), answers["lat"], answers["lon"]):
        return _to("nearby")
    return _to("check") if draft.is_reviewed else _to("ask", slug=questions.next_slug("land") or "check")


def _submission(draft: Draft) -> Submission:
    """Return the draft's answers as what makes a report."""
    answers = draft.answers
    happened_on = answers.get("happened_on")
    return Submission(
        channel=_channel(),
        lat=answers["lat"],
        lon=answers["lon"],
        waste_type=answers["waste_type"],
        other_waste_types=tuple(answers.get("other_waste_types", ())),
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
        photos=tuple(Photo(key, public_key) for key, public_key in answers.get("photos", ())),
        witness=_witness(answers),
    )


def _witness(answers: Mapping[str, Any]) -> Witness | None:
    """Return what the resident saw, None where they saw nothing."""
    if answers.get("witnessed") != "yes":
        return None
    return Witness(answers["seen"], answers["vehicle"], gives_statement=answers["statement"] == "yes")


def _channel() -> str:
    """Return how this report came: an agent who is signed in takes it for a caller."""
    user = current_user()
    return "contact-centre" if user is not None and "contact-centre" in user.roles else "web"


def _to(endpoint: str, **values: Any) -> Response:
    """Redirect after a post, or to where a person should be."""
    response: Response = make_response(redirect(url_for(f".{endpoint}", **values), 303))
    return response
