"""Parcels and events for the tests of enforcement."""

import base64
from datetime import UTC, date, datetime

from shared.blobs import open_blobs
from shared.bus.answer import answer
from shared.contracts.envelope import Cause, decode, encode, make_event
from shared.contracts.reports import ReportAmendedV1, ReportEvidenceFlaggedV1
from shared.contracts.scheduling import JobCompletedV1, JobDeferredV1
from shared.custody import Parcel, ParcelFile, seal
from tests.builders import TUESDAY_MORNING
from tests.unit.services.tonnage.made import job_completed as tonnage_job

REPORT, JOB, REFERENCE = "report-1", "job-1", "FT-7K3MQ2XA"
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
OFFICER, OTHER_OFFICER = "officer-1", "officer-2"
TODAY = date(2026, 11, 17)


def parcel(**changes):
    values = {
        "holds": "photos",
        "report_id": REPORT,
        "reference": REFERENCE,
        "job_id": JOB,
        "statement": None,
        "files": (ParcelFile("letter.png", "image/png", PIXEL),),
        "sealed_at": datetime(2026, 11, 17, 9, 30, tzinfo=UTC),
        "sealed_by": "crew-1",
    }
    return Parcel(**{**values, **changes})


def hand_over(ctx, content, sender="scheduling"):
    """Put bytes into enforcement's handover as another service does and return the key."""
    return open_blobs(ctx.settings.blob_url, sender).hand_over("enforcement", content)


def job_completed(*keys, sequence=4, **changes):
    state = {**tonnage_job(JOB).state, "report_id": REPORT, "reference": REFERENCE, "has_evidence": True, **changes}
    fact = JobCompletedV1.fact(kg_is_estimate=True, parcels=[{"parcel_key": key, "holds": "photos"} for key in keys])
    return make_event(fact, subject=JOB, sequence=sequence, state=state, time=TUESDAY_MORNING, cause=Cause(REPORT))


def job_deferred(*keys, sequence=4, **changes):
    state = {**job_completed().state, "state": "deferred", "outcome": "unsafe", "completed_at": None, **changes}
    fact = JobDeferredV1.fact(
        reason="unsafe", until=None, parcels=[{"parcel_key": key, "holds": "photos"} for key in keys]
    )
    return make_event(fact, subject=JOB, sequence=sequence, state=state, time=TUESDAY_MORNING, cause=Cause(REPORT))


def report_state(**changes):
    return {
        "report_id": REPORT,
        "reference": REFERENCE,
        "kind": "fly-tipping",
        "channel": "web",
        "state": "assessed",
        "closure": None,
        "visit": 1,
        "waste_type": "other-household",
        "land_type": "back-alleyway",
        "size": "small-van",
        "hazards": [],
        "other_waste_types": [],
        "waiting_for": None,
        "place": {
            "lat": 53.43,
            "lon": -2.96,
            "easting": 336_000,
            "northing": 393_000,
            "place_precision": "exact",
            "place_id": None,
            "ward": "anfield",
            "neighbourhood": "anfield-and-walton",
        },
        "priority": 3,
        "deadline": TUESDAY_MORNING,
        "reported_at": TUESDAY_MORNING,
        "happened_on": date(2026, 11, 16),
        "has_photo": True,
        "has_evidence": True,
        "merged_into": None,
        "cleared_at": None,
        "action_taken": False,
        **changes,
    }


def evidence_flagged(key=None, sequence=3, **changes):
    fact = ReportEvidenceFlaggedV1.fact(clue="witness", parcel_key=key)
    return make_event(
        fact,
        subject=REPORT,
        sequence=sequence,
        state=report_state(**changes),
        time=TUESDAY_MORNING,
        cause=Cause(REPORT),
    )


def report_amended(sequence=4, **changes):
    fact = ReportAmendedV1.fact(change="scheduled")
    return make_event(
        fact,
        subject=REPORT,
        sequence=sequence,
        state=report_state(**changes),
        time=TUESDAY_MORNING,
        cause=Cause(REPORT),
    )


def sealed(**changes):
    return seal(parcel(**changes))


def deliver(ctx, subscription, *events):
    """Answer events as a worker would and return the outcomes."""
    return [answer(ctx, subscription, encode(event)).value for event in events]


def own_events(ctx, *names):
    """Return what the service has announced, of these names or all."""
    heard = [decode(logged.body) for logged in ctx.store.log.read(after=0)]
    return [event for event in heard if not names or event.name in names]
