"""What scheduling stores, and the finds that its indexes serve.

The board asks for active jobs only (`only_while`), so its cost follows the work in hand, not the years of history.
`urgency` and `due_at` stand in for a missing priority and deadline, so that an unassessed job sorts last, not nowhere.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from services.scheduling.domain.absence import CrewAbsence
from services.scheduling.domain.campaign import Campaign
from services.scheduling.domain.crew_note import CrewNote, VehicleCheck
from services.scheduling.domain.day_record import DayRecord
from services.scheduling.domain.depots import Depot, depot_state
from services.scheduling.domain.fleet import Crew, Shift, Vehicle, crew_state, shift_state, vehicle_state
from services.scheduling.domain.forecast import Forecast, forecast_state
from services.scheduling.domain.job import Job
from services.scheduling.domain.job_state import public_state
from services.scheduling.domain.plan import Plan, plan_state
from services.scheduling.domain.trail import days_of, noted
from services.scheduling.domain.what_if import WhatIf
from services.scheduling.domain.worked import TipRecord
from services.scheduling.register.documents import OLD_CHANGES, REGISTER
from shared.calendar import london_date
from shared.errors import NotFound
from shared.store.port import ASCENDING, DESCENDING, Collection, In, Index, Store
from shared.store.repository import Repository
from shared.web.deny import DENIED_USERS

UNASSESSED_URGENCY = 9
NO_DEADLINE = datetime(9999, 1, 1, tzinfo=UTC)

BY_URGENCY = (("urgency", ASCENDING), ("due_at", ASCENDING))
NEWEST = (("created_at", DESCENDING),)

JOBS = Collection(
    "jobs",
    fields={
        "state": "text",
        "is_active": "boolean",
        "is_untipped": "boolean",
        "is_requested": "boolean",
        "request_key": "text",
        "crew_id": "text",
        "vehicle_id": "text",
        "report_id": "text",
        "reference": "text",
        "visit": "integer",
        "urgency": "integer",
        "due_at": "instant",
        "created_at": "instant",
        "done_at": "instant",
        "photo_keys": "texts",
        "needs_a_look": "boolean",
        "has_proof": "boolean",
        "has_unmade_parts": "boolean",
        "days": "texts",
        "campaign_id": "text",
    },
    indexes=(
        Index(sort=BY_URGENCY, only_while="is_active"),
        Index(equal=("crew_id",), sort=BY_URGENCY, only_while="is_active"),
        Index(equal=("crew_id",), sort=(("done_at", DESCENDING),)),
        Index(equal=("vehicle_id",), sort=NEWEST, only_while="is_untipped"),
        Index(equal=("report_id",), sort=(("visit", ASCENDING),)),
        Index(equal=("reference",), sort=NEWEST),
        Index(equal=("reference", "state"), sort=NEWEST),
        Index(equal=("state",), sort=NEWEST),
        Index(sort=NEWEST),
        Index(equal=("request_key",), only_while="is_requested", unique=True),
        Index(equal=("photo_keys",)),
        Index(sort=NEWEST, only_while="needs_a_look"),
        Index(sort=(("done_at", ASCENDING),), only_while="has_proof"),
        Index(sort=NEWEST, only_while="has_unmade_parts"),
        Index(equal=("days",)),
        Index(equal=("campaign_id",)),
    ),
    nullable=frozenset({"crew_id", "vehicle_id", "report_id", "request_key", "done_at", "campaign_id"}),
)
BY_NAME = (("name", ASCENDING),)
DEPOTS = Collection("depots", fields={"name": "text"}, indexes=(Index(sort=BY_NAME),))
CREWS = Collection("crews", fields={"name": "text"}, indexes=(Index(sort=BY_NAME),))
VEHICLES = Collection(
    "vehicles",
    fields={"registration": "text", "is_unfinished": "boolean"},
    indexes=(
        Index(sort=(("registration", ASCENDING),)),
        Index(sort=(("registration", ASCENDING),), only_while="is_unfinished"),
    ),
)
SHIFTS = Collection(
    "shifts",
    fields={"crew_id": "text", "started_at": "instant", "is_current": "boolean"},
    indexes=(
        Index(equal=("crew_id",), sort=(("started_at", DESCENDING),)),
        Index(sort=(("started_at", ASCENDING),), only_while="is_current"),
        Index(sort=(("started_at", ASCENDING),)),
    ),
)
PLANS = Collection(
    "plans",
    fields={
        "depot_id": "text",
        "requested_at": "instant",
        "is_requested": "boolean",
        "is_claimed": "boolean",
        "unfinished": "boolean",
    },
    indexes=(
        Index(equal=("depot_id",), sort=(("requested_at", DESCENDING),)),
        Index(sort=(("requested_at", ASCENDING),), only_while="is_requested"),
        Index(sort=(("requested_at", ASCENDING),), only_while="is_claimed"),
        Index(sort=(("requested_at", ASCENDING),), only_while="unfinished"),
    ),
)
WHAT_IFS = Collection(
    "what_ifs",
    fields={"depot_id": "text", "requested_at": "instant", "is_requested": "boolean", "is_claimed": "boolean"},
    indexes=(
        Index(equal=("depot_id",), sort=(("requested_at", DESCENDING),)),
        Index(sort=(("requested_at", ASCENDING),), only_while="is_requested"),
        Index(sort=(("requested_at", ASCENDING),), only_while="is_claimed"),
    ),
)
CREW_ABSENCES = Collection("crew_absences")
TIPS = Collection("tips", fields={"day": "text"}, indexes=(Index(equal=("day",)),))
BY_OLDEST_NAME = (("named_since", ASCENDING),)
DAY_RECORDS = Collection(
    "day_records",
    fields={"people": "texts", "named_since": "instant", "is_named": "boolean"},
    indexes=(Index(equal=("people",)), Index(sort=BY_OLDEST_NAME, only_while="is_named")),
    nullable=frozenset({"named_since"}),
)
CAMPAIGNS = Collection(
    "campaigns",
    fields={"starts_on": "text", "is_running": "boolean"},
    indexes=(
        Index(sort=(("starts_on", DESCENDING),)),
        Index(sort=(("starts_on", ASCENDING),), only_while="is_running"),
    ),
)
FORECASTS = Collection("forecasts")
NEWEST_RECEIVED = (("received_at", DESCENDING),)
CREW_NOTES = Collection(
    "crew_notes",
    fields={"received_at": "instant", "is_open": "boolean", "photo_keys": "texts"},
    indexes=(Index(sort=NEWEST_RECEIVED, only_while="is_open"), Index(equal=("photo_keys",))),
)
VEHICLE_CHECKS = Collection(
    "vehicle_checks",
    fields={
        "vehicle_id": "text",
        "received_at": "instant",
        "occurred_at": "instant",
        "is_open": "boolean",
        "photo_keys": "texts",
    },
    indexes=(
        Index(sort=NEWEST_RECEIVED, only_while="is_open"),
        Index(equal=("vehicle_id",), sort=(("occurred_at", DESCENDING),)),
        Index(equal=("photo_keys",)),
    ),
)
REPORT_COPIES = Collection("report_copies")
"""The newest public state of every report that events told of."""

ASSESSMENTS = Collection("assessments")
"""Why a report has its priority: `report.assessed` alone says it, so it is kept apart from the copy."""

SECURED_EVIDENCE = Collection("secured_evidence")
"""Per report the last time that enforcement said its evidence is secured."""

COLLECTIONS: tuple[Collection, ...] = (
    *(REGISTER, OLD_CHANGES),
    JOBS,
    DEPOTS,
    CREWS,
    VEHICLES,
    SHIFTS,
    PLANS,
    WHAT_IFS,
    CREW_ABSENCES,
    TIPS,
    DAY_RECORDS,
    CAMPAIGNS,
    FORECASTS,
    CREW_NOTES,
    VEHICLE_CHECKS,
    REPORT_COPIES,
    ASSESSMENTS,
    SECURED_EVIDENCE,
    DENIED_USERS,
)


def jobs(store: Store) -> Repository[Job]:
    """Return the jobs."""
    return Repository(store, JOBS.name, Job, public_state=public_state, derived=_job_fields, noted=noted)


def depots(store: Store) -> Repository[Depot]:
    """Return the depots, which follow the register."""
    return Repository(store, DEPOTS.name, Depot, public_state=depot_state)


def crews(store: Store) -> Repository[Crew]:
    """Return the crews, which follow the register."""
    return Repository(store, CREWS.name, Crew, public_state=crew_state)


def vehicles(store: Store) -> Repository[Vehicle]:
    """Return the vehicles."""
    return Repository(
        store,
        VEHICLES.name,
        Vehicle,
        public_state=vehicle_state,
        derived=lambda vehicle: {"is_unfinished": bool(vehicle.unfinished_tips)},
    )


def shifts(store: Store) -> Repository[Shift]:
    """Return the shifts."""
    return Repository(
        store,
        SHIFTS.name,
        Shift,
        public_state=shift_state,
        derived=lambda shift: {"is_current": shift.ended_at is None},
    )


def plans(store: Store) -> Repository[Plan]:
    """Return the plans."""
    return Repository(
        store,
        PLANS.name,
        Plan,
        public_state=plan_state,
        derived=lambda plan: {"is_requested": plan.state == "requested", "is_claimed": plan.state == "claimed"},
    )


def what_ifs(store: Store) -> Repository[WhatIf]:
    """Return the comparisons with other days, which emit nothing."""
    return Repository(
        store,
        WHAT_IFS.name,
        WhatIf,
        derived=lambda asked: {"is_requested": asked.state == "requested", "is_claimed": asked.state == "claimed"},
    )


def crew_absences(store: Store) -> Repository[CrewAbsence]:
    """Return the days on which crews are not there, which emit nothing: the shift and the jobs do."""
    return Repository(store, CREW_ABSENCES.name, CrewAbsence)


def tips(store: Store) -> Repository[TipRecord]:
    """Return the tips by day, which emit nothing: the vehicle does."""
    return Repository(store, TIPS.name, TipRecord, derived=lambda tip: {"day": london_date(tip.tipped_at).isoformat()})


def day_records(store: Store) -> Repository[DayRecord]:
    """Return the days that were reconciled, which emit nothing."""
    return Repository(
        store,
        DAY_RECORDS.name,
        DayRecord,
        derived=lambda record: {
            "people": list(record.people),
            "named_since": record.named_since,
            "is_named": bool(record.people),
        },
    )


def campaigns(store: Store) -> Repository[Campaign]:
    """Return the campaigns, which emit nothing: their jobs do."""
    return Repository(
        store,
        CAMPAIGNS.name,
        Campaign,
        derived=lambda each: {"starts_on": each.week.isoformat(), "is_running": each.is_running},
    )


def forecasts(store: Store) -> Repository[Forecast]:
    """Return the forecasts, one for each day."""
    return Repository(store, FORECASTS.name, Forecast, public_state=forecast_state)


def crew_notes(store: Store) -> Repository[CrewNote]:
    """Return what crews handed to their supervisor, which emits nothing."""
    return Repository(store, CREW_NOTES.name, CrewNote, derived=_photo_keys)


def vehicle_checks(store: Store) -> Repository[VehicleCheck]:
    """Return the walk-round checks, which emit nothing."""
    return Repository(store, VEHICLE_CHECKS.name, VehicleCheck, derived=_photo_keys)


def every_depot(store: Store) -> list[Depot]:
    """Return every depot by name, retired ones too, because old jobs and days name them; a council has a few."""
    return depots(store).find({}, sort=BY_NAME, limit=200)[0]


def all_depots(store: Store) -> list[Depot]:
    """Return every depot by name, but for retired ones."""
    return [depot for depot in every_depot(store) if not depot.is_retired]


def require_depot(store: Store, depot_id: str) -> Depot:
    """Return a depot that crews work from; raises `NotFound`."""
    depot = depots(store).require(depot_id)
    if depot.is_retired:
        raise NotFound(f"{depot.name} is retired: nobody works from it any more.")
    return depot


def all_crews(store: Store) -> list[Crew]:
    """Return every crew by name, contractors too, but for retired ones; a council has a few dozen."""
    found = crews(store).find({}, sort=BY_NAME, limit=500)[0]
    return [crew for crew in found if not crew.is_retired]


def all_vehicles(store: Store) -> list[Vehicle]:
    """Return every vehicle by registration, but for retired ones."""
    found = vehicles(store).find({}, sort=(("registration", ASCENDING),), limit=500)[0]
    return [vehicle for vehicle in found if not vehicle.is_retired]


def active_jobs(store: Store, *, limit: int = 2000) -> list[Job]:
    """Return the jobs that somebody has to do something about, the most urgent first."""
    return jobs(store).find({"is_active": True}, sort=BY_URGENCY, limit=limit)[0]


def active_versions(store: Store, *, limit: int) -> dict[str, int]:
    """Return the ids of the active jobs, the most urgent first, with their versions: no document is unpacked for it."""
    page = store.find(JOBS.name, {"is_active": True}, sort=BY_URGENCY, limit=limit, fields=())
    return {document["_id"]: document["version"] for document in page.items}


def jobs_by_id(store: Store, job_ids: Sequence[str]) -> list[Job]:
    """Return those of some jobs that there are."""
    return jobs(store).find({"_id": In(tuple(job_ids))}, limit=len(job_ids))[0] if job_ids else []


def jobs_of_crew(store: Store, crew_id: str) -> list[Job]:
    """Return a crew's active jobs in the order of its round: what is begun, then the plan, then by urgency."""
    found = jobs(store).find({"crew_id": crew_id, "is_active": True}, sort=BY_URGENCY, limit=200)[0]
    return in_order(found)


