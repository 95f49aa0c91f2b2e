import re
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from threading import Event as Signal
from threading import Thread

import pytest

from services.scheduling import (
    days,
    handlers,
    phone,
    planner,
    planning,
    proposing,
    shift_day,
    store,
    tipping,
    unanswered,
)
from services.scheduling.domain import job as rules
from services.scheduling.domain.plan import Proposal, Unplanned
from services.scheduling.domain.what_if import WhatIf
from services.scheduling.rounds import make
from services.scheduling.rounds.check import Broken
from services.scheduling.sheets import STEP
from shared.calendar import london_date
from shared.contracts.envelope import Cause
from shared.errors import Conflict, DomainError
from tests.builders import TUESDAY_MORNING

BY_HAND = Cause()
REPORT = "0199d7b2-0000-7000-8000-0000000001{:02d}"


def place_of(number):
    return {
        "lat": 53.43 + number / 200,
        "lon": -2.98 + number % 3 / 100,
        "easting": 335000,
        "northing": 392000,
        "place_precision": "exact",
        "place_id": None,
        "ward": "everton-north",
        "neighbourhood": "kirkdale-and-everton",
    }


@pytest.fixture
def jobs(make_job):
    return [make_job(REPORT.format(number), place=place_of(number)) for number in range(6)]


@pytest.fixture
def published(ctx, jobs, pump):
    """A day whose plan is published, with all crews of the depot on shift."""
    for crew in ("crew-north-1", "crew-north-2"):
        handlers.start_shift(ctx, crew, cause=BY_HAND)
    plan = answered(ctx, ask(ctx))
    planning.publish_plan(ctx, plan.id, version=plan.version, cause=BY_HAND)
    pump.drain()
    return store.plans(ctx.store).require(plan.id)


@pytest.fixture
def supervisor(browser):
    return browser("supervisor")


def ask(ctx, **options):
    return planning.request_plan(ctx, "north", by="user-1", cause=BY_HAND, **options)


def answered(ctx, plan, seconds=0.3):
    assert planner.plan_next(ctx, seconds=seconds)
    return store.plans(ctx.store).require(plan.id)


def job_now(ctx, job_id):
    return store.jobs(ctx.store).require(job_id)


def a_stop_behind_the_first(ctx, plan):
    """Return a stop of a plan that its crew has not been shown as its next."""
    return next(stop for stop in plan.proposal.stops if stop.position > 1)


def test_a_request_becomes_a_checked_proposal(ctx, jobs):
    plan = answered(ctx, ask(ctx))

    assert plan.state == "proposed"
    assert {stop.job_id for stop in plan.proposal.stops} == {job.id for job in jobs}
    assert [figures.name for figures in plan.proposal.figures] == ["this plan", "list-order supervisor"]
    own, listed = (figures.measures for figures in plan.proposal.figures)
    assert own.objective_minutes <= listed.objective_minutes


def test_published_jobs_go_to_their_crews_in_the_plans_order(ctx, jobs, pump):
    plan = answered(ctx, ask(ctx))

    planning.publish_plan(ctx, plan.id, version=plan.version, cause=BY_HAND)
    pump.drain()

    for stop in plan.proposal.stops:
        job = job_now(ctx, stop.job_id)
        assert (job.state, job.crew_id, job.position) == ("assigned", stop.crew_id, stop.position * STEP)


def test_a_published_plan_says_on_which_day_its_jobs_are_expected(ctx, published, pump):
    job = job_now(ctx, published.proposal.stops[0].job_id)

    expected = [event for event in events_of(ctx, job.id) if event.name == "job.expected"]

    assert job.expected_on == published.day
    assert [event.data["expected_on"] for event in expected] == [published.day]
    planning.assign_stops(ctx, published.id, cause=BY_HAND)
    assert events_of(ctx, job.id)[-1] == expected[-1]


def events_of(ctx, subject):
    from shared.contracts import decode

    found = [decode(entry.body) for entry in ctx.store.log.read(after=0, limit=1000)]
    return [event for event in found if event.subject == subject]


def test_without_a_request_there_is_nothing_to_do(ctx):
    assert not planner.plan_next(ctx)
    assert not planner.compare_next(ctx)


def test_asking_twice_is_one_request(ctx, jobs):
    assert ask(ctx).id == ask(ctx).id


def test_a_day_without_open_jobs_has_no_plan(ctx):
    plan = answered(ctx, ask(ctx), seconds=0.1)

    assert (plan.state, plan.problem[:24]) == ("failed", "There is no job to plan:")


