"""What the tonnage service does: records and voids tickets, and keeps tips, totals and estimates in step with them.

Only the ticket decides. Everything else here (which tip has its ticket, what a day's total is, which collected waste is
still unweighed) is worked out again from the tickets when one of them changes, in answer to the ticket's own event.
"""

from dataclasses import replace
from datetime import UTC

from services.tonnage.domain.ticket import (
    Load,
    Ticket,
    Tip,
    Vehicle,
    Weighing,
    plain_registration,
    reconcile,
    record,
    ticket_id,
    void,
)
from services.tonnage.store import (
    COLLECTED,
    TICKETS,
    TOTALS,
    VEHICLES,
    tickets,
    tips,
    vehicle_by_registration,
    weighed,
)
from shared.clock import truncated
from shared.contracts.envelope import Cause, Event
from shared.council import Material, Site
from shared.errors import Conflict, DomainError, Duplicate, NotFound
from shared.service import ServiceContext
from shared.store import reload_on_conflict
from shared.store.paging import every
from shared.store.port import Document

MAX_REVISIONS = 50
"""How often one ticket number may be voided and entered again: more is a fault in somebody's program."""


class AlreadyRecorded(Duplicate):
    """Another ticket stands under this number, or for this tip; the text is for whoever entered it."""

    def __init__(self, message: str, *, field: str, ticket: Ticket) -> None:
        super().__init__(TICKETS.name, ticket.id)
        self.message = message
        self.field = field
        self.ticket = ticket


@reload_on_conflict
def record_ticket(ctx: ServiceContext, weighing: Weighing, *, by: str, cause: Cause) -> tuple[Ticket, bool]:
    """Record a ticket and return it, and whether it is new; the same ticket again is the same answer.

    Raises `DomainError` for what can't be, `AlreadyRecorded` for another ticket under the number or for the tip.
    """
    weighing = replace(
        weighing,
        first_weighed_at=truncated(weighing.first_weighed_at.astimezone(UTC)),
        second_weighed_at=truncated(weighing.second_weighed_at.astimezone(UTC)),
    )
    known, revision = _standing_entry(ctx, weighing)
    if known is not None:
        return known, False
    tip = tips(ctx.store).get(weighing.tip_id) if weighing.tip_id else None
    ticket, facts = record(
        weighing,
        revision=revision,
        site=_site(ctx, weighing.site_id),
        material=_material(ctx, weighing.ewc_code),
        vehicle=_vehicle(ctx, weighing.vehicle_registration),
        tip=tip,
        at=ctx.clock.now(),
        latest=ctx.clock.latest(),
        by=by,
    )
    try:
        return tickets(ctx.store).add(ticket, facts, at=ctx.clock.now(), cause=cause), True
    except Duplicate:
        known, _ = _standing_entry(ctx, weighing)
        if known is not None:
            return known, False
        raise _other_ticket_of_tip(ctx, weighing) from None


@reload_on_conflict
def void_ticket(ctx: ServiceContext, ticket_id: str, *, reason: str, note: str, by: str, cause: Cause) -> Ticket:
    """Take a ticket out of every figure; raises `NotFound`."""
    ticket, facts = void(tickets(ctx.store).require(ticket_id), reason=reason, note=note, at=ctx.clock.now(), by=by)
    return tickets(ctx.store).save(ticket, facts, at=ctx.clock.now(), cause=cause) if facts else ticket


def on_vehicle_changed(ctx: ServiceContext, event: Event) -> None:
    """Keep the newest copy of a vehicle, for the warnings on tickets."""
    state = event.state
    document = {
        "_id": state["vehicle_id"],
        "sequence": event.sequence,
        "registration": plain_registration(state["registration"]),
        "shown_registration": state["registration"],
        "payload_kg": state["payload_kg"],
        "tare_kg": state["tare_kg"],
    }
    ctx.store.put_if_newer(VEHICLES.name, document, sequence=event.sequence)


