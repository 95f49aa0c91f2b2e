"""What senders were told, compared with what is there: nothing lost, no effect twice.

It reads the services' own documents and logs, not their pages, after everything has come to rest.
"""

import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from shared.bus.documents import list_parked, relay_position
from shared.contracts.envelope import decode
from shared.notify import DELIVERIES
from shared.service import ServiceContext
from shared.store import Document, paging
from tests.proof.journeys import Ledger

QUIET_SECONDS = 2
REST_SECONDS = 180
"""More than the lease of a message whose sender was killed with it in hand."""


@dataclass(frozen=True)
class Row:
    """One line of the table: what was compared, how many were told, how many are there, and what is wrong."""

    what: str
    told: int
    there: int
    lost: int
    twice: int
    exact: bool = True
    """Whether what is not there counts as lost; not so where it need not be there yet."""

    @property
    def holds(self) -> bool:
        """Whether nothing is lost and nothing is there twice."""
        return self.lost == 0 and self.twice == 0


def wait_for_rest(contexts: Mapping[str, ServiceContext], *, poison: Collection[str] = ()) -> None:
    """Wait until outboxes are empty, all is told, nothing but the poison is retried, and no news has come for long."""
    deadline = time.monotonic() + REST_SECONDS
    quiet_since, before = time.monotonic(), None
    while time.monotonic() < deadline:
        now = _activity(contexts, poison)
        if now != before or now["unsent"] or now["untold"] or now["retrying"]:
            before, quiet_since = now, time.monotonic()
        elif time.monotonic() - quiet_since >= QUIET_SECONDS:
            return
        time.sleep(0.2)
    raise TimeoutError(f"not at rest after {REST_SECONDS} s: {before}")


def _activity(contexts: Mapping[str, ServiceContext], poison: Collection[str]) -> dict[str, int]:
    stores = [context.store for context in contexts.values()]
    return {
        "positions": sum(store.log.last_position() for store in stores),
        "unsent": sum(store.log.last_position() - relay_position(store) for store in stores),
        "untold": contexts["reports"].store.count(DELIVERIES.name, {"open": True}),
        "retrying": sum(
            1
            for store in stores
            for parked in list_parked(store)
            if parked["state"] == "retrying" and parked["event_id"] not in poison
        ),
        "archived": _count(contexts["operations"], "archive"),
        "messages": _count(contexts["reports"], "messages"),
    }


def _count(context: ServiceContext, collection: str) -> int:
    return sum(1 for _ in every(context, collection))


def every(context: ServiceContext, collection: str) -> Iterator[Document]:
    """Yield every document of a collection."""
    return paging.every(context.store, collection, {})


def compare(contexts: Mapping[str, ServiceContext], ledger: Ledger, *, poison: Collection[str] = ()) -> list[Row]:
    """Return the table."""
    parked = [document["event_id"] for document in list_parked(contexts["reports"].store)]
    reports = list(every(contexts["reports"], "reports"))
    jobs = list(every(contexts["scheduling"], "jobs"))
    tickets = list(every(contexts["tonnage"], "tickets"))
    notices = list(every(contexts["enforcement"], "notices"))
    messages = list(every(contexts["reports"], "messages"))
    tips = list(every(contexts["tonnage"], "tips"))
    reference_of = {report["_id"]: report["reference"] for report in reports}
    closed = [report["reference"] for report in reports if report["state"] == "closed"]
    return [
        _row("reports accepted", ledger.reports.values(), [report["reference"] for report in reports], exact=True),
        _row("a job for each report", ledger.reports.values(), [job["reference"] for job in jobs], exact=True),
        _row("clearances", ledger.completed, [job["_id"] for job in jobs if job["state"] == "completed"], exact=True),
        _row("reports closed by them", ledger.completed.values(), closed, exact=True),
        _row("tips", ledger.tips.values(), [tip["_id"] for tip in tips], exact=True),
        _row("jobs on one tip each", ledger.completed, _tipped(tips), exact=False),
        _row("tickets", ledger.tickets.values(), [ticket["_id"] for ticket in tickets], exact=True),
        _row("notices", ledger.notices.values(), [notice["_id"] for notice in notices], exact=True),
        _row("a notice for each case", ledger.notices, [notice["case_id"] for notice in notices], exact=True),
        _row(
            "action taken noted",
            ledger.paid.values(),
            [r["reference"] for r in reports if r["action_taken"]],
            exact=True,
        ),
        *(
            _row(f"messages: {kind}", wanted, _told(messages, reference_of, kind), exact=True)
            for kind, wanted in (
                ("received", ledger.reports.values()),
                ("closed", ledger.completed.values()),
                ("action-taken", ledger.paid.values()),
            )
        ),
        _events(contexts),
        *([_row("messages that can't be handled, parked", poison, parked, exact=True)] if poison else []),
    ]


def _row(what: str, told: Iterable[str], there: Iterable[str], *, exact: bool) -> Row:
    """Compare two collections of names; with `exact`, what nobody was told of counts as twice only if it repeats."""
    wanted, found = Counter(told), Counter(there)
    lost = sum(1 for name in wanted if name not in found) if exact else 0
    return Row(what, len(wanted), sum(found.values()), lost, sum(count - 1 for count in found.values()), exact)


def _tipped(tips: list[Document]) -> list[str]:
    return [load["job_id"] for tip in tips for load in tip["loads"]]


def _told(messages: list[Document], reference_of: Mapping[str, str], kind: str) -> list[str]:
    """Return the reference of each message of a kind: the subject names it."""
    references = set(reference_of.values())
    return [
        reference
        for message in messages
        if message["template"] == kind
        for reference in references
        if reference in message["subject"] + message["body"]
    ]


def _events(contexts: Mapping[str, ServiceContext]) -> Row:
    """Compare every event in every service's log with the archive of operations."""
    logged: list[str] = []
    for context in contexts.values():
        after = 0
        while events := context.store.log.read(after=after, limit=500):
            logged += [decode(event.body).id for event in events]
            after = events[-1].position
    return _row(
        "events archived",
        logged,
        [document["_id"] for document in every(contexts["operations"], "archive")],
        exact=True,
    )
