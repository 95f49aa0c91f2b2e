from datetime import timedelta

import pytest

from services.scheduling import dropping_out, handlers, phone, planner, planning, shift_day, store
from services.scheduling.availability import is_absent, why_unavailable
from services.scheduling.days import make_day
from services.scheduling.domain.register import said
from services.scheduling.register import edit
from shared.contracts.envelope import Cause
from shared.errors import DomainError, NotFound
from tests.builders import TUESDAY_MORNING

NORTH_1, NORTH_2 = "crew-north-1", "crew-north-2"
BY_HAND = Cause()


@pytest.fixture
def on_shift(ctx):
    for crew_id in (NORTH_1, NORTH_2):
        handlers.start_shift(ctx, crew_id, cause=BY_HAND)


@pytest.fixture
def two(ctx, on_shift, job, make_job):
    """One job under way with crew North 1, and one that it has still to go to."""
    other = make_job("0199d7b2-0000-7000-8000-00000000000c")
    for each in (job, other):
        handlers.assign_job(ctx, each.id, NORTH_1, version=None, key=None, cause=BY_HAND)
    begun = handlers.start_job(ctx, job.id, version=None, key=None, cause=BY_HAND)
    return begun, store.jobs(ctx.store).require(other.id)


@pytest.fixture
def act(ctx):
    """What a phone of crew North 1 sends now, under an id."""
    crew = store.crews(ctx.store).require(NORTH_1)
    return lambda action_id: phone.act_of(ctx, crew, action_id, None)


def absent(ctx, crew_id=NORTH_1, reason="sickness"):
    return dropping_out.record_absence(ctx, crew_id, reason, by="user", cause=BY_HAND)


def vehicle_of(ctx, crew_id=NORTH_1):
    return str(store.crews(ctx.store).require(crew_id).vehicle_id)


def test_the_stops_of_an_absent_crew_go_back_but_for_the_one_under_way(ctx, two):
    begun, other = two

    given_back = absent(ctx)

    assert [job.id for job in given_back] == [other.id]
    assert (given_back[0].state, given_back[0].crew_id) == ("open", None)
    assert store.jobs(ctx.store).require(begun.id) == begun
    assert store.current_shift(ctx.store, NORTH_1) is None
    assert store.latest_plan(ctx.store, "north").because == "crew-lost"


@pytest.mark.parametrize(
    ("drop", "why"),
    [
        (absent, "North street crew 1 is absent today"),
        (
            lambda ctx: dropping_out.take_off_road(ctx, vehicle_of(ctx), by="user", cause=BY_HAND),
            "DEMO-101, the vehicle of North street crew 1, is off the road",
        ),
    ],
)
def test_the_next_proposal_says_from_whom_a_job_comes_and_why(ctx, two, make_job, drop, why):
    _, other = two
    third = make_job("0199d7b2-0000-7000-8000-00000000000d")
    handlers.assign_job(ctx, third.id, NORTH_2, version=None, key=None, cause=BY_HAND)
    drop(ctx)

    assert planner.plan_next(ctx, seconds=0.2)

    words = [each.words for each in store.latest_plan(ctx.store, "north").proposal.changes if each.job_id == other.id]
    assert words == [f"{other.reference} moves from North street crew 1 to North street crew 2: {why}"]


def test_an_absence_that_is_recorded_twice_is_one(ctx, two):
    absent(ctx)
    before = ctx.store.log.last_position()

    assert absent(ctx) == []
    assert ctx.store.log.last_position() == before


def test_an_absent_crew_is_given_nothing_until_it_has_come(ctx, two):
    absent(ctx)
    _, other = two

    with pytest.raises(DomainError, match="is not there today"):
        handlers.assign_job(ctx, other.id, NORTH_1, version=None, key=None, cause=BY_HAND)
    assert NORTH_1 not in make_day(ctx, "north", TUESDAY_MORNING).day.crews

    dropping_out.end_absence(ctx, NORTH_1, cause=BY_HAND)
    dropping_out.end_absence(ctx, NORTH_1, cause=BY_HAND)
    assert handlers.assign_job(ctx, other.id, NORTH_1, version=None, key=None, cause=BY_HAND).crew_id == NORTH_1


