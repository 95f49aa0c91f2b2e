"""Every service's app behind one front, in one process: the embedded web.

The front only chooses by path; the apps carry their full paths and never learn that they share a process. It answers
health and metrics for all of them, and may carry further WSGI apps (a demonstration's controls).
"""

import json
from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, TypeAlias

from shared.health import checks_of
from shared.metrics import exposition
from shared.service import ServiceContext
from shared.web.health import public_readiness
from shared.web.routes import ROUTES, service_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Mounts: TypeAlias = "Mapping[str, WSGIApplication]"


def create_embedded(contexts: Mapping[str, ServiceContext], *, mounts: "Mounts | None" = None) -> "Front":
    """Return the front over the apps of these services, and over further WSGI apps by path prefix."""
    # Services are found by name: nothing in `shared` imports them.
    apps: dict[str, WSGIApplication] = {
        service: import_module(f"services.{service}.web").create_app(context) for service, context in contexts.items()
    }
    routes = {prefix: service for prefix, service in ROUTES.items() if service in apps}
    for prefix, app in (mounts or {}).items():
        routes[prefix] = prefix
        apps[prefix] = app
    return Front(contexts, apps, routes)


class Front:
    """A WSGI app that gives each request to the app its path belongs to."""

    def __init__(
        self,
        contexts: Mapping[str, ServiceContext],
        apps: "Mapping[str, WSGIApplication]",
        routes: Mapping[str, str],
    ) -> None:
        self.apps = apps
        self._checks = checks_of(contexts)
        self._routes = routes

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer a request."""
        path = environ.get("PATH_INFO") or "/"
        if path == "/health/live":
            return _answer(start_response, 200, {"status": "live"})
        if path == "/health/ready":
            status, body = public_readiness(self._checks)
            return _answer(start_response, status, body)
        if path == "/metrics":
            content, content_type = exposition()
            start_response("200 OK", [("Content-Type", content_type), ("Content-Length", str(len(content)))])
            return [content]
        return self.apps[service_of(path, self._routes)](environ, start_response)


def _answer(start_response: "StartResponse", status: int, body: Mapping[str, object]) -> list[bytes]:
    """Answer with JSON."""
    content = json.dumps(body).encode()
    line = "200 OK" if status == 200 else "503 Service Unavailable"
    start_response(
        line,
        [
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(content))),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
        ],
    )
    return [content]
