"""The embedded launcher before and while it waits: where each process answers, and what one waits for."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from rich.console import Console

from deploy.local import Child, Launcher, embedded_children
from shared.config import Settings
from shared.errors import ConfigError


def settings(folder: Path, **environ: str) -> Settings:
    """Return the settings of a system in a folder."""
    told = {"DATA": str(folder), "PORT": "8000", **environ}
    return Settings.from_env({f"STREETSCENE_{name}": value for name, value in told.items()})


def test_every_process_answers_at_its_own_port_and_the_web_at_the_streams_too(tmp_path):
    children = {child.name: child for child in embedded_children(settings(tmp_path))}

    assert {name: child.port for name, child in children.items()} == {"web": 8000, "worker": 8001, "planner": 8003}
    assert children["web"].environment["STREETSCENE_WEB_BIND"] == "127.0.0.1:8000,127.0.0.1:8002"


def test_the_workers_health_and_metrics_may_be_put_elsewhere(tmp_path):
    children = {child.name: child for child in embedded_children(settings(tmp_path, METRICS_PORT="9100"))}

    assert {name: child.port for name, child in children.items()} == {"web": 8000, "worker": 9100, "planner": 8003}
    assert children["planner"].environment["STREETSCENE_METRICS_PORT"] == "8003"
    assert "worker=http://127.0.0.1:9100," in children["web"].environment["STREETSCENE_METRICS_TARGETS"]


class Waiting(BaseHTTPRequestHandler):
    """A process that waits for its broker."""

    def do_GET(self):
        self.send_response(503)
        self.end_headers()
        self.wfile.write(b'{"status": "not ready", "checks": {"store": "ok", "broker": "not connected"}}')

    def log_message(self, format, *args): ...  # noqa: A002 - the standard library's name


def test_a_process_that_does_not_get_ready_says_what_it_waits_for(tmp_path):
    with ThreadingHTTPServer(("127.0.0.1", 0), Waiting) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        worker = Child("worker", ("sleep", "60"), server.server_port, {}, tmp_path / "worker.log")
        launcher = Launcher([worker], Console(quiet=True), ready_seconds=0.1)
        try:
            with pytest.raises(ConfigError) as refusal:
                launcher.start()
        finally:
            launcher.stop()
            server.shutdown()

    assert str(refusal.value).startswith("the worker process did not start (broker: not connected): its log is ")
