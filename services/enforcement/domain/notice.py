"""A fixed penalty notice: its amount, its clocks, and its way from issue to payment.

The law of the day of issue is written into the notice, because a notice is judged by the law of its own day however the
tables change later. The 14 days run from the date of the notice, never from service (EPA 1990 s33ZA(4)). A notice is an
allegation: who received it is known to enforcement alone, and nothing of it reaches an event.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from shared.contracts.base import Fact
from shared.contracts.enforcement import (
    NoticeCancelledV1,
    NoticeCopiedV1,
    NoticeIssuedV1,
    NoticeOverdueV1,
    NoticePaidV1,
    NoticeServedV1,
)
from shared.council import TariffEntry
from shared.errors import DomainError, Forbidden
from shared.ids import derived_id
from shared.law import Offence, check_amount, early_by, pay_by, pounds

CANCEL_REASONS: Mapping[str, str] = {
    "wrong-person": "It was given to the wrong person",
    "insufficient-evidence": "The evidence is not enough",
    "not-in-public-interest": "It is not in the public interest",
    "issued-in-error": "It was issued in error",
}
SERVICE_METHODS: Mapping[str, str] = {
    "by-hand": "Handed to the person",
    "post": "First class post",
    "left-at-address": "Left at the address",
}
PAYMENT_METHODS: Mapping[str, str] = {
    "card": "Card",
    "bank-transfer": "Bank transfer",
    "cheque": "Cheque or postal order",
}
CIVIL_PENALTY = "civil-penalty"
PAYABLE_STATES = frozenset({"issued", "served"})
OPEN_STATES = frozenset({"draft", "issued", "served"})


@dataclass(frozen=True)
class Recipient:
    """The person that the notice is for. Kept in this document and nowhere else."""

    name: str = field(repr=False)
    address: str = field(repr=False)


@dataclass(frozen=True)
class Law:
    """The law and tariff that the notice was issued under, as they stood that day."""

    offence_name: str
    provision: str
    statute: str
    min_pence: int
    max_pence: int
    pay_days: int
    source: str
    unverified: tuple[str, ...]
    tariff_name: str
    tariff_source: str
    tariff_verified: bool
    copies_to: tuple[str, ...]


@dataclass(frozen=True)
class Payment:
    """Money that came in; `id` follows from the request's key, so that a repeated request is the same payment."""

    id: str
    amount_pence: int
    paid_on: date
    method: str
    recorded_at: datetime
    recorded_by: str


@dataclass(frozen=True)
class Notice:
    """A notice about one offence of one case."""

    id: str
    version: int
    sequence: int
    serial: str
    public_code: str = field(repr=False)
    request_key: str
    case_id: str
    case_number: str
    report_ids: tuple[str, ...]
    correlation_id: str
    offence_code: str
    tier: str | None
    law: Law
    amount_pence: int
    early_pence: int | None
    early_by: date | None
    state: str
    issued_on: date
    issued_at: datetime
    pay_by: date
    officer_id: str
    recipient: Recipient | None = field(default=None, repr=False)
    particulars: str = field(default="", repr=False)
    served_on: date | None = None
    served_how: str | None = None
    served_by: str | None = None
    payments: tuple[Payment, ...] = ()
    paid_on: date | None = None
    is_overdue: bool = False
    overdue_at: datetime | None = None
    is_represented: bool = False
    cancelled_on: date | None = None
    cancelled_reason: str | None = None
    cancelled_by: str | None = None
    copied_to: tuple[str, ...] = ()
    copied_on: date | None = None
    erased_at: datetime | None = None
    """When whom it is for was erased."""

    @property
    def paid_pence(self) -> int:
        """What has come in so far."""
        return sum(payment.amount_pence for payment in self.payments)

    @property
    def can_be_paid(self) -> bool:
        """Say whether money is still expected."""
        return self.state in PAYABLE_STATES

    @property
    def falls_due(self) -> bool:
        """Say whether the clock of this notice still has to strike."""
        return self.state == "served" and not self.is_overdue

    def due_pence(self, on: date) -> int:
        """Return what pays the notice off if it is paid on a day, what came in before included."""
        in_time = (
            self.early_by is not None and max([on, *(payment.paid_on for payment in self.payments)]) <= self.early_by
        )
        return self.early_pence if in_time and self.early_pence is not None else self.amount_pence

    def left_pence(self, on: date) -> int:
        """Return what is still to pay if it is paid on a day."""
        return max(0, self.due_pence(on) - self.paid_pence) if self.can_be_paid else 0


