from dataclasses import replace
from datetime import date, timedelta

import pytest

from services.scheduling.domain import job as rules
from services.scheduling.domain import loads
from services.scheduling.domain.job_state import public_state
from shared.contracts.codes import OUTCOMES
from shared.contracts.envelope import Cause, encode, make_event
from shared.errors import DomainError

from .made import (
    CONTRACTOR,
    CREW,
    LATER,
    NOW,
    OTHER_CREW,
    SIZE_KG,
    assigned_job,
    make_completion,
    make_job,
    started_job,
)


def names(facts):
    return [fact.contract.type.removesuffix(".v1") for fact in facts]


def finish(job, **changes):
    return rules.complete(job, make_completion(**changes), vehicle_id="van-1", size_kg=SIZE_KG, at=LATER)


def test_an_open_job_is_given_to_a_crew_with_its_vehicle():
    job, facts = rules.assign(make_job(), CREW, at=NOW)

    assert (job.state, job.crew_id, job.vehicle_id, job.assigned_at) == ("assigned", "north-1", "van-1", NOW)
    assert names(facts) == ["job.assigned"]
    assert facts[0].data == {"previous_crew_id": None}


def test_a_started_job_moves_to_another_crew_and_must_be_started_again():
    job, facts = rules.assign(started_job(), OTHER_CREW, at=LATER)

    assert (job.state, job.crew_id, job.started_at) == ("assigned", "north-2", None)
    assert facts[0].data == {"previous_crew_id": "north-1"}


def test_the_same_crew_again_changes_nothing():
    job = assigned_job()

    assert rules.assign(job, CREW, at=LATER) == (job, [])


@pytest.mark.parametrize("state", ["completed", "cancelled"])
def test_a_job_that_is_over_is_given_to_nobody(state):
    with pytest.raises(DomainError, match=f"is {state}"):
        rules.assign(make_job(state=state), CREW, at=NOW)


def test_a_held_job_is_given_to_nobody():
    with pytest.raises(DomainError, match="held until enforcement has secured the evidence"):
        rules.assign(make_job(held=True), CREW, at=NOW)


def test_asbestos_is_never_given_to_a_normal_crew():
    with pytest.raises(DomainError, match="Only a licensed contractor") as refusal:
        rules.assign(make_job(contractor=True), CREW, at=NOW)

    assert refusal.value.rule == "contractor-only"


def test_asbestos_is_given_to_a_licensed_contractor():
    job = make_job(contractor=True, waste_type="asbestos")

    assert rules.assign(job, CONTRACTOR, at=NOW)[0].state == "assigned"


def test_a_contractor_is_not_given_what_it_does_not_take():
    with pytest.raises(DomainError, match="Asbestos Ltd doesn’t take what FT-7K3MQ2XA is"):
        rules.assign(make_job(waste_type="chemical-drums-oil-fuel"), CONTRACTOR, at=NOW)


def test_evidence_has_no_place_on_a_beat():
    beat = started_job(report_id=None, is_waste=False, title="Sweep", size=None)

    with pytest.raises(DomainError, match="no report to keep evidence for"):
        rules.complete(beat, make_completion(has_evidence=True), vehicle_id=None, size_kg=SIZE_KG, at=LATER)


def test_a_beats_event_names_no_report():
    state = public_state(started_job(report_id=None, reference="BT-00000000", kind="proactive", channel="beat"))

    assert (state["report_id"], state["reference"], state["channel"]) == (None, None, "beat")


@pytest.mark.parametrize("state", ["open", "deferred", "completed", "cancelled"])
def test_only_an_assigned_job_is_started(state):
    with pytest.raises(DomainError, match="Only an assigned job"):
        rules.start(make_job(state=state), at=NOW)


def test_a_job_held_since_it_was_assigned_is_not_started():
    with pytest.raises(DomainError, match="Leave everything where it is"):
        rules.start(assigned_job(held=True), at=NOW)


