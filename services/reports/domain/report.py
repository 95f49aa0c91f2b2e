"""A report of something wrong in the street: its state machine, as pure functions from a report to the next one.

Every function returns the new report and the facts to announce; a function that has nothing to change returns the
report itself and no facts, which is how repeated and late events come to nothing. What a person told us about
themselves or typed lives in `private` and never reaches `public_state`, the only thing that events carry.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from services.reports.domain.entries import Chase, Pause, Referral
from services.reports.domain.private import Follower, Private, check_follower
from services.reports.domain.steps import Step
from shared.changing import changed
from shared.contracts.base import Fact
from shared.contracts.reports import (
    ReportAmendedV1,
    ReportAssessedV1,
    ReportClosedV1,
    ReportEvidenceFlaggedV1,
    ReportFeedbackV1,
    ReportNotifiedV1,
    ReportReferredV1,
    ReportReopenedV1,
    ReportSubmittedV1,
)
from shared.errors import DomainError

OPEN_STATES = frozenset({"submitted", "assessed", "scheduled", "in-progress", "referred"})
"""States in which the council still has something to do or to hear."""

WAITING_FOR_JOB = frozenset({"assessed", "scheduled", "in-progress"})
"""States that follow the job: what happens to it decides which of them holds."""

STAFF_CLOSURES = ("no-action", "not-ours", "already-cleared", "cleared", "cleared-by-owner")
"""Closures that staff decide from the desk; the others follow from a job or a merge.

`cleared` only where no crew is sent, `cleared-by-owner` only what was passed on."""


@dataclass(frozen=True)
class Place:
    """Where it is: WGS84 and EPSG:27700, and the areas of that day; `place_id` is of the council's gazetteer."""

    lat: float
    lon: float
    easting: int
    northing: int
    place_precision: str
    place_id: str | None
    ward: str
    neighbourhood: str


@dataclass(frozen=True)
class Reason:
    """One rule of the council's that applied, with the value that made it apply."""

    rule: str
    value: str | None


@dataclass(frozen=True)
class Assessment:
    """What the council's rules make of a report."""

    priority: int
    deadline: datetime
    reasons: tuple[Reason, ...]
    promised_on: date | None = None
    """The day that the forecast says, where there is one."""

    due_by_rule: datetime | None = None
    """The deadline before pauses; the same where there are none."""

    counted_from: datetime | None = None
    times_here: int = 1
    """The how-manieth time within the council's days it is that this place was tipped on."""


@dataclass(frozen=True)
class Report:
    """A report with everything that reports knows of it."""

    id: str
    reference: str
    idempotency_key: str
    kind: str
    channel: str
    state: str
    reported_at: datetime
    place: Place
    private: Private
    hazards: tuple[str, ...] = ()
    waste_type: str | None = None
    land_type: str | None = None
    size: str | None = None
    happened_on: date | None = None
    closure: str | None = None
    visit: int = 1
    priority: int | None = None
    deadline: datetime | None = None
    reasons: tuple[Reason, ...] = ()
    needs_decision: bool = False
    job_id: str | None = None
    job_outcome: str | None = None
    expected_on: date | None = None
    promised_on: date | None = None
    other_waste_types: tuple[str, ...] = ()
    text_released: bool = False
    has_evidence: bool = False
    merged_into: str | None = None
    referred_to: str | None = None
    cleared_at: datetime | None = None
    closed_at: datetime | None = None
    action_taken: bool = False
    history: tuple[Step, ...] = ()
    seen: dict[str, int] = field(default_factory=dict)
    parts: dict[str, str] = field(default_factory=dict)
    told: tuple[str, ...] = ()
    feedback: tuple[str, ...] = ()
    """What reporters answered, as `<visit>:<answer>`, each once."""
    erased_at: datetime | None = None
    """When words and contact details were erased; see `erasure.py`."""
    erasure_asked_at: datetime | None = None
    """When a person asked for that; until the report is closed, what is needed to deal with it stays."""
    due_by_rule: datetime | None = None
    counted_from: datetime | None = None
    times_here: int = 1
    pauses: tuple[Pause, ...] = ()
    referrals: tuple[Referral, ...] = ()
    chases: tuple[Chase, ...] = ()
    version: int = 0
    sequence: int = 0

    @property
    def photo_released(self) -> bool:
        """Say whether the public may see a photo of it."""
        return self.private.is_released

    @property
    def is_open(self) -> bool:
        """Say whether the council still has something to do or to hear."""
        return self.state in OPEN_STATES

    @property
    def changed_at(self) -> datetime:
        """Return when something last became known of it that the public is told."""
        return max((step.known_at for step in self.history), default=self.reported_at)

    @property
    def waits_for_staff(self) -> bool:
        """Say whether nothing will happen before a member of staff decides."""
        return self.is_open and (self.state == "submitted" or self.needs_decision or self.waits_to_be_told)

    @property
    def running_pause(self) -> Pause | None:
        """Return the pause in which the clock stands still now."""
        last = self.pauses[-1] if self.pauses and self.is_open else None
        return last if last is not None and last.is_running else None

    @property
    def referral(self) -> Referral | None:
        """Return the newest referral of this visit."""
        return self.referrals[-1] if self.referrals else None

    @property
    def waits_to_be_told(self) -> bool:
        """Say whether an owner or partner is to be told of it by a person, and has not been."""
        passed_on = self.state == "referred" or self.closure == "referred"
        return passed_on and self.referral is not None and self.referral.waits_for_a_person


