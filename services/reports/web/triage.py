"""One report as staff see it, with all that can be done to it; `queue.py` lists them.

Contact details are behind a button of their own, and every reading of them is in the audit log, as is every release.
The words and photo are shown to the roles that decide on them, which is logged too.
"""

import re
from typing import Any

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from marshmallow import fields

from services.reports.domain.report import STAFF_CLOSURES, Report
from services.reports.domain.submission import hazards_of
from services.reports.duplicates import candidates
from services.reports.handlers import (
    assess_report,
    close_report,
    merge_report,
    note_access,
    release_report,
    reopen_report,
    unmerge_report,
)
from services.reports.partners import partner_for, partner_name
from services.reports.repeats import repeats_at
from services.reports.store import AUDIT, by_reference, reports
from services.reports.why import ordinal, why
from services.reports.words import (
    CHANNEL_WORDS,
    HAZARD_WORDS,
    REFERRED_TO,
    access_words,
    answer_words,
    closure_words,
    place_words,
    standing,
    story,
    waste_words,
)
from shared.contracts.codes import HAZARDS, LAND_TYPES, SIZES, WAITING_FOR, WASTE_TYPES
from shared.errors import DomainError
from shared.ids import normalise_reference
from shared.store import DESCENDING
from shared.web.app import cause, context
from shared.web.auth import policy, roles, signed_in_user
from shared.web.forms import Form, FormErrors, choice, errors_of, read_form

bp = Blueprint("triage", __name__, template_folder="templates")

DESK = ("contact-centre", "manager")
"""Roles that decide on reports; administrators may everything that staff may. Supervisors look."""

READERS = (*DESK, "supervisor")
AUDIT_SHOWN = 10


class AssessForm(Form):
    """What a member of staff says about the waste."""

    waste_type = choice("Select what it is", WASTE_TYPES, required=False)
    land_type = choice("Select the kind of place", LAND_TYPES, required=False)
    size = choice("Select how much there is", SIZES, required=False)
    hazards = fields.List(choice("Select a danger from the list", HAZARDS), load_default=list)


class CloseForm(Form):
    """Why a report is closed from the desk."""

    closure = choice("Select why it is closed", STAFF_CLOSURES)


@bp.get("/triage/<reference>")
@policy(roles(*READERS))
def view(reference: str) -> Response | str:
    """Show one report to staff."""
    report = by_reference(context().store, reference)
    if reference != report.reference:
        return to_report(report.reference)
    told = report.private
    if told.description or told.place_text or told.photos or told.answers or told.notes or told.owner:
        _note(report, "words-and-photo")
    return report_page(report, {}, {})


@bp.post("/triage/<reference>/contact")
@policy(roles("contact-centre"))
def contact(reference: str) -> str:
    """Show who reported it, to the contact centre only, and write down who looked."""
    report = by_reference(context().store, reference)
    _note(report, "contact-details")
    return report_page(report, {}, {}, shows_contact=True)


@bp.post("/triage/<reference>/assess")
@policy(roles(*DESK))
def assess(reference: str) -> Response | tuple[str, int]:
    """Set priority and deadline from what staff say about the waste."""
    values, errors = read_form(AssessForm, request.form)
    is_waste = context().council.kind_of(by_reference(context().store, reference).kind).is_waste
    if is_waste and not request.form.get("waste_type", "").strip():
        errors = {**errors, "waste_type": ["Select what it is"]}
    if errors:
        return report_page(by_reference(context().store, reference), request.form, errors), 400
    return done(
        reference,
        "Assessed: the priority and date are set.",
        lambda: assess_report(
            context(),
            reference,
            waste_type=values["waste_type"],
            land_type=values["land_type"],
            size=values["size"],
            hazards=hazards_of(values["waste_type"], values["hazards"]),
            by=signed_in_user().id,
            cause=cause(),
        ),
    )


