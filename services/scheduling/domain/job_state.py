"""What the world is told of a job: the public state that every event of it carries."""

from collections.abc import Mapping
from typing import Any

from services.scheduling.domain.job import Job


def public_state(job: Job) -> Mapping[str, Any]:
    """Return what every event of the job carries."""
    return {
        "job_id": job.id,
        "kind": job.kind,
        "channel": job.channel,
        "report_id": job.report_id,
        "reference": job.reference if job.report_id is not None else None,
        "visit": job.visit,
        "state": job.state,
        "held": job.held,
        "contractor": job.contractor,
        "depot_id": job.depot_id,
        "crew_id": job.crew_id,
        "vehicle_id": job.vehicle_id,
        "priority": job.priority,
        "deadline": job.deadline,
        "waste_type": job.waste_type,
        "land_type": job.land_type,
        "size": job.size,
        "lat": job.lat,
        "lon": job.lon,
        "ward": job.ward,
        "neighbourhood": job.neighbourhood,
        "created_at": job.created_at,
        "assigned_at": job.assigned_at,
        "started_at": job.started_at,
        "completed_at": job.completed_at,
        "outcome": job.outcome,
        "proof": ("photo" if job.photo_key else "no-photo") if job.outcome else None,
        "no_photo_reason": job.no_photo_reason,
        "has_evidence": job.has_evidence,
        "estimated_kg": job.estimated_kg,
        "weighed_kg": job.weighed_kg,
        "tip_id": job.tip_id,
        "seen_at": job.seen_at,
        "tip_first_at": job.tip_first_at,
        "proof_check": job.proof_check,
        "returned_because": job.returned_because,
        "part_of": job.part_of,
        "parts": [part.job_id for part in job.parts],
    }
