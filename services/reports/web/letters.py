"""A letter to whoever clears the land that a report is about: to print on A4, for partners without e-mail.

It says what lies where, by when an answer is asked for and what may follow, in the council's words (`[[partners]]
letter`), and nothing of whoever reported it. The addressee is what the desk noted: showing it is a look.
"""

from flask import render_template

from services.reports.domain.report import Report
from services.reports.partners import partner_name
from services.reports.store import by_reference
from services.reports.web.looks import note_look
from services.reports.web.triage import DESK, bp
from services.reports.words import HAZARD_WORDS, place_words, waste_words
from shared.calendar import london_date
from shared.errors import NotFound
from shared.texts import weekday_words
from shared.web.app import context
from shared.web.auth import policy, roles

LAND_OWNER = "land-owner"
"""The one partner whom only the desk can name."""


@bp.get("/triage/<reference>/letter")
@policy(roles(*DESK))
def letter(reference: str) -> str:
    """Show the letter to whoever a report is with; raises `NotFound` for one that is with nobody."""
    report = by_reference(context().store, reference)
    referral = report.referral
    if report.state != "referred" or referral is None:
        raise NotFound("This report is not with anybody to whom a letter could go.")
    if report.private.owner:
        note_look(report, "words-and-photo")
    council, partner = context().council, context().council.partners.get(referral.to)
    return render_template(
        "reports/triage/letter.html",
        report=report,
        addressee=report.private.owner.splitlines() or [_unknown(referral.to)],
        is_unknown=referral.to == LAND_OWNER and not report.private.owner,
        facts=_facts(report),
        where=place_words(report, council),
        answer_by=weekday_words(london_date(referral.answer_by)) if referral.answer_by else "",
        today=london_date(context().clock.now()),
        paragraphs=partner.letter.split("\n\n") if partner and partner.letter else [],
        partner=partner,
    )


def _unknown(to: str) -> str:
    """Return whom a letter is to where nobody noted a name."""
    if to == LAND_OWNER:
        return "The owner or occupier of the land"
    name = partner_name(context(), to)
    return f"{name[0].upper()}{name[1:]}"


def _facts(report: Report) -> list[tuple[str, str]]:
    """Return what the letter says lies there: codes in words, and the spot unless it is at a home."""
    council, place = context().council, report.place
    found = [("What", waste_words(report, council)), ("Where", place_words(report, council))]
    if place.place_precision == "exact":
        found.append(("Position", f"{place.lat:.5f}, {place.lon:.5f} (grid {place.easting}, {place.northing})"))
    if report.hazards:
        found.append(("Danger", ", ".join(HAZARD_WORDS[hazard] for hazard in report.hazards)))
    return found
