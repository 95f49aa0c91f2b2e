"""What the processes say of themselves, and what the worker makes of it; and the council's figures as metrics."""

from typing import Any

import pytest
import requests

from services.operations import scraping
from services.operations.domain.health import DOWN, TROUBLED, WELL, Vitals, lag_milliseconds, read_vitals
from services.operations.gauges import export_gauges
from services.operations.scraping import scrape
from services.operations.store import health
from shared.metrics import exposition
from shared.service import ServiceContext
from tests.builders import make_context
from tests.unit.services.operations.conftest import Receive
from tests.unit.services.operations.made import event, whole_journey

EXPOSITION = """
# TYPE streetscene_outbox_events gauge
streetscene_outbox_events{service="reports"} 3.0
streetscene_outbox_events{service="tonnage"} 1.0
# TYPE streetscene_outbox_oldest_age_seconds gauge
streetscene_outbox_oldest_age_seconds{service="reports"} 7.4
streetscene_outbox_oldest_age_seconds{service="tonnage"} 2.0
# TYPE streetscene_events_parked gauge
streetscene_events_parked{service="reports",state="retrying"} 2.0
streetscene_events_parked{service="tonnage",state="dead"} 1.0
# TYPE streetscene_event_ingest_lag_seconds histogram
streetscene_event_ingest_lag_seconds_bucket{service="reports",le="+Inf"} 4.0
streetscene_event_ingest_lag_seconds_count{service="reports"} 4.0
streetscene_event_ingest_lag_seconds_sum{service="reports"} 0.2
"""


class Answer:
    """What `requests` would give."""

    def __init__(self, text: str = "", body: Any = None) -> None:
        self.text, self._body = text, body

    def raise_for_status(self) -> None:
        """Be fine."""

    def json(self) -> Any:
        return self._body


@pytest.mark.parametrize(
    ("vitals", "standing"),
    [
        (Vitals(up=True, reason=None), WELL),
        (Vitals(up=True, reason=None, parked_retrying=5), WELL),
        (Vitals(up=True, reason=None, parked_dead=1), TROUBLED),
        (Vitals(up=True, reason=None, outbox_events=9, outbox_age_seconds=29), WELL),
        (Vitals(up=True, reason=None, outbox_events=9, outbox_age_seconds=30), TROUBLED),
        (Vitals(up=False, reason="does not answer"), DOWN),
    ],
)
def test_a_process_is_well_while_it_answers_and_its_events_move(vitals: Vitals, standing: str) -> None:
    assert vitals.standing == standing


def test_the_metrics_of_several_services_in_a_process_are_added_up_and_the_oldest_age_counts() -> None:
    vitals = read_vitals(scraping._samples(EXPOSITION))

    assert (vitals.outbox_events, vitals.outbox_age_seconds) == (4, 7)
    assert (vitals.parked_retrying, vitals.parked_dead) == (2, 1)
    assert lag_milliseconds(None, vitals) == 50


def test_the_lag_is_that_of_the_events_since_the_last_answer() -> None:
    before = {"lag_milliseconds_sum": 1_000, "lag_count": 10}
    now = Vitals(up=True, reason=None, lag_milliseconds_sum=1_300, lag_count=13)
    started_again = Vitals(up=True, reason=None, lag_milliseconds_sum=80, lag_count=2)
    idle = Vitals(up=True, reason=None, lag_milliseconds_sum=1_000, lag_count=10)

    assert lag_milliseconds(before, now) == 100
    assert lag_milliseconds(before, started_again) == 40
    assert lag_milliseconds(before, idle) is None


