"""The JSON API of enforcement: cases, and notices from issue to payment."""

from collections.abc import Mapping
from typing import Any

from flask import Response
from flask_smorest import Blueprint

from services.enforcement.domain.notice import Notice, Recipient
from services.enforcement.handlers import (
    AlreadyIssued,
    cancel_notice,
    issue_notice,
    name_recipient,
    record_payment,
    remember_person,
    serve_notice,
)
from services.enforcement.store import NEWEST_FIRST, cases, notices
from services.enforcement.web.schemas import (
    CancelBody,
    CaseItem,
    CaseList,
    CaseQuery,
    NoticeBody,
    NoticeItem,
    PaymentBody,
    RecipientBody,
    ServiceBody,
    case_item,
    notice_item,
)
from services.enforcement.web.view import today_of
from shared.ids import normalise_reference
from shared.store.port import HasAny
from shared.web.api import listing
from shared.web.app import cause, context
from shared.web.auth import policy, roles, signed_in_user
from shared.web.errors import TITLES, Problem, problem_response
from shared.web.idempotency import idempotency_key
from shared.web.pagination import page_request

OFFICERS = roles("officer")
READERS = roles("officer", "manager")
ALREADY_THERE = 409

bp = Blueprint("enforcement_api", __name__, url_prefix="/api/enforcement/v1", description="Cases and notices")


@bp.get("/cases")
@policy(READERS)
@bp.arguments(CaseQuery, location="query")
@bp.response(200, CaseList)
def list_cases(query: Mapping[str, Any]) -> Mapping[str, Any]:
    """List cases, the newest first."""
    page = page_request()
    found, after = cases(context().store).find(_where(**query), sort=NEWEST_FIRST, limit=page.limit, after=page.after)
    return listing([case_item(case) for case in found], after)


def _where(*, state: str, reference: str) -> Mapping[str, Any]:
    """Return what a query means to the store; a report has few cases, so its state is not asked for besides."""
    if reference:
        return {"references": HasAny([normalise_reference(reference)])}
    if state == "open":
        return {"open": True}
    return {"state": state} if state else {}


@bp.get("/cases/<case_id>")
@policy(OFFICERS)
@bp.response(200, CaseItem)
def show_case(case_id: str) -> Mapping[str, Any]:
    """Show a case."""
    return case_item(cases(context().store).require(case_id))


@bp.post("/cases/<case_id>/notices")
@policy(OFFICERS)
@bp.arguments(NoticeBody)
@bp.response(201, NoticeItem)
@bp.alt_response(200, schema=NoticeItem, description="Issued before, by a request of the same Idempotency-Key")
@bp.alt_response(409, description="The case has a notice for this offence")
def create_notice(body: Mapping[str, Any], case_id: str) -> Any:
    """Issue a notice within tariff and statute; beyond them it is refused with the section quoted."""
    try:
        notice, is_new = issue_notice(
            context(), case_id, **body, officer_id=_officer(), request_key=idempotency_key(), cause=cause()
        )
    except AlreadyIssued as refused:
        return _already_there(refused)
    return _item(notice), 201 if is_new else 200


@bp.get("/notices/<notice_id>")
@policy(OFFICERS)
@bp.response(200, NoticeItem)
def show_notice(notice_id: str) -> Mapping[str, Any]:
    """Show a notice."""
    return _item(notices(context().store).require(notice_id))


@bp.put("/notices/<notice_id>/recipient")
@policy(OFFICERS)
@bp.arguments(RecipientBody)
@bp.response(200, NoticeItem)
def put_recipient(body: Mapping[str, Any], notice_id: str) -> Mapping[str, Any]:
    """Say whom the notice is for, before it is served."""
    return _item(name_recipient(context(), notice_id, Recipient(**body), cause=cause()))


@bp.post("/notices/<notice_id>/serve")
@policy(OFFICERS)
@bp.arguments(ServiceBody)
@bp.response(200, NoticeItem)
def serve(body: Mapping[str, Any], notice_id: str) -> Mapping[str, Any]:
    """Record that the notice reached the person."""
    return _item(
        serve_notice(context(), notice_id, on=body["served_on"], how=body["how"], by=_officer(), cause=cause())
    )


@bp.post("/notices/<notice_id>/payments")
@policy(OFFICERS)
@bp.arguments(PaymentBody)
@bp.response(201, NoticeItem)
@bp.alt_response(200, schema=NoticeItem, description="Recorded before, by a request of the same Idempotency-Key")
def create_payment(body: Mapping[str, Any], notice_id: str) -> Any:
    """Record a payment, in part or in full."""
    notice, is_new = record_payment(
        context(), notice_id, **body, by=_officer(), request_key=idempotency_key(), cause=cause()
    )
    return _item(notice), 201 if is_new else 200


@bp.post("/notices/<notice_id>/cancel")
@policy(OFFICERS)
@bp.arguments(CancelBody)
@bp.response(200, NoticeItem)
def cancel(body: Mapping[str, Any], notice_id: str) -> Mapping[str, Any]:
    """Cancel or withdraw a notice; only another officer than its issuer may."""
    return _item(cancel_notice(context(), notice_id, reason=body["reason"], by=_officer(), cause=cause()))


def _item(notice: Notice) -> Mapping[str, Any]:
    """Return a notice as the API gives it today."""
    return notice_item(notice, today_of(context()))


def _already_there(refused: AlreadyIssued) -> Response:
    """Answer 409 in words for the officer."""
    return problem_response(
        Problem(ALREADY_THERE, TITLES[ALREADY_THERE], refused.message, {"offence_code": [refused.message]})
    )


def _officer() -> str:
    """Return the id of the officer who acts, with the name kept for the pages."""
    user = signed_in_user()
    remember_person(context(), user.id, user.name)
    return user.id
