"""Jobs, crews and reports to test with."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from services.scheduling.domain.completion import Completion
from services.scheduling.domain.fleet import Crew, Load, Vehicle
from services.scheduling.domain.job import Job
from services.scheduling.domain.reconcile import ReportCopy

NOW = datetime(2026, 11, 17, 10, 40, tzinfo=UTC)
LATER = NOW + timedelta(minutes=20)
SIZE_KG = {"single-black-bag": 8, "small-van": 250, "transit-van": 500}

CREW = Crew("north-1", "North 1", "north", "van-1", "street")
OTHER_CREW = Crew("north-2", "North 2", "north", "van-2", "street")
CONTRACTOR = Crew("asbestos-1", "Asbestos Ltd", "north", None, "contractor", waste_types=("asbestos",))
VEHICLE = Vehicle("van-1", "DK26ABC", "north", "caged-tipper", 1000, 2400)


def make_job(**changes: Any) -> Job:
    job = Job(
        id="job-1",
        channel="web",
        report_id="report-1",
        reference="FT-7K3MQ2XA",
        visit=1,
        depot_id="north",
        lat=53.4,
        lon=-2.97,
        ward="everton",
        neighbourhood="kirkdale-and-everton",
        created_at=NOW - timedelta(hours=1),
        waste_type="other-household",
        land_type="back-alleyway",
        size="small-van",
        priority=3,
        deadline=NOW + timedelta(days=2),
    )
    return replace(job, **changes)


def assigned_job(**changes: Any) -> Job:
    return make_job(state="assigned", crew_id=CREW.id, vehicle_id="van-1", assigned_at=NOW, **changes)


def started_job(**changes: Any) -> Job:
    return replace(assigned_job(), **{"state": "started", "started_at": NOW, **changes})


def make_completion(**changes: Any) -> Completion:
    cleared = Completion(
        "cleared", "white-goods", "back-alleyway", "transit-van", photo_key=None, no_photo_reason="camera-broken"
    )
    return replace(cleared, **changes)


def make_load(job_id: str = "job-1", kg: int = 250) -> Load:
    return Load(job_id, "report-1", "FT-7K3MQ2XA", "everton", "kirkdale-and-everton", "other-household", kg)


def make_report(**changes: Any) -> ReportCopy:
    report = ReportCopy(
        report_id="report-1",
        reference="FT-7K3MQ2XA",
        channel="web",
        state="assessed",
        visit=1,
        waste_type="other-household",
        land_type="back-alleyway",
        size="small-van",
        hazards=(),
        lat=53.4,
        lon=-2.97,
        place_id=None,
        ward="everton",
        neighbourhood="kirkdale-and-everton",
        priority=3,
        deadline=NOW + timedelta(days=2),
        has_photo=False,
        has_evidence=False,
        merged_into=None,
    )
    return replace(report, **changes)
