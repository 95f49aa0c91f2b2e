"""Every metric of the system, exposed through typed functions only; no metric object leaves this module.

Names are `streetscene_<noun>_<unit>` with a `service` label, in base units. Labels are bounded: codes, routes as the
rules write them, and no place finer than a neighbourhood; never an id, never a person. One registry of our own, made
once with this module, so that nothing can be registered twice.

Under gunicorn (several processes, one `/metrics`) `PROMETHEUS_MULTIPROC_DIR` is set before the start and wiped: then
`exposition` merges all processes' files. The worker, patched by eventlet, and the planner keep their values in memory.
Business gauges (reports, jobs, waste, notices) are set by the operations worker alone, from its projections.
"""

import functools
import os
from collections.abc import Mapping
from typing import Literal

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.gc_collector import GCCollector
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.process_collector import ProcessCollector

HTTP_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
"""5 ms (health) to 10 s (a photo over a poor line); pages aim at less than 250 ms."""

HANDLER_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5)
"""1 ms (a copy replaced) to 5 s; more than 50 ms of work stalls heartbeats and belongs elsewhere."""

LAG_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 900, 3600)
"""10 ms (relay polling) to an hour (an outage caught up with); the promise is 2 s."""

STALL_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30)
"""5 ms to 30 s; the broker gives up on heartbeats after 60 s."""

PLAN_BUCKETS = (0.5, 1, 2, 5, 10, 20, 30, 60, 120)
"""0.5 s to 2 min; a plan's budget is 5 to 20 s."""

HOUR, DAY = 3600, 86_400
CLEAR_BUCKETS = (
    HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, DAY, 2 * DAY, 3 * DAY, 5 * DAY, 7 * DAY, 10 * DAY, 14 * DAY, 21 * DAY, 42 * DAY,
)  # fmt: skip
"""One hour (hazards) to six weeks (land of a private owner); the usual promise of 5 working days is 7 days here."""

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""Anything else is a scanner's and is counted as `other`."""

REMEMBERED_ROUTES = 2_000
"""All that a process answers, by method and status."""

# A second series per counter and histogram that says when it was made: nobody asks, and gunicorn's has none.
disable_created_metrics()  # type: ignore[no-untyped-call]

_REGISTRY = CollectorRegistry()
ProcessCollector(registry=_REGISTRY)
GCCollector(registry=_REGISTRY)


def _counter(name: str, says: str, labels: tuple[str, ...] = ()) -> Counter:
    return Counter(f"streetscene_{name}", says, ("service", *labels), registry=_REGISTRY)


def _histogram(name: str, says: str, labels: tuple[str, ...], buckets: tuple[float, ...]) -> Histogram:
    return Histogram(f"streetscene_{name}", says, ("service", *labels), registry=_REGISTRY, buckets=buckets)


def _gauge(name: str, says: str, labels: tuple[str, ...] = (), *, add_up: bool = False) -> Gauge:
    """Return a gauge; over several processes the latest value counts, or the sum of the living ones."""
    mode: Literal["livesum", "livemostrecent"] = "livesum" if add_up else "livemostrecent"
    return Gauge(f"streetscene_{name}", says, ("service", *labels), registry=_REGISTRY, multiprocess_mode=mode)


