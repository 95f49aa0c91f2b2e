"""What the archive of events says of a day: each job's steps, tips, shifts and published plans, in their order."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.contracts.envelope import Event
from tests.proof.day.setting import TUESDAY

DEFERRED_AT_THE_PLACE = ("access-blocked", "unsafe", "needs-specialist", "part-cleared", "evidence-held")


@dataclass(frozen=True)
class Visit:
    """A crew at a job: from when to when, and what of it was loaded."""

    job_id: str
    reference: str
    crew_id: str
    began: datetime
    left: datetime
    state: Mapping[str, Any]
    is_loaded: bool
    is_whole: bool
    """Whether the work was done, rather than begun and given up."""


@dataclass
class Story:
    """A day as its events tell it."""

    reports: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """The last state of each report, by reference."""

    jobs: dict[str, Sequence[Event]] = field(default_factory=dict)
    tips: list[Event] = field(default_factory=list)
    shifts: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    plans: list[Event] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)

    def state_at(self, job_id: str, at: datetime) -> Mapping[str, Any] | None:
        """Return a job's public state at a moment, None before it was made."""
        before = [event for event in self.jobs.get(job_id, ()) if event.time <= at]
        return before[-1].state if before else None

    def holder_at(self, job_id: str, at: datetime) -> str | None:
        """Return the crew that has a job at a moment."""
        state = self.state_at(job_id, at)
        return state["crew_id"] if state is not None and state["state"] in ("assigned", "started") else None


def tell(events: Iterable[Event]) -> Story:
    """Return the story of the events of one day."""
    story, jobs = Story(), defaultdict(list)
    reports: dict[str, tuple[int, Mapping[str, Any]]] = {}
    for event in events:
        aggregate = event.type.split(".")[0]
        if aggregate == "report" and event.sequence > reports.get(event.subject, (0, {}))[0]:
            reports[event.subject] = (event.sequence, event.state)
        elif aggregate == "job":
            jobs[event.subject].append(event)
        elif aggregate == "shift" and (event.subject not in story.shifts or event.state["ended_at"]):
            story.shifts[event.subject] = event.state
        elif event.type == "vehicle.tipped.v1":
            story.tips.append(event)
        elif event.type == "plan.published.v1" and event.state["day"] == TUESDAY:
            story.plans.append(event)
    story.reports = {str(state["reference"]): state for _, state in reports.values()}
    story.jobs = {job_id: sorted(steps, key=lambda event: event.sequence) for job_id, steps in jobs.items()}
    story.tips.sort(key=lambda event: event.data["tipped_at"])
    story.plans.sort(key=lambda event: event.time)
    story.visits = sorted((visit for steps in story.jobs.values() for visit in _visits(steps)), key=_began)
    return story


def _began(visit: Visit) -> datetime:
    return visit.began


def _visits(steps: Sequence[Event]) -> Iterable[Visit]:
    """Yield the visits of crews to a job; a contractor's are nobody's round."""
    begun: Event | None = None
    for event in steps:
        if event.type == "job.started.v1":
            begun = event
            continue
        is_done = event.type == "job.completed.v1"
        has_left = is_done or (begun is not None and event.state["state"] != "started")
        if not has_left:
            continue
        state = event.state
        crew_id = state["crew_id"] if is_done else begun.state["crew_id"] if begun else None
        began = state["started_at"] if is_done else begun.state["started_at"] if begun else None
        begun = None
        if crew_id is None or began is None:
            continue
        yield Visit(
            event.subject,
            str(state["reference"] or event.subject),
            crew_id,
            began,
            state["completed_at"] if is_done else event.time,
            state,
            is_loaded=is_done and state["estimated_kg"] is not None,
            is_whole=is_done,
        )