def test_held_and_contractor_jobs_are_left_with_their_reason(ctx, jobs, make_job):
    asbestos = make_job(REPORT.format(50), waste_type="asbestos")
    held = make_job(REPORT.format(51), has_evidence=True)

    plan = answered(ctx, ask(ctx))

    reasons = {left.job_id: left.reason for left in plan.proposal.unplanned}
    assert reasons == {asbestos.id: "contractor", held.id: "held"}
    assert all(left.words for left in plan.proposal.unplanned)


def test_a_job_that_has_waited_for_days_is_worth_more_than_one_that_is_not_due(ctx, clock, make_job):
    overdue = make_job(
        REPORT.format(62), place=place_of(1), deadline=datetime(2026, 11, 13, 17, tzinfo=UTC), priority=3
    )
    later = make_job(REPORT.format(63), place=place_of(1), deadline=datetime(2026, 11, 27, 17, tzinfo=UTC), priority=3)

    day = days.make_day(ctx, "north", clock.now())

    one, other = day.day.jobs[overdue.id], day.day.jobs[later.id]
    at_noon = day.frame.at(time(12))
    assert one.prize - one.late_cost(at_noon) > other.prize - other.late_cost(at_noon)
    assert one.late_cost(at_noon + 3600) > one.late_cost(at_noon), "and the sooner the better"


def test_a_job_that_is_with_its_contractor_is_no_plans_to_leave(ctx, published, make_job):
    asbestos = make_job(REPORT.format(61), waste_type="asbestos")
    handlers.assign_job(ctx, asbestos.id, "contractor-asbestos", version=None, key=None, cause=BY_HAND)

    day = days.make_day(ctx, "central", ctx.clock.now())  # which calls that contractor

    assert asbestos.id not in day.day.jobs
    assert "contractor-asbestos" not in day.stranded


def test_a_job_that_nobody_has_time_for_today_is_expected_on_the_next_working_day(ctx, clock, jobs, pump):
    handlers.start_shift(ctx, "crew-north-2", cause=BY_HAND)
    clock.advance(timedelta(hours=7))
    plan = answered(ctx, ask(ctx))

    planning.publish_plan(ctx, plan.id, version=plan.version, cause=BY_HAND)
    pump.drain()

    left = [each for each in plan.proposal.unplanned if each.reason == "site-closed"]
    assert left
    assert job_now(ctx, left[0].job_id).expected_on == plan.day + timedelta(days=1)


def test_only_crews_on_shift_are_planned_and_only_until_its_end(ctx, clock, jobs):
    handlers.start_shift(ctx, "crew-north-2", cause=BY_HAND)
    clock.advance(timedelta(hours=6))

    day = days.make_day(ctx, "north", clock.now()).day

    assert list(day.crews) == ["crew-north-2"]
    crew = day.crews["crew-north-2"]
    assert (crew.end - day.now, crew.rest) == (2 * 3600, None)


def test_a_crew_that_forgot_to_sign_off_yesterday_is_there_to_be_planned(ctx, clock, jobs):
    handlers.start_shift(ctx, "crew-north-2", cause=BY_HAND)
    clock.advance(timedelta(hours=8))
    assert days.make_day(ctx, "north", clock.now()).day.crews == {}
    clock.advance(timedelta(hours=12))

    day = days.make_day(ctx, "north", clock.now()).day

    assert len(day.crews) > 1
    assert day.crews["crew-north-2"].end == 15.5 * 3600  # its rota's, not the forgotten shift's


def test_a_vehicle_off_the_road_takes_its_crew_along(ctx, jobs):
    vehicles = store.vehicles(ctx.store)
    vehicle = vehicles.require("tipper-101")
    vehicles.save(replace(vehicle, state="off-road"), [], at=TUESDAY_MORNING, cause=BY_HAND)

    assert "crew-north-1" not in days.make_day(ctx, "north", TUESDAY_MORNING).day.crews


def test_what_a_person_gave_stays_and_what_a_plan_gave_may_move(ctx, jobs, published):
    handlers.assign_job(ctx, jobs[0].id, "crew-north-2", version=None, key=None, cause=BY_HAND)
    job = job_now(ctx, jobs[0].id)
    by_hand = job if job.plan_id is None else None
    day = days.make_day(ctx, "north", TUESDAY_MORNING).day

    planned = [day.jobs[stop.job_id] for stop in published.proposal.stops if stop.job_id != jobs[0].id]
    assert {job.pinned_to for job in planned} == {None}
    assert day.jobs[jobs[0].id].pinned_to == ("crew-north-2" if by_hand else None)


