"""A formal complaint and its deadlines by the complaint handling code, in two stages.

A report that is late is no complaint; somebody who says that they want to complain has one. The code's figures are the
council's configuration. A complaint is told in no event: that somebody complained, and of what, is personal. After the
council's time that goes, and the record stays that there was a complaint, by when it was answered, and how.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from shared.calendar import WorkingTime, add_working_time
from shared.council.partners import ComplaintStages
from shared.errors import DomainError

OUTCOMES = ("upheld", "partly-upheld", "not-upheld")
LAST_STAGE = 2
NEEDED = (
    "Kept until the complaint is answered, because it could not be answered without: UK GDPR article 17(3)(b), a task "
    "in the public interest"
)


@dataclass(frozen=True)
class Complaint:
    """One complaint at its present stage; who complains and of what is private to the desk."""

    id: str
    reference: str
    idempotency_key: str
    received_at: datetime
    taken_by: str
    acknowledge_by: datetime
    answer_by: datetime
    about: str
    name: str = ""
    email: str = ""
    phone: str = ""
    report_id: str | None = None
    stage: int = 1
    stage_began_at: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    answered_at: datetime | None = None
    answered_by: str | None = None
    outcome: str | None = None
    erased_at: datetime | None = None
    version: int = 0
    sequence: int = 0

    @property
    def is_open(self) -> bool:
        """Say whether the present stage has no answer yet."""
        return self.answered_at is None

    @property
    def due_at(self) -> datetime:
        """Return when the next thing is due: the acknowledgement, then the answer."""
        return self.acknowledge_by if self.acknowledged_at is None else self.answer_by

    @property
    def kept_from(self) -> datetime:
        """Return the instant from which the time of keeping is counted: the answer, until that when it came in."""
        return self.answered_at or self.received_at


def deadlines(
    stage: int, *, began: datetime, acknowledged: datetime | None, stages: ComplaintStages, working: WorkingTime
) -> tuple[datetime, datetime]:
    """Return by when a stage that began then is to be acknowledged and answered.

    Until it is acknowledged the answer counts from the last moment at which it may be.
    """
    acknowledge_by = add_working_time(began, working_days=stages.acknowledge_working_days, working=working)
    counts_from = began if stages.answer_counts_from == "receipt" else acknowledged or acknowledge_by
    answer_by = add_working_time(counts_from, working_days=stages.answer_working_days[stage - 1], working=working)
    return acknowledge_by, answer_by


def acknowledge(
    complaint: Complaint, *, by: str, at: datetime, stages: ComplaintStages, working: WorkingTime
) -> Complaint:
    """Note that the complainant has been told that the complaint was received; a second time changes nothing."""
    if complaint.acknowledged_at is not None:
        return complaint
    began = complaint.stage_began_at or complaint.received_at
    _, answer_by = deadlines(complaint.stage, began=began, acknowledged=at, stages=stages, working=working)
    return replace(complaint, acknowledged_at=at, acknowledged_by=by, answer_by=answer_by)


def answer(complaint: Complaint, outcome: str, *, by: str, at: datetime) -> Complaint:
    """Note how the stage was answered; the same answer again changes nothing.

    Raises:
        DomainError: it has another answer already, or nobody has acknowledged it.
    """
    if outcome not in OUTCOMES:
        raise DomainError("Select how it was answered.", field="outcome")
    if complaint.answered_at is not None:
        if complaint.outcome == outcome:
            return complaint
        raise DomainError("This stage has been answered already.", field="outcome")
    if complaint.acknowledged_at is None:
        raise DomainError("Acknowledge the complaint first.", field="outcome")
    return replace(complaint, answered_at=at, answered_by=by, outcome=outcome)


def escalate(complaint: Complaint, *, at: datetime, stages: ComplaintStages, working: WorkingTime) -> Complaint:
    """Take an answered complaint to the second stage, because the complainant is not content; again changes nothing.

    Raises:
        DomainError: the first stage has no answer yet, or the second has been answered: then the Ombudsman is next.
    """
    if complaint.stage == LAST_STAGE and complaint.is_open:
        return complaint
    if complaint.is_open:
        raise DomainError("Answer the first stage before the second.")
    if complaint.erased_at is not None:
        raise DomainError("What it was about has been erased. If they complain again, take a new complaint.")
    if complaint.stage == LAST_STAGE:
        raise DomainError("Both stages are answered. The complainant can go to the Ombudsman.")
    acknowledge_by, answer_by = deadlines(LAST_STAGE, began=at, acknowledged=None, stages=stages, working=working)
    return replace(
        complaint,
        stage=LAST_STAGE,
        stage_began_at=at,
        acknowledge_by=acknowledge_by,
        answer_by=answer_by,
        acknowledged_at=None,
        acknowledged_by=None,
        answered_at=None,
        answered_by=None,
        outcome=None,
    )


def erase(complaint: Complaint, *, at: datetime) -> Complaint:
    """Return an answered complaint without who complained and of what; again changes nothing.

    Raises:
        DomainError: it waits for an answer, which could not be given then.
    """
    if complaint.is_open:
        raise DomainError(NEEDED)
    if complaint.erased_at is not None:
        return complaint
    # The key has the id of the agent's screen, of which nobody needs to know after so long.
    key = f"erased:{complaint.id}"
    return replace(complaint, about="", name="", email="", phone="", idempotency_key=key, erased_at=at)
