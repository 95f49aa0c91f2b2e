"""Issuing, serving, paying and cancelling within the law."""

import re
from datetime import date, timedelta

import pytest

from services.enforcement.domain.notice import Recipient
from services.enforcement.handlers import (
    AlreadyIssued,
    cancel_notice,
    close_case,
    issue_notice,
    name_recipient,
    record_payment,
    serve_notice,
)
from services.enforcement.store import cases, notices
from shared.errors import DomainError, Forbidden
from tests.builders import SUNDAY_AFTER, behind_the_machine
from tests.unit.services.enforcement.made import OFFICER, OTHER_OFFICER, TODAY, own_events

SOMEBODY = Recipient("Canary Surname", "1 Canary Street")


def issue(ctx, case, **changes):
    values = {
        "offence_code": "FLYTIP",
        "tier": "L1",
        "amount_pence": 50_000,
        "officer_id": OFFICER,
        "request_key": "key-1",
        **changes,
    }
    return issue_notice(ctx, case.id, **values)


def pay(ctx, notice, amount_pence, *, on=TODAY, key="paid-1"):
    return record_payment(
        ctx, notice.id, amount_pence=amount_pence, paid_on=on, method="card", by=OFFICER, request_key=key
    )


@pytest.fixture
def notice(ctx, case):
    return issue(ctx, case)[0]


@pytest.fixture
def served(ctx, notice):
    name_recipient(ctx, notice.id, SOMEBODY)
    return serve_notice(ctx, notice.id, on=TODAY, how="by-hand", by=OFFICER)


def test_a_notice_has_its_serial_its_clock_and_its_own_page(ctx, notice):
    assert notice.serial == "PN-2026-00001"
    assert notice.pay_by == TODAY + timedelta(days=14)
    assert len(notice.public_code) >= 20


@pytest.mark.parametrize(
    ("offence_code", "tier", "amount_pence", "said"),
    [
        ("FLYTIP", "L3", 100_001, "EPA 1990 s33ZA: between £150 and £1,000"),
        ("FLYTIP", "L1", 14_999, "EPA 1990 s33ZA: between £150 and £1,000"),
        ("HH-DOC", None, 60_001, "EPA 1990 s34ZA: between £150 and £600"),
        ("LITTER", None, 50_001, "EPA 1990 s88: between £65 and £500"),
        (
            "FLYTIP",
            "L1",
            75_000,
            "tariff for fly-tipping (one to three bags of household waste) is £500, set under EPA 1990 s33ZA",
        ),
        ("FLYTIP", "L9", 50_000, "no amount for FLYTIP L9"),
        ("NO-SUCH", None, 50_000, "No penalty for NO-SUCH"),
    ],
)
def test_an_amount_outside_statute_or_tariff_is_refused_in_words(ctx, case, *, offence_code, tier, amount_pence, said):
    with pytest.raises(DomainError, match=re.escape(said)):
        issue(ctx, case, offence_code=offence_code, tier=tier, amount_pence=amount_pence)

    assert own_events(ctx, "notice.issued") == []


@pytest.mark.parametrize(("tier", "amount_pence"), [("L1", 50_000), ("l2", 75_000), ("L3", 100_000)])
def test_the_tariffs_own_amounts_are_issued(ctx, case, tier, amount_pence):
    assert issue(ctx, case, tier=tier, amount_pence=amount_pence)[0].amount_pence == amount_pence


def test_the_same_request_again_is_the_same_notice(ctx, case, notice):
    assert issue(ctx, case) == (notice, False)
    assert len(own_events(ctx, "notice.issued")) == 1


def test_there_is_one_notice_per_offence_of_a_case(ctx, case, notice):
    with pytest.raises(AlreadyIssued) as refused:
        issue(ctx, case, request_key="key-2")

    assert notice.serial in refused.value.message


def test_even_a_cancelled_notice_bars_a_second_for_the_same_offence(ctx, case, notice):
    cancel_notice(ctx, notice.id, reason="wrong-person", by=OTHER_OFFICER)

    with pytest.raises(AlreadyIssued):
        issue(ctx, case, request_key="key-2")


def test_serial_numbers_rise_without_a_gap(ctx, case):
    first, _ = issue(ctx, case)
    with pytest.raises(DomainError):
        issue(ctx, case, offence_code="HH-DOC", tier=None, amount_pence=99_999, request_key="key-2")

    second, _ = issue(ctx, case, offence_code="LITTER", tier=None, amount_pence=15_000, request_key="key-3")

    assert [first.serial, second.serial] == ["PN-2026-00001", "PN-2026-00002"]


def test_no_notice_is_issued_in_a_closed_case(ctx, case):
    close_case(ctx, case.id, result="no-further-action", by=OFFICER)

    with pytest.raises(DomainError, match="closed"):
        issue(ctx, case)


def test_a_notice_is_served_on_a_person_only(ctx, notice):
    with pytest.raises(DomainError, match="name and address"):
        serve_notice(ctx, notice.id, on=TODAY, how="by-hand", by=OFFICER)


@pytest.mark.parametrize("on", [TODAY - timedelta(days=1), TODAY + timedelta(days=1)])
def test_a_notice_is_served_between_its_date_and_today(ctx, notice, on):
    name_recipient(ctx, notice.id, SOMEBODY)

    with pytest.raises(DomainError, match="day of service"):
        serve_notice(ctx, notice.id, on=on, how="by-hand", by=OFFICER)


