"""The report form: one question a page, complete without JavaScript, answers kept on the server.

    photos → where → whose land → is it one of these? → what … → check your answers → send → what happens next

Which questions are asked is the kind's of report (`questions.py`). A kind that somebody else deals with says so first.

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
from services.reports.web import finding, questions, showing
from services.reports.web.draft_cookie import draft_here, draft_to_write, kind_here, set_cookie
from services.reports.web.own_questions import own_answers
from services.reports.web.questions import FIRST, LAND, PLACE, Question
from services.reports.web.taking import take
from services.reports.words import place_words, promise, reasons, waste_words
from shared.council import Kind
from shared.council.kinds import CODED
from shared.errors import Conflict, DomainError, Duplicate
from shared.texts import gettext as _
from shared.texts import marked
from shared.web.app import cause, context
from shared.web.auth import PUBLIC, current_user, policy
from shared.web.forms import FormErrors
from shared.web.limits import limited

ENTER_PLACE = marked("Enter a postcode, street or place")

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
    draft = draft_here()
    kind = kind_here(draft, FIRST)
    return showing.page(kind, questions.PHOTOS, draft, {}, {"photo": [message]}), 413


@bp.get("/")
@policy(PUBLIC)
def begin() -> Response:
    """Go to the first question, past who deals with such reports where that is not the council's crews or teams."""
    kind = kind_here(draft_here(), FIRST)
    asked = {"kind": kind.code} if request.args.get("kind") else {}
    return _to("passed_on", **asked) if kind.referral and asked else _to("ask", slug=FIRST, **asked)


@bp.get("/passed-on")
@policy(PUBLIC)
def passed_on() -> Response | str:
    """Say to whom reports of a kind go, before anybody describes anything."""
    kind = kind_here(draft_here(), FIRST)
    if kind.referral is None:
        return _to("begin", kind=kind.code)
    return render_template("reports/form/passed_on.html", kind=kind)


@bp.get("/<slug>")
@policy(PUBLIC)
def ask(slug: str) -> Response | str:
    """Show one question, with what was answered before."""
    draft = draft_here()
    if draft.reference and slug != FIRST:
        return _to("sent")
    kind = kind_here(draft, slug)
    question = _question(kind, slug)
    slugs = questions.slugs_of(kind)
    missing = questions.first_missing(kind, draft.done)
    if missing and slugs.index(slug) > slugs.index(missing):
        return _to("ask", slug=missing)
    return showing.page(kind, question, draft, showing.shown(question, draft.answers), {})


@bp.post("/<slug>")
@policy(PUBLIC)
@limited("90 per minute; 900 per hour")
def answer(slug: str) -> Response | tuple[str, int]:
    """Take the answer of one question and go on to the next, or back to the check."""
    token, draft = draft_to_write(slug)
    if draft.reference:
        return _to("sent")
    kind = kind_here(draft)
    question = _question(kind, slug)
    searched = finding.wanted() if slug == PLACE.slug else None
    if searched:
        return _found(draft, token, searched)
    answers, errors = ({}, {"q": [ENTER_PLACE]}) if searched == "" else take(question, draft)
    if answers:
        try:
            # What was good is kept even where something was not: two photos of three stay.
            draft = keep_draft(context(), draft.answered(slug, answers, is_done=not errors))
        except (Conflict, Duplicate):
            # The same person answered in another tab at the same moment: show what is kept now.
            return _to("ask", slug=slug)
    response = _again(kind, question, draft, errors) if errors else _onward(kind, slug, draft)
    set_cookie(response, token)
    return response


@bp.get("/whose")
@policy(PUBLIC)
def whose() -> Response | str:
    """Say whose the land is, before anybody describes anything."""
    draft = draft_here()
    if draft.reference:
        return _to("sent")
    kind = kind_here(draft)
    if questions.where_slug(kind) != LAND.slug:
        return _to("begin")
    if LAND.slug not in draft.done:
        return _to("ask", slug=LAND.slug)
    answer = context().council.land[draft.answers["land_type"]]
    onward = _after_where(kind, draft).headers["Location"]
    return render_template("reports/form/whose.html", kind=kind, answer=answer, onward=onward)


@bp.get("/nearby")
@policy(PUBLIC)
def nearby() -> Response | str:
    """Show open reports around the place: is it one of these?"""
    draft = draft_here()
    if draft.reference:
        return _to("sent")
    if PLACE.slug not in draft.done:
        return _to("ask", slug=PLACE.slug)
    kind = kind_here(draft)
    near = open_nearby(context(), draft.answers["lat"], draft.answers["lon"], kind=kind.code)
    back = url_for(".ask", slug=questions.where_slug(kind))
    return render_template("reports/form/nearby.html", kind=kind, near=[showing.near(one) for one in near], back=back)


