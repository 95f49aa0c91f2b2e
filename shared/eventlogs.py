"""Reading the services' event logs from the command line: the latest events, and archiving old ones."""

import gzip
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from shared.bus.documents import open_replays, read_progress, relay_position
from shared.clock import machine_now
from shared.errors import ConfigError
from shared.service import ServiceContext, Subscription
from shared.store import LoggedEvent

POLL_SECONDS = 0.5
BATCH = 1000


def tail(contexts: Mapping[str, ServiceContext], *, last: int, follow: bool) -> Iterator[tuple[str, LoggedEvent]]:
    """Yield the latest events of all logs with their services, as they were recorded, then those that come."""
    cursors: dict[str, int] = {}
    latest: list[tuple[str, LoggedEvent]] = []
    for service, context in contexts.items():
        end = context.store.log.last_position()
        latest += [(service, event) for event in context.store.log.read(after=max(0, end - last), limit=max(1, last))]
        cursors[service] = end
    if last:
        yield from sorted(latest, key=lambda found: found[1].recorded_at)[-last:]
    while follow:
        for service, context in contexts.items():
            for event in context.store.log.read(after=cursors[service], limit=BATCH):
                cursors[service] = event.position
                yield service, event
        time.sleep(POLL_SECONDS)


def replayable(context: ServiceContext, *, first: int, last: int | None) -> tuple[int, int]:
    """Return the part of a range of positions that is still in the log; raises `ConfigError` where nothing of it is."""
    end = context.store.log.last_position()
    last = end if last is None else last
    if last < first:
        raise ConfigError(f"the range from {first} to {last} is empty; the log of {context.service} ends at {end}")
    if first > end:
        raise ConfigError(f"the log of {context.service} ends at {end}")
    kept = context.store.log.read(after=0, limit=1)
    first_kept = kept[0].position if kept else end + 1
    if last < first_kept:
        raise ConfigError(
            f"positions {first} to {last} of {context.service} are archived and no longer in the log"
            f" (it begins at {first_kept}): nothing can be sent"
        )
    return max(first, first_kept), min(last, end)


def archivable_up_to(
    service: str, contexts: Mapping[str, ServiceContext], subscriptions: Mapping[str, Sequence[Subscription]]
) -> int:
    """Return the position up to which nobody needs a service's log any more.

    A broker keeps what is published until it is handled. The embedded bus forgets, and sends again from the log what a
    consumer has not done: there every consumer's own progress counts, also that of one which is new and has done
    nothing. What a replay has been asked for and was not sent stays too.
    """
    context = contexts[service]
    needed = [relay_position(context.store)]
    needed += [int(request["sent_to"]) for request in open_replays(context.store, limit=1_000)]
    if context.settings.bus_url.startswith("memory:"):
        needed += [
            read_progress(contexts[consuming].store, subscription.consumer, service)
            for consuming, its_subscriptions in subscriptions.items()
            for subscription in its_subscriptions
            if any(contract.producer == service for contract in subscription.events)
        ]
    return min(needed)


def archive(
    context: ServiceContext,
    *,
    before: datetime,
    up_to: int,
    folder: Path,
    on_batch: Callable[[int], object] = lambda _: None,
) -> tuple[int, Path | None]:
    """Move a service's events older than an instant, up to a position, into a gzip file of JSON lines.

    Returns how many and the file. It is durable before an event leaves the log, so a crash between the two only
    archives twice. `on_batch` is told the position reached. Raises `ConfigError` for a folder that can't be written.
    """
    file = folder / f"{context.service}-{machine_now():%Y%m%dT%H%M%S}.jsonl.gz"
    count = 0
    while events := context.store.log.archive(before=before, up_to=up_to, limit=BATCH):
        _append(file, events)
        context.store.log.drop([event.event_id for event in events])
        count += len(events)
        on_batch(events[-1].position)
    return count, file if count else None


def _append(file: Path, events: Sequence[LoggedEvent]) -> None:
    """Add events to a compressed file, durably."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("ab") as raw:
            raw.write(gzip.compress(b"".join(event.body + b"\n" for event in events)))
            raw.flush()
            os.fsync(raw.fileno())
        folder = os.open(file.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise ConfigError(f"the archive {file} can't be written: {error.strerror}") from error
