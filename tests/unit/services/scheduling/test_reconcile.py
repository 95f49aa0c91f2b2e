from dataclasses import replace
from datetime import timedelta

import pytest

from services.scheduling.domain import job as rules
from services.scheduling.domain.job import Reason
from services.scheduling.domain.reconcile import new_job, reconcile

from .made import LATER, NOW, assigned_job, make_job, make_report, started_job


def follow(job, report, *, secured_at=None, reasons=()):
    return reconcile(job, report, reasons=reasons, secured_at=secured_at, at=NOW)


def changes(facts):
    return [fact.data.get("change") or fact.data.get("reason") for fact in facts]


def test_a_new_job_is_what_its_report_says():
    reasons = (Reason("size-large", "tipper"),)

    job, facts = new_job(make_report(), job_id="job-1", depot_id="north", reasons=reasons, at=NOW)

    assert (job.state, job.priority, job.reasons, job.contractor) == ("open", 3, reasons, False)
    assert len(facts) == 1


@pytest.mark.parametrize(("waste", "hazards"), [("asbestos", ()), ("other-unidentified", ("asbestos",))])
def test_reported_asbestos_needs_the_contractor(waste, hazards):
    report = make_report(waste_type=waste, hazards=hazards)

    assert new_job(report, job_id="job-1", depot_id="north", reasons=(), at=NOW)[0].contractor


def test_the_same_copy_again_changes_nothing():
    assert follow(make_job(), make_report()) == (make_job(), [])


def test_a_new_priority_reaches_a_job_that_waits():
    job, facts = follow(assigned_job(), make_report(priority=1, deadline=LATER))

    assert (job.priority, job.deadline, job.state) == (1, LATER, "assigned")
    assert changes(facts) == ["report"]


def test_reasons_that_arrive_later_are_kept_and_announced_to_nobody():
    job, facts = follow(make_job(), make_report(), reasons=(Reason("default", None),))

    assert job.reasons == (Reason("default", None),)
    assert facts == []


def test_what_a_crew_has_seen_stands_against_the_report():
    job = make_job(state="deferred", outcome="part-cleared", waste_type="tyres")

    followed, _ = follow(job, make_report(waste_type="green"))

    assert followed.waste_type == "tyres"


@pytest.mark.parametrize(
    ("report", "reason"),
    [
        (make_report(state="closed"), "report-closed"),
        (make_report(state="referred"), "report-referred"),
        (make_report(state="closed", merged_into="report-2"), "report-merged"),
        (make_report(visit=2), "report-reopened"),
    ],
)
def test_a_job_is_called_off_with_its_report(report, reason):
    job, facts = follow(assigned_job(), report)

    assert (job.state, job.cancelled_because) == ("cancelled", reason)
    assert changes(facts) == [reason]
    assert follow(job, report) == (job, [])


@pytest.mark.parametrize("state", ["started", "completed"])
def test_a_crew_at_the_place_or_done_is_left_to_it(state):
    job = started_job(state=state)

    assert follow(job, make_report(state="closed")) == (job, [])


def test_a_job_comes_back_with_its_report():
    job, _ = follow(make_job(), make_report(state="referred"))

    back, facts = follow(job, make_report())

    assert back.state == "open"
    assert changes(facts) == ["restored"]


def test_a_job_that_a_supervisor_cancelled_stays_cancelled():
    job, _ = rules.cancel(make_job(), "not-ours")

    assert follow(job, make_report()) == (job, [])


def test_evidence_at_the_place_holds_the_job():
    job, facts = follow(make_job(), make_report(has_evidence=True))

    assert (job.held, job.held_by) == (True, "report")
    assert changes(facts) == ["held"]
    assert follow(job, make_report(has_evidence=True)) == (job, [])


def test_secured_evidence_releases_the_job():
    held, _ = follow(make_job(), make_report(has_evidence=True))

    job, facts = follow(held, make_report(has_evidence=True), secured_at=LATER)

    assert not job.held
    assert changes(facts) == ["released"]


def test_evidence_that_was_secured_first_never_holds_the_job():
    assert follow(make_job(), make_report(has_evidence=True), secured_at=NOW)[1] == []


def test_what_a_supervisor_released_is_not_held_again():
    held, _ = follow(make_job(), make_report(has_evidence=True))
    released, _ = rules.release(held)

    assert follow(released, make_report(has_evidence=True)) == (released, [])


def test_what_a_supervisor_holds_is_released_by_a_supervisor_only():
    held, _ = rules.hold(make_job(), by="supervisor", at=NOW)

    assert follow(held, make_report(), secured_at=LATER)[0].held


def test_what_a_crew_left_in_place_waits_for_evidence_secured_after_that():
    held = make_job(state="deferred", held=True, held_by="crew", held_at=NOW)

    assert follow(held, make_report(), secured_at=NOW - timedelta(days=1))[0].held
    assert not follow(held, make_report(), secured_at=NOW + timedelta(minutes=5))[0].held


def test_a_street_that_the_crew_named_is_kept():
    job = make_job(channel="crew", place_id="smith-street")

    assert follow(job, replace(make_report(), channel="crew"))[0].place_id == "smith-street"
