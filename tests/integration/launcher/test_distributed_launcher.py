"""`streetscene up --distributed`: a demonstration in many processes, over one origin, that leaves nothing behind."""

import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from deploy.distributed import ports, processes
from tests.canaries.canaries import Flock, planted
from tests.canaries.journey import Site, walk
from tests.servers.nginx import require_nginx
from tests.servers.rabbitmq import require_rabbitmq
from tests.servers.system import System, running_system

pytestmark = pytest.mark.timeout(480)

GONE_SECONDS = 30
STOPS = ["report", "job", "crew", "tip", "ticket", "case", "notice", "told"]


@pytest.fixture(scope="module")
def system(tmp_path_factory) -> Iterator[System]:
    """A demonstration with its past."""
    require_rabbitmq()
    require_nginx()
    with running_system(tmp_path_factory.mktemp("distributed") / "data", demo=True, distributed=True) as running:
        yield running


def holding(folder: Path) -> list[str]:
    """Return the command lines of all processes that have a file of this folder open or named."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        if int(process.name) == os.getpid():
            continue
        try:
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            environment = (process / "environ").read_bytes().decode(errors="replace")
        except OSError:
            continue  # it has ended, or is somebody else's
        if str(folder) in command or str(folder) in environment:
            found.append(command)
    return found


def test_every_process_is_ready_and_the_broker_carries_the_workers(system):
    at = ports(system.port)

    for name in processes():
        answered = requests.get(f"http://127.0.0.1:{at[name]}/health/ready", timeout=10)

        assert answered.ok, f"{name}: {answered.text}"


def test_the_whole_path_goes_over_the_one_origin(system):
    site = Site(lambda _path: system.url, system.credentials)

    walked = walk(site, planted(Flock()))

    path = f"/api/operations/v1/follow/{walked.reference}"
    story = site.wait_for(path, "admin", lambda found: found if _is_complete(found) else None)
    assert [stop["stop"] for stop in story["path"]] == STOPS


def _is_complete(story: dict) -> bool:
    return bool(story) and all(stop["standing"] == "reached" for stop in story["path"])


def test_a_demonstration_has_its_past_and_its_controls(system):
    past = system.get("/api/operations/v1/summary", "manager")

    assert past["counts"]["open"]["value"] > 0
    assert requests.get(f"{system.url}/demo", timeout=10).ok


def test_the_wall_is_live_over_the_proxy(system):
    wall = system.user("wall-viewer")["link"]
    assert wall.startswith(system.url)
    viewer = requests.Session()
    assert viewer.get(wall, timeout=10).ok

    with viewer.get(f"{system.url}/operations/stream", stream=True, timeout=10) as stream:
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        assert next(line for line in stream.iter_lines() if line)


def test_metrics_and_the_workers_health_stay_inside(system):
    assert requests.get(f"{system.url}/metrics", timeout=10).status_code == 404
    assert requests.get(f"{system.url}/health/ready", timeout=10).json()["checks"].keys() == {
        "reports.store",
        "reports.blobs",
    }


@pytest.mark.parametrize("number", [signal.SIGKILL, pytest.param(signal.SIGINT, marks=pytest.mark.full)])
def test_a_launcher_that_ends_leaves_nothing_behind(tmp_path, number):
    require_rabbitmq()
    require_nginx()
    with running_system(tmp_path / "data", demo=False, distributed=True) as system:
        assert len(holding(system.data)) > len(processes())

        system.process.send_signal(number)
        system.process.wait(GONE_SECONDS)

        started = time.monotonic()
        while left := holding(system.data):
            assert time.monotonic() - started < GONE_SECONDS, left
            time.sleep(0.2)
        for name, port in {"nginx": system.port, **ports(system.port)}.items():
            with socket.socket() as probe:
                assert probe.connect_ex(("127.0.0.1", port)) != 0, name
