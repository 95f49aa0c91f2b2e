"""Officers' pages of a notice: what it says, whom it is for, serving it, payments, and cancelling it."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from marshmallow import Schema
from werkzeug.wrappers import Response

from services.enforcement.domain.keeping import names_somebody
from services.enforcement.domain.notice import CANCEL_REASONS, PAYMENT_METHODS, SERVICE_METHODS, Notice, Recipient
from services.enforcement.handlers import (
    cancel_notice,
    name_recipient,
    record_payment,
    remember_person,
    serve_notice,
)
from services.enforcement.retention import log_once
from services.enforcement.store import names_of
from services.enforcement.store import notices as notice_repository
from services.enforcement.web.forms import CancelForm, PaymentForm, RecipientForm, ServeForm
from services.enforcement.web.view import DUE, notice_clock, person_name, today_of, unsettled
from services.enforcement.web.words import allowed_words, in_full, unverified_words
from shared.errors import DomainError
from shared.store.port import ASCENDING
from shared.web.app import cause, context
from shared.web.auth import policy, roles, signed_in_user
from shared.web.forms import FormErrors, errors_of, read_form
from shared.web.idempotency import idempotency_key
from shared.web.pagination import next_url, page_request

bp = Blueprint("notices", __name__, template_folder="templates")

OFFICERS = roles("officer")
READERS = roles("officer", "manager")
NOTICES_ON_A_PAGE = 50
BAD_REQUEST = 400

FORMS: Mapping[str, type[Schema]] = {
    "recipient": RecipientForm,
    "serve": ServeForm,
    "payment": PaymentForm,
    "cancel": CancelForm,
}


@bp.get("/enforcement/notices")
@policy(READERS)
def notice_list() -> str:
    """List the notices that are to be paid, the most pressing first: all, those due soon, or past their period."""
    ctx, page = context(), page_request(default_limit=NOTICES_ON_A_PAGE)
    today = today_of(ctx)
    due = request.args.get("due", "all")
    due = due if due in DUE else "all"
    found, after = notice_repository(ctx.store).find(
        unsettled(due, today), sort=(("pay_by", ASCENDING),), limit=page.limit, after=page.after
    )
    return render_template(
        "enforcement/notices.html",
        wide=True,
        rows=[(notice, notice_clock(notice, today)) for notice in found],
        due=due,
        dues=DUE,
        next_url=next_url(after),
        first_url=f"/enforcement/notices?due={due}" if page.after else None,
        may_open=signed_in_user().has_role("officer"),
    )


@bp.get("/enforcement/notices/<notice_id>")
@policy(OFFICERS)
def notice_page(notice_id: str) -> str:
    """Show a notice, its law, its payments, and what can be done next."""
    ctx = context()
    notice = notice_repository(ctx.store).require(notice_id)
    _note_look(notice)
    people = {notice.officer_id, notice.served_by, notice.cancelled_by} | {p.recorded_by for p in notice.payments}
    names = names_of(ctx.store, {person for person in people if person})
    today = today_of(ctx)
    return render_template(
        "enforcement/notice.html",
        wide=True,
        notice=notice,
        next_date=notice_clock(notice, today) if notice.can_be_paid else None,
        today=today,
        left_pence=notice.left_pence(today),
        name_of=lambda person: person_name(names, person),
        served_how=SERVICE_METHODS.get(notice.served_how or ""),
        cancelled_why=CANCEL_REASONS.get(notice.cancelled_reason or ""),
        payment_methods=PAYMENT_METHODS,
        unverified=unverified_words(notice.law.unverified),
        allowed_words=allowed_words,
        in_full=in_full,
        is_issuer=signed_in_user().id == notice.officer_id,
    )


@bp.get("/enforcement/notices/<notice_id>/<any(recipient, serve, payment, cancel):step>")
@policy(OFFICERS)
def ask(notice_id: str, step: str) -> str:
    """Ask what a step needs to know."""
    notice = notice_repository(context().store).require(notice_id)
    today = today_of(context()).isoformat()
    values: dict[str, Any] = {"served_on": today, "paid_on": today}
    if notice.recipient:
        values |= {"name": notice.recipient.name, "address": notice.recipient.address}
    return _form(notice, step, values, {})


@bp.post("/enforcement/notices/<notice_id>/<any(recipient, serve, payment, cancel):step>")
@policy(OFFICERS)
def do(notice_id: str, step: str) -> Response | tuple[str, int]:
    """Do a step and go back to the notice."""
    values, errors = read_form(FORMS[step], request.form)
    if not errors:
        try:
            flash(_STEPS[step](notice_id, values), "success")
        except DomainError as error:
            field = {"amount_pence": "amount"}.get(error.field or "", error.field or "form")
            errors = errors_of(DomainError(error.message, field=field))
        else:
            return redirect(f"/enforcement/notices/{notice_id}", 303)
    notice = notice_repository(context().store).require(notice_id)
    return _form(notice, step, request.form, errors), BAD_REQUEST


def _form(notice: Notice, step: str, values: Mapping[str, Any], errors: FormErrors) -> str:
    """Return the page of a step."""
    _note_look(notice)
    return render_template(
        f"enforcement/{step}.html",
        notice=notice,
        values=values,
        errors=errors,
        left_pence=notice.left_pence(today_of(context())),
        service_methods=list(SERVICE_METHODS.items()),
        payment_methods=list(PAYMENT_METHODS.items()),
        cancel_reasons=list(CANCEL_REASONS.items()),
        is_issuer=signed_in_user().id == notice.officer_id,
    )


def _note_look(notice: Notice) -> None:
    """Log, once a day, that this officer was shown whom a notice is for (DPA 2018 s62: consultation)."""
    if not names_somebody(notice):
        return
    officer, day = _officer(), today_of(context()).isoformat()
    source = f"viewed:{notice.id}:{officer}:{day}"
    log_once(context(), notice.case_id, source, by=officer, action="notice.viewed", subject=notice.serial)


def _name(notice_id: str, values: Mapping[str, Any]) -> str:
    name_recipient(context(), notice_id, Recipient(values["name"], values["address"]), cause=cause())
    return "The recipient is saved"


def _serve(notice_id: str, values: Mapping[str, Any]) -> str:
    serve_notice(context(), notice_id, on=values["served_on"], how=values["how"], by=_officer(), cause=cause())
    return "Service is recorded"


def _pay(notice_id: str, values: Mapping[str, Any]) -> str:
    notice, _ = record_payment(
        context(),
        notice_id,
        amount_pence=values["amount"],
        paid_on=values["paid_on"],
        method=values["method"],
        by=_officer(),
        request_key=idempotency_key(),
        cause=cause(),
    )
    return "The notice is paid in full" if notice.state == "paid" else "The payment is recorded"


def _cancel(notice_id: str, values: Mapping[str, Any]) -> str:
    notice = cancel_notice(context(), notice_id, reason=values["reason"], by=_officer(), cause=cause())
    return f"The notice is {notice.state}"


_STEPS: Mapping[str, Callable[[str, Mapping[str, Any]], str]] = {
    "recipient": _name,
    "serve": _serve,
    "payment": _pay,
    "cancel": _cancel,
}


def _officer() -> str:
    """Return the id of the officer who acts, with the name kept for the pages."""
    user = signed_in_user()
    remember_person(context(), user.id, user.name)
    return user.id
