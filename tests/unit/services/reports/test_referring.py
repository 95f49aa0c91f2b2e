"""Passing reports on: who is told and how, what comes back by itself, and what the desk makes of the answer."""

from datetime import UTC, datetime, timedelta

import pytest

from services.reports.handlers import assess_report, close_report
from services.reports.messages import send_messages
from services.reports.partners import partner_for
from services.reports.referring import ask_partner_again, keep_report, refer_report, tick_partner_told
from services.reports.store import AUDIT, reports
from services.reports.subscriptions import JOBS, MESSAGES
from services.reports.waiting import wake_reports
from shared.errors import DomainError, NotFound
from shared.notify import messages_page
from tests.unit.services.reports.made import CANARY, accept, deliver, events, job_event, sign_in, stored


def tell(ctx):
    heard = {contract.type for contract in MESSAGES.events}
    deliver(ctx, MESSAGES, *(event for event in events(ctx) if event.type in heard))
    send_messages(ctx)


def to_partner(ctx):
    return [message for message in messages_page(ctx.store).items if message["template"] == "partner"]


def referred(ctx, to="network-rail", **changes):
    report = accept(ctx, land_type="railway", **changes)
    return refer_report(ctx, report.reference, to=to, by="user-1")


def test_a_partner_with_an_address_is_told_once_by_email_and_hears_nothing_personal(ctx):
    report = referred(ctx, **CANARY)
    ctx.clock.advance(timedelta(minutes=1))

    tell(ctx)
    tell(ctx)

    [message] = to_partner(ctx)
    assert message["address"] == ctx.council.partners["network-rail"].email
    assert report.reference in message["body"]
    assert "Furniture" in message["body"]
    for planted in (*CANARY.values(), "Canary"):
        assert planted not in message["body"] + message["subject"]
    after = stored(ctx, report)
    assert after.referral.told_at == ctx.clock.now()
    assert not after.waits_for_staff
    assert not [event for event in events(ctx, "report.notified") if event.data["message"] == "partner"]


def test_a_partner_without_an_address_waits_to_be_told_by_the_desk(ctx):
    report = referred(ctx, to="land-owner")
    tell(ctx)
    assert to_partner(ctx) == []
    assert report.waits_for_staff
    assert [one.id for one in reports(ctx.store).find({"to_tell": True})[0]] == [report.id]

    told = tick_partner_told(ctx, report.reference, by="user-2")

    assert (told.waits_for_staff, told.referral.told_who) == (False, "user-2")
    assert tick_partner_told(ctx, report.reference, by="user-3") == told
    assert reports(ctx.store).find({"to_tell": True})[0] == []


def test_who_owns_the_land_stays_private(ctx):
    report = accept(ctx, land_type="commercial-industrial")
    assert partner_for(ctx, report).code == "land-owner"

    refer_report(ctx, report.reference, to="land-owner", by="user-1", owner="Canary Estates, 1 Made Street")

    assert stored(ctx, report).private.owner == "Canary Estates, 1 Made Street"
    assert b"Canary" not in b"".join(logged.body for logged in ctx.store.log.read(after=0))


def test_the_clock_stands_still_until_an_answer_is_due_and_the_event_says_so(ctx):
    report = referred(ctx)

    [event] = events(ctx, "report.referred")
    assert (event.data["to"], event.state["waiting_for"]) == ("network-rail", "owner")
    assert report.running_pause.until == report.referral.answer_by == datetime(2026, 12, 1, 17, tzinfo=UTC)
    assert event.state["deadline"] == report.deadline > report.due_by_rule
    assert [step.what for step in report.history][-1] == "referred"


def test_referring_twice_to_the_same_is_once_and_to_another_starts_anew(ctx):
    report = referred(ctx)
    assert refer_report(ctx, report.reference, to="network-rail", by="user-1") == report
    ctx.clock.advance(timedelta(hours=1))

    moved = refer_report(ctx, report.reference, to="environment-agency", by="user-1")

    assert [referral.to for referral in moved.referrals] == ["network-rail", "environment-agency"]
    assert [pause.is_running for pause in moved.pauses] == [False, True]


def test_a_referral_that_nobody_answers_comes_back_to_the_desk_and_can_be_asked_again(ctx):
    report = referred(ctx)
    tell(ctx)
    ctx.clock.advance(timedelta(days=15))
    wake_reports(ctx)
    wake_reports(ctx)
    back = stored(ctx, report)
    assert (back.waits_for_staff, back.needs_decision, back.running_pause) == (True, True, None)

    asked = ask_partner_again(ctx, report.reference, by="user-1")
    tell(ctx)

    assert (asked.waits_for_staff, asked.referral.answer_by) == (False, datetime(2026, 12, 16, 17, tzinfo=UTC))
    assert sorted(message["subject"].partition(" ")[0] for message in to_partner(ctx)) == ["Reminder:", "Report"]


