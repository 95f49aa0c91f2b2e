"""One sentence in plain words for every event: what a person reads on the follow page and on the wall.

A sentence gives the details of its event only to those who may see them; for the others it stays with what has
happened. Each takes the event, the council's names and whether protected facts may be told.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from services.operations.domain.words import (
    Names,
    said_code,
    said_day,
    said_instant,
    said_kg,
    said_land,
    said_offence,
    said_outcome,
    said_pounds,
    said_report,
)
from shared.contracts.base import FLEET, PROTECTED
from shared.contracts.codes import PRIORITIES
from shared.contracts.envelope import Event

SOMEBODY_REPORTED = {
    "web": "A resident reported",
    "open311": "A resident reported, through another app,",
    "contact-centre": "The contact centre took a report of",
    "crew": "A crew found and recorded",
}
CLOSURES = {
    "cleared": "it was cleared",
    "already-cleared": "somebody had cleared it already",
    "not-found": "nothing was found there",
    "no-action": "no action is needed",
    "not-ours": "it is not the council’s to clear",
    "duplicate": "it was reported before",
    "referred": "somebody else deals with such reports",
    "cleared-by-owner": "whoever is responsible for the land had it cleared",
}
REOPENED = {
    "reporter": "The reporter said that it is still there",
    "partner": "Another website passed on that it is still there",
    "unmerged": "It was joined to another report by mistake",
}
AMENDMENTS = {
    "scheduled": "The report now has a crew.",
    "started": "The report is being worked on.",
    "deferred": "The report stays open: the crew could not finish there.",
    "details": "Details of the report were corrected.",
    "evidence": "The report was marked as having evidence.",
    "action-taken": "The report now says that action was taken.",
    "unscheduled": "The report is waiting for a crew again.",
    "paused": "The report’s clock stands still while somebody else must act.",
    "resumed": "The report’s clock runs again.",
}
JOB_AMENDMENTS = {
    "held": "The job is held, so that evidence is not cleared away.",
    "released": "The job may go on.",
    "report": "The job took over a change of its report.",
    "withdrawn": "The job was taken from its crew: the plan of the day has no room for it.",
    "split": "The job was split.",
    "diverted": "The job was diverted.",
    "proof-approved": "The proof of the job was approved.",
    "proof-returned": "The proof of the job was sent back to its crew.",
    "seen": "The crew has seen that it has the job.",
    "placed": "The job has another place on its crew’s sheet.",
    "due": "The job was put off until today, and waits for a crew again.",
}
MESSAGES = {
    "received": "that the report was received",
    "closed": "how the report ended",
    "reopened": "that the report is open again",
    "referred": "that the report was passed on",
    "action-taken": "that action was taken",
    "merged": "that the report was joined to another",
    "joined": "that another report was joined to theirs",
    "unmerged": "that the report stands on its own again",
    "paused": "what it waits for",
    "resumed": "that it goes on",
    "separated": "that a joined report stands on its own again",
}
CHANNELS = {"email": "by email", "sms": "by text message"}


class Teller:
    """What a sentence is made with: the event's data and state, the council's names, and what may be told."""

    def __init__(self, event: Event, names: Names, classes: frozenset[str]) -> None:
        self.data, self.state, self.names = event.data, event.state, names
        self.may_tell_protected = PROTECTED in classes
        self._may_tell_fleet = FLEET in classes

    def crew(self, crew_id: str | None) -> str:
        """Return a crew's name, or only that it is one."""
        if crew_id is None or not self._may_tell_fleet:
            return "a crew"
        return self.names.crew(crew_id)


def sentence(event: Event, names: Names, classes: frozenset[str]) -> str:
    """Return what an event says, in one sentence or two, for somebody who may see these classes of data."""
    teller = Teller(event, names, classes)
    if event.type in PROTECTED_SENTENCES and not teller.may_tell_protected:
        return GENERAL_SENTENCES[event.type]
    told = (PROTECTED_SENTENCES | SENTENCES)[event.type](teller)
    return told[:1].upper() + told[1:]


def _submitted(say: Teller) -> str:
    state = say.state
    where = say.names.neighbourhood(state["place"]["neighbourhood"])
    what = said_report(state, say.names)
    land = f" ({said_land(state['land_type'])})" if state["land_type"] else ""
    return f"{SOMEBODY_REPORTED[state['channel']]} {what}, in {where}{land}."


def _assessed(say: Teller) -> str:
    priority = PRIORITIES.get(say.state["priority"], "no")
    due = f", to be cleared by {said_instant(say.state['deadline'])}" if say.state["deadline"] else ""
    return f"Priority set to {priority.lower()}{due}."


def _closed(say: Teller) -> str:
    return f"The report was closed: {CLOSURES.get(say.state['closure'], 'no reason was recorded')}."


