"""The desk's page of a report: why, duplicates, the clock and whoever it was passed to, by forms without scripts."""

from datetime import timedelta

import pytest

from services.reports.domain.likeness import likeness
from services.reports.duplicates import candidates
from services.reports.subscriptions import JOBS
from tests.unit.services.reports.made import accept, csrf, deliver, job_event, sign_in, stored


@pytest.fixture
def desk(client, ctx):
    return sign_in(client, ctx, "contact-centre")


def post(desk, report, step, **form):
    page = desk.get(f"/triage/{report.reference}")
    return desk.post(f"/triage/{report.reference}/{step}", data={"csrf_token": csrf(page), **form})


def test_the_page_says_why_with_value_time_and_source(ctx, desk):
    report = accept(ctx, size="tipper")

    page = desk.get(f"/triage/{report.reference}").text

    for words in ("Why this priority and date", "A lorry full", "3 working days", "Decides", "not verified", "day 1"):
        assert words in page


def test_a_clock_is_stopped_and_let_run_on_by_forms(ctx, desk):
    report = accept(ctx)

    assert post(desk, report, "pause", reason="weather", until="2026-11-20").status_code == 303
    waiting = stored(ctx, report)
    page = desk.get(f"/triage/{report.reference}").text
    assert "safer weather" in page
    assert "It stood still from" in page
    assert post(desk, report, "resume").status_code == 303
    assert (waiting.running_pause.by, stored(ctx, report).running_pause) == ("user-contact-centre", None)


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({}, "Select what it waits for"),
        ({"reason": "weather"}, "Enter the last day that it can wait until"),
        ({"reason": "weather", "until": "soon"}, "must be a real date"),
        ({"reason": "weather", "until": "2020-01-01"}, "from today to a year ahead"),
        ({"reason": "x" * 500, "until": "2026-11-20"}, "Select what it waits for"),
    ],
)
def test_a_pause_that_is_filled_in_wrongly_says_so_and_changes_nothing(ctx, desk, form, words):
    report = accept(ctx)

    answer = post(desk, report, "pause", **form)

    assert answer.status_code == 400
    assert words in answer.text
    assert stored(ctx, report).pauses == ()


@pytest.mark.parametrize("step", ["pause", "refer", "merge", "close"])
def test_a_slip_in_one_form_leaves_what_is_known_in_the_form_beside_it(ctx, desk, step):
    report = accept(ctx, waste_type="tyres", size="tipper", land_type="highway", hazards=("obstruction",))

    answer = post(desk, report, step)

    assert answer.status_code == 400
    for known in ("tyres", "tipper", "highway"):
        assert f'<option value="{known}" selected' in answer.text
    assert 'value="obstruction" checked' in answer.text


def test_what_is_assessed_wrongly_is_shown_as_it_was_typed(ctx, desk):
    report = accept(ctx, waste_type="tyres", size="tipper", hazards=("obstruction",))

    answer = post(desk, report, "assess", waste_type="", size="car-boot")

    assert answer.status_code == 400
    assert '<option value="car-boot" selected' in answer.text
    assert '<option value="tyres" selected' not in answer.text
    assert 'value="obstruction" checked' not in answer.text


def test_a_report_is_passed_on_told_asked_again_and_kept_by_forms(ctx, desk):
    report = accept(ctx, land_type="commercial-industrial")
    page = desk.get(f"/triage/{report.reference}").text
    assert '<option value="land-owner" selected' in page

    assert post(desk, report, "refer", to="land-owner", owner="Made Estates").status_code == 303
    page = desk.get(f"/triage/{report.reference}").text
    assert "tell them by phone or letter" in page
    assert "EPA 1990 s59" in page
    to_tell, _, waiting = desk.get("/triage/referrals").text.partition("Waiting for their answer")
    assert report.reference in to_tell
    assert report.reference not in waiting, "they can't answer what they were never told"
    assert post(desk, report, "told").status_code == 303
    to_tell, _, waiting = desk.get("/triage/referrals").text.partition("Waiting for their answer")
    assert "Everybody has been told" in to_tell
    assert report.reference in waiting
    assert post(desk, report, "ask-again").status_code == 303
    assert stored(ctx, report).waits_to_be_told
    assert post(desk, report, "keep").status_code == 303
    assert stored(ctx, report).state == "assessed"
    assert post(desk, report, "keep").status_code == 400


# duplicates


def test_what_may_be_the_same_is_shown_with_its_reasons_and_joined_by_a_button(ctx, desk):
    first = accept(ctx, "first", waste_type="tyres")
    ctx.clock.advance(timedelta(days=2))
    second = accept(ctx, "second", waste_type="tyres")

    page = desk.get(f"/triage/{second.reference}").text

    assert "likely the same" in page
    assert "the same spot · reported 2 days earlier · the same kind of waste · the same amount" in page
    assert post(desk, second, f"join/{first.reference}").status_code == 303
    assert stored(ctx, second).merged_into == first.id


def test_what_was_gone_before_is_of_another_kind_or_far_away_is_no_candidate(ctx):
    gone = accept(ctx, "gone")
    deliver(ctx, JOBS, job_event(gone, "completed", 4, outcome="cleared"))
    ctx.clock.advance(timedelta(days=1))
    accept(ctx, "graffiti", kind="litter", waste_type=None, land_type=None, size=None)
    accept(ctx, "far", lat=gone.place.lat + 0.002, place_id=None)
    report = accept(ctx, "new")

    assert candidates(ctx, report) == []


def test_the_nearer_sooner_and_more_alike_the_higher(ctx):
    report = accept(ctx, "one", waste_type="tyres")
    ctx.clock.advance(timedelta(days=10))
    other = accept(ctx, "two", waste_type="green", size="tipper")

    same = likeness(report, report, metres=0)
    other_waste = likeness(report, other, metres=0)
    further = likeness(report, other, metres=60)

    assert same.score == 100 > other_waste.score > further.score
    assert further.reasons == ("60 metres apart", "reported 10 days later", "different waste", "a different amount")
    assert (same.words, further.words) == ("likely the same", "hardly the same")


def test_the_fifth_time_at_an_alley_is_said(ctx, desk):
    for number in range(4):
        report = accept(ctx, f"key-{number}")
        deliver(ctx, JOBS, job_event(report, "completed", 4, outcome="cleared"))
        ctx.clock.advance(timedelta(days=5))
    fifth = accept(ctx, "fifth")

    page = desk.get(f"/triage/{fifth.reference}").text

    assert "5th time in 60 days at this alley" in page
    assert "5th time in 60 days here" in desk.get("/triage").text
    assert report.reference in page