def test_the_next_stop_of_a_crew_on_shift_is_locked(ctx, published):
    day = days.make_day(ctx, "north", TUESDAY_MORNING).day

    first = {stop.crew_id: stop.job_id for stop in published.proposal.stops if stop.position == 1}
    assert {crew.id: crew.locked for crew in day.crews.values() if crew.locked} == {
        crew_id: (job_id,) for crew_id, job_id in first.items()
    }


def test_a_next_stop_that_a_crew_has_no_time_for_any_more_is_not_locked(ctx, clock, published):
    clock.advance(timedelta(hours=7, minutes=15))

    day = days.make_day(ctx, "north", clock.now()).day

    assert day.crews
    assert {crew.locked for crew in day.crews.values()} == {()}


def test_a_crews_stop_of_another_depot_is_part_of_its_day_and_not_of_the_others(ctx, make_job):
    south = make_job(
        REPORT.format(72), place={**place_of(1), "lat": 53.36, "lon": -2.89, "neighbourhood": "garston-and-speke"}
    )
    assert south.depot_id == "south"
    handlers.start_shift(ctx, "crew-north-1", cause=BY_HAND)
    handlers.assign_job(ctx, south.id, "crew-north-1", version=None, key=None, cause=BY_HAND)

    north = days.make_day(ctx, "north", TUESDAY_MORNING).day

    assert north.crews["crew-north-1"].locked == (south.id,)
    assert south.id not in days.make_day(ctx, "south", TUESDAY_MORNING).day.jobs


def test_an_assigned_job_that_is_held_is_on_no_sheet_of_a_new_plan(ctx, clock, published, make_job):
    clock.advance(timedelta(minutes=6))
    make_job(REPORT.format(73), place=place_of(8))
    stop = a_stop_behind_the_first(ctx, published)
    handlers.hold_job(ctx, stop.job_id, version=job_now(ctx, stop.job_id).version, key=None, cause=BY_HAND)

    plan = answered(ctx, ask(ctx))

    assert plan.state == "proposed"
    assert stop.job_id not in {each.job_id for each in plan.proposal.stops}
    assert "held" in {left.reason for left in plan.proposal.unplanned}


def test_a_job_that_a_newer_plan_has_no_room_for_is_taken_from_its_crew(ctx, clock, published, make_job, pump):
    stop = a_stop_behind_the_first(ctx, published)
    newer = replace(
        published,
        id="plan-2",
        state="published",
        unfinished=True,
        version=0,
        proposal=Proposal((), (Unplanned(stop.job_id, stop.reference, "no-time", from_crew_id=stop.crew_id),), "pyvrp"),
    )
    store.plans(ctx.store).add(newer, at=clock.now(), cause=BY_HAND)

    for _ in range(2):
        planning.assign_stops(ctx, "plan-2", cause=BY_HAND)

    job = job_now(ctx, stop.job_id)
    assert (job.state, job.crew_id, job.position) == ("open", None, None)
    assert job.expected_on == published.day + timedelta(days=1)
    assert [event.data.get("change") for event in events_of(ctx, job.id)].count("withdrawn") == 1


@pytest.mark.parametrize("begun", [True, False])
def test_a_job_that_was_begun_or_moved_since_is_not_taken_away(ctx, clock, published, begun):
    stop = a_stop_behind_the_first(ctx, published)
    left = Unplanned(stop.job_id, stop.reference, "no-time", from_crew_id=stop.crew_id if begun else "crew-north-hit")
    if begun:
        handlers.start_job(ctx, stop.job_id, version=None, key=None, cause=BY_HAND)
    plan = replace(published, id="plan-2", unfinished=True, version=0, proposal=Proposal((), (left,), "pyvrp"))
    store.plans(ctx.store).add(plan, at=clock.now(), cause=BY_HAND)

    planning.assign_stops(ctx, "plan-2", cause=BY_HAND)

    assert job_now(ctx, stop.job_id).crew_id == stop.crew_id


