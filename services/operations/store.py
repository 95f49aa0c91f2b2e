"""The documents of the operations service: an archive of every event, and copies that the wall counts.

Nothing here is a fact of its own: dropped and replayed, the same events give the same documents. `archive` is inserted
once per event; each copy is replaced when an event with a higher sequence comes; `health` is what the processes said of
themselves when they were last asked.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from services.operations.domain.counts import KILOGRAMS, Count, open_reports
from shared.errors import Duplicate
from shared.store.port import ASCENDING, DESCENDING, Collection, Document, HasAny, Index, Page, Range, Store
from shared.web.deny import DENIED_USERS

EVERY_ROW = 100_000_000
"""More rows than any council has: the wall's counts are exact, never "10,000 or more"."""

LARGEST_STORY = 500
"""More events than any report gathers; a page that long could not be read."""

NEWEST_FIRST = (("time", DESCENDING),)

ARCHIVE = Collection(
    "archive",
    fields={
        "type": "text",
        "subject": "text",
        "time": "instant",
        "received_at": "instant",
        "report_ids": "texts",
        "links": "texts",
        "live": "boolean",
    },
    indexes=(
        Index(equal=("report_ids",), sort=NEWEST_FIRST),
        Index(equal=("links",), sort=NEWEST_FIRST),
        Index(equal=("subject",), sort=NEWEST_FIRST),
        Index(equal=("type",), sort=NEWEST_FIRST),
        Index(sort=NEWEST_FIRST, only_while="live"),
        Index(sort=(("received_at", DESCENDING),)),
    ),
)
REPORTS = Collection(
    "reports",
    fields={
        "reference": "text",
        "open": "boolean",
        "overdue_from": "instant",
        "priority": "integer",
        "neighbourhood": "text",
        "reported_at": "instant",
        "one": "integer",
    },
    indexes=(
        Index(equal=("reference",)),
        Index(sort=(("reported_at", DESCENDING),), only_while="open"),
        Index(equal=("neighbourhood",), sort=(("reported_at", DESCENDING),), only_while="open"),
        Index(sort=(("overdue_from", ASCENDING),), only_while="open"),
        Index(equal=("neighbourhood",), sort=(("overdue_from", ASCENDING),), only_while="open"),
        Index(equal=("neighbourhood", "priority"), only_while="open"),
    ),
    nullable=frozenset({"overdue_from", "priority"}),
)
JOBS = Collection(
    "jobs",
    fields={"reference": "text", "state": "text", "created_at": "instant"},
    indexes=(Index(equal=("state",), sort=(("created_at", DESCENDING),)), Index(equal=("reference",))),
    nullable=frozenset({"reference"}),
)
TICKETS = Collection(
    "tickets",
    fields={
        "state": "text",
        "material": "text",
        "stream": "text",
        "is_recycled": "text",
        "net_kg": "integer",
        "weighed_at": "instant",
    },
    indexes=(
        Index(equal=("state",), sort=(("weighed_at", DESCENDING),)),
        Index(equal=("state", "material"), sort=(("weighed_at", DESCENDING),)),
        Index(equal=("state", "is_recycled"), sort=(("weighed_at", DESCENDING),)),
    ),
)
CASES = Collection("cases", fields={"state": "text", "opened_at": "instant"})
NOTICES = Collection(
    "notices",
    fields={"state": "text", "issued_on": "text"},
    indexes=(Index(equal=("state",), sort=(("issued_on", DESCENDING),)),),
)
VEHICLES = Collection("vehicles", fields={"state": "text", "depot_id": "text"})
SHIFTS = Collection(
    "shifts",
    fields={"depot_id": "text", "on_shift": "boolean", "one": "integer"},
    indexes=(Index(equal=("depot_id",), only_while="on_shift"), Index(equal=("on_shift",))),
)
TIPS = Collection("tips", fields={"tipped_at": "instant"}, indexes=(Index(sort=(("tipped_at", DESCENDING),)),))
HEALTH = Collection("health")

COLLECTIONS: tuple[Collection, ...] = (
    ARCHIVE,
    REPORTS,
    JOBS,
    TICKETS,
    CASES,
    NOTICES,
    VEHICLES,
    SHIFTS,
    TIPS,
    HEALTH,
    DENIED_USERS,
)