def notice_id(case_id: str, offence_code: str) -> str:
    """Return the id of the one notice that a case can have for an offence.

    Inserting under it is what bars a second notice for the same offence (EPA 1990 s34ZA(3)).
    """
    return derived_id("notice", derived_id("offence", case_id, offence_code))


def check_tariff(offence: Offence, entry: TariffEntry, amount_pence: int) -> None:
    """Accept the amount that statute and tariff both allow; raises `DomainError` quoting the section."""
    if offence.kind == CIVIL_PENALTY:
        raise DomainError(
            f"{offence.statute} is a civil penalty with a procedure of its own: "
            "it can’t be asked for by a fixed penalty notice",
            field="offence_code",
            rule=offence.statute,
        )
    check_amount(offence, amount_pence)
    if amount_pence != entry.amount_pence:
        tier = f" ({entry.name[0].lower()}{entry.name[1:]})" if entry.tier else ""
        raise DomainError(
            f"The council’s tariff for {offence.name.lower()}{tier} is {pounds(entry.amount_pence)}, "
            f"set under {offence.statute}; {pounds(amount_pence)} is outside it",
            field="amount_pence",
            rule=offence.statute,
        )
    check_amount(offence, amount_pence, early_pence=entry.early_pence, early_days=entry.early_days)


def issue(
    *,
    new_id: str,
    case_id: str,
    case_number: str,
    report_ids: tuple[str, ...],
    correlation_id: str,
    offence: Offence,
    entry: TariffEntry,
    amount_pence: int,
    serial: str,
    public_code: str,
    request_key: str,
    officer_id: str,
    recipient: Recipient | None,
    particulars: str,
    issued_on: date,
    at: datetime,
) -> tuple[Notice, list[Fact]]:
    """Return the issued notice; raises `DomainError` where tariff or statute do not allow the amount."""
    check_tariff(offence, entry, amount_pence)
    notice = Notice(
        id=new_id,
        version=0,
        sequence=0,
        serial=serial,
        public_code=public_code,
        request_key=request_key,
        case_id=case_id,
        case_number=case_number,
        report_ids=report_ids,
        correlation_id=correlation_id,
        offence_code=offence.code,
        tier=entry.tier,
        law=Law(
            offence_name=offence.name,
            provision=offence.provision,
            statute=offence.statute,
            min_pence=offence.min_pence,
            max_pence=offence.max_pence,
            pay_days=offence.pay_days,
            source=offence.source,
            unverified=offence.unverified,
            tariff_name=entry.name,
            tariff_source=entry.provenance.source,
            tariff_verified=entry.provenance.verified,
            copies_to=offence.copies_to,
        ),
        amount_pence=amount_pence,
        early_pence=entry.early_pence,
        early_by=early_by(issued_on, entry.early_days) if entry.early_pence is not None and entry.early_days else None,
        state="issued",
        issued_on=issued_on,
        issued_at=at,
        pay_by=pay_by(offence, issued_on),
        officer_id=officer_id,
        recipient=recipient,
        particulars=particulars,
    )
    return notice, [NoticeIssuedV1.fact()]


def name_recipient(notice: Notice, recipient: Recipient) -> Notice:
    """Return the notice with the person that it is for; fixed once it is served."""
    if notice.state != "issued":
        raise DomainError("The recipient can be changed only before the notice is served", field="name")
    return replace(notice, recipient=recipient)


def serve(notice: Notice, *, on: date, how: str, by: str, today: date) -> tuple[Notice, list[Fact]]:
    """Record that the notice reached the person; the same service again changes nothing."""
    if how not in SERVICE_METHODS:
        raise DomainError("Select how the notice was served", field="how")
    if notice.state == "served" and (notice.served_on, notice.served_how) == (on, how):
        return notice, []
    if notice.state != "issued":
        raise DomainError(f"A notice that is {notice.state} can’t be served", field="served_on")
    if notice.recipient is None:
        raise DomainError("Add the person’s name and address before the notice is served", field="served_on")
    if not notice.issued_on <= on <= today:
        raise DomainError(
            f"The day of service must be from {notice.issued_on:%-d %B %Y}, the date of the notice, to today",
            field="served_on",
        )
    served = replace(notice, state="served", served_on=on, served_how=how, served_by=by)
    return served, [NoticeServedV1.fact()]