@pytest.mark.parametrize("is_left", [True, False])
def test_a_crew_that_moved_on_since_a_plan_was_made_keeps_the_stop_that_it_is_on_its_way_to(
    ctx, clock, published, is_left
):
    sheet = store.jobs_of_crew(ctx.store, "crew-north-1")
    stops = {stop.job_id: stop for stop in published.proposal.stops}
    moved = replace(stops[sheet[1].id], crew_id="crew-north-2", position=1, from_crew_id="crew-north-1")
    left = Unplanned(moved.job_id, moved.reference, "no-time", from_crew_id="crew-north-1")
    proposal = Proposal((), (left,), "pyvrp") if is_left else Proposal((moved,), (), "pyvrp")
    proposal = replace(proposal, shown=(sheet[0].id,))
    plan = replace(published, id="plan-2", version=0, unfinished=True, proposal=proposal)
    store.plans(ctx.store).add(plan, at=clock.now(), cause=BY_HAND)
    handlers.start_job(ctx, sheet[0].id, version=None, key=None, cause=BY_HAND)

    planning.assign_stops(ctx, "plan-2", cause=BY_HAND)

    assert job_now(ctx, moved.job_id).crew_id == "crew-north-1"
    assert store.plans(ctx.store).require("plan-2").skipped == (() if is_left else (moved.job_id,))


def test_a_crew_that_moved_on_since_goes_to_its_next_stop_first_whatever_the_new_order(ctx, clock, published):
    sheet = store.jobs_of_crew(ctx.store, "crew-north-1")
    stops = {stop.job_id: stop for stop in published.proposal.stops}
    order = [*sheet[2:], sheet[1]]
    turned = tuple(
        replace(stops[job.id], position=place, from_crew_id="crew-north-1") for place, job in enumerate(order, start=1)
    )
    proposal = Proposal(turned, (), "pyvrp", shown=(sheet[0].id,))
    plan = replace(published, id="plan-2", version=0, unfinished=True, proposal=proposal)
    store.plans(ctx.store).add(plan, at=clock.now(), cause=BY_HAND)
    handlers.start_job(ctx, sheet[0].id, version=None, key=None, cause=BY_HAND)

    planning.assign_stops(ctx, "plan-2", cause=BY_HAND)

    on_sheet = [job.id for job in store.jobs_of_crew(ctx.store, "crew-north-1")]
    assert on_sheet == [job.id for job in sheet]


def test_a_plan_can_be_published_though_a_crew_has_moved_on_since_it_was_made(ctx, clock, published, pump):
    sheet = store.jobs_of_crew(ctx.store, "crew-north-1")
    stops = {stop.job_id: stop for stop in published.proposal.stops}
    moved = replace(stops[sheet[1].id], crew_id="crew-north-2", position=1, from_crew_id="crew-north-1")
    clock.advance(timedelta(minutes=6))
    asked = replace(ask(ctx), state="proposed", proposal=Proposal((moved,), (), "pyvrp", shown=(sheet[0].id,)))
    store.plans(ctx.store).save(asked, at=clock.now(), cause=BY_HAND)
    handlers.start_job(ctx, sheet[0].id, version=None, key=None, cause=BY_HAND)

    planning.publish_plan(ctx, asked.id, version=None, cause=BY_HAND)
    pump.drain()

    assert job_now(ctx, moved.job_id).crew_id == "crew-north-1"
    assert store.plans(ctx.store).require(asked.id).skipped == (moved.job_id,)


def test_a_proposal_knows_which_stops_crews_had_been_shown(ctx, clock, published, make_job):
    make_job(REPORT.format(70), place=place_of(6), priority=1)
    clock.advance(timedelta(minutes=6))

    plan = answered(ctx, ask(ctx))

    sheets = [store.jobs_of_crew(ctx.store, crew) for crew in ("crew-north-1", "crew-north-2")]
    assert set(plan.proposal.shown) == {sheet[0].id for sheet in sheets if sheet}
    assert plan.proposal.shown


def test_a_stop_that_was_given_by_hand_since_stays_beside_the_plan(ctx, jobs, make_job, pump):
    handlers.start_shift(ctx, "crew-north-1", cause=BY_HAND)
    plan = answered(ctx, ask(ctx))
    given = make_job(REPORT.format(74), place=place_of(7))
    handlers.assign_job(ctx, given.id, "crew-north-1", version=None, key=None, cause=BY_HAND)

    planning.publish_plan(ctx, plan.id, version=None, cause=BY_HAND)
    pump.drain()

    assert job_now(ctx, given.id).crew_id == "crew-north-1"
    assert store.plans(ctx.store).require(plan.id).skipped == ()


def test_a_crew_at_work_is_free_when_its_job_is_done_with_that_on_board(ctx, clock, jobs):
    handlers.assign_job(ctx, jobs[0].id, "crew-north-1", version=None, key=None, cause=BY_HAND)
    handlers.start_job(ctx, jobs[0].id, version=None, key=None, cause=BY_HAND)

    day = days.make_day(ctx, "north", clock.now()).day

    crew = day.crews["crew-north-1"]
    assert crew.position == (jobs[0].lat, jobs[0].lon)
    assert (crew.loaded_kg, crew.loaded_litres) == (250, 2000)
    assert crew.ready - day.now == 600 + int(250 * 0.9)
    assert crew.is_under_way


