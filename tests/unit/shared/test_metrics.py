"""Metrics: the names that the outside relies on, bounded labels, one registration, one page for several processes."""

import importlib
import math
import os
import subprocess
import sys

import pytest
from prometheus_client.parser import text_string_to_metric_families

from shared import metrics

NAMES = {
    "http_requests_total": {"method", "route", "status"},
    "http_request_seconds": {"method", "route"},
    "outbox_events": set(),
    "outbox_oldest_age_seconds": set(),
    "events_published_total": {"event"},
    "events_handled_total": {"event", "consumer", "outcome"},
    "events_retried_total": set(),
    "events_parked": {"state"},
    "event_ingest_lag_seconds": {"consumer"},
    "handler_seconds": {"consumer"},
    "hub_stall_seconds": set(),
    "plan_solve_seconds": set(),
    "plan_objective": set(),
    "reports_open": {"neighbourhood", "priority"},
    "reports_overdue_open": {"neighbourhood"},
    "report_time_to_clear_seconds": set(),
    "crews_on_shift": {"depot"},
    "jobs": {"state"},
    "waste_kg_total": {"stream"},
    "recycling_ratio": set(),
    "notices": {"state"},
    "notices_paid_ratio": set(),
    "personal_records_erased_total": {"what"},
    "personal_oldest_overdue_seconds": set(),
    "personal_records_held": set(),
    "stream_viewers": set(),
}
"""Every metric that is promised, with its labels beside `service`."""


def record_everything(m):
    m.record_http_request("reports", "GET", "/report/<reference>", 200, 0.02)
    m.set_outbox("reports", events=3, oldest_age_seconds=1.5)
    m.record_event_published("reports", "report.submitted.v1", times=2)
    m.record_event_handled(
        "scheduling",
        event="report.submitted.v1",
        consumer="scheduling.reports",
        outcome="handled",
        seconds=0.01,
        lag_seconds=0.2,
    )
    m.record_event_retried("scheduling")
    m.set_events_parked("scheduling", {"retrying": 1, "dead": 0})
    m.record_hub_stall("scheduling", 0.004)
    m.record_plan("scheduling", seconds=5, objective=2983)
    m.set_reports_open("operations", {("city-centre", "3"): 4})
    m.set_reports_overdue_open("operations", {"city-centre": 1})
    m.record_time_to_clear("operations", 86_400)
    m.set_crews_on_shift("operations", {"north": 2})
    m.set_jobs("operations", {"open": 5})
    m.set_waste_kg("operations", {"residual": 1_240})
    m.set_recycling_ratio("operations", 0.179)
    m.set_notices("operations", {"issued": 1})
    m.set_notices_paid_ratio("operations", 0.5)
    m.record_personal_erased("reports", "words")
    m.set_personal_due("reports", oldest_overdue_seconds=0, held=1)
    m.set_stream_viewers("operations", 7)


def samples_of(text):
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.fixture
def fresh():
    """The module with an empty registry: importing it again makes one."""
    return importlib.reload(metrics)


def value(module, name, **labels):
    content, _ = module.exposition()
    return samples_of(content.decode()).get((f"streetscene_{name}", tuple(sorted(labels.items()))))


def test_every_promised_metric_is_exposed_with_its_labels_and_no_other_is(fresh):
    record_everything(fresh)

    content, content_type = fresh.exposition()

    families = [f for f in text_string_to_metric_families(content.decode()) if f.name.startswith("streetscene_")]
    found = {}
    for family in families:
        name = family.name.removeprefix("streetscene_")
        name = f"{name}_total" if family.type == "counter" else name
        found[name] = set().union(*(set(sample.labels) for sample in family.samples)) - {"service", "le"}
    assert found == NAMES
    assert all("service" in sample.labels for family in families for sample in family.samples)
    assert content_type.startswith("text/plain")