def test_each_target_is_asked_and_one_that_is_silent_is_down(tmp_path, monkeypatch) -> None:
    asked = []

    def get(url: str, **_options: Any) -> Answer:
        asked.append(url)
        if "8001" in url:
            raise requests.ConnectionError
        return Answer(EXPOSITION)

    monkeypatch.setattr(scraping.requests, "get", get)
    ctx = make_context(
        "operations", tmp_path, metrics_targets=("web=http://127.0.0.1:8000", "worker=http://127.0.0.1:8001")
    )
    ctx.store.write_many("health", [{"_id": "gone", "lag_milliseconds_sum": 0, "lag_count": 0}])

    scrape(ctx)
    scrape(ctx)

    found = {document["_id"]: document for document in health(ctx.store)}
    assert asked[:2] == ["http://127.0.0.1:8000/metrics", "http://127.0.0.1:8001/metrics"]
    assert set(found) == {"web", "worker"}
    assert (found["web"]["up"], found["web"]["lag_milliseconds"], found["web"]["standing"]) == (True, 50, TROUBLED)
    assert (found["worker"]["up"], found["worker"]["standing"], found["worker"]["answered_at"]) == (False, DOWN, None)
    ctx.store.close()


def test_prometheus_is_asked_instead_where_there_is_one(tmp_path, monkeypatch) -> None:
    def get(url: str, params: dict[str, str], **_options: Any) -> Answer:
        labels = {"job": "streetscene", "instance": "reports-web:8000"}
        if params["query"].startswith("up"):
            series = [(labels, 1), ({**labels, "instance": "tonnage-web:8000"}, 0)]
        else:
            series = [({**labels, "__name__": "streetscene_outbox_events"}, 4)]
        result = [{"metric": metric, "value": [0, str(value)]} for metric, value in series]
        return Answer(body={"data": {"result": result}})

    monkeypatch.setattr(scraping.requests, "get", get)
    ctx = make_context("operations", tmp_path, prometheus_url="http://prometheus:9090")

    scrape(ctx)

    found = {document["_id"]: document for document in health(ctx.store)}
    assert found["streetscene reports-web:8000"]["outbox_events"] == 4
    assert found["streetscene tonnage-web:8000"]["standing"] == DOWN
    ctx.store.close()


def test_a_prometheus_that_is_away_is_shown_as_down(tmp_path, monkeypatch) -> None:
    def get(url: str, **_options: Any) -> Answer:
        raise requests.Timeout

    monkeypatch.setattr(scraping.requests, "get", get)
    ctx = make_context("operations", tmp_path, prometheus_url="http://prometheus:9090")

    scrape(ctx)

    assert [(one["_id"], one["standing"]) for one in health(ctx.store)] == [("prometheus", DOWN)]
    ctx.store.close()


def test_crews_of_a_depot_that_council_toml_does_not_know_are_counted_too(
    ctx: ServiceContext, receive: Receive
) -> None:
    receive(event("shift.started.v1", depot_id="docks"))
    export_gauges(ctx)
    before = exposition()[0].decode()
    receive(event("shift.ended.v1", depot_id="docks"))
    export_gauges(ctx)

    mine = 'streetscene_crews_on_shift{depot="docks",service="operations"}'
    assert f"{mine} 1.0" in before
    assert 'streetscene_crews_on_shift{depot="north",service="operations"} 0.0' in before
    assert f"{mine} 0.0" in exposition()[0].decode()


def test_the_councils_figures_are_exported_from_what_the_wall_counts(ctx: ServiceContext, receive: Receive) -> None:
    receive(event("report.assessed.v1"), event("shift.started.v1"))
    export_gauges(ctx)
    early = exposition()[0].decode()
    receive(*whole_journey())
    export_gauges(ctx)
    late = exposition()[0].decode()

    open_here = 'streetscene_reports_open{neighbourhood="kensington-and-fairfield",priority="3",service="operations"}'
    assert f"{open_here} 1.0" in early
    assert f"{open_here} 0.0" in late
    assert 'streetscene_crews_on_shift{depot="central",service="operations"} 1.0' in early
    assert 'streetscene_jobs{service="operations",state="completed"} 1.0' in late
    assert 'streetscene_waste_kg_total{service="operations",stream="residual"} 340.0' in late
    assert 'streetscene_recycling_ratio{service="operations"} 0.0' in late
    assert 'streetscene_notices{service="operations",state="paid"} 1.0' in late
    assert 'streetscene_notices_paid_ratio{service="operations"} 1.0' in late
