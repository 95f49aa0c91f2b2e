"""Each consumer of reports: happy, twice, out of order, invalid."""

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest

from services.reports import subscriptions
from services.reports.domain.private import Witness
from services.reports.handlers import merge_report
from services.reports.messages import send_messages
from services.reports.store import reports
from shared.bus.answer import answer
from shared.contracts.enforcement import CaseClosedV1
from shared.contracts.envelope import encode
from shared.contracts.example import example
from shared.ids import derived_id, new_id, public_reference
from shared.notify import messages_page
from shared.notify.deliveries import deliveries_about
from tests.unit.services.reports.made import (
    CANARY,
    accept,
    deliver,
    events,
    expected_event,
    job_event,
    paid_event,
    stored,
)


@pytest.mark.parametrize("subscription", subscriptions.SUBSCRIPTIONS, ids=lambda s: s.consumer)
def test_an_event_that_does_not_fit_its_contract_is_parked_as_dead(ctx, subscription):
    body = json.loads(encode(paid_event("r1")))
    body["type"] = subscription.events[0].type
    body["data"] = {"state": {}}

    assert answer(ctx, subscription, json.dumps(body).encode()).value == "dead"


# reports.jobs


def test_a_report_follows_its_job_to_the_end(ctx):
    report = accept(ctx)

    deliver(
        ctx,
        subscriptions.JOBS,
        job_event(report, "open", 1),
        job_event(report, "assigned", 2),
        job_event(report, "started", 3),
        job_event(report, "completed", 4, outcome="cleared"),
    )

    after = stored(ctx, report)
    assert (after.state, after.closure, after.cleared_at) == ("closed", "cleared", after.closed_at)
    assert [step.what for step in after.history] == ["received", "assessed", "scheduled", "started", "closed"]


def test_news_of_a_job_twice_is_told_once(ctx):
    report = accept(ctx)
    event = job_event(report, "completed", 4, outcome="cleared")

    assert deliver(ctx, subscriptions.JOBS, event, event) == ["handled", "handled"]

    assert len(events(ctx, "report.closed")) == 1


def test_news_of_a_job_in_reverse_order_comes_to_the_same_end(ctx):
    report = accept(ctx)

    deliver(
        ctx,
        subscriptions.JOBS,
        job_event(report, "completed", 4, outcome="not-found"),
        job_event(report, "started", 3),
        job_event(report, "assigned", 2),
        job_event(report, "open", 1),
    )

    assert (stored(ctx, report).state, stored(ctx, report).closure) == ("closed", "not-found")
    assert len(events(ctx, "report.closed")) == 1


def test_the_expected_day_reaches_the_report(ctx):
    report = accept(ctx)

    deliver(ctx, subscriptions.JOBS, job_event(report, "assigned", 2), expected_event(report, 1, date(2026, 11, 19)))

    assert stored(ctx, report).expected_on == date(2026, 11, 19)
    assert stored(ctx, report).state == "scheduled"


@pytest.mark.parametrize("first", ["open", "completed"])
def test_a_tip_that_a_crew_found_becomes_a_report_whichever_event_comes_first(ctx, first):
    report_id = new_id()
    place = ctx.council.gazetteer.places[0]
    found = {
        "channel": "crew",
        "report_id": report_id,
        "reference": public_reference(report_id),
        "job_id": derived_id(report_id, 1),
        "visit": 1,
        "lat": place.lat,
        "lon": place.lon,
    }
    sent = [job_event(None, "open", 1, **found), job_event(None, "completed", 4, outcome="cleared", **found)]

    deliver(ctx, subscriptions.JOBS, *(sent if first == "open" else reversed(sent)), *sent)

    report = reports(ctx.store).require(report_id)
    assert (report.channel, report.reference, report.state) == ("crew", public_reference(report_id), "closed")
    assert [event.name for event in events(ctx)] == ["report.submitted", "report.assessed", "report.closed"]


def test_a_job_of_a_report_that_is_not_known_is_tried_again(ctx):
    report = replace(accept(ctx), id=new_id())

    assert deliver(ctx, subscriptions.JOBS, job_event(report, "assigned", 2)) == ["retrying"]


def test_a_job_without_a_report_concerns_nobody_here(ctx):
    assert deliver(ctx, subscriptions.JOBS, job_event(None, "open", 1, report_id=None, reference=None)) == ["handled"]
    assert events(ctx) == []


# reports.notices


def test_a_paid_notice_is_noted_on_every_report_concerned(ctx):
    first, second = accept(ctx, "key-1"), accept(ctx, "key-2")

    deliver(ctx, subscriptions.NOTICES, paid_event(first.id, second.id))

    assert stored(ctx, first).action_taken
    assert stored(ctx, second).action_taken
    assert [event.data["change"] for event in events(ctx, "report.amended")] == ["action-taken", "action-taken"]


def test_a_paid_notice_twice_is_noted_once(ctx):
    report = accept(ctx)

    deliver(ctx, subscriptions.NOTICES, paid_event(report.id), paid_event(report.id))

    assert len(events(ctx, "report.amended")) == 1


def test_a_notice_paid_before_its_report_is_known_is_tried_again(ctx):
    assert deliver(ctx, subscriptions.NOTICES, paid_event(new_id())) == ["retrying"]


