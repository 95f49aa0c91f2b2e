"""A plan of one depot's day: asked for, worked out by the planner, looked at by a supervisor, published or thrown away.

Publishing decides; the jobs are then assigned one at a time (`unfinished` until all were tried), so a crash between two
of them leaves nothing undone. A job that somebody moved in the meantime is left as it is and listed as skipped.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from services.scheduling.rounds.measures import Measures
from shared.contracts.base import Fact
from shared.contracts.scheduling import PlanPublishedV1
from shared.errors import DomainError

CAN_BE_TOMORROW = ("no-time", "later", "costly", "site-closed")
"""Reasons that a job is left for which the next working day may not have."""

TRIGGERS: Mapping[str, str] = {
    "asked": "A supervisor asked for it",
    "urgent": "An urgent job has come in",
    "crew-lost": "A crew or its vehicle has dropped out with jobs on its sheet",
    "hourly": "An hour has passed since the last plan, and jobs wait",
}
"""Why a plan is worked out."""


@dataclass(frozen=True)
class PlannedStop:
    """One stop of a plan."""

    job_id: str
    reference: str
    crew_id: str
    position: int
    arrive_at: datetime
    from_crew_id: str | None = None
    """The crew that had the job when the plan was made: whoever moves it after that has the last word."""


@dataclass(frozen=True)
class Unplanned:
    """A job that the plan leaves, with the code of the reason and its words."""

    job_id: str
    reference: str
    reason: str
    words: str = ""
    from_crew_id: str | None = None
    """The crew that an earlier plan gave it to, from which this plan takes it."""


@dataclass(frozen=True)
class Change:
    """One difference from the sheets that the crews have now, in words; `kind` is moved, added, left or time."""

    job_id: str
    kind: str
    words: str


@dataclass(frozen=True)
class Figures:
    """What a plan would be like, under its name."""

    name: str
    measures: Measures | None
    problem: str | None = None


@dataclass(frozen=True)
class PlannedRound:
    """What a crew's round would be like when it is driven as planned."""

    crew_id: str
    travel_minutes: int
    metres: int
    tips: int


@dataclass(frozen=True)
class Warned:
    """A limit of drivers' hours or working time that a plan would break, and whether the limit was verified."""

    words: str
    verified: bool


@dataclass(frozen=True)
class Proposal:
    """What the planner found: stops, what is left and why, what changes and why, and figures beside the baseline's."""

    stops: tuple[PlannedStop, ...]
    unplanned: tuple[Unplanned, ...]
    solver: str
    made_at: datetime | None = None
    has_failed_search: bool = False
    """The search failed, or the checker refused what it found: the plan is the crews' own way."""

    changes: tuple[Change, ...] = ()
    figures: tuple[Figures, ...] = ()
    """This plan first, then the present sheets where there are any, then the list-order supervisor."""

    warnings: tuple[Warned, ...] = ()
    rounds: tuple[PlannedRound, ...] = ()
    shown: tuple[str, ...] = ()
    """The jobs that crews had been shown as their next when the plan was made: it was made with those in mind."""


@dataclass(frozen=True)
class Plan:
    """A plan from request to publication."""

    id: str
    depot_id: str
    day: date
    requested_at: datetime
    requested_by: str
    because: str = "asked"
    state: str = "requested"
    asked_at: datetime | None = None
    """When it was asked for by the machine's clock, which says how long somebody has waited."""

    claimed_at: datetime | None = None
    attempts: int = 0
    proposal: Proposal | None = None
    problem: str | None = None
    published_at: datetime | None = None
    unfinished: bool = False
    skipped: tuple[str, ...] = ()
    version: int = 0
    sequence: int = 0


def plan_state(plan: Plan) -> Mapping[str, Any]:
    """Return what every event of the plan carries."""
    stops = plan.proposal.stops if plan.proposal else ()
    return {
        "plan_id": plan.id,
        "depot_id": plan.depot_id,
        "day": plan.day,
        "published_at": plan.published_at,
        "stops": [
            {"job_id": s.job_id, "crew_id": s.crew_id, "position": s.position, "arrive_at": s.arrive_at} for s in stops
        ],
    }


def propose(plan: Plan, proposal: Proposal) -> Plan:
    """Put the planner's answer before the supervisor."""
    return replace(plan, state="proposed", proposal=proposal, claimed_at=None)


def keep_present(plan: Plan, words: str) -> Plan:
    """Say that the sheets that the crews have stay, because nothing was found that is worth changing them."""
    return replace(plan, state="kept", problem=words, claimed_at=None)


def give_up(plan: Plan, problem: str) -> Plan:
    """Say why there is no proposal; the last published plan stays."""
    return replace(plan, state="failed", problem=problem, claimed_at=None)


def publish(plan: Plan, *, at: datetime) -> tuple[Plan, list[Fact]]:
    """Make the proposal the plan; a published one stays as it is; raises `DomainError` where there is none."""
    if plan.state == "published":
        return plan, []
    if plan.state != "proposed" or plan.proposal is None:
        raise DomainError("There is no proposal to publish. Ask for a new one.", rule="plan-state")
    return replace(plan, state="published", published_at=at, unfinished=True), [PlanPublishedV1.fact()]


def discard(plan: Plan) -> Plan:
    """Throw the proposal away; raises `DomainError` where it is published."""
    if plan.state == "published":
        raise DomainError("This plan is published. Move single jobs instead.", rule="plan-state")
    return replace(plan, state="discarded", claimed_at=None)


def finish(plan: Plan, *, skipped: tuple[str, ...]) -> Plan:
    """Note that every stop was assigned or, where it could not be, skipped."""
    return replace(plan, unfinished=False, skipped=skipped)