def test_a_crew_that_has_come_may_be_absent_again(ctx, on_shift):
    absent(ctx)
    dropping_out.end_absence(ctx, NORTH_1, cause=BY_HAND)

    absent(ctx, reason="other-work")

    assert is_absent(ctx, NORTH_1, TUESDAY_MORNING)


def test_an_absence_is_for_one_day(ctx, on_shift):
    absent(ctx)

    assert is_absent(ctx, NORTH_1, TUESDAY_MORNING)
    assert not is_absent(ctx, NORTH_1, TUESDAY_MORNING + timedelta(days=1))


def test_an_unknown_crew_and_reason_are_refused_and_nothing_is_done(ctx, two):
    _, other = two
    with pytest.raises(DomainError):
        absent(ctx, "crew-nowhere")
    with pytest.raises(DomainError, match="why the crew"):
        absent(ctx, reason="tired")

    assert store.jobs(ctx.store).require(other.id) == other


def test_a_vehicle_off_the_road_gives_its_crews_stops_back_and_is_told_of_once(ctx, two):
    begun, other = two

    given_back = dropping_out.take_off_road(ctx, vehicle_of(ctx), by="user", cause=BY_HAND)
    before = ctx.store.log.last_position()

    assert [job.id for job in given_back] == [other.id]
    assert store.vehicles(ctx.store).require(vehicle_of(ctx)).state == "off-road"
    assert store.jobs(ctx.store).require(begun.id).state == "started"
    assert dropping_out.take_off_road(ctx, vehicle_of(ctx), by="user", cause=BY_HAND) == []
    assert ctx.store.log.last_position() == before


def test_nobody_is_sent_with_a_vehicle_that_is_off_the_road(ctx, two):
    _, other = two
    dropping_out.take_off_road(ctx, vehicle_of(ctx), by="user", cause=BY_HAND)

    assert "off the road" in str(why_unavailable(ctx, store.crews(ctx.store).require(NORTH_1), TUESDAY_MORNING))
    with pytest.raises(DomainError, match="off the road"):
        handlers.assign_job(ctx, other.id, NORTH_1, version=None, key=None, cause=BY_HAND)
    dropping_out.put_on_road(ctx, vehicle_of(ctx), cause=BY_HAND)
    assert handlers.assign_job(ctx, other.id, NORTH_1, version=None, key=None, cause=BY_HAND).crew_id == NORTH_1


def test_a_first_start_keeps_a_vehicle_off_the_road(ctx, on_shift):
    dropping_out.take_off_road(ctx, vehicle_of(ctx), by="user", cause=BY_HAND)

    handlers.ensure_fleet(ctx)

    assert store.vehicles(ctx.store).require(vehicle_of(ctx)).state == "off-road"


def test_a_stopping_defect_takes_the_stops_and_the_planner_sends_nobody_before_it_is_put_back(ctx, two, act):
    begun, other = two

    shift_day.check_vehicle(ctx, act("check-1"), ["brakes"], "", None, cause=BY_HAND)

    def planned():
        return NORTH_1 in make_day(ctx, "north", TUESDAY_MORNING).day.crews

    assert store.jobs(ctx.store).require(other.id).state == "open"
    assert store.jobs(ctx.store).require(begun.id).state == "started"
    assert not planned()
    dropping_out.put_on_road(ctx, vehicle_of(ctx), cause=BY_HAND)
    assert planned()


