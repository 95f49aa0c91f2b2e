"""A demonstration's past: made before the servers start, by the same apps and handlers, under a clock that is set.

It ends last Tuesday at 10:40, where the council's clock then starts. Everything is made in a folder of its own and
moved into place when it is whole: a start that is killed half-way finds a half-made past, discards it and makes it
again; one killed while moving finishes the move.
"""

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from random import Random
from time import monotonic

from rich.console import Console
from rich.progress import Progress

from deploy.demo.cast import ALLEY, Cast, demo_crew
from deploy.demo.controls import send_damaged
from deploy.demo.crews import Visitors
from deploy.demo.doors import WsgiDoors
from deploy.demo.live import open_demo_store, store_simulation
from deploy.demo.simulation import Simulation
from deploy.demo.volumes import load_volumes
from deploy.local import first_start
from shared.bus.inline import Pump
from shared.calendar import LONDON, london_date
from shared.clock import ClockSetting, SetClock, machine_now
from shared.config import SERVICES, Settings
from shared.errors import ConfigError
from shared.failpoints import MID_SEED, reach
from shared.processes import open_contexts, part, subscriptions_of, timers_of, write_clock
from shared.service import ServiceContext
from shared.web.embedded import create_embedded

SEED = 20_261_117
"""One seed, so that much the same past is made everywhere; ids and keys differ all the same."""

PARTS = ("credentials.json", "blobs", "store")
"""What a past consists of; the store comes last, because its presence says that there is a past."""

TUESDAY, TIME_OF_DAY = 1, time(10, 40)
"""When the council's clock starts: crews are out, the contact centre is busy, and yesterday's lorries are weighed."""

SPEED = 20
"""Council seconds per second: a shift passes in half an hour, and a visitor sees something happen every few seconds."""

SEND = "reports.send"
NIGHTLY = ("enforcement.overdue", "scheduling.finish-tips", "scheduling.open-due-jobs")
"""What a past needs of the timers: a day is what they wait for."""

SEARCH_SECONDS = 0.1
"""Two stages of 0.05 s: the shortest that the solver has. A depot has some 30 jobs and three crews in the morning."""

VISITORS_BEFORE = timedelta(minutes=65)
"""From then on the crew that visitors play begins nothing that it would not have finished when the past ends."""


def ensure_past(settings: Settings, console: Console) -> bool:
    """Make the demonstration's past unless the data folder has one, or other data; say whether it was made now.

    Raises `ConfigError` where it can't be made.
    """
    if not settings.store_url.startswith("sqlite://") or not settings.blob_url.startswith("file://"):
        raise ConfigError("a demonstration's past is made in SQLite and folders; start with DEMO=0 on other stores")
    making, made = settings.data / "past.making", settings.data / "past.made"
    if not made.exists():
        if (settings.data / "store").exists():
            return False
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(parents=True)
        started = monotonic()
        days, reports = _make(_inside(settings, making), console)
        console.print(f"Made a past of {days} days with {reports} reports in {monotonic() - started:.0f} s.")
        making.rename(made)
    for name in PARTS:
        if (made / name).exists():
            (made / name).replace(settings.data / name)
    made.rmdir()
    return True


def last_tuesday(now: datetime) -> datetime:
    """Return the last Tuesday, 10:40 in London, before an instant."""
    local = now.astimezone(LONDON)
    day = local.date() - timedelta(days=(local.weekday() - TUESDAY) % 7)
    found = datetime.combine(day, TIME_OF_DAY, LONDON)
    if found > local:
        found = datetime.combine(day - timedelta(days=7), TIME_OF_DAY, LONDON)
    return found.astimezone(UTC)


def _inside(settings: Settings, folder: Path) -> Settings:
    """Return the settings for making the past in a folder of its own, with the keys of the real one.

    What a power cut would spoil is made again, so nothing waits for the disk.
    """
    return replace(
        settings,
        data=folder,
        store_url=f"sqlite://{folder}/store?synchronous=off",
        blob_url=f"file://{folder}/blobs",
        rate_limit_factor=0,
    )


