"""Formal complaints: taken for a caller, with the complaint handling code's deadlines; the longest overdue first."""

from datetime import datetime

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for

from services.reports.complaints import (
    UNANSWERABLE,
    Told,
    acknowledge_complaint,
    answer_complaint,
    answered_complaints,
    complaint_of,
    escalate_complaint,
    open_complaints,
    stages_of,
    take_complaint,
)
from services.reports.domain.complaint import OUTCOMES, Complaint
from services.reports.store import reports
from services.reports.web.looks import look_log, note_look
from services.reports.web.triage import DESK
from shared.errors import DomainError, NotFound
from shared.ids import new_id
from shared.web.app import context
from shared.web.auth import policy, roles, signed_in_user
from shared.web.forms import FormErrors, errors_of
from shared.web.pagination import next_url

bp = Blueprint("complaints", __name__, template_folder="templates")

FIELDS = ("about", "name", "email", "phone", "reference")
OUTCOME_WORDS = dict(zip(OUTCOMES, ("Upheld", "Partly upheld", "Not upheld"), strict=True))


@bp.get("/contact-centre/complaints")
@policy(roles(*DESK))
def complaints_list() -> str:
    """List the complaints that wait for something, overdue ones first, and those answered lately."""
    found, cursor = open_complaints(context(), after=request.args.get("after") or None)
    now = context().clock.now()
    return render_template(
        "reports/complaints/list.html",
        waiting=[_row(one, now) for one in found],
        answered=[_row(one, now) for one in answered_complaints(context())],
        outcome_words=OUTCOME_WORDS,
        next_page=next_url(cursor),
        wide=True,
    )


@bp.get("/contact-centre/complaints/new")
@policy(roles(*DESK))
def new() -> str:
    """Ask what the complaint is about, and whom to answer."""
    return _form({"reference": request.args.get("reference", "")[:40], "call": new_id()}, {})


@bp.post("/contact-centre/complaints/new")
@policy(roles(*DESK))
def take() -> Response | tuple[str, int]:
    """Take a complaint for a caller."""
    user = signed_in_user()
    given = {name: request.form.get(name, "")[:5_000] for name in FIELDS}
    call = request.form.get("call", "")[:60] or new_id()
    try:
        told = Told(**given)
        complaint = take_complaint(
            context(), told, key=f"complaint:{user.id}:{call}", user_id=user.id, user_name=user.name
        )
    except NotFound as error:
        return _form({**given, "call": call}, {"reference": [str(error)]}), 400
    except DomainError as error:
        errors = errors_of(error, "about")
        if not (given["email"].strip() or given["phone"].strip()):
            errors = {**errors, **errors_of(DomainError(UNANSWERABLE, field="email"))}
        return _form({**given, "call": call}, errors), 400
    flash(f"The complaint is taken: {complaint.reference}. Tell the caller this reference.", "success")
    return _to(complaint.reference)


@bp.get("/contact-centre/complaints/<reference>")
@policy(roles(*DESK))
def show(reference: str) -> Response | str:
    """Show a complaint with its deadlines and what is to be done next."""
    complaint = complaint_of(context(), reference)
    if complaint.reference != reference:
        return _to(complaint.reference)
    return _page(complaint, {})


@bp.post("/contact-centre/complaints/<reference>/acknowledge")
@policy(roles(*DESK))
def acknowledge(reference: str) -> Response | tuple[str, int]:
    """Note that the complainant was told that the complaint is here."""
    acknowledge_complaint(context(), reference, by=signed_in_user().id)
    flash("Noted: the complaint is acknowledged.", "success")
    return _to(complaint_of(context(), reference).reference)


@bp.post("/contact-centre/complaints/<reference>/answer")
@policy(roles(*DESK))
def answer(reference: str) -> Response | tuple[str, int]:
    """Note how the stage was answered."""
    try:
        answer_complaint(context(), reference, request.form.get("outcome", ""), by=signed_in_user().id)
    except DomainError as error:
        return _page(complaint_of(context(), reference), errors_of(error, "outcome")), 400
    flash("Noted: the complaint is answered.", "success")
    return _to(complaint_of(context(), reference).reference)


@bp.post("/contact-centre/complaints/<reference>/escalate")
@policy(roles(*DESK))
def escalate(reference: str) -> Response | tuple[str, int]:
    """Take the complaint to the second stage."""
    try:
        escalate_complaint(context(), reference)
    except DomainError as error:
        return _page(complaint_of(context(), reference), errors_of(error)), 400
    flash("The complaint is at stage 2.", "success")
    return _to(complaint_of(context(), reference).reference)


@bp.get("/contact-centre/complaints/<reference>/log")
@policy(roles(*DESK))
def log(reference: str) -> str:
    """Show who has read a complaint, and when it was given out or erased."""
    complaint = complaint_of(context(), reference)
    back = url_for("complaints.show", reference=complaint.reference)
    return look_log(complaint, title=f"Complaint {complaint.reference}", back=back)


def _row(complaint: Complaint, now: datetime) -> dict[str, object]:
    """Return a complaint as the list shows it."""
    next_step = "Acknowledge" if complaint.acknowledged_at is None else "Answer"
    return {"complaint": complaint, "late": complaint.is_open and complaint.due_at < now, "next": next_step}


def _form(values: dict[str, str], errors: FormErrors) -> str:
    """Return the page that takes a complaint."""
    return render_template(
        "reports/complaints/new.html", values=values, errors=errors, stages=stages_of(context()), wide=True
    )


def _page(complaint: Complaint, errors: FormErrors) -> str:
    """Return the page of a complaint, and write down that this user was shown it."""
    now = context().clock.now()
    if complaint.erased_at is None:
        note_look(complaint, "complaint-read")
    return render_template(
        "reports/complaints/show.html",
        complaint=complaint,
        row=_row(complaint, now),
        report=reports(context().store).get(complaint.report_id) if complaint.report_id else None,
        stages=stages_of(context()),
        outcomes=[("", "Choose how"), *OUTCOME_WORDS.items()],
        outcome_words=OUTCOME_WORDS,
        errors=errors,
        wide=True,
    )


def _to(reference: str) -> Response:
    """Redirect to a complaint's page."""
    response: Response = make_response(redirect(url_for("complaints.show", reference=reference), 303))
    return response
