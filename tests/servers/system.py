"""A whole embedded system of its own for tests: `streetscene up` on free ports over a temporary folder."""

import fcntl
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from deploy.distributed import ports
from shared.config import REPOSITORY

FIRST_PORT = 11_000
WORKERS = 16
READY_SECONDS = 300
STOP_SECONDS = 40
SMALL_PAST = {"STREETSCENE_DEMO_DAYS": "2", "STREETSCENE_DEMO_LIVE": "0"}
"""A demonstration for tests: the cast, two days of reports, this machine's time, and nobody but the test at work."""


@dataclass
class System:
    """A running embedded system: where it is, and who may sign in."""

    url: str
    port: int
    data: Path
    process: subprocess.Popen[bytes] | None

    @property
    def credentials(self) -> dict:
        """What its first start wrote."""
        return json.loads((self.data / "credentials.json").read_text())

    def user(self, role: str) -> dict:
        """Return the first user of a role."""
        return next(user for user in self.credentials["users"] if user["role"] == role)

    def bearer(self, role: str) -> dict[str, str]:
        """Return the header that calls an API as a role."""
        return {"Authorization": f"Bearer {self.credentials['tokens'][role]}"}

    def get(self, path: str, role: str) -> dict:
        """Return the JSON at a path, as a role."""
        response = requests.get(self.url + path, headers=self.bearer(role), timeout=30)
        response.raise_for_status()
        return response.json()


def free_ports(offsets: Iterable[int] = range(4)) -> int:
    """Return a base port such that the ports at these offsets from it are free, and given to nobody else in this run.

    A system may take half a minute to make its past before it listens, so that free now is not enough: each worker of a
    test run gives ports of a range of its own, one after the other. All lie below those that the kernel gives to
    outgoing connections, any of which could take one before the system does, and above 10,080, which browsers refuse.
    The start is not from the common source of randomness, which test runs seed alike in every worker.
    """
    wanted = list(offsets)
    while True:
        base = _next_base(max(wanted) + 1)
        try:
            for offset in wanted:
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", base + offset))
        except OSError:
            continue
        return base


_given: list[int] = []
"""The port after the last that this process gave out."""


def _next_base(width: int) -> int:
    """Return the next base with room for so many ports in the range of this worker of a test run."""
    room = (_first_outgoing_port() - FIRST_PORT) // WORKERS
    first = FIRST_PORT + room * (int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % WORKERS)
    base = _given.pop() if _given else first + random.SystemRandom().randrange(room)
    base += -base % 4
    if base + width > first + room:
        base = first + -first % 4
    _given.append(base + width)
    return base


def _first_outgoing_port() -> int:
    """Return the lowest port that the kernel gives to outgoing connections."""
    return int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])


def made_past(folder: Path) -> Path:
    """Return a data folder with a small past and nothing else; the first of several processes who asks makes it."""
    with folder.with_name(f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            making = folder.with_name(f"{folder.name}.making")
            shutil.rmtree(making, ignore_errors=True)
            done = subprocess.run(
                [sys.executable, "-m", "shared.cli", "seed"],
                cwd=REPOSITORY,
                env={**os.environ, **SMALL_PAST, "STREETSCENE_DATA": str(making)},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=READY_SECONDS,
                check=False,
            )
            assert done.returncode == 0, done.stdout + done.stderr
            making.rename(folder)
    return folder


@contextmanager
def running_system(
    data: Path, *, demo: bool, past: Path | None = None, distributed: bool = False, **environment: str
) -> Iterator[System]:
    """Start `streetscene up`, with a copy of a made past if one is given; stop it afterwards."""
    if past is not None:
        shutil.copytree(past, data)
    port = free_ports([0, *ports(0).values()] if distributed else range(4))
    log = data.parent / f"{data.name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "shared.cli", "up", "--port", str(port), "--data", str(data)),
                *("--demo", "01"[demo]),
                *(["--distributed"] if distributed else []),
            ],
            cwd=REPOSITORY,
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "STREETSCENE_RATE_LIMITS": "off", **SMALL_PAST, **environment},
        )
    system = System(f"http://127.0.0.1:{port}", port, data, process)
    try:
        _wait_until_ready(system, log)
        yield system
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_ready(system: System, log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if system.process.poll() is not None:
            raise AssertionError(f"streetscene up ended with {system.process.returncode}: {log.read_text()}")
        # The launcher's line comes last: after the past is made, and every process is ready.
        if b"is running at" in log.read_bytes():
            return
        time.sleep(0.1)
    raise AssertionError(f"streetscene up was not ready in {READY_SECONDS} s: {log.read_text()}")