def keep(store: Store, document: Mapping[str, Any]) -> bool:
    """Insert an archive document; say whether it was new."""
    try:
        store.insert(ARCHIVE.name, dict(document))
    except Duplicate:
        return False
    return True


def selection(count: Count) -> dict[str, Any]:
    """Return what selects the rows of a count: the one place where both the number and the list get it from."""
    return {**count.equal, **{name: Range(below=instant) for name, instant in count.before.items()}}


def value_of(store: Store, count: Count) -> int:
    """Return the number of a count: its rows, or the kilograms of its tickets together."""
    where = selection(count)
    if count.measure == KILOGRAMS:
        return sum(store.sum(count.collection, "net_kg", where, by="state").values())
    return store.count(count.collection, where, limit=EVERY_ROW)


def rows_of(store: Store, count: Count, *, limit: int, after: str | None) -> Page:
    """Return a page of the rows that make a count, in its order."""
    return store.find(count.collection, selection(count), sort=(count.order,), limit=limit, after=after)


def open_by_neighbourhood(store: Store, count: Count) -> dict[str, int]:
    """Return how many of the reports that a count selects lie in each neighbourhood."""
    return store.sum(REPORTS.name, "one", selection(count), by="neighbourhood")


def open_by_priority(store: Store, neighbourhood: str) -> dict[int | None, int]:
    """Return how many reports are open in a neighbourhood, by priority."""
    return store.sum(REPORTS.name, "one", selection(open_reports(neighbourhood)), by="priority")


def crews_on_shift(store: Store) -> dict[str, int]:
    """Return how many crews are on shift, by depot."""
    return store.sum(SHIFTS.name, "one", {"on_shift": True}, by="depot_id")


def kg_by(store: Store, count: Count, field: str) -> dict[str, int]:
    """Return the kilograms of a count's tickets by one of their fields."""
    return store.sum(TICKETS.name, "net_kg", selection(count), by=field)


def report_id_of(store: Store, reference: str) -> str | None:
    """Return the report of a public reference, through its job where the report itself is not here yet."""
    for collection, id_field in ((REPORTS, "report_id"), (JOBS, "report_id")):
        for document in store.find(collection.name, {"reference": reference}, limit=1).items:
            report_id: str | None = document["public_state"][id_field]
            return report_id
    return None


def references_of(store: Store, report_ids: Iterable[str]) -> dict[str, str]:
    """Return the public references of reports that are known here."""
    wanted = dict.fromkeys(report_ids)
    found = (store.get(REPORTS.name, report_id) for report_id in wanted)
    return {document["_id"]: document["reference"] for document in found if document}


def archive_of_report(store: Store, report_id: str) -> list[Document]:
    """Return the archived events that name a report."""
    return _newest(store, {"report_ids": HasAny([report_id])})


def archive_of_links(store: Store, links: Sequence[str]) -> list[Document]:
    """Return the archived events about any of some tips, tickets and jobs."""
    return _newest(store, {"links": HasAny(links)}) if links else []


def archived(store: Store, event_id: str) -> Document | None:
    """Return one archived event."""
    return store.get(ARCHIVE.name, event_id)


def latest(store: Store, limit: int) -> list[Document]:
    """Return the newest archived events of the live feed."""
    return store.find(ARCHIVE.name, {"live": True}, sort=NEWEST_FIRST, limit=limit).items


def newest_arrival(store: Store) -> str:
    """Return what changes whenever an event has come in: the newest arrival's time and id."""
    found = store.find(ARCHIVE.name, {}, sort=(("received_at", DESCENDING),), limit=1, fields=("received_at",)).items
    return f"{found[0]['received_at'].isoformat()} {found[0]['_id']}" if found else ""


def health(store: Store) -> list[Document]:
    """Return what every process last said of itself, by name."""
    return store.find(HEALTH.name, {}, limit=LARGEST_STORY).items


def _newest(store: Store, where: Mapping[str, Any]) -> list[Document]:
    """Return the newest archived events of a selection."""
    return store.find(ARCHIVE.name, where, sort=NEWEST_FIRST, limit=LARGEST_STORY).items
