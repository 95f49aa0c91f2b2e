"""The broker stopped under load: reports are accepted all the same, and everything arrives when it is back, once.

A process for each part over a real RabbitMQ node, senders who take reports from alley to penalty, and an app that goes
on reporting. Where there is a Prometheus, it watches with the committed alert rules.
"""

import contextlib
import json
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.rabbitmq.node import require_installed
from shared.bus.documents import relay_position
from shared.bus.relay import MEASURE_SECONDS
from shared.config import REPOSITORY, SERVICES, Settings
from shared.council import load_council
from shared.service import ServiceContext
from tests.proof.alarms import NEVER, Alarm, read_alarms
from tests.proof.comparison import Row, compare, wait_for_rest
from tests.proof.journeys import PATIENCE_SECONDS, Ledger, Sender
from tests.proof.periods import AFTER, AWAY, PERIODS, Marks
from tests.proof.steady import SteadyReporter
from tests.proof.watching import Look, Watch
from tests.servers.distributed import Distributed, distributed_system
from tests.servers.prometheus import Prometheus, prometheus
from tests.servers.rabbitmq import Node, node

DEFINITIONS = REPOSITORY / "deploy" / "rabbitmq" / "definitions.json"
SENDERS = 3
WARM_SECONDS = 5
BEFORE_SECONDS = 10
AFTER_SECONDS = 10
DRAIN_SECONDS = 120
"""A proof that must wait longer than this for the backlog says that it was not drained."""

STEPS = 6


@dataclass(frozen=True)
class Backlog:
    """What was written while the broker was away, and how long after its return it was published and archived."""

    events: int
    published_seconds: float | None
    archived_seconds: float | None


@dataclass(frozen=True)
class Period:
    """One column of the table: what the public met, and what the system said of itself."""

    seconds: float
    accepted: int
    slowest_ms: float
    refused: int
    looks: list[Look]

    @property
    def per_second(self) -> float:
        """Reports accepted a second."""
        return self.accepted / self.seconds


@dataclass(frozen=True)
class Outage:
    """The outcome."""

    asked_seconds: float
    rows: list[Row]
    periods: Mapping[str, Period]
    backlog: Backlog
    alarms: list[Alarm] | None
    problems: list[str]

    def shortcomings(self) -> list[str]:
        """Return what does not hold, in words; nothing where all of it does."""
        away, after = self.periods[AWAY], self.periods[AFTER]
        last = after.looks[-1]
        alarms = {alarm.name: alarm for alarm in self.alarms or ()}
        held = {
            "something was lost or done twice": all(row.holds for row in self.rows),
            "no report was accepted while the broker was away": away.accepted > 0,
            "a report was refused": not any(period.refused for period in self.periods.values()),
            "a web process was not ready": all(
                look.web_ready == len(SERVICES) for period in self.periods.values() for look in period.looks
            ),
            "the workers did not say that the broker was away": any(look.workers_ready == 0 for look in away.looks),
            "the outbox's age did not tell how long": _oldest(away) >= self.asked_seconds - 2 * MEASURE_SECONDS,
            "the outboxes did not go back to nothing": (last.waiting, last.oldest_seconds) == (0, 0),
            "not every worker was ready again": last.workers_ready == len(SERVICES),
            "the backlog was not drained": self.backlog.archived_seconds is not None,
            "no alert was true of the broker": not alarms or alarms["BrokerDown"].furthest != NEVER,
        }
        return [*self.problems, *(words for words, holds in held.items() if not holds)]


def _oldest(period: Period) -> float:
    return max((look.oldest_seconds for look in period.looks), default=0.0)


def prove_outage(
    *, seconds: float, folder: Path, senders: int = SENDERS, on_step: Callable[[str], None] = lambda _: None
) -> Outage:
    """Stop the broker for so long under load, and compare. Raises `ConfigError` where there is no RabbitMQ."""
    require_installed()
    on_step("starting RabbitMQ and a process for each part")
    definitions = json.loads(DEFINITIONS.read_text())
    with (
        node(folder / "rabbitmq", definitions, with_metrics=True) as broker,
        distributed_system(folder / "data", broker.url()) as system,
        _watched(folder, system, broker) as watching,
    ):
        with _load(system, senders=senders, patience_seconds=PATIENCE_SECONDS + seconds) as load:
            marks, backlog = _outage(broker, system, load, seconds=seconds, on_step=on_step)
        on_step("comparing")
        return Outage(
            seconds,
            compare(system.contexts, load.ledger),
            {period: _period(period, marks, load) for period in PERIODS},
            backlog,
            read_alarms(watching, marks) if watching else None,
            [*load.ledger.problems, *(f"{name} ended" for name in load.watch.died())],
        )


