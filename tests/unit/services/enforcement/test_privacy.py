"""What enforcement says of people: witnesses and recipients, what may not be told, and what is kept as evidence."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.enforcement.domain.notice import Recipient
from services.enforcement.handlers import close_case, issue_notice
from services.enforcement.privacy import erase, export, find
from services.enforcement.store import CUSTODY, cases, notices
from services.enforcement.subscriptions import EVIDENCE
from shared.contracts.envelope import Cause
from shared.errors import DomainError
from shared.privacy import Subject
from shared.store.port import HasAny
from tests.unit.services.enforcement.made import (
    OFFICER,
    REFERENCE,
    deliver,
    evidence_flagged,
    hand_over,
    own_events,
    sealed,
)

ACCOUNT = "I saw Canary do it"
MINE = Subject(email="witness@example.com", references=frozenset({REFERENCE}))


def told(ctx):
    """A case on a witness's account."""
    content = sealed(holds="statement", job_id=None, statement=ACCOUNT, files=(), sealed_by="reporter")
    deliver(ctx, EVIDENCE, evidence_flagged(hand_over(ctx, content, "reports")))
    return cases(ctx.store).find({"references": HasAny([REFERENCE])})[0][0]


def fined(ctx):
    """A notice in that case."""
    amounts = {"offence_code": "FLYTIP", "tier": "L1", "amount_pence": 50_000}
    who = Recipient("A Recipient", "1 Street")
    case = told(ctx)
    return issue_notice(
        ctx, case.id, **amounts, officer_id=OFFICER, request_key="k", recipient=who, particulars="Seen by a neighbour"
    )[0]


def closed(ctx):
    case = told(ctx)
    return close_case(ctx, case.id, result="no-further-action", by=OFFICER)


def log(ctx, case):
    return [entry["action"] for entry in ctx.store.find(CUSTODY.name, {"case_id": case.id}, sort=(("n", 1),)).items]


def test_an_account_in_an_open_case_is_listed_and_neither_given_nor_erased(ctx):
    told(ctx)

    (holding,) = find(ctx, MINE)

    assert "section 45(4)(b)" in holding.withheld
    assert "section 47(2)" in holding.kept
    with pytest.raises(DomainError, match="evidence"):
        erase(ctx, holding)


def test_of_a_closed_case_people_get_their_own_account_and_that_is_logged(ctx):
    case = closed(ctx)
    (holding,) = find(ctx, MINE)

    given = export(ctx, holding)

    assert holding.withheld == ""
    assert "until" in holding.kept
    assert given.content["account"] == ACCOUNT
    assert "evidence.disclosed" in log(ctx, case)


def test_after_its_time_an_account_can_be_erased_once_and_the_log_stays(ctx):
    case = closed(ctx)
    ctx.clock.advance(timedelta(days=ctx.council.retention.unproven_case_days + 1))
    (holding,) = find(ctx, MINE)

    erase(ctx, holding)

    assert holding.kept == ""
    assert find(ctx, MINE) == []
    assert not ctx.blobs.exists(case.exhibits[0].parcel_key)
    assert "evidence.erased" in log(ctx, case)


def test_who_is_alleged_to_have_done_it_is_for_the_office_alone(ctx):
    notice = fined(ctx)

    found = {one.id: one for one in find(ctx, MINE)}

    holding = found[notice.id]
    assert not holding.is_theirs
    assert "section 45(4)(e)" in holding.withheld
    assert "Recipient" not in holding.what


def test_whoever_received_a_notice_is_found_by_its_serial_number(ctx):
    notice = fined(ctx)

    (holding,) = find(ctx, Subject(reference=notice.serial.lower()))

    given = export(ctx, holding).content
    assert (given["name"], given["address"]) == ("A Recipient", "1 Street")
    assert "the case is open" in holding.kept
    with pytest.raises(DomainError):
        erase(ctx, holding)


def test_a_recipient_is_erased_after_the_time_of_a_paid_notice_and_twice_is_once(ctx):
    notice = fined(ctx)
    paid = replace(notice, state="paid", paid_on=notice.issued_on)
    notices(ctx.store).save(paid, at=ctx.clock.now(), cause=Cause("x"))
    ctx.clock.advance(timedelta(days=ctx.council.retention.paid_notice_days + 1))
    (holding,) = find(ctx, Subject(reference=notice.serial))

    erase(ctx, holding)
    once = notices(ctx.store).require(notice.id)
    erase(ctx, holding)

    assert (once.recipient, once.particulars) == (None, "")
    assert notices(ctx.store).require(notice.id) == once
    assert export(ctx, holding).content["name"] == ""


def test_a_stranger_has_nothing_here(ctx):
    told(ctx)

    assert find(ctx, Subject(email="nobody@example.com")) == []
    assert find(ctx, Subject(reference="PN-2026-99999")) == []


def test_nothing_of_it_is_announced(ctx):
    closed(ctx)
    before = len(own_events(ctx))
    (holding,) = find(ctx, MINE)

    export(ctx, holding)

    assert len(own_events(ctx)) == before
