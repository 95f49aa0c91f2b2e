"""Events of the scheduling service: jobs, vehicles, plans, shifts, forecasts."""

from collections.abc import Callable

from shared.contracts.base import (
    FLEET,
    PROTECTED,
    C,
    Contract,
    Part,
    code,
    contract,
    day,
    degrees,
    each,
    flag,
    identifier,
    instant,
    part,
    sha256,
    whole,
)
from shared.contracts.codes import CHANNELS, JOB_STATES, LAND_TYPES, OUTCOMES, SIZES, WASTE_TYPES

JOB_KINDS = ("reactive", "proactive")
JOB_CHANNELS = (*CHANNELS, "beat", "campaign")
"""How its report came in; the job of a beat or a campaign has none."""

PROOFS = ("photo", "no-photo")
NO_PHOTO_REASONS = ("camera-broken", "unsafe-to-stop", "people-in-view", "nothing-to-show", "no-signal", "other")
JOB_CHANGES = (
    "held",
    "released",
    "restored",
    "withdrawn",
    "split",
    "seen",
    "diverted",
    "proof-approved",
    "proof-returned",
    "placed",
    "due",
    "report",
    "tipped",
    "weighed",
)
PROOF_CHECKS = ("approved", "returned")
PROOF_RETURN_REASONS = ("photo-unclear", "photo-elsewhere", "waste-still-there", "details-wrong")
VEHICLE_STATES = ("on-road", "off-road")


class JobState(Part):
    """The whole public state of a job: one visit to one report, or a proactive task.

    `parts` are jobs that were cut from this one, each with it as `part_of`: the visit is over when all of them are.
    `tip_first_at` is the site to which its crew was sent before it goes there.
    """

    job_id = identifier()
    kind = code(JOB_KINDS)
    channel = code(JOB_CHANNELS)
    report_id = identifier(nullable=True)
    reference = identifier(nullable=True)
    visit = whole(minimum=1)
    state = code(JOB_STATES)
    held = flag()
    contractor = flag()
    depot_id = identifier()
    crew_id = identifier(nullable=True, data_class=FLEET)
    vehicle_id = identifier(nullable=True, data_class=FLEET)
    priority = whole(nullable=True, minimum=1, maximum=5)
    deadline = instant(nullable=True)
    waste_type = code(WASTE_TYPES, nullable=True)
    land_type = code(LAND_TYPES, nullable=True)
    size = code(SIZES, nullable=True)
    lat = degrees()
    lon = degrees()
    ward = identifier()
    neighbourhood = identifier()
    created_at = instant()
    assigned_at = instant(nullable=True)
    started_at = instant(nullable=True)
    completed_at = instant(nullable=True)
    outcome = code(OUTCOMES, nullable=True)
    proof = code(PROOFS, nullable=True)
    no_photo_reason = code(NO_PHOTO_REASONS, nullable=True)
    has_evidence = flag(data_class=PROTECTED)
    estimated_kg = whole(nullable=True)
    weighed_kg = whole(nullable=True)
    tip_id = identifier(nullable=True)
    seen_at = instant(nullable=True, data_class=FLEET)
    tip_first_at = identifier(nullable=True)
    proof_check = code(PROOF_CHECKS, nullable=True)
    returned_because = code(PROOF_RETURN_REASONS, nullable=True)
    part_of = identifier(nullable=True)
    parts = each(identifier())


class JobContract(Contract):
    """Base of the events of a job."""

    state = part(JobState)


def _job(name: str) -> Callable[[C], C]:
    """Declare an event of this aggregate."""
    return contract(f"job.{name}.v1", producer="scheduling", aggregate="job")


@_job("created")
class JobCreatedV1(JobContract):
    """A job was made, from a report or by a crew that found a tip (`state.channel`)."""


@_job("assigned")
class JobAssignedV1(JobContract):
    """The job was given to a crew; again, with the crew before, when it is given to another."""

    previous_crew_id = identifier(nullable=True, data_class=FLEET)


@_job("started")
class JobStartedV1(JobContract):
    """The crew has started."""


class ParcelPart(Part):
    """A sealed custody parcel in enforcement's `handover/` prefix: its key, and what kind of thing it holds."""

    parcel_key = sha256()
    holds = code(("photos", "letter", "statement"), data_class=PROTECTED)


@_job("evidence-found")
class JobEvidenceFoundV1(JobContract):
    """A crew found evidence at a job whose state its action did not change: it was cancelled or given away before."""

    parcels = each(part(ParcelPart), data_class=PROTECTED)


@_job("deferred")
class JobDeferredV1(JobContract):
    """The job waits: `reason` says why, until `until` where a day is known; evidence may have been found even so."""

    reason = code()
    until = day(nullable=True)
    parcels = each(part(ParcelPart), data_class=PROTECTED)


@_job("cancelled")
class JobCancelledV1(JobContract):
    """The job will not be done."""

    reason = code()


