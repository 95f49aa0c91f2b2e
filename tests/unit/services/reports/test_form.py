"""The report form, as a resident with JavaScript off meets it."""

import io
import logging
from datetime import timedelta

import pytest

from services.reports import drafts
from services.reports.store import DRAFTS, REPORTS, by_reference
from shared.clock import machine_now
from shared.metrics import exposition
from tests.unit.services.reports.made import CANARY, csrf, photo

LONG = "x" * 5_001


def test_the_whole_form_makes_a_report(resident, ctx):
    resident.answer_all()

    response = resident.send()

    assert response.headers["Location"] == "/report/new/sent"
    report = by_reference(ctx.store, resident.reference())
    assert (report.state, report.channel, report.waste_type, report.size) == ("assessed", "web", "tyres", "small-van")
    assert report.private.name == CANARY["name"]
    assert report.happened_on.isoformat() == "2026-11-16"


def test_sending_twice_going_back_and_reloading_make_one_report(resident, ctx):
    resident.answer_all()
    token = csrf(resident.client.get("/report/new/check"))

    for _ in range(3):
        resident.client.post("/report/new/check", data={"csrf_token": token})

    assert resident.client.get("/report/new/check").headers["Location"] == "/report/new/sent"
    assert resident.client.get("/report/new/contact").headers["Location"] == "/report/new/sent"
    assert ctx.store.count(REPORTS.name, {"open": True}) == 1


def test_after_sending_the_draft_keeps_nothing_but_the_reference(resident, ctx):
    resident.answer_all()
    resident.send()

    kept = ctx.store.find(DRAFTS.name, {}).items[0]

    assert kept["answers"] == {}
    assert kept["reference"] == resident.reference()


def test_another_report_begins_with_the_first_question(resident, ctx):
    resident.answer_all()
    resident.send()

    resident.answer_all()
    resident.send()

    assert ctx.store.count(REPORTS.name, {"open": True}) == 2


def test_a_question_that_is_too_early_leads_to_the_first_that_is_open(client):
    for path in ("size", "place", "check"):
        assert client.get(f"/report/new/{path}").headers["Location"] == "/report/new/waste"


def test_a_change_from_the_check_leads_back_to_it(resident):
    resident.answer_all()
    resident.client.get("/report/new/check")

    response = resident.answer("size", size="tipper")

    assert response.headers["Location"] == "/report/new/check"
    assert "A lorry full" in resident.client.get("/report/new/check").text


@pytest.mark.parametrize(
    ("slug", "answers", "said"),
    [
        ("waste", {}, "Select what has been dumped"),
        ("waste", {"waste_type": "plutonium\x00"}, "Select what has been dumped"),
        ("size", {"size": "<script>"}, "Select how much there is"),
        ("danger", {}, "Select if anything is dangerous"),
        ("danger", {"hazards": ["none", "asbestos"]}, "Select what is dangerous"),
        ("danger", {"hazards": ["dragons"]}, "Select if anything is dangerous"),
        ("land", {"land_type": "moon"}, "Select what kind of place it is"),
        ("place", {}, "Search for the street or place"),
        ("place", {"place_id": "nowhere"}, "select it from the list"),
        ("place", {"place_id": "x" * 500}, "select it from the list"),
        ("place", {"lat": "51.5", "lon": "-0.12"}, "outside Liverpool"),
        ("place", {"lat": "-2.98", "lon": "53.4"}, "wrong way round"),
        ("place", {"lat": "here", "lon": "there"}, "could not read that position"),
        ("place", {"lat": "nan", "lon": "1"}, "could not read that position"),
        ("place", {"lat": "53.41"}, "Search for the street or place"),
        ("place", {"place_id": "GIVEN", "place_text": LONG}, "Use 500 characters or fewer"),
        ("when", {}, "Select when you noticed it"),
        ("when", {"when": "earlier"}, "Enter a real date"),
        ("when", {"when": "earlier", "day": "31", "month": "2", "year": "2026"}, "Enter a real date"),
        ("when", {"when": "earlier", "day": "٣", "month": "2", "year": "2026"}, "Enter a real date"),
        ("when", {"when": "earlier", "day": "18", "month": "11", "year": "2026"}, "today or in the past"),
        ("when", {"when": "earlier", "day": "1", "month": "1", "year": "1066"}, "within the last year"),
        ("details", {"description": LONG}, "Use 1,000 characters or fewer"),
        ("contact", {"email": "canary@"}, "Enter an email address"),
        ("contact", {"phone": "ring me"}, "Enter a telephone number"),
        ("contact", {"name": LONG}, "Use 100 characters or fewer"),
    ],
)
def test_a_wrong_answer_is_explained_and_not_kept(resident, slug, answers, said):
    resident.answer_all(until=slug)
    given = {**answers, "place_id": resident.place.id} if answers.get("place_id") == "GIVEN" else answers

    response = resident.answer(slug, **given)

    assert response.status_code == 400
    assert response.text.count(said) >= 2, "in the summary and at the field"
    assert "<title>Error: " in response.text
    assert "<script>" not in response.text.replace("<script src=", "").replace('<script type="module" src=', "")


