"""What is about people goes by the clock and on request, and the anonymous record stays."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from services.reports import retention
from services.reports.domain import erasure
from services.reports.domain.private import Witness
from services.reports.handlers import close_report, follow_report, release_report, reopen_report
from services.reports.messages import send_messages
from services.reports.photos import keep_photo
from services.reports.privacy import erase, export, find
from services.reports.store import AUDIT, DRAFTS, reports
from services.reports.subscriptions import CASES, MESSAGES
from shared.bus.answer import answer
from shared.clock import machine_now
from shared.contracts.enforcement import CaseClosedV1, CaseOpenedV1
from shared.contracts.envelope import encode
from shared.contracts.example import example
from shared.errors import DomainError, NotFound
from shared.notify import DELIVERIES
from shared.notify import MESSAGES as KEPT_MESSAGES
from shared.privacy import Holding, Subject
from tests.unit.services.reports.made import CANARY, accept, deliver, events, photo, stored

FOLLOWER = {"email": "neighbour.canary@example.com", "phone": ""}
YEAR = timedelta(days=366)
SUBJECT = Subject(email=CANARY["email"])


def told_and_closed(ctx, key="key-1", **more):
    """A report with all that a person can tell, whose reporter and follower were told of its closing."""
    report = accept(ctx, key, **{**CANARY, "photos": (keep_photo(ctx, photo()),), **more})
    follow_report(ctx, report.reference, **FOLLOWER)
    deliver(ctx, MESSAGES, *[event for event in events(ctx) if event.subject == report.id])
    close_report(ctx, report.reference, closure="no-action")
    deliver(ctx, MESSAGES, *[event for event in events(ctx, "report.closed") if event.subject == report.id])
    send_messages(ctx)
    return stored(ctx, report)


def everything(ctx):
    """All that the service's collections hold."""
    found = [
        ctx.store.find(name, {}, sort=(("_id", 1),), limit=500).items
        for name in ("reports", "drafts", "audit", "deliveries", "messages", "holds")
    ]
    return json.dumps(found, default=str)


def blobs(ctx):
    return set(ctx.blobs.keys(written_before=machine_now() + timedelta(hours=1)))


def case_event(report, contract=CaseOpenedV1, sequence=1, state="opened"):
    made = example(contract)
    data = {**made.data, "state": {**made.state, "report_ids": [report.id], "state": state}}
    return replace(made, id=f"case-{sequence}", sequence=sequence, data=data)


def personal(text):
    return [word for word in [*CANARY.values(), FOLLOWER["email"]] if word in text]


def test_a_report_keeps_everything_until_its_time_has_come(ctx):
    told_and_closed(ctx)
    ctx.clock.advance(timedelta(days=364))

    retention.erase_due(ctx)

    assert set(personal(everything(ctx))) == {*CANARY.values(), FOLLOWER["email"]}


def test_after_a_year_all_that_is_personal_is_gone_and_the_record_stays(ctx):
    report = told_and_closed(ctx)
    assert len(blobs(ctx)) == 2
    ctx.clock.advance(YEAR)

    retention.erase_due(ctx)

    after = stored(ctx, report)
    assert personal(everything(ctx)) == []
    assert blobs(ctx) == set()
    assert after.erased_at == ctx.clock.now()
    for name in ("reference", "state", "closure", "waste_type", "size", "place", "reported_at", "closed_at", "history"):
        assert getattr(after, name) == getattr(report, name)
    sent = ctx.store.find(DELIVERIES.name, {"about": report.id}, limit=10).items
    assert {one["state"] for one in sent} == {"sent"}
    assert {one["message"]["channel"] for one in sent} == {"email", "sms"}


def test_erasing_twice_changes_nothing(ctx):
    report = told_and_closed(ctx)
    ctx.clock.advance(YEAR)
    retention.erase_due(ctx)
    once = stored(ctx, report)

    retention.erase_due(ctx)

    assert stored(ctx, report) == once