@contextlib.contextmanager
def _watched(folder: Path, system: Distributed, broker: Node) -> Iterator[Prometheus | None]:
    """Have Prometheus watch, where there is one."""
    if shutil.which("prometheus") is None:
        yield None
        return
    targets = {
        kind: [f"127.0.0.1:{child.port}" for name, child in system.children.items() if name.startswith(kind)]
        for kind in ("web", "worker")
    }
    (folder / "prometheus").mkdir()
    with prometheus(folder / "prometheus", targets, broker.metrics_address) as running:
        yield running


@dataclass(frozen=True)
class Load:
    """Those who work on the system, those who watch it, and what they are told."""

    ledger: Ledger
    senders: list[Sender]
    reporter: SteadyReporter
    watch: Watch
    no_more: threading.Event

    def stop(self) -> None:
        """Let everybody finish what they are at, which may take until the backlog is drained."""
        self.no_more.set()
        for each in (*self.senders, self.reporter):
            each.join()


@contextlib.contextmanager
def _load(system: Distributed, *, senders: int, patience_seconds: float) -> Iterator[Load]:
    """Start senders, reporter and watch; all end with this."""
    ledger, no_more, unwatched = Ledger(), threading.Event(), threading.Event()
    tokens = system.credentials["tokens"]
    council = load_council(Settings.from_env(system.environment).council)
    journeys = [
        Sender(system.doors(), tokens, council, ledger, no_more, number=number, patience_seconds=patience_seconds)
        for number in range(senders)
    ]
    reporter = SteadyReporter(system.doors(), tokens, council, ledger, no_more)
    watch = Watch(system, unwatched)
    load = Load(ledger, journeys, reporter, watch, no_more)
    try:
        for each in (watch, reporter, *journeys):
            each.start()
        yield load
    finally:
        no_more.set()
        unwatched.set()
        watch.join()


def _outage(
    broker: Node, system: Distributed, load: Load, *, seconds: float, on_step: Callable[[str], None]
) -> tuple[Marks, Backlog]:
    """Let them work, take the broker away, bring it back, and let everything come to rest."""
    on_step("load with the broker there")
    time.sleep(WARM_SECONDS)
    began = time.time()
    time.sleep(BEFORE_SECONDS)
    on_step(f"broker away for {seconds:g} s")
    left, written = time.time(), _positions(system.contexts)
    broker.stop()
    time.sleep(seconds)
    broker.start()
    _wait_until_open(broker)
    returned = time.time()
    on_step("draining the backlog")
    backlog = _drained(system.contexts, written)
    time.sleep(max(0.0, returned + AFTER_SECONDS - time.time()))
    stopped = time.time()
    on_step("coming to rest")
    load.stop()
    wait_for_rest(system.contexts)
    load.watch.wait_for(lambda look: look.waiting == look.oldest_seconds == 0, seconds=3 * MEASURE_SECONDS)
    return Marks(began, left, returned, stopped, time.time()), backlog


def _wait_until_open(broker: Node) -> None:
    """Wait until the broker takes connections, which it does a little after its management answers."""
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", broker.node.port)) == 0:
                return
        time.sleep(0.02)


def _positions(contexts: Mapping[str, ServiceContext]) -> dict[str, int]:
    return {service: context.store.log.last_position() for service, context in contexts.items()}


def _drained(contexts: Mapping[str, ServiceContext], written: Mapping[str, int]) -> Backlog:
    """Wait until all that was written since these positions is published, and is in the archive of operations."""
    started, now = time.monotonic(), _positions(contexts)
    missed = [
        event.event_id
        for service, context in contexts.items()
        for event in context.store.log.read(after=written[service], limit=now[service] - written[service])
    ]
    archive = contexts["operations"].store

    def published() -> bool:
        return all(relay_position(contexts[service].store) >= position for service, position in now.items())

    def archived() -> bool:
        while unseen and archive.get("archive", unseen[-1]) is not None:
            unseen.pop()
        return not unseen

    unseen = list(missed)
    return Backlog(len(missed), _seconds_until(published, started), _seconds_until(archived, started))


def _seconds_until(done: Callable[[], bool], started: float) -> float | None:
    """Wait until it is done, and return how long after the start; None where it takes too long."""
    while not done():
        if time.monotonic() - started > DRAIN_SECONDS:
            return None
        time.sleep(0.05)
    return time.monotonic() - started


def _period(period: str, marks: Marks, load: Load) -> Period:
    """Return what happened in one period."""
    accepted = [each for each in load.reporter.accepted if marks.period(each.at) == period]
    return Period(
        seconds=marks.load_seconds(period),
        accepted=len(accepted),
        slowest_ms=max((each.seconds for each in accepted), default=0.0) * 1000,
        refused=sum(marks.period(at) == period for at in load.reporter.refused),
        looks=[look for look in load.watch.looks if marks.period(look.at) == period],
    )
