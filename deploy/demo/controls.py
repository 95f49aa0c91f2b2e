"""What a demonstration's page can break and mend: as documents, which the launcher and the relays carry out.

No page touches a process or a broker. The page writes what it wants; the launcher stops the worker, or starts it, and
the relay sends a message with half of it missing, or the whole of it again.
"""

import contextlib
from time import monotonic
from typing import TYPE_CHECKING

from deploy.demo.live import BEAT_SECONDS, beat, open_demo_store, resume_clock
from shared.bus.documents import DEAD, PARKED, list_parked, request_replay
from shared.config import Settings
from shared.errors import DomainError, StoreUnavailable
from shared.service import ServiceContext
from shared.store import Store

if TYPE_CHECKING:
    from deploy.local import Launcher

WORKER = "worker"
POISONED = "poisoned"
CONSUMER, SOURCE = "operations.archive", "reports"
"""Who gets the damaged message, and whose it is: the archive already has it whole, so that nothing is missing."""


class LauncherControls:
    """The launcher's side: keeps the clock's heart beating, and stops and starts the worker."""

    def __init__(self, settings: Settings) -> None:
        self._store = open_demo_store(settings)
        self._beat_at = 0.0
        resume_clock(self._store)
        hold_worker(self._store, held=False)

    def look(self, launcher: "Launcher") -> None:
        """Do what has been asked for; a store that does not answer is asked again at the next look."""
        with contextlib.suppress(StoreUnavailable):
            if monotonic() >= self._beat_at:
                beat(self._store)
                self._beat_at = monotonic() + BEAT_SECONDS
            held = worker_is_held(self._store)
            for child in launcher.children:
                if child.name == WORKER and child.held != held:
                    if held:
                        child.hold()
                    else:
                        child.let_go(launcher.lifeline[0])


def worker_is_held(store: Store) -> bool:
    """Say whether the page asks for the worker to be stopped."""
    document = store.get("controls", WORKER)
    return document is not None and bool(document["held"])


def hold_worker(store: Store, *, held: bool) -> None:
    """Ask the launcher to kill the worker and leave it dead, or to start it again."""
    store.write_many("controls", [{"_id": WORKER, "held": held}])


def send_damaged(demo: Store, reports: Store) -> None:
    """Ask the relay to send the newest event of the reports that is not damaged yet, with its second half missing."""
    damaged = _damaged_positions(demo)
    position = reports.log.last_position()
    while position in damaged:
        position -= 1
    if position <= 0:
        raise DomainError("There is no message yet that could be damaged. Report something first.")
    request_replay(reports, consumer=CONSUMER, first=position, last=position, damaged=True)
    demo.write_many("controls", [{"_id": POISONED, "positions": [*damaged, position]}])


def damaged_parked(operations: Store) -> list[str]:
    """Return the ids of the messages that the archive's consumer has put aside because they can't be read."""
    return [parked["_id"] for parked in list_parked(operations, consumer=CONSUMER, state=DEAD)]


def send_whole(demo: Store, reports: ServiceContext, operations: ServiceContext) -> int:
    """Ask for the events from the log again, whole, and clear the damaged away; return how many were put aside."""
    damaged = damaged_parked(operations.store)
    for position in _damaged_positions(demo):
        request_replay(reports.store, consumer=CONSUMER, first=position, last=position)
    demo.write_many("controls", [{"_id": POISONED, "positions": []}])
    for document_id in damaged:
        operations.store.delete(PARKED.name, document_id)
    return len(damaged)


def _damaged_positions(demo: Store) -> list[int]:
    """Return which events of the reports' log were sent damaged since the last mending."""
    document = demo.get("controls", POISONED)
    return [] if document is None else list(document["positions"])
