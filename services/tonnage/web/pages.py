"""Tonnage's pages to read: the figures of a period, the tickets behind them, and one ticket."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, render_template, request

from services.tonnage.domain.ticket import SCALE_INTERVAL_KG, VOID_REASONS, WARNINGS, Ticket, ticket_id
from services.tonnage.store import COLLECTED, TIPS, find_tickets, tickets, tips
from services.tonnage.web.figures import TICKETS_PATH, read_figures, read_unweighed
from services.tonnage.web.period import read_period, usual_period, usual_periods
from services.tonnage.web.words import STATUSES, material_words, stream_words, what_choices, what_words
from shared.calendar import london_date
from shared.errors import DomainError, NotFound
from shared.store.port import DESCENDING
from shared.web.app import context
from shared.web.auth import policy, roles, signed_in_user
from shared.web.forms import errors_of
from shared.web.pagination import next_url, page_request

bp = Blueprint("tonnage", __name__, template_folder="templates")

READERS = roles("waste-officer", "manager")
TICKETS_ON_A_PAGE = 50
OPEN_TIPS_SHOWN = 5
BAD_REQUEST = 400


@bp.get("/tonnage")
@policy(READERS)
def overview() -> Any:
    """Show the figures of a period, each number a link to its tickets."""
    ctx = context()
    today = london_date(ctx.clock.now())
    errors, status = {}, 200
    try:
        period = read_period(request.args, today)
    except DomainError as error:
        period, errors, status = usual_period(today), errors_of(error), BAD_REQUEST
    figures = read_figures(ctx, period)
    waiting = ctx.store.find(TIPS.name, {"waiting": True}, sort=(("tipped_at", DESCENDING),), limit=OPEN_TIPS_SHOWN + 1)
    page = render_template(
        "tonnage/overview.html",
        wide=True,
        errors=errors,
        typed=request.args,
        figures=figures,
        period=period,
        periods=[(name, usual.href("/tonnage"), usual == period) for name, usual in usual_periods(today)],
        by_stream=_bars(figures.summary.by_stream, figures, "stream"),
        by_material=_bars(figures.summary.by_material, figures, "material"),
        open_tips=[tips(ctx.store).load(document) for document in waiting.items[:OPEN_TIPS_SHOWN]],
        more_tips=len(waiting.items) > OPEN_TIPS_SHOWN,
        site_names=site_names(),
        can_write=can_write(),
    )
    return page, status


@bp.get("/tonnage/tickets")
@policy(READERS)
def ticket_list() -> Any:
    """List the tickets of a period, narrowed by material, stream or set, site and status."""
    ctx, page = context(), page_request(default_limit=TICKETS_ON_A_PAGE)
    today = london_date(ctx.clock.now())
    errors, status = {}, 200
    try:
        period = read_period(request.args, today)
    except DomainError as error:
        period, errors, status = usual_period(today), errors_of(error), BAD_REQUEST
    asked = {name: request.args.get(name, "") for name in ("what", "site_id", "status")}
    found, after = find_tickets(
        ctx.store,
        **asked,
        first_day=period.first.isoformat(),
        after_last_day=period.after_last.isoformat(),
        after=page.after,
        limit=page.limit,
    )
    shown = render_template(
        "tonnage/tickets.html",
        wide=True,
        errors=errors,
        typed=request.args,
        tickets=found,
        next_url=next_url(after),
        first_url=period.href(TICKETS_PATH, **asked) if page.after else None,
        period=period,
        asked=asked,
        narrowed_to=what_words(ctx.council, asked["what"]) if asked["what"] else None,
        what_choices=what_choices(ctx.council),
        site_choices=[("", "All sites"), *((site.id, site.name) for site in ctx.council.sites)],
        status_choices=[("", "All"), *STATUSES.items()],
        site_names=site_names(),
        material_names=material_names(found),
        can_write=can_write(),
    )
    return shown, status


@bp.get("/tonnage/tickets/<ticket_id>")
@policy(READERS)
def ticket_page(ticket_id: str) -> str:
    """Show a ticket: its weights, what each job had of it, and what is odd about it."""
    ctx = context()
    ticket = tickets(ctx.store).require(ticket_id)
    tip = tips(ctx.store).get(ticket.weighing.tip_id) if ticket.weighing.tip_id else None
    return render_template(
        "tonnage/ticket.html",
        wide=True,
        ticket=ticket,
        tip=tip,
        site=site_names().get(ticket.weighing.site_id, ticket.weighing.site_id),
        material=material_words(ctx.council, ticket.material),
        stream=stream_words(ticket.stream),
        warnings=[WARNINGS[code] for code in ticket.warnings],
        void_reason=VOID_REASONS.get(ticket.void_reason or ""),
        next_entry=_next_entry(ticket),
        ward_names={share.ward: ctx.council.ward_name(share.ward) for share in ticket.shares},
        scale_interval_kg=SCALE_INTERVAL_KG,
        can_write=can_write(),
    )


@bp.get("/tonnage/collected")
@policy(READERS)
def collected() -> str:
    """List what crews have collected that no ticket has weighed yet."""
    ctx, page = context(), page_request(default_limit=TICKETS_ON_A_PAGE)
    found = ctx.store.find(
        COLLECTED.name, {"waiting": True}, sort=(("completed_at", DESCENDING),), limit=page.limit, after=page.after
    )
    return render_template(
        "tonnage/collected.html",
        wide=True,
        unweighed=read_unweighed(ctx),
        jobs=found.items,
        next_url=next_url(found.next),
        first_url="/tonnage/collected" if page.after else None,
        names={document["material"]: material_words(ctx.council, document["material"]) for document in found.items},
        ward_names={document["ward"]: ctx.council.ward_name(document["ward"]) for document in found.items},
    )


@bp.get("/tonnage/tips/<tip_id>")
@policy(READERS)
def tip_page(tip_id: str) -> str:
    """Show a tip and its loads, and the way to its ticket."""
    ctx = context()
    tip = tips(ctx.store).get(tip_id)
    if tip is None:
        raise NotFound("There is no tip under this address.")
    return render_template(
        "tonnage/tip.html",
        wide=True,
        tip=tip,
        ticket=tickets(ctx.store).find_one({"tip_id": tip_id, "holds_tip": True}),
        site=site_names().get(tip.site_id, tip.site_id),
        ward_names={load.ward: ctx.council.ward_name(load.ward) for load in tip.loads},
        can_write=can_write(),
    )


def site_names() -> Mapping[str, str]:
    """Return the names of the council's disposal sites."""
    return {site.id: site.name for site in context().council.sites}


