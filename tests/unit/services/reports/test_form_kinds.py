"""Every kind of report in the residents' form: its questions, who deals with it, and a kind made by configuration."""

import re
import shutil

import pytest

from services.reports.store import REPORTS
from services.reports.web import create_app
from services.reports.web.questions import slugs_of
from shared.config import REPOSITORY
from tests.builders import make_context
from tests.unit.services.reports.made import CANARY, KIND_ANSWERS, Reporter, Resident, accept, csrf, events

LIVERPOOL = REPOSITORY / "deploy/councils/liverpool"
MADE_KIND = """
[[kinds]]
code = "stray-trolley"
prefix = "ST"
name = "Stray trolley"
description = "A supermarket’s trolley that was left somewhere."
group = "Street scene"
keywords = ["trolley"]
place_precision = "exact"

[[kinds.attributes]]
code = "shop"
question = "Whose trolley is it?"
help = "It says so on the handle."
required = true
datatype = "string"

[[kinds.attributes]]
code = "how_many"
question = "How many are there?"
help = "A number."
required = true
datatype = "number"

[[kinds.attributes]]
code = "first_seen"
question = "When did you first see it?"
help = "A date."
required = true
datatype = "datetime"

[[kinds.attributes]]
code = "state"
question = "What state is it in?"
help = "Choose one."
required = true
datatype = "singlevaluelist"
published = true
choices = [{ key = "whole", name = "Whole" }, { key = "broken", name = "Broken <wheel>" }]

[[kinds.attributes]]
code = "lies"
question = "Where does it lie?"
help = "Choose everything that applies."
required = true
datatype = "multivaluelist"
choices = [{ key = "water", name = "In water" }, { key = "grass", name = "On grass" }]

[[kinds.attributes]]
code = "story"
question = "Is there more to say?"
help = "In your own words."
required = false
datatype = "text"

[kinds.usual]
priority = 3
working_days = 4
explanation = "This is the usual time for trolleys"
verified = false
source = "Made for a test"
"""
MADE_ANSWERS = {
    "about-shop": {"answer": "  Corner\x00 shop "},
    "about-how_many": {"answer": "3"},
    "about-first_seen": {"day": "1", "month": "11", "year": "2026"},
    "about-state": {"answer": "broken"},
    "about-lies": {"answer": ["water", "grass"]},
    "about-story": {"answer": "It was\r\nthere 🛒"},
}


@pytest.fixture
def reporter(client, ctx):
    return lambda kind: Reporter(client, ctx, kind)


@pytest.mark.parametrize("kind", KIND_ANSWERS)
def test_a_report_of_each_kind_can_be_made_and_says_what_happens_next(reporter, ctx, kind):
    someone = reporter(kind)
    someone.go_on(KIND_ANSWERS[kind])

    assert someone.send().headers["Location"] == "/report/new/sent"
    report = someone.report()
    declared = ctx.council.kind(kind)
    page = someone.client.get("/report/new/sent").text
    assert (report.kind, report.channel, report.waste_type) == (kind, "web", None)
    assert {answer.code for answer in report.private.answers} == {
        slug.removeprefix("about-") for slug, given in KIND_ANSWERS[kind].items() if slug != "land" and given
    }
    assert "fly-tip" not in page[page.index("<main") :].lower()
    assert (declared.referral.words if declared.referral else "We tell you when it is done") in page
    if declared.team:
        assert declared.team in page
        assert "crew with the right vehicle" not in page


def test_the_start_page_offers_every_kind_fly_tipping_first(client, ctx):
    page = client.get("/").text

    offered = re.findall(r"/report/new/\?kind=([a-z-]+)", page)
    assert offered == list(ctx.council.kinds)
    assert offered[0] == "fly-tipping"
    for kind in ctx.council.kinds.values():
        assert kind.name in page or kind.code == "fly-tipping"


