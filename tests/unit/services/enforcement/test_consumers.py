"""Each consumer of enforcement: happy, twice, out of order, invalid."""

import io
import json
import zipfile
from datetime import date

import pytest

from services.enforcement import subscriptions
from services.enforcement.domain.case import case_id
from services.enforcement.domain.custody_log import verify
from services.enforcement.evidence import open_exhibit
from services.enforcement.handlers import cancel_notice, issue_notice, record_payment
from services.enforcement.store import CUSTODY, JOBS, REPORTS, cases, log_of, notices
from shared.bus.answer import answer, due_parked
from shared.clock import machine_now
from shared.contracts.envelope import encode
from tests.unit.services.enforcement.made import (
    OFFICER,
    OTHER_OFFICER,
    REPORT,
    TODAY,
    deliver,
    evidence_flagged,
    hand_over,
    job_completed,
    job_deferred,
    own_events,
    parcel,
    report_amended,
    sealed,
)


def issue(ctx, case, offence_code="FLYTIP", tier="L1", amount_pence=50_000, *, key="key-1"):
    return issue_notice(
        ctx,
        case.id,
        offence_code=offence_code,
        tier=tier,
        amount_pence=amount_pence,
        officer_id=OFFICER,
        request_key=key,
    )[0]


def pay(ctx, notice, amount_pence=50_000, key="paid-1", paid_on=TODAY):
    return record_payment(
        ctx, notice.id, amount_pence=amount_pence, paid_on=paid_on, method="card", by=OFFICER, request_key=key
    )[0]


@pytest.mark.parametrize("subscription", subscriptions.SUBSCRIPTIONS, ids=lambda s: s.consumer)
def test_an_event_that_does_not_fit_its_contract_is_parked_as_dead(ctx, subscription):
    body = json.loads(encode(report_amended()))
    body["type"] = subscription.events[0].type
    body["data"] = {"state": {}}

    assert answer(ctx, subscription, json.dumps(body).encode()).value == "dead"


# enforcement.evidence


def test_a_crews_parcel_opens_a_case_and_is_its_first_exhibit(ctx, case):
    (exhibit,) = case.exhibits

    assert case.state == "evidence"
    assert (exhibit.label, exhibit.source, exhibit.files[0].name) == ("EX1", "crew", "letter.png")
    assert open_exhibit(ctx, exhibit) == parcel()
    assert [event.name for event in own_events(ctx)] == ["case.opened", "evidence.received", "case.evidence-secured"]


def test_a_case_belongs_to_its_reports_journey(ctx, case):
    assert {event.correlationid for event in own_events(ctx)} == {REPORT}


def test_the_same_parcel_twice_is_one_exhibit(ctx, case):
    again = job_completed(case.exhibits[0].parcel_key, sequence=5)

    assert deliver(ctx, subscriptions.EVIDENCE, again, again) == ["handled", "handled"]
    assert cases(ctx.store).require(case.id).version == case.version


def test_evidence_of_reporter_and_crew_meets_in_one_case_in_either_order(ctx, case):
    words = sealed(holds="statement", job_id=None, files=(), statement="I saw it.", sealed_by="reporter")

    deliver(ctx, subscriptions.EVIDENCE, evidence_flagged(hand_over(ctx, words, "reports")))

    found = cases(ctx.store).require(case.id)
    assert [(exhibit.label, exhibit.source) for exhibit in found.exhibits] == [("EX1", "crew"), ("EX2", "reporter")]


def test_a_parcel_that_has_not_arrived_is_waited_for(ctx):
    content = sealed()
    key = "0" * 64

    assert deliver(ctx, subscriptions.EVIDENCE, job_completed(key)) == ["retrying"]
    assert cases(ctx.store).get(case_id(REPORT)) is None

    arrived = hand_over(ctx, content)
    assert deliver(ctx, subscriptions.EVIDENCE, job_completed(arrived)) == ["handled"]
    assert due_parked(ctx, subscriptions.SUBSCRIPTIONS, now=machine_now()) is not None