def material_names(found: Sequence[Ticket]) -> Mapping[str, str]:
    """Return the names of the tickets' materials."""
    council = context().council
    return {ticket.material: material_words(council, ticket.material) for ticket in found}


def can_write() -> bool:
    """Say whether whoever looks may record and void tickets."""
    return signed_in_user().has_role("waste-officer")


def _bars(rows: Sequence[Any], figures: Any, kind: str) -> Sequence[Mapping[str, Any]]:
    """Return table rows with the width of their bar, the heaviest filling it."""
    council = context().council
    most = max((row.net_kg for row in rows), default=0)
    return [
        {
            "name": stream_words(row.code) if kind == "stream" else material_words(council, row.code),
            "row": row,
            "percent_of_most": round(100 * row.net_kg / most, 1) if most else 0,
            "share": round(100 * row.net_kg / figures.summary.weighed_kg, 1) if figures.summary.weighed_kg else 0,
            "href": figures.tickets_href(f"{kind}:{row.code}"),
            "stream": stream_words(row.stream),
        }
        for row in rows
    ]


def _next_entry(ticket: Ticket) -> Ticket | None:
    """Return the ticket that was entered again in place of a voided one."""
    weighing = ticket.weighing
    return tickets(context().store).get(ticket_id(weighing.site_id, weighing.ticket_number, ticket.revision + 1))
