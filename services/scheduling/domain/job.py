"""A job as pure functions from a job to the next one and the facts to announce.

It is one visit to one report, or one round of a beat, which no report asks for. A function that has nothing to change
returns the job itself and no facts: that is how repeated and late events come to nothing. Kilograms are an estimate
from the size until a weighbridge ticket says more.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from services.scheduling.domain.completion import (
    CONTRACTOR_WASTE,
    DEFERRING_OUTCOMES,
    Completion,
    Parcel,
    check_completion,
)
from services.scheduling.domain.entry import CrewEntry, Plausibility
from services.scheduling.domain.fleet import Crew
from services.scheduling.domain.trail import Mark
from shared.contracts.base import Fact
from shared.contracts.scheduling import (
    JobAmendedV1,
    JobAssignedV1,
    JobCancelledV1,
    JobCompletedV1,
    JobCreatedV1,
    JobDeferredV1,
    JobExpectedV1,
    JobStartedV1,
)
from shared.errors import DomainError

ACTIVE_STATES = ("open", "assigned", "started", "deferred")
"""States in which somebody still has to do something about the job."""

ASSIGNABLE_STATES = ("open", "assigned", "started", "deferred")
"""A started job may be given to another crew too: lorries break down."""

DEFER_REASONS: Mapping[str, str] = {
    "no-capacity": "No crew has room for it today",
    "weather": "Weather",
    "awaiting-owner": "Waiting for the land owner",
    "awaiting-contractor": "Waiting for a contractor",
    "vehicle-off-road": "The vehicle is off the road",
}
CANCEL_REASONS: Mapping[str, str] = {
    "duplicate": "It is a duplicate of another job",
    "not-ours": "It is not for the council to clear",
    "no-longer-needed": "It no longer needs doing",
}
NEXT_ROUND = "next-round"
"""Why a beat's job was called off that nobody had begun: its next round has come."""

CAMPAIGN_OFF = "campaign-off"
CAMPAIGN_DAY = "campaign-day"
"""Why a campaign's job waits: its day is still to come."""

BY_PLAN, CREW_ABSENT, VEHICLE_OFF_ROAD = "by-plan", "crew-absent", "vehicle-off-road"
WITHDRAWN: Mapping[str, str] = {
    BY_PLAN: "A newer plan had no room for it",
    CREW_ABSENT: "The crew was not there",
    VEHICLE_OFF_ROAD: "The vehicle was off the road",
}
"""Why a job was taken from its crew by somebody else than the crew."""

FOLLOWED_REASONS: Mapping[str, str] = {
    "report-closed": "Its report was closed",
    "report-merged": "Its report was joined to another",
    "report-referred": "Its report was handed to somebody else",
    "report-reopened": "Its report was opened again as a new visit",
}
"""Why a job was cancelled because of its report; it comes back if the report does."""

HELD_FOR_REPORT, HELD_BY_CREW, HELD_BY_SUPERVISOR = "report", "crew", "supervisor"
KEYS_KEPT = 12
"""Idempotency keys remembered per document: more than anybody sends for one job within a day."""


@dataclass(frozen=True)
class Reason:
    """One rule of the council's that gave the report its priority, with the value that made it apply."""

    rule: str
    value: str | None


@dataclass(frozen=True)
class JobPart:
    """What is cut from a job as a job of its own: under which id, and what and how much of the waste it is."""

    job_id: str
    waste_type: str | None
    size: str