def on_vehicle_tipped(ctx: ServiceContext, event: Event) -> None:
    """Keep the tip, and reconcile a ticket that was there first."""
    tip = Tip(
        id=event.data["tip_id"],
        version=0,
        sequence=0,
        vehicle_id=event.data["vehicle_id"],
        vehicle_registration=event.state["registration"],
        crew_id=event.data["crew_id"],
        site_id=event.data["site_id"],
        tipped_at=event.data["tipped_at"],
        loads=tuple(Load(**{name: load[name] for name in Load.__dataclass_fields__}) for load in event.data["loads"]),
        has_ticket=False,
    )
    # The same tip again, or another worker's: what is there stands.
    if tips(ctx.store).get(tip.id) is None:
        try:
            tips(ctx.store).add(tip, at=ctx.clock.now(), cause=Cause.of(event))
        except Duplicate:
            raise Conflict(f"tip {tip.id} was just inserted") from None
    for ticket in tickets(ctx.store).find({"tip_id": tip.id, "awaits_tip": True})[0]:
        _reconcile(ctx, ticket, event)
    settle_tip(ctx, tip.id, Cause.of(event))


def on_ticket_changed(ctx: ServiceContext, event: Event) -> None:
    """Bring everything that follows from a ticket into step with what the tickets say now."""
    ticket = tickets(ctx.store).require(event.subject)
    _reconcile(ctx, ticket, event)
    recompute_total(ctx, tickets(ctx.store).require(event.subject))
    if ticket.weighing.tip_id is not None:
        settle_tip(ctx, ticket.weighing.tip_id, Cause.of(event))


def on_job_completed(ctx: ServiceContext, event: Event) -> None:
    """Keep what a job is estimated to have collected, until a ticket says what it weighed."""
    state = event.state
    if not state["estimated_kg"]:
        return
    ewc_code = ctx.council.ewc_by_waste_type.get(state["waste_type"] or "")
    material = ctx.council.materials.get(ewc_code or "")
    document = {
        "_id": state["job_id"],
        "sequence": event.sequence,
        "reference": state["reference"],
        "completed_at": state["completed_at"] or event.time,
        "material": material.material if material else "unknown",
        "waste_type": state["waste_type"],
        "ward": state["ward"],
        "neighbourhood": state["neighbourhood"],
        "estimated_kg": state["estimated_kg"],
        "waiting": state["job_id"] not in weighed(ctx.store, [state["job_id"]]),
    }
    ctx.store.put_if_newer(COLLECTED.name, document, sequence=event.sequence)
    # A ticket recorded between the look and the put has not seen this copy: look again now that it is there.
    settle_job(ctx, state["job_id"])


def recompute_total(ctx: ServiceContext, ticket: Ticket) -> None:
    """Add up the total that a ticket counts in, from all its tickets; raises `Conflict` if another did just now."""
    day, site_id, material, origin = ticket.bucket
    total_id = "|".join(ticket.bucket)
    # Loaded before the tickets are read: whoever saves in between makes this save fail, and it is done again.
    known = ctx.store.get(TOTALS.name, total_id)
    members = list(every(ctx.store, TICKETS.name, {"bucket": total_id, "standing": True}, fields=("net_kg",)))
    document: Document = {
        "_id": total_id,
        "day": day,
        "site_id": site_id,
        "material": material,
        "stream": ticket.stream,
        "origin": origin,
        "is_recycled": ticket.is_recycled,
        "is_household": ticket.is_household,
        "net_kg": sum(member["net_kg"] for member in members),
        "tickets": len(members),
    }
    if known is None:
        try:
            ctx.store.insert(TOTALS.name, document)
        except Duplicate:
            raise Conflict(f"total {total_id} was just inserted") from None
    elif any(known[name] != document[name] for name in document):
        ctx.store.save(TOTALS.name, document, expected_version=known["version"])


