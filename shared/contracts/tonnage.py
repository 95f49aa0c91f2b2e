"""Events of the tonnage service: weighbridge tickets, waste tracking receipts, reporting periods."""

from shared.contracts.base import (
    FLEET,
    Contract,
    Part,
    code,
    contract,
    day,
    each,
    flag,
    identifier,
    instant,
    part,
    whole,
)
from shared.contracts.codes import TICKET_STATES


class SharePart(Part):
    """A job's share of a ticket's net weight, by its share of the estimated load (largest remainders)."""

    job_id = identifier()
    report_id = identifier(nullable=True)
    reference = identifier(nullable=True)
    ward = identifier()
    neighbourhood = identifier()
    estimated_kg = whole()
    weighed_kg = whole()


class TicketState(Part):
    """The whole public state of a weighbridge ticket."""

    ticket_id = identifier()
    ticket_number = identifier()
    site_id = identifier()
    tip_id = identifier(nullable=True)
    vehicle_registration = identifier(data_class=FLEET)
    ewc_code = identifier()
    material = code()
    stream = code()
    is_recycled = flag()
    gross_kg = whole()
    tare_kg = whole()
    net_kg = whole()
    first_weighed_at = instant()
    second_weighed_at = instant()
    booked_on = day()
    state = code(TICKET_STATES)
    superseded_by = identifier(nullable=True)
    shares = each(part(SharePart))


class TicketContract(Contract):
    """Base of the events of a ticket."""

    state = part(TicketState)


@contract("ticket.recorded.v1", producer="tonnage", aggregate="ticket")
class TicketRecordedV1(TicketContract):
    """A weighbridge ticket was recorded; booked to the London date of the second weighing."""


@contract("ticket.reconciled.v1", producer="tonnage", aggregate="ticket")
class TicketReconciledV1(TicketContract):
    """The ticket met its tip: the net weight is shared over the jobs, and estimates give way to it."""


@contract("ticket.voided.v1", producer="tonnage", aggregate="ticket")
class TicketVoidedV1(TicketContract):
    """The ticket no longer counts; it is never deleted."""

    reason = code(("entered-twice", "wrong-weight", "wrong-vehicle", "other"))


class ReceiptState(Part):
    """The whole public state of a Digital Waste Tracking receipt."""

    receipt_id = identifier()
    ticket_id = identifier()
    state = code(("due", "submitted", "rejected"))
    waste_tracking_id = identifier(nullable=True)
    due_by = instant()


@contract("receipt.submitted.v1", producer="tonnage", aggregate="receipt")
class ReceiptSubmittedV1(Contract):
    """Defra's waste tracking service took the receipt."""

    state = part(ReceiptState)


@contract("receipt.rejected.v1", producer="tonnage", aggregate="receipt")
class ReceiptRejectedV1(Contract):
    """Defra's waste tracking service refused the receipt."""

    state = part(ReceiptState)
    error_types = each(code())


class PeriodState(Part):
    """The whole public state of a reporting period."""

    period_id = identifier()
    starts_on = day()
    ends_on = day()
    state = code(("locked", "restated"))


@contract("period.locked.v1", producer="tonnage", aggregate="period")
class PeriodLockedV1(Contract):
    """The figures of a period were published and are fixed."""

    state = part(PeriodState)


@contract("period.restated.v1", producer="tonnage", aggregate="period")
class PeriodRestatedV1(Contract):
    """A published period's figures were corrected."""

    state = part(PeriodState)
