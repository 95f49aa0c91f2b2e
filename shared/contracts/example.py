"""One example of every event, all from a single made-up journey, so that they can be checked against each other.

A small van's load in an alley is reported, cleared by a crew, weighed with another job's load (250 kg and 60 kg
estimated, 340 kg net on the ticket, so 274 kg and 66 kg) and penalised. Nothing here is drawn or read from a clock: the
committed files of `examples/` must come out the same on every machine.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Any

from shared.contracts import accounts, enforcement, reports, scheduling, tonnage
from shared.contracts.base import REGISTRY, Contract
from shared.contracts.envelope import Event
from shared.ids import derived_id, public_reference

MONDAY = datetime(2026, 3, 2, 8, 5, tzinfo=UTC)
"""When the report of the examples was made: 08:05 in London, a Monday in winter time."""


def _id(name: str) -> str:
    """Return the id that a thing has in every example."""
    return derived_id("example", name)


def _at(*, days: int = 0, hours: int = 0, minutes: int = 0) -> datetime:
    """Return an instant so long after the report."""
    return MONDAY + timedelta(days=days, hours=hours, minutes=minutes)


REPORT, OTHER_REPORT = _id("report"), _id("other report")
JOB, OTHER_JOB = derived_id(REPORT, 1), derived_id(OTHER_REPORT, 1)
TIP, TICKET, CASE, NOTICE = _id("tip"), _id("ticket"), derived_id("case", REPORT), _id("notice")
REFERENCE, OTHER_REFERENCE = public_reference(REPORT), public_reference(OTHER_REPORT)
PARCEL = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
CREW, VEHICLE, REGISTRATION = "crew-central-1", "tipper-201", "DEMO-201"
DEPOT, SITE, WARD = "central", "eastern-recycling-park", "jubilee"
"""Ids of the council that ships as the example."""

PLACE = {
    "lat": 53.412291,
    "lon": -2.958198,
    "easting": 336_406,
    "northing": 391_037,
    "place_precision": "exact",
    "place_id": "alley-behind-ashcombe-lane",
    "ward": WARD,
    "neighbourhood": "kensington-and-fairfield",
}

STATES: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "report": {
            "report_id": REPORT,
            "reference": REFERENCE,
            "kind": "fly-tipping",
            "channel": "web",
            "state": "assessed",
            "closure": None,
            "visit": 1,
            "waste_type": "other-household",
            "other_waste_types": ["black-bags-household"],
            "land_type": "back-alleyway",
            "size": "small-van",
            "hazards": [],
            "place": PLACE,
            "priority": 3,
            "deadline": _at(days=7),
            "waiting_for": None,
            "reported_at": MONDAY,
            "happened_on": date(2026, 3, 1),
            "has_photo": True,
            "has_evidence": False,
            "merged_into": None,
            "cleared_at": None,
            "action_taken": False,
        },
        "job": {
            "job_id": JOB,
            "kind": "reactive",
            "channel": "web",
            "report_id": REPORT,
            "reference": REFERENCE,
            "visit": 1,
            "state": "open",
            "held": False,
            "contractor": False,
            "depot_id": DEPOT,
            "crew_id": None,
            "vehicle_id": None,
            "priority": 3,
            "deadline": _at(days=7),
            "waste_type": "other-household",
            "land_type": "back-alleyway",
            "size": "small-van",
            "lat": PLACE["lat"],
            "lon": PLACE["lon"],
            "ward": WARD,
            "neighbourhood": PLACE["neighbourhood"],
            "created_at": _at(minutes=1),
            "assigned_at": None,
            "started_at": None,
            "completed_at": None,
            "outcome": None,
            "proof": None,
            "no_photo_reason": None,
            "has_evidence": False,
            "estimated_kg": None,
            "weighed_kg": None,
            "tip_id": None,
            "seen_at": None,
            "tip_first_at": None,
            "proof_check": None,
            "returned_because": None,
            "part_of": None,
            "parts": [],
        },
        "depot": {
            "depot_id": DEPOT,
            "lat": 53.4045,
            "lon": -2.945,
            "neighbourhoods": [PLACE["neighbourhood"]],
            "active": True,
        },
        "crew": {"crew_id": CREW, "depot_id": DEPOT, "kind": "street", "active": True},
        "vehicle": {
            "vehicle_id": VEHICLE,
            "registration": REGISTRATION,
            "depot_id": DEPOT,
            "vehicle_class": "caged-tipper",
            "payload_kg": 1_000,
            "tare_kg": 2_840,
            "state": "on-road",
            "last_tip_id": None,
        },
        "shift": {
            "shift_id": _id("shift"),
            "crew_id": CREW,
            "depot_id": DEPOT,
            "vehicle_id": VEHICLE,
            "started_at": _at(days=1, hours=-2),
            "ended_at": None,
        },
        "plan": {
            "plan_id": _id("plan"),
            "depot_id": DEPOT,
            "day": date(2026, 3, 3),
            "published_at": _at(hours=8),
            "stops": [
                {"job_id": JOB, "crew_id": CREW, "position": 1, "arrive_at": _at(days=1)},
                {"job_id": OTHER_JOB, "crew_id": CREW, "position": 2, "arrive_at": _at(days=1, minutes=40)},
            ],
        },
        "forecast": {
            "forecast_id": _id("forecast"),
            "rows": [{"depot_id": DEPOT, "priority": 3, "median_working_minutes": 1_080, "p80_working_minutes": 2_160}],
        },
        "ticket": {
            "ticket_id": TICKET,
            "ticket_number": "ER-104233",
            "site_id": SITE,
            "tip_id": TIP,
            "vehicle_registration": REGISTRATION,
            "ewc_code": "200307",
            "material": "bulky",
            "stream": "residual",
            "is_recycled": False,
            "gross_kg": 3_180,
            "tare_kg": 2_840,
            "net_kg": 340,
            "first_weighed_at": _at(days=1, hours=2),
            "second_weighed_at": _at(days=1, hours=2, minutes=20),
            "booked_on": date(2026, 3, 3),
            "state": "recorded",
            "superseded_by": None,
            "shares": [],
        },
        "receipt": {
            "receipt_id": _id("receipt"),
            "ticket_id": TICKET,
            "state": "submitted",
            "waste_tracking_id": "26-WT4K2M9Q",
            "due_by": _at(days=3, hours=16),
        },
        "period": {
            "period_id": "2026-q1",
            "starts_on": date(2026, 1, 1),
            "ends_on": date(2026, 3, 31),
            "state": "locked",
        },
        "case": {
            "case_id": CASE,
            "case_number": "EC-2026-0041",
            "report_ids": [REPORT],
            "job_ids": [JOB],
            "state": "evidence",
            "evidence_count": 1,
            "opened_at": _at(days=1, hours=1),
            "closed_at": None,
        },
        "notice": {
            "notice_id": NOTICE,
            "serial": "FPN-2026-00017",
            "case_id": CASE,
            "report_ids": [REPORT],
            "offence_code": "FLYTIP",
            "tier": "L2",
            "amount_pence": 75_000,
            "state": "issued",
            "issued_on": date(2026, 3, 5),
            "pay_by": date(2026, 3, 19),
            "served_on": None,
            "paid_on": None,
            "paid_pence": 0,
            "overdue": False,
            "represented": False,
            "officer_id": _id("officer"),
        },
        "user": {"user_id": _id("user"), "active": True, "refuse_before": MONDAY},
    }
)
"""Every aggregate as it is when it is made; `STEPS` says what each event has changed by then."""

ASSIGNED = {"state": "assigned", "crew_id": CREW, "vehicle_id": VEHICLE, "assigned_at": _at(hours=8)}
STARTED = {**ASSIGNED, "state": "started", "started_at": _at(days=1)}
COMPLETED = {
    **STARTED,
    "state": "completed",
    "completed_at": _at(days=1, minutes=35),
    "outcome": "cleared",
    "proof": "photo",
    "has_evidence": True,
    "estimated_kg": 250,
}
CLEARED = {"state": "closed", "closure": "cleared", "has_evidence": True, "cleared_at": COMPLETED["completed_at"]}
SERVED = {"state": "served", "served_on": date(2026, 3, 6)}
PAID = {**SERVED, "state": "paid", "paid_on": date(2026, 3, 12), "paid_pence": 75_000}
OVERDUE = {**SERVED, "overdue": True}
LOAD = {
    "job_id": JOB,
    "report_id": REPORT,
    "reference": REFERENCE,
    "ward": WARD,
    "neighbourhood": PLACE["neighbourhood"],
    "estimated_kg": 250,
}
OTHER_LOAD = {
    **LOAD,
    "job_id": OTHER_JOB,
    "report_id": OTHER_REPORT,
    "reference": OTHER_REFERENCE,
    "estimated_kg": 60,
}
SHARES = [{**LOAD, "weighed_kg": 274}, {**OTHER_LOAD, "weighed_kg": 66}]


class _Step:
    """One example: the aggregate's changes by then, the facts of the event, and its place in the journey."""

    def __init__(self, sequence: int, at: datetime, changes: Mapping[str, Any] | None = None, **facts: Any) -> None:
        self.sequence, self.at, self.changes, self.facts = sequence, at, changes or {}, facts