def test_a_job_that_was_left_half_done_overnight_keeps_nobody_from_a_plan(ctx, clock, jobs):
    handlers.assign_job(ctx, jobs[0].id, "crew-north-2", version=None, key=None, cause=BY_HAND)
    handlers.start_job(ctx, jobs[0].id, version=None, key=None, cause=BY_HAND)
    clock.instant = datetime(2026, 11, 18, 5, tzinfo=UTC)

    crew = days.make_day(ctx, "north", clock.now()).day.crews["crew-north-2"]
    plan = answered(ctx, ask(ctx))

    # Its rota begins at seven; then the checks, and what is at least left to do.
    assert (crew.start, crew.ready) == (7 * 3600, 7 * 3600 + 600 + 300)
    assert (plan.state, plan.problem) == ("proposed", None)


def test_a_break_that_the_crew_has_told_of_is_not_planned_again(ctx, clock, jobs):
    crew = store.crews(ctx.store).get("crew-north-hit")
    handlers.start_shift(ctx, crew.id, cause=BY_HAND)
    clock.advance(timedelta(hours=3))

    def planned():
        return days.make_day(ctx, "north", clock.now()).day.crews[crew.id]

    def tell(take, action_id):
        take(ctx, phone.act_of(ctx, crew, action_id, None), cause=BY_HAND)

    assert planned().rest is not None
    tell(shift_day.begin_a_break, "b")
    assert planned().rest is None
    assert planned().ready - planned().start == 3.5 * 3600
    clock.advance(timedelta(minutes=12))
    tell(shift_day.end_a_break, "e")
    assert planned().rest is not None, "12 minutes are not the break that a crew is owed"
    tell(shift_day.begin_a_break, "b2")
    clock.advance(timedelta(minutes=8))
    tell(shift_day.end_a_break, "e2")
    assert planned().rest is None


def test_a_crew_that_has_tipped_goes_on_from_there(ctx, clock, jobs, pump):
    crew, site = "crew-north-1", ctx.council.sites[0]
    handlers.assign_job(ctx, jobs[0].id, crew, version=None, key=None, cause=BY_HAND)
    handlers.start_job(ctx, jobs[0].id, version=None, key=None, cause=BY_HAND)
    clock.advance(timedelta(minutes=20))
    cleared = handlers.Finish("cleared", no_photo_reason="camera-broken")
    handlers.complete_job(ctx, jobs[0].id, cleared, version=None, key=None, cause=BY_HAND)
    assert days.make_day(ctx, "north", clock.now()).day.crews[crew].position == (jobs[0].lat, jobs[0].lon)
    clock.advance(timedelta(minutes=30))

    vehicle_id = store.crews(ctx.store).get(crew).vehicle_id
    tipping.tip_vehicle(ctx, vehicle_id, site.id, crew_id=crew, key="t", cause=BY_HAND)
    pump.drain()

    planned = days.make_day(ctx, "north", clock.now()).day.crews[crew]
    assert planned.position == (site.lat, site.lon)
    assert (planned.loaded_kg, planned.is_under_way, planned.ready) == (
        0,
        True,
        days.Frame.of(clock.now()).seconds(clock.now()),
    )


def test_on_the_day_the_clocks_change_sites_open_by_the_clock(ctx):
    # 25 October 2026: midnight to nine are ten hours.
    sunday = TUESDAY_MORNING.replace(month=10, day=25, hour=9, minute=0)

    day = days.make_day(ctx, "north", sunday)

    assert day.day.sites["dock-road-transfer"].opens == 7 * 3600
    assert day.frame.clock(day.day.sites["dock-road-transfer"].opens) == "6:00am"
    assert day.day.now == 10 * 3600


def test_an_urgent_job_comes_onto_the_sheets_and_the_change_is_explained(ctx, clock, published, make_job, pump):
    clock.advance(timedelta(minutes=20))
    urgent = make_job(REPORT.format(70), place=place_of(9), waste_type="clinical", size="single-item")

    plan = answered(ctx, ask(ctx, because="urgent"))
    assert plan.state == "proposed", plan.problem
    planning.publish_plan(ctx, plan.id, version=plan.version, cause=BY_HAND)
    pump.drain()

    words = {change.job_id: (change.kind, change.words) for change in plan.proposal.changes}
    assert words[urgent.id][0] == "added"
    assert words[urgent.id][1].startswith(f"{urgent.reference} is new on North")
    assert job_now(ctx, urgent.id).state == "assigned"
    assert [figures.name for figures in plan.proposal.figures] == [
        "this plan",
        "present sheets",
        "list-order supervisor",
    ]