_http_requests = _counter("http_requests_total", "HTTP requests answered", ("method", "route", "status"))
_http_seconds = _histogram("http_request_seconds", "Time to answer a request", ("method", "route"), HTTP_BUCKETS)
_outbox_events = _gauge("outbox_events", "Events saved and not yet confirmed by the broker")
_outbox_age = _gauge("outbox_oldest_age_seconds", "Age of the oldest event not yet confirmed, 0 where there is none")
_published = _counter("events_published_total", "Events confirmed by the broker", ("event",))
_handled = _counter("events_handled_total", "Events answered by a consumer", ("event", "consumer", "outcome"))
_retried = _counter("events_retried_total", "Parked events tried again")
_parked = _gauge("events_parked", "Events parked in the consumer's store", ("state",))
_lag = _histogram("event_ingest_lag_seconds", "From the event's time to handled", ("consumer",), LAG_BUCKETS)
_handler_seconds = _histogram("handler_seconds", "Time a handler takes", ("consumer",), HANDLER_BUCKETS)
_stall = _histogram("hub_stall_seconds", "How late the event loop woke a sleeper", (), STALL_BUCKETS)
_plan_seconds = _histogram("plan_solve_seconds", "Time to make a plan", (), PLAN_BUCKETS)
_plan_objective = _gauge("plan_objective", "Objective of the last plan, in minutes; lower is better")
_reports_open = _gauge("reports_open", "Reports not closed", ("neighbourhood", "priority"))
_reports_overdue = _gauge("reports_overdue_open", "Reports not closed and past their deadline", ("neighbourhood",))
_time_to_clear = _histogram("report_time_to_clear_seconds", "From report to cleared", (), CLEAR_BUCKETS)
_crews = _gauge("crews_on_shift", "Crews on shift", ("depot",))
_jobs = _gauge("jobs", "Jobs by state", ("state",))
# A gauge in spite of its name: a voided ticket takes its kilograms back.
_waste = _gauge("waste_kg_total", "Waste weighed in, net of voided tickets", ("stream",))
_recycling = _gauge("recycling_ratio", "Weighed kilograms recycled, of all weighed, 0 to 1")
_notices = _gauge("notices", "Penalty notices by state", ("state",))
_notices_paid = _gauge("notices_paid_ratio", "Notices paid, of all issued and not cancelled, 0 to 1")
_erased = _counter("personal_records_erased_total", "Records whose personal data were erased", ("what",))
_erase_late = _gauge(
    "personal_oldest_overdue_seconds", "How long ago the oldest personal data kept fell due, 0 if none"
)
_erase_held = _gauge("personal_records_held", "Records due to be erased that a legal hold keeps")
_viewers = _gauge("stream_viewers", "Open event streams", add_up=True)


def exposition() -> tuple[bytes, str]:
    """Return the metrics as text with their content type: this process's, or all of gunicorn's where it has several."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest(_REGISTRY), CONTENT_TYPE_LATEST
    merged = CollectorRegistry()
    MultiProcessCollector(merged)  # type: ignore[no-untyped-call]
    return generate_latest(merged), CONTENT_TYPE_LATEST


def forget_process(pid: int) -> None:
    """Take a dead gunicorn worker's live gauges out of the sum (its `child_exit` hook)."""
    mark_process_dead(pid)  # type: ignore[no-untyped-call]


def record_http_request(service: str, method: str, route: str, status: int, seconds: float) -> None:
    """Count a request under its rule (never its path) and measure it."""
    requests, took = _http_children(service, method if method in METHODS else "other", route, status)
    requests.inc()
    took.observe(seconds)


@functools.lru_cache(maxsize=REMEMBERED_ROUTES)
def _http_children(service: str, verb: str, route: str, status: int) -> tuple[Counter, Histogram]:
    """Return what counts a route's requests; remembered: finding them costs more than counting."""
    return _http_requests.labels(service, verb, route, str(status)), _http_seconds.labels(service, verb, route)


def set_outbox(service: str, *, events: int, oldest_age_seconds: float) -> None:
    """Say how many events wait for the broker's confirmation, and how old the oldest is."""
    _outbox_events.labels(service).set(events)
    _outbox_age.labels(service).set(oldest_age_seconds)


def record_event_published(service: str, event: str, *, times: int = 1) -> None:
    """Count events that the broker has confirmed."""
    _published.labels(service, event).inc(times)


def record_event_handled(
    service: str, *, event: str, consumer: str, outcome: str, seconds: float, lag_seconds: float | None = None
) -> None:
    """Count what became of an event at a consumer, and measure the handler and the lag where it is known."""
    _handled.labels(service, event, consumer, outcome).inc()
    _handler_seconds.labels(service, consumer).observe(seconds)
    if lag_seconds is not None:
        _lag.labels(service, consumer).observe(lag_seconds)


