"""Tonnage's forms: recording a ticket, from a tip or without one, and voiding it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from marshmallow import fields
from werkzeug.wrappers import Response

from services.tonnage.domain.ticket import VOID_REASONS, Tip, Weighing
from services.tonnage.handlers import AlreadyRecorded, record_ticket, void_ticket
from services.tonnage.store import TIPS, VEHICLES, tickets, tips
from services.tonnage.web.pages import site_names
from services.tonnage.web.schemas import LARGEST_KG, plain_vehicle
from shared.calendar import LONDON
from shared.errors import DomainError
from shared.store.port import DESCENDING
from shared.web.app import cause, context
from shared.web.auth import policy, roles, signed_in_user
from shared.web.forms import Form, FormErrors, choice, errors_of, read_form, read_local_instant, text

bp = Blueprint("tonnage_forms", __name__, template_folder="templates")

WRITERS = roles("waste-officer")
WITHOUT_TIP = "none"
TIPS_TO_CHOOSE_FROM = 50
BAD_REQUEST = 400
LABELS = {
    "ticket_number": "Ticket number",
    "site_id": "Site",
    "vehicle_registration": "Registration",
    "ewc_code": "Waste",
    "gross_kg": "Gross weight",
    "tare_kg": "Tare weight",
    "net_kg": "Net weight",
    "first_weighed_at": "First weighing",
    "second_weighed_at": "Second weighing",
}


def _kilograms(missing: str) -> Any:
    """Declare a weight as people type it: 3,100 or 3100."""
    return _Kilograms(required=True, error_messages={"required": missing, "null": missing, "invalid": missing})


class _Kilograms(fields.Integer):
    """Whole kilograms, with or without a comma."""

    def _validated(self, value: Any) -> int:
        digits = str(value).replace(",", "").replace(" ", "").removesuffix("kg")
        if not digits.isascii() or not digits.isdigit() or int(digits) > LARGEST_KG:
            raise self.make_error("invalid", input=value)
        return int(digits)


class TicketForm(Form):
    """A ticket as it is typed off the paper."""

    ticket_number = text("Enter the ticket number", longest=60)
    site_id = text("Select the site", longest=120)
    vehicle_registration = text("Enter the registration", longest=20)
    ewc_code = text("Select the waste", longest=6)
    gross_kg = _kilograms("Enter the gross weight in whole kilograms")
    tare_kg = _kilograms("Enter the tare weight in whole kilograms")
    net_kg = _kilograms("Enter the net weight in whole kilograms")
    first_weighed_at = text("Enter when the vehicle was first weighed", longest=40)
    second_weighed_at = text("Enter when the vehicle was weighed the second time", longest=40)


class VoidForm(Form):
    """Why a ticket does not count."""

    reason = choice("Select why the ticket is void", VOID_REASONS)
    note = text("", longest=500, required=False)


@bp.get("/tonnage/tickets/new")
@policy(WRITERS)
def new_ticket() -> str:
    """Offer the tips that wait for a ticket, or the form for the one that was chosen."""
    ctx = context()
    chosen = request.args.get("tip", "")
    if not chosen:
        found = ctx.store.find(
            TIPS.name, {"waiting": True}, sort=(("tipped_at", DESCENDING),), limit=TIPS_TO_CHOOSE_FROM
        )
        waiting = [tips(ctx.store).load(document) for document in found.items]
        return render_template("tonnage/choose_tip.html", tips=waiting, site_names=site_names())
    tip = None if chosen == WITHOUT_TIP else tips(ctx.store).require(chosen)
    return _form(tip, _prefilled(tip), {})


@bp.post("/tonnage/tickets/new")
@policy(WRITERS)
def record() -> Response | tuple[str, int]:
    """Record a ticket."""
    tip_id = request.form.get("tip_id", "").strip()[:120] or None
    tip = tips(context().store).get(tip_id) if tip_id else None
    values, errors = read_form(TicketForm, request.form)
    if not errors:
        try:
            ticket, _ = record_ticket(context(), _weighing(values, tip_id), by=signed_in_user().id, cause=cause())
        except AlreadyRecorded as refused:
            errors = {refused.field if refused.field != "tip_id" else "ticket_number": [refused.message]}
        except DomainError as error:
            errors = errors_of(error)
        else:
            flash(f"Ticket {ticket.weighing.ticket_number} is recorded", "success")
            return redirect(f"/tonnage/tickets/{ticket.id}", 303)
    return _form(tip, request.form, errors), BAD_REQUEST


@bp.get("/tonnage/tickets/<ticket_id>/void")
@policy(WRITERS)
def ask_void(ticket_id: str) -> str:
    """Ask why a ticket is void."""
    return _void_form(ticket_id, {}, {})


@bp.post("/tonnage/tickets/<ticket_id>/void")
@policy(WRITERS)
def void(ticket_id: str) -> Response | tuple[str, int]:
    """Void a ticket."""
    values, errors = read_form(VoidForm, request.form)
    if errors:
        return _void_form(ticket_id, request.form, errors), BAD_REQUEST
    ticket = void_ticket(
        context(),
        ticket_id,
        reason=values["reason"],
        note=values["note"] or "",
        by=signed_in_user().id,
        cause=cause(),
    )
    flash(f"Ticket {ticket.weighing.ticket_number} no longer counts", "success")
    return redirect(f"/tonnage/tickets/{ticket.id}", 303)


def _form(tip: Tip | None, values: Mapping[str, Any], errors: FormErrors) -> str:
    """Return the form's page."""
    council = context().council
    return render_template(
        "tonnage/ticket_form.html",
        tip=tip,
        values=values,
        errors=errors,
        labels=LABELS,
        site_names=site_names(),
        sites=[("", "Choose a site"), *((site.id, site.name) for site in council.sites)],
        wastes=[
            ("", "Choose the waste"),
            *((material.ewc_code, f"{material.ewc_code} {material.name}") for material in council.materials.values()),
        ],
    )


def _void_form(ticket_id: str, values: Mapping[str, Any], errors: FormErrors) -> str:
    """Return the page that asks why."""
    ticket = tickets(context().store).require(ticket_id)
    return render_template(
        "tonnage/void.html", ticket=ticket, values=values, errors=errors, reasons=list(VOID_REASONS.items())
    )


def _prefilled(tip: Tip | None) -> Mapping[str, Any]:
    """Return what is known of a tip's ticket before anybody has read the paper."""
    if tip is None:
        return {}
    vehicle = context().store.get(VEHICLES.name, tip.vehicle_id)
    return {
        "site_id": tip.site_id,
        "vehicle_registration": tip.vehicle_registration,
        "tare_kg": vehicle["tare_kg"] if vehicle else "",
        "first_weighed_at": _for_input(tip.tipped_at),
    }


def _for_input(instant: datetime) -> str:
    """Return an instant as `<input type=datetime-local>` wants it, in London's time."""
    return instant.astimezone(LONDON).strftime("%Y-%m-%dT%H:%M")


def _weighing(values: Mapping[str, Any], tip_id: str | None) -> Weighing:
    """Return the ticket's contents as typed; raises `DomainError` for a time that is none."""
    instants = {
        name: read_local_instant(values[name], name, f"{LABELS[name]} must be a date and time")
        for name in ("first_weighed_at", "second_weighed_at")
    }
    return Weighing(
        **{**values, **instants, "vehicle_registration": plain_vehicle(values["vehicle_registration"])}, tip_id=tip_id
    )
