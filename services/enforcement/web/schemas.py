"""What the JSON API of enforcement takes and gives. The person that a notice is for is in none of it."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from marshmallow import Schema, fields, validate

from services.enforcement.domain.case import Case
from services.enforcement.domain.notice import CANCEL_REASONS, PAYMENT_METHODS, SERVICE_METHODS, Notice
from services.enforcement.store import STATES_SHOWN

LARGEST_PENCE = 100_000_000


class CaseQuery(Schema):
    """Which cases: those of a report, or of a state, or `open` for all that are not closed; without either, all."""

    state = fields.String(load_default="", validate=validate.OneOf(("", *STATES_SHOWN)))
    reference = fields.String(load_default="", validate=validate.Length(max=40))


class NoticeBody(Schema):
    """A notice to issue; the tier may be left out where the tariff has none."""

    offence_code = fields.String(required=True, validate=validate.Length(1, 60))
    tier = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=60))
    amount_pence = fields.Integer(required=True, strict=True, validate=validate.Range(0, LARGEST_PENCE))


class PaymentBody(Schema):
    """Money that came in for a notice."""

    amount_pence = fields.Integer(required=True, strict=True, validate=validate.Range(0, LARGEST_PENCE))
    paid_on = fields.Date(required=True)
    method = fields.String(load_default="card", validate=validate.OneOf(tuple(PAYMENT_METHODS)))


class RecipientBody(Schema):
    """Whom a notice is for."""

    name = fields.String(required=True, validate=validate.Length(1, 120))
    address = fields.String(required=True, validate=validate.Length(1, 400))


class ServiceBody(Schema):
    """When and how a notice reached the person."""

    served_on = fields.Date(required=True)
    how = fields.String(required=True, validate=validate.OneOf(tuple(SERVICE_METHODS)))


class CancelBody(Schema):
    """Why a notice no longer holds."""

    reason = fields.String(required=True, validate=validate.OneOf(tuple(CANCEL_REASONS)))


class ExhibitItem(Schema):
    """An exhibit, without its contents."""

    label = fields.String()
    holds = fields.String()
    source = fields.String()
    parcel_key = fields.String()
    sealed_at = fields.AwareDateTime(format="iso")
    received_at = fields.AwareDateTime(format="iso")
    files = fields.Integer()


class CaseItem(Schema):
    """A case."""

    id = fields.String()
    href = fields.String()
    number = fields.String()
    state = fields.String()
    result = fields.String(allow_none=True)
    references = fields.List(fields.String())
    report_ids = fields.List(fields.String())
    job_ids = fields.List(fields.String())
    evidence_count = fields.Integer()
    exhibits = fields.List(fields.Nested(ExhibitItem))
    notice_ids = fields.List(fields.String())
    opened_at = fields.AwareDateTime(format="iso")
    closed_at = fields.AwareDateTime(format="iso", allow_none=True)
    version = fields.Integer()


class CaseList(Schema):
    """A page of cases."""

    items = fields.List(fields.Nested(CaseItem))
    next = fields.String(allow_none=True)


class PaymentItem(Schema):
    """A payment."""

    id = fields.String()
    amount_pence = fields.Integer()
    paid_on = fields.Date()
    method = fields.String()


class NoticeItem(Schema):
    """A notice."""

    id = fields.String()
    href = fields.String()
    public_path = fields.String(metadata={"description": "The recipient’s page; as secret as the paper."})
    serial = fields.String()
    case_id = fields.String()
    offence_code = fields.String()
    tier = fields.String(allow_none=True)
    statute = fields.String()
    amount_pence = fields.Integer()
    paid_pence = fields.Integer()
    left_pence = fields.Integer()
    state = fields.String()
    overdue = fields.Boolean()
    issued_on = fields.Date()
    pay_by = fields.Date()
    served_on = fields.Date(allow_none=True)
    paid_on = fields.Date(allow_none=True)
    has_recipient = fields.Boolean()
    payments = fields.List(fields.Nested(PaymentItem))
    version = fields.Integer()


def case_item(case: Case) -> Mapping[str, Any]:
    """Return a case as the API gives it."""
    names = (
        "id",
        "number",
        "state",
        "result",
        "references",
        "report_ids",
        "job_ids",
        "opened_at",
        "closed_at",
        "version",
    )
    shown = ("label", "holds", "source", "parcel_key", "sealed_at", "received_at")
    exhibits = [
        {**{name: getattr(exhibit, name) for name in shown}, "files": len(exhibit.files)} for exhibit in case.exhibits
    ]
    return {
        **{name: getattr(case, name) for name in names},
        "href": f"/enforcement/cases/{case.id}",
        "evidence_count": len(case.exhibits),
        "exhibits": exhibits,
        "notice_ids": [mark.notice_id for mark in case.notices],
    }


def notice_item(notice: Notice, today: date) -> Mapping[str, Any]:
    """Return a notice as the API gives it."""
    names = (
        "id", "serial", "case_id", "offence_code", "tier", "amount_pence", "paid_pence", "state", "issued_on", "pay_by",
        "served_on", "paid_on", "version",
    )  # fmt: skip
    return {
        **{name: getattr(notice, name) for name in names},
        "href": f"/enforcement/notices/{notice.id}",
        "public_path": f"/notice/{notice.public_code}",
        "statute": notice.law.statute,
        "left_pence": notice.left_pence(today),
        "overdue": notice.is_overdue,
        "has_recipient": notice.recipient is not None,
        "payments": [asdict(payment) for payment in notice.payments],
    }
