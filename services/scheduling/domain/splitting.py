"""One job made two: another crew takes a part of the waste, by kind or by how much of it.

The job that was split decides: it keeps less, and names the part that was cut off under an id that follows from its
own, so that making the part twice makes one. Both belong to the same visit of the same report, which is over when all
of them are done. Sizes are classes, not weights: the two together may not be more than the whole was, so that no
kilogram is planned, loaded or counted twice.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from services.scheduling.domain.job import Change, Job, JobPart, create, needs_contractor
from shared.contracts.scheduling import JobAmendedV1
from shared.errors import DomainError
from shared.ids import derived_id

MOST_PARTS = 5
"""A place that needs more crews than this is a campaign, not a job."""


def split(
    job: Job,
    *,
    kept_size: str,
    part_size: str,
    part_waste: str | None,
    kept_waste: str | None,
    size_kg: Mapping[str, int],
) -> Change:
    """Cut a part off a job that nobody has begun; without a waste type a part is of the same waste as the whole.

    Raises:
        DomainError: it can't be split in its state, or the parts are more than the whole.
    """
    if job.state not in ("open", "assigned", "deferred"):
        raise DomainError(f"{job.reference} is {job.state}, so it can’t be split.", rule="job-state")
    if job.part_of is not None:
        raise DomainError(
            f"This is a part of {job.reference} already. Split the job that it was cut from.", rule="part"
        )
    if not job.is_waste or job.size is None:
        raise DomainError(f"{job.reference} has no amount that could be shared between two crews.", rule="no-size")
    if len(job.parts) >= MOST_PARTS:
        raise DomainError(f"{job.reference} has been split {MOST_PARTS} times. That is enough.", rule="parts")
    _check_sizes(job.size, kept_size, part_size, size_kg)
    part = JobPart(derived_id(job.id, "part", str(len(job.parts) + 1)), part_waste or job.waste_type, part_size)
    waste = kept_waste or job.waste_type
    kept = replace(
        job,
        size=kept_size,
        waste_type=waste,
        # What was the contractor's may be what goes; hazards that a report names besides stay the whole's.
        contractor=needs_contractor(waste) if kept_waste else job.contractor,
        parts=(*job.parts, part),
        has_unmade_parts=True,
    )
    return kept, [JobAmendedV1.fact(change="split")]


def part_of(job: Job, part: JobPart, *, at: datetime) -> Change:
    """Return the job of a part that was cut off, open for any crew, and held while the whole is."""
    made = Job(
        id=part.job_id,
        channel=job.channel,
        report_id=job.report_id,
        reference=job.reference,
        visit=job.visit,
        depot_id=job.depot_id,
        lat=job.lat,
        lon=job.lon,
        ward=job.ward,
        neighbourhood=job.neighbourhood,
        created_at=at,
        kind=job.kind,
        held=job.held,
        held_by=job.held_by,
        held_at=job.held_at,
        was_released=job.was_released,
        contractor=needs_contractor(part.waste_type),
        place_id=job.place_id,
        report_kind=job.report_kind,
        is_waste=job.is_waste,
        priority=job.priority,
        deadline=job.deadline,
        reasons=job.reasons,
        waste_type=part.waste_type,
        land_type=job.land_type,
        size=part.size,
        has_report_photo=job.has_report_photo,
        part_of=job.id,
    )
    return create(made)


def note_parts_made(job: Job) -> Job:
    """Note that every part has its job."""
    return replace(job, has_unmade_parts=False)


def _check_sizes(whole: str, kept: str, part: str, size_kg: Mapping[str, int]) -> None:
    """Raise `DomainError`, naming the field, for sizes that are none or that add up to more than the whole."""
    for field, size in (("kept_size", kept), ("part_size", part)):
        if size not in size_kg:
            raise DomainError("Choose how much it is", field=field)
    together, all_of_it = size_kg[kept] + size_kg[part], size_kg.get(whole, 0)
    if together > all_of_it:
        raise DomainError(
            f"The two parts would be about {together:,} kg; the whole is about {all_of_it:,} kg. Choose smaller ones.",
            field="part_size",
        )