def test_an_open_report_is_never_erased_by_the_clock(ctx):
    report = accept(ctx, **CANARY)
    ctx.clock.advance(10 * YEAR)

    retention.erase_due(ctx)

    assert stored(ctx, report).private == report.private


def test_a_report_that_was_opened_again_waits_for_its_next_closing(ctx):
    report = told_and_closed(ctx)
    ctx.clock.advance(YEAR)
    reopen_report(ctx, report.reference, by="staff")

    retention.erase_due(ctx)

    assert stored(ctx, report).private.email == CANARY["email"]


def test_a_released_photo_stays_as_the_copy_that_everybody_may_see(ctx, client):
    report = accept(ctx, **CANARY, photos=(keep_photo(ctx, photo()), keep_photo(ctx, photo(50))))
    release_report(ctx, report.reference, photo=[2], text=True, user_id="u")
    kept = stored(ctx, report).private.photos[1]
    close_report(ctx, report.reference, closure="no-action")
    ctx.clock.advance(YEAR)

    retention.erase_due(ctx)

    assert stored(ctx, report).private.photos == (replace(kept, key=""),)
    assert blobs(ctx) == {kept.public_key}
    assert client.get(f"/report/{report.reference}/photo").status_code == 200
    assert not stored(ctx, report).text_released


def test_photos_and_words_have_times_of_their_own(ctx):
    report = told_and_closed(ctx)
    times = replace(ctx.council.retention, report_contact_days=30, unreleased_photo_days=60)
    shorter = replace(ctx, council=replace(ctx.council, retention=times))
    ctx.clock.advance(timedelta(days=31))

    retention.erase_due(shorter)
    first = stored(ctx, report)
    ctx.clock.advance(timedelta(days=30))
    retention.erase_due(shorter)

    assert first.private.email == ""
    assert len(first.private.photos) == 1
    assert stored(ctx, report).private.photos == ()


def test_answers_alone_are_erased_though_photos_went_first(ctx):
    report = accept(
        ctx, kind="missed-bin", waste_type=None, land_type=None, size=None, place_id=None,
        answers={"bin": ["general"], "house": ["Canary House"]}, photos=(keep_photo(ctx, photo()),),
    )  # fmt: skip
    close_report(ctx, report.reference, closure="no-action")
    times = replace(ctx.council.retention, report_contact_days=60, unreleased_photo_days=30)
    shorter = replace(ctx, council=replace(ctx.council, retention=times))
    for _ in range(2):
        ctx.clock.advance(timedelta(days=31))
        retention.erase_due(shorter)

    assert stored(ctx, report).private.photos == ()
    assert "Canary House" not in everything(ctx)


def test_a_kill_after_any_step_is_made_good_by_the_next_run(ctx, monkeypatch):
    report = told_and_closed(ctx)
    ctx.clock.advance(YEAR)

    class Killed(Exception):
        pass

    def killed(*_, **__):
        raise Killed

    for step in ("without_words", "save_erased"):
        with monkeypatch.context() as patched:
            patched.setattr(retention, step, killed)
            with pytest.raises(Killed):
                retention.erase_due(ctx)
        assert stored(ctx, report).private.email == CANARY["email"]
    with monkeypatch.context() as patched:
        patched.setattr(type(ctx.blobs), "delete", killed)
        with pytest.raises(Killed):
            retention.erase_due(ctx)

    retention.erase_due(ctx)

    assert personal(everything(ctx)) == []
    # The blobs that the last kill left are named by nothing, which is what the sweep of orphans looks for.
    assert stored(ctx, report).private.photos == ()


def test_a_batch_is_erased_at_a_time_and_the_oldest_first(ctx, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 2)
    made = []
    for number in range(3):
        made.append(close_report(ctx, accept(ctx, f"key-{number}", **CANARY).reference, closure="no-action"))
        ctx.clock.advance(timedelta(hours=1))
    ctx.clock.advance(YEAR)

    retention.erase_due(ctx)
    after_one = [stored(ctx, report).private.email for report in made]
    retention.erase_due(ctx)

    assert after_one == ["", "", CANARY["email"]]
    assert stored(ctx, made[2]).private.email == ""


