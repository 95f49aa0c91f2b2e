"""The promise: of a simulated month's reports, how many were cleared by the day that their reporters were given.

A made city lives through five weeks by council time, through the public doors: residents report, supervisors plan,
crews work by their rotas, few of them at weekends, and once a night scheduling publishes its forecast. What each
reporter was told on submission is kept, and compared with when a crew was there. The first week only teaches the
forecast. After the last report the city goes on until everything is done: to look earlier would leave out the slow
ones.
"""

import json
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random

from deploy.demo import past
from deploy.demo.doors import WsgiDoors
from deploy.demo.simulation import Simulation
from deploy.demo.volumes import load_volumes
from deploy.local import first_start
from services.reports.domain.report import Report
from services.reports.store import NEWEST_FIRST, reports
from services.reports.words import promise
from shared.bus.inline import Pump
from shared.calendar import LONDON, london_date
from shared.clock import SetClock
from shared.config import SERVICES, Settings
from shared.processes import open_contexts, subscriptions_of, timers_of
from shared.service import ServiceContext
from shared.web.embedded import create_embedded

LEARNING_DAYS, MEASURED_DAYS, MOST_DAYS_AFTER = 7, 28, 28
FIRST_DAY = date(2026, 10, 5)
"""A Monday: with a change of the clocks and no bank holiday in the five weeks."""

SEED = 20_261_005
FEWEST_KEPT, MOST_KEPT = 0.75, 0.90
"""Fewer is a promise that nobody can count on; more is one that was easy to make."""

MOST_RATIO = 1.5
"""Of the median promise to the median time that it took: later than that, the day given says nothing."""

NIGHTLY = (*past.NIGHTLY, "scheduling.forecast")
THERE_AND_GONE = ("cleared", "already-cleared")
PAGE = 500
STEPS = LEARNING_DAYS + MEASURED_DAYS


@dataclass(frozen=True)
class Told:
    """What one reporter was told, whether by a forecast, and when it was gone."""

    reported_on: date
    promised_on: date
    gone_on: date
    is_forecast: bool

    @property
    def is_kept(self) -> bool:
        """Whether it was gone by the day given."""
        return self.gone_on <= self.promised_on

    @property
    def promised_days(self) -> int:
        """Days from the report to the day given."""
        return (self.promised_on - self.reported_on).days

    @property
    def actual_days(self) -> int:
        """Days from the report to its clearing."""
        return (self.gone_on - self.reported_on).days


@dataclass(frozen=True)
class Promises:
    """A month's promises, and how many reports were closed without anything to clear, or not at all."""

    told: Sequence[Told]
    nothing_there: int
    not_done: int

    @property
    def kept(self) -> float:
        """The share that was gone by the day given."""
        return sum(one.is_kept for one in self.told) / len(self.told)

    @property
    def by_forecast(self) -> float:
        """The share that was promised by a forecast, and not by a deadline."""
        return sum(one.is_forecast for one in self.told) / len(self.told)

    @property
    def medians(self) -> tuple[float, float]:
        """The median promise and the median time that it took, in days."""
        promised = statistics.median(one.promised_days for one in self.told)
        return promised, statistics.median(one.actual_days for one in self.told)

    @property
    def means(self) -> tuple[float, float]:
        """The mean promise and the mean time that it took, in days."""
        promised = statistics.mean(one.promised_days for one in self.told)
        return promised, statistics.mean(one.actual_days for one in self.told)

    def shortcomings(self) -> list[str]:
        """Return what misses its bounds."""
        found = []
        if not FEWEST_KEPT <= self.kept <= MOST_KEPT:
            found.append(f"{self.kept:.1%} were cleared by the day given: not {FEWEST_KEPT:.0%} to {MOST_KEPT:.0%}")
        promised, actual = self.medians
        if promised > MOST_RATIO * actual:
            found.append(f"the median promise of {promised:g} days is more than {MOST_RATIO} × {actual:g} days")
        if self.not_done:
            found.append(f"{self.not_done} reports were not done {MOST_DAYS_AFTER} days after the last one was made")
        return found