def test_what_is_kept_is_the_councils_again_and_its_clock_has_stood_still(ctx):
    report = referred(ctx)
    ctx.clock.advance(timedelta(days=1))

    kept = keep_report(ctx, report.reference, by="user-1")

    assert (kept.state, kept.referred_to, kept.running_pause) == ("assessed", None, None)
    assert (kept.referral.outcome, kept.referral.ended_at) == ("kept", ctx.clock.now())
    # Tuesday 10.40 to Wednesday 10.40 is one working day of nine hours.
    assert kept.deadline - kept.due_by_rule == timedelta(days=1)
    with pytest.raises(DomainError, match="nothing to take back"):
        keep_report(ctx, report.reference, by="user-1")


def test_assessing_what_was_passed_on_takes_it_back_too(ctx):
    report = refer_report(ctx, accept(ctx, waste_type=None).reference, to="housing", by="user-1")
    with pytest.raises(DomainError, match="Say what it is first"):
        keep_report(ctx, report.reference, by="user-1")

    taken = assess_report(ctx, report.reference, waste_type="tyres", land_type=None, size=None, hazards=())

    assert (taken.state, taken.referral.outcome, taken.running_pause) == ("assessed", "kept", None)


def test_the_owners_word_closes_only_what_was_passed_on(ctx):
    report = referred(ctx)

    closed = close_report(ctx, report.reference, closure="cleared-by-owner")

    assert (closed.closure, closed.cleared_at, closed.referral.outcome) == (
        "cleared-by-owner",
        None,
        "cleared-by-owner",
    )
    with pytest.raises(DomainError, match="Only what was passed on"):
        close_report(ctx, accept(ctx, "other").reference, closure="cleared-by-owner")
    with pytest.raises(NotFound):
        refer_report(ctx, "FT-00000000", to="housing", by="user-1")


def test_what_a_crew_finds_on_private_land_waits_for_the_desk_to_tell_the_owner(ctx):
    report = accept(ctx)
    event = job_event(report, "completed", 4, outcome="private-land")

    deliver(ctx, JOBS, event, event)

    after = stored(ctx, report)
    assert (after.state, after.waits_for_staff, len(after.referrals)) == ("referred", True, 1)
    assert after.referral.answer_by == after.running_pause.until


def test_a_kind_that_partners_deal_with_tells_them_as_it_comes_in(ctx):
    report = accept(
        ctx,
        kind="inconsiderate-parking",
        waste_type=None,
        land_type=None,
        size=None,
        answers={"parking_problem": ["pavement"]},
    )

    tell(ctx)

    [message] = to_partner(ctx)
    assert message["address"] == ctx.council.partners["parking"].email
    assert "tell us by" not in message["body"]
    assert (stored(ctx, report).state, stored(ctx, report).waits_to_be_told) == ("closed", False)


def test_the_letter_to_an_owner_says_what_lies_where_and_nothing_of_the_reporter(ctx, client):
    report = accept(ctx, **CANARY, hazards=("asbestos",))
    refer_report(ctx, report.reference, to="land-owner", by="user-1", owner="Made Estates\n1 Made Street")
    sign_in(client, ctx, "manager")

    page = client.get(f"/triage/{report.reference}/letter").text

    assert "Made Estates<br>1 Made Street" in page
    assert report.reference in page
    assert "section 59" in page
    assert "Could be asbestos" in page
    assert "Do not touch it yourself" in page
    assert not [word for word in CANARY.values() if word in page]
    assert f'href="/triage/{report.reference}/letter"' in client.get(f"/triage/{report.reference}").text


def test_who_read_the_owners_name_in_a_letter_is_in_the_log(ctx, client):
    report = accept(ctx)
    refer_report(ctx, report.reference, to="land-owner", by="user-1", owner="Made Estates")

    sign_in(client, ctx, "manager").get(f"/triage/{report.reference}/letter")

    lines = ctx.store.find(AUDIT.name, {"about": report.id}, limit=10).items
    assert [line["what"] for line in lines] == ["words-and-photo"]


def test_a_letter_without_a_name_is_to_the_occupier_and_to_a_partner_by_its_name(ctx, client):
    sign_in(client, ctx, "contact-centre")
    for to, name in (("land-owner", "The owner or occupier of the land"), ("network-rail", "Network Rail")):
        report = accept(ctx, to)
        refer_report(ctx, report.reference, to=to, by="user-1")

        page = client.get(f"/triage/{report.reference}/letter").text

        assert name in page
        assert ("Nobody has noted whose land it is" in page) == (to == "land-owner")


def test_there_is_no_letter_about_a_report_that_is_with_nobody_and_none_for_others(ctx, client):
    report = accept(ctx)
    path = f"/triage/{report.reference}/letter"

    assert sign_in(client, ctx, "manager").get(path).status_code == 404
    assert sign_in(client, ctx, "supervisor").get(path).status_code == 403
