"""How a process is, from what it says of itself in its metrics: the wall's health strip.

A process is well while it answers, its outbox moves and nothing is parked as dead.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

OUTBOX, OUTBOX_AGE = "streetscene_outbox_events", "streetscene_outbox_oldest_age_seconds"
PARKED = "streetscene_events_parked"
LAG_SUM, LAG_COUNT = "streetscene_event_ingest_lag_seconds_sum", "streetscene_event_ingest_lag_seconds_count"
SAMPLES = (OUTBOX, OUTBOX_AGE, PARKED, LAG_SUM, LAG_COUNT)
"""The metrics that health is read from."""

STALE_OUTBOX_SECONDS = 30
"""An event normally leaves within a tenth of a second: this is a relay that stands still or a broker that is away."""

WELL, TROUBLED, DOWN = "well", "troubled", "down"

Sample = tuple[str, Mapping[str, str], float]
"""A metric's name, labels and value."""


@dataclass(frozen=True)
class Vitals:
    """What one process said when it was last asked; the lag's sum and count go on for ever, so two answers compare."""

    up: bool
    reason: str | None
    outbox_events: int = 0
    outbox_age_seconds: int = 0
    parked_retrying: int = 0
    parked_dead: int = 0
    lag_milliseconds_sum: int = 0
    lag_count: int = 0

    @property
    def standing(self) -> str:
        """Whether the process is well, troubled or down."""
        if not self.up:
            return DOWN
        return TROUBLED if self.parked_dead or self.outbox_age_seconds >= STALE_OUTBOX_SECONDS else WELL


def read_vitals(samples: Iterable[Sample]) -> Vitals:
    """Return what a process's metrics say, added up over its services."""
    totals: dict[str, float] = {}
    for name, labels, value in samples:
        if name in SAMPLES:
            key = f"{name}:{labels.get('state', '')}" if name == PARKED else name
            totals[key] = max(totals.get(key, 0), value) if name == OUTBOX_AGE else totals.get(key, 0) + value
    return Vitals(
        up=True,
        reason=None,
        outbox_events=round(totals.get(OUTBOX, 0)),
        outbox_age_seconds=round(totals.get(OUTBOX_AGE, 0)),
        parked_retrying=round(totals.get(f"{PARKED}:retrying", 0)),
        parked_dead=round(totals.get(f"{PARKED}:dead", 0)),
        lag_milliseconds_sum=round(totals.get(LAG_SUM, 0) * 1000),
        lag_count=round(totals.get(LAG_COUNT, 0)),
    )


def lag_milliseconds(before: Mapping[str, Any] | None, now: Vitals) -> int | None:
    """Return the mean time from event to handled since the last answer; None where nothing was handled meanwhile.

    A process that started again counts from nothing, so then all that it has counted is since the last answer.
    """
    known_sum = before["lag_milliseconds_sum"] if before else 0
    known_count = before["lag_count"] if before else 0
    if now.lag_count < known_count:
        known_sum = known_count = 0
    handled = now.lag_count - known_count
    return round((now.lag_milliseconds_sum - known_sum) / handled) if handled else None
