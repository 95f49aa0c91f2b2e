"""What supervisors and crews say about a job besides giving it out: seen, tip first, proof checked, due again, placed.

Pure functions like those of `job.py`: from a job to the next one and the facts to announce; what changes nothing
returns the job itself and no facts.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime

from services.scheduling.domain.job import Change, Job
from shared.contracts.scheduling import JobAmendedV1
from shared.errors import DomainError

RETURN_REASONS: Mapping[str, str] = {
    "photo-unclear": "The photo does not show the work",
    "photo-elsewhere": "The photo is of another place",
    "waste-still-there": "Waste is still there",
    "details-wrong": "What was said about the waste is wrong",
}
"""Why a supervisor sends the proof of a job back to its crew."""


def divert(job: Job, site_id: str | None, *, at: datetime) -> Change:
    """Send the job's crew to a disposal site before it goes there, or with None take that back.

    The crew has not seen that yet, so its receipt for the job is asked for again.

    Raises:
        DomainError: no crew is to go there any more.
    """
    if job.tip_first_at == site_id:
        return job, []
    if job.state != "assigned":
        raise DomainError(
            f"{job.reference} is {job.state}: a crew is sent to tip before a stop that it has still to go to.",
            rule="job-state",
        )
    diverted = replace(job, tip_first_at=site_id, diverted_at=at if site_id else None, seen_at=None)
    return diverted, [JobAmendedV1.fact(change="diverted")]


def approve_proof(job: Job) -> Change:
    """Accept what the crew sent as proof; raises `DomainError` where there is none to accept."""
    if job.proof_check == "approved":
        return job, []
    _check_has_proof(job)
    return replace(job, proof_check="approved", returned_because=None), [JobAmendedV1.fact(change="proof-approved")]


def return_proof(job: Job, reason: str, *, at: datetime) -> Change:
    """Give a finished job to its crew again, with the reason why its proof is not enough.

    What it put on the vehicle is not counted before it is finished again, so never twice; a load that was tipped
    meanwhile stays as it was tipped.

    Raises:
        DomainError: the job is not finished, its proof was approved, nobody was there, or the reason is not one.
    """
    if reason not in RETURN_REASONS:
        raise DomainError("Choose what is wrong with the proof", field="reason")
    _check_has_proof(job)
    if job.proof_check == "approved":
        raise DomainError(f"The proof of {job.reference} was approved already.", rule="proof-approved")
    if job.last_crew_id is None:
        raise DomainError(f"{job.reference} was done by no crew that it could go back to.", rule="job-crew")
    again = replace(
        job,
        state="assigned",
        crew_id=job.last_crew_id,
        position=None,
        plan_id=None,
        assigned_at=at,
        started_at=None,
        completed_at=None,
        outcome=None,
        photo_key=None,
        no_photo_reason=None,
        estimated_kg=job.estimated_kg if job.tip_id else None,
        proof_check="returned",
        returned_because=reason,
        seen_at=None,
        tip_first_at=None,
        diverted_at=None,
    )
    return again, [JobAmendedV1.fact(change="proof-returned")]


def come_due(job: Job, today: date) -> Change:
    """Put a job that was put off until a day back on the list when the day has come."""
    if job.state != "deferred" or job.waits_until is None or job.waits_until > today:
        return job, []
    return replace(job, state="open", waits_because=None, waits_until=None), [JobAmendedV1.fact(change="due")]


def place(job: Job, position: int) -> Change:
    """Move a job to another place on the sheet of its crew, by hand: the crew keeps it in later plans."""
    if job.position == position and job.plan_id is None:
        return job, []
    return replace(job, position=position, plan_id=None), [JobAmendedV1.fact(change="placed")]


def _check_has_proof(job: Job) -> None:
    """Raise `DomainError` for a job that is not finished."""
    if job.state != "completed":
        raise DomainError(f"{job.reference} is {job.state}, so there is no proof to check.", rule="job-state")