STEPS: Mapping[type[Contract], _Step] = MappingProxyType(
    {
        reports.ReportSubmittedV1: _Step(1, MONDAY, {"state": "submitted", "priority": None, "deadline": None}),
        reports.ReportAssessedV1: _Step(
            2, MONDAY, reasons=[{"rule": "size", "value": "small-van"}, {"rule": "standard", "value": None}]
        ),
        reports.ReportAmendedV1: _Step(3, _at(hours=8), {"state": "scheduled"}, change="scheduled"),
        reports.ReportMergedV1: _Step(
            3,
            _at(hours=1),
            {"state": "closed", "closure": "duplicate", "merged_into": OTHER_REPORT},
            into_report_id=OTHER_REPORT,
        ),
        reports.ReportUnmergedV1: _Step(4, _at(hours=2), from_report_id=OTHER_REPORT),
        reports.ReportReferredV1: _Step(5, _at(days=1), {"state": "referred"}, to="land-owner"),
        reports.ReportClosedV1: _Step(5, _at(days=1, minutes=36), CLEARED, job_id=JOB),
        reports.ReportReopenedV1: _Step(6, _at(days=2), {"visit": 2, "has_evidence": True}, by="reporter"),
        reports.ReportEvidenceFlaggedV1: _Step(
            3, _at(minutes=1), {"has_evidence": True}, clue="visible-clue", parcel_key=PARCEL
        ),
        reports.ReportFeedbackV1: _Step(7, _at(days=2), CLEARED, answer="satisfied"),
        reports.ReportNotifiedV1: _Step(
            6, _at(days=1, minutes=37), CLEARED, message_id=_id("message"), message="closed", by="email"
        ),
        scheduling.JobCreatedV1: _Step(1, _at(minutes=1)),
        scheduling.JobAssignedV1: _Step(2, _at(hours=8), ASSIGNED, previous_crew_id=None),
        scheduling.JobStartedV1: _Step(3, _at(days=1), STARTED),
        scheduling.JobDeferredV1: _Step(
            4,
            _at(days=1, minutes=10),
            {**STARTED, "state": "deferred", "outcome": "access-blocked"},
            reason="access-blocked",
            until=date(2026, 3, 5),
            parcels=[],
        ),
        scheduling.JobEvidenceFoundV1: _Step(
            5,
            _at(days=1, minutes=20),
            {**STARTED, "state": "deferred", "outcome": "access-blocked", "has_evidence": True},
            parcels=[{"parcel_key": PARCEL, "holds": "letter"}],
        ),
        scheduling.JobCancelledV1: _Step(3, _at(hours=9), {**ASSIGNED, "state": "cancelled"}, reason="report-closed"),
        scheduling.JobAmendedV1: _Step(
            6, _at(days=1, hours=3), {**COMPLETED, "tip_id": TIP, "weighed_kg": 274}, change="weighed"
        ),
        scheduling.JobExpectedV1: _Step(3, _at(hours=8), ASSIGNED, expected_on=date(2026, 3, 3)),
        scheduling.JobCompletedV1: _Step(
            4,
            _at(days=1, minutes=35),
            COMPLETED,
            kg_is_estimate=True,
            parcels=[{"parcel_key": PARCEL, "holds": "photos"}],
        ),
        scheduling.ForecastPublishedV1: _Step(1, _at(hours=8)),
        scheduling.PlanPublishedV1: _Step(1, _at(hours=8)),
        scheduling.ShiftStartedV1: _Step(1, _at(days=1, hours=-2)),
        scheduling.ShiftEndedV1: _Step(2, _at(days=1, hours=6), {"ended_at": _at(days=1, hours=6)}),
        scheduling.DepotChangedV1: _Step(1, _at(days=-60)),
        scheduling.CrewChangedV1: _Step(1, _at(days=-60)),
        scheduling.VehicleChangedV1: _Step(1, _at(days=-60)),
        scheduling.VehicleTippedV1: _Step(
            2,
            _at(days=1, hours=2),
            {"last_tip_id": TIP},
            tip_id=TIP,
            vehicle_id=VEHICLE,
            crew_id=CREW,
            site_id=SITE,
            tipped_at=_at(days=1, hours=2),
            loads=[{**LOAD, "waste_type": "other-household"}, {**OTHER_LOAD, "waste_type": "tyres"}],
        ),
        tonnage.TicketRecordedV1: _Step(1, _at(days=1, hours=2, minutes=40)),
        tonnage.TicketReconciledV1: _Step(2, _at(days=1, hours=2, minutes=40), {"shares": SHARES}),
        tonnage.TicketVoidedV1: _Step(3, _at(days=2), {"state": "voided"}, reason="entered-twice"),
        tonnage.ReceiptSubmittedV1: _Step(1, _at(days=1, hours=3)),
        tonnage.ReceiptRejectedV1: _Step(
            1,
            _at(days=1, hours=3),
            {"state": "rejected", "waste_tracking_id": None},
            error_types=["BusinessRuleViolation"],
        ),
        tonnage.PeriodLockedV1: _Step(1, _at(days=120)),
        tonnage.PeriodRestatedV1: _Step(2, _at(days=150), {"state": "restated"}),
        enforcement.CaseOpenedV1: _Step(
            1, _at(days=1, hours=1), {"state": "opened", "evidence_count": 0}, source="crew"
        ),
        enforcement.EvidenceReceivedV1: _Step(2, _at(days=1, hours=1), parcel_key=PARCEL, exhibit="EC-2026-0041/1"),
        enforcement.CaseEvidenceSecuredV1: _Step(3, _at(days=1, hours=1)),
        enforcement.CaseClosedV1: _Step(5, _at(days=10), {"state": "closed", "closed_at": _at(days=10)}, result="paid"),
        enforcement.ActionRecordedV1: _Step(
            4, _at(days=3), {"state": "notice"}, action="fixed-penalty-notice", taken_on=date(2026, 3, 5)
        ),
        enforcement.NoticeIssuedV1: _Step(1, _at(days=3)),
        enforcement.NoticeServedV1: _Step(2, _at(days=4), SERVED),
        enforcement.NoticePaidV1: _Step(3, _at(days=10), PAID),
        enforcement.NoticeCancelledV1: _Step(3, _at(days=5), {**SERVED, "state": "cancelled"}, reason="wrong-person"),
        enforcement.NoticeOverdueV1: _Step(3, _at(days=18), OVERDUE),
        enforcement.NoticeEscalatedV1: _Step(4, _at(days=30), {**OVERDUE, "state": "escalated"}),
        enforcement.NoticeCopiedV1: _Step(2, _at(days=3), recipient="environment-agency"),
        enforcement.RepresentationReceivedV1: _Step(
            3, _at(days=8), {**SERVED, "represented": True}, representation_id=_id("representation")
        ),
        enforcement.RepresentationDecidedV1: _Step(
            4,
            _at(days=12),
            {**SERVED, "represented": True},
            representation_id=_id("representation"),
            decision="rejected",
        ),
        accounts.UserChangedV1: _Step(1, MONDAY),
    }
)

