"""What a job's news means for its report: a reconciliation from the job's whole state, not from the event's name.

Events of one job arrive in any order and more than once. `seen[job id]` holds the sequence of the newest that was
answered; an older or equal one changes nothing, and a newer one is enough on its own, because it carries the whole
state of the job. A visit may be several jobs, where a supervisor has split one: it is over when all of them are, and
ends as the worst of them did. The split job names its parts, and each part the job that it was cut from, so the report
knows of a part that is still to do whichever event comes first.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from services.reports.domain.report import WAITING_FOR_JOB, Change, Report, close, refer
from services.reports.domain.steps import Step
from shared.contracts.reports import ReportAmendedV1

CLOSING_OUTCOMES = frozenset({"cleared", "already-cleared", "not-found"})
"""Outcomes that end the report; private land refers it; all others keep it open."""


@dataclass(frozen=True)
class JobNews:
    """The part of a job's state that its report follows."""

    job_id: str
    visit: int
    state: str
    outcome: str | None
    at: datetime
    sequence: int
    part_of: str | None = None
    parts: tuple[str, ...] = ()


def follow_job(report: Report, job: JobNews) -> Change:
    """Bring the report in line with its job."""
    if report.seen.get(job.job_id, 0) >= job.sequence:
        return report, []
    noted = replace(report, seen={**report.seen, job.job_id: job.sequence})
    # A job of an earlier visit, or news for a report that was closed or referred meanwhile, is noted and no more.
    if job.visit != report.visit or report.state not in WAITING_FOR_JOB:
        return noted, []
    noted = replace(noted, job_id=job.part_of or job.job_id, parts=_parts(noted, job))
    if noted.parts and job.state in _ENDED:
        if not all(noted.parts.values()):
            return noted, []  # another crew has still something to do there
        job = _ended_together(job, noted.parts)
    return _REACTIONS.get(job.state, _waits)(noted, job)


def expect(report: Report, *, job_id: str, visit: int, expected_on: date, sequence: int) -> Report:
    """Note the day on which the job is expected to be done; guarded apart from the job's other news."""
    key = f"expected:{job_id}"
    if report.seen.get(key, 0) >= sequence:
        return report
    noted = replace(report, seen={**report.seen, key: sequence})
    return replace(noted, expected_on=expected_on) if visit == report.visit and report.is_open else noted


def _parts(report: Report, job: JobNews) -> dict[str, str]:
    """Return how each job of a split visit has ended, empty text while it has not; nothing for one whole job."""
    family = (*job.parts, *([job.part_of] if job.part_of else []))
    if not family and not report.parts:
        return {}
    ended = (job.outcome or "cancelled") if job.state in _ENDED else ""
    return {**dict.fromkeys(family, ""), **report.parts, job.job_id: ended}


def _ended_together(job: JobNews, parts: Mapping[str, str]) -> JobNews:
    """Return the news that all jobs of a visit have ended: what keeps a report open goes before what closes it."""
    outcomes = [ended for ended in parts.values() if ended != "cancelled"]
    if not outcomes:
        return job
    worst = [ended for ended in outcomes if ended not in CLOSING_OUTCOMES]
    overall = worst[0] if worst else "cleared" if "cleared" in outcomes else outcomes[0]
    return replace(job, state="completed", outcome=overall)


def _completed(report: Report, job: JobNews) -> Change:
    """Close, refer or keep open, by the outcome."""
    after = replace(report, job_outcome=job.outcome)
    if job.outcome in CLOSING_OUTCOMES:
        return close(after, str(job.outcome), at=job.at, job_id=job.job_id)
    if job.outcome == "private-land":
        return refer(after, "land-owner", at=job.at)
    return _deferred(after, job)


def _deferred(report: Report, job: JobNews) -> Change:
    """Keep the report open: the work was begun or put off, and is not finished.

    A completed job that did not settle the matter (refused) has no further visit, so a person must decide.
    """
    deferred = replace(
        report,
        state="assessed",
        job_outcome=job.outcome,
        needs_decision=job.state == "completed",
        history=(*report.history, Step(job.at, "deferred", job.outcome)),
    )
    return deferred, [ReportAmendedV1.fact(change="deferred")]


def _moved(report: Report, job: JobNews, *, to: str, change: str) -> Change:
    """Move the report along with its job, and say so, unless it is there already."""
    if report.state == to:
        return report, []
    moved = replace(report, state=to, history=(*report.history, Step(job.at, change)))
    return moved, [ReportAmendedV1.fact(change=change)]


def _assigned(report: Report, job: JobNews) -> Change:
    """Note that a crew has the job."""
    return _moved(report, job, to="scheduled", change="scheduled")


def _started(report: Report, job: JobNews) -> Change:
    """Note that the crew is there."""
    return _moved(report, job, to="in-progress", change="started")


def _waits(report: Report, job: JobNews) -> Change:
    """Note that the job waits for a crew, again or still: it is open, or was cancelled."""
    return _moved(report, job, to="assessed", change="unscheduled")


_ENDED = ("completed", "cancelled")

_REACTIONS: Mapping[str, Callable[[Report, JobNews], Change]] = {
    "completed": _completed,
    "assigned": _assigned,
    "started": _started,
    "deferred": _deferred,
}