def _reopened(say: Teller) -> str:
    return f"{REOPENED.get(say.data['by'], 'Staff opened it again')}. This is visit {say.state['visit']}."


def _flagged(say: Teller) -> str:
    if not say.may_tell_protected:
        return "The report was marked as having evidence."
    clue = "a witness" if say.data["clue"] == "witness" else "a visible clue"
    sealed = ", and what there is was sealed for enforcement" if say.data["parcel_key"] else ""
    return f"The report has {clue}{sealed}."


def _notified(say: Teller) -> str:
    return f"The reporter was told {CHANNELS[say.data['by']]} {MESSAGES[say.data['message']]}."


def _job_created(say: Teller) -> str:
    if say.state["channel"] == "crew":
        return "A job was made for what the crew had found."
    if say.state["channel"] == "beat":
        return f"A beat’s job was made, from {say.names.depot(say.state['depot_id'])}."
    if say.state["channel"] == "campaign":
        return f"A campaign’s job was made, from {say.names.depot(say.state['depot_id'])}."
    return f"A job was made for visit {say.state['visit']}, from {say.names.depot(say.state['depot_id'])}."


def _job_assigned(say: Teller) -> str:
    crew = say.crew(say.state["crew_id"])
    if say.data["previous_crew_id"]:
        return f"The job went to {crew} instead of {say.crew(say.data['previous_crew_id'])}."
    return f"The job was given to {crew}."


def _job_started(say: Teller) -> str:
    return f"{say.crew(say.state['crew_id'])} started."


def _job_deferred(say: Teller) -> str:
    until = f" until {said_day(say.data['until'])}" if say.data["until"] else ""
    return f"The job waits{until}: {said_code(say.data['reason'])}."


def _job_amended(say: Teller) -> str:
    change = say.data["change"]
    if change == "weighed" and say.state["weighed_kg"] is not None:
        return f"The weighbridge makes this job {said_kg(say.state['weighed_kg'])}."
    if change == "tipped":
        return "The load of this job was tipped."
    return JOB_AMENDMENTS.get(change, f"The job was changed: {said_code(change)}.")


def _job_completed(say: Teller) -> str:
    kilograms = say.state["estimated_kg"]
    weight = f", estimated at {said_kg(kilograms)}" if kilograms else ""
    handed = " Evidence was sealed for enforcement." if say.may_tell_protected and say.data["parcels"] else ""
    return f"{say.crew(say.state['crew_id'])} finished: {said_outcome(say.state['outcome'])}{weight}.{handed}"


def _tipped(say: Teller) -> str:
    kilograms = sum(load["estimated_kg"] for load in say.data["loads"])
    jobs = len(say.data["loads"])
    loads = f"the load of {jobs} {'job' if jobs == 1 else 'jobs'}, estimated at {said_kg(kilograms)}"
    return f"{say.crew(say.data['crew_id'])} tipped {loads}, at {say.names.site(say.data['site_id'])}."


def _ticket_recorded(say: Teller) -> str:
    state = say.state
    site, material = say.names.site(state["site_id"]), say.names.material(state["material"])
    return f"{site} weighed {said_kg(state['net_kg'])} of {material}: ticket {state['ticket_number']}."


def _ticket_reconciled(say: Teller) -> str:
    jobs = len(say.state["shares"])
    shared = "one job" if jobs == 1 else f"{jobs} jobs"
    return f"Ticket {say.state['ticket_number']} was matched with its tip and shared over {shared}."


def _ticket_voided(say: Teller) -> str:
    return f"Ticket {say.state['ticket_number']} no longer counts: {said_code(say.data['reason'])}."


def _receipt_submitted(say: Teller) -> str:
    return f"Defra’s waste tracking took the receipt: {say.state['waste_tracking_id']}."


def _case_opened(say: Teller) -> str:
    return f"Enforcement opened case {say.state['case_number']} on evidence from the {say.data['source']}."


def _evidence_received(say: Teller) -> str:
    return f"Enforcement checked the seal and took in exhibit {say.data['exhibit']}."


def _action_recorded(say: Teller) -> str:
    action = said_code(say.data["action"]).replace("fpn ", "fixed penalty notice, ")
    return f"Action recorded on {said_day(say.data['taken_on'])}: {action}."


def _case_closed(say: Teller) -> str:
    return f"Case {say.state['case_number']} was closed: {said_code(say.data['result'])}."


def _notice_issued(say: Teller) -> str:
    state = say.state
    amount, pay_by = said_pounds(state["amount_pence"]), said_day(state["pay_by"])
    offence = said_offence(state["offence_code"])
    return f"Notice {state['serial']} was issued for {offence}: {amount}, to be paid by {pay_by}."


