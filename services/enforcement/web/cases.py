"""Officers' pages of cases: the list, a case with its evidence and custody log, exhibits, and issuing a notice."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from services.enforcement.domain.case import CLOSING_RESULTS, Case, Exhibit
from services.enforcement.domain.custody_log import ACTIONS, verify
from services.enforcement.domain.notice import Recipient
from services.enforcement.evidence import file_of, look_at
from services.enforcement.handlers import AlreadyIssued, close_case, issue_notice, remember_person
from services.enforcement.store import NEWEST_FIRST, STATES_SHOWN, log_of, names_of, notices_of
from services.enforcement.store import cases as case_repository
from services.enforcement.web.forms import LONGEST_PARTICULARS, CloseForm, IssueForm
from services.enforcement.web.view import (
    case_rows,
    counts,
    facts_of,
    jobs_of,
    notice_clock,
    penalties,
    person_name,
    sealer_name,
    today_of,
)
from services.enforcement.web.words import (
    HOLDS,
    RESULTS,
    RETURN_COLUMNS,
    SOURCES,
    allowed_words,
    media_words,
    unverified_words,
)
from shared.errors import DomainError, NotFound
from shared.web.app import cause, context
from shared.web.auth import policy, roles, signed_in_user
from shared.web.forms import FormErrors, errors_of, read_form
from shared.web.idempotency import idempotency_key
from shared.web.pagination import next_url, page_request

bp = Blueprint("enforcement", __name__, template_folder="templates")

OFFICERS = roles("officer")
READERS = roles("officer", "manager")
CASES_ON_A_PAGE = 25
BAD_REQUEST = 400


@bp.get("/enforcement")
@policy(READERS)
def case_list() -> str:
    """List cases by state, the newest first, each with its most pressing date."""
    ctx, page = context(), page_request(default_limit=CASES_ON_A_PAGE)
    asked = request.args.get("state", "open")
    state = asked if asked in STATES_SHOWN else "open"
    where: Mapping[str, Any] = {"open": True} if state == "open" else {"state": state}
    found, after = case_repository(ctx.store).find(where, sort=NEWEST_FIRST, limit=page.limit, after=page.after)
    return render_template(
        "enforcement/list.html",
        wide=True,
        rows=case_rows(ctx, found),
        state=state,
        states=STATES_SHOWN,
        counts=counts(ctx),
        next_url=next_url(after),
        first_url=f"/enforcement?state={state}" if page.after else None,
        may_open=signed_in_user().has_role("officer"),
    )


@bp.get("/enforcement/cases/<case_id>")
@policy(OFFICERS)
def case_page(case_id: str) -> str:
    """Show a case: what happened, the evidence, its notices, and the custody log."""
    return _case_page(case_id, {})


@bp.post("/enforcement/cases/<case_id>/close")
@policy(OFFICERS)
def close(case_id: str) -> BaseResponse | tuple[str, int]:
    """Close a case by decision."""
    values, errors = read_form(CloseForm, request.form)
    if not errors:
        try:
            close_case(context(), case_id, result=values["result"], by=_officer(), cause=cause())
        except DomainError as error:
            errors = {"result": [error.message]}
    if errors:
        return _case_page(case_id, errors), BAD_REQUEST
    flash("The case is closed", "success")
    return redirect(f"/enforcement/cases/{case_id}", 303)


@bp.get("/enforcement/cases/<case_id>/exhibits/<int:number>")
@policy(OFFICERS)
def exhibit_page(case_id: str, number: int) -> str:
    """Show an exhibit with its seal verified, and log that it was looked at."""
    case, exhibit = _exhibit(case_id, number)
    parcel = look_at(context(), case, exhibit, officer_id=_officer())
    return render_template(
        "enforcement/exhibit.html",
        wide=True,
        case=case,
        exhibit=exhibit,
        parcel=parcel,
        media_words=media_words,
        holds=HOLDS[exhibit.holds],
        source=SOURCES[exhibit.source],
        sealed_by=sealer_name(context(), exhibit.sealed_by),
    )


@bp.get("/enforcement/cases/<case_id>/exhibits/<int:number>/files/<int:position>")
@policy(OFFICERS)
def exhibit_file(case_id: str, number: int, position: int) -> Response:
    """Give an original of an exhibit, verified; pictures in the page, anything else as a download."""
    case, exhibit = _exhibit(case_id, number)
    file = file_of(look_at(context(), case, exhibit, officer_id=_officer()), position)
    listed = exhibit.files[position - 1]
    response = Response(file.content, content_type=file.media_type if listed.is_image else "application/octet-stream")
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    kind = "inline" if listed.is_image else "attachment"
    response.headers.set("Content-Disposition", kind, filename=f"{case.number}-{exhibit.label}-{file.name}")
    return response


@bp.get("/enforcement/cases/<case_id>/notices/new")
@policy(OFFICERS)
def new_notice(case_id: str) -> str:
    """Offer the tariff of today with the law that bounds it."""
    return _issue_form(case_repository(context().store).require(case_id), {}, {})


@bp.post("/enforcement/cases/<case_id>/notices/new")
@policy(OFFICERS)
def issue(case_id: str) -> BaseResponse | tuple[str, int]:
    """Issue a notice."""
    values, errors = read_form(IssueForm, request.form)
    if not errors:
        try:
            notice, _ = _issue(case_id, values)
        except AlreadyIssued as refused:
            errors = {"penalty": [refused.message]}
        except DomainError as error:
            fields = {"amount_pence": "amount", "offence_code": "penalty", "tier": "penalty"}
            errors = errors_of(DomainError(error.message, field=fields.get(error.field or "", error.field or "form")))
        else:
            flash(f"Notice {notice.serial} is issued", "success")
            return redirect(f"/enforcement/notices/{notice.id}", 303)
    return _issue_form(case_repository(context().store).require(case_id), request.form, errors), BAD_REQUEST


def _issue(case_id: str, values: Mapping[str, Any]) -> tuple[Any, bool]:
    """Issue the notice that a form asks for; an amount left out is the tariff's."""
    chosen = next((penalty for penalty in penalties(context()) if penalty.value == values["penalty"]), None)
    if chosen is None:
        raise DomainError("Select the offence", field="penalty")
    if bool(values["name"]) != bool(values["address"]):
        missing = "address" if values["name"] else "name"
        raise DomainError(f"Enter the person’s {missing} too, or leave both out for now", field=missing)
    return issue_notice(
        context(),
        case_id,
        offence_code=chosen.entry.offence_code,
        tier=chosen.entry.tier,
        amount_pence=chosen.entry.amount_pence if values["amount"] is None else values["amount"],
        officer_id=_officer(),
        request_key=idempotency_key(),
        recipient=Recipient(values["name"], values["address"]) if values["name"] else None,
        particulars=values["particulars"] or "",
        cause=cause(),
    )