Change = tuple[Report, list[Fact]]
"""The report after a change, and what is to be announced of it."""


def public_state(report: Report) -> Mapping[str, Any]:
    """Return what every event of the report carries: ids, codes and the structured place, nobody's details or words."""
    place = report.place
    return {
        "report_id": report.id,
        "reference": report.reference,
        "kind": report.kind,
        "channel": report.channel,
        "state": report.state,
        "closure": report.closure,
        "visit": report.visit,
        "waste_type": report.waste_type,
        "other_waste_types": list(report.other_waste_types),
        "land_type": report.land_type,
        "size": report.size,
        "hazards": list(report.hazards),
        "place": {
            "lat": place.lat,
            "lon": place.lon,
            "easting": place.easting,
            "northing": place.northing,
            "place_precision": place.place_precision,
            "place_id": place.place_id,
            "ward": place.ward,
            "neighbourhood": place.neighbourhood,
        },
        "priority": report.priority,
        "deadline": report.deadline,
        "waiting_for": report.running_pause.reason if report.running_pause else None,
        "reported_at": report.reported_at,
        "happened_on": report.happened_on,
        "has_photo": bool(report.private.photos),
        "has_evidence": report.has_evidence,
        "merged_into": report.merged_into,
        "cleared_at": report.cleared_at,
        "action_taken": report.action_taken,
    }


def submit(report: Report, assessment: Assessment | None, *, at: datetime) -> Change:
    """Accept a report, and assess it at once where its waste type is known."""
    accepted = changed(report, state="submitted", history=(Step(report.reported_at, "received", report.channel),))
    facts = [ReportSubmittedV1.fact()]
    if assessment is None:
        return accepted, facts
    assessed, more = assess(accepted, assessment, at=at)
    return assessed, facts + more


def assess(
    report: Report,
    assessment: Assessment,
    *,
    at: datetime,
    waste_type: str | None = None,
    land_type: str | None = None,
    size: str | None = None,
    hazards: tuple[str, ...] | None = None,
) -> Change:
    """Set priority and deadline with their reasons, and what staff found out about the waste; again if need be.

    Raises:
        DomainError: the report is closed.
    """
    if not report.is_open:
        raise DomainError("This report is closed, so it can’t be assessed. Reopen it first.")
    # A job under way goes on under the new priority; anything else now waits for one.
    state = report.state if report.state in ("scheduled", "in-progress") else "assessed"
    assessed = changed(
        report,
        state=state,
        priority=assessment.priority,
        deadline=assessment.deadline,
        due_by_rule=assessment.due_by_rule or assessment.deadline,
        counted_from=assessment.counted_from or at,
        times_here=assessment.times_here,
        promised_on=assessment.promised_on,
        reasons=assessment.reasons,
        waste_type=waste_type or report.waste_type,
        land_type=land_type or report.land_type,
        size=size or report.size,
        hazards=report.hazards if hazards is None else hazards,
        needs_decision=False,
        referred_to=None,
        history=_told(report, at, "assessed"),
    )
    reasons = [{"rule": reason.rule, "value": reason.value} for reason in assessment.reasons]
    return assessed, [ReportAssessedV1.fact(reasons=reasons)]


