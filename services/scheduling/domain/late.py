"""What an action of a crew comes to when the office has changed the job meanwhile: the one place that decides it.

A phone may have been without a network since the morning. What its crew did is done, whatever the board says by then:
waste that was lifted is on the vehicle, and has to be in its load. So cleared is always recorded as cleared, and all
else that no longer fits is kept on the job as a note for the supervisor. Nothing is dropped, and the crew is told which
of the two it was. See docs/adr/0035-actions-made-offline.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from services.scheduling.domain.completion import Completion
from services.scheduling.domain.fleet import Crew
from services.scheduling.domain.job import Change, Job, complete, start
from shared.contracts.base import Fact
from shared.contracts.scheduling import JobAmendedV1, JobEvidenceFoundV1

DONE, ALREADY = "done", "already"
"""What was to be expected, and what was so before: nobody has to look at it."""

RULINGS: Mapping[str, str] = {
    "done-after-cancelling": "The job had been cancelled. The crew cleared it all the same, so it is recorded as done.",
    "done-for-another-crew": "The job had been given to another crew. This crew cleared it, so it is recorded as done.",
    "done-after-waiting": "The job had been put off or taken back. The crew cleared it, so it is recorded as done.",
    "done-while-held": "The job was held for enforcement. The crew cleared it, so it is recorded as done.",
    "noted-cancelled": "The job had been cancelled. Nothing was changed.",
    "noted-another-crew": "The job had been given to another crew. Nothing was changed.",
    "noted-waiting": "The job had been put off or taken back. Nothing was changed.",
    "noted-held": "The job was held for enforcement. Nothing was changed.",
    "noted-finished": "The job was finished already. The first result stands.",
    "noted-told": "The crew says so; the job goes on.",
}
"""What became of an action that did not find the job as the crew had left it, in the supervisor's words."""

IN_HAND = ("assigned", "started")


@dataclass(frozen=True)
class Meant:
    """What a crew meant to do with a job: `arrive`, `start`, or `finish` with an outcome."""

    kind: str
    crew: Crew
    at: datetime
    outcome: str | None = None

    @property
    def has_cleared(self) -> bool:
        """Say whether the waste is on the crew's vehicle now."""
        return self.kind == "finish" and self.outcome == "cleared"


def rule(job: Job, meant: Meant) -> str:
    """Return what becomes of an action on the job as it is now: `done`, `already`, or one of `RULINGS`."""
    if job.state == "completed":
        was_there = job.last_crew_id == meant.crew.id
        return ALREADY if was_there and meant.kind != "finish" else "noted-finished"
    if job.state == "cancelled":
        return "done-after-cancelling" if meant.has_cleared else "noted-cancelled"
    if job.state not in IN_HAND:
        return "done-after-waiting" if meant.has_cleared else "noted-waiting"
    if job.crew_id != meant.crew.id:
        return "done-for-another-crew" if meant.has_cleared else "noted-another-crew"
    return _with_own_job(job, meant)


def begin(job: Job, meant: Meant, ruling: str) -> Change:
    """Note that the crew is there, or has begun, if the ruling is that it is done; else the job stays as it is."""
    if ruling != DONE:
        return job, []
    here = replace(job, arrived_at=job.arrived_at or meant.at, seen_at=job.seen_at or meant.at)
    return (here, []) if meant.kind == "arrive" else start(here, at=meant.at)


def finish(job: Job, meant: Meant, ruling: str, completion: Completion, *, size_kg: Mapping[str, int]) -> Change:
    """Finish the job as the ruling says, whatever state it was in; a mere note announces evidence and nothing else.

    Raises:
        DomainError: the completion does not say what its outcome needs.
    """
    if not ruling.startswith(DONE):
        return _noted(job, completion)
    taken = replace(
        job,
        state="started",
        crew_id=meant.crew.id,
        last_crew_id=meant.crew.id,
        started_at=job.started_at if job.crew_id == meant.crew.id and job.started_at else meant.at,
        held=False,
        waits_because=None,
        waits_until=None,
        cancelled_because=None,
        taken_because=None,
    )
    return complete(taken, completion, vehicle_id=meant.crew.vehicle_id, size_kg=size_kg, at=meant.at)


def hand_back(job: Job, crew_id: str, reason: str | None = None) -> Change:
    """Take an unfinished job from its crew at the end of the shift; one that it has no more stays as it is."""
    if job.crew_id != crew_id or job.state not in IN_HAND:
        return job, []
    waiting = replace(
        job,
        state="open",
        taken_because=reason,
        crew_id=None,
        vehicle_id=None,
        position=None,
        plan_id=None,
        assigned_at=None,
        seen_at=None,
        arrived_at=None,
        started_at=None,
    )
    return waiting, [JobAmendedV1.fact(change="withdrawn")]


def see(job: Job, crew_id: str, *, at: datetime) -> Change:
    """Note that the crew has seen the job on its list; once is enough."""
    if job.crew_id != crew_id or job.state not in IN_HAND or job.seen_at is not None:
        return job, []
    return replace(job, seen_at=at), [JobAmendedV1.fact(change="seen")]


def _with_own_job(job: Job, meant: Meant) -> str:
    """Return what becomes of an action on a job that is still the crew's."""
    if meant.kind == "finish":
        return "done-while-held" if job.held and meant.has_cleared else DONE
    if meant.kind == "arrive":
        return ALREADY if job.arrived_at is not None else DONE
    if job.state == "started":
        return ALREADY
    return "noted-held" if job.held else DONE


def _noted(job: Job, completion: Completion) -> Change:
    """Leave the job as it is; evidence that the crew has sealed goes to enforcement all the same."""
    if not completion.parcels:
        return job, []
    parcels = [{"parcel_key": parcel.parcel_key, "holds": parcel.holds} for parcel in completion.parcels]
    noted = replace(job, has_evidence=True, parcels=(*job.parcels, *completion.parcels))
    facts: list[Fact] = [JobEvidenceFoundV1.fact(parcels=parcels)]
    return noted, facts
