"""How long jobs take from being made to being cleared, by depot and priority: what a reporter may expect.

In the council's working time: a Friday's report takes as long as a Monday's then, where few crews work at weekends.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil
from typing import Any

from services.scheduling.domain.job import Job
from shared.calendar import WorkingTime, working_time_between
from shared.contracts.base import Fact
from shared.contracts.scheduling import ForecastPublishedV1

FEWEST_JOBS = 5
"""Fewer jobs than this say nothing about the next one."""

HIGH_SHARE = 0.8
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class ForecastRow:
    """Half of the jobs of a depot and priority are cleared within the median, four fifths within the other.

    Both in minutes of working time.
    """

    depot_id: str
    priority: int
    median_working_minutes: int
    p80_working_minutes: int


@dataclass(frozen=True)
class Forecast:
    """The forecast that was published on a day."""

    id: str
    day: date
    rows: tuple[ForecastRow, ...]
    version: int = 0
    sequence: int = 0


def forecast_state(forecast: Forecast) -> Mapping[str, Any]:
    """Return what the event of the forecast carries."""
    return {"forecast_id": forecast.id, "rows": [vars(row) for row in forecast.rows]}


def publish(forecast: Forecast) -> tuple[Forecast, list[Fact]]:
    """Announce a forecast."""
    return forecast, [ForecastPublishedV1.fact()]


def rows_of(jobs: Iterable[Job], working: WorkingTime) -> tuple[ForecastRow, ...]:
    """Return the times to clear of jobs that were cleared, by depot and priority, where there were enough of them."""
    minutes: dict[tuple[str, int], list[int]] = {}
    for job in jobs:
        if job.outcome == "cleared" and job.completed_at is not None and job.priority is not None:
            taken = working_time_between(job.created_at, job.completed_at, working) // MINUTE
            minutes.setdefault((job.depot_id, job.priority), []).append(taken)
    return tuple(
        ForecastRow(depot_id, priority, _share(taken, 0.5), _share(taken, HIGH_SHARE))
        for (depot_id, priority), taken in sorted(minutes.items())
        if len(taken) >= FEWEST_JOBS
    )


def _share(values: Sequence[int], share: float) -> int:
    """Return the smallest value that so large a part of the values does not exceed."""
    ordered = sorted(values)
    return ordered[ceil(share * len(ordered)) - 1]