@dataclass(frozen=True)
class Job:
    """A job with everything that scheduling knows of it."""

    id: str
    channel: str
    report_id: str | None
    reference: str
    visit: int
    depot_id: str
    lat: float
    lon: float
    ward: str
    neighbourhood: str
    created_at: datetime
    kind: str = "reactive"
    state: str = "open"
    held: bool = False
    held_by: str | None = None
    held_at: datetime | None = None
    was_released: bool = False
    contractor: bool = False
    place_id: str | None = None
    report_kind: str = "fly-tipping"
    is_waste: bool = True
    crew_id: str | None = None
    last_crew_id: str | None = None
    vehicle_id: str | None = None
    position: int | None = None
    plan_id: str | None = None
    priority: int | None = None
    deadline: datetime | None = None
    reasons: tuple[Reason, ...] = ()
    waste_type: str | None = None
    land_type: str | None = None
    size: str | None = None
    has_report_photo: bool = False
    assigned_at: datetime | None = None
    seen_at: datetime | None = None
    arrived_at: datetime | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    cancelled_at: datetime | None = None
    outcome: str | None = None
    before_photo_key: str | None = None
    no_before_reason: str | None = None
    before_proof: Plausibility | None = None
    photo_key: str | None = None
    no_photo_reason: str | None = None
    proof: Plausibility | None = None
    has_evidence: bool = False
    parcels: tuple[Parcel, ...] = ()
    estimated_kg: int | None = None
    weights: dict[str, int] = field(default_factory=dict)
    tip_id: str | None = None
    waits_because: str | None = None
    waits_until: date | None = None
    cancelled_because: str | None = None
    expected_on: date | None = None
    tip_first_at: str | None = None
    diverted_at: datetime | None = None
    proof_check: str | None = None
    returned_because: str | None = None
    part_of: str | None = None
    parts: tuple[JobPart, ...] = ()
    has_unmade_parts: bool = False
    request_key: str | None = None
    beat_id: str | None = None
    title: str | None = None
    """What a job without a report is about."""

    work_minutes: int | None = None
    ticket: str | None = None
    crew_kind: str | None = None
    campaign_id: str | None = None
    taken_because: str | None = None
    """Why it was taken from its last crew: a reason of the crew's, or one of `WITHDRAWN`."""

    trail: tuple[Mark, ...] = ()
    entries: tuple[CrewEntry, ...] = ()
    seen: dict[str, int] = field(default_factory=dict)
    keys: tuple[str, ...] = ()
    version: int = 0
    sequence: int = 0

    @property
    def is_active(self) -> bool:
        """Say whether somebody still has to do something about it."""
        return self.state in ACTIVE_STATES

    @property
    def is_untipped(self) -> bool:
        """Say whether its waste is on a vehicle, not yet tipped."""
        is_loaded = self.state == "completed" and self.outcome == "cleared" and self.estimated_kg is not None
        return is_loaded and self.tip_id is None

    @property
    def is_divided(self) -> bool:
        """Say whether it is only a part of what its report is about."""
        return self.part_of is not None or bool(self.parts)

    @property
    def photo_keys(self) -> tuple[str, ...]:
        """Return the keys of every photo of it that is shown."""
        taken = (self.before_photo_key, self.photo_key, *(key for entry in self.entries for key in entry.photo_keys))
        return tuple(sorted({key for key in taken if key is not None}))

    @property
    def weighed_kg(self) -> int | None:
        """Return its share of the weighbridge tickets that count, None before the first."""
        return sum(self.weights.values()) if self.weights else None

    def is_overdue(self, now: datetime) -> bool:
        """Say whether its deadline has passed and it is not done."""
        return self.is_active and self.deadline is not None and self.deadline < now


Change = tuple[Job, list[Fact]]
"""The job after a change, and what is to be announced of it."""


def needs_contractor(waste_type: str | None, hazards: tuple[str, ...] = ()) -> bool:
    """Say whether only a licensed contractor may take this waste."""
    return waste_type in CONTRACTOR_WASTE or bool(CONTRACTOR_WASTE & set(hazards))


def create(job: Job) -> Change:
    """Announce a new job."""
    return job, [JobCreatedV1.fact()]


