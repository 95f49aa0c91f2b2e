"""Whether a process lives and is ready, said the same way by every kind of process.

Live means that it answers. Ready means that each dependency, named, answers too; a process that is not ready says which
one, and why. Used by the web apps, the worker's own server and the planner.
"""

import json
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from shared.errors import ConfigError
from shared.metrics import exposition
from shared.service import ServiceContext

Check = Callable[[], None]
"""Does nothing if the dependency answers, raises otherwise."""


def checks_of(contexts: Mapping[str, ServiceContext]) -> dict[str, Check]:
    """Return the checks of every context's own store and blobs, named `<service>.store` and `<service>.blobs`."""
    checks: dict[str, Check] = {}
    for service, context in contexts.items():
        checks[f"{service}.store"] = context.store.ping
        checks[f"{service}.blobs"] = context.blobs.ping
    return checks


def readiness(checks: Mapping[str, Check]) -> tuple[bool, dict[str, str]]:
    """Run the checks; return whether all passed, and for each `ok` or the reason."""
    answers = {}
    for name, check in checks.items():
        try:
            check()
        except Exception as error:  # noqa: BLE001 - whatever is wrong with a dependency, it is not ready
            answers[name] = f"{type(error).__name__}: {error}"
        else:
            answers[name] = "ok"
    return all(answer == "ok" for answer in answers.values()), answers


def answer(path: str, checks: Mapping[str, Check]) -> tuple[int, str, bytes] | None:
    """Return status, content type and body for `/health/live`, `/health/ready` and `/metrics`; None for other paths."""
    if path == "/health/live":
        return 200, "application/json", b'{"status": "live"}'
    if path == "/health/ready":
        ready, answers = readiness(checks)
        body = json.dumps({"status": "ready" if ready else "not ready", "checks": answers})
        return 200 if ready else 503, "application/json", body.encode()
    if path == "/metrics":
        body_bytes, content_type = exposition()
        return 200, content_type, body_bytes
    return None


def serve_in_thread(port: int, checks: Mapping[str, Check], *, host: str = "127.0.0.1") -> ThreadingHTTPServer:
    """Serve health and metrics of an unpatched process without a web app (the planner) from a thread.

    Raises `ConfigError` where the port is taken.
    """

    class Handler(BaseHTTPRequestHandler):
        """Answers the three paths."""

        def do_GET(self) -> None:
            """Answer a GET."""
            status, content_type, body = answer(self.path.partition("?")[0], checks) or (404, "text/plain", b"not here")
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the standard library's name
            """Say nothing: health is asked every few seconds."""

    try:
        server = ThreadingHTTPServer((host, port), Handler)
    except OSError as error:
        raise ConfigError(f"port {port} for health and metrics can't be used: {error.strerror}") from error
    threading.Thread(target=server.serve_forever, name="health", daemon=True).start()
    return server
