"""What a page of the form sent, read into answers for the draft: checked, completed, and refused in words.

A reader returns the answers to keep and what is wrong; both may have something in them: where one photo of three is
refused, the other two are kept.
"""

from collections.abc import Callable, Mapping
from typing import Any

from flask import request

from services.reports.domain.private import MOST_PHOTOS
from services.reports.drafts import Draft
from services.reports.intake import locate
from services.reports.photos import keep_photo
from services.reports.web import answers as schemas
from services.reports.web.own_questions import take_own
from services.reports.web.questions import Question
from shared.calendar import london_date
from shared.errors import DomainError, NotFound
from shared.texts import gettext as _
from shared.texts import marked, ngettext
from shared.web.app import context
from shared.web.forms import FormErrors, errors_of, read_form
from shared.web.uploads import read_photo

POSITION_UNREADABLE = marked("We could not read that position. Search for the street or place instead")

Taken = tuple[dict[str, Any], FormErrors]


def take(question: Question, draft: Draft) -> Taken:
    """Return the answers that the page of a question sent, and what is wrong with them, by field."""
    return take_own(question) if question.attribute else READERS[question.slug](draft)


def _plain(schema: type[schemas.Answers]) -> Callable[[Draft], Taken]:
    """Return the reader of a page that its schema says everything about."""
    return lambda _: read_form(schema, request.form)


def _take_photos(draft: Draft) -> Taken:
    """Store the photos that came, take out those that are not wanted any more, and say which were refused and why."""
    unwanted = {int(number) for number in request.form.getlist("remove") if number.isdecimal()}
    photos = [photo for number, photo in enumerate(draft.answers.get("photos", ()), start=1) if number not in unwanted]
    problems = []
    uploads = [upload for upload in request.files.getlist("photo") if upload.filename]
    for number, upload in enumerate(uploads, start=1):
        if len(photos) >= MOST_PHOTOS:
            problems.append(
                ngettext(
                    "You can send %(most)s photos. %(count)s more was not added; take one out first.",
                    "You can send %(most)s photos. %(count)s more were not added; take one out first.",
                    len(uploads) - number + 1,
                    most=MOST_PHOTOS,
                )
            )
            break
        try:
            kept = keep_photo(context(), read_photo(upload))
        except DomainError as error:
            which = _("Photo %(number)s of %(of)s: ", number=number, of=len(uploads)) if len(uploads) > 1 else ""
            problems.append(which + _(error.message))
        else:
            pair = [kept.key, kept.public_key]
            if pair not in photos:
                photos.append(pair)
    return {"photos": photos}, {"photo": problems} if problems else {}


def _take_place(_: Draft) -> Taken:
    """Read a place, complete its position, and refuse what is outside the council's area."""
    answers, errors = read_form(schemas.PlaceAnswers, request.form)
    if "lat" in errors or "lon" in errors or "via" in errors:
        return {}, {"q": [POSITION_UNREADABLE]}
    if errors:
        return {}, errors
    ctx = context()
    if answers["place_id"]:
        try:
            chosen = ctx.council.gazetteer.place(answers["place_id"])
        except NotFound:
            return {}, {"q": [schemas.CHOOSE_PLACE]}
        answers.update(lat=chosen.lat, lon=chosen.lon, via="")
    try:
        locate(ctx, lat=answers["lat"], lon=answers["lon"], place_id=None, at=ctx.clock.now())
    except DomainError as error:
        return {}, {"q": [error.message]}
    answers["place_id"] = answers["place_id"] or None
    # Somewhere else has other reports around it.
    return {**answers, "nearby_seen": False}, {}


def _take_when(_: Draft) -> Taken:
    """Read the day on which it was noticed."""
    answers, errors = read_form(schemas.WhenAnswers, request.form)
    if errors:
        return {}, errors
    try:
        return schemas.day_noticed(answers, today=london_date(context().clock.now())), {}
    except DomainError as error:
        return {}, errors_of(error)


READERS: Mapping[str, Callable[[Draft], Taken]] = {
    "photos": _take_photos,
    "place": _take_place,
    "land": _plain(schemas.LandAnswers),
    "waste": _plain(schemas.WasteAnswers),
    "size": _plain(schemas.SizeAnswers),
    "danger": _plain(schemas.DangerAnswers),
    "when": _take_when,
    "witness": _plain(schemas.WitnessAnswers),
    "details": _plain(schemas.DetailAnswers),
    "contact": _plain(schemas.ContactAnswers),
}
