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
    """Simulate until stopped or for some minutes; raises `ConfigError` where there is nothing to knock on."""
    credentials = settings.data / "credentials.json"
    if not credentials.exists():
        raise ConfigError(f"{credentials} is not there: start the system with this data folder first")
    url = base_url or settings.public_url
    tokens = json.loads(credentials.read_text())["tokens"]
    doors = HttpDoors(url, tokens)
    random = Random()  # noqa: S311 - a made day, not a secret
    clock = open_clock(settings)
    end = time.monotonic() + minutes * 60 if minutes else float("inf")
    try:
        simulation = Simulation(doors, load_council(settings.council), random, api_key=tokens["open311"])
        next_report = clock.now()
        while time.monotonic() < end:
            now = clock.now()
            if now >= next_report:
                next_report = now + timedelta(hours=random.expovariate(per_hour))
                simulation.plan(next_report, simulation.report)
            while (at := simulation.next_at()) is not None and at <= clock.now():
                simulation.step()
            time.sleep(PATIENCE_SECONDS)
    except requests.ConnectionError as error:
        raise StreetsceneError(f"nobody answers at {url}") from error
    except KeyboardInterrupt:
        console.print("Stopped.")
    for what, answer in simulation.refused:
        console.print(f"Refused: {what}: {answer.status} {answer.body}", markup=False)
