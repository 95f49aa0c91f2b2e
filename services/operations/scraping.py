"""Asks every process how it is, by its own `/metrics` or through Prometheus, and keeps the answers for the wall.

Only this worker does so: a web process that asked others while somebody waits would be a call between services. Every
replica asks; the answers are the same and the last one stands.
"""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any
from urllib.parse import urlsplit

import requests
from prometheus_client.parser import text_string_to_metric_families

from services.operations.domain.health import SAMPLES, Sample, Vitals, lag_milliseconds, read_vitals
from services.operations.store import HEALTH, health
from shared.clock import machine_now
from shared.service import ServiceContext

log = logging.getLogger(__name__)

TIMEOUT_SECONDS = 2.0
"""A process that needs longer for its own metrics is not well; and the next round starts soon."""

LONGEST_REASON = 120


def scrape(ctx: ServiceContext) -> None:
    """Ask every process and store the answers; those of processes that are no longer asked are dropped."""
    known = {document["_id"]: document for document in health(ctx.store)}
    answers = dict(_answers(ctx))
    now = machine_now()
    documents = [_document(name, vitals, known.get(name), now) for name, vitals in answers.items()]
    if documents:
        ctx.store.write_many(HEALTH.name, documents)
    for name in known.keys() - answers.keys():
        ctx.store.delete(HEALTH.name, name)


def _answers(ctx: ServiceContext) -> Iterator[tuple[str, Vitals]]:
    """Yield every process by name with its vitals."""
    if ctx.settings.prometheus_url:
        yield from _from_prometheus(ctx.settings.prometheus_url)
        return
    for target in ctx.settings.metrics_targets:
        name, separator, url = target.partition("=")
        yield name, _ask(_metrics_url(url if separator else name))


def _metrics_url(url: str) -> str:
    """Return where a process's metrics are: at `/metrics`, unless the target names another path."""
    return url if urlsplit(url).path.strip("/") else f"{url.rstrip('/')}/metrics"


def _ask(url: str) -> Vitals:
    """Return what a process says of itself, or that it does not answer."""
    try:
        answer = requests.get(url, timeout=TIMEOUT_SECONDS)
        answer.raise_for_status()
        return read_vitals(_samples(answer.text))
    except (requests.RequestException, ValueError) as error:
        return _down(error)


def _samples(text: str) -> Iterator[Sample]:
    """Yield the samples in an exposition."""
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            yield sample.name, sample.labels, sample.value


def _from_prometheus(url: str) -> Iterator[tuple[str, Vitals]]:
    """Yield every process that Prometheus scrapes, `job instance` by name; where it does not answer, only itself."""
    try:
        up = _query(url, 'up{job=~"streetscene.*"}')
        found = _query(url, f'{{__name__=~"{"|".join(SAMPLES)}"}}')
    except (requests.RequestException, ValueError, KeyError) as error:
        yield "prometheus", _down(error)
        return
    by_process: dict[str, list[Sample]] = {}
    for labels, value in found:
        by_process.setdefault(_process(labels), []).append((labels["__name__"], labels, value))
    for labels, value in up:
        name = _process(labels)
        yield name, read_vitals(by_process.get(name, ())) if value else Vitals(False, "does not answer Prometheus")


def _query(url: str, query: str) -> list[tuple[Mapping[str, str], float]]:
    """Return the labels and values that an instant query gives."""
    answer = requests.get(f"{url.rstrip('/')}/api/v1/query", params={"query": query}, timeout=TIMEOUT_SECONDS)
    answer.raise_for_status()
    return [(series["metric"], float(series["value"][1])) for series in answer.json()["data"]["result"]]


def _process(labels: Mapping[str, str]) -> str:
    """Return the name of the process that Prometheus' labels mean."""
    return labels.get("process") or f"{labels.get('job', '')} {labels.get('instance', '')}".strip()


def _down(error: Exception) -> Vitals:
    """Return the vitals of a process that did not answer, with why."""
    log.info("process_does_not_answer", extra={"error": type(error).__name__})
    return Vitals(False, f"does not answer ({type(error).__name__})"[:LONGEST_REASON])


def _document(name: str, vitals: Vitals, before: Mapping[str, Any] | None, now: Any) -> dict[str, Any]:
    """Return what is kept of an answer; the lag of an idle process stays what it last was."""
    lag = lag_milliseconds(before, vitals)
    return {
        "_id": name,
        **asdict(vitals),
        "standing": vitals.standing,
        "lag_milliseconds": lag if lag is not None else (before or {}).get("lag_milliseconds"),
        "asked_at": now,
        "answered_at": now if vitals.up else (before or {}).get("answered_at"),
    }
