from dataclasses import replace
from datetime import timedelta

import pytest

from services.scheduling import handlers, planning, store, tipping
from services.scheduling.domain import plan as plans
from services.scheduling.domain.plan import Plan, PlannedStop, Proposal
from services.scheduling.handlers import Finish
from services.scheduling.sheets import STEP
from services.scheduling.subscriptions import CASES, PLANS, REPORTS, SUBSCRIPTIONS, TICKETS, TIPS
from shared.bus.answer import Outcome
from shared.contracts.envelope import Cause, decode
from shared.contracts.reports import (
    ReportAmendedV1,
    ReportClosedV1,
    ReportEvidenceFlaggedV1,
    ReportReopenedV1,
    ReportSubmittedV1,
)
from shared.contracts.tonnage import TicketVoidedV1
from tests.builders import TUESDAY_MORNING

from .events import REPORT_ID, deliver, report_event, secured_event, ticket_event

CREW = "crew-north-1"
BY_HAND = Cause()
CLEARED = Finish("cleared", no_photo_reason="camera-broken")


def clear(ctx, job, crew_id=CREW):
    handlers.assign_job(ctx, job.id, crew_id, version=None, key=None, cause=BY_HAND)
    handlers.start_job(ctx, job.id, version=None, key=None, cause=BY_HAND)
    return handlers.complete_job(ctx, job.id, CLEARED, version=None, key=None, cause=BY_HAND)


def events_of(ctx, prefix):
    logged = ctx.store.log.read(after=0, limit=500)
    return [decode(event.body) for event in logged if event.type.startswith(prefix)]


@pytest.mark.parametrize("subscription", SUBSCRIPTIONS, ids=lambda subscription: subscription.consumer)
def test_an_invalid_event_is_parked_as_dead(ctx, subscription):
    wrong = b'{"specversion": "1.0", "type": "report.assessed.v1", "data": {"state": {}}}'

    assert deliver(ctx, wrong, subscription) is Outcome.DEAD


# --- scheduling.reports ---------------------------------------------------------------------------------------------


def test_an_assessed_report_makes_its_job(ctx, job):
    assert (job.state, job.priority, job.depot_id) == ("open", 3, "north")
    assert job.reasons[0].rule == "default"
    created = events_of(ctx, "job.")
    assert [event.type for event in created] == ["job.created.v1"]
    assert created[0].correlationid == REPORT_ID


def test_the_same_report_event_twice_makes_one_job(ctx, job):
    before = ctx.store.log.last_position()

    assert deliver(ctx, report_event()) is Outcome.HANDLED

    assert ctx.store.log.last_position() == before


def test_an_older_report_event_changes_nothing(ctx, job_of):
    deliver(ctx, report_event(ReportAmendedV1, sequence=5, data={"change": "details"}, priority=1))

    deliver(ctx, report_event(sequence=2))

    job = job_of()
    assert job.priority == 1
    assert job.reasons == () or job.reasons[0].rule == "default"


def test_a_submitted_report_waits_for_its_assessment(ctx):
    deliver(ctx, report_event(ReportSubmittedV1, sequence=1, state="submitted", priority=None, deadline=None))

    assert store.active_jobs(ctx.store) == []


def test_a_report_closed_by_staff_calls_its_job_off(ctx, job, job_of):
    deliver(ctx, report_event(ReportClosedV1, sequence=3, data={"job_id": None}, state="closed", closure="not-ours"))

    assert job_of().state == "cancelled"


def test_a_reopened_report_has_a_new_job_and_the_old_one_stays_as_it_was(ctx, job, job_of):
    clear(ctx, job)

    deliver(ctx, report_event(ReportReopenedV1, sequence=9, data={"by": "reporter"}, visit=2))

    assert job_of(visit=1).state == "completed"
    assert job_of(visit=2).state == "open"


def test_flagged_evidence_holds_the_job_until_it_is_secured(ctx, job, job_of):
    flagged = report_event(
        ReportEvidenceFlaggedV1, sequence=3, data={"clue": "witness", "parcel_key": None}, has_evidence=True
    )
    deliver(ctx, flagged)
    assert job_of().held

    deliver(ctx, secured_event(), CASES)

    assert not job_of().held


# --- scheduling.cases -----------------------------------------------------------------------------------------------


def test_evidence_secured_twice_releases_once(ctx, job, job_of):
    deliver(ctx, report_event(sequence=3, has_evidence=True))
    deliver(ctx, secured_event(), CASES)
    before = ctx.store.log.last_position()

    deliver(ctx, secured_event(), CASES)

    assert ctx.store.log.last_position() == before


def test_evidence_secured_before_the_report_is_known_never_holds_the_job(ctx, job_of):
    deliver(ctx, secured_event(), CASES)

    deliver(ctx, report_event(has_evidence=True))

    assert not job_of().held


def test_evidence_that_a_crew_left_waits_for_newer_news_of_the_case(ctx, clock, job, job_of):
    deliver(ctx, secured_event(), CASES)
    clock.advance(timedelta(hours=1))
    handlers.assign_job(ctx, job.id, CREW, version=None, key=None, cause=BY_HAND)
    handlers.start_job(ctx, job.id, version=None, key=None, cause=BY_HAND)
    left = replace(CLEARED, outcome="evidence-held")
    handlers.complete_job(ctx, job.id, left, version=None, key=None, cause=BY_HAND)
    deliver(ctx, report_event(ReportAmendedV1, sequence=4, data={"change": "deferred"}))
    assert job_of().held

    deliver(ctx, secured_event(sequence=5, time=TUESDAY_MORNING + timedelta(hours=2)), CASES)

    assert not job_of().held