@pytest.mark.parametrize("kind", ["untidy-land", "inconsiderate-parking"])
def test_a_kind_that_goes_elsewhere_says_so_and_where_before_any_question(client, ctx, kind):
    referral = ctx.council.kind(kind).referral

    first = client.get(f"/report/new/?kind={kind}", follow_redirects=True)

    assert first.request.path == "/report/new/passed-on"
    assert f"This is for {referral.name}" in first.text
    assert referral.before in first.text
    assert f'href="{referral.url}"' in first.text
    assert f'href="/report/new/photos?kind={kind}"' in first.text


def test_a_kind_that_stays_here_does_not_say_that_it_goes_elsewhere(client):
    assert client.get("/report/new/passed-on?kind=litter").headers["Location"] == "/report/new/?kind=litter"


def test_only_the_street_of_a_home_is_published_and_the_form_says_so(reporter):
    someone = reporter("missed-bin")
    someone.go_on(KIND_ANSWERS["missed-bin"], until="place")
    assert "we only show the street" in someone.client.get("/report/new/place").text
    someone.go_on(KIND_ANSWERS["missed-bin"])
    someone.send()

    report = someone.report()

    assert report.place.place_precision == "street"
    public = someone.client.get(f"/report/{report.reference}").text
    assert "Canary house" not in public
    assert "Canary house" not in str([event.data for event in events(someone.ctx)])


def test_reports_of_the_same_kind_are_shown_around_and_no_others(reporter, ctx):
    someone = reporter("graffiti")
    here = {"lat": someone.place.lat, "lon": someone.place.lon, "place_id": None}
    accept(ctx, "a tip", **here)
    nothing = {"waste_type": None, "land_type": None, "size": None}
    graffiti = accept(ctx, "graffiti", kind="graffiti", answers={"graffiti_type": ["graffiti"]}, **{**here, **nothing})
    someone.begin()

    response = someone.answer("place", place_id=someone.place.id)

    assert response.headers["Location"] == "/report/new/nearby"
    page = someone.client.get("/report/new/nearby")
    assert re.findall("(?:FT|GR)-[0-9A-Z]{8}", page.text) == [graffiti.reference] * 2
    assert "1 report of this kind" in page.text
    assert "Graffiti or fly-posting" in page.text
    onward = someone.client.post("/report/new/nearby", data={"csrf_token": csrf(page)})
    assert onward.headers["Location"] == "/report/new/about-graffiti_type"


def test_whoever_finds_that_it_is_another_kind_keeps_what_both_ask(reporter, client, ctx):
    resident = Resident(client, ctx)
    resident.answer_all()
    someone = reporter("dead-animal")

    someone.begin()

    assert client.get("/report/new/check").headers["Location"] == "/report/new/about-animal"
    for slug, given in KIND_ANSWERS["dead-animal"].items():
        someone.answer(slug, **given)
    check = client.get("/report/new/check").text
    assert CANARY["email"] in check
    assert "Tyres" not in check
    someone.send()
    report = someone.report()
    assert (report.kind, report.waste_type, report.hazards, report.happened_on) == ("dead-animal", None, (), None)


def test_the_menu_leads_to_a_fly_tip_whatever_was_begun_before(reporter):
    someone = reporter("litter")
    someone.begin()

    first = someone.client.get("/report", follow_redirects=True)

    assert first.request.args["kind"] == "fly-tipping"
    assert "Fly-tipping" in re.search("<title>(.*)</title>", first.text)[1]


def test_a_question_of_another_kind_is_not_there(reporter):
    someone = reporter("litter")
    someone.begin()

    assert someone.client.get("/report/new/waste").status_code == 404
    assert someone.client.get("/report/new/about-animal").status_code == 404
    assert someone.client.get("/report/new/photos?kind=moonbase").status_code == 200