def _make(settings: Settings, console: Console) -> tuple[int, int]:
    """Live through the days up to the present of the council's clock; return how many days and reports."""
    now = machine_now()
    end = last_tuesday(now) if settings.demo_live else now
    volumes = load_volumes()
    days = volumes.past_days if settings.demo_days is None else settings.demo_days
    first_day = london_date(end) - timedelta(days=days)
    if not console.is_terminal:
        # Where a bar can't move, one line says why nothing else happens for a while.
        console.print(f"Making {days} days of past (up to two minutes, once) …", highlight=False)
    clock = SetClock(
        datetime.combine(min(first_day, Cast.first_day(london_date(end))), time(5), LONDON).astimezone(UTC)
    )
    with open_contexts(SERVICES, settings, clock=clock) as contexts:
        first_start(contexts, settings)
        pump = Pump(
            contexts,
            {service: subscriptions_of(service) for service in SERVICES},
            {service: timers_of(service) for service in SERVICES},
            raise_errors=True,
        )
        pump.drain()
        credentials = json.loads((settings.data / "credentials.json").read_text())
        doors = WsgiDoors(create_embedded(contexts), credentials)
        simulation = Simulation(
            doors,
            contexts["reports"].council,
            Random(SEED),  # noqa: S311 - a made past, not a secret
            volumes,
            api_key=credentials["tokens"]["open311"],
            visitors=Visitors(demo_crew(contexts["reports"].council), end - VISITORS_BEFORE),
            without_places=(ALLEY,),
        )
        simulation.plan_days(first_day, london_date(end))
        cast = Cast(
            doors, contexts["reports"].council, end, api_key=credentials["tokens"]["open311"], alone_before=first_day
        )

        def settle() -> None:
            pump.drain()
            if simulation.waits_for_plans:
                answer_planner(contexts["scheduling"], pump)

        _live(simulation, cast, clock, pump, settle, end=end, console=console)
        pump.save_progress()
        _store_present(settings, contexts["reports"], simulation, cast, end)
        return days, _count(contexts)


def answer_planner(scheduling: ServiceContext, pump: Pump) -> None:
    """Work out the plans that were asked for, as the planner process does, but in no time for a search to speak of."""
    plan_next = part("scheduling", "planner").plan_next
    while plan_next(scheduling, seconds=SEARCH_SECONDS):
        pump.drain()


def _live(
    simulation: Simulation,
    cast: Cast,
    clock: SetClock,
    pump: Pump,
    settle: Callable[[], None],
    *,
    end: datetime,
    console: Console,
) -> None:
    """Let everything planned happen in its order up to an instant, and its events be answered."""
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        words = f"Making a past up to {end.astimezone(LONDON):%A %-d %B, %H:%M} …"
        task = progress.add_task(words, total=(end - clock.instant).total_seconds())
        while True:
            next_acts = [(at, acts) for acts in (simulation, cast) if (at := acts.next_at()) is not None and at <= end]
            if not next_acts:
                break
            at, acts = min(next_acts, key=lambda one: one[0])
            is_new_day = at.date() > clock.instant.date()
            progress.advance(task, max(0.0, (at - clock.instant).total_seconds()))
            clock.instant = max(clock.instant, at)
            if is_new_day:
                pump.run_timers(*NIGHTLY)
            acts.step()
            settle()
            if acts is cast:
                # Of the made people, those of the cast left addresses; they hear of it when it happens.
                pump.run_timers(SEND)
            reach(MID_SEED)
    refused = [*cast.refused, *simulation.refused]
    if refused:
        what, answer = refused[0]
        raise ConfigError(f"the past can't be made: {what} was answered with {answer.status} {answer.body}")


def _store_present(
    settings: Settings, reports: ServiceContext, simulation: Simulation, cast: Cast, end: datetime
) -> None:
    """Store where the live demonstration goes on: its clock, what is to happen, the cast, and one damaged message."""
    store = open_demo_store(settings)
    try:
        if settings.demo_live:
            write_clock(store, ClockSetting(machine_now(), end, SPEED))
        store_simulation(store, simulation)
        send_damaged(store, reports.store)
        store.write_many("cast", [{"_id": role, "reference": name} for role, name in cast.references.items()])
    finally:
        store.close()


def _count(contexts: Mapping[str, ServiceContext]) -> int:
    """Return how many reports there are."""
    store = contexts["operations"].store
    return sum(store.sum("reports", "one", {}, by="neighbourhood").values())
