"""How long a case and a notice keep what is about people, and what is left of them afterwards.

The times are the council's; which of them counts follows from how it ended: paid, convicted, or neither. They run from
the end, so nothing that is still to be settled has one. Numbers, dates, codes, amounts and the custody log stay: they
are what the national return and the council's account of itself are made of, and name nobody outside the council.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time

from services.enforcement.domain.case import PAID, Case
from services.enforcement.domain.notice import OPEN_STATES, Notice

PAID_NOTICE, PROSECUTION, UNPROVEN = "paid-notice", "prosecution", "unproven-case"
WAYS = (PAID_NOTICE, PROSECUTION, UNPROVEN)
ENDED_AS: Mapping[str, str] = {PAID: PAID_NOTICE, "convicted": PROSECUTION}
ESCALATED = "escalated"
"""A notice that went to court: it is kept for as long as its case."""


def case_way(case: Case) -> str:
    """Return which of the council's times counts for a case."""
    return ENDED_AS.get(case.result or "", UNPROVEN)


def case_since(case: Case) -> datetime:
    """Return the instant from which a case's time counts: its end, or evidence that came after it."""
    return max((case.closed_at or case.opened_at, *(exhibit.received_at for exhibit in case.exhibits)))


def holds_people(case: Case) -> bool:
    """Say whether a closed case still has evidence or notices from which nothing was erased."""
    return not case.is_open and case.erased_at is None and bool(case.exhibits or case.notices)


def erase_case(case: Case, *, at: datetime) -> Case:
    """Return the case marked as erased; again changes nothing."""
    return case if case.erased_at is not None else replace(case, erased_at=at)


def notice_way(notice: Notice) -> str:
    """Return which of the council's times counts for a notice."""
    return PAID_NOTICE if notice.paid_on is not None else UNPROVEN


def notice_since(notice: Notice) -> date:
    """Return the day from which a notice's time counts."""
    return notice.paid_on or notice.cancelled_on or notice.issued_on


def notice_since_instant(notice: Notice) -> datetime:
    """Return that day as an instant, for an index."""
    return datetime.combine(notice_since(notice), time(), UTC)


def is_settled(notice: Notice) -> bool:
    """Say whether a notice has a time of its own: neither to be paid nor before a court."""
    return notice.state not in OPEN_STATES | {ESCALATED}


def names_somebody(notice: Notice) -> bool:
    """Say whether a notice still says whom it is for, or what they are said to have done."""
    return notice.recipient is not None or bool(notice.particulars)


def erase_notice(notice: Notice, *, at: datetime) -> Notice:
    """Return the notice without whom it is for and what was said of them; again changes nothing."""
    return replace(notice, recipient=None, particulars="", erased_at=at) if names_somebody(notice) else notice