def test_the_person_is_fixed_once_the_notice_is_served(ctx, served):
    with pytest.raises(DomainError, match="before the notice is served"):
        name_recipient(ctx, served.id, Recipient("Somebody Else", "2 Canary Street"))


def test_no_event_knows_the_person_or_the_address_of_their_page(ctx, served):
    bodies = b"".join(logged.body for logged in ctx.store.log.read(after=0))

    assert b"Canary" not in bodies
    assert served.public_code.encode() not in bodies
    assert "Canary" not in repr(served)


def test_a_payment_in_full_pays_the_notice(ctx, notice):
    paid, is_new = pay(ctx, notice, 50_000)

    assert is_new
    assert (paid.state, paid.paid_on) == ("paid", TODAY)
    assert own_events(ctx, "notice.paid")[0].state["paid_pence"] == 50_000


def test_part_payments_add_up(ctx, notice):
    partly, _ = pay(ctx, notice, 20_000)
    paid, _ = pay(ctx, notice, 30_000, key="paid-2")

    assert (partly.state, paid.state) == ("issued", "paid")
    assert len(own_events(ctx, "notice.paid")) == 1


def test_the_same_payment_again_changes_nothing(ctx, notice):
    pay(ctx, notice, 20_000)

    again, is_new = pay(ctx, notice, 20_000)

    assert (again.paid_pence, is_new) == (20_000, False)


@pytest.mark.parametrize(
    ("amount_pence", "on", "said"),
    [
        (50_001, TODAY, "Only £500 of this notice is still to pay"),
        (0, TODAY, "more than £0"),
        (50_000, TODAY + timedelta(days=1), "day of payment"),
        (50_000, date(2026, 11, 16), "day of payment"),
    ],
)
def test_a_payment_that_can_not_be_right_is_refused(ctx, notice, amount_pence, on, said):
    with pytest.raises(DomainError, match=re.escape(said)):
        pay(ctx, notice, amount_pence, on=on)


def test_a_paid_notice_takes_no_more_money(ctx, notice):
    pay(ctx, notice, 50_000)

    with pytest.raises(DomainError, match="is paid"):
        pay(ctx, notice, 1, key="paid-2")


def test_an_early_payment_pays_the_reduced_amount(ctx, case):
    litter, _ = issue(ctx, case, offence_code="LITTER", tier=None, amount_pence=15_000)

    assert pay(ctx, litter, 10_000)[0].state == "paid"


def test_a_late_payment_pays_the_whole_amount(ctx, case, days_pass):
    litter, _ = issue(ctx, case, offence_code="LITTER", tier=None, amount_pence=15_000)
    days_pass(15)

    partly, _ = pay(ctx, litter, 10_000, on=TODAY + timedelta(days=15))

    assert partly.state == "issued"
    assert partly.left_pence(TODAY + timedelta(days=15)) == 5_000


def test_another_officer_decides_on_cancelling(ctx, notice):
    with pytest.raises(Forbidden, match="Another officer"):
        cancel_notice(ctx, notice.id, reason="issued-in-error", by=OFFICER)


@pytest.mark.parametrize(("is_served", "state"), [(False, "cancelled"), (True, "withdrawn")])
def test_a_notice_is_cancelled_or_once_served_withdrawn(ctx, notice, is_served, state):
    if is_served:
        name_recipient(ctx, notice.id, SOMEBODY)
        serve_notice(ctx, notice.id, on=TODAY, how="post", by=OFFICER)

    assert cancel_notice(ctx, notice.id, reason="issued-in-error", by=OTHER_OFFICER).state == state


@pytest.mark.parametrize(("days", "is_overdue"), [(14, False), (15, True)])
def test_a_served_notice_is_overdue_on_the_fifteenth_day(ctx, served, pump, days_pass, *, days, is_overdue):
    days_pass(days)

    pump.run_timers("enforcement.overdue")
    pump.run_timers("enforcement.overdue")

    assert notices(ctx.store).require(served.id).is_overdue is is_overdue
    assert len(own_events(ctx, "notice.overdue")) == is_overdue


def test_a_notice_that_was_never_served_does_not_fall_due(ctx, notice, pump, days_pass):
    days_pass(30)

    pump.run_timers("enforcement.overdue")

    assert not notices(ctx.store).require(notice.id).is_overdue


def test_an_overdue_notice_can_still_be_paid(ctx, served, pump, days_pass):
    days_pass(20)
    pump.run_timers("enforcement.overdue")

    assert pay(ctx, served, 50_000, on=TODAY + timedelta(days=20))[0].state == "paid"


def test_a_case_with_an_unpaid_notice_stays_open(ctx, case, notice, pump):
    pump.drain()

    with pytest.raises(DomainError, match="not settled"):
        close_case(ctx, case.id, result="no-further-action", by=OFFICER)


def test_an_officer_closes_a_case_for_a_reason(ctx, case):
    with pytest.raises(DomainError, match="Select why"):
        close_case(ctx, case.id, result="", by=OFFICER)

    close_case(ctx, case.id, result="warning", by=OFFICER)

    assert cases(ctx.store).require(case.id).result == "warning"


def test_a_demonstration_whose_day_lies_behind_takes_a_payment_of_today(ctx, case, monkeypatch):
    ctx = behind_the_machine(ctx, monkeypatch)
    notice = issue(ctx, case)[0]

    paid, is_new = pay(ctx, notice, notice.amount_pence, on=SUNDAY_AFTER.date())

    assert (paid.state, paid.paid_on, is_new) == ("paid", SUNDAY_AFTER.date(), True)