def record_event_retried(service: str) -> None:
    """Count a parked event that was tried again."""
    _retried.labels(service).inc()


def set_events_parked(service: str, counts: Mapping[str, int]) -> None:
    """Say how many events are parked in each state; from then on the count of those tried again is there, as 0."""
    _retried.labels(service)
    _replace(_parked, service, {(state,): count for state, count in counts.items()})


def record_hub_stall(service: str, seconds: float) -> None:
    """Measure how late the event loop woke a sleeper."""
    _stall.labels(service).observe(seconds)


def record_plan(service: str, *, seconds: float, objective: float) -> None:
    """Measure how long a plan took, and say how good it is."""
    _plan_seconds.labels(service).observe(seconds)
    _plan_objective.labels(service).set(objective)


def set_reports_open(service: str, counts: Mapping[tuple[str, str], int]) -> None:
    """Say how many reports are open, by neighbourhood and priority (`1` to `5`, or `none`)."""
    _replace(_reports_open, service, {tuple(labels): count for labels, count in counts.items()})


def set_reports_overdue_open(service: str, counts: Mapping[str, int]) -> None:
    """Say how many open reports are past their deadline, by neighbourhood."""
    _replace(_reports_overdue, service, {(neighbourhood,): count for neighbourhood, count in counts.items()})


def record_time_to_clear(service: str, seconds: float) -> None:
    """Measure the time from a report to its clearance."""
    _time_to_clear.labels(service).observe(seconds)


def set_crews_on_shift(service: str, counts: Mapping[str, int]) -> None:
    """Say how many crews are on shift, by depot."""
    _replace(_crews, service, {(depot,): count for depot, count in counts.items()})


def set_jobs(service: str, counts: Mapping[str, int]) -> None:
    """Say how many jobs there are, by state."""
    _replace(_jobs, service, {(state,): count for state, count in counts.items()})


def set_waste_kg(service: str, kilograms: Mapping[str, int]) -> None:
    """Say how many kilograms were weighed in, by stream."""
    _replace(_waste, service, {(stream,): weight for stream, weight in kilograms.items()})


def set_recycling_ratio(service: str, ratio: float | None) -> None:
    """Say which part of what was weighed is recycled; None where nothing was weighed."""
    _recycling.labels(service).set(float("nan") if ratio is None else ratio)


def set_notices(service: str, counts: Mapping[str, int]) -> None:
    """Say how many notices there are, by state."""
    _replace(_notices, service, {(state,): count for state, count in counts.items()})


def set_notices_paid_ratio(service: str, ratio: float | None) -> None:
    """Say which part of the notices is paid; None where none was issued."""
    _notices_paid.labels(service).set(float("nan") if ratio is None else ratio)


def record_personal_erased(service: str, what: str) -> None:
    """Count a record whose personal data were erased: `words` or `photos` by the clock, `request` where asked for."""
    _erased.labels(service, what).inc()


def set_personal_due(service: str, *, oldest_overdue_seconds: float, held: int) -> None:
    """Say how long ago the oldest personal data that are still kept fell due, and how many records are held."""
    _erase_late.labels(service).set(oldest_overdue_seconds)
    _erase_held.labels(service).set(held)


def set_stream_viewers(service: str, viewers: int) -> None:
    """Say how many event streams this process has open."""
    _viewers.labels(service).set(viewers)


_seen: dict[tuple[str, str], set[tuple[str, ...]]] = {}
"""By gauge and service, the label values set before: one that has gone is set to 0, not left at its last value."""


def _replace(gauge: Gauge, service: str, values: Mapping[tuple[str, ...], int]) -> None:
    """Set a gauge for exactly these label values, and to 0 for those that it had before."""
    known = _seen.setdefault((str(gauge), service), set())
    known.update(values)
    for labels in known:
        gauge.labels(service, *labels).set(values.get(labels, 0))
