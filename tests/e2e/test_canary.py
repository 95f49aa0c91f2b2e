"""Personal data stays where it was given: a canary in every personal field and free text of the whole journey.

It must be found in its owner's store, which shows that the search sees it, and nowhere else: in no event, parked
message, log, metric, page of somebody else, or other service's store; but for the sealed custody parcel. What is said
on a RabbitMQ node is searched in `tests/integration/path`.
"""

import base64
import json
from urllib.parse import quote

import pytest
import requests

from shared.config import SERVICES, Settings
from shared.processes import open_contexts
from tests.canaries.canaries import STEM, Canary, Flock, planted
from tests.canaries.journey import Site, walk
from tests.canaries.search import Place, missing, places_of_data, sightings
from tests.proof.comparison import wait_for_rest
from tests.servers.system import running_system

PORTS = {"web": 0, "worker": 1, "planner": 3}


@pytest.mark.timeout(240)
def test_what_people_say_in_confidence_is_found_nowhere_but_where_it_belongs(tmp_path):
    flock = Flock()
    texts = planted(flock)
    data = tmp_path / "data"

    with running_system(data, demo=False, STREETSCENE_LOG_LEVEL="DEBUG") as system:
        walked = walk(Site(lambda _: system.url, system.credentials), texts)
        settings = Settings.from_env({"STREETSCENE_DATA": str(data), "STREETSCENE_PORT": str(system.port)})
        with open_contexts(SERVICES, settings) as contexts:
            wait_for_rest(contexts)
            told = [
                Place(f"log of {service}, {event.type}", event.body)
                for service, context in contexts.items()
                for event in context.store.log.read(after=0, limit=1000)
            ]
        metrics = [
            Place(
                f"metrics of {name}", requests.get(f"http://127.0.0.1:{system.port + port}/metrics", timeout=30).content
            )
            for name, port in PORTS.items()
        ]
        # While it runs: what a stopped store would fold into its file is still in the write-ahead log.
        places = [*told, *metrics, *places_of_data(data)]
    places += [Place(f"log {file.name}", file.read_bytes()) for file in [*data.glob("logs/*"), tmp_path / "data.log"]]
    places += [Place(f"page {page.path}", page.text.encode()) for page in walked.public]
    strays, found = sightings(flock, places)

    assert [str(stray) for stray in strays] == []
    assert [str(absent) for absent in missing(flock, found)] == []
    assert len(told) > 25
    assert {place.name for place in places} >= {f"{service}.events" for service in SERVICES if service != "operations"}
    assert {"operations.archive", "log web.log", "log worker.log", "log planner.log"} <= {p.name for p in places}


@pytest.mark.parametrize(
    "disguise",
    [
        str,
        str.upper,
        str.lower,
        lambda text: quote(f"a b/{text}é"),
        lambda text: json.dumps({"who": f"“{text}”\n"}),
        lambda text: base64.b64encode(text.encode()).decode(),
        lambda text: base64.b64encode(f"x{text}yz".encode()).decode(),
        lambda text: base64.urlsafe_b64encode(f"??{text}~~".encode()).decode(),
        lambda text: text.encode().hex(),
        lambda text: text.encode().hex().upper(),
        lambda text: text.encode("utf-16").decode("latin-1"),
    ],
)
def test_a_canary_is_seen_through_its_disguises(disguise):
    canary = Canary("form: name", "Kanari0a1b2c3d4e5f")
    disguised = f"before {disguise(canary.mark)} after".encode("latin-1")

    assert STEM.is_in(disguised)
    assert canary.is_in(disguised)
    assert not canary.is_in(f"before {disguise('Kanari0a1b9c3d4e5f')} after".encode("latin-1"))


@pytest.mark.parametrize("written", ["07700900123", "+44 7700 900 123", "+44%207700%20900%20123", "(07700) 900-123"])
def test_a_telephone_number_is_seen_however_it_is_written(written):
    canary = Canary("form: phone", "7700900123")

    assert canary.is_in(f"call {written} now".encode())
    assert not canary.is_in(b"call 07700 900 124 now")


def test_a_canary_out_of_its_place_is_a_sighting_and_one_that_is_not_there_is_missing():
    canary = Canary("form: name", "Kanari0a1b2c3d4e5f", lives_in=frozenset({"reports.reports"}))
    text = b"... Kanari0a1b2c3d4e5f ..."
    places = [Place("reports.reports", text), Place("file store/reports.sqlite3", text, service="reports")]
    elsewhere = [Place("reports.events", text), Place("file store/tonnage.sqlite3", text, service="tonnage")]

    strays, found = sightings([canary], places)
    wrong, _ = sightings([canary], elsewhere)

    assert strays == []
    assert missing([canary], found) == []
    assert [stray.place for stray in wrong] == ["file store/tonnage.sqlite3", "reports.events"]
    assert missing([canary], {"form: name": set()}) != []
