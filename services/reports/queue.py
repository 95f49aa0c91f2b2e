"""The queue: open reports as the desk sorts them, narrowed by any of its filters together.

What is open is a few thousand at most, whatever the years have brought. So one index gives them in the order of the
queue, only their declared fields are read, and the filters are asked of those; the reports of one page are then loaded.
An index for each combination of filters would cost every report that is accepted, for ever. ADR 40.

What is closed can't be walked through: only its newest `MOST_WALKED` are looked at for a page, and the next page goes
on from there.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from services.reports.domain.report import Report
from services.reports.store import NEWEST_FIRST, QUEUE_ORDER, REPORTS, WAITING, reports
from shared.contracts.codes import HAZARDS, LAND_TYPES, PRIORITIES, REPORT_STATES, SIZES, WASTE_TYPES
from shared.service import ServiceContext
from shared.store.cursors import write_cursor
from shared.store.plan import make_plan
from shared.store.port import Document, In

READ_AT_ONCE = 500
MOST_WALKED = 6_000
"""Three times what a large city has open."""

ROW_FIELDS = (
    "state",
    "neighbourhood",
    "queue_rank",
    "due_at",
    "kind",
    "priority",
    "land_type",
    "dangers",
    "chased",
    "times_here",
    "paused",
    "to_tell",
    "open",
    "reported_at",
)
"""What the filters ask of; declared fields, so that no body is read for it."""

OPEN = "open"
FLAGS = ("waits", "overdue", "paused", "to_tell", "chased", "repeat")
TEXT_LIMIT = 100


@dataclass(frozen=True)
class Filters:
    """What the queue is narrowed by; an empty text is everything. `show` is a state, or all that is open."""

    show: str = ""
    neighbourhood: str = ""
    priority: str = ""
    kind: str = ""
    land: str = ""
    hazard: str = ""
    only: str = ""
    text: str = ""

    @property
    def is_any(self) -> bool:
        """Say whether anything is asked for."""
        return any(getattr(self, one.name) for one in fields(self))

    def as_query(self) -> list[tuple[str, str]]:
        """Return the filters as parts of an address, in a fixed order."""
        return [(one.name, value) for one in fields(self) if (value := getattr(self, one.name))]


def read_filters(asked: Mapping[str, str], ctx: ServiceContext) -> Filters:
    """Return the filters that an address asks for; what is no known value is left out."""
    known: Mapping[str, Sequence[str]] = {
        "show": REPORT_STATES,
        "neighbourhood": [one.id for one in ctx.council.neighbourhoods],
        "priority": [str(priority) for priority in PRIORITIES],
        "kind": list(ctx.council.kinds),
        "land": list(LAND_TYPES),
        "hazard": ("any", *HAZARDS),
        "only": FLAGS,
    }
    given = {name: value for name, values in known.items() if (value := asked.get(name, "")) in values}
    # Links of before this page had a state of its own still show what they showed.
    if "show" not in given and asked.get("state", "") in REPORT_STATES:
        given["show"] = asked["state"]
    return Filters(**given, text=" ".join(asked.get("text", "")[:TEXT_LIMIT].split()))


@dataclass(frozen=True)
class Listed:
    """A page of the queue: its reports, the cursor of the next page, and how many were looked at for it."""

    reports: list[Report]
    next: str | None
    looked_at: int


def list_queue(ctx: ServiceContext, filters: Filters, *, limit: int, after: str | None, now: datetime) -> Listed:
    """Return a page of reports: open ones in the order of the queue, those of one state the newest first."""
    where, sort = _index(filters)
    order = make_plan(REPORTS, where, sort).order
    matches = _matcher(ctx, filters, now)
    wanted = None if filters.text else ROW_FIELDS
    found: list[Document] = []
    looked_at = 0
    while True:
        page = ctx.store.find(REPORTS.name, where, sort=sort, limit=READ_AT_ONCE, after=after, fields=wanted)
        for row in page.items:
            looked_at += 1
            if not matches(row):
                continue
            if len(found) == limit:
                # The next page begins after the last one shown, wherever in what was read that stood.
                return Listed(_loaded(ctx, found), write_cursor(order, found[-1]), looked_at)
            found.append(row)
        after = page.next
        if after is None or looked_at >= MOST_WALKED:
            return Listed(_loaded(ctx, found), after, looked_at)


def count_waiting(ctx: ServiceContext) -> int:
    """Return how many open reports wait for the desk, up to a thousand."""
    return ctx.store.count(REPORTS.name, {"open": True, "queue_rank": WAITING}, limit=1000)


def _index(filters: Filters) -> tuple[dict[str, Any], tuple[tuple[str, int], ...]]:
    """Return the conditions that an index answers, and the order."""
    if filters.show:
        return {"state": filters.show}, NEWEST_FIRST
    where: dict[str, Any] = {"open": True}
    if filters.neighbourhood:
        where["neighbourhood"] = filters.neighbourhood
    if filters.only == "waits":
        where["queue_rank"] = WAITING
    return where, QUEUE_ORDER


def _matcher(ctx: ServiceContext, filters: Filters, now: datetime) -> Callable[[Mapping[str, Any]], bool]:
    """Return the test that a row must pass."""
    tests: list[Callable[[Mapping[str, Any]], bool]] = []
    for name, value in (("neighbourhood", filters.neighbourhood), ("kind", filters.kind), ("land_type", filters.land)):
        if value:
            tests.append(lambda row, name=name, value=value: row[name] == value)  # type: ignore[misc]
    if filters.priority:
        tests.append(lambda row: row["priority"] == int(filters.priority))
    if filters.hazard:
        wanted = filters.hazard
        tests.append(lambda row: bool(row["dangers"]) if wanted == "any" else wanted in row["dangers"].split())
    flags: Mapping[str, Callable[[Mapping[str, Any]], bool]] = {
        "waits": lambda row: row["open"] and row["queue_rank"] == WAITING,
        "overdue": lambda row: row["open"] and row["priority"] is not None and row["due_at"] < now,
        "paused": lambda row: row["paused"],
        "to_tell": lambda row: row["to_tell"],
        "chased": lambda row: row["chased"] > 0,
        "repeat": lambda row: row["times_here"] > 1,
    }
    if filters.only:
        tests.append(flags[filters.only])
    if filters.text:
        words = filters.text.casefold().split()
        tests.append(lambda row: _has_words(ctx, row, words))
    return lambda row: all(test(row) for test in tests)


def _has_words(ctx: ServiceContext, row: Mapping[str, Any], words: Sequence[str]) -> bool:
    """Say whether a report has all the words: in its reference, its place, its waste, or what was written of it."""
    place, private = row["place"], row["private"]
    named = ctx.council.gazetteer.find(place["place_id"]) if place["place_id"] else None
    codes = [(WASTE_TYPES, row["waste_type"]), (LAND_TYPES, row["land_type"]), (SIZES, row["size"])]
    text = " ".join(
        (
            row["reference"],
            named.name if named else "",
            ctx.council.ward_name(place["ward"]),
            *(known[code].plain for known, code in codes if code),
            private["description"],
            private["place_text"],
        )
    ).casefold()
    return all(word in text for word in words)


def _loaded(ctx: ServiceContext, rows: Sequence[Document]) -> list[Report]:
    """Return the reports of rows, in that order; one that went in the meantime is left out."""
    ids = [row["_id"] for row in rows]
    if not ids:
        return []
    found, _ = reports(ctx.store).find({"_id": In(ids)}, limit=len(ids))
    by_id = {report.id: report for report in found}
    return [by_id[one] for one in ids if one in by_id]
