"""A demonstration's past: where it ends, and that one of everything is in it. Made once, without random days."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from rich.console import Console

from deploy.demo.live import open_demo_store
from deploy.demo.past import ensure_past, last_tuesday
from deploy.demo.volumes import load_volumes
from shared.bus.documents import open_replays
from shared.calendar import london_date
from shared.clock import machine_now
from shared.config import SERVICES
from shared.processes import open_contexts, part, read_clock
from shared.web.keys import ensure_keys
from tests.builders import make_settings


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    settings = make_settings(tmp_path_factory.mktemp("past"), demo=True, demo_days=0)
    ensure_keys(settings)
    ensure_past(settings, Console(quiet=True))
    return settings


@pytest.fixture(scope="module")
def contexts(settings):
    with open_contexts(SERVICES, settings) as contexts:
        yield contexts


@pytest.fixture(scope="module")
def demo(settings):
    store = open_demo_store(settings)
    yield store
    store.close()


@pytest.fixture
def story(contexts, demo):
    def of(role):
        reference = demo.get("cast", role)["reference"]
        return part("operations", "story").read_story(contexts["operations"].store, reference)

    return of


def events(journey):
    return [step.event.type.removesuffix(".v1") for step in journey.steps]


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (datetime(2026, 11, 22, 3, 0, tzinfo=UTC), datetime(2026, 11, 17, 10, 40, tzinfo=UTC)),
        (datetime(2026, 11, 17, 10, 39, tzinfo=UTC), datetime(2026, 11, 10, 10, 40, tzinfo=UTC)),
        (datetime(2026, 11, 17, 10, 40, tzinfo=UTC), datetime(2026, 11, 17, 10, 40, tzinfo=UTC)),
        (datetime(2026, 7, 8, 12, 0, tzinfo=UTC), datetime(2026, 7, 7, 9, 40, tzinfo=UTC)),
    ],
)
def test_the_past_ends_last_tuesday_at_twenty_to_eleven_in_london(now, expected):
    assert last_tuesday(now) == expected


def test_july_brings_more_than_february():
    volumes = load_volumes()

    assert volumes.reports_on(date(2026, 7, 1)) == pytest.approx(79.2)
    assert volumes.reports_on(date(2026, 2, 1)) == pytest.approx(42)
    assert sum(volumes.season) == 1200


def test_the_councils_clock_starts_where_the_past_ends_and_runs_twenty_times_as_fast(demo):
    setting = read_clock(demo)

    assert setting.council == last_tuesday(machine_now())
    assert setting.speed == 20


def test_one_report_went_all_the_way_from_the_alley_to_a_penalty_paid_on_the_ninth_day(story):
    path = story("path")

    happened = events(path)
    for expected in (
        "report.submitted",
        "report.merged",
        "job.assigned",
        "job.started",
        "job.completed",
        "vehicle.tipped",
        "ticket.recorded",
        "case.opened",
        "notice.issued",
        "notice.served",
        "notice.paid",
        "report.notified",
    ):
        assert expected in happened, expected
    notice = next(step.event for step in path.steps if step.event.type == "notice.paid.v1").state
    assert notice["amount_pence"] == 75_000
    assert (notice["paid_on"] - notice["issued_on"]).days == 9
    held = [step.event.data["change"] for step in path.steps if step.event.type == "job.amended.v1"]
    assert held[:2] == ["held", "released"]


def test_it_was_the_fifth_time_in_sixty_days_in_that_alley(contexts, story):
    report = story("path").report
    before = report["reported_at"] - timedelta(days=60)
    same = [
        story(role).report
        for role in ("earlier-1", "earlier-2", "earlier-3", "earlier-4")
        if story(role).report["reported_at"] > before
    ]

    assert {one["place"]["place_id"] for one in same} == {report["place"]["place_id"]}
    assert len(same) == 4


def test_no_crew_may_take_the_asbestos(contexts, demo):
    reference = demo.get("cast", "asbestos")["reference"]
    job = contexts["scheduling"].store.find("jobs", {"reference": reference}).items[0]

    assert job["state"] == "open"
    assert job["contractor"]


def test_the_others_of_the_cast_ended_otherwise(story):
    assert story("second-reporter").report["closure"] == "duplicate"
    assert story("private-land").report["state"] == "referred"
    assert events(story("still-there"))[-2:].count("report.reopened") or "report.reopened" in events(
        story("still-there")
    )
    assert "notice.cancelled" in events(story("cancelled"))
    overdue = events(story("overdue"))
    assert overdue.index("notice.served") < overdue.index("notice.overdue")


def test_the_crew_of_the_cast_was_signed_on_and_off_on_every_day_that_it_worked(contexts, settings):
    scheduling = contexts["scheduling"]
    today = last_tuesday(machine_now()).date()
    shifts, _ = part("scheduling", "store").shifts(scheduling.store).find({}, sort=(("started_at", 1),), limit=500)
    past = [shift for shift in shifts if london_date(shift.started_at) < today]

    assert len({london_date(shift.started_at) for shift in past}) == len(past) >= 8
    assert all(timedelta(hours=6) < shift.ended_at - shift.started_at < timedelta(hours=8) for shift in past)


def test_one_damaged_message_waits_for_the_relay(contexts):
    requests = open_replays(contexts["reports"].store)

    assert [(one["consumer"], one["damaged"]) for one in requests] == [("operations.archive", True)]


def test_a_past_is_made_once(settings):
    before = sorted(path.name for path in settings.data.iterdir())

    ensure_past(replace(settings, demo_days=3), Console(quiet=True))

    assert sorted(path.name for path in settings.data.iterdir()) == before


def test_what_is_still_to_happen_is_stored(demo):
    state = demo.get("simulation", "simulation")["state"]

    assert state["planned_to"] == last_tuesday(machine_now()).date().isoformat()
    assert "report" in {act["name"] for act in state["acts"]}
