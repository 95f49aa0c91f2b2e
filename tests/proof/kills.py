"""Kills with SIGKILL in every named window, under load, and the comparison afterwards.

The system's children are started one by one with the failpoint in their environment, die there, and are started again
without it: as the launcher would, but with the moment of death chosen.
"""

import json
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from deploy.local import Launcher, embedded_children, first_start
from shared import failpoints
from shared.config import SERVICES, Settings
from shared.council import load_council
from shared.processes import open_contexts
from shared.web.keys import ensure_keys
from tests.proof.comparison import Row, compare, wait_for_rest
from tests.proof.journeys import Ledger, Sender
from tests.servers.system import free_ports

WINDOWS = {
    failpoints.SAVED_UNPUBLISHED: "worker",
    failpoints.PUBLISHED_UNCLEARED: "worker",
    failpoints.HANDLED_UNACKNOWLEDGED: "worker",
    failpoints.PARKED: "worker",
    failpoints.MID_PHOTO: "web",
    failpoints.SAVED_UNANSWERED: "web",
}
SENDERS = 3
DEATH_SECONDS = 60


@dataclass(frozen=True)
class Proof:
    """The outcome of one window: how often the process was killed in it, and the table."""

    window: str
    kills: int
    ledger: Ledger
    rows: list[Row]

    @property
    def holds(self) -> bool:
        """Whether nothing was lost or done twice, and no sender met a problem."""
        return all(row.holds for row in self.rows) and not self.ledger.problems


def prove_window(window: str, *, kills: int, folder: Path, on_kill: Callable[[], None] = lambda: None) -> Proof:
    """Run the whole path under load, kill the process in the window so many times, and compare."""
    settings = Settings.from_env(
        {"STREETSCENE_DATA": str(folder), "STREETSCENE_PORT": str(free_ports()), "STREETSCENE_DEMO": "0"}
    )
    ensure_keys(settings)
    with open_contexts(SERVICES, settings) as contexts:
        first_start(contexts, settings)
        launcher = Launcher(embedded_children(settings), Console(quiet=True))
        for child in launcher.children:
            child.environment = {**child.environment, "STREETSCENE_RATE_LIMITS": "off"}
        ledger, stop = Ledger(), threading.Event()
        tokens = json.loads((folder / "credentials.json").read_text())["tokens"]
        council = load_council(settings.council)
        try:
            launcher.start()
            senders = [Sender(settings.public_url, tokens, council, ledger, stop, n) for n in range(SENDERS)]
            for sender in senders:
                sender.start()
            for _ in range(kills):
                _kill_in(window, launcher)
                on_kill()
            stop.set()
            for sender in senders:
                sender.join()
            wait_for_rest(contexts)
        finally:
            stop.set()
            launcher.stop()
        return Proof(window, kills, ledger, compare(contexts, ledger))


def _kill_in(window: str, launcher: Launcher) -> None:
    """Start the window's process anew with its failpoint set, wait until it dies there, and start it without."""
    child = next(child for child in launcher.children if child.name == WINDOWS[window])
    plain = child.environment
    time.sleep(random.uniform(0.3, 1.0))
    child.process.terminate()
    child.process.wait(20)
    child.environment = {**plain, failpoints.VARIABLE: f"{window}:{random.randint(1, 6)}"}
    child.start(launcher.lifeline[0])
    deadline = time.monotonic() + DEATH_SECONDS
    while not child.died():
        if time.monotonic() > deadline:
            raise TimeoutError(f"the {child.name} process never came to {window}")
        time.sleep(0.02)
    child.environment = plain
    child.start(launcher.lifeline[0])
    while not child.ready():
        time.sleep(0.05)
