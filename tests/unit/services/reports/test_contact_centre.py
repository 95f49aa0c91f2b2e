"""A call at the contact centre: find the caller, find the place, take a report, note that somebody asks again."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from services.reports.contacts import contact_keys, keys_of
from services.reports.desk import find_caller
from services.reports.domain.private import Private
from services.reports.handlers import close_report
from services.reports.queue import Filters, list_queue
from services.reports.store import AUDIT, reports
from tests.unit.services.reports.made import CANARY, accept, csrf, events, sign_in, stored


@pytest.fixture
def desk(client, ctx):
    return sign_in(client, ctx, "contact-centre")


def call(desk, do="look", **form):
    page = desk.get("/contact-centre")
    return desk.post("/contact-centre", data={"csrf_token": csrf(page), "call": "call-1", "do": do, **form})


def told(ctx, **changes):
    place = ctx.council.gazetteer.places[0]
    return {
        "q": place.name,
        "place_id": place.id,
        "kind": "fly-tipping",
        "waste_type": "tyres",
        "size": "small-van",
        "land_type": "back-alleyway",
        "hazards": ["asbestos"],
        "happened_on": "2026-11-16",
        **CANARY,
        **changes,
    }


def log(ctx, report):
    return [entry["what"] for entry in ctx.store.find(AUDIT.name, {"about": report.id}, limit=100).items]


@pytest.mark.parametrize(
    "typed",
    [
        "Canary.Nightingale@example.com",
        "07700 900982",
        "+44 7700 900982",
        "0044 7700 900 982",
        "nightingale",
        "Canary Nightingale",
    ],
)
def test_a_caller_is_found_by_any_way_to_say_who_they_are_and_each_look_is_logged(ctx, typed):
    report = accept(ctx, **CANARY)
    accept(ctx, "other", name="Canary Sparrow", email="other@example.com")

    found = find_caller(ctx, typed, user_id="user-1", user_name="Dana")

    assert [one.id for one in found] == [report.id]
    assert log(ctx, report) == ["caller-search"]


@pytest.mark.parametrize("name", ["Karen Banks", "Nia Collier"])
def test_a_name_that_could_be_a_reference_finds_its_caller(ctx, name):
    report = accept(ctx, name=name)

    assert [one.id for one in find_caller(ctx, name, user_id="user-1")] == [report.id]


@pytest.mark.parametrize(
    "typed", ["", " ", "%", "FT-00000000", "nobody@example.com", "0", "🛞", "\u202ename", "x" * 500]
)
def test_what_finds_nobody_finds_nothing_and_breaks_nothing(ctx, desk, typed):
    accept(ctx, **CANARY)

    assert find_caller(ctx, typed, user_id="user-1") == []
    assert call(desk, caller=typed).status_code == 200


def test_a_report_is_found_by_its_reference_however_it_is_typed(ctx, desk):
    report = accept(ctx)

    page = call(desk, caller=report.reference.lower().replace("-", " "))

    assert report.reference in page.text


def test_the_index_of_callers_holds_nothing_that_can_be_read():
    private = Private(name="Canary Nightingale", email="canary@example.com", phone="07700900982")

    keys = " ".join(contact_keys(private))

    assert len(contact_keys(private)) == 4
    for planted in ("canary", "nightingale", "7700", "example"):
        assert planted not in keys.lower()
    assert keys_of("07700900982") == keys_of("+44 7700 900982")


def test_who_asks_for_what_is_never_in_an_address(ctx, desk):
    report = accept(ctx, **CANARY)

    page = call(desk, caller=CANARY["email"], q="zzzz")

    assert report.reference in page.text
    assert CANARY["email"] in page.text
    assert f"?caller={CANARY['email']}" not in page.text
    assert 'method="post"' in page.text


def test_looking_up_keeps_all_that_was_typed_and_shows_places_and_what_is_open_there(ctx, desk):
    report = accept(ctx)
    place = ctx.council.gazetteer.places[0]

    page = call(desk, q=place.name, description="Behind the <b>bins</b>", hazards=["clinical"], phone="")

    for words in (f"{place.name}, City Centre", report.reference, "It is this one", "Behind the &lt;b&gt;bins"):
        assert words in page.text
    assert '<option value="fly-tipping"' in page.text
    assert 'value="clinical" checked' in page.text


def test_a_report_is_taken_for_a_caller_with_who_took_it(ctx, desk):
    answer = call(desk, "report", **told(ctx))

    assert answer.status_code == 303
    [report] = reports(ctx.store).find({"open": True})[0]
    assert (report.channel, report.private.taken_by) == ("contact-centre", "user-contact-centre")
    assert (report.priority, report.hazards) == (1, ("asbestos",))
    assert report.private.email == CANARY["email"]
    assert "taken" in log(ctx, report)
    after = desk.get(answer.headers["Location"]).text
    assert "Tell the caller" in after
    assert re.search(r"Why this date and priority: [A-Z][^;]*\.</p>", after), "each reason is a sentence"
    assert report.reference in after
    everything = b"".join(logged.body for logged in ctx.store.log.read(after=0))
    assert b"user-contact-centre" not in everything
    assert b"Canary" not in everything


def test_the_same_call_sent_twice_is_one_report(ctx, desk):
    first = call(desk, "report", **told(ctx))
    second = call(desk, "report", **told(ctx))

    assert first.headers["Location"] == second.headers["Location"]
    assert len(events(ctx, "report.submitted")) == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"q": "", "place_id": ""}, "Find the place"),
        ({"q": "zzzzzz", "place_id": "x"}, "Find the place"),
        ({"kind": "x"}, "Choose what it is about"),
        ({"waste_type": ""}, "Choose what it is"),
        ({"email": "nobody"}, "email address in the correct format"),
        ({"phone": "12"}, "telephone number"),
        ({"happened_on": "soon"}, "must be a real date"),
        ({"happened_on": "2026-12-24"}, "today or in the past"),
        ({"description": "x" * 4_500}, "4,000 characters or fewer"),
        ({"name": "\x00" + "x" * 200}, "100 characters or fewer"),
    ],
)
def test_what_is_missing_or_wrong_is_said_and_nothing_is_stored(ctx, desk, changes, words):
    answer = call(desk, "report", **told(ctx, **changes))

    assert answer.status_code == 400
    assert words in answer.text
    assert reports(ctx.store).find({"open": True})[0] == []


def test_another_kind_is_taken_with_its_own_questions(ctx, desk):
    form = {**told(ctx), "kind": "graffiti"}
    asked = call(desk, **form)
    assert "answer-graffiti_type" in asked.text

    wrong = call(desk, "report", **form)
    right = call(desk, "report", **form, **{"answer-graffiti_type": "graffiti", "answer-offensive": "yes"})

    assert (wrong.status_code, right.status_code) == (400, 303)
    [report] = reports(ctx.store).find({"open": True})[0]
    assert (report.kind, report.waste_type) == ("graffiti", None)


# asking again


def test_a_caller_who_asks_again_is_counted_once_a_call_and_told_from_then_on(ctx, desk):
    report = accept(ctx)
    before = stored(ctx, report)

    for number in ("call-1", "call-1", "call-2"):
        answer = call(desk, f"chase:{report.reference}", email="ann@example.com", call=number)
        assert answer.status_code == 303

    after = stored(ctx, report)
    assert [(one.call, one.by) for one in after.chases] == [
        ("call-1", "user-contact-centre"),
        ("call-2", "user-contact-centre"),
    ]
    assert [follower.email for follower in after.private.followers] == ["ann@example.com"]
    assert (after.priority, after.deadline) == (before.priority, before.deadline)
    assert log(ctx, report).count("chased") == 2


def test_the_supervisor_sees_what_is_asked_about_again(ctx, client, desk):
    report = accept(ctx)
    accept(ctx, "other")
    call(desk, f"chase:{report.reference}")

    page = sign_in(client, ctx, "supervisor").get("/triage?only=chased")

    assert "Asked about again 1 time" in page.text
    found = list_queue(ctx, Filters(only="chased"), limit=25, after=None, now=ctx.clock.now())
    assert [one.id for one in found.reports] == [report.id]


def test_nobody_can_ask_again_after_a_closed_report_or_with_a_bad_address(ctx, desk):
    report = accept(ctx)

    assert call(desk, f"chase:{report.reference}", email="nobody").status_code == 400
    close_report(ctx, report.reference, closure="no-action")
    answer = call(desk, f"chase:{report.reference}")

    assert answer.status_code == 400
    assert "closed" in answer.text
    assert stored(ctx, report).chases == ()
    assert call(desk, "chase:FT-00000000").status_code == 400


# complaints


def complain(desk, **form):
    page = desk.get("/contact-centre/complaints/new")
    given = {"about": "Nobody came", "email": "ann@example.com", "call": "call-1", **form}
    return desk.post("/contact-centre/complaints/new", data={"csrf_token": csrf(page), **given})


def step(desk, address, name, **form):
    return desk.post(f"{address}/{name}", data={"csrf_token": csrf(desk.get("/contact-centre")), **form})


def test_a_complaint_goes_through_both_stages_with_the_codes_deadlines(ctx, desk):
    report = accept(ctx)
    address = complain(desk, reference=report.reference).headers["Location"]
    page = desk.get(address).text
    assert "24 November 2026" in page  # five working days to acknowledge
    assert "8 December 2026" in page  # and ten more to answer
    assert "not verified" in page
    assert "complaint" in log(ctx, report)

    assert step(desk, address, "answer", outcome="upheld").status_code == 400
    ctx.clock.advance(timedelta(days=1))
    assert step(desk, address, "acknowledge").status_code == 303
    assert "2 December 2026" in desk.get(address).text  # ten days from the acknowledgement
    assert step(desk, address, "escalate").status_code == 400
    assert step(desk, address, "answer", outcome="").status_code == 400
    assert step(desk, address, "answer", outcome="not-upheld").status_code == 303
    assert step(desk, address, "answer", outcome="not-upheld").status_code == 303
    assert step(desk, address, "answer", outcome="upheld").status_code == 400
    assert step(desk, address, "escalate").status_code == 303
    assert "Stage" in desk.get(address).text
    step(desk, address, "acknowledge")
    # Twenty working days from Wednesday 18 November.
    assert "16 December 2026" in desk.get(address).text
    step(desk, address, "answer", outcome="upheld")
    assert "Ombudsman" in desk.get(address).text
    assert step(desk, address, "escalate").status_code == 400


def test_the_same_complaint_sent_twice_is_one_and_no_event_tells_of_it(ctx, desk):
    before = len(events(ctx))

    assert complain(desk).headers["Location"] == complain(desk).headers["Location"]
    assert len(events(ctx)) == before


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"about": ""}, "Enter what the complaint is about"),
        ({"email": ""}, "Enter an email address or a telephone number"),
        ({"phone": "0151"}, 'href="#phone">Enter a telephone number'),
        ({"email": "nobody"}, "correct format"),
        ({"reference": "FT-00000000"}, "no report with this reference"),
        ({"about": "x" * 4_500}, "4,000 characters or fewer"),
    ],
)
def test_a_complaint_that_can_not_be_answered_is_refused_in_words(desk, form, words):
    answer = complain(desk, **form)

    assert answer.status_code == 400
    assert words in answer.text


def test_whatever_is_missing_of_a_complaint_is_said_at_once(desk):
    page = complain(desk, about="", email="").text

    for error in ('href="#about">Enter what the complaint is about', 'href="#email">Enter an email address or'):
        assert error in page


def test_overdue_complaints_come_first(ctx, desk):
    first = complain(desk).headers["Location"].rpartition("/")[2]
    ctx.clock.advance(timedelta(days=4))
    second = complain(desk, call="call-2").headers["Location"].rpartition("/")[2]
    ctx.clock.advance(datetime(2026, 11, 25, tzinfo=UTC) - ctx.clock.now())

    page = desk.get("/contact-centre/complaints").text

    assert page.rindex(first) < page.rindex(second)
    assert "Late: acknowledge was due" in page
    assert page.count("Late:") == 1


def test_only_the_desk_reads_complaints(ctx, client, desk):
    address = complain(desk).headers["Location"]

    for role in ("supervisor", "crew", "councillor", "officer"):
        assert sign_in(client, ctx, role).get(address).status_code == 403
