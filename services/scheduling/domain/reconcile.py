"""What a report's state means for its job: a reconciliation from the newest copy, never from an event's name.

It may be asked again at any time and with the same copy: then nothing changes. Only its own earlier decisions are
undone (a job that was cancelled because its report was referred comes back with it); what a supervisor decided stays.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from services.scheduling.domain.job import (
    FOLLOWED_REASONS,
    HELD_BY_SUPERVISOR,
    HELD_FOR_REPORT,
    Change,
    Job,
    Reason,
    cancel,
    create,
    hold,
    needs_contractor,
    release,
)
from services.scheduling.domain.job_state import public_state
from shared.contracts.base import Fact
from shared.contracts.scheduling import JobAmendedV1

WANTS_A_JOB = ("assessed", "scheduled", "in-progress")


@dataclass(frozen=True)
class ReportCopy:
    """What scheduling keeps of a report: the part of its public state that its job depends on.

    Whether a crew is sent to its kind, and whether it is waste, is the council's configuration and not in the copy.
    """

    report_id: str
    reference: str
    channel: str
    state: str
    visit: int
    waste_type: str | None
    land_type: str | None
    size: str | None
    hazards: tuple[str, ...]
    lat: float
    lon: float
    place_id: str | None
    ward: str
    neighbourhood: str
    priority: int | None
    deadline: datetime | None
    has_photo: bool
    has_evidence: bool
    merged_into: str | None
    kind: str = "fly-tipping"
    is_for_crews: bool = True
    is_waste: bool = True

    @classmethod
    def of(cls, state: Mapping[str, Any], *, is_for_crews: bool = True, is_waste: bool = True) -> "ReportCopy":
        """Return the copy that a report's public state, or a stored copy of it, holds."""
        place = state["place"]
        return cls(
            report_id=state["report_id"],
            reference=state["reference"],
            kind=state["kind"],
            channel=state["channel"],
            state=state["state"],
            visit=state["visit"],
            waste_type=state["waste_type"],
            land_type=state["land_type"],
            size=state["size"],
            hazards=tuple(state["hazards"]),
            lat=place["lat"],
            lon=place["lon"],
            place_id=place["place_id"],
            ward=place["ward"],
            neighbourhood=place["neighbourhood"],
            priority=state["priority"],
            deadline=state["deadline"],
            has_photo=state["has_photo"],
            has_evidence=state["has_evidence"],
            merged_into=state["merged_into"],
            is_for_crews=is_for_crews,
            is_waste=is_waste,
        )

    @property
    def wants_a_job(self) -> bool:
        """Say whether somebody has to go there."""
        return self.is_for_crews and self.state in WANTS_A_JOB and self.merged_into is None

    @property
    def why_not(self) -> str:
        """Return the code of the reason for which nobody has to go there."""
        if self.merged_into is not None:
            return "report-merged"
        return "report-referred" if self.state == "referred" or not self.is_for_crews else "report-closed"


def new_job(report: ReportCopy, *, job_id: str, depot_id: str, reasons: tuple[Reason, ...], at: datetime) -> Change:
    """Return the job of the report's present visit."""
    return create(
        Job(
            id=job_id,
            channel=report.channel,
            report_id=report.report_id,
            reference=report.reference,
            report_kind=report.kind,
            is_waste=report.is_waste,
            visit=report.visit,
            depot_id=depot_id,
            created_at=at,
            **_followed(report),
            contractor=needs_contractor(report.waste_type, report.hazards),
            reasons=reasons,
        )
    )


def reconcile(
    job: Job, report: ReportCopy, *, reasons: tuple[Reason, ...], secured_at: datetime | None, at: datetime
) -> Change:
    """Bring an existing job in line with its report; `secured_at` says when its evidence was secured, if it was."""
    if job.visit < report.visit:
        return _called_off(job, "report-reopened")
    if not report.wants_a_job:
        return (job, []) if report.state == "submitted" else _called_off(job, report.why_not)
    job, facts = _brought_back(job)
    job, more = _updated(job, report, reasons)
    facts += more
    job, more = _held_or_released(job, report, secured_at, at)
    return job, facts + more


def _called_off(job: Job, reason: str) -> Change:
    """Cancel a job that nobody is at work on; a crew that is there finishes and says what it found.

    So does one whose proof was sent back: that its report is closed is no news to who sends it there again.
    """
    if job.returned_because is not None and reason == "report-closed":
        return job, []
    return cancel(job, reason) if job.state in ("open", "assigned", "deferred") else (job, [])


def _brought_back(job: Job) -> Change:
    """Open a job again that only its report's state had called off."""
    if job.state != "cancelled" or job.cancelled_because not in FOLLOWED_REASONS:
        return job, []
    return replace(job, state="open", cancelled_because=None), [JobAmendedV1.fact(change="restored")]


def _updated(job: Job, report: ReportCopy, reasons: tuple[Reason, ...]) -> Change:
    """Take over what the report says, until a crew is there and knows better."""
    if job.state not in ("open", "assigned", "deferred"):
        return job, []
    followed = _followed(report)
    if report.place_id is None:
        del followed["place_id"]  # the crew that found it may have named the street
    if job.outcome is not None or job.is_divided:
        # A crew has been there, or a supervisor has cut it up: what they say stands, against what was reported.
        followed = {key: value for key, value in followed.items() if key not in ("waste_type", "land_type", "size")}
    updated = replace(job, **followed, reasons=reasons or job.reasons)
    if job.outcome is None and not job.is_divided:
        updated = replace(updated, contractor=needs_contractor(report.waste_type, report.hazards))
    # Why it has its priority is for the board; nobody else is told of that alone.
    is_news = public_state(updated) != public_state(job)
    facts: list[Fact] = [JobAmendedV1.fact(change="report")] if is_news else []
    return updated, facts


def _held_or_released(job: Job, report: ReportCopy, secured_at: datetime | None, at: datetime) -> Change:
    """Hold a job whose report has evidence that nobody has secured, and release it once somebody has."""
    if job.held:
        by_now = secured_at is not None and (
            job.held_by == HELD_FOR_REPORT or (job.held_at is not None and secured_at >= job.held_at)
        )
        return release(job) if by_now and job.held_by != HELD_BY_SUPERVISOR else (job, [])
    # What the crew itself sealed (`job.has_evidence`) is on its way to enforcement and holds nothing up.
    waits = report.has_evidence and secured_at is None and not job.was_released and not job.has_evidence
    return (
        hold(job, by=HELD_FOR_REPORT, at=at) if waits and job.state in ("open", "assigned", "deferred") else (job, [])
    )


def _followed(report: ReportCopy) -> dict[str, Any]:
    """Return the fields of a job that come from its report."""
    return {
        "waste_type": report.waste_type,
        "land_type": report.land_type,
        "size": report.size,
        "lat": report.lat,
        "lon": report.lon,
        "place_id": report.place_id,
        "ward": report.ward,
        "neighbourhood": report.neighbourhood,
        "priority": report.priority,
        "deadline": report.deadline,
        "has_report_photo": report.has_photo,
    }
