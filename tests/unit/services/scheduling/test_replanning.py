"""When a day is planned again by itself, and what is published of how long jobs take."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.scheduling import days, forecasting, handlers, planning, replanning, store
from services.scheduling.domain.forecast import FEWEST_JOBS, rows_of
from services.scheduling.domain.plan import Plan
from services.scheduling.register import edit
from shared.calendar import LONDON, USUAL_WORKING_TIME, london_date
from shared.contracts import decode
from shared.contracts.envelope import Cause
from shared.ids import derived_id
from tests.builders import TUESDAY_MORNING

from .made import NOW, make_job
from .test_planner import REPORT, place_of

BY_HAND = Cause()


@pytest.fixture
def planned(ctx, clock):
    """A depot with a crew on shift and a published plan of twenty minutes ago."""
    handlers.start_shift(ctx, "crew-north-1", cause=BY_HAND)
    plan = Plan("plan-1", "north", london_date(TUESDAY_MORNING), TUESDAY_MORNING, "user-1", state="published")
    store.plans(ctx.store).add(plan, at=TUESDAY_MORNING, cause=BY_HAND)
    clock.advance(timedelta(minutes=20))
    return plan


def latest(ctx):
    return store.latest_plan(ctx.store, "north")


def urgent_job(make_job):
    return make_job(REPORT.format(80), place=place_of(1), waste_type="clinical", priority=1)


def test_an_urgent_job_has_the_day_planned_again(ctx, planned, make_job):
    assert urgent_job(make_job).priority == 1

    replanning.request_replans(ctx)

    assert (latest(ctx).state, latest(ctx).because, latest(ctx).requested_by) == ("requested", "urgent", "planner")


def test_looking_again_asks_no_second_time(ctx, clock, planned, make_job):
    urgent_job(make_job)
    replanning.request_replans(ctx)
    asked = latest(ctx)

    replanning.request_replans(ctx)
    clock.advance(timedelta(minutes=10))
    replanning.request_replans(ctx)

    assert latest(ctx) == asked


def test_an_ordinary_job_waits_for_the_hour(ctx, clock, planned, make_job):
    make_job(REPORT.format(81), place=place_of(2), priority=3)

    replanning.request_replans(ctx)
    assert latest(ctx).id == planned.id
    clock.advance(timedelta(minutes=40))
    replanning.request_replans(ctx)

    assert latest(ctx).because == "hourly"


def test_jobs_of_a_crew_that_is_gone_have_the_day_planned_again_but_only_those_of_a_plan(ctx, planned, make_job):
    job = make_job(REPORT.format(82), place=place_of(3), priority=3)
    handlers.assign_job(ctx, job.id, "crew-north-2", version=None, key=None, cause=BY_HAND)
    replanning.request_replans(ctx)
    assert latest(ctx).id == planned.id

    given = replace(store.jobs(ctx.store).require(job.id), plan_id="plan-1")
    store.jobs(ctx.store).save(given, [], at=TUESDAY_MORNING, cause=BY_HAND)
    replanning.request_replans(ctx)

    assert latest(ctx).because == "crew-lost"


def test_a_crew_whose_shift_is_still_to_come_is_not_lost_and_not_when_it_is_a_little_late(ctx, clock, make_job):
    clock.instant = datetime(2026, 11, 17, 6, 30, tzinfo=UTC)  # north 2 begins at 7
    handlers.start_shift(ctx, "crew-north-1", cause=BY_HAND)
    job = make_job(REPORT.format(84), place=place_of(3), priority=3)
    handlers.assign_job(ctx, job.id, "crew-north-2", version=None, key=None, cause=BY_HAND)
    given = replace(store.jobs(ctx.store).require(job.id), plan_id="plan-1")
    store.jobs(ctx.store).save(given, [], at=clock.now(), cause=BY_HAND)
    asked_at = clock.now() - timedelta(minutes=20)
    plan = Plan("plan-1", "north", london_date(clock.now()), asked_at, "user-1", state="published")

    def reason():
        return replanning.reason_to_plan(ctx, store.active_jobs(ctx.store), plan, clock.now())

    assert reason() is None
    assert "crew-north-2" in days.make_day(ctx, "north", clock.now()).day.crews
    clock.advance(timedelta(minutes=40))
    assert reason() is None
    clock.advance(timedelta(minutes=10))
    assert reason() == "crew-lost"
    assert "crew-north-2" not in days.make_day(ctx, "north", clock.now()).day.crews


def test_a_crew_that_has_lost_its_people_has_the_day_planned_again(ctx, clock, planned, make_job):
    job = make_job(REPORT.format(83), place=place_of(3), priority=3)
    handlers.assign_job(ctx, job.id, "crew-north-1", version=None, key=None, cause=BY_HAND)
    given = replace(store.jobs(ctx.store).require(job.id), plan_id="plan-1")
    store.jobs(ctx.store).save(given, [], at=TUESDAY_MORNING, cause=BY_HAND)
    replanning.request_replans(ctx)
    assert latest(ctx).id == planned.id

    for person in ("p-001", "p-002"):
        away = {"person_id": person, "from_on": "2026-11-17", "kind": "unplanned"}
        edit.put_row(ctx, "absences", away, version=0, by="Sam", cause=BY_HAND)
    replanning.request_replans(ctx)

    assert latest(ctx).because == "crew-lost"


def test_a_depot_is_planned_at_most_every_five_minutes(ctx, clock, planned, make_job):
    urgent_job(make_job)
    newer = replace(planned, id="plan-2", requested_at=clock.now() - timedelta(minutes=4))
    jobs = store.active_jobs(ctx.store)

    assert replanning.reason_to_plan(ctx, jobs, planned, clock.now()) == "urgent"
    assert replanning.reason_to_plan(ctx, jobs, newer, clock.now()) is None


def test_a_depot_that_nobody_planned_today_or_without_crews_is_left_alone(ctx, clock, make_job):
    urgent_job(make_job)
    replanning.request_replans(ctx)
    handlers.start_shift(ctx, "crew-north-1", cause=BY_HAND)
    replanning.request_replans(ctx)
    assert latest(ctx) is None

    plan = Plan("plan-0", "north", london_date(TUESDAY_MORNING) - timedelta(days=1), TUESDAY_MORNING, "user-1")
    assert replanning.reason_to_plan(ctx, [], replace(plan, state="published"), clock.now()) is None


def test_nothing_is_asked_while_the_planner_is_at_it(ctx, planned, make_job):
    urgent_job(make_job)
    asked = planning.request_plan(ctx, "north", by="user-1", cause=BY_HAND)

    replanning.request_replans(ctx)

    assert latest(ctx) == asked


def cleared(minutes, **changes):
    done = NOW + timedelta(minutes=minutes)
    return make_job(created_at=NOW, state="completed", outcome="cleared", completed_at=done, **changes)


def test_the_forecast_says_within_how_long_half_and_four_fifths_were_cleared():
    (row,) = rows_of([cleared(minutes) for minutes in (10, 20, 30, 40, 100)], USUAL_WORKING_TIME)

    assert (row.depot_id, row.priority, row.median_working_minutes, row.p80_working_minutes) == ("north", 3, 30, 40)


@pytest.mark.parametrize(
    ("made", "done", "minutes"),
    [
        ("2026-11-17T16:00", "2026-11-18T09:00", 2 * 60),  # over night
        ("2026-11-20T16:00", "2026-11-23T09:00", 2 * 60),  # over the weekend
        ("2026-11-20T16:00", "2026-11-21T11:00", 60),  # by the few who work on Saturday
        ("2026-11-21T10:00", "2026-11-21T11:00", 0),
        ("2026-12-24T16:00", "2026-12-29T09:00", 2 * 60),  # over Christmas, its weekend and Boxing Day's substitute
    ],
)
def test_the_forecast_counts_working_time(made, done, minutes):
    created, completed = (datetime.fromisoformat(text).replace(tzinfo=LONDON).astimezone(UTC) for text in (made, done))
    jobs = [replace(cleared(0), created_at=created, completed_at=completed) for _ in range(FEWEST_JOBS)]

    (row,) = rows_of(jobs, USUAL_WORKING_TIME)

    assert row.p80_working_minutes == minutes


def test_too_few_jobs_and_those_not_cleared_say_nothing():
    few = [cleared(10) for _ in range(FEWEST_JOBS - 1)]
    other = [cleared(10, priority=None), replace(cleared(10), outcome="not-found")]

    assert rows_of([*few, *other], USUAL_WORKING_TIME) == ()


def test_depots_and_priorities_have_a_row_each():
    jobs = [cleared(10, depot_id=depot, priority=each) for depot in ("b", "a") for each in (2, 1) for _ in range(5)]

    assert [(row.depot_id, row.priority) for row in rows_of(jobs, USUAL_WORKING_TIME)] == [
        ("a", 1),
        ("a", 2),
        ("b", 1),
        ("b", 2),
    ]


def test_the_forecast_is_published_once_a_day(ctx, clock):
    for number in range(FEWEST_JOBS):
        job = cleared(30 + number, id=f"job-{number}", report_id=f"report-{number}")
        created = clock.now() - timedelta(days=4)
        job = replace(job, created_at=created, completed_at=created + timedelta(minutes=30 + number))
        store.jobs(ctx.store).add(job, [], at=clock.now(), cause=BY_HAND)

    for _ in range(2):
        forecasting.publish_forecast(ctx)

    events = [decode(entry.body) for entry in ctx.store.log.read(after=0, limit=1000)]
    (event,) = [event for event in events if event.name == "forecast.published"]
    assert event.state["rows"] == [
        {"depot_id": "north", "priority": 3, "median_working_minutes": 32, "p80_working_minutes": 33}
    ]


def test_without_jobs_there_is_no_forecast(ctx):
    forecasting.publish_forecast(ctx)

    assert ctx.store.count("forecasts", {}) == 0


def test_a_job_that_took_long_counts_by_when_it_was_done(ctx, clock):
    for number in range(FEWEST_JOBS):
        done = clock.now() - timedelta(days=1)
        job = cleared(30, id=f"job-{number}", report_id=f"report-{number}")
        job = replace(job, created_at=done - timedelta(days=40), completed_at=done)
        store.jobs(ctx.store).add(job, [], at=clock.now(), cause=BY_HAND)

    forecasting.publish_forecast(ctx)

    (row,) = store.forecasts(ctx.store).get(derived_id("forecast", london_date(clock.now()).isoformat())).rows
    assert row.p80_working_minutes == 320 + 27 * 9 * 60 + 160  # 7 October from 11:40, 27 days, 16 November until 10:40


def test_old_jobs_count_no_more(ctx, clock):
    for number in range(FEWEST_JOBS):
        created = clock.now() - timedelta(days=40)
        job = cleared(30, id=f"job-{number}", report_id=f"report-{number}")
        store.jobs(ctx.store).add(
            replace(job, created_at=created, completed_at=created + timedelta(hours=1)),
            [],
            at=clock.now(),
            cause=BY_HAND,
        )

    forecasting.publish_forecast(ctx)

    assert ctx.store.log.last_position() >= 0
    assert not [entry for entry in ctx.store.log.read(after=0, limit=1000) if b"forecast" in bytes(entry.body)]
