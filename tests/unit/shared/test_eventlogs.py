"""Event logs from the command line: what may be archived, that archives are whole, and what can still be replayed."""

import gzip
import json
from datetime import UTC, datetime, timedelta

import pytest

from shared.bus.documents import request_replay, write_progress
from shared.clock import machine_now
from shared.config import SERVICES
from shared.errors import ConfigError
from shared.eventlogs import archivable_up_to, archive, replayable, tail
from shared.processes import subscriptions_of
from tests.builders import City

SUBSCRIPTIONS = {service: subscriptions_of(service) for service in SERVICES}


@pytest.fixture
def city(tmp_path):
    """A city in which two reports were made, and everything is handled and remembered."""
    city = City(tmp_path)
    for _ in range(2):
        city.client().post("/open311/v2/requests.json", data=form(city))
    city.pump.drain()
    city.pump.save_progress()
    yield city
    city.close()


def form(city):
    """A fly-tip as another system reports it."""
    return {
        "api_key": city.credentials["tokens"]["open311"],
        "service_code": "fly-tipping",
        "lat": "53.4060",
        "long": "-2.9660",
        "description": "Tyres",
        "attribute[waste_type]": "tyres",
    }


def up_to(city, service="reports"):
    """The position up to which a log may be archived."""
    return archivable_up_to(service, city.contexts, SUBSCRIPTIONS)


def tomorrow():
    """Later than everything that was recorded."""
    return machine_now() + timedelta(days=1)


def test_what_everybody_has_handled_may_be_archived(city):
    assert up_to(city) == city.contexts["reports"].store.log.last_position() > 0


def test_what_one_consumer_has_not_handled_stays(city):
    write_progress(city.contexts["scheduling"].store, [("scheduling.reports", "reports", 1)])

    assert up_to(city) == 1


def test_a_new_consumer_without_progress_keeps_the_whole_log(city):
    progress = city.contexts["operations"].store.get("progress", "operations.archive|reports")
    city.contexts["operations"].store.delete("progress", progress["_id"])

    assert up_to(city) == 0
    assert archive(city.contexts["reports"], before=tomorrow(), up_to=up_to(city), folder=city.settings.data) == (
        0,
        None,
    )


def test_what_is_not_published_stays(city):
    before = up_to(city)
    city.client().post("/open311/v2/requests.json", data=form(city))

    assert city.contexts["reports"].store.log.last_position() > before
    assert up_to(city) == before


def test_what_a_replay_was_asked_for_stays(city):
    request_replay(city.contexts["reports"].store, consumer="scheduling.reports", first=2)

    assert up_to(city) == 1


def test_an_archive_holds_every_event_that_has_left_the_log(city, tmp_path):
    log = city.contexts["reports"].store.log
    before = [event.body for event in log.read(after=0)]
    seen = []

    count, file = archive(
        city.contexts["reports"],
        before=tomorrow(),
        up_to=len(before) - 1,
        folder=tmp_path / "archive",
        on_batch=seen.append,
    )

    archived = gzip.decompress(file.read_bytes()).splitlines()
    assert count == len(before) - 1
    assert archived == before[:-1]
    assert [event.body for event in log.read(after=0)] == before[-1:]
    assert all(json.loads(line)["specversion"] == "1.0" for line in archived)
    assert seen == [len(before) - 1]


def test_what_is_younger_than_the_day_stays(city, tmp_path):
    count, file = archive(
        city.contexts["reports"],
        before=datetime(2020, 1, 1, tzinfo=UTC),
        up_to=up_to(city),
        folder=tmp_path / "archive",
    )

    assert (count, file) == (0, None)
    assert not (tmp_path / "archive").exists()


def test_an_archive_that_cannot_be_written_leaves_the_log_alone(city, tmp_path):
    (tmp_path / "archive").write_text("in the way")
    log = city.contexts["reports"].store.log
    before = len(log.read(after=0))

    with pytest.raises(ConfigError, match="can't be written"):
        archive(city.contexts["reports"], before=tomorrow(), up_to=before, folder=tmp_path / "archive")

    assert len(log.read(after=0)) == before


def test_the_system_goes_on_after_its_log_was_archived(city, tmp_path):
    for service in SERVICES:
        archive(city.contexts[service], before=tomorrow(), up_to=up_to(city, service), folder=tmp_path / "archive")

    reference = city.client().post("/open311/v2/requests.json", data=form(city)).json[0]["service_request_id"]
    city.pump.drain()

    answer = city.client().get(f"/api/scheduling/v1/jobs?reference={reference}", headers=city.token("supervisor"))
    assert len(answer.json["items"]) == 1


def test_a_replay_of_what_is_archived_is_refused_or_shortened(city, tmp_path):
    reports = city.contexts["reports"]
    end = reports.store.log.last_position()
    archive(reports, before=tomorrow(), up_to=2, folder=tmp_path / "archive")

    assert replayable(reports, first=1, last=None) == (3, end)
    assert replayable(reports, first=3, last=end) == (3, end)
    with pytest.raises(ConfigError, match="positions 1 to 2 of reports are archived"):
        replayable(reports, first=1, last=2)


@pytest.mark.parametrize(("first", "last"), [(5, 4), (1_000, None), (1_000, 2_000)])
def test_a_replay_of_nothing_is_refused(city, first, last):
    with pytest.raises(ConfigError, match="ends at"):
        replayable(city.contexts["reports"], first=first, last=last)


def test_the_tail_shows_the_latest_of_all_logs_with_their_services(city):
    shown = list(tail(city.contexts, last=3, follow=False))

    assert len(shown) == 3
    assert [event.recorded_at for _, event in shown] == sorted(event.recorded_at for _, event in shown)
    assert {service for service, _ in shown} <= set(SERVICES)
    assert list(tail(city.contexts, last=0, follow=False)) == []
