"""Crews, vehicles and shifts: who can be sent, with what, and what is on board.

The vehicle decides a tip: saving it fixes the tip's id and its load list in one act, and the jobs follow one at a time
(`unfinished_tips` until all have). Two crews that press the button at once therefore share no job between two tips.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from services.scheduling.domain.breaks import Break, end_break
from shared.contracts.base import Fact
from shared.contracts.scheduling import CrewChangedV1, ShiftEndedV1, ShiftStartedV1, VehicleChangedV1, VehicleTippedV1
from shared.errors import DomainError

ON_ROAD, OFF_ROAD = "on-road", "off-road"
FORGOTTEN = timedelta(hours=14)
"""No shift lasts so long (`patterns.LONGEST_SHIFT`): who has not signed off by then has forgotten it."""

TIPS_KEPT = 12
"""Past tips whose request keys a vehicle remembers: more than one vehicle makes in a day."""


@dataclass(frozen=True)
class Crew:
    """A crew as the register has it: the vehicle that it drives, the neighbourhoods that it knows, what it takes."""

    id: str
    name: str
    depot_id: str
    vehicle_id: str | None
    kind: str
    neighbourhoods: tuple[str, ...] = ()
    least_people: int = 1
    has_gate_keys: bool = False
    hours_regime: str = "gb-domestic"
    waste_types: tuple[str, ...] = ()
    """What a contractor takes; a crew of the council takes whatever its people have tickets for."""

    is_retired: bool = False
    version: int = 0
    sequence: int = 0

    @property
    def is_contractor(self) -> bool:
        """Say whether it is a licensed contractor, who may take hazardous waste."""
        return self.kind == "contractor"


@dataclass(frozen=True)
class Load:
    """One job's share of what is on a vehicle."""

    job_id: str
    report_id: str | None
    reference: str | None
    ward: str
    neighbourhood: str
    waste_type: str | None
    estimated_kg: int


@dataclass(frozen=True)
class Tip:
    """One emptying of a vehicle at a site; `request_key` is the idempotency key of the request that made it."""

    tip_id: str
    site_id: str
    crew_id: str | None
    tipped_at: datetime
    loads: tuple[Load, ...]
    request_key: str


@dataclass(frozen=True)
class Vehicle:
    """A vehicle of the fleet, its latest tips, and those whose jobs are not all marked yet."""

    id: str
    registration: str
    depot_id: str
    vehicle_class: str
    payload_kg: int
    tare_kg: int
    state: str = ON_ROAD
    tips: tuple[Tip, ...] = ()
    unfinished_tips: tuple[str, ...] = ()
    fuel: str = "diesel"
    range_km: int | None = None
    volume_litres: int | None = None
    width_cm: int | None = None
    licence_needed: str | None = None
    off_road_from: date | None = None
    off_road_to: date | None = None
    is_off_by_register: bool = False
    """The register has taken it off the road, so the register puts it back."""

    is_taken_off: bool = False
    """A supervisor, or a crew's check, has taken it off the road: a supervisor puts it back, and not the register."""

    put_back_at: datetime | None = None
    """When a supervisor last put it back on the road: what was found before that has been dealt with."""

    is_retired: bool = False
    version: int = 0
    sequence: int = 0

    @property
    def gross_kg(self) -> int:
        """The most that it weighs with its load."""
        return self.tare_kg + self.payload_kg

    def is_on_road(self, day: date) -> bool:
        """Say whether it can be sent out on a day."""
        is_off = self.off_road_from is not None and self.off_road_from <= day
        has_returned = is_off and self.off_road_to is not None and self.off_road_to < day
        return self.state == ON_ROAD and (not is_off or has_returned)

    @property
    def last_tip_id(self) -> str | None:
        """Return the id of the latest tip."""
        return self.tips[-1].tip_id if self.tips else None

    def tip(self, tip_id: str) -> Tip | None:
        """Return one of the latest tips."""
        return next((tip for tip in self.tips if tip.tip_id == tip_id), None)

    def loads_of_unfinished_tips(self) -> frozenset[str]:
        """Return the jobs that a tip has decided about, and which do not know it yet."""
        return frozenset(load.job_id for tip in self.tips if tip.tip_id in self.unfinished_tips for load in tip.loads)


@dataclass(frozen=True)
class Shift:
    """A crew's stretch of work, from signing on to signing off."""

    id: str
    crew_id: str
    depot_id: str
    vehicle_id: str | None
    started_at: datetime
    ended_at: datetime | None = None
    breaks: tuple[Break, ...] = ()
    is_forgotten: bool = False
    """Nobody signed off: `ended_at` is when it was over at the latest, and how long it was nobody knows."""

    version: int = 0
    sequence: int = 0

    @property
    def over_by(self) -> datetime:
        """When it ended, or will have ended at the latest."""
        return self.ended_at or self.started_at + FORGOTTEN

    def covers(self, at: datetime) -> bool:
        """Say whether a moment lies in it."""
        return self.started_at <= at <= self.over_by


def crew_state(crew: Crew) -> Mapping[str, Any]:
    """Return what every event of the crew carries."""
    return {"crew_id": crew.id, "depot_id": crew.depot_id, "kind": crew.kind, "active": not crew.is_retired}


def announce_crew(crew: Crew, known: Crew | None) -> list[Fact]:
    """Announce a crew that is new, or whose public state has changed; one that never was announced counts as new."""
    if known is not None and known.sequence > 0 and crew_state(known) == crew_state(crew):
        return []
    return [CrewChangedV1.fact()]