def test_a_clue_without_a_parcel_opens_a_case_without_exhibits(ctx):
    deliver(ctx, subscriptions.EVIDENCE, evidence_flagged(None))

    case = cases(ctx.store).require(case_id(REPORT))
    assert (case.state, case.exhibits, case.source) == ("opened", (), "reporter")


def test_a_job_without_evidence_opens_nothing(ctx):
    deliver(ctx, subscriptions.EVIDENCE, job_completed(has_evidence=False))

    assert cases(ctx.store).get(case_id(REPORT)) is None


def test_work_that_stopped_hands_over_what_it_found(ctx):
    deliver(ctx, subscriptions.EVIDENCE, job_deferred(hand_over(ctx, sealed())))

    assert len(cases(ctx.store).require(case_id(REPORT)).exhibits) == 1


def test_work_that_stopped_without_finding_anything_opens_nothing(ctx):
    deliver(ctx, subscriptions.EVIDENCE, job_deferred())

    assert cases(ctx.store).get(case_id(REPORT)) is None


def test_a_parcel_that_was_changed_after_sealing_is_refused(ctx):
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(sealed())) as source, zipfile.ZipFile(buffer, "w") as changed:
        for name in source.namelist():
            changed.writestr(name, b"another photo" if name.startswith("originals/") else source.read(name))

    assert deliver(ctx, subscriptions.EVIDENCE, job_completed(hand_over(ctx, buffer.getvalue()))) == ["dead"]
    assert cases(ctx.store).get(case_id(REPORT)) is None


def test_a_parcel_about_another_report_is_refused(ctx):
    key = hand_over(ctx, sealed(report_id="report-2"))

    assert deliver(ctx, subscriptions.EVIDENCE, job_completed(key)) == ["dead"]


# enforcement.reports


def test_a_report_is_copied(ctx):
    deliver(ctx, subscriptions.REPORTS, report_amended())

    assert ctx.store.get(REPORTS.name, REPORT)["land_type"] == "back-alleyway"


def test_a_report_twice_is_one_copy(ctx):
    event = report_amended()

    deliver(ctx, subscriptions.REPORTS, event, event)

    assert ctx.store.get(REPORTS.name, REPORT)["sequence"] == 4


def test_older_news_of_a_report_changes_nothing(ctx):
    deliver(ctx, subscriptions.REPORTS, report_amended(6, size="tipper"), evidence_flagged(sequence=3))

    assert ctx.store.get(REPORTS.name, REPORT)["size"] == "tipper"


# enforcement.jobs


def test_a_job_is_copied(ctx):
    deliver(ctx, subscriptions.JOBS, job_completed())

    assert [job["outcome"] for job in ctx.store.find(JOBS.name, {"report_id": REPORT}).items] == ["cleared"]


def test_a_job_twice_is_one_copy(ctx):
    deliver(ctx, subscriptions.JOBS, job_completed(), job_completed())

    assert ctx.store.count(JOBS.name, {"report_id": REPORT}) == 1


def test_older_news_of_a_job_changes_nothing(ctx):
    deliver(ctx, subscriptions.JOBS, job_completed(sequence=6, size="tipper"), job_completed(sequence=5))

    assert ctx.store.find(JOBS.name, {"report_id": REPORT}).items[0]["size"] == "tipper"


# enforcement.cases


def test_a_notice_moves_its_case_on_and_records_the_action(ctx, case, pump):
    issue(ctx, case)

    pump.drain()

    assert cases(ctx.store).require(case.id).state == "notice"
    (action,) = own_events(ctx, "action.recorded")
    assert (action.data["action"], action.data["taken_on"]) == ("fpn-fly-tipping", TODAY)


def test_a_paid_notice_closes_its_case(ctx, case, pump):
    pay(ctx, issue(ctx, case))

    pump.drain()

    found = cases(ctx.store).require(case.id)
    assert (found.state, found.result) == ("closed", "paid")
    assert len(own_events(ctx, "case.closed")) == 1


def test_a_cancelled_notice_leaves_the_case_to_be_decided(ctx, case, pump):
    cancel_notice(ctx, issue(ctx, case).id, reason="issued-in-error", by=OTHER_OFFICER)

    pump.drain()

    assert cases(ctx.store).require(case.id).state == "decision"