CAUSES: Mapping[str, str] = MappingProxyType(
    {
        "job.created.v1": "report.assessed.v1",
        "job.cancelled.v1": "report.merged.v1",
        "job.amended.v1": "ticket.reconciled.v1",
        "report.amended.v1": "job.assigned.v1",
        "report.closed.v1": "job.completed.v1",
        "report.referred.v1": "job.completed.v1",
        "report.notified.v1": "report.closed.v1",
        "ticket.reconciled.v1": "vehicle.tipped.v1",
        "receipt.submitted.v1": "ticket.recorded.v1",
        "receipt.rejected.v1": "ticket.recorded.v1",
        "case.opened.v1": "job.completed.v1",
        "evidence.received.v1": "job.completed.v1",
        "case.evidence-secured.v1": "job.completed.v1",
        "case.closed.v1": "notice.paid.v1",
        "action.recorded.v1": "notice.issued.v1",
        "notice.copied.v1": "notice.issued.v1",
    }
)
"""Which event set another off; everything else is the doing of a person or a timer."""

IN_THE_JOURNEY = ("report", "job", "ticket", "case", "notice")
"""Aggregates whose examples belong to the report's journey (their correlation id is the report's id)."""

SUBJECT_FIELDS = {name: f"{name}_id" for name in STATES}
"""Which field of an aggregate's state is the id that its events are about."""


def example(contract: type[Contract]) -> Event:
    """Return the example of a contract; raises `KeyError` for one that has none yet."""
    step = STEPS[contract]
    state = {**STATES[contract.aggregate], **step.changes}
    subject = state[SUBJECT_FIELDS[contract.aggregate]]
    cause = CAUSES.get(contract.type)
    return Event(
        id=_id(contract.type),
        source=contract.producer,
        type=contract.type,
        subject=subject,
        time=step.at,
        sequence=step.sequence,
        correlationid=REPORT if contract.aggregate in IN_THE_JOURNEY else subject,
        causationid=_id(cause) if cause else None,
        data={**step.facts, "state": state},
    )


def examples() -> list[Event]:
    """Return the example of every declared event, by type."""
    return [example(REGISTRY[event_type]) for event_type in sorted(REGISTRY)]
