"""The envelope of every event: CloudEvents 1.0 in structured JSON, with `sequence`, `correlationid`, `causationid`.

An `Event` in memory holds Python values (aware datetimes, dates); on the wire it is JSON. `encode` is strict, `decode`
tolerant; both raise `InvalidEvent` and nothing else.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from shared.contracts.base import REGISTRY, Contract, Fact, Writing, written_instant
from shared.errors import InvalidEvent
from shared.ids import new_id

CONTENT_TYPE = "application/cloudevents+json"
ENVELOPE_FIELDS = ("id", "source", "type", "subject", "time", "sequence", "correlationid", "causationid", "data")


@dataclass(frozen=True)
class Cause:
    """Why something is done: the journey it belongs to, and the event or request that set it off.

    `correlation_id` None starts a journey: the aggregate's own id becomes the correlation.
    """

    correlation_id: str | None = None
    causation_id: str | None = None

    @classmethod
    def of(cls, event: "Event") -> "Cause":
        """Return the cause of what is done in answer to an event."""
        return cls(event.correlationid, event.id)


@dataclass(frozen=True)
class Event:
    """One fact about one aggregate, with the aggregate's whole public state after it under `data["state"]`."""

    id: str
    source: str
    type: str
    subject: str
    time: datetime
    sequence: int
    correlationid: str
    causationid: str | None
    data: Mapping[str, Any]

    @property
    def state(self) -> Mapping[str, Any]:
        """The aggregate's whole public state after this event."""
        state: Mapping[str, Any] = self.data["state"]
        return state

    @property
    def name(self) -> str:
        """The event's name without its version: `report.submitted`."""
        return self.type.rpartition(".v")[0]


def make_event(
    fact: Fact, *, subject: str, sequence: int, state: Mapping[str, Any], time: datetime, cause: Cause
) -> Event:
    """Return the event that announces a fact about `subject`; `sequence` counts the aggregate's events from 1."""
    return Event(
        id=new_id(),
        source=fact.contract.producer,
        type=fact.contract.type,
        subject=subject,
        time=time,
        sequence=sequence,
        correlationid=cause.correlation_id or subject,
        causationid=cause.causation_id,
        data={**fact.data, "state": state},
    )


def contract_of(event_type: str) -> type[Contract]:
    """Return the contract of an event type; raises `InvalidEvent` where none is declared."""
    try:
        return REGISTRY[event_type]
    except KeyError:
        raise InvalidEvent(f"no contract is declared for {event_type!r}") from None


def encode(event: Event) -> bytes:
    """Return an event as CloudEvents JSON; raises `InvalidEvent` for anything its contract does not declare."""
    return encode_all([event])[0]


def encode_all(events: Sequence[Event]) -> list[bytes]:
    """Return the events of one change, as `encode` does each; the state that they share is checked once."""
    writing = Writing()
    return [_encoded(event, contract_of(event.type).write(event.data, writing)) for event in events]


def _encoded(event: Event, data: Mapping[str, Any]) -> bytes:
    """Return an event as CloudEvents JSON, with its data as primitives."""
    envelope = {
        "specversion": "1.0",
        "id": event.id,
        "source": f"/streetscene/{event.source}",
        "type": event.type,
        "subject": event.subject,
        "time": written_instant(event.time),
        "datacontenttype": "application/json",
        "dataschema": f"/contracts/{event.type}",
        "sequence": event.sequence,
        "correlationid": event.correlationid,
        "causationid": event.causationid,
        "data": data,
    }
    return orjson.dumps(envelope)


def decode(body: bytes) -> Event:
    """Return the event in a message's bytes; raises `InvalidEvent` with the reason for anything else."""
    try:
        envelope = json.loads(body)
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InvalidEvent(f"not JSON: {error}") from error
    if not isinstance(envelope, dict):
        raise InvalidEvent("not a CloudEvent: the body is not an object")
    missing = [name for name in ENVELOPE_FIELDS if name not in envelope]
    if missing:
        raise InvalidEvent(f"not a CloudEvent of ours: {', '.join(missing)} missing")
    try:
        time = datetime.fromisoformat(envelope["time"])
        sequence = int(envelope["sequence"])
    except (TypeError, ValueError) as error:
        raise InvalidEvent(f"time or sequence is wrong: {error}") from error
    if time.tzinfo is None:
        raise InvalidEvent("time has no offset")
    if not isinstance(envelope["causationid"], str | None):
        raise InvalidEvent("causationid is not text")
    if not isinstance(envelope["data"], dict):
        raise InvalidEvent("data is not an object")
    return Event(
        id=str(envelope["id"]),
        source=str(envelope["source"]).removeprefix("/streetscene/"),
        type=str(envelope["type"]),
        subject=str(envelope["subject"]),
        time=time,
        sequence=sequence,
        correlationid=str(envelope["correlationid"]),
        causationid=envelope["causationid"],
        data=contract_of(str(envelope["type"])).read(envelope["data"]),
    )
