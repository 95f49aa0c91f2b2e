"""A weighbridge ticket: what may be recorded, how it meets its tip, and how it stops counting.

A ticket is a legal record of another party's scale. So it is checked when it is entered, never corrected afterwards: a
wrong one is voided, with a reason, and entered again as the next revision of the same number. What is odd but possible
(a weight that the scale could not have shown, a lorry heavier than it may be) is recorded with a warning, because
refusing it would only hide it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from services.tonnage.domain.allocation import allocate
from shared.calendar import london_date
from shared.contracts.base import Fact
from shared.contracts.tonnage import TicketReconciledV1, TicketRecordedV1, TicketVoidedV1
from shared.council import Material, Site
from shared.errors import DomainError
from shared.ids import derived_id

SCALE_INTERVAL_KG = 10
"""Public weighbridges show multiples of 20 kg, some of 10: another weight was typed, not weighed."""
MAX_GROSS_KG = 60_000
"""Above the 44 tonnes of the heaviest lorry on British roads, with room for what should not have been there."""
TARE_DRIFT_PERCENT = 3
CLOCK_TOLERANCE = timedelta(hours=24)
LONG_VISIT = timedelta(hours=4)

VOID_REASONS: Mapping[str, str] = {
    "entered-twice": "It was entered twice",
    "wrong-weight": "A weight is wrong",
    "wrong-vehicle": "It belongs to another vehicle or tip",
    "other": "Another reason",
}

WARNINGS: Mapping[str, str] = {
    "odd-weight": "A weight is not a multiple of 10 kg, which weighbridges normally show",
    "over-payload": "The net weight is more than the vehicle’s payload",
    "tare-drift": "The tare differs by more than 3% from the vehicle’s own",
    "other-vehicle": "The registration is not that of the vehicle that tipped",
    "other-site": "The tip was recorded at another site",
    "long-visit": "More than four hours lie between the weighings",
    "future": "The weighing lies in the future",
}

FROM_STREETS, FROM_COLLECTIONS = "fly-tip", "collection"
"""Where the waste comes from: a tip of crews that cleared reports, or a load without one."""


@dataclass(frozen=True)
class Weighing:
    """What is printed on the ticket. `tip_id` says which tip of a crew it weighed, None for any other load."""

    ticket_number: str
    site_id: str
    tip_id: str | None
    vehicle_registration: str
    ewc_code: str
    gross_kg: int
    tare_kg: int
    net_kg: int
    first_weighed_at: datetime
    second_weighed_at: datetime


@dataclass(frozen=True)
class Vehicle:
    """What is known of the vehicle on the scale, for the warnings."""

    registration: str
    payload_kg: int
    tare_kg: int


@dataclass(frozen=True)
class Load:
    """One job's part of what was tipped, as estimated."""

    job_id: str
    report_id: str | None
    reference: str | None
    ward: str
    neighbourhood: str
    estimated_kg: int


@dataclass(frozen=True)
class Tip:
    """A vehicle emptied at a site; `has_ticket` follows the tickets."""

    id: str
    version: int
    sequence: int
    vehicle_id: str
    vehicle_registration: str
    crew_id: str | None
    site_id: str
    tipped_at: datetime
    loads: tuple[Load, ...]
    has_ticket: bool

    @property
    def estimated_kg(self) -> int:
        """What the crew estimated all loads to weigh."""
        return sum(load.estimated_kg for load in self.loads)


@dataclass(frozen=True)
class Share:
    """A job's share of the net weight, beside its estimate."""

    job_id: str
    report_id: str | None
    reference: str | None
    ward: str
    neighbourhood: str
    estimated_kg: int
    weighed_kg: int


@dataclass(frozen=True)
class Ticket:
    """A recorded ticket. `revision` counts the entries of one number at one site; only the last can be standing."""

    id: str
    version: int
    sequence: int
    revision: int
    weighing: Weighing
    material: str
    stream: str
    is_recycled: bool
    is_household: bool
    booked_on: date
    state: str
    shares: tuple[Share, ...]
    is_reconciled: bool
    warnings: tuple[str, ...]
    recorded_at: datetime
    recorded_by: str
    void_reason: str | None = None
    void_note: str = ""
    voided_at: datetime | None = None
    voided_by: str | None = None

    @property
    def is_standing(self) -> bool:
        """Say whether the ticket counts."""
        return self.state == "recorded"

    @property
    def awaits_tip(self) -> bool:
        """Say whether the ticket names a tip that has not been heard of yet."""
        return self.is_standing and self.weighing.tip_id is not None and not self.is_reconciled

    @property
    def origin(self) -> str:
        """Where the waste comes from."""
        return FROM_STREETS if self.weighing.tip_id else FROM_COLLECTIONS

    @property
    def bucket(self) -> tuple[str, str, str, str]:
        """The total that the ticket counts in: day, site, material, origin."""
        return (self.booked_on.isoformat(), self.weighing.site_id, self.material, self.origin)


def ticket_id(site_id: str, ticket_number: str, revision: int = 1) -> str:
    """Return the id of an entry of a site's ticket number; the first one's is derived from those two alone."""
    return derived_id(site_id, ticket_number) if revision == 1 else derived_id(site_id, ticket_number, revision)


def plain_registration(typed: str) -> str:
    """Return a registration without spaces and in capitals, as they are compared."""
    return "".join(letter for letter in typed.upper() if letter.isalnum())


