"""Passing a report on to an owner or partner, and what comes of it.

A report of a kind that is not the council's crews' to deal with is passed on as it comes in, and closed. One that staff
or a crew pass on stays open until somebody says what came of it: its clock stands still until the day by which an
answer is due, and then it comes back to the desk by itself.
"""

from dataclasses import replace
from datetime import datetime

from services.reports.domain.entries import Pause, Referral
from services.reports.domain.pausing import pause, resume
from services.reports.domain.report import Change, Report, close, refer
from shared.calendar import WorkingTime, deadline_after_pauses
from shared.contracts.reports import ReportReferredV1
from shared.errors import DomainError

HANDED_OVER = "referred"
"""The closure of such a report; one that staff refer stays open until they hear what came of it."""

CLEARED_BY_OWNER = "cleared-by-owner"
KEPT = "kept"


def hand_over(report: Report, referral: Referral, *, at: datetime) -> Change:
    """Pass the report to whoever deals with its kind, and close it: there is nothing left for the council to hear."""
    closed, facts = close(report, HANDED_OVER, at=at)
    passed_on = replace(closed, referred_to=referral.to, referrals=(*closed.referrals, referral))
    return passed_on, [ReportReferredV1.fact(to=referral.to), *facts]


def pass_on(report: Report, referral: Referral, *, at: datetime, working: WorkingTime) -> Change:
    """Hand the report to an owner or partner until they should have answered; to the same one again changes nothing.

    Raises:
        DomainError: the report is closed.
    """
    referred, facts = refer(report, referral.to, at=at, referral=referral)
    return (planned(referred, referral, at=at, working=working), facts) if facts else (report, [])


def planned(report: Report, referral: Referral, *, at: datetime, working: WorkingTime) -> Report:
    """Return a report that was just referred with all that is known of the referral, its clock at a standstill.

    The referral's own event and line of the story say so; a pause of before ends with it.
    """
    running, history = report.running_pause, report.history
    if running is not None:
        report, _ = resume(report, by=referral.by, at=at, working=working)
    report = replace(report, referrals=(*report.referrals[:-1], referral), history=history, needs_decision=False)
    if referral.answer_by is None:
        return report
    waiting = (*report.pauses, Pause("owner", at, referral.answer_by, referral.by))
    deadline = report.due_by_rule and deadline_after_pauses(
        report.due_by_rule, [one.stretch for one in waiting], working
    )
    return replace(report, pauses=waiting, deadline=deadline)


def ask_again(report: Report, *, answer_by: datetime, by: str, at: datetime, working: WorkingTime) -> Change:
    """Give an owner or partner who has not answered until another day; they are to be told again.

    Raises:
        DomainError: the report is not with anybody.
    """
    referral = report.referral
    if report.state != "referred" or referral is None:
        raise DomainError("This report is not with anybody who could answer.")
    if report.running_pause is not None:
        report, _ = resume(report, by=by, at=at, working=working)
    asked = replace(referral, answer_by=answer_by, told_at=None, told_who=None)
    again = replace(report, needs_decision=False, referrals=(*report.referrals[:-1], asked))
    return pause(again, "owner", until=answer_by, by=by, at=at, working=working)


def note_partner_told(report: Report, *, by: str | None, at: datetime) -> Report:
    """Note that whoever a report was passed to has been told; a second time changes nothing."""
    referral = report.referral
    if referral is None or referral.told_at is not None or referral.ended_at is not None:
        return report
    return replace(report, referrals=(*report.referrals[:-1], replace(referral, told_at=at, told_who=by)))


def take_back(report: Report, *, by: str | None, at: datetime, working: WorkingTime) -> Report:
    """Return a report whose referral has ended because the council deals with it after all; others as they are."""
    if report.state != "referred":
        return report
    history = report.history
    resumed, _ = resume(report, by=by, at=at, working=working)
    return replace(settled(resumed, KEPT, at=at), history=history)


def settled(report: Report, outcome: str, *, at: datetime) -> Report:
    """Return a report with what came of its newest referral."""
    referral = report.referral
    if referral is None or referral.ended_at is not None:
        return report
    return replace(report, referrals=(*report.referrals[:-1], replace(referral, outcome=outcome, ended_at=at)))
