"""Evidence and recipients go when their time has come, by how the case ended; the record and its log stay whole."""

import json
from dataclasses import replace

import pytest

from services.enforcement import retention
from services.enforcement.domain.custody_log import ACTIONS, verify
from services.enforcement.domain.keeping import erase_case, erase_notice
from services.enforcement.domain.notice import Recipient
from services.enforcement.evidence import open_exhibit
from services.enforcement.handlers import cancel_notice, close_case, issue_notice, record_payment, serve_notice
from services.enforcement.store import CASES, CUSTODY, NOTICES, cases, log_of, notices
from services.enforcement.subscriptions import EVIDENCE
from shared.contracts.envelope import Cause
from shared.errors import NotFound
from tests.unit.services.enforcement.made import (
    OFFICER,
    OTHER_OFFICER,
    TODAY,
    deliver,
    evidence_flagged,
    hand_over,
    job_completed,
    own_events,
    sealed,
)

CANARY = Recipient("Canary Nightingale", "12 Canary Lane")
SEEN = "A canary was seen to tip it"


def fined(ctx, case, pump):
    """A notice in a case, served on its recipient."""
    notice, _ = issue_notice(
        ctx, case.id, offence_code="FLYTIP", tier="L1", amount_pence=50_000, officer_id=OFFICER, request_key="key",
        recipient=CANARY, particulars=SEEN,
    )  # fmt: skip
    serve_notice(ctx, notice.id, on=TODAY, how="by-hand", by=OFFICER)
    pump.drain()
    return notices(ctx.store).require(notice.id)


def paid(ctx, case, pump):
    notice = fined(ctx, case, pump)
    record_payment(ctx, notice.id, amount_pence=50_000, paid_on=TODAY, method="card", by=OFFICER, request_key="p")
    pump.drain()
    return notices(ctx.store).require(notice.id)


def closed(ctx, case):
    return close_case(ctx, case.id, result="no-further-action", by=OFFICER)


def everything(ctx):
    names = (CASES.name, NOTICES.name, CUSTODY.name)
    found = [ctx.store.find(name, {}, sort=(("_id", 1),), limit=100).items for name in names]
    return json.dumps(found, default=str).casefold()


def log(ctx, case):
    return [entry.action for entry in log_of(ctx.store, case.id)]


def test_evidence_of_a_case_without_a_culprit_goes_after_its_time_and_the_record_stays(ctx, case, days_pass):
    closed(ctx, case)
    days_pass(ctx.council.retention.unproven_case_days - 1)
    retention.erase_due(ctx)
    before = ctx.blobs.exists(case.exhibits[0].parcel_key)
    days_pass(2)

    retention.erase_due(ctx)

    after = cases(ctx.store).require(case.id)
    assert before
    assert not ctx.blobs.exists(case.exhibits[0].parcel_key)
    assert after.erased_at == ctx.clock.now()
    assert (after.number, after.exhibits, after.result) == (case.number, case.exhibits, "no-further-action")
    assert log(ctx, case)[-1] == "evidence.erased"
    assert verify(log_of(ctx.store, case.id)).is_whole


def test_whom_a_paid_notice_is_for_goes_after_the_time_of_paid_notices(ctx, case, pump, days_pass):
    notice = paid(ctx, case, pump)
    days_pass(ctx.council.retention.unproven_case_days + 1)
    retention.erase_due(ctx)
    before = everything(ctx)
    days_pass(ctx.council.retention.paid_notice_days - ctx.council.retention.unproven_case_days + 1)

    retention.erase_due(ctx)

    after = notices(ctx.store).require(notice.id)
    assert "canary" in before
    assert "canary" not in everything(ctx)
    assert (after.serial, after.amount_pence, after.paid_on, after.law) == (
        notice.serial, notice.amount_pence, TODAY, notice.law,
    )  # fmt: skip
    assert after.erased_at is not None
    assert log(ctx, case).count("notice.erased") == 1


def test_a_conviction_keeps_its_evidence_for_the_time_of_prosecutions(ctx, case, days_pass):
    convicted = replace(closed(ctx, case), result="convicted")
    cases(ctx.store).save(convicted, at=ctx.clock.now(), cause=Cause())
    days_pass(ctx.council.retention.prosecution_days - 1)
    retention.erase_due(ctx)
    kept = ctx.blobs.exists(case.exhibits[0].parcel_key)
    days_pass(2)

    retention.erase_due(ctx)

    assert kept
    assert not ctx.blobs.exists(case.exhibits[0].parcel_key)


def test_an_open_case_and_a_notice_to_be_paid_are_never_erased(ctx, case, pump, days_pass):
    notice = fined(ctx, case, pump)
    days_pass(20 * 365)

    retention.erase_due(ctx)

    assert notices(ctx.store).require(notice.id).recipient == CANARY
    assert ctx.blobs.exists(case.exhibits[0].parcel_key)


