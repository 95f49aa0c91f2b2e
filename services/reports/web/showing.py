"""The pages of the report form as they are shown: earlier answers as fields have them, choices, what was found."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from flask import render_template, request, url_for

from services.reports.domain.private import MOST_PHOTOS
from services.reports.drafts import Draft
from services.reports.nearby import Near
from services.reports.web import finding, questions
from services.reports.web.answers import FORM_DESCRIPTION_LIMIT
from services.reports.web.own_questions import FIELD, own_rows, shown_own
from services.reports.web.questions import LAST, Question
from services.reports.words import HAZARD_ADVICE, HAZARD_HINTS, HAZARD_WORDS, age_words, place_words, waste_words
from shared.calendar import london_date
from shared.contracts.codes import LAND_TYPES, SIZES, WASTE_TYPES, Code
from shared.council import Kind
from shared.council.model import LandAnswer
from shared.texts import gettext as _
from shared.web.app import context
from shared.web.forms import FormErrors

CHOICES: Mapping[str, Sequence[tuple[str, ...]]] = {
    "waste": [(code, words.plain) for code, words in WASTE_TYPES.items()],
    "size": [(code, words.plain) for code, words in SIZES.items()],
    "land": [(code, words.plain) for code, words in LAND_TYPES.items()],
    "danger": [(code, words, HAZARD_HINTS[code]) for code, words in HAZARD_WORDS.items()],
}
LISTS = ("hazards", "waste_types", FIELD)
"""Fields that hold several values."""


def page(kind: Kind, question: Question, draft: Draft, values: Mapping[str, Any], errors: FormErrors) -> str:
    """Return a question's page."""
    slug = question.slug
    slugs = questions.slugs_of(kind)
    found: Mapping[str, Any] = {}
    if slug == questions.PLACE.slug:
        values = finding.with_found(values)
        found = finding.shown(values)
    previous = questions.previous_slug(kind, slug)
    back = (
        url_for("report_form.check")
        if draft.is_reviewed
        else url_for("report_form.ask", slug=previous)
        if previous
        else url_for("reports.home")
    )
    return render_template(
        f"reports/form/{'own' if question.attribute else slug}.html",
        kind=kind,
        question=question,
        number=slugs.index(slug) + 1,
        of=len(slugs),
        values=values,
        errors=said(errors),
        back=back,
        today=_today(),
        yesterday=_today() - timedelta(days=1),
        photo_urls=_photo_urls(draft),
        most_photos=MOST_PHOTOS,
        choices=CHOICES.get(slug, ()),
        description_limit=FORM_DESCRIPTION_LIMIT,
        advice=HAZARD_ADVICE,
        land_answer=_land_answer(kind, slug, draft),
        **found,
    )


def _land_answer(kind: Kind, slug: str, draft: Draft) -> LandAnswer | None:
    """Return whose the land is, for the question that comes right after it."""
    if questions.previous_slug(kind, slug) != questions.LAND.slug:
        return None
    return context().council.land.get(draft.answers.get("land_type", ""))


def check_page(kind: Kind, draft: Draft, errors: FormErrors) -> str:
    """Return the page of all answers."""
    answers = draft.answers
    council = context().council
    hazards = answers.get("hazards", ()) if kind.is_waste else ()
    others = [WASTE_TYPES[code].plain for code in answers.get("other_waste_types", ())]
    return render_template(
        "reports/form/check.html",
        kind=kind,
        asks=questions.slugs_of(kind),
        own=own_rows(kind, answers),
        answers=answers,
        errors=said(errors),
        waste=_plain(WASTE_TYPES, answers.get("waste_type")),
        others=others,
        size=_plain(SIZES, answers.get("size")),
        hazards=[HAZARD_WORDS[hazard] for hazard in hazards],
        advice=[HAZARD_ADVICE[hazard] for hazard in hazards],
        land=_plain(LAND_TYPES, answers.get("land_type")),
        place_name=finding.place_name(answers),
        location=council.locate(answers["lat"], answers["lon"], _today()),
        happened_on=date.fromisoformat(answers["happened_on"]) if answers.get("happened_on") else None,
        photo_urls=_photo_urls(draft),
        back=url_for("report_form.ask", slug=LAST),
    )


def _plain(codes: Mapping[str, Code], code: str | None) -> str:
    """Return the words of a code, empty for none."""
    return codes[code].plain if code else ""


def shown(question: Question, answers: Mapping[str, Any]) -> dict[str, Any]:
    """Return earlier answers as the form's fields show them."""
    if question.attribute:
        return shown_own(question, answers)
    slug = question.slug
    values = dict(answers)
    if slug == "when" and answers.get("happened_on") and answers.get("when") == "earlier":
        year, month, day = answers["happened_on"].split("-")
        values.update(day=str(int(day)), month=str(int(month)), year=year)
    if slug == "danger" and "hazards" in answers:
        values["hazards"] = answers["hazards"] or ["none"]
    if slug == "waste" and "waste_type" in answers:
        values["waste_types"] = [answers["waste_type"], *answers["other_waste_types"]]
    return values


def typed() -> dict[str, Any]:
    """Return what was typed just now, so that a person corrects it instead of typing it again."""
    found: dict[str, Any] = {name: value[:5_000] for name, value in request.form.items()}
    return {**found, **{name: request.form.getlist(name) for name in LISTS}}


def said(errors: FormErrors) -> FormErrors:
    """Return what is wrong in the language spoken, a single sentence without its full stop, as GOV.UK has it."""
    return {field: [_as_message(_(message)) for message in messages] for field, messages in errors.items()}


def _as_message(words: str) -> str:
    """Return a message as it stands at its field: the domain's are whole sentences, because programs show them too."""
    return words if ". " in words else words.removesuffix(".")


def near(one: Near) -> dict[str, Any]:
    """Return an open report as somebody can tell by whether it is theirs: nothing that its page would not show."""
    report = one.report
    return {
        "reference": report.reference,
        "waste": waste_words(report, context().council),
        "where": place_words(report, context().council),
        "metres": max(10, round(one.metres, -1)),
        "age": age_words(report.reported_at, context().clock.now()),
        "size": report.size,
        "has_photo": report.photo_released,
    }


def _photo_urls(draft: Draft) -> list[str]:
    """Return the addresses of the photos in a draft."""
    count = len(draft.answers.get("photos", ()))
    return [url_for("report_form.photo", number=number) for number in range(1, count + 1)]


def _today() -> date:
    """Return the council's date."""
    return london_date(context().clock.now())