def test_a_request_is_counted_under_its_rule_and_measured(fresh):
    fresh.record_http_request("reports", "GET", "/report/<reference>", 200, 0.02)
    fresh.record_http_request("reports", "GET", "/report/<reference>", 200, 0.4)

    labels = {"service": "reports", "method": "GET", "route": "/report/<reference>"}
    assert value(fresh, "http_requests_total", status="200", **labels) == 2
    assert value(fresh, "http_request_seconds_bucket", le="0.025", **labels) == 1
    assert value(fresh, "http_request_seconds_sum", **labels) == pytest.approx(0.42)


def test_a_method_that_nobody_knows_does_not_grow_the_metrics(fresh):
    for method in ("PROPFIND", "X" * 1000, "get"):
        fresh.record_http_request("reports", method, "unmatched", 404, 0.001)

    assert value(fresh, "http_requests_total", service="reports", method="other", route="unmatched", status="404") == 3


def test_a_gauge_falls_to_zero_when_its_label_has_gone(fresh):
    fresh.set_reports_open("operations", {("city-centre", "1"): 2, ("garston-and-speke", "3"): 1})
    fresh.set_reports_open("operations", {("garston-and-speke", "3"): 4})

    place = {"service": "operations", "neighbourhood": "city-centre", "priority": "1"}
    assert value(fresh, "reports_open", **place) == 0
    assert value(fresh, "reports_open", service="operations", neighbourhood="garston-and-speke", priority="3") == 4


def test_a_gauge_of_one_service_leaves_the_other_services_alone(fresh):
    fresh.set_events_parked("reports", {"dead": 1})
    fresh.set_events_parked("scheduling", {"retrying": 2})

    assert value(fresh, "events_parked", service="reports", state="dead") == 1
    assert value(fresh, "events_parked", service="scheduling", state="dead") is None


def test_a_lag_that_nobody_knows_is_not_measured(fresh):
    fresh.record_event_handled(
        "reports", event="job.created.v1", consumer="reports.jobs", outcome="handled", seconds=0.01
    )

    assert value(fresh, "event_ingest_lag_seconds_count", service="reports", consumer="reports.jobs") is None
    assert value(fresh, "handler_seconds_count", service="reports", consumer="reports.jobs") == 1


def test_a_ratio_of_nothing_is_no_number(fresh):
    fresh.set_recycling_ratio("operations", None)
    fresh.set_notices_paid_ratio("operations", None)

    assert math.isnan(value(fresh, "recycling_ratio", service="operations"))
    assert math.isnan(value(fresh, "notices_paid_ratio", service="operations"))


def test_importing_again_registers_nothing_twice(fresh):
    again = importlib.reload(fresh)
    record_everything(again)

    assert value(again, "stream_viewers", service="operations") == 7


def test_the_module_shows_no_metric_objects():
    public = [name for name in vars(metrics) if not name.startswith("_")]
    ours = [name for name in public if getattr(getattr(metrics, name), "__module__", "") == "shared.metrics"]

    assert all(name.startswith(("record_", "set_", "exposition", "forget_process")) for name in ours)


IN_A_WORKER = """
import sys
from shared import metrics
metrics.record_http_request("reports", "GET", "/", 200, 0.01)
metrics.set_stream_viewers("operations", int(sys.argv[1]))
"""


def test_several_processes_are_exposed_as_one(tmp_path):
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    for viewers in ("3", "4"):
        subprocess.run([sys.executable, "-c", IN_A_WORKER, viewers], env=environment, check=True)

    asked = "from shared import metrics; print(metrics.exposition()[0].decode())"
    text = subprocess.run([sys.executable, "-c", asked], env=environment, check=True, capture_output=True, text=True)

    found = samples_of(text.stdout)
    labels = (("method", "GET"), ("route", "/"), ("service", "reports"), ("status", "200"))
    assert found["streetscene_http_requests_total", labels] == 2
    assert found["streetscene_stream_viewers", (("service", "operations"),)] == 7


def test_a_dead_process_no_longer_has_viewers(tmp_path, monkeypatch):
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    process = subprocess.Popen([sys.executable, "-c", IN_A_WORKER, "3"])
    process.wait(30)

    metrics.forget_process(process.pid)

    assert b"stream_viewers" not in metrics.exposition()[0]
    assert b"http_requests_total" in metrics.exposition()[0]
