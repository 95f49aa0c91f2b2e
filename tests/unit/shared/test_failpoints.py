"""Failpoints kill only where and when they are asked to."""

import signal
import subprocess
import sys

from shared.config import REPOSITORY

PROGRAM = """
from shared import failpoints
for number in range(3):
    print(number, flush=True)
    failpoints.reach(failpoints.PARKED)
"""


def run(failpoint: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={"STREETSCENE_FAILPOINT": failpoint, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        check=False,
    )


def test_nothing_happens_at_another_point():
    finished = run("saved-unpublished")

    assert (finished.returncode, finished.stdout.split()) == (0, [b"0", b"1", b"2"])


def test_the_process_is_killed_at_the_point():
    finished = run("parked")

    assert (finished.returncode, finished.stdout.split()) == (-signal.SIGKILL, [b"0"])


def test_the_process_is_killed_at_the_asked_time():
    assert run("parked:2").stdout.split() == [b"0", b"1"]