@pytest.mark.parametrize(
    ("kind", "slug", "answers", "said"),
    [
        ("graffiti", "about-graffiti_type", {}, "Select an answer"),
        ("graffiti", "about-graffiti_type", {"answer": "mural"}, "Select an answer"),
        ("graffiti", "about-graffiti_type", {"answer": ["graffiti", "poster"]}, "Only one answer can be given"),
        ("missed-bin", "about-bin", {}, "Select an answer"),
        ("missed-bin", "about-bin", {"answer": ["general", "<script>"]}, "Select an answer"),
        ("missed-bin", "about-house", {}, "Enter an answer"),
        ("missed-bin", "about-house", {"answer": " \x00 "}, "Enter an answer"),
        ("missed-bin", "about-house", {"answer": "x" * 201}, "Use 200 characters or fewer"),
        ("missed-bin", "about-collection_day", {"day": "31", "month": "2", "year": "2026"}, "Enter a real date"),
        ("missed-bin", "about-collection_day", {"day": "1"}, "Enter a real date"),
        ("missed-bin", "about-collection_day", {"day": "18", "month": "11", "year": "2026"}, "today or in the past"),
        ("abandoned-vehicle", "about-days_there", {"answer": "many"}, "must be a number"),
        ("abandoned-vehicle", "about-days_there", {"answer": "1e999"}, "must be a number"),
        ("abandoned-vehicle", "about-days_there", {"answer": "٣"}, "must be a number"),
    ],
)
def test_a_wrong_answer_to_a_kinds_own_question_is_explained_and_not_kept(reporter, kind, slug, answers, said):
    someone = reporter(kind)
    someone.go_on(KIND_ANSWERS[kind], until=slug)

    response = someone.answer(slug, **answers)

    assert response.status_code == 400
    assert response.text.count(said) >= 2, "in the summary and at the field"
    assert "<title>Error: " in response.text
    assert someone.client.get("/report/new/check").headers["Location"] == f"/report/new/{slug}"


def test_what_was_typed_is_shown_again_with_its_error_and_nothing_of_it_runs(reporter):
    someone = reporter("missed-bin")
    someone.go_on(KIND_ANSWERS["missed-bin"], until="about-house")

    response = someone.answer("about-house", answer="<script>alert(1)</script> שלום 🏠" + "x" * 200)

    assert "&lt;script&gt;alert(1)&lt;/script&gt; שלום 🏠" in response.text


def test_a_kind_that_only_council_toml_knows_goes_through_the_form(tmp_path):
    council = shutil.copytree(LIVERPOOL, tmp_path / "council") / "council.toml"
    council.write_text(council.read_text() + MADE_KIND)
    ctx = make_context("reports", tmp_path / "data", rate_limit_factor=0, council=council)
    someone = Reporter(create_app(ctx).test_client(), ctx, "stray-trolley")

    someone.go_on(MADE_ANSWERS)
    check = someone.client.get("/report/new/check").text
    again = someone.client.get("/report/new/about-first_seen").text
    someone.send()
    report = someone.report()
    page = someone.client.get(f"/report/{report.reference}").text

    assert slugs_of(ctx.council.kind("stray-trolley")) == (
        *("photos", "place"),
        *MADE_ANSWERS,
        *("details", "contact"),
    )
    assert {answer.code: answer.values for answer in report.private.answers} == {
        "shop": ("Corner shop",),
        "how_many": ("3",),
        "first_seen": ("2026-11-01",),
        "state": ("broken",),
        "lies": ("water", "grass"),
        "story": ("It was\nthere 🛒",),
    }
    for shown in ("Whose trolley is it?", "Corner shop", "1 November 2026", "Broken &lt;wheel&gt;", "In water"):
        assert shown in check
    assert 'value="2026"' in again
    assert "Broken &lt;wheel&gt;" in page
    assert "Corner shop" not in page
    assert [reason.rule for reason in report.reasons] == ["usual-stray-trolley"]
    ctx.store.close()


def test_a_draft_of_a_kind_that_was_taken_out_begins_as_the_councils_first(reporter, ctx, monkeypatch):
    someone = reporter("litter")
    someone.go_on(KIND_ANSWERS["litter"])
    monkeypatch.setitem(vars(ctx.council), "kinds", {"fly-tipping": ctx.council.kind("fly-tipping")})

    assert someone.client.get("/report/new/check").headers["Location"] == "/report/new/waste"
    assert ctx.store.count(REPORTS.name, {"open": True}) == 0
