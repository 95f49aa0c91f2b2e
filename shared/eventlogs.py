"""Reading the services' event logs from the command line: the latest events, and archiving old ones."""

import gzip
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from shared.bus.documents import relay_position
from shared.clock import machine_now
from shared.service import ServiceContext
from shared.store import LoggedEvent

POLL_SECONDS = 0.5
BATCH = 1000


def tail(contexts: Mapping[str, ServiceContext], *, last: int, follow: bool) -> Iterator[LoggedEvent]:
    """Yield the latest events of all logs in the order of their recording, then those that come."""
    cursors: dict[str, int] = {}
    latest: list[LoggedEvent] = []
    for service, context in contexts.items():
        end = context.store.log.last_position()
        latest += context.store.log.read(after=max(0, end - last), limit=last)
        cursors[service] = end
    yield from sorted(latest, key=lambda event: event.recorded_at)[-last:]
    while follow:
        for service, context in contexts.items():
            for event in context.store.log.read(after=cursors[service], limit=BATCH):
                cursors[service] = event.position
                yield event
        time.sleep(POLL_SECONDS)


def archive(context: ServiceContext, *, before: datetime, folder: Path) -> tuple[int, Path | None]:
    """Move a service's published events older than an instant into a gzip file of JSON lines; return count and file.

    The file is complete on disk before an event leaves the log, so a crash between the two only archives twice.
    """
    published = relay_position(context.store)
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{context.service}-{machine_now():%Y%m%dT%H%M%S}.jsonl.gz"
    count = 0
    while events := context.store.log.archive(before=before, up_to=published, limit=BATCH):
        with gzip.open(file, "ab") as lines:
            for event in events:
                lines.write(event.body + b"\n")
        context.store.log.drop([event.event_id for event in events])
        count += len(events)
    return count, file if count else None
