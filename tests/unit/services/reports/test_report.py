"""The state machine, without a store."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from services.reports.domain import report as rules
from services.reports.domain.assessment import AppliedRule, conclude
from services.reports.domain.jobs import JobNews, expect, follow_job
from services.reports.domain.merging import merge, unmerge
from services.reports.domain.private import Photo, Private
from services.reports.domain.report import Assessment, Place, Reason, Report
from services.reports.domain.showing import release
from shared.contracts.reports import ReportSubmittedV1
from shared.errors import DomainError
from tests.builders import TUESDAY_MORNING as NOW

PLACE = Place(53.4, -2.98, 335_000, 390_000, "exact", None, "ward", "anfield")
ASSESSED = Assessment(3, NOW + timedelta(days=5), (Reason("default", None),))


def submitted(**changes):
    given = Report(
        "r1", "FT-00000001", "k", "fly-tipping", "web", "submitted", NOW, PLACE, Private(description="Words")
    )
    return replace(given, **changes)


def assessed(**changes):
    return replace(rules.submit(submitted(waste_type="tyres"), ASSESSED, at=NOW)[0], **changes)


def job(state, sequence, outcome=None, visit=1):
    return JobNews("j1", visit, state, outcome, NOW, sequence)


def names(facts):
    return [fact.contract.type for fact in facts]


def test_a_report_without_a_waste_type_waits_for_staff():
    report, facts = rules.submit(submitted(), None, at=NOW)

    assert (report.state, report.waits_for_staff, names(facts)) == ("submitted", True, ["report.submitted.v1"])


def test_a_report_with_a_waste_type_is_assessed_at_once():
    report, facts = rules.submit(submitted(waste_type="tyres"), ASSESSED, at=NOW)

    assert (report.state, report.priority, report.waits_for_staff) == ("assessed", 3, False)
    assert names(facts) == ["report.submitted.v1", "report.assessed.v1"]


def test_the_most_urgent_rule_sets_priority_and_deadline_and_every_rule_is_a_reason():
    later, sooner = NOW + timedelta(days=2), NOW + timedelta(days=1)

    found = conclude([AppliedRule("size", "tipper", 2, later), AppliedRule("hazard", "asbestos", 1, sooner)])

    assert found == Assessment(1, sooner, (Reason("hazard", "asbestos"), Reason("size", "tipper")))


@pytest.mark.parametrize(
    ("state", "outcome", "becomes", "closure", "waits", "announced"),
    [
        ("open", None, "assessed", None, False, []),
        ("assigned", None, "scheduled", None, False, ["report.amended.v1"]),
        ("started", None, "in-progress", None, False, ["report.amended.v1"]),
        ("deferred", "part-cleared", "assessed", None, False, ["report.amended.v1"]),
        ("deferred", "access-blocked", "assessed", None, False, ["report.amended.v1"]),
        ("deferred", "unsafe", "assessed", None, False, ["report.amended.v1"]),
        ("deferred", "needs-specialist", "assessed", None, False, ["report.amended.v1"]),
        ("deferred", "evidence-held", "assessed", None, False, ["report.amended.v1"]),
        ("deferred", None, "assessed", None, False, ["report.amended.v1"]),
        ("cancelled", None, "assessed", None, False, []),
        ("completed", "cleared", "closed", "cleared", False, ["report.closed.v1"]),
        ("completed", "already-cleared", "closed", "already-cleared", False, ["report.closed.v1"]),
        ("completed", "not-found", "closed", "not-found", False, ["report.closed.v1"]),
        ("completed", "private-land", "referred", None, True, ["report.referred.v1"]),
        ("completed", "refused", "assessed", None, True, ["report.amended.v1"]),
    ],
)
def test_a_report_follows_its_job(state, outcome, becomes, closure, waits, announced):
    report, facts = follow_job(assessed(), job(state, 2, outcome))

    assert (report.state, report.closure, report.waits_for_staff) == (becomes, closure, waits)
    assert names(facts) == announced


def test_old_and_repeated_news_of_a_job_changes_nothing():
    report, _ = follow_job(assessed(), job("started", 3))

    assert follow_job(report, job("started", 3)) == (report, [])
    assert follow_job(report, job("assigned", 2)) == (report, [])


def test_news_of_an_earlier_visit_leaves_the_new_one_alone():
    closed, _ = follow_job(assessed(), job("completed", 4, "cleared"))
    reopened, _ = rules.reopen(closed, ASSESSED, by="reporter", at=NOW)

    after, facts = follow_job(reopened, job("assigned", 9, visit=1))

    assert (after.state, after.visit, facts) == ("assessed", 2, [])


def test_a_job_taken_from_its_crew_puts_the_report_back_on_the_list():
    scheduled, _ = follow_job(assessed(), job("assigned", 2))

    report, facts = follow_job(scheduled, job("open", 3))

    assert (report.state, facts[0].data) == ("assessed", {"change": "unscheduled"})


def test_the_expected_day_is_kept_whatever_other_news_came_first():
    report, _ = follow_job(assessed(), job("assigned", 6))

    later = expect(report, job_id="j1", visit=1, expected_on=date(2026, 11, 20), sequence=5)

    assert later.expected_on == date(2026, 11, 20)
    assert expect(later, job_id="j1", visit=1, expected_on=date(2026, 11, 19), sequence=4) == later


def test_reopening_makes_a_new_visit_with_a_new_date():
    closed, _ = rules.close(assessed(), "cleared", at=NOW)

    report, facts = rules.reopen(closed, ASSESSED, by="reporter", at=NOW)

    assert (report.state, report.visit, report.closure, report.cleared_at) == ("assessed", 2, None, None)
    assert names(facts) == ["report.reopened.v1", "report.assessed.v1"]
    assert rules.reopen(report, ASSESSED, by="reporter", at=NOW) == (report, [])


def test_a_report_is_joined_to_another_and_taken_apart_again():
    kept = replace(assessed(), id="r2", reference="FT-00000002")

    merged, facts = merge(assessed(), into=kept, at=NOW)
    apart, more = unmerge(merged, ASSESSED, at=NOW)

    assert (merged.state, merged.closure, merged.merged_into) == ("closed", "duplicate", "r2")
    assert names(facts) == ["report.merged.v1", "report.closed.v1"]
    assert (apart.state, apart.merged_into, apart.visit) == ("assessed", None, 2)
    assert names(more) == ["report.unmerged.v1", "report.reopened.v1", "report.assessed.v1"]


@pytest.mark.parametrize(
    "refused",
    [
        lambda: rules.assess(assessed(state="closed"), ASSESSED, at=NOW),
        lambda: rules.close(assessed(state="closed"), "no-action", at=NOW),
        lambda: rules.refer(assessed(state="closed"), "housing", at=NOW),
        lambda: merge(assessed(), into=assessed(), at=NOW),
        lambda: merge(assessed(), into=replace(assessed(), id="r2", merged_into="r3"), at=NOW),
        lambda: merge(assessed(state="scheduled"), into=replace(assessed(), id="r2"), at=NOW),
        lambda: release(submitted(), photos=(1,), text=False),
        lambda: release(submitted(private=Private()), photos=(), text=True),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(refused):
    with pytest.raises(DomainError):
        refused()


def test_action_taken_is_announced_once():
    report, facts = rules.take_action(assessed(), at=NOW)

    assert (report.action_taken, facts[0].data) == (True, {"change": "action-taken"})
    assert rules.take_action(report, at=NOW) == (report, [])


def test_a_message_is_announced_once():
    report, facts = rules.note_told(assessed(), message_id="m1", message="closed", by="email")

    assert names(facts) == ["report.notified.v1"]
    assert rules.note_told(report, message_id="m1", message="closed", by="email") == (report, [])


def test_the_public_state_fits_its_contract_and_says_nothing_private():
    private = Private(
        "Canary", "canary@example.com", "07700900982", "canary words", "canary place", (Photo("f" * 64, "e" * 64),)
    )
    report = assessed(private=private)

    state = rules.public_state(report)

    ReportSubmittedV1.write({"state": state})
    assert "canary" not in str(state).lower()
    assert "f" * 64 not in str(state)
