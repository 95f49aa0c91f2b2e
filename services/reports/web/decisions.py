"""What the desk decides about a report's clock and about whoever it was passed to, and the list of what they have."""

from datetime import date, datetime

from flask import Response, make_response, redirect, render_template, request, url_for

from services.reports.domain.report import Report
from services.reports.partners import partner_name
from services.reports.referring import ask_partner_again, keep_report, refer_report, tick_partner_told
from services.reports.store import by_reference, reports
from services.reports.waiting import pause_report, resume_report
from services.reports.web.triage import DESK, READERS, bp, done, report_page
from services.reports.words import REFERRED_TO, place_words, waste_words
from shared.contracts.codes import WAITING_FOR
from shared.store import ASCENDING, DESCENDING
from shared.web.app import cause, context
from shared.web.auth import policy, roles, signed_in_user
from shared.web.forms import Form, choice, read_form, text

MOST_LISTED = 200


class PauseForm(Form):
    """Why a clock is stopped, and until when."""

    reason = choice("Select what it waits for", WAITING_FOR)
    until = text("Enter the last day that it can wait until", longest=10)


class ReferForm(Form):
    """To whom a report is passed on, and who that is where only the desk knows."""

    to = choice("Select who is to clear it", REFERRED_TO)
    owner = text("", longest=500, required=False)


@bp.post("/triage/<reference>/pause")
@policy(roles(*DESK))
def pause(reference: str) -> Response | tuple[str, int]:
    """Stop the report's clock."""
    values, errors = read_form(PauseForm, request.form)
    until = _day(values.get("until", ""))
    if "until" in values and until is None:
        errors = {"until": ["The last day that it can wait until must be a real date, like 2026-12-24"]}
    if errors or until is None:
        return report_page(by_reference(context().store, reference), request.form, errors), 400
    return done(
        reference,
        "The clock stands still.",
        lambda: pause_report(
            context(), reference, reason=values["reason"], until=until, by=signed_in_user().id, cause=cause()
        ),
        field="until",
    )


@bp.post("/triage/<reference>/resume")
@policy(roles(*DESK))
def resume(reference: str) -> Response | tuple[str, int]:
    """Let the report's clock run on."""
    return done(
        reference,
        "The clock runs again.",
        lambda: resume_report(context(), reference, by=signed_in_user().id, cause=cause()),
    )


@bp.post("/triage/<reference>/refer")
@policy(roles(*DESK))
def refer(reference: str) -> Response | tuple[str, int]:
    """Pass the report on."""
    values, errors = read_form(ReferForm, request.form)
    if errors:
        return report_page(by_reference(context().store, reference), request.form, errors), 400
    partner = context().council.partners.get(values["to"])
    how = "They are told by email." if partner and partner.email else "Tell them, then tick that off."
    return done(
        reference,
        f"Passed to {partner_name(context(), values['to'])}. {how}",
        lambda: refer_report(
            context(),
            reference,
            to=values["to"],
            by=signed_in_user().id,
            owner=values["owner"] or "",
            cause=cause(),
        ),
        field="to",
    )


@bp.post("/triage/<reference>/told")
@policy(roles(*DESK))
def told(reference: str) -> Response | tuple[str, int]:
    """Tick off that whoever the report was passed to has been told."""
    answer = done(
        reference,
        "Noted: they have been told.",
        lambda: tick_partner_told(context(), reference, by=signed_in_user().id),
    )
    if request.args.get("back"):
        response: Response = make_response(redirect(url_for("triage.referrals"), 303))
        return response
    return answer


@bp.post("/triage/<reference>/ask-again")
@policy(roles(*DESK))
def ask_again(reference: str) -> Response | tuple[str, int]:
    """Give whoever has not answered until another day."""
    return done(
        reference,
        "They have until another day, and are to be told again.",
        lambda: ask_partner_again(context(), reference, by=signed_in_user().id, cause=cause()),
    )


@bp.post("/triage/<reference>/keep")
@policy(roles(*DESK))
def keep(reference: str) -> Response | tuple[str, int]:
    """Take the report back: the council clears it after all."""
    return done(
        reference,
        "It is ours again, and on the list.",
        lambda: keep_report(context(), reference, by=signed_in_user().id, cause=cause()),
    )


@bp.get("/triage/referrals")
@policy(roles(*READERS))
def referrals() -> str:
    """Show whom somebody must tell, and whose answer is waited for since they were told, the ones longest due first."""
    found = reports(context().store)
    to_tell, _ = found.find({"to_tell": True}, sort=(("reported_at", ASCENDING),), limit=MOST_LISTED)
    with_others, _ = found.find({"state": "referred"}, sort=(("reported_at", DESCENDING),), limit=MOST_LISTED)
    now = context().clock.now()
    waiting = [
        report
        for report in with_others
        if report.referral is not None and report.referral.answer_by and not report.waits_to_be_told
    ]
    return render_template(
        "reports/triage/referrals.html",
        to_tell=[_passed_on(report, now) for report in to_tell],
        waiting=[_passed_on(report, now) for report in sorted(waiting, key=_due)],
        may_decide=signed_in_user().has_role(*DESK),
        wide=True,
    )


def _passed_on(report: Report, now: datetime) -> dict[str, object]:
    """Return a report as the list of what is with others shows it."""
    council = context().council
    partner = council.partners.get(report.referred_to or "")
    return {
        "report": report,
        "waste": waste_words(report, council),
        "where": place_words(report, council),
        "partner": partner_name(context(), report.referred_to or "other"),
        "phone": partner.phone if partner else None,
        "late": _due(report) < now,
    }


def _due(report: Report) -> datetime:
    """Return when an answer is due, for sorting."""
    referral = report.referral
    return (referral.answer_by if referral else None) or report.reported_at


def _day(typed: str) -> date | None:
    """Return a date as typed in the fields of a browser, or by hand the same way."""
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None