def test_starting_twice_changes_nothing():
    assert rules.start(started_job(), at=LATER) == (started_job(), [])


def test_a_cleared_job_takes_over_what_the_crew_confirmed_and_estimates_from_the_size():
    job, facts = finish(started_job())

    assert (job.state, job.outcome, job.completed_at) == ("completed", "cleared", LATER)
    assert (job.waste_type, job.size, job.estimated_kg) == ("white-goods", "transit-van", 500)
    assert job.is_untipped
    assert names(facts) == ["job.completed"]
    assert facts[0].data == {"kg_is_estimate": True, "parcels": []}


@pytest.mark.parametrize("outcome", ["part-cleared", "access-blocked", "unsafe", "needs-specialist", "evidence-held"])
def test_an_outcome_that_keeps_the_report_open_lets_the_job_wait_and_be_assigned_again(outcome):
    job, facts = finish(started_job(), outcome=outcome)

    assert (job.state, job.outcome, job.crew_id, job.waits_because) == ("deferred", outcome, None, outcome)
    assert names(facts) == ["job.deferred"]
    assert not job.is_untipped


@pytest.mark.parametrize("outcome", sorted(set(OUTCOMES) - rules.DEFERRING_OUTCOMES - {"cleared"}))
def test_every_other_outcome_completes_the_job_without_any_weight(outcome):
    job, facts = finish(started_job(), outcome=outcome)

    assert (job.state, job.estimated_kg, job.is_untipped) == ("completed", None, False)
    assert facts[0].data["kg_is_estimate"] is False


def test_what_is_left_for_enforcement_is_held():
    job, _ = finish(started_job(), outcome="evidence-held")

    assert (job.held, job.held_by, job.held_at) == (True, "crew", LATER)


def test_asbestos_that_a_crew_finds_waits_for_the_contractor():
    job, _ = finish(started_job(), outcome="needs-specialist", waste_type="asbestos")

    assert job.contractor


def test_asbestos_is_never_cleared_by_a_crew():
    with pytest.raises(DomainError, match="keep away") as refusal:
        finish(started_job(), waste_type="asbestos")

    assert refusal.value.field == "outcome"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"outcome": "done"}, "outcome"),
        ({"waste_type": "sofa"}, "waste_type"),
        ({"land_type": "moon"}, "land_type"),
        ({"size": "huge"}, "size"),
        ({"no_photo_reason": "no time"}, "no_photo_reason"),
        ({"no_photo_reason": None}, "photo"),
        ({"no_photo_reason": None, "outcome": "unsafe"}, "photo"),
    ],
)
def test_a_completion_says_what_its_outcome_needs(changes, field):
    with pytest.raises(DomainError) as refusal:
        finish(started_job(), **changes)

    assert refusal.value.field == field


def test_a_size_that_nobody_knows_must_be_confirmed():
    with pytest.raises(DomainError) as refusal:
        finish(started_job(size=None), size=None)

    assert refusal.value.field == "size"


@pytest.mark.parametrize("outcome", ["not-found", "already-cleared"])
def test_where_nothing_is_left_no_photo_needs_no_reason(outcome):
    job, _ = finish(started_job(), outcome=outcome, no_photo_reason=None)

    assert job.no_photo_reason == "nothing-to-show"


def test_a_photo_needs_no_reason_and_keeps_none():
    job, _ = finish(started_job(), photo_key="abc", no_photo_reason="camera-broken")

    assert (job.photo_key, job.no_photo_reason) == ("abc", None)


@pytest.mark.parametrize("state", ["open", "assigned", "deferred", "completed", "cancelled"])
def test_only_a_started_job_is_completed(state):
    with pytest.raises(DomainError, match="Start the job"):
        finish(make_job(state=state))


def test_a_job_is_put_off_until_a_day():
    job, facts = rules.defer(assigned_job(), "weather", until=date(2026, 11, 19), at=NOW)

    assert (job.state, job.crew_id, job.waits_until) == ("deferred", None, date(2026, 11, 19))
    assert facts[0].data == {"reason": "weather", "until": date(2026, 11, 19), "parcels": []}