def settle_tip(ctx: ServiceContext, tip_id: str, cause: Cause) -> None:
    """Mark a tip as weighed or not, and its jobs, as the tickets stand; raises `Conflict` to be called again."""
    tip = tips(ctx.store).get(tip_id)
    if tip is None:
        return
    has_ticket = _ticket_of_tip(ctx, tip_id) is not None
    if tip.has_ticket != has_ticket:
        tips(ctx.store).save(replace(tip, has_ticket=has_ticket), at=ctx.clock.now(), cause=cause)
    for load in tip.loads:
        settle_job(ctx, load.job_id)


def settle_job(ctx: ServiceContext, job_id: str) -> None:
    """Mark what a job collected as waiting for the scale or not, as the tickets stand."""
    copy = ctx.store.get(COLLECTED.name, job_id)
    if copy is None:
        return
    waiting = job_id not in weighed(ctx.store, [job_id])
    if copy["waiting"] != waiting:
        ctx.store.save(COLLECTED.name, {**copy, "waiting": waiting}, expected_version=copy["version"])


def _reconcile(ctx: ServiceContext, ticket: Ticket, event: Event) -> None:
    """Share a waiting ticket's weight over its tip's loads, if the tip is known by now."""
    tip = tips(ctx.store).get(ticket.weighing.tip_id) if ticket.awaits_tip and ticket.weighing.tip_id else None
    if tip is None:
        return
    reconciled, facts = reconcile(ticket, tip)
    tickets(ctx.store).save(reconciled, facts, at=ctx.clock.now(), cause=Cause.of(event))


def _standing_entry(ctx: ServiceContext, weighing: Weighing) -> tuple[Ticket | None, int]:
    """Return this very ticket if it was recorded before, else the revision under which it is to be recorded.

    Raises `AlreadyRecorded` where a ticket with other contents stands under the number.
    """
    for revision in range(1, MAX_REVISIONS + 1):
        known = tickets(ctx.store).get(ticket_id(weighing.site_id, weighing.ticket_number, revision))
        if known is None:
            return None, revision
        if known.weighing == weighing:
            return known, revision
        if known.is_standing:
            raise AlreadyRecorded(
                f"Ticket {weighing.ticket_number} of this site is already recorded, with other details. "
                "Void it first if it is wrong.",
                field="ticket_number",
                ticket=known,
            )
    raise DomainError(
        f"Ticket {weighing.ticket_number} was voided too often to be entered again", field="ticket_number"
    )


def _other_ticket_of_tip(ctx: ServiceContext, weighing: Weighing) -> Exception:
    """Return the refusal of a second ticket for one tip."""
    other = _ticket_of_tip(ctx, weighing.tip_id) if weighing.tip_id else None
    if other is None:  # voided in the same moment: entering it again will do
        return Conflict(f"ticket {weighing.ticket_number} met another one that is gone by now")
    return AlreadyRecorded(
        f"Ticket {other.weighing.ticket_number} is already recorded for this tip. Void it first if it is wrong.",
        field="tip_id",
        ticket=other,
    )


def _ticket_of_tip(ctx: ServiceContext, tip_id: str) -> Ticket | None:
    """Return the standing ticket of a tip."""
    return tickets(ctx.store).find_one({"tip_id": tip_id, "holds_tip": True})


def _vehicle(ctx: ServiceContext, registration: str) -> Vehicle | None:
    """Return what is known of a vehicle by its registration."""
    copy = vehicle_by_registration(ctx.store, registration)
    return Vehicle(copy["registration"], copy["payload_kg"], copy["tare_kg"]) if copy else None


def _site(ctx: ServiceContext, site_id: str) -> Site:
    """Return the site; raises `DomainError` naming the field."""
    try:
        return ctx.council.site(site_id)
    except NotFound:
        raise DomainError("Select one of the council’s disposal sites", field="site_id") from None


def _material(ctx: ServiceContext, ewc_code: str) -> Material:
    """Return the material; raises `DomainError` naming the field."""
    try:
        return ctx.council.material(ewc_code)
    except NotFound:
        raise DomainError(f"EWC {ewc_code} is not among the council’s materials", field="ewc_code") from None
