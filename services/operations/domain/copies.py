"""Copies of what other services own, one per aggregate, replaced whenever an event with a higher sequence comes.

A copy is the aggregate's whole public state plus the fields that the wall counts by. It never waits for another event:
each event carries the whole state, so that any order, and any event twice, ends in the same copies.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from shared.contracts.envelope import Event, contract_of

CLOSED_STATES = ("closed", "referred")
"""A report in one of these waits for nothing from the council's crews."""


@dataclass(frozen=True)
class Copy:
    """Which document to put where, unless a newer one is there."""

    collection: str
    document: Mapping[str, Any]
    sequence: int


def copies(event: Event, state: Mapping[str, Any]) -> list[Copy]:
    """Return the copies to put for an event: of its aggregate, and of the tip that it tells of.

    `state` is the event's as JSON: what has no declared field needs no other form.
    """
    found = []
    aggregate = contract_of(event.type).aggregate
    if aggregate in FIELDS:
        collection, fields = FIELDS[aggregate]
        document = {
            "_id": event.subject,
            **fields(event.state),
            "sequence": event.sequence,
            "public_state": state,
        }
        found.append(Copy(collection, document, event.sequence))
    if event.type == "vehicle.tipped.v1":
        found.append(Copy("tips", _tip(event), event.sequence))
    return found


def seconds_to_clear(event: Event) -> float | None:
    """Return how long a report took that this event closes as cleared; None for every other event."""
    state = event.state
    if event.type != "report.closed.v1" or state["cleared_at"] is None:
        return None
    cleared_at: datetime = state["cleared_at"]
    reported_at: datetime = state["reported_at"]
    return (cleared_at - reported_at).total_seconds()


def _report(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that reports are counted and found by."""
    return {
        "reference": state["reference"],
        "state": state["state"],
        "open": state["state"] not in CLOSED_STATES,
        "overdue_from": state["deadline"],
        "priority": state["priority"],
        "neighbourhood": state["place"]["neighbourhood"],
        "reported_at": state["reported_at"],
        "cleared_at": state["cleared_at"],
        "one": 1,
    }


def _job(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that jobs are counted and found by."""
    return {
        "reference": state["reference"],
        "state": state["state"],
        "neighbourhood": state["neighbourhood"],
        "created_at": state["created_at"],
        "one": 1,
    }


def _ticket(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that tickets are summed by."""
    return {
        "state": state["state"],
        "material": state["material"],
        "stream": state["stream"],
        "is_recycled": "recycled" if state["is_recycled"] else "not-recycled",
        "net_kg": state["net_kg"],
        "weighed_at": state["second_weighed_at"],
    }


def _case(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that cases are counted by."""
    return {"state": state["state"], "opened_at": state["opened_at"], "one": 1}


def _notice(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that notices are counted by."""
    return {"state": state["state"], "issued_on": state["issued_on"].isoformat(), "one": 1}


def _vehicle(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that vehicles are found by."""
    return {"state": state["state"], "depot_id": state["depot_id"]}


def _shift(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that crews on shift are counted by."""
    return {"depot_id": state["depot_id"], "on_shift": state["ended_at"] is None, "one": 1}


def _tip(event: Event) -> dict[str, Any]:
    """Return the copy of a tip, which has no events of its own but the vehicle's."""
    return {
        "_id": event.data["tip_id"],
        "sequence": event.sequence,
        "vehicle_id": event.data["vehicle_id"],
        "site_id": event.data["site_id"],
        "tipped_at": event.data["tipped_at"],
    }


FIELDS: Mapping[str, tuple[str, Callable[[Mapping[str, Any]], dict[str, Any]]]] = MappingProxyType(
    {
        "report": ("reports", _report),
        "job": ("jobs", _job),
        "ticket": ("tickets", _ticket),
        "case": ("cases", _case),
        "notice": ("notices", _notice),
        "vehicle": ("vehicles", _vehicle),
        "shift": ("shifts", _shift),
    }
)
"""Aggregate → its collection here, and the fields that it is counted and found by."""