def test_a_typed_answer_is_shown_again_with_its_error(resident):
    resident.answer_all(until="contact")

    response = resident.answer("contact", email="canary@", name="<b>Ann</b> 🛋️")

    assert 'value="canary@"' in response.text
    assert "&lt;b&gt;Ann&lt;/b&gt; 🛋️" in response.text


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.jpg", b"not a photo"), ("a.jpg", b""), ("a.svg", b"<svg onload=alert(1)>"), ("a.pdf", b"%PDF-1.7 ...")],
)
def test_a_file_that_is_no_photo_is_refused_in_words(resident, name, content):
    resident.answer_all(until="details")

    response = resident.answer("details", photo=(io.BytesIO(content), name))

    assert response.status_code == 400
    assert 'id="photo-error"' in response.text


def test_a_photo_is_shown_back_to_its_resident_and_to_nobody_else(resident, app):
    resident.answer_all(until="details")

    response = resident.answer("details", photo=(io.BytesIO(photo()), "a.jpg"))

    assert response.status_code == 303
    assert resident.client.get("/report/new/photo").data[:2] == b"\xff\xd8"
    assert app.test_client().get("/report/new/photo").status_code == 404


def test_a_photo_can_be_taken_out_again(resident):
    resident.answer_all(until="details")
    resident.answer("details", photo=(io.BytesIO(photo()), "a.jpg"))

    resident.answer("details", remove_photo="1")

    assert resident.client.get("/report/new/photo").status_code == 404


def test_places_are_found_by_the_start_of_their_words(resident):
    resident.answer_all(until="place")

    page = resident.client.get("/report/new/place", query_string={"q": resident.place.name[:6].lower()})

    assert resident.place.name in page.text
    assert "We found no place" in resident.client.get("/report/new/place?q=zzzzz").text


@pytest.mark.parametrize("typed", ["\x00", "<b>", "x" * 10_000, "🛋️", "شارع", "' OR 1=1 --"])
def test_any_search_is_answered(resident, typed):
    resident.answer_all(until="place")

    assert resident.client.get("/report/new/place", query_string={"q": typed}).status_code == 200


def test_a_position_of_the_phone_will_do(resident, ctx):
    resident.answer_all(until="place")

    response = resident.answer("place", lat=str(resident.place.lat), lon=str(resident.place.lon))

    assert response.status_code == 303
    assert "position of your phone" in resident.client.get("/report/new/place").text


def test_a_draft_is_found_by_its_token_alone_and_expires(resident, ctx, monkeypatch):
    resident.answer_all()
    later = machine_now() + drafts.LIFETIME + timedelta(minutes=1)
    monkeypatch.setattr(drafts, "machine_now", lambda: later)

    assert resident.client.get("/report/new/check").headers["Location"] == "/report/new/waste"
    drafts.sweep_drafts(ctx)
    assert ctx.store.find(DRAFTS.name, {}).items == []


def test_nothing_personal_reaches_logs_metrics_or_events(resident, ctx, caplog):
    caplog.set_level(logging.DEBUG)
    resident.answer_all()
    resident.answer("contact", email="canary@")
    resident.send()
    resident.client.get(f"/report/{resident.reference()}")

    told = caplog.text + exposition()[0].decode() + str([logged.body for logged in ctx.store.log.read(after=0)])

    for planted in CANARY.values():
        assert planted not in told


def test_answers_stay_out_of_caches(resident):
    resident.answer_all()

    assert resident.client.get("/report/new/check").headers["Cache-Control"] == "no-store"


def test_a_form_without_its_csrf_token_is_refused(client):
    assert client.post("/report/new/waste", data={"waste_type": "tyres"}).status_code == 400
