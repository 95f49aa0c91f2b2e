"""Seen from outside: health, metrics and logs of every process, the same on each."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from deploy.local import PORT_OF, PROCESSES
from shared.config import REPOSITORY, SERVICES
from tests.servers.commands import environment
from tests.servers.system import System, free_ports
from tests.unit.shared.test_metrics import NAMES

pytestmark = pytest.mark.timeout(180)

EFFECT_SECONDS = 60
STREAM_OFFSET = 2

ON_WEB = {"http_requests_total", "http_request_seconds"}
ON_WORKER = {
    "outbox_events",
    "outbox_oldest_age_seconds",
    "events_published_total",
    "events_handled_total",
    "events_parked",
    "events_retried_total",
    "event_ingest_lag_seconds",
    "handler_seconds",
    "hub_stall_seconds",
    "reports_open",
    "reports_overdue_open",
    "crews_on_shift",
    "jobs",
    "recycling_ratio",
    "notices",
    "notices_paid_ratio",
}
"""What has values as soon as one report was handled; plans, clearances and waste come with theirs."""


def address(council: System, process: str, path: str) -> str:
    """Return the address of a path at one process."""
    return f"http://127.0.0.1:{council.port + PORT_OF[process]}{path}"


def metrics_at(url: str) -> tuple[set[str], set[str]]:
    """Return the names of our metrics at a process: those that it declares, and those that have values."""
    declared, valued = set(), set()
    answer = requests.get(url, timeout=30)
    assert answer.headers["Content-Type"].startswith("text/plain")
    for family in text_string_to_metric_families(answer.text):
        name = f"{family.name}_total" if family.type == "counter" else family.name
        if not name.startswith("streetscene_"):
            continue
        declared.add(name.removeprefix("streetscene_"))
        for sample in family.samples:
            assert "service" in sample.labels, sample
            valued.add(name.removeprefix("streetscene_"))
    return declared, valued


@pytest.fixture(scope="module")
def reported(council: System) -> dict[str, str]:
    """A report that was taken and has become a job: its reference, and its id, which correlates its events."""
    form = {
        "api_key": council.credentials["tokens"]["open311"],
        "service_code": "fly-tipping",
        "lat": "53.4060",
        "long": "-2.9660",
        "description": "Seen from outside",
        "attribute[waste_type]": "tyres",
        "attribute[size]": "car-boot",
        "attribute[land_type]": "highway",
    }
    answer = requests.post(f"{council.url}/open311/v2/requests.json", data=form, timeout=30)
    reference = answer.json()[0]["service_request_id"]
    deadline = time.monotonic() + EFFECT_SECONDS
    while not (jobs := council.get(f"/api/scheduling/v1/jobs?reference={reference}", "supervisor")["items"]):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    return {"reference": reference, "report_id": jobs[0]["report_id"]}


@pytest.mark.parametrize("process", PORT_OF)
def test_every_process_says_that_it_lives(council, process):
    answer = requests.get(address(council, process, "/health/live"), timeout=30)

    assert answer.status_code == 200
    assert answer.json() == {"status": "live"}


@pytest.mark.parametrize("process", PORT_OF)
def test_every_process_names_each_dependency_it_is_ready_with(council, process):
    answer = requests.get(address(council, process, "/health/ready"), timeout=30)

    services = ("scheduling",) if process == "planner" else SERVICES
    wanted = {f"{service}.{part}" for service in services for part in ("store", "blobs")}
    if process == "worker":
        wanted |= {"broker", *(f"{service}.consumers" for service in SERVICES)}
    assert answer.status_code == 200
    assert answer.json() == {"status": "ready", "checks": dict.fromkeys(wanted, "ok")}


@pytest.mark.parametrize("process", ["worker", "planner"])
def test_worker_and_planner_declare_every_promised_metric_and_no_other(council, process):
    declared, _ = metrics_at(address(council, process, "/metrics"))

    assert declared == set(NAMES)


def test_the_web_counts_its_requests(council, reported):
    declared, valued = metrics_at(address(council, "web", "/metrics"))

    assert valued >= ON_WEB
    assert declared <= set(NAMES)


def test_the_worker_measures_events_and_the_councils_figures(council, reported):
    deadline = time.monotonic() + EFFECT_SECONDS
    while missing := ON_WORKER - metrics_at(address(council, "worker", "/metrics"))[1]:
        assert time.monotonic() < deadline, missing
        time.sleep(0.5)


def test_a_stream_process_has_health_and_metrics_of_its_own(council):
    port = free_ports()
    stream = subprocess.Popen(
        [sys.executable, "-m", "shared.cli", "stream", "operations"],
        cwd=REPOSITORY,
        env=environment(council.data, STREETSCENE_PORT=str(port)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    origin = f"http://127.0.0.1:{port + STREAM_OFFSET}"
    try:
        _wait_for(f"{origin}/health/ready")
        ready = requests.get(f"{origin}/health/ready", timeout=30).json()
        viewer = requests.Session()
        viewer.get(council.user("wall-viewer")["link"], timeout=30)
        with viewer.get(f"{origin}/operations/stream", stream=True, timeout=30) as opened:
            assert opened.headers["Content-Type"].startswith("text/event-stream")
            _, valued = metrics_at(f"{origin}/metrics")

        assert set(ready["checks"]) == {"operations.store", "operations.blobs"}
        assert "stream_viewers" in valued <= set(NAMES)
    finally:
        stream.terminate()
        assert stream.wait(20) == 0


def _wait_for(url: str) -> None:
    """Wait until an address answers well."""
    deadline = time.monotonic() + EFFECT_SECONDS
    while True:
        try:
            if requests.get(url, timeout=10).ok:
                return
        except (requests.ConnectionError, requests.Timeout):
            pass
        assert time.monotonic() < deadline, url
        time.sleep(0.1)


def lines_of(council: System, process: str) -> list[dict]:
    """Return the lines of a process's log."""
    return [json.loads(line) for line in (council.data / "logs" / f"{process}.log").read_text().splitlines()]


@pytest.mark.parametrize("process", PROCESSES)
def test_every_line_of_every_log_is_json_with_the_fixed_fields(council, reported, process):
    lines = lines_of(council, process)

    assert lines
    for line in lines:
        assert {"time", "level", "event", "logger", "service", "process", "correlation_id"} <= line.keys()


def test_a_reports_way_can_be_read_off_the_logs_of_web_and_worker(council, reported):
    taken = [line for line in lines_of(council, "web") if line.get("correlation_id") == reported["report_id"]]
    answered = [line for line in lines_of(council, "worker") if line.get("correlation_id") == reported["report_id"]]

    assert any(line["event"] == "request" for line in taken)
    assert {"scheduling.reports", "operations.archive"} <= {line.get("consumer") for line in answered}
    assert {"report.submitted.v1", "job.created.v1"} <= {line.get("event_type") for line in answered}


def test_the_whole_system_at_rest_needs_less_than_400_megabytes(council):
    kilobytes = sum(_proportional_kilobytes(pid) for pid in _with_descendants(council.process.pid))

    assert kilobytes < 400_000


def _with_descendants(pid: int) -> list[int]:
    """Return a process and all that it has started."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(found for child in children for found in _with_descendants(int(child)))]


def _proportional_kilobytes(pid: int) -> int:
    """Return the memory of a process, with what it shares divided among those that share it."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