def test_a_crew_that_goes_home_leaves_its_jobs_to_others(ctx, clock, published, pump):
    lost = published.proposal.stops[0].crew_id
    clock.advance(timedelta(minutes=10))
    shift = store.current_shift(ctx.store, lost)
    handlers.end_shift(ctx, lost, cause=BY_HAND)
    assert shift is not None

    other = next(crew for crew in ("crew-north-1", "crew-north-2") if crew != lost)
    plan = answered(ctx, ask(ctx, because="crew-lost"))
    planning.publish_plan(ctx, plan.id, version=plan.version, cause=BY_HAND)
    pump.drain()

    moved = [change.words for change in plan.proposal.changes if change.kind == "moved"]
    gone = store.crews(ctx.store).require(lost).name
    assert moved
    assert all(words.endswith(f": {gone} is not on shift") for words in moved)
    assert {job_now(ctx, stop.job_id).crew_id for stop in plan.proposal.stops} == {other}


def test_without_reason_the_present_sheets_stay(ctx, clock, published):
    clock.advance(timedelta(minutes=6))

    plan = answered(ctx, ask(ctx))

    assert (plan.state, plan.proposal) == ("kept", None)
    assert plan.problem.startswith("The present sheets stay")


def test_a_search_that_fails_leaves_the_plan_of_crews_who_know_their_patch(ctx, jobs, supervisor, monkeypatch):
    import services.scheduling.rounds.solver

    monkeypatch.setattr(services.scheduling.rounds.solver, "solve", lambda *_args, **_options: 1 / 0)

    plan = answered(ctx, ask(ctx))

    assert (plan.state, plan.proposal.solver) == ("proposed", "own-patch")
    assert plan.proposal.has_failed_search
    assert "The planner’s search failed" in supervisor.get(f"/dispatch/plans/{plan.id}").get_data(as_text=True)


def test_a_plan_that_breaks_a_rule_is_not_shown_and_the_last_published_one_stays(
    ctx, clock, published, make_job, monkeypatch
):
    make_job(REPORT.format(71), place=place_of(8))
    clock.advance(timedelta(minutes=6))
    monkeypatch.setattr(make, "broken_rules", lambda *_: [Broken("shift", "x", "North crew 1 would be home late")])

    plan = answered(ctx, ask(ctx))

    assert (plan.state, plan.proposal) == ("failed", None)
    assert "North crew 1 would be home late" in plan.problem
    assert store.plans(ctx.store).require(published.id).state == "published"
    assert job_now(ctx, published.proposal.stops[0].job_id).state == "assigned"


def test_a_planner_that_crashes_at_it_says_so_and_the_last_published_plan_stays(
    ctx, clock, published, make_job, monkeypatch
):
    make_job(REPORT.format(71), place=place_of(8))
    clock.advance(timedelta(minutes=6))
    monkeypatch.setattr(proposing, "make_proposal", lambda *_args, **_options: 1 / 0)

    plan = answered(ctx, ask(ctx))

    assert (plan.state, plan.problem) == ("failed", "The planner failed. The last published plan stays.")
    assert store.plans(ctx.store).require(published.id).state == "published"


def test_a_request_whose_planner_died_is_taken_again_once_and_then_given_up(ctx, jobs, monkeypatch):
    plan = ask(ctx)
    monkeypatch.setattr(planner, "CLAIM_LASTS", timedelta(0))
    for state in ("requested", "failed"):
        ctx.store.claim(
            "plans",
            {"is_requested": True},
            {"state": "claimed", "is_requested": False, "is_claimed": True, "claimed_at": TUESDAY_MORNING},
        )
        planner.free_abandoned(ctx)
        assert store.plans(ctx.store).require(plan.id).state == state


def test_a_request_that_no_planner_answers_is_given_up_for_all_to_see_and_can_be_made_again(
    ctx, clock, published, supervisor, monkeypatch
):
    clock.advance(timedelta(minutes=6))
    plan = ask(ctx)
    unanswered.give_up_unanswered(ctx)
    assert store.plans(ctx.store).require(plan.id).state == "requested"

    monkeypatch.setattr(unanswered, "ANSWERED_WITHIN", timedelta(0))
    unanswered.give_up_unanswered(ctx)

    given_up = store.plans(ctx.store).require(plan.id)
    assert (given_up.state, given_up.problem) == ("failed", unanswered.GIVEN_UP)
    assert "The planner has not answered" in supervisor.get(f"/dispatch/plans/{plan.id}").get_data(as_text=True)
    assert store.plans(ctx.store).require(published.id).state == "published"
    assert job_now(ctx, published.proposal.stops[0].job_id).state == "assigned"
    assert ask(ctx).id != plan.id


