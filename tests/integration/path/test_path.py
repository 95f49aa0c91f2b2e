"""The whole path with a process for each part over a real RabbitMQ: everything arrives, once, and nothing is personal.

Reports are accepted while the broker is down. The journey is the one that plants the canaries, so what goes over the
broker is searched for them as in `tests/e2e/test_canary.py`.
"""

import json
import os
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping

import pytest
import requests

from shared.bus.documents import list_parked
from shared.checks import run_checks
from shared.config import REPOSITORY, SERVICES
from shared.contracts.envelope import decode
from shared.service import ServiceContext
from tests.canaries.journey import Site, eventually, report_by_app, the_job
from tests.canaries.search import Place, missing, places_below, places_of_data, sightings
from tests.integration.path.conftest import tapped
from tests.proof.comparison import every, wait_for_rest
from tests.servers.distributed import Distributed

pytestmark = pytest.mark.timeout(240)

STOPS = ["report", "job", "crew", "tip", "ticket", "case", "notice", "told"]


def logged(contexts: Mapping[str, ServiceContext]) -> list[str]:
    """Return the id of every event in every service's log."""
    return [
        decode(event.body).id
        for context in contexts.values()
        for event in context.store.log.read(after=0, limit=100_000)
    ]


def check(system: Distributed) -> subprocess.CompletedProcess[str]:
    """Run `streetscene check` as an operator of the system would."""
    return subprocess.run(
        [sys.executable, "-m", "shared.cli", "check", "--json"],
        cwd=REPOSITORY,
        env={**os.environ, **system.environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_event_of_the_path_reaches_the_archive_once_and_none_is_dead(system, broker, journey):
    in_logs = logged(system.contexts)
    archived = [document["_id"] for document in every(system.contexts["operations"], "archive")]
    over_the_broker = {decode(message.partition(b"\n")[2]).id for _, message in tapped(broker)}

    assert Counter(archived) == Counter(in_logs)
    assert over_the_broker == set(in_logs)
    assert [parked for context in system.contexts.values() for parked in list_parked(context.store)] == []
    assert {event_type for event_type, _ in tapped(broker)} >= {
        "report.submitted.v1",
        "job.completed.v1",
        "vehicle.tipped.v1",
        "ticket.reconciled.v1",
        "evidence.received.v1",
        "notice.paid.v1",
    }


def test_the_follow_page_shows_every_stop(system, journey):
    site = Site(system.origin, system.credentials)
    path = f"/api/operations/v1/follow/{journey.walked.reference}"

    story = site.wait_for(path, "admin", lambda found: found if _is_complete(found) else None)

    assert [stop["stop"] for stop in story["path"]] == STOPS
    assert {event["service"] for event in story["events"]} == set(SERVICES) - {"operations", "accounts"}
    assert all(event["withheld"] == [] for event in story["events"])


def _is_complete(story: dict) -> bool:
    return bool(story) and all(stop["standing"] == "reached" for stop in story["path"])


def test_nothing_personal_goes_over_the_broker_or_into_a_service_that_it_was_not_given_to(system, broker, journey):
    places = [
        *(Place(f"message {event_type}", message) for event_type, message in tapped(broker)),
        *places_below(broker.folder, "broker"),
        *places_of_data(system.data),
        *(
            Place(f"metrics of {name}", requests.get(f"{system.url_of(name)}/metrics").content)
            for name in system.children
        ),
        *(Place(f"page {page.path}", page.text.encode()) for page in journey.walked.public),
    ]
    strays, found = sightings(journey.flock, places)

    assert [str(stray) for stray in strays] == []
    assert [str(absent) for absent in missing(journey.flock, found)] == []
    assert sum(place.name.startswith("message ") for place in places) > 25


def test_check_says_that_every_connection_is_well(system):
    checked = check(system)

    said = {check["what"]: check["ok"] for check in json.loads(checked.stdout)}
    assert checked.returncode == 0, checked.stdout
    assert said["broker (amqp)"] is True
    assert all(said.values())


def test_a_report_is_accepted_while_the_broker_is_down_and_delivered_when_it_is_back(system, broker, journey):
    site = Site(system.origin, system.credentials)

    broker.stop()
    try:
        eventually(lambda: _unready(system, "worker-reports"), what="the worker sees that the broker is gone")
        web = requests.get(f"{system.url_of('web-reports')}/health/ready", timeout=10)
        reference = report_by_app(site, defaultdict(str))
        before = site.get(f"/api/scheduling/v1/jobs?reference={reference}", "supervisor")["items"]
        shown = requests.get(f"{system.origin('/report')}/report/{reference}", timeout=10)
        wrong = [checked.what for checked in run_checks(system.environment) if not checked.ok]
    finally:
        broker.start()

    assert (web.status_code, web.json()["status"]) == (200, "ready")
    assert shown.ok
    assert before == []
    assert wrong == ["broker (amqp)"]
    assert the_job(site, reference)["state"] == "open"
    system.wait_until_ready()
    wait_for_rest(system.contexts)
    archived = [document["_id"] for document in every(system.contexts["operations"], "archive")]
    assert Counter(archived) == Counter(logged(system.contexts))


def _unready(system, name: str) -> bool:
    return requests.get(f"{system.url_of(name)}/health/ready", timeout=10).status_code == 503
