from datetime import timedelta
from threading import Event as Signal
from threading import Thread

import pytest

from services.scheduling import handlers, planner, planning, store
from services.scheduling.domain import rounds
from services.scheduling.solver import solve
from shared.contracts.envelope import Cause
from shared.errors import Conflict, DomainError
from tests.builders import TUESDAY_MORNING

BY_HAND = Cause()
REPORT = "0199d7b2-0000-7000-8000-0000000001{:02d}"


@pytest.fixture
def jobs(make_job):
    places = [(53.43 + number / 200, -2.98 + number % 3 / 100) for number in range(6)]
    return [
        make_job(
            REPORT.format(number),
            place={
                "lat": lat,
                "lon": lon,
                "easting": 335000,
                "northing": 392000,
                "place_precision": "exact",
                "place_id": None,
                "ward": "everton-north",
                "neighbourhood": "kirkdale-and-everton",
            },
        )
        for number, (lat, lon) in enumerate(places)
    ]


def ask(ctx):
    return planning.request_plan(ctx, "north", by="user-1", cause=BY_HAND)


def test_a_request_becomes_a_checked_proposal(ctx, jobs):
    plan = ask(ctx)

    assert planner.plan_next(ctx, seconds=0.3)

    answered = store.plans(ctx.store).require(plan.id)
    assert answered.state == "proposed"
    assert {stop.job_id for stop in answered.proposal.stops} == {job.id for job in jobs}
    assert answered.proposal.travel_minutes <= answered.proposal.baseline_minutes


def test_published_jobs_go_to_their_crews_in_the_plans_order(ctx, jobs, pump):
    plan = ask(ctx)
    planner.plan_next(ctx, seconds=0.3)
    proposal = store.plans(ctx.store).require(plan.id)

    planning.publish_plan(ctx, plan.id, version=proposal.version, cause=BY_HAND)
    pump.drain()

    for stop in proposal.proposal.stops:
        job = store.jobs(ctx.store).require(stop.job_id)
        assert (job.state, job.crew_id, job.position) == ("assigned", stop.crew_id, stop.position)


def test_without_a_request_there_is_nothing_to_do(ctx):
    assert not planner.plan_next(ctx)


def test_asking_twice_is_one_request(ctx, jobs):
    assert ask(ctx).id == ask(ctx).id


def test_a_day_without_open_jobs_has_no_plan(ctx):
    plan = ask(ctx)

    planner.plan_next(ctx, seconds=0.1)

    answered = store.plans(ctx.store).require(plan.id)
    assert (answered.state, answered.problem[:24]) == ("failed", "There is no job to plan:")


def test_held_and_contractor_jobs_are_never_planned(ctx, make_job):
    make_job(REPORT.format(50), waste_type="asbestos")
    make_job(REPORT.format(51), has_evidence=True)

    problem, planned, too_heavy = planner.make_problem(ctx, "north", TUESDAY_MORNING)

    assert (problem.tasks, planned, too_heavy) == ({}, [], [])


def test_only_crews_on_shift_are_planned_and_only_until_its_end(ctx, clock, jobs):
    handlers.start_shift(ctx, "crew-north-2", cause=BY_HAND)
    clock.advance(timedelta(hours=6))

    problem, _, _ = planner.make_problem(ctx, "north", clock.now())

    assert list(problem.vans) == ["crew-north-2"]
    assert problem.vans["crew-north-2"].end_seconds == 2 * 3600


def test_a_crews_own_stops_come_first(ctx, jobs):
    handlers.assign_job(ctx, jobs[0].id, "crew-north-1", version=None, key=None, cause=BY_HAND)

    problem, _, _ = planner.make_problem(ctx, "north", TUESDAY_MORNING)

    van = problem.vans["crew-north-1"]
    assert van.spot == (jobs[0].lat, jobs[0].lon)
    assert van.loaded_kg == 250
    assert van.free_seconds > 0


def test_the_solver_keeps_the_rules_and_beats_the_list(ctx, jobs):
    problem, listed, _ = planner.make_problem(ctx, "north", TUESDAY_MORNING)

    orders = solve(problem, seconds=1, iterations=200)

    assert rounds.problems_of(problem, orders) == []
    assert sum(map(len, orders.values())) == len(listed)


def test_a_solver_that_fails_leaves_the_nearest_first_plan(ctx, jobs, monkeypatch):
    import services.scheduling.solver

    monkeypatch.setattr(services.scheduling.solver, "solve", lambda *_args, **_options: 1 / 0)
    plan = ask(ctx)

    planner.plan_next(ctx)

    answered = store.plans(ctx.store).require(plan.id)
    assert (answered.state, answered.proposal.solver) == ("proposed", "nearest-first")


def test_a_plan_that_breaks_a_rule_is_not_shown(ctx, jobs, monkeypatch):
    monkeypatch.setattr(rounds, "problems_of", lambda *_: ["crew-north-1 would be home 5 minutes late"])
    plan = ask(ctx)

    planner.plan_next(ctx, seconds=0.1)

    answered = store.plans(ctx.store).require(plan.id)
    assert (answered.state, answered.proposal) == ("failed", None)
    assert "5 minutes late" in answered.problem


def test_a_request_whose_planner_died_is_taken_again_once_and_then_given_up(ctx, jobs, monkeypatch):
    plan = ask(ctx)
    monkeypatch.setattr(planner, "CLAIM_LASTS", timedelta(0))
    for state in ("requested", "failed"):
        ctx.store.claim(
            "plans",
            {"is_requested": True},
            {"state": "claimed", "is_requested": False, "is_claimed": True, "claimed_at": TUESDAY_MORNING},
        )
        planner._free_abandoned(ctx)
        assert store.plans(ctx.store).require(plan.id).state == state


def test_a_stale_publication_is_a_conflict(ctx, jobs):
    plan = ask(ctx)
    planner.plan_next(ctx, seconds=0.1)

    with pytest.raises(Conflict):
        planning.publish_plan(ctx, plan.id, version=1, cause=BY_HAND)


def test_a_discarded_proposal_is_not_published(ctx, jobs):
    plan = ask(ctx)
    planner.plan_next(ctx, seconds=0.1)
    planning.discard_plan(ctx, plan.id, cause=BY_HAND)

    with pytest.raises(DomainError, match="no proposal"):
        planning.publish_plan(ctx, plan.id, version=None, cause=BY_HAND)


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