# --- scheduling.tips ------------------------------------------------------------------------------------------------


@pytest.fixture
def tipped(ctx, job):
    clear(ctx, job)
    tipping.tip_vehicle(ctx, "tipper-101", ctx.council.sites[0].id, crew_id=CREW, key="tip-key", cause=BY_HAND)
    logged = [event for event in ctx.store.log.read(after=0, limit=500) if event.type == "vehicle.tipped.v1"]
    return logged[-1].body


def test_a_tip_reaches_its_jobs_one_at_a_time(ctx, tipped, job_of):
    assert deliver(ctx, tipped, TIPS) is Outcome.HANDLED

    assert job_of().tip_id == decode(tipped).data["tip_id"]
    assert store.vehicles(ctx.store).require("tipper-101").unfinished_tips == ()


def test_a_tip_that_is_told_twice_changes_nothing(ctx, tipped):
    deliver(ctx, tipped, TIPS)
    before = ctx.store.log.last_position()

    deliver(ctx, tipped, TIPS)

    assert ctx.store.log.last_position() == before


def test_tips_in_the_wrong_order_leave_each_job_with_its_own(ctx, tipped, make_job, job_of):
    other = "0199d7b2-0000-7000-8000-000000000002"
    clear(ctx, make_job(other))
    tipping.tip_vehicle(ctx, "tipper-101", ctx.council.sites[0].id, crew_id=CREW, key="second", cause=BY_HAND)
    second = [event for event in ctx.store.log.read(after=0, limit=500) if event.type == "vehicle.tipped.v1"][-1].body

    deliver(ctx, second, TIPS)
    deliver(ctx, tipped, TIPS)

    assert job_of().tip_id == decode(tipped).data["tip_id"]
    assert job_of(other).tip_id == decode(second).data["tip_id"]


def test_the_timer_finishes_a_tip_whose_event_was_lost(ctx, tipped, job_of):
    tipping.finish_tips(ctx)

    assert job_of().tip_id == decode(tipped).data["tip_id"]
    assert store.vehicles(ctx.store).require("tipper-101").unfinished_tips == ()


# --- scheduling.tickets ---------------------------------------------------------------------------------------------


def test_a_ticket_gives_the_job_its_weight(ctx, job, job_of):
    deliver(ctx, ticket_event(job.id, 280), TICKETS)

    assert job_of().weighed_kg == 280
    assert events_of(ctx, "job.amended")[-1].data["change"] == "weighed"


def test_the_same_ticket_twice_weighs_once(ctx, job, job_of):
    deliver(ctx, ticket_event(job.id, 280), TICKETS)
    before = ctx.store.log.last_position()

    deliver(ctx, ticket_event(job.id, 280), TICKETS)

    assert ctx.store.log.last_position() == before


def test_a_ticket_that_was_voided_first_never_counts(ctx, job, job_of):
    deliver(ctx, ticket_event(job.id, 280, TicketVoidedV1, sequence=3, state="voided"), TICKETS)

    deliver(ctx, ticket_event(job.id, 280), TICKETS)

    assert job_of().weighed_kg is None


# --- scheduling.plans -----------------------------------------------------------------------------------------------


@pytest.fixture
def published(ctx, job, make_job):
    second = make_job("0199d7b2-0000-7000-8000-000000000003")
    stops = tuple(
        PlannedStop(each.id, each.reference, CREW, number, TUESDAY_MORNING)
        for number, each in enumerate((job, second), 1)
    )
    plan = plans.propose(
        Plan("plan-1", "north", TUESDAY_MORNING.date(), TUESDAY_MORNING, "user-1"), Proposal(stops, (), "pyvrp")
    )
    store.plans(ctx.store).add(plan, at=TUESDAY_MORNING, cause=BY_HAND)
    planning.publish_plan(ctx, "plan-1", version=1, cause=BY_HAND)
    return [event for event in ctx.store.log.read(after=0, limit=500) if event.type == "plan.published.v1"][-1].body


def test_a_published_plan_gives_its_jobs_to_its_crews_in_order(ctx, published):
    assert deliver(ctx, published, PLANS) is Outcome.HANDLED

    assert [job.position for job in store.jobs_of_crew(ctx.store, CREW)] == [STEP, 2 * STEP]
    assert not store.plans(ctx.store).require("plan-1").unfinished


def test_a_plan_that_is_told_twice_changes_nothing(ctx, published):
    deliver(ctx, published, PLANS)
    before = ctx.store.log.last_position()

    deliver(ctx, published, PLANS)

    assert ctx.store.log.last_position() == before


def test_a_job_that_was_moved_before_the_plan_arrived_is_left_and_listed(ctx, published, job, job_of):
    handlers.assign_job(ctx, job.id, "crew-north-2", version=None, key=None, cause=BY_HAND)

    deliver(ctx, published, PLANS)

    assert job_of().crew_id == "crew-north-2"
    assert store.plans(ctx.store).require("plan-1").skipped == (job.id,)


def test_the_timer_finishes_a_plan_whose_event_was_lost(ctx, published):
    planning.finish_plans(ctx)

    assert len(store.jobs_of_crew(ctx.store, CREW)) == 2


def test_every_consumer_is_listed_with_its_service(ctx):
    assert all(subscription.consumer.startswith("scheduling.") for subscription in SUBSCRIPTIONS)
    assert REPORTS in SUBSCRIPTIONS