def assign(job: Job, crew: Crew, *, at: datetime, position: int | None = None, plan_id: str | None = None) -> Change:
    """Give the job to a crew, or to another one; the same crew again changes nothing.

    Raises:
        DomainError: the job is done, held, or not for this kind of crew.
    """
    if job.state not in ASSIGNABLE_STATES:
        raise DomainError(f"{job.reference} is {job.state}, so it can’t be given to a crew.", rule="job-state")
    if job.held:
        raise DomainError(
            f"{job.reference} is held until enforcement has secured the evidence. Release it before you assign it.",
            rule="job-held",
        )
    if job.contractor and not crew.is_contractor:
        raise DomainError(
            f"{job.reference} is asbestos. Only a licensed contractor may take it, so it can’t go to {crew.name}.",
            rule="contractor-only",
        )
    if crew.is_contractor and job.waste_type not in crew.waste_types:
        raise DomainError(f"{crew.name} doesn’t take what {job.reference} is.", rule="contractor-takes")
    if job.crew_id == crew.id and job.state in ("assigned", "started"):
        return job, []
    given = replace(
        job,
        state="assigned",
        crew_id=crew.id,
        last_crew_id=crew.id,
        vehicle_id=crew.vehicle_id,
        position=position,
        plan_id=plan_id,
        assigned_at=at,
        seen_at=None,
        arrived_at=None,
        started_at=None,
        waits_because=None,
        waits_until=None,
        taken_because=None,
        tip_first_at=None,
        diverted_at=None,
    )
    return given, [JobAssignedV1.fact(previous_crew_id=job.crew_id)]


def place_on_sheet(job: Job, *, position: int, plan_id: str | None) -> Job:
    """Note a job's new place on the sheet of the crew that has it already: nothing to announce."""
    return replace(job, position=position, plan_id=plan_id)


def withdraw(job: Job, because: str = BY_PLAN) -> Change:
    """Take the job from its crew, by default because a newer plan has no room for it; one not assigned stays."""
    if job.state != "assigned":
        return job, []
    waiting = replace(
        job,
        state="open",
        taken_because=because,
        crew_id=None,
        vehicle_id=None,
        position=None,
        plan_id=None,
        assigned_at=None,
    )
    return waiting, [JobAmendedV1.fact(change="withdrawn")]


def expect(job: Job, on: date) -> Change:
    """Say on which day the job is expected to be done; the same day again changes nothing."""
    if job.expected_on == on or not job.is_active:
        return job, []
    return replace(job, expected_on=on), [JobExpectedV1.fact(expected_on=on)]


def start(job: Job, *, at: datetime) -> Change:
    """Begin the work; a started job stays as it is; raises `DomainError` where it can't begin."""
    if job.state == "started":
        return job, []
    if job.state != "assigned":
        raise DomainError(f"{job.reference} is {job.state}. Only an assigned job can be started.", rule="job-state")
    if job.held:
        raise DomainError(f"{job.reference} is held for enforcement. Leave everything where it is.", rule="job-held")
    return replace(job, state="started", started_at=at), [JobStartedV1.fact()]


def complete(
    job: Job,
    completion: Completion,
    *,
    vehicle_id: str | None,
    size_kg: Mapping[str, int],
    at: datetime,
    by_contractor: bool = False,
) -> Change:
    """Close the visit with its outcome; one that keeps the report open defers the job instead.

    Raises:
        DomainError: the job was not started, or the completion does not say what its outcome needs.
    """
    if job.state != "started":
        raise DomainError(f"{job.reference} is {job.state}. Start the job before you finish it.", rule="job-state")
    if completion.has_evidence and job.report_id is None:
        raise DomainError(
            "A beat has no report to keep evidence for. Record what you found as a tip, with its evidence.",
            field="has_evidence",
        )
    check_completion(
        completion,
        waste_type=job.waste_type,
        land_type=job.land_type,
        size=job.size,
        is_waste=job.is_waste,
        by_contractor=by_contractor,
    )
    confirmed = replace(
        job,
        outcome=completion.outcome,
        waste_type=completion.waste_type or job.waste_type,
        land_type=completion.land_type or job.land_type,
        size=completion.size or job.size,
        photo_key=completion.photo_key,
        no_photo_reason=completion.why_no_photo,
        proof=completion.proof or job.proof,
        before_photo_key=completion.before_photo_key or job.before_photo_key,
        no_before_reason=completion.no_before_reason or job.no_before_reason,
        before_proof=completion.before_proof or job.before_proof,
        has_evidence=job.has_evidence or completion.has_evidence,
        parcels=(*job.parcels, *completion.parcels),
    )
    parcels = [{"parcel_key": parcel.parcel_key, "holds": parcel.holds} for parcel in completion.parcels]
    if completion.outcome in DEFERRING_OUTCOMES:
        return _wait(confirmed, completion.outcome, parcels=parcels, at=at)
    done = replace(
        confirmed,
        state="completed",
        completed_at=at,
        vehicle_id=vehicle_id,
        # What a tip has taken is weighed already: work that was sent back is not loaded twice.
        estimated_kg=job.estimated_kg if job.tip_id else _loaded_kg(confirmed, size_kg),
        proof_check=None,
    )
    return done, [JobCompletedV1.fact(kg_is_estimate=done.estimated_kg is not None, parcels=parcels)]