def refer(report: Report, to: str, *, at: datetime, referral: Referral | None = None) -> Change:
    """Hand the report to an owner or partner; raises `DomainError` where it is closed.

    Without a referral nobody has told them yet, nor said by when they should answer.
    """
    if not report.is_open:
        raise DomainError("This report is closed, so it can’t be referred.")
    if report.state == "referred" and report.referred_to == to:
        return report, []
    referred = changed(
        report,
        state="referred",
        referred_to=to,
        referrals=(*report.referrals, referral or Referral(to, at)),
        needs_decision=False,
        history=_told(report, at, "referred", to),
    )
    return referred, [ReportReferredV1.fact(to=to)]


def close(report: Report, closure: str, *, at: datetime, job_id: str | None = None) -> Change:
    """Close the report for a reason; raises `DomainError` where it is closed already."""
    if not report.is_open:
        raise DomainError("This report is closed already.")
    closed = changed(
        report,
        state="closed",
        closure=closure,
        closed_at=at,
        cleared_at=at if closure == "cleared" else None,
        needs_decision=False,
        referred_to=None,
        history=_told(report, at, "closed", closure),
    )
    return closed, [ReportClosedV1.fact(job_id=job_id)]


def reopen(report: Report, assessment: Assessment | None, *, by: str, at: datetime) -> Change:
    """Open a closed report again as a new visit, so that a new job is made; an open one stays as it is."""
    if report.is_open:
        return report, []
    opened = changed(
        report,
        state="submitted",
        closure=None,
        closed_at=None,
        cleared_at=None,
        merged_into=None,
        referred_to=None,
        visit=report.visit + 1,
        job_id=None,
        job_outcome=None,
        parts={},
        expected_on=None,
        promised_on=None,
        priority=None,
        deadline=None,
        due_by_rule=None,
        counted_from=None,
        pauses=(),
        referrals=(),
        reasons=(),
        history=_told(report, at, "reopened", by),
    )
    facts = [ReportReopenedV1.fact(by=by)]
    if assessment is None:
        return opened, facts
    assessed, more = assess(opened, assessment, at=at)
    return assessed, facts + more


def flag_evidence(report: Report, *, clue: str, parcel_key: str | None) -> Change:
    """Note that somebody saw who did it, or left a clue; the account itself is in the sealed parcel."""
    if report.has_evidence:
        return report, []
    return changed(report, has_evidence=True), [ReportEvidenceFlaggedV1.fact(clue=clue, parcel_key=parcel_key)]


def follow(report: Report, follower: Follower) -> Report:
    """Let one more person hear of the report; raises `DomainError` where it is closed, or nobody can be told."""
    check_follower(report.private, follower)
    if not report.is_open:
        raise DomainError("This report is closed. Report what you see as a new one.")
    if report.private.knows(follower):
        return report
    return changed(report, private=changed(report.private, followers=(*report.private.followers, follower)))


def take_action(report: Report, *, at: datetime) -> Change:
    """Note that somebody has paid for this: all that a reporter or the public is ever told of enforcement."""
    if report.action_taken:
        return report, []
    acted = changed(report, action_taken=True, history=_told(report, at, "action-taken"))
    return acted, [ReportAmendedV1.fact(change="action-taken")]


def take_feedback(report: Report, answer: str, *, visit: int) -> Change:
    """Note what a reporter answered about a visit that was closed; the same answer again, or late, changes nothing."""
    given = f"{visit}:{answer}"
    if visit != report.visit or report.is_open or given in report.feedback:
        return report, []
    return changed(report, feedback=(*report.feedback, given)), [ReportFeedbackV1.fact(answer=answer)]


def note_told(report: Report, *, message_id: str, message: str, by: str) -> Change:
    """Note that the reporter was told something; a message is announced once."""
    if message_id in report.told:
        return report, []
    fact = ReportNotifiedV1.fact(message_id=message_id, message=message, by=by)
    return changed(report, told=(*report.told, message_id)), [fact]


def _told(report: Report, at: datetime, what: str, detail: str | None = None) -> tuple[Step, ...]:
    """Return the history with one step more."""
    return (*report.history, Step(at, what, detail))
