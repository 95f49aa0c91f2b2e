"""The JSON API of tonnage: tickets in, tickets and indicators out."""

from collections.abc import Mapping
from typing import Any

from flask import Response, jsonify, request
from flask_smorest import Blueprint

from services.tonnage.domain.ticket import Weighing
from services.tonnage.handlers import AlreadyRecorded, record_ticket, void_ticket
from services.tonnage.store import find_tickets, tickets
from services.tonnage.web.figures import as_json, read_figures
from services.tonnage.web.period import read_period
from services.tonnage.web.schemas import TicketBody, TicketItem, TicketList, TicketQuery, VoidBody, ticket_item
from shared.calendar import london_date
from shared.web.api import listing
from shared.web.app import cause, context
from shared.web.auth import policy, roles, signed_in_user
from shared.web.errors import TITLES, Problem, problem_response
from shared.web.pagination import page_request

READERS = roles("waste-officer", "manager")
WRITERS = roles("waste-officer")
ALREADY_THERE = 409

bp = Blueprint("tonnage_api", __name__, url_prefix="/api/tonnage/v1", description="Weighbridge tickets and indicators")


@bp.get("/tickets")
@policy(READERS)
@bp.arguments(TicketQuery, location="query")
@bp.response(200, TicketList)
def list_tickets(query: Mapping[str, Any]) -> Mapping[str, Any]:
    """List the tickets of a period (`from`, `to`), the newest first."""
    ctx, page = context(), page_request()
    period = read_period(request.args, london_date(ctx.clock.now()))
    found, after = find_tickets(
        ctx.store,
        what=query["what"],
        site_id=query["site_id"],
        status=query["status"],
        first_day=period.first.isoformat(),
        after_last_day=period.after_last.isoformat(),
        after=page.after,
        limit=page.limit,
    )
    return listing([ticket_item(ticket) for ticket in found], after)


@bp.get("/tickets/<ticket_id>")
@policy(READERS)
@bp.response(200, TicketItem)
def show_ticket(ticket_id: str) -> Mapping[str, Any]:
    """Show a ticket with its shares."""
    return ticket_item(tickets(context().store).require(ticket_id))


@bp.post("/tickets")
@policy(WRITERS)
@bp.arguments(TicketBody)
@bp.response(201, TicketItem)
@bp.alt_response(200, schema=TicketItem, description="The very same ticket was recorded before")
@bp.alt_response(409, description="Another ticket stands under this number, or for this tip")
def create_ticket(weighing: Weighing) -> Any:
    """Record a ticket; the same body again gives the same answer."""
    try:
        ticket, is_new = record_ticket(context(), weighing, by=signed_in_user().id, cause=cause())
    except AlreadyRecorded as refused:
        return already_there(refused.message, field=refused.field)
    return ticket_item(ticket), 201 if is_new else 200


@bp.post("/tickets/<ticket_id>/void")
@policy(WRITERS)
@bp.arguments(VoidBody)
@bp.response(200, TicketItem)
def void(body: Mapping[str, Any], ticket_id: str) -> Mapping[str, Any]:
    """Void a ticket: it stays on record and counts no more."""
    by = signed_in_user().id
    return ticket_item(void_ticket(context(), ticket_id, reason=body["reason"], note="", by=by, cause=cause()))


@bp.get("/indicators")
@policy(READERS)
@bp.response(200)
def indicators() -> Response:
    """Give the figures of a period (`from`, `to`), each with the address of the records that make it."""
    ctx = context()
    return jsonify(as_json(read_figures(ctx, read_period(request.args, london_date(ctx.clock.now())))))


def already_there(message: str, *, field: str) -> Response:
    """Answer 409 in words for whoever entered it."""
    return problem_response(Problem(ALREADY_THERE, TITLES[ALREADY_THERE], message, {field: [message]}))
