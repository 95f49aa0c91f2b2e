"""A backup taken under load, restored elsewhere, has all that senders had been told before it began, once."""

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from rich.console import Console

from deploy.local import Launcher, embedded_children, first_start
from shared.config import REPOSITORY, SERVICES, Settings
from shared.council import load_council
from shared.processes import open_contexts
from tests.proof.comparison import compare, wait_for_rest
from tests.proof.journeys import Ledger, Sender
from tests.servers.system import free_ports

pytestmark = pytest.mark.timeout(300)

SENDERS = 3
CLEARANCES_BEFORE = 8
LOAD_SECONDS = 120


def settings_of(data: Path) -> Settings:
    return Settings.from_env({"STREETSCENE_DATA": str(data), "STREETSCENE_PORT": str(free_ports())})


def launcher_of(settings: Settings) -> Launcher:
    launcher = Launcher(embedded_children(settings), Console(quiet=True))
    for child in launcher.children:
        child.environment = {**child.environment, "STREETSCENE_RATE_LIMITS": "off"}
    return launcher


def streetscene(*arguments: str, data: Path) -> str:
    """Run a command as an operator would, and return what it said."""
    ran = subprocess.run(
        [sys.executable, "-m", "shared.cli", *arguments],
        cwd=REPOSITORY,
        env={**os.environ, "STREETSCENE_DATA": str(data)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def cleared(ledger: Ledger) -> int:
    return len(ledger.completed)


def wait_for_clearances(ledger: Ledger, count: int) -> None:
    deadline = time.monotonic() + LOAD_SECONDS
    while cleared(ledger) < count:
        assert time.monotonic() < deadline, f"{cleared(ledger)} of {count} clearances; {ledger.problems}"
        time.sleep(0.05)


def test_a_backup_under_load_has_all_that_was_told_before_it_began(tmp_path):
    backup = tmp_path / "backup.tar.gz"
    told, after = _back_up_under_load(settings_of(tmp_path / "data"), backup)
    restored = settings_of(tmp_path / "restored")

    said = streetscene("restore", str(backup), data=restored.data)

    launcher = launcher_of(restored)
    try:
        launcher.start()
        with open_contexts(SERVICES, restored) as contexts:
            wait_for_rest(contexts)
            rows = compare(contexts, told)
    finally:
        launcher.stop()
    assert "holds everything as of" in said
    assert [row for row in rows if not row.holds] == []
    assert cleared(told) >= CLEARANCES_BEFORE
    assert after > cleared(told), "the load went on while the backup was taken"


def _as_of_now(ledger: Ledger) -> Ledger:
    """Return a copy of a ledger that senders go on writing to; copying one dictionary is one step."""
    kinds = ("reports", "completed", "tips", "tickets", "notices", "paid")
    return Ledger(**{kind: dict(getattr(ledger, kind)) for kind in kinds})


def _back_up_under_load(settings: Settings, path: Path) -> tuple[Ledger, int]:
    """Run senders, back up in their midst, and return what they had been told before, and clearances afterwards."""
    with open_contexts(SERVICES, settings) as contexts:
        first_start(contexts, settings)
    tokens = json.loads((settings.data / "credentials.json").read_text())["tokens"]
    ledger, stop = Ledger(), threading.Event()
    launcher = launcher_of(settings)
    council = load_council(settings.council)
    senders = [Sender(settings.public_url, tokens, council, ledger, stop, number) for number in range(SENDERS)]
    try:
        launcher.start()
        for sender in senders:
            sender.start()
        wait_for_clearances(ledger, CLEARANCES_BEFORE)
        told = _as_of_now(ledger)
        streetscene("backup", str(path), data=settings.data)
        wait_for_clearances(ledger, cleared(told) + 1)
        stop.set()
        for sender in senders:
            sender.join()
    finally:
        stop.set()
        launcher.stop()
    assert ledger.problems == []
    return told, cleared(ledger)
