"""Who complained formally, who owns the land, who took a report for a caller: erased by the clock and on request."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from services.reports import retention
from services.reports.complaints import (
    Told,
    acknowledge_complaint,
    answer_complaint,
    complaints,
    escalate_complaint,
    take_complaint,
)
from services.reports.desk import find_caller
from services.reports.domain.complaint import erase as erase_rule
from services.reports.handlers import close_report
from services.reports.privacy import erase, export, find
from services.reports.referring import refer_report
from services.reports.store import AUDIT, COMPLAINTS
from shared.errors import DomainError, NotFound
from shared.privacy import Holding, Subject
from tests.unit.services.reports.made import CANARY, accept, events, stored

OWNER = "Canary Estates, 1 Gull Wharf, 0151 496 0777, lettings@canary.example."
TOLD = Told(about=CANARY["description"], name=CANARY["name"], email=CANARY["email"], phone=CANARY["phone"])


def complain(ctx, key="call", **changes):
    return take_complaint(ctx, replace(TOLD, **changes), key=key, user_id="agent-canary", user_name="Dana Desk")


def answered(ctx, key="call", **changes):
    complaint = complain(ctx, key, **changes)
    acknowledge_complaint(ctx, complaint.reference, by="agent-canary")
    return answer_complaint(ctx, complaint.reference, "upheld", by="agent-canary")


def kept(ctx, complaint):
    return complaints(ctx.store).require(complaint.id)


def years_pass(ctx):
    ctx.clock.advance(timedelta(days=ctx.council.retention.complaint_days + 1))


def everything(ctx, name):
    return json.dumps(ctx.store.find(name, {}, sort=(("_id", 1),), limit=100).items, default=str)


def looks(ctx, about):
    return [line["what"] for line in ctx.store.find(AUDIT.name, {"about": about.id}, limit=100).items]


# --- complaints -----------------------------------------


def test_who_complained_goes_after_the_councils_time_and_the_record_stays(ctx):
    complaint = answered(ctx)
    years_pass(ctx)

    retention.erase_due(ctx)

    after = kept(ctx, complaint)
    assert not [word for word in CANARY.values() if word in everything(ctx, COMPLAINTS.name)]
    assert after.erased_at == ctx.clock.now()
    for name in ("reference", "received_at", "stage", "answered_at", "outcome", "acknowledged_at"):
        assert getattr(after, name) == getattr(complaint, name)
    assert "erased:complaint" in looks(ctx, complaint)


def test_a_complaint_is_kept_to_the_last_day_of_its_time(ctx):
    complaint = answered(ctx)
    ctx.clock.advance(timedelta(days=ctx.council.retention.complaint_days - 1))

    retention.erase_due(ctx)

    assert kept(ctx, complaint) == complaint


def test_erasing_a_complaint_twice_changes_nothing(ctx):
    complaint = answered(ctx)
    years_pass(ctx)
    retention.erase_due(ctx)
    once = kept(ctx, complaint)

    retention.erase_due(ctx)

    assert kept(ctx, complaint) == once


def test_a_complaint_that_waits_for_an_answer_is_never_erased_by_the_clock(ctx):
    first, second = complain(ctx), answered(ctx, "other")
    escalate_complaint(ctx, second.reference)
    years_pass(ctx)

    retention.erase_due(ctx)

    assert (kept(ctx, first).email, kept(ctx, second).email) == (CANARY["email"],) * 2


@pytest.mark.parametrize(
    "subject", [Subject(email=CANARY["email"].upper()), Subject(phone="+44 7700 900982"), Subject(reference="{}")]
)
def test_a_complainant_is_found_by_address_number_and_reference(ctx, subject):
    complaint = complain(ctx)
    complain(ctx, "of-another", email="else@example.com", phone="")

    found = find(ctx, replace(subject, reference=subject.reference.format(complaint.reference.lower())))

    assert [(one.kind, one.id) for one in found] == [("formal complaint", complaint.id)]
    assert CANARY["name"] not in found[0].what


def test_a_complaint_is_given_to_its_maker_and_that_is_logged(ctx):
    complaint = answered(ctx)
    (holding,) = find(ctx, Subject(email=CANARY["email"]))

    given = export(ctx, holding).content

    assert [given[name] for name in ("about", "name", "email", "phone")] == [
        TOLD.about,
        TOLD.name,
        TOLD.email,
        TOLD.phone,
    ]
    assert given["outcome"] == "upheld"
    assert "agent-canary" not in json.dumps(given)
    assert looks(ctx, complaint).count("exported") == 1


def test_an_answered_complaint_goes_when_its_maker_asks(ctx):
    complaint = answered(ctx)
    (holding,) = find(ctx, Subject(email=CANARY["email"]))

    erase(ctx, holding)
    erase(ctx, holding)

    assert find(ctx, Subject(email=CANARY["email"])) == []
    assert kept(ctx, complaint).about == ""
    assert looks(ctx, complaint).count("erased:request") == 1


def test_one_that_waits_for_an_answer_is_refused_with_the_reason(ctx):
    complaint = complain(ctx)
    (holding,) = find(ctx, Subject(email=CANARY["email"]))

    with pytest.raises(DomainError, match="17\\(3\\)\\(b\\)"):
        erase(ctx, holding)
    with pytest.raises(DomainError, match="answered"):
        erase(ctx, replace(holding, kept=""))

    assert kept(ctx, complaint) == complaint


def test_an_erased_complaint_goes_to_no_second_stage(ctx):
    complaint = answered(ctx)
    years_pass(ctx)
    retention.erase_due(ctx)

    with pytest.raises(DomainError, match="new complaint"):
        escalate_complaint(ctx, complaint.reference)


def test_an_unknown_complaint_is_said_to_be_unknown(ctx):
    with pytest.raises(NotFound):
        find(ctx, Subject(reference="CP-00000000"))
    with pytest.raises(NotFound):
        erase(ctx, Holding("reports", "formal complaint", "nobody", "A complaint"))


def test_erasing_nothing_is_no_change(ctx):
    bare = erase_rule(answered(ctx), at=ctx.clock.now())

    assert erase_rule(bare, at=ctx.clock.now() + timedelta(days=1)) is bare


def test_complaints_are_erased_a_batch_at_a_time(ctx, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 2)
    made = [answered(ctx, f"call-{number}") for number in range(3)]
    years_pass(ctx)

    retention.erase_due(ctx)
    after_one = [kept(ctx, one).erased_at is None for one in made]
    retention.erase_due(ctx)

    assert after_one.count(True) == 1
    assert all(kept(ctx, one).erased_at for one in made)


# --- the owner of private land -----------------------------------------


def owned(ctx):
    return refer_report(ctx, accept(ctx, **CANARY).reference, to="land-owner", by="agent", owner=OWNER)


@pytest.mark.parametrize("subject", [Subject(email="Lettings@canary.example"), Subject(phone="+44 151 496 0777")])
def test_a_landowner_is_found_by_what_the_desk_noted(ctx, subject):
    report = owned(ctx)

    (holding,) = find(ctx, subject)

    assert (holding.kind, holding.id, holding.reference) == ("landowner", report.id, "")
    assert "section 59" in holding.kept


def test_a_landowner_is_given_the_note_and_nothing_of_the_reporter(ctx):
    report = owned(ctx)
    (holding,) = find(ctx, Subject(email="lettings@canary.example"))

    text = json.dumps(export(ctx, holding).content)

    assert "Gull Wharf" in text
    assert not [word for word in CANARY.values() if word in text]
    assert "exported" in looks(ctx, report)


def test_a_reporter_is_not_given_who_owns_the_land_nor_who_took_the_report(ctx):
    owned(ctx)
    (holding,) = find(ctx, Subject(email=CANARY["email"]))

    text = json.dumps(export(ctx, holding).content)

    assert "Gull Wharf" not in text
    assert "agent" not in text


def test_a_landowner_goes_on_request_once_the_report_is_closed(ctx):
    report = owned(ctx)
    close_report(ctx, report.reference, closure="no-action")
    (holding,) = find(ctx, Subject(email="lettings@canary.example"))

    erase(ctx, holding)

    after = stored(ctx, report)
    assert (after.private.owner, after.private.email) == ("", CANARY["email"])
    assert find(ctx, Subject(email="lettings@canary.example")) == []
    assert "erased:request" in looks(ctx, report)


def test_a_landowner_of_an_open_report_is_kept_even_where_that_was_not_seen(ctx):
    report = owned(ctx)
    (holding,) = find(ctx, Subject(email="lettings@canary.example"))

    with pytest.raises(DomainError, match="section 59"):
        erase(ctx, replace(holding, kept=""))

    assert stored(ctx, report).private.owner == OWNER


def test_a_caller_who_owns_the_land_is_shown_no_report_of_a_stranger(ctx):
    owned(ctx)

    assert find_caller(ctx, "lettings@canary.example", user_id="agent") == []


def test_the_landowner_and_who_took_the_report_go_with_its_words(ctx):
    report = accept(ctx, **CANARY, channel="contact-centre", agent_id="agent-canary")
    refer_report(ctx, report.reference, to="land-owner", by="agent", owner=OWNER)
    close_report(ctx, report.reference, closure="no-action")
    ctx.clock.advance(timedelta(days=ctx.council.retention.report_contact_days + 1))

    retention.erase_due(ctx)

    private = stored(ctx, report).private
    assert (private.owner, private.taken_by) == ("", None)
    assert "Gull Wharf" not in everything(ctx, "reports")


def test_who_took_the_report_stays_on_an_open_one_when_the_caller_asks(ctx):
    report = accept(ctx, **CANARY, channel="contact-centre", agent_id="agent-canary")
    (holding,) = find(ctx, Subject(email=CANARY["email"]))

    erase(ctx, holding)

    private = stored(ctx, report).private
    assert (private.email, private.taken_by) == ("", "agent-canary")


def test_no_event_tells_of_a_complaint_or_an_owner(ctx):
    owned(ctx)
    answered(ctx)
    years_pass(ctx)
    retention.erase_due(ctx)

    text = json.dumps([event.data for event in events(ctx)], default=str)
    assert "canary" not in text.casefold()