def _notice_paid(say: Teller) -> str:
    return f"Notice {say.state['serial']} was paid: {said_pounds(say.state['paid_pence'])}."


def _notice_cancelled(say: Teller) -> str:
    return f"Notice {say.state['serial']} was {say.state['state']}: {said_code(say.data['reason'])}."


def _representation_decided(say: Teller) -> str:
    return f"The representations against notice {say.state['serial']} were {say.data['decision']}."


def _notice(told: str) -> Callable[[Teller], str]:
    """Return the sentence of a notice that has nothing to say but its serial."""
    return lambda say: told.format(serial=say.state["serial"])


def _always(told: str) -> Callable[[Teller], str]:
    """Return the sentence that is the same for every event of its type."""
    return lambda _say: told


SENTENCES: dict[str, Callable[[Teller], str]] = {
    "report.submitted.v1": _submitted,
    "report.assessed.v1": _assessed,
    "report.amended.v1": lambda say: AMENDMENTS[say.data["change"]],
    "report.merged.v1": _always("The report was joined to another one about the same waste."),
    "report.unmerged.v1": _always("The report stands on its own again."),
    "report.referred.v1": lambda say: f"The report was passed on: {said_code(say.data['to'])}.",
    "report.closed.v1": _closed,
    "report.reopened.v1": _reopened,
    "report.evidence-flagged.v1": _flagged,
    "report.feedback.v1": lambda say: f"The reporter answered: {said_code(say.data['answer'])}.",
    "report.notified.v1": _notified,
    "job.created.v1": _job_created,
    "job.assigned.v1": _job_assigned,
    "job.started.v1": _job_started,
    "job.deferred.v1": _job_deferred,
    "job.evidence-found.v1": lambda say: (
        "A crew sent in evidence that it had found here." if say.may_tell_protected else "A crew sent in more."
    ),
    "job.cancelled.v1": lambda say: f"The job was cancelled: {said_code(say.data['reason'])}.",
    "job.amended.v1": _job_amended,
    "job.expected.v1": lambda say: f"The job is expected to be done on {said_day(say.data['expected_on'])}.",
    "job.completed.v1": _job_completed,
    "forecast.published.v1": _always("A new forecast of times to clear was published."),
    "plan.published.v1": lambda say: f"A plan for {said_day(say.state['day'])} was published.",
    "shift.started.v1": lambda say: f"{say.crew(say.state['crew_id'])} went on shift.",
    "shift.ended.v1": lambda say: f"{say.crew(say.state['crew_id'])} ended the shift.",
    "crew.changed.v1": _always("A crew was added or changed."),
    "depot.changed.v1": _always("A depot was added, moved or retired."),
    "vehicle.changed.v1": _always("A vehicle joined the fleet or changed."),
    "vehicle.tipped.v1": _tipped,
    "ticket.recorded.v1": _ticket_recorded,
    "ticket.reconciled.v1": _ticket_reconciled,
    "ticket.voided.v1": _ticket_voided,
    "receipt.submitted.v1": _receipt_submitted,
    "receipt.rejected.v1": _always("Defra’s waste tracking refused the receipt."),
    "period.locked.v1": _always("The figures of a period were published."),
    "period.restated.v1": _always("The figures of a published period were corrected."),
    "user.changed.v1": _always("Somebody’s access was changed."),
}

PROTECTED_SENTENCES: dict[str, Callable[[Teller], str]] = {
    "case.opened.v1": _case_opened,
    "evidence.received.v1": _evidence_received,
    "case.evidence-secured.v1": _always("All evidence from the place is secured; the waste may be cleared."),
    "case.closed.v1": _case_closed,
    "action.recorded.v1": _action_recorded,
    "notice.issued.v1": _notice_issued,
    "notice.served.v1": _notice("Notice {serial} reached the person."),
    "notice.paid.v1": _notice_paid,
    "notice.cancelled.v1": _notice_cancelled,
    "notice.overdue.v1": _notice("The time to pay notice {serial} has passed."),
    "notice.escalated.v1": _notice("Notice {serial} goes on to prosecution."),
    "notice.copied.v1": lambda say: (
        f"A copy of notice {say.state['serial']} went to the {said_code(say.data['recipient'])}."
    ),
    "representation.received.v1": _notice("Representations were made against notice {serial}."),
    "representation.decided.v1": _representation_decided,
}
"""Sentences with facts about enforcement in them, for those who may see these."""

GENERAL_SENTENCES: Mapping[str, str] = MappingProxyType(
    {
        event_type: "Enforcement took a step in a notice."
        if "notice" in event_type or "represent" in event_type
        else "Enforcement took a step in a case."
        for event_type in PROTECTED_SENTENCES
    }
)
"""What everybody else is told of the same events."""
