"""Reporters hear that the clock of their report stands still and why, and that it goes on: each once, in words."""

from datetime import date, timedelta

import pytest

from services.reports.handlers import assess_report, close_report, follow_report, merge_report
from services.reports.messages import on_report, send_messages
from services.reports.referring import ask_partner_again, refer_report
from services.reports.subscriptions import MESSAGES
from services.reports.telling import KINDS
from services.reports.waiting import pause_report, resume_report, wake_reports
from shared.bus.answer import answer
from shared.contracts.codes import WAITING_FOR
from shared.contracts.envelope import encode
from shared.contracts.reports import MESSAGE_KINDS
from shared.notify import messages_page
from tests.unit.services.reports.made import accept, deliver, events

UNTIL = date(2026, 11, 20)


def reported(ctx, key="key-1", **more):
    return accept(ctx, key, **{"name": "Ada", "email": "ada@example.com", "phone": "07700900982", **more})


def paused(ctx, report, reason="contractor"):
    return pause_report(ctx, report.reference, reason=reason, until=UNTIL, by="user-1")


def heard(ctx, *, order=1, times=1):
    known = {contract.type for contract in MESSAGES.events}
    for _ in range(times):
        deliver(ctx, MESSAGES, *[event for event in events(ctx) if event.type in known][::order])
    send_messages(ctx)
    return messages_page(ctx.store, limit=100).items


def of_kind(messages, kind, channel="email"):
    return [one for one in messages if (one["template"], one["channel"]) == (kind, channel)]


def test_a_reporter_hears_why_it_waits_and_until_when(ctx):
    report = reported(ctx)
    paused(ctx, report)

    messages = heard(ctx)

    (told,) = of_kind(messages, "paused")
    assert told["subject"] == f"Your report {report.reference} has to wait"
    assert "We are waiting for a specialist contractor." in told["body"]
    assert "by Friday 20 November 2026, and tell you when it goes on" in told["body"]
    (text,) = of_kind(messages, "paused", "sms")
    assert f"has to wait. {ctx.settings.public_url}/report/{report.reference}" in text["body"]


def test_they_hear_that_it_goes_on_and_by_when_it_is_to_be_done(ctx):
    report = reported(ctx)
    paused(ctx, report)
    ctx.clock.advance(timedelta(hours=5))
    resume_report(ctx, report.reference, by="user-1")

    (told,) = of_kind(heard(ctx), "resumed")

    assert told["subject"] == f"Your report {report.reference} goes on"
    assert "What it was waiting for is over, so we go on with it. We aim to clear it by" in told["body"]


def test_a_clock_that_goes_on_by_itself_is_told_too(ctx):
    report = reported(ctx)
    paused(ctx, report)
    ctx.clock.advance(timedelta(days=5))
    wake_reports(ctx)
    wake_reports(ctx)

    assert len(of_kind(heard(ctx), "resumed")) == 1


def test_everything_is_told_once_whatever_the_order_and_however_often(ctx):
    report = reported(ctx)
    follow_report(ctx, report.reference, email="neighbour@example.com", phone="")
    paused(ctx, report)
    resume_report(ctx, report.reference, by="user-1")

    messages = heard(ctx, order=-1, times=3)

    addresses = [one["address"] for kind in ("paused", "resumed") for one in of_kind(messages, kind)]
    assert sorted(addresses) == ["ada@example.com"] * 2 + ["neighbour@example.com"] * 2


def test_two_waits_are_two_messages_each_with_its_own_reason(ctx):
    report = reported(ctx)
    paused(ctx, report, "weather")
    ctx.clock.advance(timedelta(hours=1))
    resume_report(ctx, report.reference, by="user-1")
    ctx.clock.advance(timedelta(hours=1))
    paused(ctx, report, "access")

    bodies = [one["body"] for one in of_kind(heard(ctx), "paused")]

    assert sorted("safer weather" in body for body in bodies) == [False, True]
    assert sorted("access to the place" in body for body in bodies) == [False, True]


def test_whoever_gave_no_address_is_told_nothing(ctx):
    report = reported(ctx, email="", phone="")
    paused(ctx, report)

    assert heard(ctx) == []


def test_of_enforcement_nobody_hears_before_its_end(ctx):
    paused(ctx, reported(ctx), "evidence")

    (told,) = of_kind(heard(ctx), "paused")

    assert "We are waiting for a closer look by our officers." in told["body"]
    assert "nforcement" not in told["body"]


def test_an_answer_that_is_needed_is_asked_for_with_an_address_to_send_it_to(ctx):
    paused(ctx, reported(ctx), "reporter")

    (told,) = of_kind(heard(ctx), "paused")

    assert f"write to {ctx.council.contact.email}" in told["body"]


@pytest.mark.parametrize("reason", WAITING_FOR)
def test_every_reason_can_be_told(ctx, reason):
    paused(ctx, reported(ctx), reason)

    assert len(of_kind(heard(ctx), "paused")) == 1


def test_a_referral_is_one_message_until_the_owner_has_not_answered(ctx):
    report = reported(ctx)
    refer_report(ctx, report.reference, to="land-owner", by="user-1")
    first = {one["template"] for one in heard(ctx)}
    ask_partner_again(ctx, report.reference, by="user-1")
    second = {one["template"] for one in heard(ctx)}
    ctx.clock.advance(timedelta(days=60))
    wake_reports(ctx)

    (told,) = of_kind(heard(ctx), "resumed")

    assert first == second == {"received", "referred"}
    assert told["subject"].endswith("is with us again")
    assert "We have not heard from the owner of the land" in told["body"]


def test_whose_report_was_joined_hears_it_of_the_other(ctx):
    kept, joined = reported(ctx, "kept", email="kept@example.com", phone=""), reported(ctx, "joined", phone="")
    merge_report(ctx, joined.reference, into=kept.reference)
    paused(ctx, kept)

    told = of_kind(heard(ctx), "paused")

    assert {one["address"] for one in told} == {"kept@example.com", "ada@example.com"}


def test_a_late_message_tells_what_was_meant_though_the_report_is_closed_by_now(ctx):
    report = reported(ctx)
    paused(ctx, report)
    resume_report(ctx, report.reference, by="user-1")
    close_report(ctx, report.reference, closure="no-action")

    messages = heard(ctx)

    assert (
        len(of_kind(messages, "paused")) == len(of_kind(messages, "resumed")) == len(of_kind(messages, "closed")) == 1
    )


def test_other_changes_of_a_report_are_no_message(ctx):
    report = reported(ctx)
    assess_report(ctx, report.reference, waste_type="tyres", land_type=None, size=None, hazards=(), by="user-1")

    assert {one["template"] for one in heard(ctx)} == {"received"}


def test_a_report_that_is_gone_and_an_event_that_makes_no_sense_tell_nobody(ctx):
    report = reported(ctx)
    paused(ctx, report)
    (event,) = events(ctx, "report.amended")
    broken = encode(event).replace(b'"paused"', b'"stopped"')

    assert answer(ctx, MESSAGES, broken).value == "dead"
    ctx.store.delete("reports", report.id)
    on_report(ctx, event)
    send_messages(ctx)

    assert messages_page(ctx.store, limit=100).items == []


def test_every_kind_of_message_is_one_that_events_know():
    assert set(KINDS) == set(MESSAGE_KINDS)