def in_order(jobs: Sequence[Job]) -> list[Job]:
    """Return a crew's jobs, given by urgency, in the order of its round: what is begun, by place, then the rest."""
    return sorted(jobs, key=lambda job: (job.state != "started", job.position is None, job.position or 0))


def untipped_jobs(store: Store, vehicle_id: str) -> list[Job]:
    """Return the jobs whose waste is on a vehicle."""
    return jobs(store).find({"vehicle_id": vehicle_id, "is_untipped": True}, sort=NEWEST, limit=500)[0]


def current_shift(store: Store, crew_id: str) -> Shift | None:
    """Return the shift that a crew is on."""
    latest = latest_shift(store, crew_id)
    return latest if latest is not None and latest.ended_at is None else None


def latest_shift(store: Store, crew_id: str) -> Shift | None:
    """Return the shift that a crew is on, or was on last."""
    found = shifts(store).find({"crew_id": crew_id}, sort=(("started_at", DESCENDING),), limit=1)[0]
    return found[0] if found else None


def crews_on_shift(store: Store) -> frozenset[str]:
    """Return the ids of the crews that have signed on and not off."""
    found = shifts(store).find({"is_current": True}, sort=(("started_at", ASCENDING),), limit=500)[0]
    return frozenset(shift.crew_id for shift in found)


