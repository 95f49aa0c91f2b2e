"""One whole journey as events: the examples of the contracts, which belong together and name each other as causes."""

from dataclasses import replace
from typing import Any

from shared.contracts import REGISTRY, Event
from shared.contracts.example import REFERENCE, REPORT, example

JOURNEY = (
    "report.submitted.v1",
    "report.assessed.v1",
    "job.created.v1",
    "job.assigned.v1",
    "report.amended.v1",
    "job.started.v1",
    "job.completed.v1",
    "report.closed.v1",
    "report.notified.v1",
    "case.opened.v1",
    "evidence.received.v1",
    "case.evidence-secured.v1",
    "vehicle.tipped.v1",
    "ticket.recorded.v1",
    "ticket.reconciled.v1",
    "receipt.submitted.v1",
    "job.amended.v1",
    "notice.issued.v1",
    "notice.served.v1",
    "notice.paid.v1",
    "case.closed.v1",
)
"""The types of the journey's events, in the order in which they happened."""

SECRETS = ("EC-2026-0041", "FPN-2026-00017", "£750", "75000", "75,000", "FLYTIP")
"""What only those who may see protected facts are told."""

__all__ = ["JOURNEY", "REFERENCE", "REPORT", "SECRETS", "event", "whole_journey"]


def event(event_type: str, *, sequence: int | None = None, **changes: Any) -> Event:
    """Return the example of a type, with changes to its state, and another sequence and id where one is given."""
    made = example(REGISTRY[event_type])
    data = {**made.data, "state": {**made.state, **changes}}
    if sequence is None:
        return replace(made, data=data)
    return replace(made, data=data, sequence=sequence, id=f"{made.id}-{sequence}")


def whole_journey() -> list[Event]:
    """Return the events of the journey, in order."""
    return [event(event_type) for event_type in JOURNEY]
