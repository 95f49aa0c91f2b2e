"""The way of a report through the council as a line of stops: report, job, crew, tip, ticket, case, notice, told.

Every stop is always there, so that the line has the same shape for every report; a stop that was not reached says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.operations.domain.journey import Journey
from services.operations.domain.words import (
    Names,
    said_code,
    said_day,
    said_kg,
    said_outcome,
    said_pounds,
    said_shortly,
    said_size,
)
from shared.contracts.base import FLEET, PROTECTED

REACHED, NOT_YET, NOT_NEEDED, WITHHELD = "reached", "not-yet", "not-needed", "withheld"


@dataclass(frozen=True)
class Stop:
    """One stop: its name, whether it was reached, what is known in a few words, and the id to link to."""

    key: str
    title: str
    standing: str
    headline: str
    details: tuple[str, ...] = ()
    target: str | None = None


def path(journey: Journey, names: Names, classes: frozenset[str]) -> tuple[Stop, ...]:
    """Return the eight stops of a report, for somebody who may see these classes of data."""
    return (
        _report(journey),
        _job(journey, names),
        _crew(journey, names, classes),
        _tip(journey, names),
        _ticket(journey, names),
        _case(journey, classes),
        _notice(journey, classes),
        _told(journey),
    )


def _report(journey: Journey) -> Stop:
    """Return the stop of the report itself."""
    report = journey.report
    if report is None:
        return Stop("report", "Report", NOT_YET, "Not here yet")
    state = said_code(report["closure"] or report["state"])
    size = (said_size(report["size"]),) if report["size"] else ()
    details = (*size, f"reported {said_shortly(report['reported_at'])}")
    return Stop("report", "Report", REACHED, _capital(state), details, report["reference"])


def _job(journey: Journey, names: Names) -> Stop:
    """Return the stop of the newest job."""
    job = _last(journey.jobs)
    if job is None:
        is_for_crews = journey.report is None or names.makes_jobs(journey.report["kind"])
        return Stop("job", "Job", NOT_YET, "No job yet" if is_for_crews else "Not for a crew")
    details = [f"visit {job['visit']}", names.depot(job["depot_id"])]
    if job["held"]:
        details.append("held for evidence")
    return Stop("job", "Job", REACHED, _capital(said_code(job["state"])), tuple(details), job["job_id"])


def _crew(journey: Journey, names: Names, classes: frozenset[str]) -> Stop:
    """Return the stop of the crew that has, or had, the newest job."""
    job = _last(journey.jobs)
    if job is None or job["crew_id"] is None:
        return Stop("crew", "Crew", NOT_YET, "No crew yet")
    details = []
    if job["completed_at"]:
        details.append(f"{said_outcome(job['outcome'])} {said_shortly(job['completed_at'])}")
        details.append("photo taken" if job["proof"] == "photo" else "no photo")
    elif job["started_at"]:
        details.append(f"started {said_shortly(job['started_at'])}")
    headline = names.crew(job["crew_id"]) if FLEET in classes else "A crew"
    return Stop("crew", "Crew", REACHED, headline, tuple(details), job["job_id"])


def _tip(journey: Journey, names: Names) -> Stop:
    """Return the stop of the newest tip."""
    tip, job = _last(journey.tips), _last(journey.jobs)
    if tip is None:
        nothing_taken = job is not None and job["state"] == "completed" and not job["estimated_kg"]
        return Stop("tip", "Tip", *((NOT_NEEDED, "Nothing to tip") if nothing_taken else (NOT_YET, "Not tipped yet")))
    of_report = sum(load["estimated_kg"] for load in tip["loads"] if load["report_id"] == journey.report_id)
    details = (f"{said_kg(of_report)} from here, estimated", said_shortly(tip["tipped_at"]))
    return Stop("tip", "Tip", REACHED, names.site(tip["site_id"]), details, tip["tip_id"])


def _ticket(journey: Journey, names: Names) -> Stop:
    """Return the stop of the newest ticket that counts, with this report's share of it."""
    ticket = _last(tuple(ticket for ticket in journey.tickets if ticket["state"] != "voided"))
    if ticket is None:
        return Stop("ticket", "Ticket", NOT_YET, "Not weighed yet")
    share = journey.share_of(ticket)
    details = [f"{said_kg(ticket['net_kg'])} of {names.material(ticket['material'])}"]
    if share:
        details.append(f"{said_kg(share[1])} from here ({said_kg(share[0])} estimated)")
    return Stop("ticket", "Ticket", REACHED, ticket["ticket_number"], tuple(details), ticket["ticket_id"])


def _case(journey: Journey, classes: frozenset[str]) -> Stop:
    """Return the stop of the newest case."""
    case = _last(journey.cases)
    if case is None:
        return Stop("case", "Case", NOT_NEEDED, "No case")
    if PROTECTED not in classes:
        return Stop("case", "Case", WITHHELD, "Withheld from your role")
    pieces = case["evidence_count"]
    details = (_capital(said_code(case["state"])), f"{pieces} {'piece' if pieces == 1 else 'pieces'} of evidence")
    return Stop("case", "Case", REACHED, case["case_number"], details, case["case_id"])


def _notice(journey: Journey, classes: frozenset[str]) -> Stop:
    """Return the stop of the newest notice."""
    notice = _last(journey.notices)
    if PROTECTED not in classes and journey.cases:
        return Stop("notice", "Notice", WITHHELD, "Withheld from your role")
    if notice is None:
        standing, headline = (NOT_YET, "No notice yet") if journey.cases else (NOT_NEEDED, "No notice")
        return Stop("notice", "Notice", standing, headline)
    paid = f"paid on {said_day(notice['paid_on'])}" if notice["paid_on"] else f"to pay by {said_day(notice['pay_by'])}"
    details = (_capital(said_code(notice["state"])), f"{said_pounds(notice['amount_pence'])}, {paid}")
    return Stop("notice", "Notice", REACHED, notice["serial"], details, notice["notice_id"])


def _told(journey: Journey) -> Stop:
    """Return the stop of what the reporter was told, and when last."""
    if not journey.messages:
        return Stop("told", "Told", NOT_YET, "Nobody told yet")
    last, count = journey.messages[-1], len(journey.messages)
    details = (f"{said_code(last.data['message'])}, {said_shortly(last.time)}",)
    headline = "One message" if count == 1 else f"{count} messages"
    return Stop("told", "Told", REACHED, headline, details, last.data["message_id"])


def _last(states: tuple[Mapping[str, Any], ...]) -> Mapping[str, Any] | None:
    """Return the newest of what there is."""
    return states[-1] if states else None


def _capital(text: str) -> str:
    """Return a phrase as it stands at the start of a line."""
    return text[:1].upper() + text[1:]
