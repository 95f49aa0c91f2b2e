"""A case: everything that enforcement knows about one fly-tip, from the first sealed evidence to the end.

There is one case per report, under an id that follows from the report's, so that two parcels which arrive at once, or
one that arrives twice, meet in the same case. Exhibits are part of the case; the files themselves stay sealed in their
parcel and are verified whenever somebody looks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from shared.contracts.base import Fact
from shared.contracts.enforcement import (
    ActionRecordedV1,
    CaseClosedV1,
    CaseEvidenceSecuredV1,
    CaseOpenedV1,
    EvidenceReceivedV1,
)
from shared.custody import Parcel
from shared.errors import DomainError
from shared.ids import derived_id, public_reference

SETTLED_NOTICE_STATES = frozenset({"paid"})
DROPPED_NOTICE_STATES = frozenset({"cancelled", "withdrawn"})

PAID = "paid"
"""The result that follows from payment."""

CLOSING_RESULTS: Mapping[str, str] = {
    "warning": "Warning given",
    "no-further-action": "No further action",
}
"""Results that an officer decides; paid and convicted follow from what happens."""

ACTION_OF_OFFENCE: Mapping[str, str] = {
    "FLYTIP": "fpn-fly-tipping",
    "HH-DOC": "fpn-household-duty-of-care",
    "LITTER": "fpn-littering",
}
OTHER_ACTION = "fpn-other"
"""The four columns of fixed penalty notices in Defra's fly-tipping return."""


@dataclass(frozen=True)
class ExhibitFile:
    """One original in an exhibit's parcel."""

    name: str
    media_type: str
    sha256: str
    size_bytes: int

    @property
    def is_image(self) -> bool:
        """Say whether browsers can show it."""
        return self.media_type in {"image/jpeg", "image/png", "image/webp"}


@dataclass(frozen=True)
class Exhibit:
    """A parcel in enforcement's keeping; `label` is what it is called in court papers."""

    number: int
    parcel_key: str
    holds: str
    source: str
    sealed_at: datetime
    sealed_by: str
    received_at: datetime
    has_statement: bool
    files: tuple[ExhibitFile, ...]

    @property
    def label(self) -> str:
        """The exhibit's name within its case."""
        return f"EX{self.number}"


@dataclass(frozen=True)
class NoticeMark:
    """What the case knows of one of its notices."""

    notice_id: str
    state: str
    offence_code: str
    issued_on: date


@dataclass(frozen=True)
class Case:
    """A case. `correlation_id` is the journey of the report that it is about."""

    id: str
    version: int
    sequence: int
    number: str
    report_ids: tuple[str, ...]
    references: tuple[str, ...]
    job_ids: tuple[str, ...]
    source: str
    state: str
    opened_at: datetime
    closed_at: datetime | None
    result: str | None
    correlation_id: str
    exhibits: tuple[Exhibit, ...] = ()
    notices: tuple[NoticeMark, ...] = ()
    closed_by: str | None = None
    erased_at: datetime | None = None
    """When evidence and notices lost what they said of people."""

    @property
    def is_open(self) -> bool:
        """Say whether there is still something to do."""
        return self.state != "closed"

    def exhibit(self, number: int) -> Exhibit | None:
        """Return an exhibit by its number."""
        return next((exhibit for exhibit in self.exhibits if exhibit.number == number), None)


def case_id(report_id: str) -> str:
    """Return the id of the one case about a report."""
    return derived_id("case", report_id)


def open_case(
    *, report_id: str, reference: str | None, job_id: str | None, source: str, at: datetime, correlation_id: str
) -> tuple[Case, list[Fact]]:
    """Return a new case about a report."""
    new_id = case_id(report_id)
    case = Case(
        id=new_id,
        version=0,
        sequence=0,
        number=public_reference(new_id, "EC"),
        report_ids=(report_id,),
        references=(reference,) if reference else (),
        job_ids=(job_id,) if job_id else (),
        source=source,
        state="opened",
        opened_at=at,
        closed_at=None,
        result=None,
        correlation_id=correlation_id,
    )
    return case, [CaseOpenedV1.fact(source=source)]