def _case_page(case_id: str, errors: FormErrors) -> str:
    """Return the page of a case."""
    ctx = context()
    case = case_repository(ctx.store).require(case_id)
    log = log_of(ctx.store, case.id)
    names = names_of(ctx.store, {entry.actor for entry in log})
    today = today_of(ctx)
    of_case = notices_of(ctx.store, case.id)
    return render_template(
        "enforcement/case.html",
        wide=True,
        errors=errors,
        case=case,
        facts=facts_of(ctx, case),
        jobs=jobs_of(ctx, case),
        crew_names={crew.id: crew.name for crew in ctx.council.crews},
        notices=[(notice, notice_clock(notice, today) if notice.can_be_paid else None) for notice in of_case],
        log=[(entry, ACTIONS.get(entry.action, entry.action), person_name(names, entry.actor)) for entry in log],
        verification=verify(log),
        holds=HOLDS,
        return_columns=RETURN_COLUMNS,
        sources=SOURCES,
        result=RESULTS.get(case.result or ""),
        closing_results=list(CLOSING_RESULTS.items()),
    )


def _issue_form(case: Case, values: Mapping[str, Any], errors: FormErrors) -> str:
    """Return the page that offers the tariff."""
    return render_template(
        "enforcement/issue.html",
        case=case,
        penalties=penalties(context()),
        allowed_words=allowed_words,
        unverified_words=unverified_words,
        values=values,
        errors=errors,
        longest_particulars=LONGEST_PARTICULARS,
    )


def _exhibit(case_id: str, number: int) -> tuple[Case, Exhibit]:
    """Return a case and one of its exhibits; raises `NotFound`."""
    case = case_repository(context().store).require(case_id)
    exhibit = case.exhibit(number)
    if exhibit is None:
        raise NotFound("There is no such exhibit in this case.")
    return case, exhibit


def _officer() -> str:
    """Return the id of the officer who acts, with the name kept for the log's readers."""
    user = signed_in_user()
    remember_person(context(), user.id, user.name)
    return user.id
