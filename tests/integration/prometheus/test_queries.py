"""Every query of the dashboard and of the alert rules, run by a real Prometheus that scrapes a running system."""

import json
import re
import subprocess
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests
import yaml

from shared import metrics
from shared.config import REPOSITORY
from tests.canaries.journey import Site, eventually, report_by_app
from tests.servers.prometheus import FOLDER, Prometheus, prometheus, require_prometheus
from tests.servers.system import System, running_system

pytestmark = pytest.mark.timeout(300)

DASHBOARD = json.loads((REPOSITORY / "deploy/grafana/dashboards/streetscene.json").read_text())
QUERIES = {
    f"{panel['title']}: {target['refId']}": target["expr"]
    for panel in DASHBOARD["panels"]
    for target in panel.get("targets", [])
}
RULES = [rule for group in yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"] for rule in group["rules"]]
NAME = re.compile(r"streetscene_[a-z_]+")
PARTS_OF_A_HISTOGRAM = re.compile(r"_(?:bucket|sum|count)$")

SELDOM = {
    "Cleared within (median, 30 days): A",
    "Failed requests a second: A",
    "Tried again a second: A",
    "Time to plan (95th percentile): A",
    "Objective of the last plan: A",
    "Personal data overdue to be erased: A",
    "Personal data held: A",
    "Personal data erased an hour: A",
}
"""What a healthy system may not have met in its first minute: a clearance, a failure, a plan, something to erase."""


@pytest.fixture(scope="module")
def system(tmp_path_factory, past) -> Iterator[System]:
    """A demonstration with its past, and one report more."""
    require_prometheus()
    with running_system(tmp_path_factory.mktemp("measured") / "data", demo=True, past=past) as running:
        site = Site(lambda _path: running.url, running.credentials)
        report_by_app(site, defaultdict(str))
        with _looking_at_the_wall(running):
            yield running


@contextmanager
def _looking_at_the_wall(system: System) -> Iterator[None]:
    """Hold a live stream open, as the wall of an operations room does."""
    viewer = requests.Session()
    viewer.get(system.user("wall-viewer")["link"], timeout=10)
    with viewer.get(f"{system.url}/operations/stream", stream=True, timeout=10) as stream:
        assert next(line for line in stream.iter_lines() if line)
        yield


@pytest.fixture(scope="module")
def watching(system, tmp_path_factory) -> Prometheus:
    """A Prometheus that has asked every process several times."""
    targets = {
        kind: [f"127.0.0.1:{system.port + offset}"] for kind, offset in (("web", 0), ("worker", 1), ("planner", 3))
    }
    with prometheus(tmp_path_factory.mktemp("prometheus"), targets) as running:
        eventually(lambda: len(running.query("up == 1")) == len(targets), what="every process is scraped")
        eventually(lambda: running.query("sum(streetscene_reports_open) > 0"), what="the report is counted")
        for _ in range(5):
            requests.get(system.url, timeout=10)
            time.sleep(1)
        yield running


def exported() -> set[str]:
    """Return the name of every metric that the system knows."""
    return {
        f"{family.name}_total" if family.type == "counter" else family.name
        for family in metrics._REGISTRY.collect()
        if family.name.startswith("streetscene_")
    }


@pytest.mark.parametrize("expression", [*QUERIES.values(), *(rule["expr"] for rule in RULES)])
def test_every_metric_that_is_asked_for_is_one_of_ours(expression):
    names = {PARTS_OF_A_HISTOGRAM.sub("", name) for name in NAME.findall(expression)}

    assert names <= exported()


def test_the_dashboard_leaves_no_metric_out():
    shown = {PARTS_OF_A_HISTOGRAM.sub("", name) for query in QUERIES.values() for name in NAME.findall(query)}

    assert shown == exported()


def test_every_query_of_the_dashboard_is_answered(watching):
    empty = {
        name for name, expression in QUERIES.items() if not watching.query(expression.replace("$__rate_interval", "1m"))
    }

    assert empty <= SELDOM


def test_every_alert_is_loaded_well_and_none_is_raised_in_a_healthy_system(watching):
    def loaded() -> dict[str, dict]:
        groups = watching.ask("rules")["groups"]
        return {rule["name"]: rule for group in groups for rule in group["rules"]}

    eventually(lambda: all(rule["health"] == "ok" for rule in loaded().values()), what="every rule has been evaluated")

    assert set(loaded()) == {rule["alert"] for rule in RULES}
    assert [name for name, rule in loaded().items() if rule["state"] == "firing"] == []


def test_every_alert_says_what_is_the_matter_and_where_to_begin():
    for rule in RULES:
        assert set(rule["annotations"]) == {"summary", "description"}, rule["alert"]
        assert rule["labels"]["severity"] in {"page", "ticket"}


def test_prometheus_accepts_the_committed_configuration():
    require_prometheus()

    checked = subprocess.run(
        ["promtool", "check", "config", str(FOLDER / "prometheus.yml")], capture_output=True, text=True, check=False
    )

    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert f"{len(RULES)} rules found" in checked.stdout