def test_a_notice_that_is_not_paid_tells_nobody_anything(ctx):
    report = accept(ctx)

    deliver(ctx, subscriptions.NOTICES, paid_event(report.id, state="served"))

    assert not stored(ctx, report).action_taken


# reports.cases


def closed_case(report_id, result):
    made = example(CaseClosedV1)
    state = {**made.state, "report_ids": [report_id], "state": "closed"}
    return replace(made, id=f"closed-{result}", data={**made.data, "state": state, "result": result})


def test_a_conviction_is_noted_once(ctx):
    report = accept(ctx)

    deliver(ctx, subscriptions.CASES, closed_case(report.id, "convicted"), closed_case(report.id, "convicted"))

    assert stored(ctx, report).action_taken
    assert len(events(ctx, "report.amended")) == 1


@pytest.mark.parametrize("result", ["paid", "warning", "no-further-action"])
def test_a_case_that_ended_otherwise_tells_nobody_anything(ctx, result):
    report = accept(ctx)

    assert deliver(ctx, subscriptions.CASES, closed_case(report.id, result)) == ["handled"]

    assert not stored(ctx, report).action_taken


def test_a_conviction_over_a_report_that_is_not_known_yet_is_tried_again(ctx):
    assert deliver(ctx, subscriptions.CASES, closed_case(new_id(), "convicted")) == ["retrying"]


def test_who_said_who_did_it_never_hears_what_became_of_them(ctx):
    named = Witness("My neighbour, Mr Canary", "", gives_statement=False, names_suspect=True)
    report = accept(ctx, email="ann@example.com", witness=named)
    other = accept(ctx, "other", email="ben@example.com")
    joined = accept(ctx, "joined", email="cat@example.com", witness=named)
    merge_report(ctx, joined.reference, into=other.reference)

    deliver(ctx, subscriptions.NOTICES, paid_event(report.id, other.id))
    deliver(ctx, subscriptions.MESSAGES, *events(ctx, "report.amended"))
    send_messages(ctx)

    assert [one.action_taken for one in (stored(ctx, report), stored(ctx, other))] == [False, True]
    told = [one["address"] for one in messages_page(ctx.store).items if one["template"] == "action-taken"]
    assert told == ["ben@example.com"]


# reports.messages


def tell(ctx):
    for event in events(ctx):
        if event.type in {contract.type for contract in subscriptions.MESSAGES.events}:
            deliver(ctx, subscriptions.MESSAGES, event)
    send_messages(ctx)


def test_the_reporter_is_told_by_each_way_to_reach_them_and_the_report_says_so(ctx):
    report = accept(ctx, **CANARY)

    tell(ctx)

    sent = messages_page(ctx.store).items
    assert sorted((message["channel"], message["template"]) for message in sent) == [
        ("email", "received"),
        ("sms", "received"),
    ]
    assert sorted(event.data["by"] for event in events(ctx, "report.notified")) == ["email", "sms"]
    assert len(stored(ctx, report).told) == 2


def test_a_reporter_is_told_once_however_often_the_event_is_heard(ctx):
    accept(ctx, email="ann@example.com")

    tell(ctx)
    tell(ctx)

    assert len(messages_page(ctx.store).items) == 1
    assert len(events(ctx, "report.notified")) == 1


def test_a_message_about_an_earlier_state_that_is_heard_late_still_tells_that_state(ctx):
    report = accept(ctx, email="ann@example.com")
    deliver(ctx, subscriptions.JOBS, job_event(report, "completed", 4, outcome="cleared"))
    closed, received = events(ctx, "report.closed")[0], events(ctx, "report.submitted")[0]

    deliver(ctx, subscriptions.MESSAGES, closed, received)
    send_messages(ctx)

    subjects = {message["template"]: message["subject"] for message in messages_page(ctx.store).items}
    assert subjects["received"].endswith("was received")
    assert subjects["closed"].endswith("has been cleared")


def test_a_replay_of_old_events_tells_nobody_anything(ctx):
    report = accept(ctx, email="ann@example.com")
    ctx.clock.advance(timedelta(days=2))

    tell(ctx)

    assert deliveries_about(ctx.store, report.id) == []


def test_nobody_is_told_who_left_no_details(ctx):
    accept(ctx)

    tell(ctx)

    assert messages_page(ctx.store).items == []


def test_of_enforcement_a_reporter_hears_only_that_action_was_taken(ctx):
    report = accept(ctx, email="ann@example.com")
    deliver(ctx, subscriptions.NOTICES, paid_event(report.id))

    tell(ctx)

    body = next(m["body"] for m in messages_page(ctx.store).items if m["template"] == "action-taken")
    assert "took action" in body
    assert "£" not in body


def test_no_event_carries_anything_personal(ctx):
    report = accept(ctx, **CANARY)
    deliver(ctx, subscriptions.JOBS, job_event(report, "completed", 4, outcome="cleared"))
    deliver(ctx, subscriptions.NOTICES, paid_event(report.id))
    tell(ctx)

    everything = b"".join(logged.body for logged in ctx.store.log.read(after=0)).lower()

    assert b"report.notified" in everything
    for planted in (b"canary", CANARY["phone"].encode(), b"nightingale"):
        assert planted not in everything
