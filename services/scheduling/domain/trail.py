"""Where a job stood when: what it was like after each change, so that a day that is over can be reconciled.

A job's own fields say what it is now; yesterday's sheet has been overwritten by today's. So each save adds a mark where
anything changed that a day is reconciled by. A phone may tell late: a job that was done at noon and heard of in the
evening was done at noon. The marks stay in the order in which they became known, and the last one that had happened by
a moment says what the job was like then.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from shared.calendar import london_date

if TYPE_CHECKING:
    from services.scheduling.domain.job import Job

ON_A_SHEET = ("assigned", "started")
ENDS_A_VISIT = {"finish": "deferred", "exception": "deferred", "hand-back": "open"}
"""What a crew says at the end of a visit, and the state that it brings the job into where it is not done."""

MARKS_KEPT = 120
"""More than a job that is moved every few minutes for a whole day has; the first ones go."""


@dataclass(frozen=True)
class Mark:
    """What a job was like from a moment on; `reason` is why it waits, was called off, sent back or taken from a crew.

    A finished job has its outcome as the reason.
    """

    at: datetime
    state: str
    crew_id: str | None = None
    reason: str | None = None
    until: date | None = None
    held: bool = False

    @property
    def is_on_a_sheet(self) -> bool:
        """Say whether a crew had it on its list."""
        return self.state in ON_A_SHEET


def noted(job: "Job", at: datetime) -> "Job":
    """Return the job with a mark of what it is like now, where that is news; `at` is when it is saved."""
    last = job.trail[-1] if job.trail else None
    mark = Mark(at, job.state, job.crew_id, _reason(job), job.waits_until, job.held)
    if last is not None and replace(mark, at=last.at) == last:
        return job
    if last is None or last.state != job.state:
        mark = replace(mark, at=_moment(job, last) or at)
    return replace(job, trail=(*job.trail, mark)[-MARKS_KEPT:])


def stood_at(trail: Sequence[Mark], instant: datetime) -> Mark | None:
    """Return what a job was like at a moment, None where it was not there yet."""
    return next((mark for mark in reversed(trail) if mark.at <= instant), None)


def between(trail: Sequence[Mark], start: datetime, end: datetime) -> list[Mark]:
    """Return what happened in a span, its end not included, in the order in which it became known."""
    return [mark for mark in trail if start <= mark.at < end]


def days_of(job: "Job") -> set[date]:
    """Return the days that a job may belong to: on a sheet, finished, put off or called off, put off until, or due.

    For a job that is on a sheet still, the days since it was put there are not told: whoever asks for one of those
    looks at the active jobs besides.
    """
    days = {london_date(job.deadline)} if job.deadline is not None else set()
    if job.beat_id is not None or job.campaign_id is not None:
        days.add(job.waits_until or london_date(job.created_at))
    for mark, following in zip(job.trail, (*job.trail[1:], None), strict=True):
        if mark.state != "open":
            days.add(london_date(mark.at))
        if mark.until is not None:
            days.add(mark.until)
        if mark.is_on_a_sheet and following is not None:
            days.update(_dates(mark.at, following.at))
    return days


def _moment(job: "Job", last: Mark | None) -> datetime | None:
    """Return when a crew did what brought the job into its state, None where it was not a crew that did it now.

    The crew's last word stays with the job: what the office does with it afterwards has its own time.
    """
    if job.state in ("started", "completed"):
        return job.started_at if job.state == "started" else job.completed_at
    told = job.entries[-1] if job.entries else None
    if told is None or last is None or not told.ruling.startswith("done"):
        return None
    if ENDS_A_VISIT.get(told.kind) != job.state:
        return None
    return told.occurred_at if told.received_at >= last.at else None


def _reason(job: "Job") -> str | None:
    """Return the code of what a job's state is explained by."""
    if job.state == "assigned":
        return job.returned_because
    return {
        "open": job.taken_because,
        "completed": job.outcome,
        "deferred": job.waits_because,
        "cancelled": job.cancelled_because,
    }.get(job.state)


def _dates(start: datetime, end: datetime) -> Iterator[date]:
    """Yield the days from one moment to another; none where the second came to be known of late."""
    day, last = london_date(start), london_date(end)
    while day <= last:
        yield day
        day += timedelta(days=1)