@bp.post("/triage/<reference>/close")
@policy(roles(*DESK))
def close(reference: str) -> Response | tuple[str, int]:
    """Close the report from the desk."""
    values, errors = read_form(CloseForm, request.form)
    if errors:
        return report_page(by_reference(context().store, reference), request.form, errors), 400
    return done(
        reference,
        "The report is closed.",
        lambda: close_report(context(), reference, closure=values["closure"], cause=cause()),
    )


@bp.post("/triage/<reference>/merge")
@policy(roles(*DESK))
def merge(reference: str) -> Response | tuple[str, int]:
    """Join the report to another as a duplicate of it."""
    into = request.form.get("into", "").strip()[:40]
    if not into:
        errors = {"into": ["Enter the reference of the earlier report"]}
        return report_page(by_reference(context().store, reference), request.form, errors), 400
    return done(
        reference,
        f"Joined to {normalise_reference(into)}.",
        lambda: merge_report(context(), reference, into=into, cause=cause()),
        field="into",
    )


@bp.post("/triage/<reference>/join/<into>")
@policy(roles(*DESK))
def join(reference: str, into: str) -> Response | tuple[str, int]:
    """Join the report to one that was proposed as the same."""
    return done(
        reference,
        f"Joined to {normalise_reference(into[:40])}. Everybody who reported either is told.",
        lambda: merge_report(context(), reference, into=into, cause=cause()),
        field="into",
    )


@bp.post("/triage/<reference>/unmerge")
@policy(roles(*DESK))
def unmerge(reference: str) -> Response | tuple[str, int]:
    """Let the report stand on its own again."""
    return done(
        reference, "The report stands on its own again.", lambda: unmerge_report(context(), reference, cause=cause())
    )


@bp.post("/triage/<reference>/reopen")
@policy(roles(*DESK))
def reopen(reference: str) -> Response | tuple[str, int]:
    """Open a closed report as a new visit."""
    return done(
        reference, "The report is open again.", lambda: reopen_report(context(), reference, by="staff", cause=cause())
    )


@bp.post("/triage/<reference>/release")
@policy(roles(*DESK))
def release(reference: str) -> Response | tuple[str, int]:
    """Let the public see each photo and the words if ticked, and nothing else of them."""
    shown = request.form.getlist("shown")
    # Each tick carries the copy that was looked at: one that has been painted over since is not released unseen.
    ticks = (re.fullmatch("photo-([0-9]{1,2})-([0-9a-f]{64})", value) for value in shown)
    seen = {int(tick[1]): tick[2] for tick in ticks if tick}
    return done(
        reference,
        "What the public may see is saved.",
        lambda: release_report(
            context(),
            reference,
            photo=list(seen),
            looked_at=seen,
            text="text" in shown,
            user_id=signed_in_user().id,
            user_name=signed_in_user().name,
        ),
    )


def _note(report: Report, what: str) -> None:
    """Write down that this user saw personal data of a report."""
    user = signed_in_user()
    note_access(context(), report, user_id=user.id, user_name=user.name, what=what)


def done(reference: str, words: str, act: Any, *, field: str = "form") -> Response | tuple[str, int]:
    """Do what was asked and show the report again, with what was done or why it could not be."""
    try:
        report: Report = act()
    except DomainError as error:
        return report_page(by_reference(context().store, reference), request.form, errors_of(error, field)), 400
    flash(words, "success")
    return to_report(report.reference)


