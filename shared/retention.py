"""Erasing by the clock: a batch of what fell due, the oldest first, and how far the clock is behind.

A service lists what is due by two declared fields: a flag that is set while there is something to erase, and
`erase_from`, the instant from which the time of keeping counts. What a legal hold keeps stays on the list and is passed
over. How a record is erased is the service's affair: its own function must be safe to repeat, because a kill between
erasing and saving brings the record back in the next run. See docs/adr/0044-erasing-and-what-stays.md and 0051.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from shared import metrics
from shared.service import ServiceContext
from shared.store.paging import every
from shared.store.port import ASCENDING, Document, Range, Store

BATCH = 50
"""Erased in one run of the timer: 72,000 a day, twenty times what England's largest council closes."""

PAGE = 200
CLOCK = "retention"
"""Who the logs say it was."""

OLDEST_TO_ERASE = (("erase_from", ASCENDING),)


@dataclass
class Run:
    """What a run came across: which records are held, and how late the first is that it left for the next run."""

    held: set[str] = field(default_factory=set)
    erased: int = 0
    overdue: timedelta = timedelta()


def erase_batch(
    ctx: ServiceContext,
    collection: str,
    where: Mapping[str, Any],
    *,
    kept_days: int,
    erase_one: Callable[[str], bool],
    batch: int = BATCH,
    asked_at: datetime | None = None,
) -> Run:
    """Erase what has been kept for so many days, at most a batch; `erase_one` says False of what must stay.

    What counts from `asked_at` is there because somebody asked, and is not late while it waits for its turn.
    """
    run = Run()
    fallen_due = ctx.clock.now() - timedelta(days=kept_days)
    for document in _due(ctx.store, collection, where, fallen_due):
        if run.erased >= batch:
            if document["erase_from"] != asked_at:
                run.overdue = fallen_due - document["erase_from"]
            break
        if erase_one(document["_id"]):
            run.erased += 1
        else:
            run.held.add(document["_id"])
    return run


def show_runs(ctx: ServiceContext, runs: Sequence[Run]) -> None:
    """Say in the metrics how late the oldest of what is left is, and how many records are held."""
    overdue = max((run.overdue for run in runs), default=timedelta())
    held = set[str]().union(*(run.held for run in runs))
    metrics.set_personal_due(ctx.service, oldest_overdue_seconds=overdue.total_seconds(), held=len(held))


def _due(store: Store, collection: str, where: Mapping[str, Any], before: datetime) -> Iterator[Document]:
    """Yield what fell due, the oldest first, what is held among it."""
    overdue = {**where, "erase_from": Range(below=before)}
    return every(store, collection, overdue, sort=OLDEST_TO_ERASE, fields=("erase_from",), batch=PAGE)
