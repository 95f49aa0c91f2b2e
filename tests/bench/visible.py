"""How long after a report was accepted its job is there for supervisors, at a steady load, in both ways to run.

The clock starts when the sender has its answer, and stops when an answer of scheduling's API has the job in it. One
watcher asks for the newest jobs again and again, so what is measured includes up to one round of asking.
"""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shared.config import Settings
from tests.bench.accepting import Forms
from tests.bench.ground import PATIENT_LIMITS, Ground
from tests.bench.measures import Measure, share
from tests.bench.senders import Line
from tests.servers.distributed import distributed_system
from tests.servers.system import running_system

AIM_MS = 300
PER_SECOND = 20
SECONDS = 30
WARM_REPORTS = 20
SENDERS = 6
NEWEST = 20
"""More jobs than come between two questions, unless something stands still."""

MANY = 200
PAUSE_SECONDS = 0.005
PATIENCE_SECONDS = 30


@dataclass
class Watch:
    """When each report was accepted, and when its job was first seen, by the report's reference."""

    accepted: dict[str, float] = field(default_factory=dict)
    seen: dict[str, float] = field(default_factory=dict)
    asking_seconds: list[float] = field(default_factory=list)
    late_seconds: list[float] = field(default_factory=list)
    ended: float = 0.0

    def delays_ms(self) -> list[float]:
        """Return the milliseconds between the two: none for a job that was seen before its sender was answered.

        What was never seen counts as seen when the watcher gave up.
        """
        return [max(0.0, self.seen.get(each, self.ended) - at) * 1000 for each, at in self.accepted.items()]

    def unseen(self) -> int:
        """Return how many reports' jobs were never seen."""
        return len(self.accepted.keys() - self.seen.keys())


def measure_visible_embedded(ground: Ground) -> list[Measure]:
    """Return the line of the embedded system."""
    ground.tell("starting an embedded system")
    with running_system(ground.data, demo=False, STREETSCENE_RATE_LIMITS=PATIENT_LIMITS) as system:
        watch = _under_load(ground, ground.data, lambda _: system.url)
    return [_measure("report accepted → job visible, embedded", watch)]


def measure_visible_distributed(ground: Ground) -> list[Measure]:
    """Return the line of a system with a process for each part, over RabbitMQ."""
    what = "report accepted → job visible, distributed"
    if not ground.has_rabbitmq:
        return [Measure(what, "no RabbitMQ here", f"p99 < {AIM_MS} ms")]
    url = ground.broker_url()
    ground.tell("starting a distributed system")
    data = ground.folder / "distributed"
    with distributed_system(data, url, STREETSCENE_RATE_LIMITS=PATIENT_LIMITS) as system:
        watch = _under_load(ground, data, system.origin)
    return [_measure(what, watch)]


def _measure(what: str, watch: Watch) -> Measure:
    """Return the line of a watch."""
    delays = watch.delays_ms()
    p50, p99 = share(delays, 0.5), share(delays, 0.99)
    figures = {
        "reports": len(delays),
        "unseen": watch.unseen(),
        "p50_ms": p50,
        "p99_ms": p99,
        "worst_ms": max(delays),
        "asking_p50_ms": share(watch.asking_seconds, 0.5) * 1000,
        "sent_late_p99_ms": share(watch.late_seconds, 0.99) * 1000,
    }
    ours = f"p50 {p50:,.0f} ms, p99 {p99:,.0f} ms"
    return Measure(what, ours, f"p99 < {AIM_MS} ms", met=p99 < AIM_MS, figures=figures)


def _under_load(ground: Ground, data: Path, origin: Callable[[str], str]) -> Watch:
    """Send reports at a steady pace, watch their jobs come, and return what was seen."""
    forms = Forms(Settings.from_env({"STREETSCENE_DATA": str(data)}))
    token = json.loads((data / "credentials.json").read_text())["tokens"]["supervisor"]
    ground.tell("warming up")
    _load(forms, origin, token, reports=WARM_REPORTS, numbered_from=0)
    ground.tell(f"{PER_SECOND} reports a second for {SECONDS} s")
    return _load(forms, origin, token, reports=PER_SECOND * SECONDS, numbered_from=WARM_REPORTS)


def _load(forms: Forms, origin: Callable[[str], str], token: str, *, reports: int, numbered_from: int) -> Watch:
    """Send so many reports and wait until all their jobs were seen."""
    watch, sent = Watch(), threading.Event()
    problems: list[Exception] = []
    started = time.monotonic()

    def send(index: int) -> None:
        line = Line(origin("/open311"))
        for number in range(index, reports, SENDERS):
            due = started + number / PER_SECOND
            time.sleep(max(0.0, due - time.monotonic()))
            watch.late_seconds.append(max(0.0, time.monotonic() - due))
            answer = json.loads(forms.send(line, numbered_from + number))
            watch.accepted[answer[0]["service_request_id"]] = time.monotonic()

    def guarded(act: Callable[..., None], *arguments: Any) -> None:
        try:
            act(*arguments)
        except Exception as error:  # noqa: BLE001 - told below, by the one who asked
            problems.append(error)

    watching = threading.Thread(
        target=guarded, args=(_watch, watch, origin("/api/scheduling"), token, sent, problems), daemon=True
    )
    senders = [threading.Thread(target=guarded, args=(send, index), daemon=True) for index in range(SENDERS)]
    for thread in (watching, *senders):
        thread.start()
    for thread in senders:
        thread.join()
    sent.set()
    watching.join()
    if problems:
        raise problems[0]
    return watch


def _watch(watch: Watch, url: str, token: str, sent: threading.Event, problems: list[Exception]) -> None:
    """Ask for the newest jobs until those of all reports were seen, or too long after the last was sent."""
    line, headers = Line(url), {"Authorization": f"Bearer {token}"}
    give_up_at = float("inf")
    limit = NEWEST
    while not (sent.is_set() and not watch.unseen()) and not problems and time.monotonic() < give_up_at:
        if sent.is_set():
            give_up_at = min(give_up_at, time.monotonic() + PATIENCE_SECONDS)
        asked = time.monotonic()
        found = json.loads(line.call("GET", f"/api/scheduling/v1/jobs?limit={limit}", None, headers))["items"]
        now = time.monotonic()
        watch.asking_seconds.append(now - asked)
        fresh = [job["reference"] for job in found if job["reference"] not in watch.seen]
        watch.seen.update(dict.fromkeys(fresh, now))
        # All of them new: there may be more of them behind.
        limit = MANY if len(fresh) == len(found) else NEWEST
        time.sleep(PAUSE_SECONDS)
    watch.ended = time.monotonic()