def test_one_paid_notice_of_two_leaves_the_case_open(ctx, case, pump):
    pay(ctx, issue(ctx, case))
    issue(ctx, case, "LITTER", None, 15_000, key="key-2")

    pump.drain()

    assert cases(ctx.store).require(case.id).state == "notice"


def test_news_of_a_notice_twice_and_in_any_order_changes_nothing_more(ctx, case, pump):
    pay(ctx, issue(ctx, case))
    pump.drain()
    before = cases(ctx.store).require(case.id)
    heard = own_events(ctx, "notice.issued", "notice.paid")

    deliver(ctx, subscriptions.CASES, *reversed(heard), *heard)

    assert cases(ctx.store).require(case.id) == before


def test_payment_heard_of_before_issue_closes_the_case_all_the_same(ctx, case):
    pay(ctx, issue(ctx, case))

    deliver(ctx, subscriptions.CASES, *reversed(own_events(ctx, "notice.issued", "notice.paid")))

    assert cases(ctx.store).require(case.id).state == "closed"
    assert len(own_events(ctx, "action.recorded")) == 1


# enforcement.copies


def test_a_duty_of_care_notice_is_copied_to_the_environment_agency(ctx, case, pump):
    notice = issue(ctx, case, "HH-DOC", None, 40_000)

    pump.drain()

    (copied,) = own_events(ctx, "notice.copied")
    assert copied.data["recipient"] == "environment-agency"
    assert notices(ctx.store).require(notice.id).copied_on == TODAY


def test_the_copy_is_made_once(ctx, case, pump):
    issue(ctx, case, "HH-DOC", None, 40_000)
    pump.drain()
    (issued,) = own_events(ctx, "notice.issued")

    deliver(ctx, subscriptions.COPIES, issued, issued)

    assert len(own_events(ctx, "notice.copied")) == 1


def test_other_notices_are_copied_to_nobody(ctx, case, pump):
    issue(ctx, case)

    pump.drain()

    assert own_events(ctx, "notice.copied") == []


def test_a_copy_that_is_made_after_payment_is_still_made(ctx, case):
    notice = issue(ctx, case, "HH-DOC", None, 40_000)
    pay(ctx, notice, 40_000)

    deliver(ctx, subscriptions.COPIES, *own_events(ctx, "notice.issued"))

    assert notices(ctx.store).require(notice.id).state == "paid"
    assert len(own_events(ctx, "notice.copied")) == 1


# enforcement.custody


def test_everything_that_happens_is_in_an_unbroken_log(ctx, case, pump):
    pay(ctx, issue(ctx, case))

    pump.drain()

    log = log_of(ctx.store, case.id)
    assert {entry.action for entry in log} >= {"case.opened", "evidence.received", "notice.issued", "notice.paid"}
    assert {entry.actor for entry in log if entry.action.startswith("notice.")} == {OFFICER}
    assert verify(log).is_whole


def test_an_event_twice_or_late_is_one_entry(ctx, case):
    before = log_of(ctx.store, case.id)

    deliver(ctx, subscriptions.CUSTODY, *reversed(own_events(ctx)), *own_events(ctx))

    assert log_of(ctx.store, case.id) == before


@pytest.mark.parametrize("change", [{"actor": "somebody-else"}, {"n": 7}, {"at": date(2026, 1, 1)}])
def test_a_changed_entry_breaks_the_chain_where_it_stands(ctx, case, change):
    log = log_of(ctx.store, case.id)
    document = ctx.store.get(CUSTODY.name, log[1].id)
    if "at" in change:
        change = {"at": log[1].at.replace(year=2025)}

    ctx.store.save(CUSTODY.name, {**document, **change}, expected_version=document["version"])

    assert verify(sorted(log_of(ctx.store, case.id), key=lambda entry: entry.id)).broken_at == 2


def test_a_removed_entry_breaks_the_chain(ctx, case):
    ctx.store.delete(CUSTODY.name, log_of(ctx.store, case.id)[0].id)

    assert verify(log_of(ctx.store, case.id)).broken_at == 1