def prove_promises(*, folder: Path, on_step: Callable[[str], None]) -> Promises:
    """Live through the five weeks, and return the promises of the last four."""
    last = FIRST_DAY + timedelta(days=LEARNING_DAYS + MEASURED_DAYS - 1)
    settings = _settings(folder)
    clock = SetClock(_at(FIRST_DAY, time(5)))
    given: dict[str, tuple[date, bool]] = {}
    with open_contexts(SERVICES, settings, clock=clock) as contexts:
        simulation, pump = _city(contexts, settings)
        simulation.plan_days(FIRST_DAY, last)
        simulation.plan_days(last, last + timedelta(days=MOST_DAYS_AFTER), with_reports=False)
        while (at := simulation.next_at()) is not None and (london_date(at) <= last or simulation.has_work):
            is_new_day = london_date(at) > london_date(clock.instant)
            clock.instant = max(clock.instant, at)
            if is_new_day:
                pump.run_timers(*NIGHTLY)
                if london_date(at) <= last:
                    on_step(f"{london_date(at):%-d %B}")
            simulation.step()
            _note(contexts["reports"], given)
            pump.drain()
            if simulation.waits_for_plans:
                past.answer_planner(contexts["scheduling"], pump)
        if simulation.refused:
            raise AssertionError(f"a door did not open: {simulation.refused[0]}")
        return _compared(contexts["reports"], given, since=FIRST_DAY + timedelta(days=LEARNING_DAYS))


def _settings(folder: Path) -> Settings:
    """Return the settings of a city that nobody's power cut threatens."""
    settings = Settings.from_env({"STREETSCENE_DATA": str(folder)})
    return replace(settings, store_url=f"sqlite://{folder}/store?synchronous=off", rate_limit_factor=0)


def _at(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, LONDON).astimezone(UTC)


def _city(contexts: dict[str, ServiceContext], settings: Settings) -> tuple[Simulation, Pump]:
    """Return the made city after its first start, with what carries its events."""
    first_start(contexts, settings)
    pump = Pump(
        contexts,
        {service: subscriptions_of(service) for service in SERVICES},
        {service: timers_of(service) for service in SERVICES},
        raise_errors=True,
    )
    pump.drain()
    credentials = json.loads((settings.data / "credentials.json").read_text())
    simulation = Simulation(
        WsgiDoors(create_embedded(contexts), credentials),
        contexts["reports"].council,
        Random(SEED),
        load_volumes(),
        api_key=credentials["tokens"]["open311"],
    )
    return simulation, pump


def _note(ctx: ServiceContext, given: dict[str, tuple[date, bool]]) -> None:
    """Note what the reporter of the newest report is told on the last page of the form."""
    for newest in reports(ctx.store).find({}, sort=NEWEST_FIRST, limit=1)[0]:
        told = promise(newest, on=london_date(newest.reported_at)) if newest.id not in given else None
        if told is not None:
            given[newest.id] = told.by, told.is_forecast


def _compared(ctx: ServiceContext, given: dict[str, tuple[date, bool]], *, since: date) -> Promises:
    """Return what was told beside what happened, of the reports made since a day."""
    told: list[Told] = []
    nothing_there = not_done = 0
    for report in _every(ctx):
        reported_on = london_date(report.reported_at)
        if reported_on < since or report.id not in given:
            continue
        if report.closed_at is None:
            not_done += 1
        elif report.closure in THERE_AND_GONE:
            promised_on, is_forecast = given[report.id]
            told.append(Told(reported_on, promised_on, london_date(report.closed_at), is_forecast))
        else:
            nothing_there += 1
    return Promises(told, nothing_there, not_done)


def _every(ctx: ServiceContext) -> list[Report]:
    """Return every report."""
    return list(reports(ctx.store).every({}, sort=NEWEST_FIRST))
