"""Logs: one JSON line each, a static event name, the journey's correlation id, and never what somebody typed."""

import json
import logging
import threading
from datetime import UTC, datetime
from io import StringIO

import pytest

from shared.config import Settings
from shared.logs import bind, bound_correlation_id, configure_logs, correlated

SETTINGS = Settings.from_env({})
log = logging.getLogger("services.reports.handlers")


@pytest.fixture
def lines(monkeypatch):
    """Configure logs as a process does, return what was written, and put everything back."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    for name in ("_srcfile", "logThreads", "logMultiprocessing"):
        monkeypatch.setattr(logging, name, getattr(logging, name))
    written = StringIO()
    monkeypatch.setattr("sys.stderr", written)
    configure_logs(SETTINGS, "reports")
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    root.handlers, root.level = before[0], before[1]
    logging.captureWarnings(capture=False)
    bind(correlation_id=None)


def test_a_line_has_time_level_event_service_and_fields(lines):
    log.info("report_accepted", extra={"reference": "FT-7K3MQ2XA", "milliseconds": 12})

    [line] = lines()
    assert line["event"] == "report_accepted"
    assert (line["level"], line["service"], line["logger"]) == ("info", "reports", "services.reports.handlers")
    assert (line["reference"], line["milliseconds"]) == ("FT-7K3MQ2XA", 12)
    assert line["time"].endswith("Z")
    assert len(line["time"]) == len("2026-11-17T10:40:00.000Z")
    assert "message" not in line
    assert "taskName" not in line


def test_lines_carry_the_correlation_id_that_is_bound(lines):
    bind(correlation_id="journey-1")
    log.info("one")
    with correlated("journey-2"):
        log.info("two")
    log.info("three")

    assert [line["correlation_id"] for line in lines()] == ["journey-1", "journey-2", "journey-1"]


def test_another_thread_has_its_own_correlation_id(lines):
    bind(correlation_id="journey-1")
    seen = []

    thread = threading.Thread(target=lambda: seen.append(bound_correlation_id()))
    thread.start()
    thread.join()

    assert seen == [None]
    assert bound_correlation_id() == "journey-1"


def test_a_field_of_the_call_cannot_pass_for_one_of_ours(lines):
    log.info("event_handled", extra={"event": "report.submitted.v1", "level": "quiet", "service": "scheduling"})

    [line] = lines()
    assert (line["event"], line["event_"]) == ("event_handled", "report.submitted.v1")
    assert (line["level"], line["level_"]) == ("info", "quiet")
    assert line["service"] == "scheduling"


def test_a_traceback_has_places_and_types_but_not_what_somebody_typed(lines):
    def fail():
        raise ValueError("canary-7c1f")

    try:
        try:
            fail()
        except ValueError as error:
            raise RuntimeError("canary-7c1f too") from error
    except RuntimeError:
        log.exception("handler_failed")

    [line] = lines()
    text = json.dumps(line)
    assert "builtins.ValueError" in text
    assert "builtins.RuntimeError" in text
    assert "raised from" in text
    assert "in fail" in text
    assert "canary" not in line["exc_info"].replace('raise ValueError("canary-7c1f")', "").replace(
        'raise RuntimeError("canary-7c1f too") from error', ""
    )


def test_libraries_that_chatter_are_heard_only_when_something_is_wrong(lines):
    logging.getLogger("kombu.connection").info("connected")
    logging.getLogger("pymongo.topology").warning("no server")

    assert [line["event"] for line in lines()] == ["no server"]


@pytest.mark.usefixtures("lines")
def test_configuring_twice_writes_each_line_once(monkeypatch):
    written = StringIO()
    monkeypatch.setattr("sys.stderr", written)

    for _ in range(2):
        configure_logs(SETTINGS, "reports")
    log.info("one")

    assert [json.loads(line)["event"] for line in written.getvalue().splitlines()] == ["one"]


def test_what_json_has_no_form_for_is_written_as_text(lines):
    log.info("odd", extra={"value": {1, 2}, "path": SETTINGS.data})

    [line] = lines()
    assert line["path"] == str(SETTINGS.data)


@pytest.mark.parametrize("value", [2**70, "half a pair \ud800", {7: "by number"}])
def test_no_line_is_lost_for_what_is_in_a_field(lines, value):
    log.info("odd", extra={"value": value, "reference": "FT-7K3MQ2XA"})

    [line] = lines()
    assert (line["event"], line["reference"]) == ("odd", "FT-7K3MQ2XA")
    assert line["value"] in (value, {"7": "by number"})


def test_instants_and_values_of_ours_are_written_as_their_text(lines):
    at = datetime(2026, 11, 17, 10, 40, tzinfo=UTC)

    log.info("odd", extra={"at": at, "settings": SETTINGS})

    [line] = lines()
    assert (line["at"], line["settings"]) == (str(at), str(SETTINGS))
