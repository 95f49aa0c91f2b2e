"""What the archive keeps of an event, and which reports the event is part of.

Some events name their reports (a report's own, a job's, a tip's loads, a ticket's shares, a case's, a notice's). Others
are part of a report's story only through something else: a ticket without shares yet through its tip, a receipt through
its ticket, a plan through its jobs. Those ways are kept as `links`, followed when the story is read, so that it does
not matter in which order the events came.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from shared.contracts.envelope import Event, contract_of

QUIET_PRODUCERS = ("accounts",)
QUIET_EVENTS = (
    "crew.changed.v1",
    "depot.changed.v1",
    "forecast.published.v1",
    "job.expected.v1",
    "vehicle.changed.v1",
)
"""Events that the live feed leaves out: they say nothing of what happens in the street."""


def archive_document(event: Event, data: Mapping[str, Any], *, received_at: datetime) -> dict[str, Any]:
    """Return the document that keeps an event for good; `data` is its data as JSON, the way it was on the wire."""
    return {
        "_id": event.id,
        "type": event.type,
        "source": event.source,
        "subject": event.subject,
        "sequence": event.sequence,
        "time": event.time,
        "correlationid": event.correlationid,
        "causationid": event.causationid,
        "data": data,
        "report_ids": report_ids(event),
        "links": links(event),
        "live": event.source not in QUIET_PRODUCERS and event.type not in QUIET_EVENTS,
        "received_at": received_at,
    }


def archived_event(document: Mapping[str, Any]) -> Event:
    """Return the event that an archive document keeps."""
    return Event(
        id=document["_id"],
        source=document["source"],
        type=document["type"],
        subject=document["subject"],
        time=document["time"],
        sequence=document["sequence"],
        correlationid=document["correlationid"],
        causationid=document["causationid"],
        data=contract_of(document["type"]).read(document["data"]),
    )


def report_ids(event: Event) -> list[str]:
    """Return the reports that an event names, each once, in order of appearance."""
    state = event.state
    named = [
        state.get("report_id"),
        *state.get("report_ids", ()),
        *_each(event.data.get("loads"), "report_id"),
        *_each(state.get("shares"), "report_id"),
        state.get("merged_into"),
        event.data.get("into_report_id"),
        event.data.get("from_report_id"),
    ]
    return list(dict.fromkeys(name for name in named if name))


def links(event: Event) -> list[str]:
    """Return what else an event is about, as `tip:<id>`, `ticket:<id>` and `job:<id>`, for finding it by that later.

    A job's own events have none: a tip carries many reports' jobs, and each belongs to its own report's story only.
    """
    state = event.state
    if event.type.startswith("job."):
        return []
    tips = [event.data.get("tip_id"), state.get("tip_id")]
    jobs = _each(state.get("stops"), "job_id")
    found = [f"tip:{name}" for name in tips if name]
    found += [f"ticket:{state['ticket_id']}"] if state.get("ticket_id") else []
    found += [f"job:{name}" for name in jobs if name]
    return list(dict.fromkeys(found))


def links_to_follow(events: Iterable[Event]) -> list[str]:
    """Return the links that lead from a report's own events to others of its story: its tips, tickets and jobs."""
    found: dict[str, None] = {}
    for event in events:
        if event.type.startswith("job."):
            tip = event.state["tip_id"]
            found.update(dict.fromkeys([f"job:{event.subject}", *([f"tip:{tip}"] if tip else [])]))
        else:
            found.update(dict.fromkeys(link for link in links(event) if not link.startswith("job:")))
    return list(found)


def _each(items: Iterable[Mapping[str, Any]] | None, field: str) -> list[Any]:
    """Return a field of every item of a list that may not be there."""
    return [item.get(field) for item in items or ()]
