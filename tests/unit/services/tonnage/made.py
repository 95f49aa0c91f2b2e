"""Tickets, tips and events for the tests of tonnage."""

from datetime import UTC, datetime, timedelta

from services.tonnage.domain.ticket import Weighing
from shared.bus.answer import answer
from shared.contracts.envelope import Cause, encode, make_event
from shared.contracts.scheduling import JobCompletedV1, VehicleChangedV1, VehicleTippedV1
from tests.builders import TUESDAY_MORNING

SITE = "dock-road-transfer"
WEIGHED = datetime(2026, 11, 17, 9, 50, tzinfo=UTC)


def weighing(**changes):
    values = {
        "ticket_number": "WB-1001",
        "site_id": SITE,
        "tip_id": None,
        "vehicle_registration": "DEMO-101",
        "ewc_code": "200307",
        "gross_kg": 3100,
        "tare_kg": 2480,
        "net_kg": 620,
        "first_weighed_at": WEIGHED,
        "second_weighed_at": WEIGHED + timedelta(minutes=12),
    }
    values.update(changes)
    if "net_kg" not in changes:
        values["net_kg"] = values["gross_kg"] - values["tare_kg"]
    return Weighing(**values)


def load(job_id="job-1", estimated_kg=250):
    return {
        "job_id": job_id,
        "report_id": f"report-of-{job_id}",
        "reference": "FT-7K3MQ2XA",
        "ward": "anfield",
        "neighbourhood": "anfield-and-walton",
        "waste_type": "other-household",
        "estimated_kg": estimated_kg,
    }


def vehicle_state(**changes):
    return {
        "vehicle_id": "tipper-101",
        "registration": "DEMO-101",
        "depot_id": "north",
        "vehicle_class": "caged-tipper-3500",
        "payload_kg": 1000,
        "tare_kg": 2480,
        "state": "on-road",
        "last_tip_id": None,
        **changes,
    }


def vehicle_changed(sequence=1, **changes):
    return make_event(
        VehicleChangedV1.fact(),
        subject="tipper-101",
        sequence=sequence,
        state=vehicle_state(**changes),
        time=TUESDAY_MORNING,
        cause=Cause(),
    )


def vehicle_tipped(tip_id="tip-1", loads=None, sequence=2, site_id=SITE, **changes):
    fact = VehicleTippedV1.fact(
        tip_id=tip_id,
        vehicle_id="tipper-101",
        crew_id="crew-1",
        site_id=site_id,
        tipped_at=WEIGHED,
        loads=[load("job-1", 250), load("job-2", 60)] if loads is None else loads,
    )
    return make_event(
        fact,
        subject="tipper-101",
        sequence=sequence,
        state=vehicle_state(last_tip_id=tip_id, **changes),
        time=TUESDAY_MORNING,
        cause=Cause(),
    )


def job_completed(job_id="job-1", sequence=4, **changes):
    state = {
        "job_id": job_id,
        "kind": "reactive",
        "channel": "web",
        "report_id": f"report-of-{job_id}",
        "reference": "FT-7K3MQ2XA",
        "visit": 1,
        "state": "completed",
        "held": False,
        "contractor": False,
        "depot_id": "north",
        "crew_id": "crew-1",
        "vehicle_id": "tipper-101",
        "priority": 3,
        "deadline": TUESDAY_MORNING,
        "waste_type": "other-household",
        "land_type": "back-alleyway",
        "size": "small-van",
        "lat": 53.43,
        "lon": -2.96,
        "ward": "anfield",
        "neighbourhood": "anfield-and-walton",
        "created_at": TUESDAY_MORNING,
        "assigned_at": TUESDAY_MORNING,
        "started_at": TUESDAY_MORNING,
        "completed_at": TUESDAY_MORNING,
        "outcome": "cleared",
        "proof": "photo",
        "no_photo_reason": None,
        "has_evidence": False,
        "estimated_kg": 250,
        "weighed_kg": None,
        "tip_id": None,
        "seen_at": None,
        "tip_first_at": None,
        "proof_check": None,
        "returned_because": None,
        "part_of": None,
        "parts": [],
    }
    state.update(changes)
    return make_event(
        JobCompletedV1.fact(kg_is_estimate=True, parcels=[]),
        subject=job_id,
        sequence=sequence,
        state=state,
        time=TUESDAY_MORNING,
        cause=Cause("report-of-" + job_id),
    )


def deliver(ctx, subscription, *events):
    """Answer events as a worker would and return the outcomes."""
    return [answer(ctx, subscription, encode(event)).value for event in events]