def receive(case: Case, parcel: Parcel, *, parcel_key: str, source: str, at: datetime) -> tuple[Case, list[Fact]]:
    """Take a verified parcel into the case as its next exhibit; one that is there already changes nothing.

    Raises `DomainError` for a parcel about another report.
    """
    if parcel.report_id not in case.report_ids:
        raise DomainError(f"The parcel is about report {parcel.report_id}, not about that of case {case.number}")
    if any(exhibit.parcel_key == parcel_key for exhibit in case.exhibits):
        return case, []
    exhibit = Exhibit(
        number=len(case.exhibits) + 1,
        parcel_key=parcel_key,
        holds=parcel.holds,
        source=source,
        sealed_at=parcel.sealed_at,
        sealed_by=parcel.sealed_by,
        received_at=at,
        has_statement=parcel.statement is not None,
        files=tuple(ExhibitFile(file.name, file.media_type, file.sha256, len(file.content)) for file in parcel.files),
    )
    received = replace(
        case,
        exhibits=(*case.exhibits, exhibit),
        references=_with(case.references, parcel.reference),
        job_ids=_with(case.job_ids, parcel.job_id),
        state="evidence" if case.state == "opened" else case.state,
        # A phone that was without signal for a year: what it brings is erased in its turn.
        erased_at=None,
    )
    return received, [EvidenceReceivedV1.fact(parcel_key=parcel_key, exhibit=exhibit.label)]


def secured() -> Fact:
    """State that what was to be kept from the place is kept, so that the crew may clear it."""
    return CaseEvidenceSecuredV1.fact()


def follow_notices(case: Case, notices: Sequence[NoticeMark], *, at: datetime) -> tuple[Case, list[Fact]]:
    """Bring the case into step with all its notices as they are now; where it is, nothing changes."""
    if tuple(notices) == case.notices:
        return case, []
    known = {mark.notice_id for mark in case.notices}
    facts = [
        ActionRecordedV1.fact(action=ACTION_OF_OFFENCE.get(mark.offence_code, OTHER_ACTION), taken_on=mark.issued_on)
        for mark in notices
        if mark.notice_id not in known
    ]
    followed, more = _after_notices(replace(case, notices=tuple(notices)), at)
    return followed, facts + more


def close(case: Case, *, result: str, by: str, at: datetime) -> tuple[Case, list[Fact]]:
    """Close a case by an officer's decision; raises `DomainError` while a notice is still to be paid."""
    if result not in CLOSING_RESULTS:
        raise DomainError("Select why the case is closed", field="result")
    if not case.is_open:
        return case, []
    if any(mark.state not in SETTLED_NOTICE_STATES | DROPPED_NOTICE_STATES for mark in case.notices):
        raise DomainError("The case has a notice that is not settled: it stays open until that is paid or cancelled")
    closed = replace(case, state="closed", closed_at=at, result=result, closed_by=by)
    return closed, [CaseClosedV1.fact(result=result)]


def public_state(case: Case) -> Mapping[str, Any]:
    """Return what the case's events say of it."""
    return {
        "case_id": case.id,
        "case_number": case.number,
        "report_ids": list(case.report_ids),
        "job_ids": list(case.job_ids),
        "state": case.state,
        "evidence_count": len(case.exhibits),
        "opened_at": case.opened_at,
        "closed_at": case.closed_at,
    }


def _after_notices(case: Case, at: datetime) -> tuple[Case, list[Fact]]:
    """Return the case in the state that its notices leave it in; what an officer has closed stays closed."""
    states = {mark.state for mark in case.notices}
    if not case.is_open and case.result != PAID:
        return case, []
    if not states <= SETTLED_NOTICE_STATES | DROPPED_NOTICE_STATES:
        # Also after a payment had closed it: a further notice was issued in that very moment.
        return replace(case, state="notice", closed_at=None, result=None), []
    if states <= DROPPED_NOTICE_STATES:
        return replace(case, state="decision"), []
    if not case.is_open:
        return case, []
    return replace(case, state="closed", closed_at=at, result=PAID), [CaseClosedV1.fact(result=PAID)]


def _with(values: tuple[str, ...], value: str | None) -> tuple[str, ...]:
    """Return the values with one more, unless it is there or nothing."""
    return values if value is None or value in values else (*values, value)
