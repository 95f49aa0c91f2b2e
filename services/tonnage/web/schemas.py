"""What the JSON API of tonnage takes and gives, as marshmallow schemas."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from marshmallow import Schema, fields, post_load, pre_load, validate

from services.tonnage.domain.ticket import VOID_REASONS, WARNINGS, Ticket, Weighing
from shared.calendar import LONDON

TICKET_NUMBER = r"^[A-Za-z0-9][A-Za-z0-9:._/-]{0,59}$"
LARGEST_KG = 1_000_000
"""Only so that a slip of the keyboard is told from a number: the rules of the domain are stricter."""


def plain_ewc(typed: str) -> str:
    """Return an EWC code as the council's table has it: six digits, without spaces and asterisk."""
    return "".join(letter for letter in typed if letter.isdigit())


def plain_vehicle(typed: str) -> str:
    """Return a registration in capitals and without spaces."""
    return "".join(typed.upper().split())


class TicketBody(Schema):
    """A weighbridge ticket, as the site's system sends it; times without an offset are London's."""

    ticket_number = fields.String(required=True, validate=validate.Regexp(TICKET_NUMBER))
    site_id = fields.String(required=True, validate=validate.Length(1, 120))
    tip_id = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 120))
    vehicle_registration = fields.String(required=True, validate=validate.Regexp(r"^[A-Z0-9][A-Z0-9-]{1,14}$"))
    ewc_code = fields.String(required=True, validate=validate.Regexp(r"^\d{6}$", error="An EWC code has six digits."))
    gross_kg = fields.Integer(required=True, strict=True, validate=validate.Range(0, LARGEST_KG))
    tare_kg = fields.Integer(required=True, strict=True, validate=validate.Range(0, LARGEST_KG))
    net_kg = fields.Integer(required=True, strict=True, validate=validate.Range(-LARGEST_KG, LARGEST_KG))
    first_weighed_at = fields.AwareDateTime(required=True, format="iso", default_timezone=LONDON)
    second_weighed_at = fields.AwareDateTime(required=True, format="iso", default_timezone=LONDON)

    @pre_load
    def tidy(self, data: Any, **_options: Any) -> Any:
        """Write codes the one way that they are stored."""
        if not isinstance(data, Mapping):
            return data
        tidied = {name: value.strip() if isinstance(value, str) else value for name, value in data.items()}
        for name, plain in (("ewc_code", plain_ewc), ("vehicle_registration", plain_vehicle)):
            if isinstance(tidied.get(name), str):
                tidied[name] = plain(tidied[name])
        return {**tidied, "tip_id": tidied.get("tip_id") or None}

    @post_load
    def weighing(self, data: Mapping[str, Any], **_options: Any) -> Weighing:
        """Return the ticket's contents."""
        return Weighing(**data)


class VoidBody(Schema):
    """Why a ticket no longer counts."""

    reason = fields.String(required=True, validate=validate.OneOf(tuple(VOID_REASONS)))


class ShareItem(Schema):
    """A job's share of the net weight."""

    job_id = fields.String()
    report_id = fields.String(allow_none=True)
    reference = fields.String(allow_none=True)
    ward = fields.String()
    neighbourhood = fields.String()
    estimated_kg = fields.Integer()
    weighed_kg = fields.Integer()


class WarningItem(Schema):
    """Something odd about a ticket that stands all the same."""

    code = fields.String()
    text = fields.String()


class TicketItem(Schema):
    """A recorded ticket."""

    id = fields.String()
    href = fields.String()
    ticket_number = fields.String()
    site_id = fields.String()
    tip_id = fields.String(allow_none=True)
    vehicle_registration = fields.String()
    ewc_code = fields.String()
    material = fields.String()
    stream = fields.String()
    is_recycled = fields.Boolean()
    gross_kg = fields.Integer()
    tare_kg = fields.Integer()
    net_kg = fields.Integer()
    first_weighed_at = fields.AwareDateTime(format="iso")
    second_weighed_at = fields.AwareDateTime(format="iso")
    booked_on = fields.Date()
    state = fields.String()
    void_reason = fields.String(allow_none=True)
    is_reconciled = fields.Boolean()
    shares = fields.List(fields.Nested(ShareItem))
    warnings = fields.List(fields.Nested(WarningItem))
    version = fields.Integer()


class TicketList(Schema):
    """A page of tickets."""

    items = fields.List(fields.Nested(TicketItem))
    next = fields.String(allow_none=True)


class TicketQuery(Schema):
    """What a list of tickets is narrowed to: `what` is material:<code>, stream:<code>, origin:<code> or a set."""

    what = fields.String(load_default="")
    site_id = fields.String(load_default="")
    status = fields.String(load_default="", validate=validate.OneOf(("", "recorded", "awaits-tip", "voided")))


def ticket_item(ticket: Ticket) -> Mapping[str, Any]:
    """Return a ticket as the API gives it."""
    return {
        "id": ticket.id,
        "href": f"/tonnage/tickets/{ticket.id}",
        **asdict(ticket.weighing),
        "material": ticket.material,
        "stream": ticket.stream,
        "is_recycled": ticket.is_recycled,
        "booked_on": ticket.booked_on,
        "state": ticket.state,
        "void_reason": ticket.void_reason,
        "is_reconciled": ticket.is_reconciled,
        "shares": [asdict(share) for share in ticket.shares],
        "warnings": [{"code": code, "text": WARNINGS[code]} for code in ticket.warnings],
        "version": ticket.version,
    }
