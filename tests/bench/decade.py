"""Ten years of a city's reports: a quarter of a million of them, 2,000 open, and what a page costs beside 2,500.

The reports are real documents, filled in through the store in batches (over HTTP it would take hours). Both stores are
asked the same, by turns: what is around a place, the first page of the queue through its own web page and of one area,
a neighbourhood's page and the records behind one of its figures. A page must not care how much has been dealt with in
years gone by: the smaller store is the same city, with as much open and as much closed a day, that began a week ago.
"""

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import islice
from pathlib import Path
from random import Random

from flask.testing import FlaskClient

from services.reports.domain.submission import Submission
from services.reports.intake import accept_report
from services.reports.nearby import open_nearby
from services.reports.store import REPORTS
from services.reports.web import create_app
from shared.clock import SetClock, machine_now
from shared.config import Settings
from shared.council.gazetteer import Place
from shared.geo import cell, to_grid
from shared.ids import new_id, public_reference
from shared.processes import open_context
from shared.service import ServiceContext
from shared.store.port import Document
from shared.web.identity import COOKIE, User, sign
from shared.web.keys import load_private_key
from tests.bench.ground import Ground
from tests.bench.measures import Measure, share

MANY, FEW, OPEN = 250_000, 2_500, 2_000
YEARS = 10
BATCH = 2_000
LOOKS, ROUNDS = 40, 3
MOST_RATIO = 1.5
SLOWEST_P95_MS = 150
SLOWEST_FILLING_SECONDS = 180
SEED = 2026
QUEUE = "/triage"


@dataclass
class Decade:
    """A store with so many reports, and somebody of the contact centre at its pages."""

    ctx: ServiceContext
    client: FlaskClient
    places: Sequence[Place]
    filled_seconds: float

    def nearby(self, number: int) -> None:
        """Look for open reports around a place."""
        place = self.places[number % len(self.places)]
        open_nearby(self.ctx, place.lat, place.lon)

    def queue(self, number: int) -> None:
        """Open the first page of the queue, of everything and of one area by turns."""
        areas = self.ctx.council.neighbourhoods
        area = f"?neighbourhood={areas[number % len(areas)].id}" if number % 2 else ""
        response = self.client.get(QUEUE + area)
        if response.status_code != 200:
            raise AssertionError(f"{QUEUE}{area} answered {response.status_code}")

    def area(self, number: int) -> None:
        """Open the page of one neighbourhood, or the records behind one of its figures by turns."""
        areas = self.ctx.council.neighbourhoods
        path = f"/area/{areas[number % len(areas)].id}" + ("/reports?show=closed" if number % 2 else "")
        response = self.client.get(path)
        if response.status_code != 200:
            raise AssertionError(f"{path} answered {response.status_code}")


def measure_decade(ground: Ground) -> list[Measure]:
    """Return the lines of nearby, of the queue page and of an area's, among many reports and among few."""
    with ExitStack() as closing:
        few, many = (_filled(ground, count, closing) for count in (FEW, MANY))
        ground.tell("looking at the queue of ten years")
        return [
            _compared(f"what is nearby, among {MANY:,} reports ÷ {FEW:,}", many.nearby, few.nearby, at_most_ms=None),
            _compared(f"the queue page, among {MANY:,} ÷ {FEW:,}", many.queue, few.queue, at_most_ms=SLOWEST_P95_MS),
            _compared(f"an area’s page, among {MANY:,} ÷ {FEW:,}", many.area, few.area, at_most_ms=None),
            _filling(many),
        ]


def _filling(decade: Decade) -> Measure:
    """Return the line of how long it took to fill in the larger store: a bench that takes ages is not run."""
    return Measure(
        what=f"filling in {MANY:,} reports",
        ours=f"{decade.filled_seconds:.0f} s",
        aim=f"< {SLOWEST_FILLING_SECONDS} s",
        met=decade.filled_seconds < SLOWEST_FILLING_SECONDS,
        figures={"filled_seconds": decade.filled_seconds},
    )


def _compared(
    what: str, ours: Callable[[int], None], reference: Callable[[int], None], *, at_most_ms: float | None
) -> Measure:
    """Return a line: the median cost of each by turns, and the 95th percentile of ours."""
    sides: dict[str, list[float]] = {"ours": [], "reference": []}
    ours(0), reference(0)
    for number in range(LOOKS * ROUNDS):
        for name, look in (("ours", ours), ("reference", reference)):
            started = time.perf_counter()
            look(number)
            sides[name].append((time.perf_counter() - started) * 1_000)
    medians = {name: statistics.median(taken) for name, taken in sides.items()}
    p95 = share(sides["ours"], 0.95)
    ratio = medians["ours"] / medians["reference"]
    aim = f"≤ {MOST_RATIO}" + (f", p95 < {at_most_ms} ms" if at_most_ms else "")
    return Measure(
        what=what,
        ours=f"p50 {medians['ours']:.1f}, p95 {p95:.1f} ms",
        reference=f"p50 {medians['reference']:.1f} ms",
        ratio=round(ratio, 2),
        aim=aim,
        met=ratio <= MOST_RATIO and (at_most_ms is None or p95 < at_most_ms),
        figures={"p50_ms": medians["ours"], "p95_ms": p95, "reference_p50_ms": medians["reference"]},
    )


