"""Joining reports and taking them apart: everybody concerned hears of it, once, whichever way it goes."""

import re
from datetime import date, timedelta

from services.reports.handlers import follow_report, merge_report, unmerge_report
from services.reports.messages import send_messages
from services.reports.subscriptions import JOBS, MESSAGES
from services.reports.waiting import pause_report, resume_report
from shared.calendar import add_working_time
from shared.notify import messages_page
from tests.unit.services.reports.made import accept, deliver, events, job_event, stored


def heard(ctx, *, order=1):
    known = {contract.type for contract in MESSAGES.events}
    sent = [event for event in events(ctx) if event.type in known]
    deliver(ctx, MESSAGES, *sent[::order])
    send_messages(ctx)
    return {(message["address"], message["template"]): message for message in messages_page(ctx.store, limit=100).items}


def pair(ctx):
    kept = accept(ctx, "kept", email="kept@example.com")
    joined = accept(ctx, "joined", email="joined@example.com")
    follow_report(ctx, kept.reference, email="kept-too@example.com", phone="")
    follow_report(ctx, joined.reference, email="joined-too@example.com", phone="")
    return kept, joined


def test_both_sides_hear_that_reports_were_joined(ctx):
    kept, joined = pair(ctx)
    merge_report(ctx, joined.reference, into=kept.reference)

    messages = heard(ctx)

    for address, kind in (
        ("joined@example.com", "merged"),
        ("joined-too@example.com", "merged"),
        ("kept@example.com", "joined"),
        ("kept-too@example.com", "joined"),
    ):
        assert (address, kind) in messages
    told = messages["joined@example.com", "merged"]
    assert told["subject"] == f"Your report {joined.reference} was joined to {kept.reference}"
    assert f"/report/{kept.reference}" in told["body"]
    assert ("joined@example.com", "closed") not in messages


def test_whose_report_was_joined_hears_how_the_other_ends(ctx):
    kept, joined = pair(ctx)
    merge_report(ctx, joined.reference, into=kept.reference)
    deliver(ctx, JOBS, job_event(kept, "completed", 4, outcome="cleared"))

    messages = heard(ctx)

    told = messages["joined@example.com", "closed"]
    assert told["subject"] == f"Your report {joined.reference} (joined to {kept.reference}) has been cleared"
    assert re.search(rf"/report/{kept.reference}/still-there/", told["body"])
    assert ("joined-too@example.com", "closed") in messages
    assert len(stored(ctx, joined).told) == 5


def test_what_was_joined_to_something_that_is_joined_itself_is_still_heard_of(ctx):
    kept, joined = pair(ctx)
    last = accept(ctx, "last", email="last@example.com")
    merge_report(ctx, joined.reference, into=kept.reference)
    merge_report(ctx, kept.reference, into=last.reference)
    deliver(ctx, JOBS, job_event(last, "completed", 4, outcome="cleared"))

    messages = heard(ctx)

    assert {address for address, kind in messages if kind == "closed"} == {
        "last@example.com",
        "kept@example.com",
        "kept-too@example.com",
        "joined@example.com",
        "joined-too@example.com",
    }


def test_both_sides_hear_that_they_were_taken_apart_and_only_their_own_from_then_on(ctx):
    kept, joined = pair(ctx)
    merge_report(ctx, joined.reference, into=kept.reference)
    ctx.clock.advance(timedelta(hours=1))
    apart = unmerge_report(ctx, joined.reference)
    assert [event.data["by"] for event in events(ctx, "report.reopened")] == ["unmerged"]
    assert unmerge_report(ctx, joined.reference) == apart
    deliver(ctx, JOBS, job_event(kept, "completed", 4, outcome="cleared"))

    messages = heard(ctx)

    kinds = {}
    for address, kind in messages:
        kinds.setdefault(address, set()).add(kind)
    assert kinds == {
        "joined@example.com": {"received", "merged", "unmerged"},
        "joined-too@example.com": {"merged", "unmerged"},
        "kept@example.com": {"received", "joined", "separated", "closed"},
        "kept-too@example.com": {"joined", "separated", "closed"},
    }


def test_everybody_hears_once_whatever_the_order_and_however_often(ctx):
    kept, joined = pair(ctx)
    merge_report(ctx, joined.reference, into=kept.reference)
    unmerge_report(ctx, joined.reference)

    backwards = heard(ctx, order=-1)
    forwards = heard(ctx)

    assert len(messages_page(ctx.store, limit=100).items) == len(backwards) == len(forwards)


def test_who_reported_both_hears_once(ctx):
    kept = accept(ctx, "kept", email="ann@example.com")
    joined = accept(ctx, "joined", email="ann@example.com")
    merge_report(ctx, joined.reference, into=kept.reference)
    deliver(ctx, JOBS, job_event(kept, "completed", 4, outcome="cleared"))

    heard(ctx)

    closed = [message for message in messages_page(ctx.store).items if message["template"] == "closed"]
    assert len(closed) == 1


def test_the_page_of_a_joined_report_leads_to_the_other(ctx, client):
    kept, joined = pair(ctx)
    merge_report(ctx, joined.reference, into=kept.reference)

    page = client.get(f"/report/{joined.reference}").text

    assert f'href="/report/{kept.reference}"' in page
    assert f"Follow {kept.reference} instead" in page


def test_a_report_that_was_joined_by_mistake_is_due_when_it_was(ctx):
    kept, joined = pair(ctx)
    ctx.clock.advance(timedelta(hours=2))
    pause_report(ctx, joined.reference, reason="access", until=date(2026, 11, 19), by="user")
    ctx.clock.advance(timedelta(hours=1))
    before = resume_report(ctx, joined.reference, by="user")
    merge_report(ctx, joined.reference, into=kept.reference)
    ctx.clock.advance(timedelta(days=2))

    apart = unmerge_report(ctx, joined.reference)

    assert (apart.deadline, apart.due_by_rule) == (before.deadline, before.due_by_rule)
    assert apart.counted_from == joined.reported_at
    assert (apart.visit, apart.pauses) == (2, before.pauses)


def test_a_wait_that_ran_when_it_was_joined_ended_then(ctx):
    kept, joined = pair(ctx)
    pause_report(ctx, joined.reference, reason="access", until=date(2026, 11, 19), by="user")
    ctx.clock.advance(timedelta(hours=1))
    merge_report(ctx, joined.reference, into=kept.reference)
    ctx.clock.advance(timedelta(hours=3))

    apart = unmerge_report(ctx, joined.reference)

    assert apart.running_pause is None
    assert apart.deadline == add_working_time(joined.deadline, hours=1, working=ctx.council.working_time)