@_job("amended")
class JobAmendedV1(JobContract):
    """Any other change of the public state."""

    change = code(JOB_CHANGES)


@_job("expected")
class JobExpectedV1(JobContract):
    """The day on which the job is expected to be done has changed."""

    expected_on = day()


@_job("completed")
class JobCompletedV1(JobContract):
    """The crew is done there, with the outcome; kilograms are an estimate from the size until a ticket says more."""

    kg_is_estimate = flag()
    parcels = each(part(ParcelPart), data_class=PROTECTED)


class ForecastPart(Part):
    """How long jobs of a depot and priority take, from report to completion, in minutes of working time."""

    depot_id = identifier()
    priority = whole(minimum=1, maximum=5)
    median_working_minutes = whole()
    p80_working_minutes = whole()


class ForecastState(Part):
    """The whole forecast."""

    forecast_id = identifier()
    rows = each(part(ForecastPart))


@contract("forecast.published.v1", producer="scheduling", aggregate="forecast")
class ForecastPublishedV1(Contract):
    """A new forecast of times to clear."""

    state = part(ForecastState)


class PlannedStopPart(Part):
    """One stop of a plan."""

    job_id = identifier()
    crew_id = identifier(data_class=FLEET)
    position = whole(minimum=1)
    arrive_at = instant()


class PlanState(Part):
    """The whole public state of a plan."""

    plan_id = identifier()
    depot_id = identifier()
    day = day()
    published_at = instant(nullable=True)
    stops = each(part(PlannedStopPart))


@contract("plan.published.v1", producer="scheduling", aggregate="plan")
class PlanPublishedV1(Contract):
    """A supervisor published a plan; scheduling itself assigns its jobs one at a time."""

    state = part(PlanState)


class ShiftState(Part):
    """The whole public state of a crew's shift."""

    shift_id = identifier()
    crew_id = identifier(data_class=FLEET)
    depot_id = identifier()
    vehicle_id = identifier(nullable=True, data_class=FLEET)
    started_at = instant()
    ended_at = instant(nullable=True)


@contract("shift.started.v1", producer="scheduling", aggregate="shift")
class ShiftStartedV1(Contract):
    """A crew is on shift."""

    state = part(ShiftState)


@contract("shift.ended.v1", producer="scheduling", aggregate="shift")
class ShiftEndedV1(Contract):
    """A crew’s shift is over; one that nobody signed off from ends at the latest that it can have ended."""

    state = part(ShiftState)


class DepotState(Part):
    """The whole public state of a depot; `active` says that crews work from it.

    `neighbourhoods` are those that its crews know: the depot's own, whatever lies nearer.
    """

    depot_id = identifier()
    lat = degrees()
    lon = degrees()
    neighbourhoods = each(identifier())
    active = flag()


@contract("depot.changed.v1", producer="scheduling", aggregate="depot")
class DepotChangedV1(Contract):
    """A depot was added, moved, given other neighbourhoods or retired; by its id, because a name is free text."""

    state = part(DepotState)


class CrewState(Part):
    """The whole public state of a crew: which there are, never who works in them.

    `active` says that it can be sent out: a crew that was retired, or a contractor whose contract has ended, is not.
    """

    crew_id = identifier(data_class=FLEET)
    depot_id = identifier()
    kind = code()
    active = flag()


@contract("crew.changed.v1", producer="scheduling", aggregate="crew")
class CrewChangedV1(Contract):
    """A crew was added, changed or retired; by its id, because a name is free text."""

    state = part(CrewState)


class VehicleState(Part):
    """The whole public state of a vehicle."""

    vehicle_id = identifier(data_class=FLEET)
    registration = identifier(data_class=FLEET)
    depot_id = identifier()
    vehicle_class = code()
    payload_kg = whole()
    tare_kg = whole()
    state = code(VEHICLE_STATES)
    last_tip_id = identifier(nullable=True)


class LoadPart(Part):
    """One job's share of what was on the vehicle."""

    job_id = identifier()
    report_id = identifier(nullable=True)
    reference = identifier(nullable=True)
    ward = identifier()
    neighbourhood = identifier()
    waste_type = code(WASTE_TYPES, nullable=True)
    estimated_kg = whole()


@contract("vehicle.changed.v1", producer="scheduling", aggregate="vehicle")
class VehicleChangedV1(Contract):
    """A vehicle joined the fleet or changed."""

    state = part(VehicleState)


@contract("vehicle.tipped.v1", producer="scheduling", aggregate="vehicle")
class VehicleTippedV1(Contract):
    """A vehicle emptied its load at a disposal site."""

    state = part(VehicleState)
    tip_id = identifier()
    vehicle_id = identifier(data_class=FLEET)
    crew_id = identifier(nullable=True, data_class=FLEET)
    site_id = identifier()
    tipped_at = instant()
    loads = each(part(LoadPart))