def record(
    weighing: Weighing,
    *,
    revision: int,
    site: Site,
    material: Material,
    vehicle: Vehicle | None,
    tip: Tip | None,
    at: datetime,
    latest: datetime,
    by: str,
) -> tuple[Ticket, list[Fact]]:
    """Return the ticket recorded `at` a time, reconciled where its tip is known; nobody weighed after `latest`.

    Raises `DomainError` naming the wrong field.
    """
    check(weighing, site=site, material=material, now=latest)
    ticket = Ticket(
        id=ticket_id(weighing.site_id, weighing.ticket_number, revision),
        version=0,
        sequence=0,
        revision=revision,
        weighing=weighing,
        material=material.material,
        stream=material.stream,
        is_recycled=material.is_recycled,
        is_household=material.is_household,
        booked_on=london_date(weighing.second_weighed_at),
        state="recorded",
        shares=(),
        is_reconciled=False,
        warnings=warnings_of(weighing, vehicle=vehicle, now=latest),
        recorded_at=at,
        recorded_by=by,
    )
    facts = [TicketRecordedV1.fact()]
    if tip is None:
        return ticket, facts
    ticket, more = reconcile(ticket, tip)
    return ticket, facts + more


def check(weighing: Weighing, *, site: Site, material: Material, now: datetime) -> None:
    """Refuse a ticket that can't be right, in words for whoever typed it."""
    if weighing.gross_kg > MAX_GROSS_KG:
        raise DomainError(f"The gross weight must be {MAX_GROSS_KG:,} kg or less", field="gross_kg")
    if weighing.tare_kg <= 0:
        raise DomainError("The tare weight must be more than 0 kg", field="tare_kg")
    if weighing.gross_kg <= weighing.tare_kg:
        raise DomainError("The gross weight must be more than the tare weight", field="gross_kg")
    if weighing.net_kg != weighing.gross_kg - weighing.tare_kg:
        net_kg = weighing.gross_kg - weighing.tare_kg
        raise DomainError(
            f"The net weight must be gross minus tare: {weighing.gross_kg:,} − {weighing.tare_kg:,} = {net_kg:,} kg",
            field="net_kg",
        )
    if weighing.second_weighed_at <= weighing.first_weighed_at:
        raise DomainError("The second weighing must be after the first", field="second_weighed_at")
    if weighing.second_weighed_at > now + CLOCK_TOLERANCE:
        raise DomainError("The second weighing must not be in the future", field="second_weighed_at")
    if weighing.ewc_code not in site.ewc_codes:
        raise DomainError(
            f"{site.name} may not take {material.name} (EWC {weighing.ewc_code}): "
            f"its permit {site.permit} does not list it",
            field="ewc_code",
            rule="site-permit",
        )


def warnings_of(weighing: Weighing, *, vehicle: Vehicle | None, now: datetime) -> tuple[str, ...]:
    """Return the codes of what is odd about a ticket that may stand."""
    found = []
    if any(weight % SCALE_INTERVAL_KG for weight in (weighing.gross_kg, weighing.tare_kg)):
        found.append("odd-weight")
    if vehicle and vehicle.payload_kg and weighing.net_kg > vehicle.payload_kg:
        found.append("over-payload")
    if vehicle and abs(weighing.tare_kg - vehicle.tare_kg) * 100 > TARE_DRIFT_PERCENT * vehicle.tare_kg:
        found.append("tare-drift")
    if weighing.second_weighed_at - weighing.first_weighed_at > LONG_VISIT:
        found.append("long-visit")
    if weighing.second_weighed_at > now:
        found.append("future")
    return tuple(found)


def reconcile(ticket: Ticket, tip: Tip) -> tuple[Ticket, list[Fact]]:
    """Share the net weight over the tip's loads; a ticket that no longer waits stays as it is."""
    if not ticket.awaits_tip or tip.id != ticket.weighing.tip_id:
        return ticket, []
    found = list(ticket.warnings)
    if plain_registration(tip.vehicle_registration) != plain_registration(ticket.weighing.vehicle_registration):
        found.append("other-vehicle")
    if tip.site_id != ticket.weighing.site_id:
        found.append("other-site")
    weighed = allocate(ticket.weighing.net_kg, [load.estimated_kg for load in tip.loads])
    shares = tuple(Share(**asdict(load), weighed_kg=kg) for load, kg in zip(tip.loads, weighed, strict=True))
    return (
        replace(ticket, shares=shares, is_reconciled=True, warnings=tuple(found)),
        [TicketReconciledV1.fact()],
    )


def void(ticket: Ticket, *, reason: str, note: str, at: datetime, by: str) -> tuple[Ticket, list[Fact]]:
    """Take the ticket out of every figure, for good; doing it again changes nothing."""
    if reason not in VOID_REASONS:
        raise DomainError("Select why the ticket is void", field="reason")
    if not ticket.is_standing:
        return ticket, []
    voided = replace(ticket, state="voided", void_reason=reason, void_note=note, voided_at=at, voided_by=by)
    return voided, [TicketVoidedV1.fact(reason=reason)]


def public_state(ticket: Ticket) -> Mapping[str, Any]:
    """Return what the ticket's events say of it."""
    return {
        "ticket_id": ticket.id,
        **asdict(ticket.weighing),
        "material": ticket.material,
        "stream": ticket.stream,
        "is_recycled": ticket.is_recycled,
        "booked_on": ticket.booked_on,
        "state": ticket.state,
        # A corrected ticket is the next revision of the number, entered later if ever: its own event says so.
        "superseded_by": None,
        "shares": [asdict(share) for share in ticket.shares],
    }


def estimated_kg(shares: Sequence[Share]) -> int:
    """Return what the jobs of a ticket were estimated to weigh together."""
    return sum(share.estimated_kg for share in shares)