@bp.post("/nearby")
@policy(PUBLIC)
@limited("60 per minute; 600 per hour")
def none_of_these() -> Response:
    """Go on, because it is none of the open reports."""
    draft = draft_here()
    if draft.reference or PLACE.slug not in draft.done:
        return _to("sent" if draft.reference else "begin")
    with suppress(Conflict):
        draft = keep_draft(context(), replace(draft, answers={**draft.answers, "nearby_seen": True}))
    missing = questions.first_missing(kind_here(draft), draft.done)
    return _to("ask", slug=missing) if missing and not draft.is_reviewed else _to("check")


@bp.get("/check")
@policy(PUBLIC)
def check() -> Response | str:
    """Show all answers, each with a link to change it."""
    draft = draft_here()
    if draft.reference:
        return _to("sent")
    kind = kind_here(draft)
    missing = questions.first_missing(kind, draft.done)
    if missing:
        return _to("ask", slug=missing)
    if not draft.is_reviewed:
        # Where the same person has the page open twice, the other one has noted it.
        with suppress(Conflict):
            keep_draft(context(), replace(draft, is_reviewed=True))
    return showing.check_page(kind, draft, {})


@bp.post("/check")
@policy(PUBLIC)
@limited("20 per minute; 200 per hour")
def send() -> Response | tuple[str, int]:
    """Send the report; again, it is the same report."""
    draft = draft_here()
    if draft.reference:
        return _to("sent")
    kind = kind_here(draft)
    missing = questions.first_missing(kind, draft.done)
    if missing:
        return _to("ask", slug=missing)
    try:
        submission = _submission(kind, draft)
        report = accept_report(context(), submission, idempotency_key=draft.idempotency_key, cause=cause())
    except DomainError as error:
        return showing.check_page(kind, draft, {"form": [error.message]}), 400
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
        kind=council.kind_of(report.kind),
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


def _question(kind: Kind, slug: str) -> Question:
    """Return the question of a path; answers 404 for one that the kind does not ask."""
    return questions.question(kind, slug) or abort(404)


def _again(kind: Kind, question: Question, draft: Draft, errors: FormErrors) -> Response:
    """Return a question's page once more, with what was typed and what is wrong with it."""
    values = {**showing.shown(question, draft.answers), **showing.typed()}
    return make_response(showing.page(kind, question, draft, values, errors), 400)


def _found(draft: Draft, token: str, words: str) -> Response:
    """Return the way to what is found for words, keeping what was typed beside them."""
    kept = finding.kept_words()
    if kept:
        # Another tab may have answered at the same moment: then these words are gone, and nothing else.
        with suppress(Conflict, Duplicate):
            keep_draft(context(), draft.answered(PLACE.slug, kept, is_done=False))
    response = _to("ask", slug=PLACE.slug, q=words, _anchor="found")
    set_cookie(response, token)
    return response


def _onward(kind: Kind, slug: str, draft: Draft) -> Response:
    """Return the way on from a question that was answered."""
    if slug == FIRST and request.form.get("more"):
        return _to("ask", slug=slug)
    if slug == LAND.slug:
        mine = context().council.land[draft.answers["land_type"]].whose in ("council", "highway")
        return _after_where(kind, draft) if mine else _to("whose")
    if slug == PLACE.slug and (draft.is_reviewed or questions.where_slug(kind) == slug):
        return _after_where(kind, draft)
    following = questions.next_slug(kind, slug)
    return _to("check") if draft.is_reviewed or following is None else _to("ask", slug=following)


def _after_where(kind: Kind, draft: Draft) -> Response:
    """Return the way on once place and land are known: past the open reports around, where there are any."""
    answers = draft.answers
    if not answers.get("nearby_seen") and open_nearby(context(), answers["lat"], answers["lon"], kind=kind.code):
        return _to("nearby")
    following = questions.next_slug(kind, questions.where_slug(kind))
    return _to("check") if draft.is_reviewed or following is None else _to("ask", slug=following)


def _submission(kind: Kind, draft: Draft) -> Submission:
    """Return the draft's answers as what makes a report: those that its kind asks for, whatever was answered before."""
    asks = {code for code in CODED if kind.attribute(code)}
    answers = draft.answers
    happened_on = answers.get("happened_on")
    return Submission(
        kind=kind.code,
        channel=_channel(),
        lat=answers["lat"],
        lon=answers["lon"],
        waste_type=answers["waste_type"] if "waste_type" in asks else None,
        other_waste_types=tuple(answers.get("other_waste_types", ())) if kind.is_waste else (),
        land_type=answers["land_type"] if "land_type" in asks else None,
        size=answers["size"] if "size" in asks else None,
        hazards=tuple(answers.get("hazards", ())) if kind.is_waste else (),
        place_id=answers.get("place_id"),
        place_text=answers.get("place_text", ""),
        happened_on=date.fromisoformat(happened_on) if happened_on and kind.is_waste else None,
        description=answers.get("description", ""),
        name=answers.get("name", ""),
        email=answers.get("email", ""),
        phone=answers.get("phone", ""),
        photos=tuple(Photo(key, public_key) for key, public_key in answers.get("photos", ())),
        witness=_witness(answers) if kind.is_waste else None,
        answers=own_answers(kind, draft),
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