def pay(
    notice: Notice,
    *,
    payment_id: str,
    amount_pence: int,
    paid_on: date,
    method: str,
    today: date,
    at: datetime,
    by: str,
) -> tuple[Notice, list[Fact]]:
    """Record a payment, in part or in full; the same payment again changes nothing.

    Raises `DomainError` for more than is due, or a day before the notice or after today.
    """
    if any(payment.id == payment_id for payment in notice.payments):
        return notice, []
    if not notice.can_be_paid:
        raise DomainError(f"This notice is {notice.state}: no payment can be recorded", field="amount_pence")
    if amount_pence <= 0:
        raise DomainError("The payment must be more than £0", field="amount_pence")
    if not notice.issued_on <= paid_on <= today:
        raise DomainError(
            f"The day of payment must be from {notice.issued_on:%-d %B %Y}, the date of the notice, to today",
            field="paid_on",
        )
    most = notice.amount_pence - notice.paid_pence
    if amount_pence > most:
        raise DomainError(f"Only {pounds(most)} of this notice is still to pay", field="amount_pence")
    payment = Payment(payment_id, amount_pence, paid_on, method, at, by)
    paid = replace(notice, payments=(*notice.payments, payment))
    if paid.paid_pence < notice.due_pence(paid_on):
        return paid, []
    return replace(paid, state="paid", paid_on=paid_on), [NoticePaidV1.fact()]


def cancel(notice: Notice, *, reason: str, by: str, on: date) -> tuple[Notice, list[Fact]]:
    """Cancel a notice, or withdraw it once served; never by the officer who issued it."""
    if reason not in CANCEL_REASONS:
        raise DomainError("Select why the notice is cancelled", field="reason")
    if notice.state in {"cancelled", "withdrawn"}:
        return notice, []
    if notice.state not in OPEN_STATES:
        raise DomainError(f"A notice that is {notice.state} can’t be cancelled", field="reason")
    if by == notice.officer_id:
        raise Forbidden("Another officer than the one who issued the notice must decide to cancel it", field="reason")
    state = "withdrawn" if notice.state == "served" else "cancelled"
    cancelled = replace(notice, state=state, cancelled_on=on, cancelled_reason=reason, cancelled_by=by)
    return cancelled, [NoticeCancelledV1.fact(reason=reason)]


def mark_overdue(notice: Notice, *, today: date, at: datetime) -> tuple[Notice, list[Fact]]:
    """Mark a served notice whose period has passed without payment in full; anything else stays as it is."""
    if not notice.falls_due or today <= notice.pay_by:
        return notice, []
    return replace(notice, is_overdue=True, overdue_at=at), [NoticeOverdueV1.fact()]


def copy_to(notice: Notice, recipient: str, *, on: date) -> tuple[Notice, list[Fact]]:
    """Record that the copy which statute asks for was made; once."""
    if recipient in notice.copied_to or recipient not in notice.law.copies_to:
        return notice, []
    copied = replace(notice, copied_to=(*notice.copied_to, recipient), copied_on=on)
    return copied, [NoticeCopiedV1.fact(recipient=recipient)]


def public_state(notice: Notice) -> Mapping[str, Any]:
    """Return what the notice's events say of it: no person, no code of the public page."""
    return {
        "notice_id": notice.id,
        "serial": notice.serial,
        "case_id": notice.case_id,
        "report_ids": list(notice.report_ids),
        "offence_code": notice.offence_code,
        "tier": notice.tier,
        "amount_pence": notice.amount_pence,
        "state": notice.state,
        "issued_on": notice.issued_on,
        "pay_by": notice.pay_by,
        "served_on": notice.served_on,
        "paid_on": notice.paid_on,
        "paid_pence": notice.paid_pence,
        "overdue": notice.is_overdue,
        "represented": notice.is_represented,
        "officer_id": notice.officer_id,
    }
