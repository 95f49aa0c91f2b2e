"""Kills with SIGKILL in every named window, under load, and the comparison afterwards.

The system's children are started one by one with the failpoint in their environment, die there, and are started again
without it: as the launcher would, but with the moment of death chosen.
"""

import json
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from deploy.demo.doors import HttpDoors
from deploy.local import Child, Launcher, embedded_children, first_start
from shared import failpoints
from shared.config import REPOSITORY, SERVICES, Settings
from shared.contracts import decode
from shared.council import load_council
from shared.ids import new_id
from shared.processes import open_contexts
from shared.service import ServiceContext
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
JOURNEYS_PER_KILL = 6
"""Clearances to wait for after the last kill, so that there is something to lose."""

DEATH_SECONDS = 60
MOST_PASSES = 6
"""The process dies at one of the first so many passes of the window."""


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
        poison: list[str] = []
        tokens = json.loads((folder / "credentials.json").read_text())["tokens"]
        council = load_council(settings.council)
        try:
            launcher.start()
            senders = [
                Sender(HttpDoors(settings.public_url, tokens), tokens, council, ledger, stop, number=number)
                for number in range(SENDERS)
            ]
            for sender in senders:
                sender.start()
            for _ in range(kills):
                _kill_in(window, launcher, while_down=lambda: poison.extend(_poison(window, contexts["scheduling"])))
                on_kill()
            _wait_for_load(ledger, kills * JOURNEYS_PER_KILL)
            stop.set()
            for sender in senders:
                sender.join()
            wait_for_rest(contexts, poison=poison)
        finally:
            stop.set()
            launcher.stop()
        return Proof(window, kills, ledger, compare(contexts, ledger, poison=poison))


def _kill_in(window: str, launcher: Launcher, *, while_down: Callable[[], None]) -> None:
    """Start the window's process anew with its failpoint set, wait until it dies there, and start it without."""
    child = next(child for child in launcher.children if child.name == WINDOWS[window])
    plain = child.environment
    time.sleep(random.uniform(0.3, 1.0))
    _stop(child)
    while_down()
    child.environment = {**plain, failpoints.VARIABLE: f"{window}:{random.randint(1, MOST_PASSES)}"}
    child.start(launcher.lifeline[0])
    _wait_for_death(child, window)
    _stop(child)
    child.environment = plain
    child.start(launcher.lifeline[0])
    while not child.ready():
        time.sleep(0.05)


def _wait_for_death(child: Child, window: str) -> None:
    """Wait until the process, or for gunicorn the worker that serves in its name, has died of the failpoint."""
    deadline = time.monotonic() + DEATH_SECONDS
    serving: set[int] = set()
    while not child.died():
        now = _children(child.process.pid)
        if serving - now:
            return
        serving |= now
        if time.monotonic() > deadline:
            raise TimeoutError(f"the {child.name} process never came to {window}")
        time.sleep(0.02)


def _children(pid: int) -> set[int]:
    """Return the ids of a process's living children."""
    try:
        return {int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}
    except FileNotFoundError:
        return set()


def _stop(child: Child) -> None:
    """Stop the process, unless it is gone."""
    if not child.died():
        child.process.terminate()
        child.process.wait(20)


def _wait_for_load(ledger: Ledger, clearances: int) -> None:
    """Wait until the senders have been told of so many clearances, or one of them has met a problem."""
    deadline = time.monotonic() + DEATH_SECONDS
    while len(ledger.completed) < clearances and not ledger.problems and time.monotonic() < deadline:
        time.sleep(0.1)


def _poison(window: str, scheduling: ServiceContext) -> list[str]:
    """Send what can't be handled, enough for the window in which a message is parked."""
    return [send_poison(scheduling) for _ in range(MOST_PASSES)] if window == failpoints.PARKED else []


def send_poison(scheduling: ServiceContext) -> str:
    """Let scheduling tell of a job whose report nobody knows, which reports can only park; return the event's id."""
    example = decode((REPOSITORY / "shared" / "contracts" / "examples" / "job.amended.v1.json").read_bytes())
    poison = replace(example, id=new_id(), subject=new_id())
    state = {**poison.state, "job_id": poison.subject, "report_id": new_id()}
    poison = replace(poison, data={**poison.data, "state": state})
    scheduling.store.insert("report_copies", {"_id": poison.subject, "sequence": 1}, [poison])
    return poison.id
