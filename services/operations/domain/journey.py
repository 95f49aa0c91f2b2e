"""One report's story, put together from its events: their order, what set off what, and how everything stands now.

Events come in any order and from clocks that may differ by a little, so the order here is that of their times, except
that nothing is ever shown before what caused it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.contracts.envelope import Event, contract_of

TIME_DIGITS = 12
"""How many hexadecimal digits of a UUIDv7 are its time; the next one is the 7."""

BY_EVENT, BY_REQUEST, BY_ITSELF = "event", "request", "start"
"""What set an event off: another event of the story, a request or an event outside of it, or nothing that is known."""


@dataclass(frozen=True)
class Step:
    """One event of the story: its number from 1, and the number of the event that caused it (`depth` causes deep)."""

    number: int
    event: Event
    depth: int
    cause_kind: str
    cause_number: int | None


@dataclass(frozen=True)
class Journey:
    """A report's whole story: its steps in order, and the newest known state of everything that is part of it."""

    report_id: str
    steps: tuple[Step, ...]
    report: Mapping[str, Any] | None
    jobs: tuple[Mapping[str, Any], ...]
    tips: tuple[Mapping[str, Any], ...]
    tickets: tuple[Mapping[str, Any], ...]
    cases: tuple[Mapping[str, Any], ...]
    notices: tuple[Mapping[str, Any], ...]
    messages: tuple[Event, ...]

    @property
    def reference(self) -> str | None:
        """The public reference, from the report or, before it is known here, from its job."""
        for state in (self.report, *self.jobs):
            if state and state["reference"]:
                reference: str = state["reference"]
                return reference
        return None

    def share_of(self, ticket: Mapping[str, Any]) -> tuple[int, int] | None:
        """Return what this report's jobs were estimated at and weighed on a ticket, in kg; None before it is shared."""
        shares = [share for share in ticket["shares"] if share["report_id"] == self.report_id]
        if not shares:
            return None
        return sum(share["estimated_kg"] for share in shares), sum(share["weighed_kg"] for share in shares)


def journey(report_id: str, events: Iterable[Event]) -> Journey:
    """Return the story of a report from its events, given in any order and however often."""
    known = {event.id: event for event in events}
    ordered = _in_order(known)
    return Journey(
        report_id=report_id,
        steps=_steps(ordered),
        report=next(iter(_states(ordered, "report", only=report_id)), None),
        jobs=_states(ordered, "job"),
        tips=tuple(event.data for event in ordered if event.type == "vehicle.tipped.v1"),
        tickets=_states(ordered, "ticket"),
        cases=_states(ordered, "case"),
        notices=_states(ordered, "notice"),
        messages=tuple(event for event in ordered if event.type == "report.notified.v1" and event.subject == report_id),
    )


def _in_order(known: Mapping[str, Event]) -> list[Event]:
    """Return the events by time, none before its cause; at one instant in the order of making, as their ids tell it."""

    def place(event: Event) -> tuple[datetime, int, int, str, int, str]:
        chain = _causes(event, known)
        time, made = max(link.time for link in chain), max(_made_at(link.id) for link in chain)
        return time, made, len(chain), event.subject, event.sequence, event.id

    return sorted(known.values(), key=place)


def _made_at(event_id: str) -> int:
    """Return the machine's milliseconds in a UUIDv7; 0 for any other id, which tells nothing."""
    digits = event_id.replace("-", "")
    return int(digits[:TIME_DIGITS], 16) if digits[TIME_DIGITS : TIME_DIGITS + 1] == "7" else 0


def _causes(event: Event, known: Mapping[str, Event]) -> list[Event]:
    """Return the event and, one after the other, what caused it, as far as it is known; a circle ends the chain."""
    chain = [event]
    while (cause := known.get(chain[-1].causationid or "")) and cause not in chain:
        chain.append(cause)
    return chain


def _steps(ordered: Sequence[Event]) -> tuple[Step, ...]:
    """Return the events with their numbers, depths and causes."""
    known = {event.id: event for event in ordered}
    numbers = {event.id: number for number, event in enumerate(ordered, start=1)}
    steps = []
    for event in ordered:
        cause_number = numbers.get(event.causationid or "")
        outside = BY_REQUEST if event.causationid else BY_ITSELF
        kind = BY_EVENT if cause_number else outside
        steps.append(Step(numbers[event.id], event, len(_causes(event, known)) - 1, kind, cause_number))
    return tuple(steps)


def _states(ordered: Sequence[Event], aggregate: str, *, only: str | None = None) -> tuple[Mapping[str, Any], ...]:
    """Return the newest state of every aggregate of a kind, in order of first appearance."""
    newest: dict[str, Event] = {}
    for event in ordered:
        if contract_of(event.type).aggregate != aggregate or (only and event.subject != only):
            continue
        if event.subject not in newest or newest[event.subject].sequence < event.sequence:
            newest[event.subject] = event
    return tuple(event.state for event in newest.values())