def defer(job: Job, reason: str, *, until: date | None, at: datetime) -> Change:
    """Put the job off for a reason, until a day where one is known; raises `DomainError`."""
    if job.state not in ("open", "assigned", "deferred"):
        raise DomainError(f"{job.reference} is {job.state}, so it can’t be put off.", rule="job-state")
    if reason not in DEFER_REASONS:
        raise DomainError("Choose why it has to wait", field="reason")
    return _wait(job, reason, until=until, at=at)


def cancel(job: Job, reason: str, *, at: datetime | None = None) -> Change:
    """Call the job off; a cancelled one stays as it is; raises `DomainError` where a crew is there or it is done."""
    if job.state == "cancelled":
        return job, []
    if job.state in ("started", "completed"):
        raise DomainError(f"{job.reference} is {job.state}, so it can’t be cancelled.", rule="job-state")
    if reason not in CANCEL_REASONS and reason not in (*FOLLOWED_REASONS, NEXT_ROUND, CAMPAIGN_OFF):
        raise DomainError("Choose why it is cancelled", field="reason")
    cancelled = replace(
        job,
        state="cancelled",
        cancelled_because=reason,
        cancelled_at=at,
        crew_id=None,
        vehicle_id=None,
        held=False,
    )
    return cancelled, [JobCancelledV1.fact(reason=reason)]


def hold(job: Job, *, by: str, at: datetime) -> Change:
    """Keep crews away from the place until its evidence is secured; raises `DomainError` where a crew has begun."""
    if job.held:
        return job, []
    if job.state not in ("open", "assigned", "deferred"):
        raise DomainError(f"{job.reference} is {job.state}, so it can’t be held.", rule="job-state")
    return replace(job, held=True, held_by=by, held_at=at), [JobAmendedV1.fact(change="held")]


def release(job: Job) -> Change:
    """Let the job go on; it is not held again for what its report says already."""
    if not job.held:
        return job, []
    return replace(job, held=False, held_by=None, held_at=None, was_released=True), [
        JobAmendedV1.fact(change="released")
    ]


def remember(job: Job, key: str | None) -> Job:
    """Note an idempotency key, so that the same request again is answered and not repeated."""
    if key is None:
        return job
    return replace(job, keys=(*job.keys, key)[-KEYS_KEPT:])


def _loaded_kg(job: Job, size_kg: Mapping[str, int]) -> int | None:
    """Return the estimate of what a finished job has put on its vehicle, None for what leaves no load."""
    return size_kg[str(job.size)] if job.is_waste and job.outcome == "cleared" else None


def _wait(
    job: Job, reason: str, *, at: datetime, until: date | None = None, parcels: list[dict[str, str]] | None = None
) -> Change:
    """Take the job from its crew and let it wait; what was left for enforcement is held as well."""
    waiting = replace(
        job,
        state="deferred",
        crew_id=None,
        vehicle_id=None,
        position=None,
        plan_id=None,
        assigned_at=None,
        started_at=None,
        waits_because=reason,
        waits_until=until,
        contractor=job.contractor or needs_contractor(job.waste_type),
    )
    if reason == "evidence-held":
        waiting = replace(waiting, held=True, held_by=HELD_BY_CREW, held_at=at)
    return waiting, [JobDeferredV1.fact(reason=reason, until=until, parcels=parcels or [])]
