"""A real Prometheus for tests, with the project's configuration and other addresses; skipped where there is none."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from shared.config import REPOSITORY
from tests.servers.system import free_ports

ADVICE = "there is no Prometheus on this machine: apt-get install prometheus"
FOLDER = REPOSITORY / "deploy" / "prometheus"
READY_SECONDS = 60


@dataclass(frozen=True)
class Prometheus:
    """A running Prometheus."""

    url: str

    def ask(self, path: str, **query: str) -> Any:
        """Return the data of an answer of its API; fails with its words where it refuses."""
        answered = requests.get(f"{self.url}/api/v1/{path}", params=query, timeout=30).json()
        assert answered["status"] == "success", f"{path} {query}: {answered.get('error')}"
        return answered["data"]

    def query(self, expression: str) -> list[dict[str, Any]]:
        """Return what an expression gives now."""
        return list(self.ask("query", query=expression)["result"])


def require_prometheus() -> str:
    """Return the path of Prometheus; skip the test where there is none, and fail it in CI, where there must be."""
    found = shutil.which("prometheus")
    if found:
        return found
    if os.environ.get("CI") == "true":
        pytest.fail(ADVICE)
    pytest.skip(ADVICE)


@contextmanager
def prometheus(folder: Path, targets: Mapping[str, Sequence[str]], *brokers: str) -> Iterator[Prometheus]:
    """Run Prometheus with the project's rules, asking these targets (by kind of process), and brokers, every second."""
    configuration = yaml.safe_load((FOLDER / "prometheus.yml").read_text())
    configuration["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    for job in configuration["scrape_configs"]:
        job["static_configs"] = (
            [{"labels": {"process": kind}, "targets": list(addresses)} for kind, addresses in targets.items()]
            if job["job_name"] == "streetscene"
            else [{"targets": list(brokers)}]
        )
    (folder / "prometheus.yml").write_text(yaml.safe_dump(configuration))
    shutil.copy(FOLDER / "alerts.yml", folder)
    address = f"127.0.0.1:{free_ports([0])}"
    with (folder / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(
            [
                require_prometheus(),
                f"--config.file={folder}/prometheus.yml",
                f"--storage.tsdb.path={folder}/tsdb",
                f"--web.listen-address={address}",
            ],
            stdout=log,
            stderr=log,
        )
    try:
        _wait_until_ready(address, process, folder / "prometheus.log")
        yield Prometheus(f"http://{address}")
    finally:
        process.terminate()
        process.wait(20)


def _wait_until_ready(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()[-2000:]
        try:
            if requests.get(f"http://{address}/-/ready", timeout=2).ok:
                return
        except requests.ConnectionError:
            pass
        time.sleep(0.2)
    raise AssertionError(f"Prometheus is not ready: {log.read_text()[-2000:]}")
