"""The public pages about a report: the start page, finding a report, its state, its released photo, and "still there".

Nothing here shows who reported, and nothing of what they wrote or photographed before staff have released it. A link
in a message opens a page with a button: a GET changes nothing.
"""

from collections.abc import Mapping

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for

from services.reports.domain.erasure import holds_words
from services.reports.domain.report import Report
from services.reports.domain.typed import clean_email, clean_phone
from services.reports.handlers import follow_report, give_feedback, note_access
from services.reports.store import by_reference, reports
from services.reports.telling import STILL_THERE, STILL_THERE_SECONDS
from services.reports.web.looks import note_look, note_photo_look
from services.reports.web.showing import said
from services.reports.words import (
    HAZARD_WORDS,
    answer_words,
    place_words,
    promise,
    reasons,
    standing,
    story,
    waste_words,
)
from shared.errors import DomainError, NotFound
from shared.ids import normalise_reference
from shared.texts import gettext
from shared.web.app import cause, context
from shared.web.auth import PUBLIC, current_user, policy, roles
from shared.web.forms import FormErrors
from shared.web.limits import limited
from shared.web.links import read_link

bp = Blueprint("reports", __name__, template_folder="templates")

PHOTO_CACHE = "private, max-age=300"
"""Short, because staff may take a release back."""

ON_SITE_ROLES = ("contact-centre", "manager", "supervisor", "crew", "officer")
"""Roles that must see the place before anything is released: they send, find or clear it, or look for evidence."""

FLY_TIPPING = "fly-tipping"
"""The kind that the start page begins with; the others stand below it, in the council's order."""

ANSWERS = ("still-there", "cleared", "satisfied", "dissatisfied")

CREW_PAGE_ROLES = ("crew", "supervisor")
ORIGINAL_ROLES = ("contact-centre", "manager", "officer")


@bp.get("/")
@policy(PUBLIC)
def home() -> str:
    """Show the start page."""
    others = [kind for kind in context().council.kinds.values() if kind.code != FLY_TIPPING]
    return render_template("reports/home.html", wanted="", errors={}, fly_tipping=FLY_TIPPING, others=others)


@bp.get("/report")
@policy(PUBLIC)
def begin() -> Response:
    """Go to the first question about a fly-tip, as the menu offers it."""
    return redirect(url_for("report_form.begin", kind=FLY_TIPPING), 303)  # type: ignore[return-value]


@bp.get("/report/find")
@policy(PUBLIC)
def find() -> Response | str | tuple[str, int]:
    """Find a report by its reference, however it is typed."""
    typed = request.args.get("reference", "").strip()
    if "reference" not in request.args:
        return render_template("reports/find.html", wanted="", errors={})
    if not typed:
        message = gettext("Enter your reference, like %(reference)s", reference="FT-7K3MQ2XA")
        return render_template("reports/find.html", wanted="", errors={"reference": [message]}), 400
    try:
        report = by_reference(context().store, typed)
    except NotFound:
        message = gettext("We can’t find a report with this reference. Check it and try again")
        return render_template("reports/find.html", wanted=typed[:40], errors={"reference": [message]}), 404
    return redirect(url_for("reports.show", reference=report.reference), 303)  # type: ignore[return-value]


@bp.get("/report/<reference>")
@policy(PUBLIC)
def show(reference: str) -> Response | str:
    """Show how a report stands and what has happened, to anybody."""
    report = by_reference(context().store, reference)
    if reference != report.reference:
        return redirect(url_for("reports.show", reference=report.reference), 301)  # type: ignore[return-value]
    council = context().council
    return render_template(
        "reports/show.html",
        report=report,
        kind=council.kind_of(report.kind),
        answers=answer_words(report, council.kind_of(report.kind), published=True),
        standing=standing(report, council),
        promise=promise(report),
        story=story(report, council),
        reasons=reasons(report, council),
        waste=waste_words(report, council),
        where=place_words(report, council),
        joined_to=_joined_to(report),
        words=report.private.description if report.text_released else "",
        released_photos=[n for n, photo in enumerate(report.private.photos, start=1) if photo.is_released],
        is_overdue=bool(report.is_open and report.deadline and report.deadline < context().clock.now()),
    )


@bp.get("/report/<reference>/photo")
@policy(PUBLIC)
def released_photo(reference: str) -> Response:
    """Give the copy of a photo that staff have released, the first or the one asked for; others are not there."""
    report = by_reference(context().store, reference)
    released = [number for number, photo in enumerate(report.private.photos, start=1) if photo.is_released]
    number = _photo_number(default=released[0] if released else 0)
    photo = report.private.photo(number)
    if photo is None or not photo.is_released:
        abort(404)
    return _image(photo.public_key)


@bp.get("/report/<reference>/photo/view")
@policy(roles(*ON_SITE_ROLES))
def staff_photo(reference: str) -> Response:
    """Give the copy without metadata to those who must find and clear the place, released or not."""
    report = by_reference(context().store, reference)
    photo = report.private.photo(_photo_number())
    if photo is None:
        abort(404)
    note_photo_look(report)
    return _image(photo.public_key)


