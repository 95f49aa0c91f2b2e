"""The `streetscene` command as an operator types it: in a process of its own, its two outputs kept apart."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from shared.config import REPOSITORY

TIMEOUT_SECONDS = 120
TRACEBACK = re.compile(r"^Traceback", re.MULTILINE)
"""At the beginning of a line: a parked message may well hold one."""


@dataclass(frozen=True)
class Said:
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def error_lines(self) -> list[str]:
        """The lines on stderr."""
        return self.err.strip().splitlines()


def environment(data: Path | None = None, **settings: str) -> dict[str, str]:
    """Return an environment without this shell's own settings, for one data folder."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("STREETSCENE_")}
    here = {"STREETSCENE_DATA": str(data)} if data else {}
    return {**plain, "STREETSCENE_RATE_LIMITS": "off", **here, **settings}


def streetscene(*arguments: str, data: Path | None = None, timeout: float = TIMEOUT_SECONDS, **settings: str) -> Said:
    """Run a command to its end; a traceback fails the test whatever it looks for."""
    done = subprocess.run(
        [sys.executable, "-m", "shared.cli", *arguments],
        cwd=REPOSITORY,
        env=environment(data, **settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert not TRACEBACK.search(done.stdout + done.stderr), done.stdout + done.stderr
    return Said(done.returncode, done.stdout, done.stderr)
