"""What is counted and logged of every request: route, status and seconds, never an address, name or query."""

import functools
import logging
from time import perf_counter

from flask import Flask, g, request
from werkzeug.wrappers import Response

from shared import logs, metrics

log = logging.getLogger("streetscene.web")

UNMATCHED = "unmatched"
"""The route of requests that no rule serves, so that scanners can't grow the metrics."""

QUIET_ENDPOINTS = frozenset({"health.live", "health.ready", "health.exposition", "assets.static_file"})


def register(app: Flask) -> None:
    """Count and log every request of the app."""
    app.before_request(_begin)
    app.after_request(functools.partial(_count, app.extensions["streetscene"].service))


def _begin() -> None:
    """Start the watch, and give every log line of this request its id."""
    g.started = perf_counter()
    logs.bind(correlation_id=g.request_id)


def _count(service: str, response: Response) -> Response:
    """Count the request under its rule; health, metrics and assets are counted but not logged."""
    asked = request._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 — asked of five times
    seconds = perf_counter() - g.get("started", perf_counter())
    rule = asked.url_rule
    route = rule.rule if rule else UNMATCHED
    metrics.record_http_request(service, asked.method, route, response.status_code, seconds)
    if rule is None or rule.endpoint not in QUIET_ENDPOINTS:
        log.info(
            "request",
            extra={
                "service": service,
                "method": asked.method,
                "route": route,
                "status": response.status_code,
                "milliseconds": round(seconds * 1000),
                "request_id": g.get("request_id"),
            },
        )
    return response