def test_a_cancelled_notice_waits_for_its_case_and_goes_when_that_is_closed(ctx, case, pump, days_pass):
    notice = fined(ctx, case, pump)
    cancel_notice(ctx, notice.id, reason="wrong-person", by=OTHER_OFFICER)
    pump.drain()
    days_pass(ctx.council.retention.unproven_case_days + 1)

    retention.erase_due(ctx)
    waiting = notices(ctx.store).require(notice.id).recipient
    closed(ctx, case)
    retention.erase_due(ctx)

    assert waiting == CANARY
    assert notices(ctx.store).require(notice.id).recipient is None
    assert ctx.blobs.exists(case.exhibits[0].parcel_key)


def test_a_notice_that_went_to_court_goes_with_its_case(ctx, case, pump, days_pass):
    notice = replace(fined(ctx, case, pump), state="escalated")
    notices(ctx.store).save(notice, at=ctx.clock.now(), cause=Cause())
    ended = replace(cases(ctx.store).require(case.id), state="closed", closed_at=ctx.clock.now(), result="convicted")
    cases(ctx.store).save(ended, at=ctx.clock.now(), cause=Cause())
    days_pass(ctx.council.retention.paid_notice_days + 1)
    retention.erase_due(ctx)
    kept = notices(ctx.store).require(notice.id).recipient
    days_pass(ctx.council.retention.prosecution_days)

    retention.erase_due(ctx)

    assert kept == CANARY
    assert notices(ctx.store).require(notice.id).recipient is None


def test_erasing_twice_changes_nothing(ctx, case, pump, days_pass):
    paid(ctx, case, pump)
    days_pass(ctx.council.retention.paid_notice_days + 1)
    retention.erase_due(ctx)
    once = everything(ctx)

    retention.erase_due(ctx)

    assert everything(ctx) == once
    ended = cases(ctx.store).require(case.id)
    assert erase_case(ended, at=ctx.clock.now()) is ended
    bare = notices(ctx.store).find({"case_id": case.id}, limit=1)[0][0]
    assert erase_notice(bare, at=ctx.clock.now()) is bare


def test_a_kill_after_any_step_is_made_good_by_the_next_run(ctx, case, pump, days_pass, monkeypatch):
    paid(ctx, case, pump)
    days_pass(ctx.council.retention.paid_notice_days + 1)

    class Killed(Exception):
        pass

    def killed(*_, **__):
        raise Killed

    for where, step in ((type(ctx.blobs), "delete"), (retention, "erase_recipient"), (retention, "erase_case")):
        with monkeypatch.context() as patched:
            patched.setattr(where, step, killed)
            with pytest.raises(Killed):
                retention.erase_due(ctx)

    retention.erase_due(ctx)

    assert "canary" not in everything(ctx)
    assert cases(ctx.store).require(case.id).erased_at is not None
    assert (log(ctx, case).count("evidence.erased"), log(ctx, case).count("notice.erased")) == (1, 1)


def test_evidence_that_comes_after_the_erasing_has_a_time_of_its_own(ctx, case, days_pass):
    closed(ctx, case)
    days_pass(ctx.council.retention.unproven_case_days + 1)
    retention.erase_due(ctx)
    late = hand_over(ctx, sealed(sealed_by="crew-2"))
    assert deliver(ctx, EVIDENCE, job_completed(late, sequence=9)) == ["handled"]

    retention.erase_due(ctx)
    kept = ctx.blobs.exists(late)
    days_pass(ctx.council.retention.unproven_case_days + 1)
    retention.erase_due(ctx)

    assert kept
    assert not ctx.blobs.exists(late)
    assert log(ctx, case).count("evidence.erased") == 2


def test_a_batch_is_erased_at_a_time(ctx, days_pass, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 1)
    for number in range(2):
        report = f"report-{number}"
        content = sealed(
            holds="statement", report_id=report, job_id=None, statement=SEEN, files=(), sealed_by="reporter"
        )
        flagged = evidence_flagged(hand_over(ctx, content, "reports"), report_id=report)
        assert deliver(ctx, EVIDENCE, replace(flagged, id=report, subject=report)) == ["handled"]
    for case in cases(ctx.store).find({"open": True}, sort=(("opened_at", -1),))[0]:
        closed(ctx, case)
    days_pass(ctx.council.retention.unproven_case_days + 1)

    retention.erase_due(ctx)
    after_one = cases(ctx.store).find({"state": "closed"}, sort=(("opened_at", -1),))[0]
    retention.erase_due(ctx)

    assert sorted(case.erased_at is None for case in after_one) == [False, True]
    assert all(case.erased_at for case in cases(ctx.store).find({"state": "closed"}, sort=(("opened_at", -1),))[0])


def test_erasing_makes_no_event_and_every_line_of_the_log_has_words(ctx, case, pump, days_pass):
    paid(ctx, case, pump)
    before = len(own_events(ctx))
    days_pass(ctx.council.retention.paid_notice_days + 1)

    retention.erase_due(ctx)

    assert len(own_events(ctx)) == before
    assert set(log(ctx, case)) <= set(ACTIONS)


def test_an_erased_exhibit_says_so(ctx, case, days_pass):
    closed(ctx, case)
    days_pass(ctx.council.retention.unproven_case_days + 1)
    retention.erase_due(ctx)

    with pytest.raises(NotFound, match="no longer kept"):
        open_exhibit(ctx, case.exhibits[0])