def test_a_check_that_arrives_after_the_vehicle_was_put_back_is_kept_and_stops_it_no_second_time(ctx, clock, on_shift):
    crew = store.crews(ctx.store).require(NORTH_1)
    found_at = clock.now()
    dropping_out.take_off_road(ctx, vehicle_of(ctx), by="user", cause=BY_HAND)
    clock.advance(timedelta(hours=1))
    dropping_out.put_on_road(ctx, vehicle_of(ctx), cause=BY_HAND)
    clock.advance(timedelta(hours=1))

    late = phone.act_of(ctx, crew, "check-1", found_at)
    check = shift_day.check_vehicle(ctx, late, ["brakes"], "", None, cause=BY_HAND)

    assert (check.is_open, check.keeps_in) == (True, True)
    assert store.vehicles(ctx.store).require(vehicle_of(ctx)).state == "on-road"
    shift_day.check_vehicle(ctx, phone.act_of(ctx, crew, "check-2", None), ["brakes"], "", None, cause=BY_HAND)
    assert store.vehicles(ctx.store).require(vehicle_of(ctx)).state == "off-road"


def test_the_register_does_not_put_back_what_a_crews_check_has_taken_off(ctx, on_shift, clock, act):
    vehicle_id = vehicle_of(ctx)
    row = edit.world_of(ctx).table("vehicles").require(vehicle_id)
    texts = {name: value if isinstance(value, list) else said(value) for name, value in row.values.items()}
    off = {**texts, "off_road_from": "2026-11-17", "off_road_to": "2026-11-17"}
    edit.put_row(ctx, "vehicles", off, version=row.version, by="user", cause=BY_HAND)
    with pytest.raises(DomainError, match="Change its days in the register"):
        dropping_out.put_on_road(ctx, vehicle_id, cause=BY_HAND)
    shift_day.check_vehicle(ctx, act("check-1"), ["brakes"], "", None, cause=BY_HAND)

    clock.advance(timedelta(days=1))
    handlers.ensure_fleet(ctx)

    assert store.vehicles(ctx.store).require(vehicle_id).state == "off-road"
    assert dropping_out.put_on_road(ctx, vehicle_id, cause=BY_HAND).state == "on-road"


def test_a_published_plan_gives_nothing_to_a_crew_that_drops_out_while_it_is_carried_out(ctx, on_shift, job, pump):
    plan = planning.request_plan(ctx, "north", by="user", cause=BY_HAND)
    planner.plan_next(ctx, seconds=0.1)
    made = store.plans(ctx.store).require(plan.id)
    planning.publish_plan(ctx, plan.id, version=made.version, cause=BY_HAND)
    crew_id = made.proposal.stops[0].crew_id

    dropping_out.record_absence(ctx, crew_id, "sickness", by="user", cause=BY_HAND)
    pump.drain()

    assert store.jobs(ctx.store).require(job.id).state == "open"
    assert store.plans(ctx.store).require(plan.id).skipped == (job.id,)


def test_an_unknown_vehicle_is_not_found(ctx):
    with pytest.raises(NotFound):
        dropping_out.take_off_road(ctx, "nothing", by="user", cause=BY_HAND)


def test_a_crash_before_the_stops_went_back_is_finished_by_the_timer(ctx, two, monkeypatch):
    begun, other = two
    monkeypatch.setattr(dropping_out, "_drop", lambda ctx, crew, why, *, by, cause: [])
    absent(ctx)
    monkeypatch.undo()
    assert store.jobs(ctx.store).require(other.id).state == "assigned"

    dropping_out.finish_dropping_out(ctx)
    dropping_out.finish_dropping_out(ctx)

    assert store.jobs(ctx.store).require(other.id).state == "open"
    assert store.jobs(ctx.store).require(begun.id).state == "started"


def test_a_proposal_for_a_crew_that_drops_out_can_not_be_published(ctx, on_shift, job):
    from services.scheduling import planner

    plan = planning.request_plan(ctx, "north", by="user", cause=BY_HAND)
    planner.plan_next(ctx, seconds=0.1)
    crew_id = store.plans(ctx.store).require(plan.id).proposal.stops[0].crew_id
    absent(ctx, crew_id)

    with pytest.raises(DomainError, match="can’t be published any more"):
        planning.publish_plan(ctx, plan.id, version=None, cause=BY_HAND)
