"""What becomes of the waste of a job once it is on a vehicle: tipped, and weighed, also again."""

from dataclasses import replace

from services.scheduling.domain.job import Change, Job
from shared.contracts.scheduling import JobAmendedV1


def mark_tipped(job: Job, tip_id: str) -> Change:
    """Note the tip that took its waste; one that was tipped already stays as it is."""
    if not job.is_untipped:
        return job, []
    return replace(job, tip_id=tip_id), [JobAmendedV1.fact(change="tipped")]


def weigh(job: Job, ticket_id: str, *, kg: int | None, sequence: int) -> Change:
    """Note its share of a ticket's net weight, or with None that the ticket no longer counts; guarded by sequence."""
    if job.seen.get(ticket_id, 0) >= sequence:
        return job, []
    weights = {key: value for key, value in job.weights.items() if key != ticket_id}
    if kg is not None:
        weights[ticket_id] = kg
    noted = replace(job, seen={**job.seen, ticket_id: sequence}, weights=weights)
    return noted, [JobAmendedV1.fact(change="weighed")] if noted.weights != job.weights else []
