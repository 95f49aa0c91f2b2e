"""How fast a relay publishes a full store, beside a program that does nothing but publish the same bytes.

Both run in a process of their own, send persistent, mandatory messages through the same kind of exchange into the same
kind of quorum queue, and count what the broker has confirmed. What the relay does more: it reads SQLite, keeps order,
cursor and lease there, counts and yields to others on its hub, all of it in a patched process, as it runs in a worker.
"""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from services.reports.domain.submission import Submission
from services.reports.intake import accept_report
from shared.config import REPOSITORY
from shared.contracts.envelope import decode
from shared.ids import new_id
from shared.processes import collections_of, open_context
from shared.store import Collection, open_store
from tests.bench.ground import Ground, prepared
from tests.bench.measures import Measure, Rounds

AIM = 0.5
EVENTS = 10_000
ROUNDS = 3
REPORTS = 200
EVENTS_PER_SAVE = 500
FILLING = Collection("bench_filling")


def measure_publish(ground: Ground) -> list[Measure]:
    """Return the line of the relay."""
    what = "relay publishes (events/s) ÷ raw py-amqp"
    if not ground.has_rabbitmq:
        return [Measure(what, "no RabbitMQ here", f"≥ {AIM}")]
    data = ground.folder / "full"
    ground.tell(f"filling a store with {EVENTS:,} events")
    fill(data)
    ours, reference = [], []
    for number in range(ROUNDS):
        ground.tell(f"publishing, round {number + 1} of {ROUNDS}")
        ours.append(_rate("tests.bench.relaying", data, ground.broker_url()))
        reference.append(_rate("tests.bench.reference_publishing", data, ground.broker_url()))
    return [Rounds(ours, reference).measure(what, unit="/s", at_least=AIM, events=EVENTS)]


def fill(data: Path) -> None:
    """Fill the store of reports with real events: those of accepted reports, and the same again under new ids."""
    settings = prepared(data)
    reports = open_context("reports", settings)
    places = reports.council.gazetteer.places
    for number in range(REPORTS):
        place = places[number % len(places)]
        wanted = Submission(
            channel="web",
            kind="fly-tipping",
            lat=place.lat,
            lon=place.lon,
            waste_type="black-bags-household",
            land_type="back-alleyway",
            size="car-boot",
        )
        accept_report(reports, wanted, idempotency_key=new_id())
    made = [decode(logged.body) for logged in reports.store.log.read(after=0, limit=EVENTS)]
    store = open_store(settings.store_url, "reports", (*collections_of("reports"), FILLING))
    missing = EVENTS - len(made)
    for start in range(0, missing, EVENTS_PER_SAVE):
        again = range(start, min(start + EVENTS_PER_SAVE, missing))
        store.insert(FILLING.name, {"_id": new_id()}, [replace(made[n % len(made)], id=new_id()) for n in again])
    store.close()
    reports.store.close()


def _rate(module: str, data: Path, url: str) -> float:
    """Return how many events a second a program published; it prints them."""
    command = [sys.executable, "-W", "ignore", "-m", module, str(data), url]
    done = subprocess.run(command, cwd=REPOSITORY, check=True, stdout=subprocess.PIPE, timeout=120)
    said = json.loads(done.stdout)
    assert said["events"] == EVENTS, said
    return said["events"] / said["seconds"]
