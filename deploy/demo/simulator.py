"""`streetscene simulate`: the made day goes on, through the public doors of a running system, beside real visitors.

In a demonstration it takes up where the past, or the last simulator, left off: what is still to happen is stored after
every act. A server that does not answer is waited for, and the act is then done under the same idempotency key.
"""

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random

import requests
from rich.console import Console

from deploy.demo.cast import ALLEY, demo_crew
from deploy.demo.crews import Visitors
from deploy.demo.doors import HttpDoors, codes_in
from deploy.demo.live import open_demo_store, resume_simulation, store_simulation
from deploy.demo.simulation import Simulation
from deploy.demo.volumes import load_volumes
from shared.calendar import london_date
from shared.clock import Clock
from shared.config import Settings
from shared.council import load_council
from shared.errors import ConfigError, StreetsceneError
from shared.lifeline import VARIABLE, end_with_launcher
from shared.processes import open_clock
from shared.store import Store

LOOK_SECONDS = 0.2
PATIENCE_SECONDS = 2.0
BETWEEN_ACTS_SECONDS = 0.05
"""After a pause, or a jump of the clock, there may be much to do: visitors shall not notice."""


def run_simulator(
    settings: Settings, *, base_url: str | None, minutes: float, per_hour: float | None, console: Console
) -> None:
    """Simulate until stopped or for some minutes, saying what was refused as it happens.

    Raises `ConfigError` where there is nothing to knock on, or no demonstration: made reports and penalties have no
    place in a council's own system. Raises `StreetsceneError` where nobody of the credentials is let in.
    """
    credentials = settings.data / "credentials.json"
    if not credentials.exists():
        raise ConfigError(f"{credentials} is not there: start the system with this data folder first")
    council = load_council(settings.council)
    if not (settings.demo or council.is_demonstration):
        raise ConfigError(f"{council.name} is no demonstration: nothing made up is sent to it")
    end_with_launcher()
    with only_simulator(settings.data):
        store = open_demo_store(settings) if settings.demo else None
        known = json.loads(credentials.read_text())
        doors = HttpDoors(base_url or settings.public_url, known["tokens"], codes_in(known))
        end = time.monotonic() + minutes * 60 if minutes else float("inf")
        with contextlib.suppress(KeyboardInterrupt):
            _live(settings, doors, store, end=end, per_hour=per_hour, console=console)


def _live(
    settings: Settings, doors: HttpDoors, store: Store | None, *, end: float, per_hour: float | None, console: Console
) -> None:
    """Do what is due by the council's clock, and wait for the rest."""
    clock = open_clock(settings)
    simulation: Simulation | None = None
    random = Random()  # noqa: S311 - a made day, not a secret
    next_report = clock.now()
    while time.monotonic() < end:
        try:
            if simulation is None:
                simulation = _simulation(settings, doors, store)
                pace = f"{per_hour:g} reports an hour" if per_hour else "a made day"
                console.print(f"Simulating {pace} at {doors.url}; Ctrl-C stops.", highlight=False, soft_wrap=True)
            now = clock.now()
            # An hour ahead, so that a day is planned when it begins; nothing for hours that nobody lived through.
            until = london_date(now + timedelta(hours=1))
            simulation.plan_days(london_date(now), until, since=now, with_reports=per_hour is None)
            if per_hour is not None and now >= next_report:
                simulation.plan(now, "report")
                next_report = now + timedelta(hours=random.expovariate(per_hour))
            acted = _act(simulation, store, clock, console)
            time.sleep(BETWEEN_ACTS_SECONDS if acted else LOOK_SECONDS)
        except requests.RequestException as error:
            if simulation is None and VARIABLE not in os.environ:
                raise StreetsceneError(f"nobody answers at {doors.url}") from error
            console.print(f"Waiting for the system: {type(error).__name__}", markup=False)
            time.sleep(PATIENCE_SECONDS)


def _simulation(settings: Settings, doors: HttpDoors, store: Store | None) -> Simulation:
    """Return the simulation as it was left; raises if nobody answers."""
    council = load_council(settings.council)
    simulation = Simulation(
        doors,
        council,
        Random(),  # noqa: S311 - a made day, not a secret
        load_volumes(),
        api_key=doors.token("open311"),
        visitors=Visitors(demo_crew(council)),
        without_places=(ALLEY,),
    )
    if not simulation.crew_count:
        what, answer = simulation.refused[0] if simulation.refused else ("crews", None)
        raise StreetsceneError(f"the system does not let in whom the credentials name: {what} {answer}")
    if store is not None:
        resume_simulation(store, simulation)
    return simulation


def _act(simulation: Simulation, store: Store | None, clock: Clock, console: Console) -> bool:
    """Do the next act if it is due, and store what is left; say whether there was one."""
    at = simulation.next_at()
    if at is None or at > clock.now():
        return False
    simulation.step()
    if store is not None:
        store_simulation(store, simulation)
    for what, answer in simulation.refused:
        console.print(f"Refused: {what}: {answer.status} {answer.body}", markup=False)
    simulation.refused.clear()
    return True


@contextlib.contextmanager
def only_simulator(data: Path) -> Iterator[None]:
    """Hold the data folder for one simulator: two would do everything twice."""
    with (data / "simulator.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ConfigError("a simulator is running on this data already: a demonstration starts its own") from error
        yield
