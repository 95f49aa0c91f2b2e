"""Events of the enforcement service: cases, evidence, notices, representations.

Never a person, never a reason in words.
"""

from collections.abc import Callable

from shared.contracts.base import (
    FLEET,
    PROTECTED,
    C,
    Contract,
    Part,
    code,
    contract,
    day,
    each,
    flag,
    identifier,
    instant,
    part,
    sha256,
    whole,
)
from shared.contracts.codes import CASE_STATES, NOTICE_STATES


class CaseState(Part):
    """The whole public state of a case."""

    case_id = identifier()
    case_number = identifier(data_class=PROTECTED)
    report_ids = each(identifier())
    job_ids = each(identifier())
    state = code(CASE_STATES, data_class=PROTECTED)
    evidence_count = whole(data_class=PROTECTED)
    opened_at = instant()
    closed_at = instant(nullable=True)


class CaseContract(Contract):
    """Base of the events of a case."""

    state = part(CaseState)


def _case(name: str) -> Callable[[C], C]:
    """Declare an event of this aggregate."""
    return contract(f"{name}.v1", producer="enforcement", aggregate="case")


@_case("case.opened")
class CaseOpenedV1(CaseContract):
    """A case was opened on evidence that was handed over."""

    source = code(("crew", "reporter", "officer"), data_class=PROTECTED)


@_case("evidence.received")
class EvidenceReceivedV1(CaseContract):
    """A custody parcel was verified against its seal and taken into enforcement's own keeping."""

    parcel_key = sha256()
    exhibit = identifier(data_class=PROTECTED)


@_case("case.evidence-secured")
class CaseEvidenceSecuredV1(CaseContract):
    """All that was to be kept from the place is kept: a job held for evidence may go on."""


@_case("case.closed")
class CaseClosedV1(CaseContract):
    """The case is closed."""

    result = code(("paid", "convicted", "warning", "no-further-action"), data_class=PROTECTED)


@_case("action.recorded")
class ActionRecordedV1(CaseContract):
    """One of the ten actions of Defra's return was taken in the case."""

    action = code(data_class=PROTECTED)
    taken_on = day()


class NoticeState(Part):
    """The whole public state of a notice. The person who received it is nowhere in it."""

    notice_id = identifier()
    serial = identifier(data_class=PROTECTED)
    case_id = identifier()
    report_ids = each(identifier())
    offence_code = code(data_class=PROTECTED)
    tier = code(nullable=True, data_class=PROTECTED)
    amount_pence = whole(data_class=PROTECTED)
    state = code(NOTICE_STATES, data_class=PROTECTED)
    issued_on = day()
    pay_by = day(data_class=PROTECTED)
    served_on = day(nullable=True, data_class=PROTECTED)
    paid_on = day(nullable=True)
    paid_pence = whole(data_class=PROTECTED)
    overdue = flag(data_class=PROTECTED)
    represented = flag(data_class=PROTECTED)
    officer_id = identifier(data_class=FLEET)


class NoticeContract(Contract):
    """Base of the events of a notice."""

    state = part(NoticeState)


def _notice(name: str) -> Callable[[C], C]:
    """Declare an event of this aggregate."""
    return contract(f"{name}.v1", producer="enforcement", aggregate="notice")


@_notice("notice.issued")
class NoticeIssuedV1(NoticeContract):
    """A notice was issued within the tariff and its statutory bounds."""


@_notice("notice.served")
class NoticeServedV1(NoticeContract):
    """The notice reached the person."""


@_notice("notice.paid")
class NoticePaidV1(NoticeContract):
    """The notice is paid in full."""


@_notice("notice.cancelled")
class NoticeCancelledV1(NoticeContract):
    """The notice was cancelled or withdrawn."""

    reason = code(data_class=PROTECTED)


@_notice("notice.overdue")
class NoticeOverdueV1(NoticeContract):
    """The statutory period has passed without payment."""


@_notice("notice.escalated")
class NoticeEscalatedV1(NoticeContract):
    """The file goes on to prosecution."""


@_notice("notice.copied")
class NoticeCopiedV1(NoticeContract):
    """A copy went where statute sends it (EPA 1990 s34ZA(5))."""

    recipient = code(("environment-agency", "waste-collection-authority"))


@_notice("representation.received")
class RepresentationReceivedV1(NoticeContract):
    """The person made representations."""

    representation_id = identifier(data_class=PROTECTED)


@_notice("representation.decided")
class RepresentationDecidedV1(NoticeContract):
    """Representations were decided, by another officer than the one who issued."""

    representation_id = identifier(data_class=PROTECTED)
    decision = code(("upheld", "rejected"), data_class=PROTECTED)