def test_a_planner_that_hung_and_goes_on_changes_nothing_that_was_given_up(ctx, jobs, monkeypatch):
    plan = ask(ctx)
    monkeypatch.setattr(unanswered, "ANSWERED_WITHIN", timedelta(0))
    make_proposal = proposing.make_proposal

    def hangs(*args, **options):
        unanswered.give_up_unanswered(ctx)
        return make_proposal(*args, **options)

    monkeypatch.setattr(proposing, "make_proposal", hangs)

    assert answered(ctx, plan).state == "failed"


def test_a_comparison_that_no_planner_answers_is_given_up_too(ctx, jobs, monkeypatch):
    asked = WhatIf("w-1", "north", london_date(TUESDAY_MORNING), TUESDAY_MORNING, "user-1", earlier_minutes=30)
    planning.request_what_if(ctx, asked, cause=BY_HAND)
    monkeypatch.setattr(unanswered, "ANSWERED_WITHIN", timedelta(0))

    unanswered.give_up_unanswered(ctx)

    assert store.what_ifs(ctx.store).require("w-1").problem == unanswered.GIVEN_UP


@pytest.mark.parametrize(("day", "begins_utc"), [(date(2026, 3, 29), 8), (date(2026, 10, 25), 9)])
def test_a_plan_of_a_day_on_which_clocks_change_keeps_the_shift_by_the_councils_clock(
    ctx, clock, supervisor, make_job, pump, day, begins_utc
):
    clock.instant = datetime(day.year, day.month, day.day, 0, 30, tzinfo=UTC)
    central = {**place_of(0), "lat": 53.41, "lon": -2.95, "neighbourhood": "city-centre", "ward": "city-centre-north"}
    for number in range(8):
        make_job(REPORT.format(number), place={**central, "lon": -2.95 - number / 500})

    plan = answered(ctx, planning.request_plan(ctx, "central", by="user-1", cause=BY_HAND))
    planning.publish_plan(ctx, plan.id, version=plan.version, cause=BY_HAND)
    pump.drain()

    begins = datetime(day.year, day.month, day.day, begins_utc, tzinfo=UTC)
    arrivals = [stop.arrive_at for stop in plan.proposal.stops]
    assert begins + days.CHECKS <= min(arrivals)
    assert max(arrivals) < begins + timedelta(hours=6, minutes=30)
    assert re.search(r"\b9:[1-5]\dam", supervisor.get(f"/dispatch/plans/{plan.id}").get_data(as_text=True))


def test_a_stale_publication_is_a_conflict(ctx, jobs):
    plan = answered(ctx, ask(ctx))

    with pytest.raises(Conflict):
        planning.publish_plan(ctx, plan.id, version=1, cause=BY_HAND)


def test_a_discarded_proposal_is_not_published(ctx, jobs):
    plan = answered(ctx, ask(ctx))
    planning.discard_plan(ctx, plan.id, cause=BY_HAND)

    with pytest.raises(DomainError, match="no proposal"):
        planning.publish_plan(ctx, plan.id, version=None, cause=BY_HAND)


def test_an_older_proposal_is_not_published_over_a_newer_one(ctx, clock, jobs):
    older = answered(ctx, ask(ctx))
    clock.advance(timedelta(minutes=1))
    answered(ctx, ask(ctx))

    with pytest.raises(DomainError, match="a newer plan"):
        planning.publish_plan(ctx, older.id, version=None, cause=BY_HAND)


def test_a_proposal_with_a_job_that_was_held_since_is_refused_with_the_rule(ctx, jobs):
    plan = answered(ctx, ask(ctx))
    job = job_now(ctx, jobs[0].id)
    handlers.hold_job(ctx, job.id, version=job.version, key=None, cause=BY_HAND)

    with pytest.raises(DomainError, match=f"{job.reference} is held for evidence"):
        planning.publish_plan(ctx, plan.id, version=None, cause=BY_HAND)

    assert store.plans(ctx.store).require(plan.id).state == "proposed"


