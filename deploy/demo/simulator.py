"""`streetscene simulate`: the made day goes on, through the public doors of a running demonstration."""

import json
import time
from datetime import timedelta
from random import Random

import requests
from rich.console import Console

from deploy.demo.doors import HttpDoors
from deploy.demo.simulation import Simulation
from shared.config import Settings
from shared.council import load_council
from shared.errors import ConfigError, StreetsceneError
from shared.processes import open_clock

PATIENCE_SECONDS = 0.2


def run_simulator(
    settings: Settings, *, base_url: str | None, minutes: float, per_hour: float, console: Console
) -> None:
    """Simulate until stopped or for some minutes, saying what was refused as it happens.

    Raises `ConfigError` where there is nothing to knock on, or no demonstration: made reports and penalties have no
    place in a council's own system. Raises `StreetsceneError` where nobody answers.
    """
    credentials = settings.data / "credentials.json"
    if not credentials.exists():
        raise ConfigError(f"{credentials} is not there: start the system with this data folder first")
    council = load_council(settings.council)
    if not (settings.demo or council.is_demonstration):
        raise ConfigError(f"{council.name} is no demonstration: nothing made up is sent to it")
    url = base_url or settings.public_url
    tokens = json.loads(credentials.read_text())["tokens"]
    clock = open_clock(settings)
    end = time.monotonic() + minutes * 60 if minutes else float("inf")
    random = Random()  # noqa: S311 - a made day, not a secret
    try:
        simulation = Simulation(HttpDoors(url, tokens), council, random, api_key=tokens["open311"])
        if not simulation.crew_count:
            raise StreetsceneError(f"{url} does not let in whom {credentials} names: {_refusal(simulation)}")
        console.print(
            f"Simulating {per_hour:g} reports an hour at {url}; Ctrl-C stops.", highlight=False, soft_wrap=True
        )
        next_report = clock.now()
        while time.monotonic() < end:
            now = clock.now()
            if now >= next_report:
                next_report = now + timedelta(hours=random.expovariate(per_hour))
                simulation.plan(next_report, simulation.report)
            while (at := simulation.next_at()) is not None and at <= clock.now():
                simulation.step()
            while simulation.refused:
                console.print(f"Refused: {_refusal(simulation)}", markup=False, highlight=False, soft_wrap=True)
            time.sleep(PATIENCE_SECONDS)
    except requests.RequestException as error:
        raise StreetsceneError(f"nobody answers at {url}") from error
    except KeyboardInterrupt:
        console.print("Stopped.")


def _refusal(simulation: Simulation) -> str:
    """Return in one line what was refused first, and forget it."""
    if not simulation.refused:
        return "no crews"
    what, answer = simulation.refused.pop(0)
    return f"{what}: {answer.status} {answer.body}"
