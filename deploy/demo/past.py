"""A demonstration's past: made before the servers start, by the same apps and handlers, under a clock that is set.

Everything is made in a folder of its own and moved into place when it is whole: a start that is killed half-way finds
a half-made past, discards it and makes it again; one killed while moving finishes the move.
"""

import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from rich.console import Console
from rich.progress import Progress

from deploy.demo.doors import WsgiDoors
from deploy.demo.simulation import Simulation
from deploy.local import first_start
from shared.bus.inline import Pump
from shared.clock import SetClock, machine_now
from shared.config import SERVICES, Settings
from shared.errors import ConfigError
from shared.failpoints import MID_SEED, reach
from shared.notify import suppress_due
from shared.processes import open_contexts, subscriptions_of
from shared.service import ServiceContext
from shared.web.embedded import create_embedded

DAYS = 10
REPORTS_A_DAY = 9
SEED = 20_261_117
"""One seed, so that the same past is made everywhere; ids and keys differ all the same."""

PARTS = ("credentials.json", "blobs", "store")
"""What a past consists of; the store comes last, because its presence says that there is a past."""


def ensure_past(settings: Settings, console: Console) -> None:
    """Make the demonstration's past unless the data folder has any; raises `ConfigError` where it can't be made."""
    if not settings.store_url.startswith("sqlite://") or not settings.blob_url.startswith("file://"):
        raise ConfigError("a demonstration's past is made in SQLite and folders; start with DEMO=0 on other stores")
    making, made = settings.data / "past.making", settings.data / "past.made"
    if not made.exists():
        if (settings.data / "store").exists():
            return
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(parents=True)
        _make(_inside(settings, making), console)
        making.rename(made)
    for part in PARTS:
        if (made / part).exists():
            (made / part).replace(settings.data / part)
    made.rmdir()


def _inside(settings: Settings, folder: Path) -> Settings:
    """Return the settings for making the past in a folder of its own, with the keys of the real one."""
    return replace(
        settings,
        data=folder,
        store_url=f"sqlite://{folder}/store?synchronous=off",
        blob_url=f"file://{folder}/blobs",
        rate_limit_factor=0,
    )


def _make(settings: Settings, console: Console) -> None:
    """Live through some days, from morning to the present."""
    now = machine_now()
    begin = (now - timedelta(days=DAYS)).replace(hour=6, minute=0, second=0, microsecond=0)
    clock = SetClock(begin)
    with open_contexts(SERVICES, settings, clock=clock) as contexts:
        first_start(contexts, settings)
        pump = Pump(contexts, {service: subscriptions_of(service) for service in SERVICES}, raise_errors=True)
        pump.drain()
        simulation = _simulation(contexts, settings)
        _plan_reports(simulation, begin, now)
        _live(simulation, clock, pump, now, console)
        # What happened in a made past was never news to anybody.
        suppress_due(contexts["reports"])
        pump.save_progress()


def _simulation(contexts: Mapping[str, ServiceContext], settings: Settings) -> Simulation:
    """Return a simulation that knocks on the doors of the apps in this process."""
    tokens = json.loads((settings.data / "credentials.json").read_text())["tokens"]
    doors = WsgiDoors(create_embedded(contexts), tokens)
    return Simulation(doors, contexts["reports"].council, Random(SEED), api_key=tokens["open311"])  # noqa: S311


def _plan_reports(simulation: Simulation, begin: datetime, end: datetime) -> None:
    """Plan each day's reports over its waking hours, and each vehicle's last tip of the day."""
    random = Random(SEED + 1)  # noqa: S311 - a made past, not a secret
    day = begin
    while day < end:
        for _ in range(REPORTS_A_DAY):
            at = day + timedelta(minutes=random.randint(0, 15 * 60))
            if at < end:
                simulation.plan(at, simulation.report)
        simulation.plan_end_of_day(day + timedelta(hours=11))
        day += timedelta(days=1)


def _live(simulation: Simulation, clock: SetClock, pump: Pump, end: datetime, console: Console) -> None:
    """Let everything planned happen in its order up to an instant, and its events be answered."""
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task(f"Making {DAYS} days of past …", total=(end - clock.instant).total_seconds())
        while (at := simulation.next_at()) is not None and at <= end:
            progress.advance(task, (at - clock.instant).total_seconds())
            clock.instant = max(clock.instant, at)
            simulation.step()
            pump.drain()
            reach(MID_SEED)
    if simulation.refused:
        what, answer = simulation.refused[0]
        raise ConfigError(f"the past can't be made: {what} was answered with {answer.status} {answer.body}")