@bp.get("/report/<reference>/photo/original")
@policy(roles(*ORIGINAL_ROLES))
def original_photo(reference: str) -> Response:
    """Give the original as it was sent, as a file to keep; the reading is logged."""
    report = by_reference(context().store, reference)
    user = current_user()
    number = _photo_number()
    photo = report.private.photo(number)
    if photo is None or not photo.key or user is None:
        abort(404)
    note_access(context(), report, user_id=user.id, user_name=user.name, what="photo-original")
    response = Response(context().blobs.get(photo.key), content_type="application/octet-stream")
    response.headers["Content-Disposition"] = f'attachment; filename="{report.reference}-original-{number}"'
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.get("/report/<reference>/crew")
@policy(roles(*CREW_PAGE_ROLES))
def crew_view(reference: str) -> str:
    """Show a crew the reporter's photo and words, and no contact details; kept on the phone for the shift."""
    report = by_reference(context().store, reference)
    if holds_words(report) or report.private.photos:
        note_look(report, "words-and-photo")
    council = context().council
    return render_template(
        "reports/crew.html",
        report=report,
        kind=council.kind_of(report.kind),
        answers=answer_words(report, council.kind_of(report.kind), published=False),
        standing=standing(report, council),
        waste=waste_words(report, council),
        where=place_words(report, council),
        hazard_words=HAZARD_WORDS,
    )


@bp.get("/report/<reference>/follow")
@policy(PUBLIC)
def follow(reference: str) -> Response | str:
    """Ask how to tell somebody who saw the same about this report."""
    report = by_reference(context().store, reference)
    return _follow_page(report, {}, {})


@bp.post("/report/<reference>/follow")
@policy(PUBLIC)
@limited("10 per minute; 60 per hour")
def join(reference: str) -> str | tuple[str, int]:
    """Let one more person hear of this report; it stays one report and one job."""
    report = by_reference(context().store, reference)
    values = {name: request.form.get(name, "")[:300] for name in ("email", "phone")}
    errors: FormErrors = {}
    for name, clean in (("email", clean_email), ("phone", clean_phone)):
        try:
            clean(values[name])
        except DomainError as error:
            errors[name] = [gettext(error.message)]
    if not errors:
        try:
            report = follow_report(context(), report.reference, email=values["email"], phone=values["phone"])
        except DomainError as error:
            errors = {error.field or "email": [gettext(error.message)]}
    if errors:
        return _follow_page(report, values, errors), 400
    return render_template("reports/followed.html", report=report, where=place_words(report, context().council))


def _follow_page(report: Report, values: Mapping[str, str], errors: FormErrors) -> str:
    """Return the page that asks for an address."""
    return render_template(
        "reports/follow.html",
        report=report,
        standing=standing(report, context().council),
        waste=waste_words(report, context().council),
        where=place_words(report, context().council),
        values=values,
        errors=said(errors),
    )


@bp.get("/report/<reference>/still-there/<token>")
@policy(PUBLIC)
def still_there(reference: str, token: str) -> str:
    """Ask the reporter, who followed a signed link, whether to open the report again."""
    report = _linked(reference, token)
    return render_template(
        "reports/still_there.html",
        report=report,
        token=token,
        kind=context().council.kind_of(report.kind),
        standing=standing(report, context().council),
        waste=waste_words(report, context().council),
        where=place_words(report, context().council),
    )


@bp.post("/report/<reference>/still-there/<token>")
@policy(PUBLIC)
@limited("10 per minute; 60 per hour")
def answer_link(reference: str, token: str) -> Response | str:
    """Take what a reporter says of the visit that was closed; pressing twice is answering once."""
    report = _linked(reference, token)
    given = request.form.get("answer", "still-there")
    if given not in ANSWERS:
        raise DomainError(gettext("Choose one of the answers on the page."))
    report = give_feedback(context(), report.reference, answer=given, visit=_visit(token), cause=cause(report.id))
    if given == "still-there":
        return redirect(url_for("reports.show", reference=report.reference), 303)  # type: ignore[return-value]
    return render_template("reports/thanks.html", report=report, asks=given == "cleared")


def _photo_number(default: int = 1) -> int:
    """Return the number of the photo that the address asks for (`?n=2`)."""
    asked = request.args.get("n", "")
    return int(asked) if asked.isdecimal() and len(asked) < 3 else default


def _linked(reference: str, token: str) -> Report:
    """Return the report of a signed link; raises `DomainError` for a bad link, `NotFound` for another report's."""
    report_id = read_link(context(), STILL_THERE, token, STILL_THERE_SECONDS).partition(":")[0]
    report = reports(context().store).require(report_id)
    if report.reference != normalise_reference(reference):
        raise NotFound("This link is for another report.")
    return report


def _visit(token: str) -> int:
    """Return the visit that a signed link speaks of."""
    visit = read_link(context(), STILL_THERE, token, STILL_THERE_SECONDS).partition(":")[2]
    if not visit.isdigit():
        raise DomainError("This link is not complete. Copy all of it from the message.")
    return int(visit)


def _joined_to(report: Report) -> Report | None:
    """Return the report that this one was joined to."""
    return reports(context().store).get(report.merged_into) if report.merged_into else None


def _image(key: str) -> Response:
    """Return a showable copy."""
    response = Response(context().blobs.get(key), content_type="image/jpeg")
    response.headers["Cache-Control"] = PHOTO_CACHE
    response.headers["Content-Disposition"] = "inline"
    return response