def test_a_proposal_for_a_crew_whose_vehicle_broke_down_since_is_refused(ctx, jobs):
    plan = answered(ctx, ask(ctx))
    crew = store.crews(ctx.store).require(plan.proposal.stops[0].crew_id)
    vehicles = store.vehicles(ctx.store)
    vehicle = vehicles.require(crew.vehicle_id)
    vehicles.save(replace(vehicle, state="off-road"), [], at=TUESDAY_MORNING, cause=BY_HAND)

    with pytest.raises(
        DomainError, match=re.escape(f"{vehicle.registration}, the vehicle of {crew.name}, is off the road")
    ):
        planning.publish_plan(ctx, plan.id, version=None, cause=BY_HAND)


def test_a_job_that_was_moved_since_is_left_where_it_was_put(ctx, jobs, pump):
    plan = answered(ctx, ask(ctx))
    stop = plan.proposal.stops[0]
    other = "crew-north-1" if stop.crew_id != "crew-north-1" else "crew-north-2"
    handlers.assign_job(ctx, stop.job_id, other, version=None, key=None, cause=BY_HAND)

    planning.publish_plan(ctx, plan.id, version=None, cause=BY_HAND)
    pump.drain()

    assert job_now(ctx, stop.job_id).crew_id == other
    assert store.plans(ctx.store).require(plan.id).skipped == (stop.job_id,)


def test_a_job_that_was_cancelled_since_is_passed_over(ctx, jobs, pump):
    plan = answered(ctx, ask(ctx))
    job = job_now(ctx, jobs[0].id)
    handlers.cancel_job(ctx, job.id, "duplicate", version=job.version, key=None, cause=BY_HAND)

    planning.publish_plan(ctx, plan.id, version=None, cause=BY_HAND)
    pump.drain()

    assert job_now(ctx, job.id).state == "cancelled"
    assert store.plans(ctx.store).require(plan.id).skipped == (job.id,)


def test_expecting_a_job_on_the_same_day_again_says_nothing(ctx, jobs):
    on = london_date(TUESDAY_MORNING)
    expected, facts = rules.expect(jobs[0], on)

    assert len(facts) == 1
    assert rules.expect(expected, on) == (expected, [])


def test_another_day_is_compared_and_nothing_is_published(ctx, jobs):
    asked = WhatIf(
        "what-if-1", "north", london_date(TUESDAY_MORNING), TUESDAY_MORNING, "user-1", extra_like="crew-north-1"
    )
    planning.request_what_if(ctx, asked, cause=BY_HAND)

    assert planner.compare_next(ctx, seconds=0.1)

    found = store.what_ifs(ctx.store).require("what-if-1")
    assert (found.state, [row.name for row in found.rows]) == (
        "answered",
        ["list-order supervisor", "As it is", "One more crew like North street crew 1"],
    )
    assert all(row.measures for row in found.rows)
    assert {job_now(ctx, job.id).state for job in jobs} == {"open"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "at least one thing"),
        ({"earlier_minutes": 7}, "how much earlier"),
        ({"without": "crew-south-1"}, "crew of this depot"),
    ],
)
def test_a_question_that_asks_nothing_or_of_nobody_is_refused(ctx, changes, words):
    asked = WhatIf("what-if-1", "north", london_date(TUESDAY_MORNING), TUESDAY_MORNING, "user-1", **changes)

    with pytest.raises(DomainError, match=words):
        planning.request_what_if(ctx, asked, cause=BY_HAND)


def test_a_question_about_a_crew_that_has_gone_home_is_answered_with_that(ctx, jobs):
    handlers.start_shift(ctx, "crew-north-2", cause=BY_HAND)
    asked = WhatIf(
        "what-if-1", "north", london_date(TUESDAY_MORNING), TUESDAY_MORNING, "user-1", without="crew-north-1"
    )
    planning.request_what_if(ctx, asked, cause=BY_HAND)

    planner.compare_next(ctx, seconds=0.1)

    found = store.what_ifs(ctx.store).require("what-if-1")
    assert (found.state, found.problem) == ("failed", "Choose a crew that is on shift.")


def test_the_planner_works_until_it_is_told_to_stop(ctx, jobs):
    plan, stop = ask(ctx), Signal()
    thread = Thread(target=planner.run_planner, args=(ctx, stop), kwargs={"seconds": 0.1})

    thread.start()
    for _ in range(100):
        if store.plans(ctx.store).require(plan.id).state == "proposed":
            break
        stop.wait(0.1)
    stop.set()
    thread.join(5)

    assert not thread.is_alive()
    assert store.plans(ctx.store).require(plan.id).state == "proposed"