def test_a_started_job_is_not_put_off_behind_its_crew():
    with pytest.raises(DomainError, match="is started"):
        rules.defer(started_job(), "weather", until=None, at=NOW)


@pytest.mark.parametrize("state", ["started", "completed"])
def test_a_job_with_a_crew_at_work_or_done_is_not_cancelled(state):
    with pytest.raises(DomainError, match=f"is {state}"):
        rules.cancel(make_job(state=state), "duplicate")


def test_cancelling_twice_changes_nothing():
    job, facts = rules.cancel(make_job(), "duplicate")

    assert names(facts) == ["job.cancelled"]
    assert rules.cancel(job, "duplicate") == (job, [])


def test_a_hold_is_released_once():
    held, facts = rules.hold(make_job(), by="supervisor", at=NOW)
    released, more = rules.release(held)

    assert [fact.data["change"] for fact in (*facts, *more)] == ["held", "released"]
    assert rules.release(released) == (released, [])


def test_a_job_is_tipped_once():
    done, _ = finish(started_job())

    tipped, facts = loads.mark_tipped(done, "tip-1")

    assert facts[0].data == {"change": "tipped"}
    assert loads.mark_tipped(tipped, "tip-2") == (tipped, [])


def test_a_voided_ticket_takes_only_its_own_share_away():
    job, _ = loads.weigh(make_job(), "ticket-1", kg=300, sequence=2)
    job, _ = loads.weigh(job, "ticket-2", kg=280, sequence=2)

    job, facts = loads.weigh(job, "ticket-1", kg=None, sequence=3)

    assert job.weighed_kg == 280
    assert facts[0].data == {"change": "weighed"}


def test_older_news_of_a_ticket_changes_nothing():
    job, _ = loads.weigh(make_job(), "ticket-1", kg=None, sequence=3)

    assert loads.weigh(job, "ticket-1", kg=300, sequence=2) == (job, [])


def test_only_the_latest_keys_are_remembered():
    job = make_job()

    for number in range(20):
        job = rules.remember(job, f"key-{number}")

    assert len(job.keys) == rules.KEYS_KEPT
    assert job.keys[-1] == "key-19"


def test_a_job_is_overdue_only_while_something_has_to_be_done():
    late = make_job(deadline=NOW - timedelta(minutes=1))

    assert late.is_overdue(NOW)
    assert not replace(late, state="completed").is_overdue(NOW)
    assert not make_job(deadline=None).is_overdue(NOW)


@pytest.mark.parametrize(
    "change",
    [
        lambda: rules.create(make_job()),
        lambda: rules.assign(make_job(), CREW, at=NOW),
        lambda: rules.start(assigned_job(), at=NOW),
        lambda: finish(started_job()),
        lambda: finish(started_job(), outcome="part-cleared"),
        lambda: rules.defer(make_job(), "weather", until=date(2026, 11, 19), at=NOW),
        lambda: rules.cancel(make_job(), "duplicate"),
        lambda: rules.hold(make_job(), by="supervisor", at=NOW),
    ],
)
def test_every_fact_with_the_jobs_state_fits_its_contract(change):
    job, facts = change()

    for fact in facts:
        event = make_event(fact, subject=job.id, sequence=1, state=public_state(job), time=NOW, cause=Cause("report-1"))
        assert encode(event)


def test_a_contractor_may_say_that_it_has_cleared_asbestos():
    job = started_job(waste_type="asbestos", contractor=True, crew_id=CONTRACTOR.id)
    said = make_completion(waste_type="asbestos")

    done, _ = rules.complete(job, said, vehicle_id=None, size_kg=SIZE_KG, at=LATER, by_contractor=True)

    assert done.state == "completed"
    with pytest.raises(DomainError, match="Asbestos is for a licensed contractor"):
        rules.complete(job, said, vehicle_id=None, size_kg=SIZE_KG, at=LATER)
