"""A backup taken under load, restored elsewhere and compared with what senders had been told before it began.

What they were told before must be there, once. What they were told during the backup and after it may be missing, and
is counted; nothing may be there twice.
"""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from rich.console import Console

from deploy.demo.doors import HttpDoors
from deploy.local import Launcher, embedded_children, first_start
from shared.config import REPOSITORY, SERVICES, Settings
from shared.council import load_council
from shared.processes import open_contexts
from tests.proof.comparison import Row, compare, wait_for_rest
from tests.proof.journeys import Ledger, Sender
from tests.servers.system import free_ports

SENDERS = 3
CLEARANCES = 50
"""Clearances before the backup and again after it, so that there is something to lose on both sides."""

LOAD_SECONDS = 180
STEPS = 5


@dataclass(frozen=True)
class Moment:
    """What senders had been told when the backup began, and how long it took."""

    told: Ledger
    seconds: float
    cleared_meanwhile: int


@dataclass(frozen=True)
class Restored:
    """The outcome: compared with what was told before the backup began, and with all that was ever told."""

    moment: Moment
    told_in_all: Ledger
    rows: list[Row]
    rows_in_all: list[Row]
    said: str
    restore_seconds: float

    def shortcomings(self) -> list[str]:
        """Return what does not hold, in words; nothing where all of it does."""
        held = {
            "something was lost or done twice": all(row.holds for row in self.rows),
            "there was nothing to lose": bool(self.moment.told.completed),
            "the load did not go on": len(self.told_in_all.completed) > len(self.moment.told.completed),
            "the restore did not say what it holds": "holds everything as of" in self.said,
        }
        return [*self.told_in_all.problems, *(words for words, holds in held.items() if not holds)]


def prove_restore(
    *,
    folder: Path,
    clearances_before: int = CLEARANCES,
    clearances_after: int = CLEARANCES,
    on_step: Callable[[str], None] = lambda _: None,
) -> Restored:
    """Back up under load, restore into an empty folder, start the system there, and compare."""
    backup = folder / "backup.tar.gz"
    on_step("starting a system")
    with Worked(_settings_of(folder / "data")) as worked:
        on_step("load before the backup")
        worked.wait_for_clearances(clearances_before)
        on_step("backing up")
        moment = worked.back_up(backup)
        on_step("load after the backup")
        worked.wait_for_clearances(len(worked.ledger.completed) + clearances_after)
    restored = _settings_of(folder / "restored")
    on_step("restoring and comparing")
    started = time.monotonic()
    said = _streetscene("restore", str(backup), data=restored.data)
    seconds = time.monotonic() - started
    rows, rows_in_all = _rows_of(restored, moment.told, worked.ledger)
    return Restored(moment, worked.ledger, rows, rows_in_all, said, seconds)


def _settings_of(data: Path) -> Settings:
    return Settings.from_env(
        {"STREETSCENE_DATA": str(data), "STREETSCENE_PORT": str(free_ports()), "STREETSCENE_DEMO": "0"}
    )


def _launcher_of(settings: Settings) -> Launcher:
    launcher = Launcher(embedded_children(settings), Console(quiet=True))
    for child in launcher.children:
        child.environment = {**child.environment, "STREETSCENE_RATE_LIMITS": "off"}
    return launcher


def _streetscene(*arguments: str, data: Path) -> str:
    """Run a command as an operator would, and return what it said."""
    ran = subprocess.run(
        [sys.executable, "-m", "shared.cli", *arguments],
        cwd=REPOSITORY,
        env={**os.environ, "STREETSCENE_DATA": str(data)},
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode != 0:
        raise AssertionError(f"streetscene {arguments[0]} failed: {ran.stderr}")
    return ran.stdout


class Worked:
    """A running system with senders at work on it; at the end they finish what they are at, and it stops."""

    def __init__(self, settings: Settings) -> None:
        with open_contexts(SERVICES, settings) as contexts:
            first_start(contexts, settings)
        tokens = json.loads((settings.data / "credentials.json").read_text())["tokens"]
        self.ledger = Ledger()
        self._settings = settings
        self._stop = threading.Event()
        self._launcher = _launcher_of(settings)
        council = load_council(settings.council)
        self._senders = [
            Sender(HttpDoors(settings.public_url, tokens), tokens, council, self.ledger, self._stop, number=number)
            for number in range(SENDERS)
        ]

    def __enter__(self) -> Self:
        try:
            self._launcher.start()
        except BaseException:
            self._launcher.stop()
            raise
        for sender in self._senders:
            sender.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        try:
            for sender in self._senders:
                sender.join()
        finally:
            self._launcher.stop()

    def wait_for_clearances(self, count: int) -> None:
        """Wait until so many jobs have been completed."""
        deadline = time.monotonic() + LOAD_SECONDS
        while len(self.ledger.completed) < count:
            if self.ledger.problems or time.monotonic() > deadline:
                raise AssertionError(
                    f"{len(self.ledger.completed)} of {count} clearances in {LOAD_SECONDS} s: {self.ledger.problems}"
                )
            time.sleep(0.05)

    def back_up(self, path: Path) -> Moment:
        """Back up while the senders work."""
        told, started = _as_of_now(self.ledger), time.monotonic()
        _streetscene("backup", str(path), data=self._settings.data)
        return Moment(told, time.monotonic() - started, len(self.ledger.completed) - len(told.completed))


def _as_of_now(ledger: Ledger) -> Ledger:
    """Return a copy of a ledger that senders go on writing to; copying one dictionary is one step."""
    kinds = ("reports", "completed", "tips", "tickets", "notices", "paid")
    return Ledger(**{kind: dict(getattr(ledger, kind)) for kind in kinds})


def _rows_of(restored: Settings, *ledgers: Ledger) -> list[list[Row]]:
    """Start the restored system, let it come to rest, and compare it with each of these ledgers."""
    launcher = _launcher_of(restored)
    try:
        launcher.start()
        with open_contexts(SERVICES, restored) as contexts:
            wait_for_rest(contexts)
            return [compare(contexts, ledger) for ledger in ledgers]
    finally:
        launcher.stop()