def latest_plan(store: Store, depot_id: str) -> Plan | None:
    """Return the plan that was asked for last at a depot."""
    found = plans(store).find({"depot_id": depot_id}, sort=(("requested_at", DESCENDING),), limit=1)[0]
    return found[0] if found else None


def latest_shifts(store: Store, crew_id: str) -> list[Shift]:
    """Return a crew's latest shifts, the newest first: those of more than a week."""
    return shifts(store).find({"crew_id": crew_id}, sort=(("started_at", DESCENDING),), limit=12)[0]


def _photo_keys(told: CrewNote | VehicleCheck) -> Mapping[str, Any]:
    """Return the declared field by which photos are found that nobody needs any more."""
    return {"photo_keys": list(told.photo_keys)}


def _job_fields(job: Job) -> Mapping[str, Any]:
    """Return the declared fields that are computed from a job."""
    return {
        "is_active": job.is_active,
        "is_untipped": job.is_untipped,
        "is_requested": job.request_key is not None,
        "urgency": job.priority or UNASSESSED_URGENCY,
        "due_at": job.deadline or NO_DEADLINE,
        "done_at": job.completed_at,
        "photo_keys": list(job.photo_keys),
        "needs_a_look": any(entry.is_open for entry in job.entries),
        "has_proof": job.completed_at is not None and (job.proof is not None or job.before_proof is not None),
        "days": sorted(day.isoformat() for day in days_of(job)),
    }
