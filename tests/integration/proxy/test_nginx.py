"""A real nginx with the committed configuration, before processes that say what they were asked."""

import json
import os
import pwd
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from deploy.nginx import configuration
from deploy.nginx.configuration import FOLDER, Main, processes, render_main
from shared.web.app import MAXIMUM_REQUEST_BYTES
from shared.web.routes import ROUTES, STREAMS, service_of
from tests.servers.nginx import require_nginx
from tests.servers.system import free_ports

FIRST_LINE_SECONDS = 2


@dataclass
class Proxy:
    """A running nginx and the processes behind it."""

    url: str
    behind: dict[str, ThreadingHTTPServer]


def _process(name: str, port: int = 0) -> ThreadingHTTPServer:
    """Return a server that answers with its name and what reached it; streams say one line and then wait."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if name.startswith("stream-"):
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(f"data: {name}\n\n".encode())
                self.wfile.flush()
                time.sleep(FIRST_LINE_SECONDS * 2)
                return
            self._answer(0)

        def do_POST(self) -> None:
            self._answer(len(self.rfile.read(int(self.headers["Content-Length"]))))

        def _answer(self, received: int) -> None:
            said = {"process": name, "path": self.path, "headers": dict(self.headers), "received": received}
            content = json.dumps(said).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Content-Security-Policy", "default-src 'none'")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.fixture(scope="module")
def proxy(tmp_path_factory) -> Iterator[Proxy]:
    nginx = require_nginx()
    folder = tmp_path_factory.mktemp("nginx")
    port = free_ports()
    behind = {name: _process(name) for name in processes()}
    file = folder / "nginx.conf"
    file.write_text(
        render_main(
            Main(
                listen=f"127.0.0.1:{port}",
                addresses={name: f"127.0.0.1:{server.server_port}" for name, server in behind.items()},
                site=FOLDER / "streetscene.conf",
                folder=folder,
                user=pwd.getpwuid(os.geteuid()).pw_name if os.geteuid() == 0 else None,
            )
        )
    )
    process = subprocess.Popen([nginx, "-e", "stderr", "-p", str(folder), "-c", str(file), "-g", "daemon off;"])
    try:
        _wait_for(port, process)
        yield Proxy(f"http://127.0.0.1:{port}", behind)
    finally:
        process.terminate()
        process.wait(10)
        for server in behind.values():
            server.shutdown()
            server.server_close()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(100):
        assert process.poll() is None, "nginx ended"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("nginx does not listen")


def get(proxy: Proxy, path: str, **options) -> requests.Response:
    return requests.get(proxy.url + path, timeout=10, **options)


def test_the_committed_files_are_what_the_routes_say():
    assert configuration.stale() == []


def test_nginx_accepts_the_configuration_of_compose(tmp_path):
    nginx = require_nginx()
    file = tmp_path / "nginx.conf"
    text = (FOLDER / "nginx.conf").read_text()
    file.write_text(
        text.replace("/etc/nginx/streetscene.conf", str(FOLDER / "streetscene.conf")).replace("/tmp/", f"{tmp_path}/")
    )

    tested = subprocess.run(
        [nginx, "-t", "-e", "stderr", "-p", str(tmp_path), "-c", str(file)], capture_output=True, text=True, check=False
    )

    assert tested.returncode == 0, tested.stderr
    assert "warn" not in tested.stderr


@pytest.mark.parametrize("prefix", sorted(ROUTES))
def test_every_path_reaches_the_process_that_the_table_names(proxy, prefix):
    below = f"{prefix.rstrip('/')}/some/thing?a=b%2Fc"
    beside = f"{prefix}-not"

    for path in (prefix, below, beside):
        answered = get(proxy, path).json()

        assert answered["process"] == f"web-{service_of(path.partition('?')[0])}"
        assert answered["path"] == path


@pytest.mark.parametrize(("path", "service"), sorted(STREAMS.items()))
def test_a_stream_comes_line_by_line_from_its_own_process(proxy, path, service):
    started = time.monotonic()

    with get(proxy, path, stream=True) as response:
        first = next(response.iter_lines())

    assert first == f"data: stream-{service}".encode()
    assert time.monotonic() - started < FIRST_LINE_SECONDS


def test_only_the_webs_health_is_told_outside(proxy):
    assert get(proxy, "/health/live").json()["process"] == "web-reports"
    assert get(proxy, "/health/ready").json()["process"] == "web-reports"

    for path in ("/metrics", "/metrics/", "/health", "/health/", "/health/other", "//metrics", "/%6detrics"):
        assert get(proxy, path).status_code == 404, path


def test_what_a_client_says_of_its_own_way_here_is_not_believed(proxy):
    claims = {
        "X-Forwarded-For": "203.0.113.9",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Prefix": "/evil",
        "X-Forwarded-Port": "1",
        "Forwarded": "for=203.0.113.9",
    }

    arrived = get(proxy, "/report", headers=claims).json()["headers"]

    host = proxy.url.removeprefix("http://")
    forwarded = {name: value for name, value in arrived.items() if "forwarded" in name.lower()}
    assert forwarded == {
        "X-Forwarded-For": "127.0.0.1",
        "X-Forwarded-Host": host,
        "X-Forwarded-Proto": "http",
    }
    assert arrived["Host"] == host


def test_headers_of_the_apps_are_passed_on_and_none_is_added(proxy):
    headers = get(proxy, "/").headers

    assert set(headers) <= {"Server", "Date", "Content-Length", "Connection", "Content-Security-Policy"}
    assert headers["Server"] == "nginx"


def test_the_largest_form_fits_and_a_larger_one_does_not(proxy):
    fits = requests.post(f"{proxy.url}/report", data=b"x" * MAXIMUM_REQUEST_BYTES, timeout=30)
    too_large = requests.post(f"{proxy.url}/report", data=b"x" * (MAXIMUM_REQUEST_BYTES + 1), timeout=30)

    assert fits.json()["received"] == MAXIMUM_REQUEST_BYTES
    assert too_large.status_code == 413


def test_a_part_that_is_away_says_so_and_the_others_answer(proxy):
    away = proxy.behind["web-tonnage"]
    away.shutdown()
    away.server_close()

    try:
        answered = get(proxy, "/tonnage")
        other = get(proxy, "/dispatch")
    finally:
        proxy.behind["web-tonnage"] = _process("web-tonnage", away.server_port)

    assert (answered.status_code, answered.headers["Retry-After"]) == (503, "5")
    assert "try again" in answered.text
    assert other.ok