def test_an_answer_that_the_council_publishes_stays_and_a_typed_one_goes(ctx):
    report = accept(
        ctx, kind="missed-bin", waste_type=None, land_type=None, size=None,
        answers={"bin": ["general"], "house": ["Canary House"]},
        place_id=None, lat=53.40841, lon=-2.99163,
    )  # fmt: skip
    assert stored(ctx, report).private.lat is not None
    close_report(ctx, report.reference, closure="no-action")
    ctx.clock.advance(YEAR)

    retention.erase_due(ctx)

    after = stored(ctx, report)
    published = {a.code for a in ctx.council.kind_of("missed-bin").attributes if a.is_published and a.is_list}
    assert {answer.code for answer in after.private.answers} <= published
    assert after.private.lat is None
    assert after.place == report.place


# --- an open case holds -----------------------------------------


def test_an_open_case_holds_its_reports_and_a_closed_one_lets_them_go(ctx):
    report = told_and_closed(ctx)
    deliver(ctx, CASES, case_event(report))
    ctx.clock.advance(YEAR)

    retention.erase_due(ctx)
    held = stored(ctx, report)
    deliver(ctx, CASES, case_event(report, CaseClosedV1, 2, "closed"))
    retention.erase_due(ctx)

    assert held.private.email == CANARY["email"]
    assert stored(ctx, report).private.email == ""


def test_news_of_a_case_may_come_twice_and_in_any_order(ctx):
    report = told_and_closed(ctx)
    closed, opened = case_event(report, CaseClosedV1, 2, "closed"), case_event(report)

    outcomes = deliver(ctx, CASES, closed, opened, opened)
    ctx.clock.advance(YEAR)
    retention.erase_due(ctx)

    assert outcomes == ["handled"] * 3
    assert stored(ctx, report).private.email == ""


def test_news_of_a_case_that_makes_no_sense_is_parked_and_holds_nothing(ctx):
    report = told_and_closed(ctx)
    body = json.loads(encode(case_event(report)))
    del body["data"]["state"]["report_ids"]

    outcome = answer(ctx, CASES, json.dumps(body).encode()).value

    assert outcome == "dead"
    assert ctx.store.find("holds", {}, sort=(("_id", 1),)).items == []


def test_a_report_whose_evidence_was_handed_over_is_held_until_its_case_is_heard_of(ctx):
    seen = Witness(seen="A man with a van", vehicle="", gives_statement=False)
    report = told_and_closed(ctx, witness=seen)
    assert report.has_evidence
    ctx.clock.advance(YEAR)

    retention.erase_due(ctx)
    assert stored(ctx, report).private.email == CANARY["email"]
    deliver(ctx, CASES, case_event(report, CaseClosedV1, 2, "closed"))
    retention.erase_due(ctx)

    assert stored(ctx, report).private.email == ""


# --- on request -----------------------------------------


@pytest.mark.parametrize(
    "subject",
    [
        Subject(email="  CANARY.nightingale@EXAMPLE.com "),
        Subject(phone="+44 7700 900982"),
        Subject(phone="(07700) 900-982"),
    ],
)
def test_somebody_is_found_however_they_write_their_address(ctx, subject):
    report = told_and_closed(ctx)

    assert [(one.kind, one.id) for one in find(ctx, subject)] == [("report", report.id)]


def test_by_a_reference_only_that_report_is_found(ctx):
    report = told_and_closed(ctx)
    told_and_closed(ctx, "another")

    found = find(ctx, Subject(reference=report.reference.lower()))

    assert [one.id for one in found] == [report.id]
    with pytest.raises(NotFound):
        find(ctx, Subject(reference="FT-00000000"))
    assert find(ctx, Subject(reference="PN-2026-00001")) == []


