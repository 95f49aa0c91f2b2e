"""How many reports a second are accepted over HTTP, beside bare Flask that checks the same form and inserts one row.

Eight senders, one gunicorn with the same configuration on each side, `synchronous=FULL` on both, turn and turn about.
Our web process is measured alone, as the reference is, and then with the worker beside it that answers the events.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from rich.console import Console

from deploy.local import Child, Launcher
from shared.config import Settings
from shared.council import load_council
from tests.bench.ground import PATIENT_LIMITS, Ground, prepared
from tests.bench.measures import Measure, Rounds
from tests.bench.processes import cpu_seconds, family_of
from tests.bench.senders import Line, rate_of, report_form, send_report
from tests.servers.system import free_ports

AIM = 0.5
SENDERS = 8
ROUNDS = 3
SECONDS = 4.0
WARM_SECONDS = 1.0

GUNICORN = (sys.executable, "-m", "gunicorn", "--config", "python:shared.web.gunicorn_conf")


@dataclass
class Side:
    """One of the two servers, what it took a second in each round, and what a report cost it."""

    child: Child
    per_second: list[float] = field(default_factory=list)
    cpu_milliseconds: list[float] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.child.port}"

    def cpu(self) -> float:
        """Return the processor seconds that it has used."""
        assert self.child.process is not None
        return sum(cpu_seconds(pid) for pid in family_of(self.child.process.pid))


def measure_accept(ground: Ground) -> list[Measure]:
    """Return the lines of the web process alone, and with the worker beside it."""
    settings = prepared(ground.folder / "accept", STREETSCENE_PORT=str(free_ports()))
    forms = Forms(settings)
    with servers(settings) as (launcher, web, worker, bare):
        launcher.children = (web, bare)
        launcher.start()
        alone = rounds(ground, forms, web, bare, what="accepting reports")
        launcher.children = (worker, web, bare)
        worker.start(launcher.lifeline[0])
        beside = rounds(ground, forms, web, bare, what="accepting reports beside the worker")
    return [
        compared("reports accepted over HTTP ÷ bare Flask", alone, at_least=AIM),
        compared("the same, with the worker beside it", beside, at_least=None),
    ]


class Sender(Protocol):
    """Sends the same to either side."""

    def send(self, line: Line, number: int) -> bytes:
        """Send once and return the answer."""
        ...


class Forms:
    """What the senders send: a report at another place of the city each time."""

    def __init__(self, settings: Settings) -> None:
        self._key = json.loads((settings.data / "credentials.json").read_text())["tokens"]["open311"]
        self._places = load_council(settings.council).gazetteer.places

    def form(self, number: int) -> bytes:
        """Return the form of one report."""
        place = self._places[number % len(self._places)]
        return report_form(self._key, lat=place.lat, lon=place.lon, number=number)

    def send(self, line: Line, number: int) -> bytes:
        """Send one report and return the answer."""
        return send_report(line, self.form(number))


def rounds(ground: Ground, forms: Sender, web: Child, bare: Child, *, what: str) -> tuple[Side, Side]:
    """Return both sides after their rounds."""
    ours, reference = Side(web), Side(bare)
    for side in (ours, reference):
        rate_of(forms.send, url=side.url, senders=SENDERS, seconds=WARM_SECONDS)
    for number in range(ROUNDS):
        ground.tell(f"{what}, round {number + 1} of {ROUNDS}")
        for side in (ours, reference):
            cpu = side.cpu()
            rate = rate_of(forms.send, url=side.url, senders=SENDERS, seconds=SECONDS)
            side.per_second.append(rate)
            side.cpu_milliseconds.append((side.cpu() - cpu) * 1000 / (rate * SECONDS))
    return ours, reference


def compared(what: str, sides: tuple[Side, Side], *, at_least: float | None) -> Measure:
    """Return the line of two sides."""
    ours, reference = sides
    cpu = {"ours": ours.cpu_milliseconds, "reference": reference.cpu_milliseconds}
    rounds = Rounds(ours.per_second, reference.per_second)
    return rounds.measure(what, unit="/s", at_least=at_least, cpu_milliseconds=cpu)


@contextmanager
def servers(
    settings: Settings, *, bare: str = "tests.bench.reference_web:application()"
) -> Iterator[tuple[Launcher, Child, Child, Child]]:
    """Give a launcher, our web and worker processes and the bare one, none of them started; all end with this."""
    environment = {
        "STREETSCENE_DATA": str(settings.data),
        "STREETSCENE_PORT": str(settings.port),
        "STREETSCENE_RATE_LIMITS": PATIENT_LIMITS,
    }
    bare_port, bare_data = free_ports(), settings.data.parent / f"{settings.data.name}-bare"
    bare_data.mkdir()
    own = {"STREETSCENE_DATA": str(bare_data), "STREETSCENE_PORT": str(bare_port)}
    command = (sys.executable, "-m", "shared.cli")
    web = Child("web", (*command, "web", "all"), settings.port, environment, settings.data / "web.log")
    worker = Child("worker", (*command, "worker", "all"), settings.port + 1, environment, settings.data / "worker.log")
    floor = Child("bare", (*GUNICORN, bare), bare_port, own, bare_data / "web.log")
    launcher = Launcher((), Console(quiet=True))
    try:
        yield launcher, web, worker, floor
    finally:
        launcher.stop()
