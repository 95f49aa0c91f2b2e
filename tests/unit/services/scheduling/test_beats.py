"""Beats: one job for each day that they are due, whoever asks and however often."""

from datetime import UTC, date, datetime, timedelta

import pytest

from services.scheduling import beats, days, handlers, planner, planning, store
from services.scheduling.domain.beats import Beat
from services.scheduling.register import edit
from shared.contracts import decode
from shared.contracts.envelope import Cause
from shared.ids import derived_id

BY_HAND = Cause()
WEDNESDAY = datetime(2026, 11, 18, 5, tzinfo=UTC)
OAKFIELD = "beat-oakfield-road"


def job_on(ctx, day, beat=OAKFIELD):
    return store.jobs(ctx.store).get(derived_id("beat", beat, day))


def types_of(ctx, job_id):
    events = [decode(event.body) for event in ctx.store.log.read(after=0, limit=500)]
    return [event.type for event in events if event.subject == job_id]


@pytest.fixture
def made(ctx, clock):
    clock.instant = WEDNESDAY
    beats.make_beat_jobs(ctx)
    return job_on(ctx, "2026-11-18")


def test_a_beat_that_is_due_makes_its_job(ctx, made):
    assert (made.state, made.kind, made.report_id, made.title) == (
        "open",
        "proactive",
        None,
        "Oakfield Road, sweep and litter",
    )
    assert (made.place_id, made.work_minutes, made.crew_kind) == ("oakfield-road", 40, "street")
    assert job_on(ctx, "2026-11-18", "beat-easterby-lane") is None  # on Tuesdays and Thursdays


def test_asking_again_makes_no_second_job(ctx, made):
    before = ctx.store.log.last_position()

    beats.make_beat_jobs(ctx)

    assert ctx.store.log.last_position() == before
    assert types_of(ctx, made.id) == ["job.created.v1"]


def test_two_workers_at_once_make_one_job(ctx, clock, monkeypatch):
    clock.instant = WEDNESDAY
    repository = store.jobs(ctx.store)
    beats.make_beat_jobs(ctx)
    monkeypatch.setattr(type(repository), "get", lambda _self, _id: None)  # as the other saw it a moment ago

    beats.make_beat_jobs(ctx)

    assert types_of(ctx, derived_id("beat", OAKFIELD, "2026-11-18")) == ["job.created.v1"]


def test_a_retired_beat_makes_nothing(ctx, clock):
    clock.instant = WEDNESDAY
    edit.retire_row(ctx, "beats", OAKFIELD, version=1, by="Sam", cause=BY_HAND)

    beats.make_beat_jobs(ctx)

    assert job_on(ctx, "2026-11-18") is None


def test_a_round_that_nobody_began_is_called_off_by_the_next(ctx, clock, made):
    clock.instant = WEDNESDAY + timedelta(days=2)

    beats.make_beat_jobs(ctx)

    missed = job_on(ctx, "2026-11-18")
    assert (missed.state, missed.cancelled_because) == ("cancelled", "next-round")
    assert job_on(ctx, "2026-11-20").state == "open"


def test_a_round_that_a_crew_is_at_is_left_to_it(ctx, clock, made):
    handlers.assign_job(ctx, made.id, "crew-north-1", version=None, key=None, cause=BY_HAND)
    handlers.start_job(ctx, made.id, version=None, key=None, cause=BY_HAND)
    clock.instant = WEDNESDAY + timedelta(days=2)

    beats.make_beat_jobs(ctx)

    assert job_on(ctx, "2026-11-18").state == "started"


def test_a_beat_is_planned_for_the_kind_of_crew_that_it_is_for(ctx, clock, made):
    clock.instant = WEDNESDAY + timedelta(hours=3)
    day = days.make_day(ctx, "north", clock.now()).day

    planned = day.jobs[made.id]
    assert (planned.work_seconds, planned.kg, planned.litres) == (2400, 0, 0)
    assert {crew.id for crew in day.crews.values() if crew.can_do(planned)} == {"crew-north-1", "crew-north-2"}
    plan = planning.request_plan(ctx, "north", by="user-1", cause=BY_HAND)
    planner.plan_next(ctx, seconds=0.3)
    assert made.id in {stop.job_id for stop in store.plans(ctx.store).require(plan.id).proposal.stops}


def test_a_crew_does_it_like_any_other_job_and_it_leaves_no_load(ctx, made, photo):
    handlers.assign_job(ctx, made.id, "crew-north-1", version=None, key=None, cause=BY_HAND)
    handlers.start_job(ctx, made.id, version=None, key=None, cause=BY_HAND)

    done = handlers.complete_job(
        ctx, made.id, handlers.Finish("cleared", photo=photo), version=None, key=None, cause=BY_HAND
    )

    assert (done.state, done.estimated_kg, done.is_untipped) == ("completed", None, False)
    assert types_of(ctx, made.id) == [f"job.{name}.v1" for name in ("created", "assigned", "started", "completed")]


@pytest.mark.parametrize(
    ("day", "is_due"),
    [
        (date(2026, 11, 2), False),
        (date(2026, 11, 3), True),
        (date(2026, 11, 4), False),
        (date(2026, 11, 10), False),
        (date(2026, 11, 17), True),
        (date(2026, 12, 15), True),
        (date(2026, 12, 29), False),
    ],
)
def test_every_second_week_is_counted_from_the_first(day, is_due):
    beat = Beat("b", "B", "here", "north", ("tue",), 30, date(2026, 11, 3), every_weeks=2, to_on=date(2026, 12, 20))

    assert beat.is_due(day) is is_due