def vehicle_state(vehicle: Vehicle) -> Mapping[str, Any]:
    """Return what every event of the vehicle carries."""
    return {
        "vehicle_id": vehicle.id,
        "registration": vehicle.registration,
        "depot_id": vehicle.depot_id,
        "vehicle_class": vehicle.vehicle_class,
        "payload_kg": vehicle.payload_kg,
        "tare_kg": vehicle.tare_kg,
        "state": vehicle.state,
        "last_tip_id": vehicle.last_tip_id,
    }


def join_fleet(vehicle: Vehicle) -> tuple[Vehicle, list[Fact]]:
    """Announce a new or changed vehicle."""
    return vehicle, [VehicleChangedV1.fact()]


def take_off(vehicle: Vehicle) -> tuple[Vehicle, list[Fact]]:
    """Take a vehicle off the road; one that is off already is announced no second time."""
    facts = [VehicleChangedV1.fact()] if vehicle.state != OFF_ROAD else []
    return replace(vehicle, state=OFF_ROAD, is_taken_off=True), facts


def put_back(vehicle: Vehicle, *, at: datetime) -> tuple[Vehicle, list[Fact]]:
    """Put a vehicle back on the road; one that is there stays as it is.

    Raises:
        DomainError: the register has it off the road, and would take it off again.
    """
    if vehicle.is_off_by_register:
        raise DomainError(
            f"The register has {vehicle.registration} off the road. Change its days in the register.",
            rule="off-road-by-register",
        )
    if vehicle.state == ON_ROAD:
        return vehicle, []
    return replace(vehicle, state=ON_ROAD, is_taken_off=False, put_back_at=at), [VehicleChangedV1.fact()]


def by_register(vehicle: Vehicle, *, is_off: bool) -> Vehicle:
    """Return the vehicle as the register has it on a day; what somebody else has taken off stays off."""
    if is_off:
        return replace(vehicle, state=OFF_ROAD, is_off_by_register=True)
    if vehicle.is_off_by_register:
        state = OFF_ROAD if vehicle.is_taken_off else ON_ROAD
        return replace(vehicle, state=state, is_off_by_register=False)
    return vehicle


def tip(
    vehicle: Vehicle, loads: Sequence[Load], *, tip_id: str, site_id: str, crew_id: str | None, key: str, at: datetime
) -> tuple[Vehicle, list[Fact]]:
    """Empty the vehicle at a site; raises `DomainError` where there is nothing on it."""
    if not loads:
        raise DomainError(f"There is nothing on {vehicle.registration} to tip.", rule="empty-vehicle")
    made = Tip(tip_id, site_id, crew_id, at, tuple(loads), key)
    # A tip whose jobs are not all marked is never forgotten, however many follow it.
    past = vehicle.tips[-TIPS_KEPT + 1 :]
    owed = tuple(old for old in vehicle.tips if old.tip_id in vehicle.unfinished_tips and old not in past)
    tipped = replace(vehicle, tips=(*owed, *past, made), unfinished_tips=(*vehicle.unfinished_tips, tip_id))
    fact = VehicleTippedV1.fact(
        tip_id=tip_id,
        vehicle_id=vehicle.id,
        crew_id=crew_id,
        site_id=site_id,
        tipped_at=at,
        loads=[load_part(load) for load in loads],
    )
    return tipped, [fact]


def finish_tip(vehicle: Vehicle, tip_id: str) -> Vehicle:
    """Note that every job of a tip knows of it."""
    return replace(vehicle, unfinished_tips=tuple(owed for owed in vehicle.unfinished_tips if owed != tip_id))


def load_part(load: Load) -> dict[str, Any]:
    """Return a load as events and the API carry it."""
    return {
        "job_id": load.job_id,
        "report_id": load.report_id,
        "reference": load.reference,
        "ward": load.ward,
        "neighbourhood": load.neighbourhood,
        "waste_type": load.waste_type,
        "estimated_kg": load.estimated_kg,
    }


def shift_state(shift: Shift) -> Mapping[str, Any]:
    """Return what every event of the shift carries."""
    return {
        "shift_id": shift.id,
        "crew_id": shift.crew_id,
        "depot_id": shift.depot_id,
        "vehicle_id": shift.vehicle_id,
        "started_at": shift.started_at,
        "ended_at": shift.ended_at,
    }


def start_shift(shift: Shift) -> tuple[Shift, list[Fact]]:
    """Announce that a crew has signed on."""
    return shift, [ShiftStartedV1.fact()]


def end_shift(shift: Shift, *, at: datetime) -> tuple[Shift, list[Fact]]:
    """Sign the crew off; once is enough, but a crew's own word counts for more than that it was forgotten."""
    if shift.ended_at is not None and not (shift.is_forgotten and at < shift.ended_at):
        return shift, []
    rested = end_break(shift.breaks, shift.id, at=at)
    return replace(shift, breaks=rested, ended_at=at, is_forgotten=False), [ShiftEndedV1.fact()]


def forget_shift(shift: Shift, *, at: datetime) -> tuple[Shift, list[Fact]]:
    """End a shift from which nobody signed off, so that the crew can sign on anew; one that may still go on stays."""
    if shift.ended_at is not None or at < shift.over_by:
        return shift, []
    return replace(shift, ended_at=shift.over_by, is_forgotten=True), [ShiftEndedV1.fact()]