def test_what_is_given_out_is_all_about_them_and_nothing_of_others(ctx):
    told_and_closed(ctx)
    (holding,) = find(ctx, SUBJECT)

    given = export(ctx, holding)

    text = json.dumps(given.content)
    assert set(personal(text)) == set(CANARY.values())
    assert FOLLOWER["email"] not in text
    assert [file.content[:3] for file in given.files] == [b"\xff\xd8\xff"]
    assert {sent["to"] for sent in given.content["messages"]} == {CANARY["email"], CANARY["phone"]}


def test_a_follower_is_given_their_own_part_and_can_leave_it(ctx):
    report = told_and_closed(ctx)
    (holding,) = find(ctx, Subject(email=FOLLOWER["email"]))

    text = json.dumps(export(ctx, holding).content)
    erase(ctx, holding)

    assert FOLLOWER["email"] in text
    assert not [word for word in CANARY.values() if word in text]
    assert holding.reference == ""
    after = stored(ctx, report)
    assert (after.private.followers, after.private.email) == ((), CANARY["email"])
    assert FOLLOWER["email"] not in everything(ctx)
    assert find(ctx, Subject(email=FOLLOWER["email"])) == []


def test_a_closed_report_is_erased_at_once_when_its_reporter_asks(ctx):
    told_and_closed(ctx)
    (holding,) = find(ctx, SUBJECT)

    erase(ctx, holding)

    assert personal(everything(ctx)) == []
    assert blobs(ctx) == set()
    assert find(ctx, SUBJECT) == []


def test_of_an_open_report_who_made_it_goes_now_and_the_rest_when_it_is_closed(ctx):
    report = accept(ctx, **CANARY, photos=(keep_photo(ctx, photo()),))
    deliver(ctx, MESSAGES, *events(ctx))
    (holding,) = find(ctx, SUBJECT)

    erase(ctx, holding)
    now = stored(ctx, report)
    send_messages(ctx)
    close_report(ctx, report.reference, closure="no-action")
    retention.erase_due(ctx)

    assert holding.later
    assert now.private.description == CANARY["description"]
    assert not set(personal(everything(ctx)))
    assert ctx.store.find(KEPT_MESSAGES.name, {}, sort=(("sent_at", -1),)).items == []


def test_an_open_case_refuses_and_says_which_exemption(ctx):
    report = told_and_closed(ctx)
    deliver(ctx, CASES, case_event(report))
    (holding,) = find(ctx, SUBJECT)

    with pytest.raises(DomainError, match="17\\(3\\)\\(e\\)"):
        erase(ctx, holding)
    with pytest.raises(DomainError, match="schedule 2 paragraph 2"):
        erase(ctx, replace(holding, kept=""))

    assert stored(ctx, report).private.email == CANARY["email"]


def test_a_form_that_was_begun_is_found_and_erased(ctx, resident):
    resident.answer_all()
    (holding,) = find(ctx, SUBJECT)

    given = export(ctx, holding)
    erase(ctx, holding)

    assert holding.kind == "form not sent"
    assert given.content["answers"]["email"] == CANARY["email"]
    assert ctx.store.find(DRAFTS.name, {}, sort=(("expires_at", 1),)).items == []


def test_what_was_given_out_or_erased_is_in_the_log_of_the_report(ctx):
    report = told_and_closed(ctx)
    (holding,) = find(ctx, SUBJECT)

    export(ctx, holding)
    erase(ctx, holding)

    log = ctx.store.find(AUDIT.name, {"about": report.id}, sort=(("at", -1),)).items
    assert {"exported", "erased:request"} <= {entry["what"] for entry in log}


def test_erasing_makes_no_event(ctx):
    told_and_closed(ctx)
    before = len(events(ctx))
    (holding,) = find(ctx, SUBJECT)

    erase(ctx, holding)

    assert len(events(ctx)) == before


def test_a_report_that_is_gone_is_no_report(ctx):
    with pytest.raises(NotFound):
        erase(ctx, Holding("reports", "report", "nobody", "A report"))


def test_nothing_to_erase_is_no_change(ctx):
    report = stored(ctx, accept(ctx))

    assert erasure.erase_words(report, at=ctx.clock.now()) is report
    assert erasure.erase_photos(report) is report
    assert reports(ctx.store).require(report.id) == report