def report_page(report: Report, values: Any, errors: FormErrors, *, shows_contact: bool = False) -> str:
    """Return the staff's page of a report."""
    council = context().council
    user = signed_in_user()
    shown = _shown_values(report, values)
    log = context().store.find(AUDIT.name, {"about": report.id}, sort=(("at", DESCENDING),), limit=AUDIT_SHOWN).items
    return render_template(
        "reports/triage/report.html",
        report=report,
        values=shown,
        errors=errors,
        kind=council.kind_of(report.kind),
        answers=answer_words(report, council.kind_of(report.kind), published=False),
        standing=standing(report, council),
        story=story(report, council),
        why=why(report, council),
        repeats=repeats_at(
            context(), report.place, council.kind_of(report.kind), before=report.reported_at, but=report.id
        ),
        ordinal=ordinal,
        candidates=candidates(context(), report) if report.is_open else [],
        partner=council.partners.get(report.referred_to or ""),
        partner_name=partner_name(context(), report.referred_to or "other"),
        waiting_for=WAITING_FOR,
        names=names_of(report.id),
        waste=waste_words(report, council),
        where=place_words(report, council),
        ward=council.ward_name(report.place.ward),
        is_late=is_late(report, context().clock.now()),
        joined_to=reports(context().store).get(report.merged_into) if report.merged_into else None,
        duplicates=reports(context().store).find({"merged_into": report.id}, limit=20)[0],
        channel=CHANNEL_WORDS[report.channel],
        choices={
            "waste_type": [("", "Choose what it is"), *((code, words.plain) for code, words in WASTE_TYPES.items())],
            "land_type": [("", "Not known"), *((code, words.plain) for code, words in LAND_TYPES.items())],
            "size": [("", "Not known"), *((code, words.plain) for code, words in SIZES.items())],
            "hazards": list(HAZARD_WORDS.items()),
            "to": [("", "Choose who"), *_partners()],
            "reason": [("", "Choose what"), *((code, f"{w[0].upper()}{w[1:]}") for code, w in WAITING_FOR.items())],
            "closure": [
                ("", "Choose why"),
                *((code, closure_words(code, council.kind_of(report.kind))[0]) for code in closures_for(report)),
            ],
        },
        may_decide=user.has_role(*DESK),
        may_contact=user.has_role("contact-centre"),
        shows_contact=shows_contact,
        other_waste=", ".join(WASTE_TYPES[code].plain for code in report.other_waste_types),
        hazard_list=", ".join(HAZARD_WORDS[hazard] for hazard in report.hazards),
        access_words=access_words,
        log=log,
        wide=True,
    )


def _shown_values(report: Report, values: Any) -> dict[str, Any]:
    """Return what the page's forms are filled with: what was typed into one of them, else what is known of the report.

    Each form sends its own fields alone, so a slip in one must not empty another: it would be assessed as nothing.
    """
    proposed = partner_for(context(), report)
    known = {
        "waste_type": report.waste_type,
        "land_type": report.land_type,
        "size": report.size,
        "to": proposed.code if proposed else "",
        "hazards": list(report.hazards),
    }
    is_assessing = request.endpoint == "triage.assess"
    typed = {**values, "hazards": values.getlist("hazards")} if is_assessing else dict(values)
    return {**known, **typed}


def _partners() -> list[tuple[str, str]]:
    """Return whom a report can be passed to."""
    return [(code, f"{name[0].upper()}{name[1:]}") for code in REFERRED_TO if (name := partner_name(context(), code))]


def names_of(report_id: str) -> dict[str, str]:
    """Return the names of the staff in a report's log by id, as they were then."""
    page = context().store.find(AUDIT.name, {"about": report_id}, sort=(("at", DESCENDING),), limit=200)
    return {entry["user_id"]: entry["user_name"] for entry in page.items if entry["user_name"]}


def closures_for(report: Report) -> tuple[str, ...]:
    """Return how staff may close a report: as cleared only what no crew is sent to, or what its owner had cleared."""
    fits = {
        "cleared": not context().council.kind_of(report.kind).makes_jobs,
        "cleared-by-owner": report.state == "referred",
    }
    return tuple(closure for closure in STAFF_CLOSURES if fits.get(closure, True))


def is_late(report: Report, now: Any) -> bool:
    """Say whether the report is past its deadline."""
    return bool(report.is_open and report.deadline and report.deadline < now)


def to_report(reference: str) -> Response:
    """Redirect to a report's page for staff."""
    response: Response = make_response(redirect(url_for("triage.view", reference=reference), 303))
    return response