def _filled(ground: Ground, count: int, closing: ExitStack) -> Decade:
    """Return a store with so many reports, `OPEN` of them open."""
    folder: Path = ground.folder / f"decade-{count}"
    base = Settings.from_env({"STREETSCENE_DATA": str(folder)})
    settings = replace(base, store_url=f"sqlite://{folder}/store?synchronous=off", rate_limit_factor=0)
    ctx = open_context("reports", settings, clock=SetClock(machine_now()))
    closing.callback(ctx.store.close)
    started = time.monotonic()
    places = [place for place in ctx.council.gazetteer.places if place.kind == "street"]
    documents, written = _documents(ctx, places, count), 0
    while batch := list(islice(documents, BATCH)):
        ctx.store.write_many(REPORTS.name, batch)
        written += len(batch)
        ground.tell(f"filling in {count:,} reports: {written:,}, {time.monotonic() - started:.0f} s")
    there = sum(ctx.store.count(REPORTS.name, {"open": is_open}, limit=count + 1) for is_open in (True, False))
    if there != count:
        raise AssertionError(f"{there:,} reports were filled in instead of {count:,}")
    filled_seconds = time.monotonic() - started
    client = create_app(ctx).test_client()
    user = User("bench", ("contact-centre", "manager"), "Bea Bench")
    client.set_cookie(
        "streetscene-user", sign(load_private_key(settings), user, use=COOKIE, lifetime=timedelta(hours=2))
    )
    return Decade(ctx, client, places, filled_seconds)


def _documents(ctx: ServiceContext, places: Sequence[Place], count: int) -> Iterator[Document]:
    """Return documents of reports over the years: each is a copy of a report that was accepted, elsewhere and then."""
    random = Random(SEED)
    now = ctx.clock.now()
    known = _Spots(ctx)
    patterns = [_accepted(ctx, place, number) for number, place in enumerate(places[:20])]
    for number in range(count - len(patterns)):
        is_open = number < OPEN - len(patterns)
        document = dict(random.choice(patterns))
        place = random.choice(places)
        spot, square = known.spot(place)
        days = 30 if is_open else 365 * YEARS * (count - OPEN) / (MANY - OPEN)
        reported_at = now - timedelta(minutes=random.randrange(1, round(60 * 24 * days)))
        # As if a crew took up to a week: so some of it changed lately that was reported before.
        closed_at = min(now, reported_at + timedelta(hours=random.randrange(4, 24 * 7)))
        report_id = new_id()
        history = [{"at": reported_at, "what": "received", "detail": None, "noted_at": reported_at}]
        changes = {
            "_id": report_id,
            "reference": public_reference(report_id, "FT"),
            "idempotency_key": f"bench-{number}",
            "reported_at": reported_at,
            "changed_at": reported_at,
            "due_at": reported_at + timedelta(days=7),
            "cell": square,
            "easting": spot["easting"],
            "northing": spot["northing"],
            "neighbourhood": place.neighbourhood,
            "ward": spot.get("ward", document["ward"]),
            "open": is_open,
            "deadline": reported_at + timedelta(days=7),
            "history": history,
        }
        if not is_open:
            closing = {"at": closed_at, "what": "closed", "detail": "cleared", "noted_at": closed_at}
            changes |= {"state": "closed", "closure": "cleared", "gone": True, "history": [*history, closing]}
            changes |= {"closed_at": closed_at, "changed_at": closed_at, "erase_from": closed_at}
        document["place"] = {**document["place"], **spot}
        yield {**document, **{name: value for name, value in changes.items() if name in document or name == "_id"}}


class _Spots:
    """Where places are, worked out once for each."""

    def __init__(self, ctx: ServiceContext) -> None:
        self._today = ctx.clock.now().date()
        self._council = ctx.council
        self._known: dict[str, tuple[Document, str]] = {}

    def spot(self, place: Place) -> tuple[Document, str]:
        """Return what a report's place says of a place, and its square of the grid."""
        if place.id not in self._known:
            easting, northing = (round(metres) for metres in to_grid(place.lat, place.lon))
            location = self._council.locate(place.lat, place.lon, self._today)
            found = {"lat": place.lat, "lon": place.lon, "easting": easting, "northing": northing}
            found |= {"place_id": place.id, "neighbourhood": place.neighbourhood}
            found |= {"ward": location.ward} if location else {}
            self._known[place.id] = found, cell(easting, northing)
        return self._known[place.id]


def _accepted(ctx: ServiceContext, place: Place, number: int) -> Document:
    """Return the document of a report that was accepted as any other."""
    submission = Submission(
        channel="web",
        lat=place.lat,
        lon=place.lon,
        place_id=place.id,
        waste_type="other-household",
        land_type="highway",
        size=("small-van", "car-boot", "transit-van")[number % 3],
        description="A made report of the bench, with as many words as people write about a mattress and some bags.",
    )
    report = accept_report(ctx, submission, idempotency_key=f"pattern-{number}")
    document = ctx.store.get(REPORTS.name, report.id)
    if document is None:
        raise AssertionError("an accepted report is not in the store")
    return {name: value for name, value in document.items() if name != "version"}
