"""The report form, as a resident with JavaScript off meets it."""

import hashlib
import io
import logging
import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree as ET

import pillow_heif
import pytest
from PIL import Image

from services.reports import drafts
from services.reports.handlers import close_report
from services.reports.messages import send_messages
from services.reports.store import DRAFTS, REPORTS, by_reference
from services.reports.subscriptions import MESSAGES as MESSAGES_SUBSCRIPTION
from shared.blobs import open_blobs
from shared.clock import machine_now
from shared.custody import open_parcel
from shared.metrics import exposition
from shared.notify import messages_page
from tests.unit.services.reports.made import CANARY, accept, csrf, deliver, events, photo, stored

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
        assert client.get(f"/report/new/{path}").headers["Location"] == "/report/new/photos"
    assert client.get("/report/new/whose").headers["Location"] == "/report/new/land"
    assert client.get("/report/new/nearby").headers["Location"] == "/report/new/place"


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
        ("waste", {"waste_types": ["plutonium\x00"]}, "Select what has been dumped"),
        ("waste", {"waste_types": ["tyres", "green"]}, "Select which of them there is most of"),
        (
            "waste",
            {"waste_types": ["tyres", "green"], "waste_type": "asbestos"},
            "Select which of them there is most of",
        ),
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
        ("place", {"lat": "53.50", "lon": "-3.0"}, "It is in the area of Sefton Council"),
        ("place", {"lat": "53.41", "lon": "-2.98", "via": "pigeon"}, "could not read that position"),
        ("place", {"place_id": "GIVEN", "place_text": LONG}, "Use 500 characters or fewer"),
        ("when", {}, "Select when you noticed it"),
        ("when", {"when": "earlier"}, "Enter the day on which you noticed it"),
        ("when", {"when": "earlier", "day": "3"}, "Enter a real date"),
        ("when", {"when": "earlier", "day": "31", "month": "2", "year": "2026"}, "Enter a real date"),
        ("when", {"when": "earlier", "day": "٣", "month": "2", "year": "2026"}, "Enter a real date"),
        ("when", {"when": "earlier", "day": "18", "month": "11", "year": "2026"}, "today or in the past"),
        ("when", {"when": "earlier", "day": "1", "month": "1", "year": "1066"}, "within the last year"),
        ("witness", {}, "Select if you saw who dumped it"),
        ("witness", {"witnessed": "yes", "statement": "no"}, "Tell us what you saw"),
        ("witness", {"witnessed": "yes"}, "Tell us what you saw"),
        ("witness", {"witnessed": "yes"}, "Select if you would give a statement"),
        ("witness", {"witnessed": "yes", "seen": "A van"}, "Select if you would give a statement"),
        ("witness", {"witnessed": "yes", "seen": LONG, "statement": "no"}, "Use 4,000 characters or fewer"),
        ("witness", {"witnessed": "yes", "seen": "A van", "vehicle": LONG, "statement": "no"}, "Use 200 characters"),
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


def upload(content, name="a.jpg"):
    return (io.BytesIO(content), name)


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.jpg", b"not a photo"), ("a.jpg", b""), ("a.svg", b"<svg onload=alert(1)>"), ("a.pdf", b"%PDF-1.7 ...")],
)
def test_a_file_that_is_no_photo_is_refused_in_words(resident, name, content):
    response = resident.answer("photos", photo=upload(content, name))

    assert response.status_code == 400
    assert 'id="photo-error"' in response.text


def test_a_photo_is_shown_back_to_its_resident_and_to_nobody_else(resident, app):
    response = resident.answer("photos", photo=upload(photo()))

    assert response.headers["Location"] == "/report/new/place"
    assert resident.client.get("/report/new/photo/1").data[:2] == b"\xff\xd8"
    assert resident.client.get("/report/new/photo/2").status_code == 404
    assert app.test_client().get("/report/new/photo/1").status_code == 404


def test_photos_can_be_added_one_by_one_and_taken_out_again(resident):
    for width in (41, 42, 43):
        assert resident.answer("photos", photo=upload(photo(width)), more="1").headers["Location"].endswith("/photos")

    resident.answer("photos", remove=["2"])

    assert sizes(resident) == [41, 43]


def test_one_refused_photo_of_three_loses_nothing(resident):
    response = resident.answer("photos", photo=[upload(photo(41)), upload(b"no photo", "b.jpg"), upload(photo(43))])

    assert response.status_code == 400
    assert "Photo 2 of 3: The photo must be a JPEG" in response.text
    assert sizes(resident) == [41, 43]
    assert resident.answer("photos", photo=upload(photo(44))).status_code == 303
    assert sizes(resident) == [41, 43, 44]


def test_a_fourth_photo_is_refused_in_words_and_the_same_one_counts_once(resident):
    resident.answer("photos", photo=[upload(photo(41)), upload(photo(41)), upload(photo(42))])
    assert sizes(resident) == [41, 42]

    response = resident.answer("photos", photo=[upload(photo(43)), upload(photo(44)), upload(photo(45))])

    assert response.status_code == 400
    assert "You can send 3 photos. 2 more were not added" in response.text
    assert sizes(resident) == [41, 42, 43]


def test_a_phones_own_heic_of_twelve_megapixels_is_taken_sealed_and_shown_small(resident, ctx):
    original = heic(4032, 3024)

    resident.answer("photos", photo=upload(original, "IMG_0001.HEIC"))
    resident.answer_all(then=True)
    resident.send()

    kept = by_reference(ctx.store, resident.reference()).private.photos[0]
    assert ctx.blobs.get(kept.key) == original
    assert kept.key == hashlib.sha256(original).hexdigest()
    shown = Image.open(io.BytesIO(ctx.blobs.get(kept.public_key)))
    assert (shown.format, max(shown.size), dict(shown.getexif())) == ("JPEG", 1600, {})
    assert kept.is_released is False


def test_a_picture_that_would_unpack_to_more_than_a_photo_is_refused(resident):
    response = resident.answer("photos", photo=upload(bomb()))

    assert response.status_code == 400
    assert "fewer than 64 megapixels" in response.text


def test_photos_too_large_to_send_together_are_refused_on_their_own_page(resident, app):
    resident.answer("photos", photo=upload(photo(41)))
    app.config["MAX_CONTENT_LENGTH"] = 10_000
    page = resident.client.get("/report/new/photos")

    response = resident.client.post(
        "/report/new/photos", data={"csrf_token": csrf(page), "photo": upload(b"\xff\xd8\xff" + b"x" * 20_000)}
    )

    assert response.status_code == 413
    assert "too large to send together" in response.text
    assert 'src="/report/new/photo/1"' in response.text, "what was there stays"


def sizes(resident):
    """The widths of the photos in the draft, as their resident sees them."""
    found = []
    while True:
        shown = resident.client.get(f"/report/new/photo/{len(found) + 1}")
        if shown.status_code == 404:
            return found
        found.append(Image.open(io.BytesIO(shown.data)).width)


def heic(width, height):
    pillow_heif.register_heif_opener()
    content = io.BytesIO()
    Image.radial_gradient("L").resize((width, height)).convert("RGB").save(
        content, "HEIF", quality=60, enc_params={"preset": "ultrafast"}
    )
    return content.getvalue()


def bomb():
    content = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(content, "PNG")
    return content.getvalue()


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

    response = resident.answer("place", lat=str(resident.place.lat), lon=str(resident.place.lon), via="phone")

    assert response.status_code == 303
    page = resident.client.get("/report/new/place").text
    assert f"The position of your phone, near {resident.place.name}" in page


def test_a_postcode_finds_its_streets_and_a_report_there_is_known_by_a_street(resident, ctx):
    postcode = next(place for place in ctx.council.gazetteer.places if place.kind == "postcode")
    resident.answer_all(until="place")

    page = resident.client.get("/report/new/place", query_string={"q": postcode.name.replace(" ", "").lower()})
    assert page.text.count('name="place_id"') > 1
    resident.answer_all(place_id=postcode.id, since="place")
    resident.send()

    kept = by_reference(ctx.store, resident.reference())
    assert ctx.council.gazetteer.place(kept.place.place_id).kind != "postcode"
    assert postcode.name not in resident.client.get(f"/report/{kept.reference}").text


def test_a_postcode_that_is_not_here_is_said_to_be_elsewhere(resident):
    resident.answer_all(until="place")

    page = resident.client.get("/report/new/place?q=so160as")

    assert "SO16 0AS is not a postcode in Liverpool" in page.text
    assert "gov.uk/find-local-council" in page.text


@pytest.mark.parametrize(
    ("land", "said"),
    [
        ("private-residential", "The owner of the land has to clear this"),
        ("railway", "This is for Network Rail to clear"),
    ],
)
def test_whose_land_it_is_is_said_before_anything_else_is_asked(resident, land, said):
    resident.answer_all(until="land")

    response = resident.answer("land", land_type=land)

    assert response.headers["Location"] == "/report/new/whose"
    page = resident.client.get("/report/new/whose").text
    assert said in page
    assert 'href="/report/new/waste"' in page


def test_on_the_councils_land_the_answer_stands_beside_the_next_question(resident):
    resident.answer_all(until="waste")

    assert "This is for us to clear" in resident.client.get("/report/new/waste").text


def test_several_kinds_of_waste_have_one_that_there_is_most_of(resident, ctx):
    resident.answer_all(until="waste")
    resident.answer("waste", waste_types=["tyres", "asbestos", "green"], waste_type="green")
    resident.answer_all(since="size")
    resident.send()

    kept = by_reference(ctx.store, resident.reference())

    assert (kept.waste_type, kept.other_waste_types) == ("green", ("tyres", "asbestos"))
    assert kept.hazards == ("asbestos",), "whatever there is least of can be what is dangerous"
    assert kept.priority == 1
    assert "Garden waste and other waste" in resident.client.get(f"/report/{kept.reference}").text


def test_open_reports_around_are_shown_before_more_is_asked_and_can_be_joined(resident, ctx):
    here = resident.place
    near = accept(ctx, "near", lat=here.lat + 0.0004, lon=here.lon, place_id=None)
    accept(ctx, "far", lat=here.lat + 0.002, lon=here.lon, place_id=None)
    gone = accept(ctx, "gone", lat=here.lat, lon=here.lon)
    close_report(ctx, gone.reference, closure="no-action")
    resident.answer_all(until="land")

    response = resident.answer("land", land_type="back-alleyway")

    assert response.headers["Location"] == "/report/new/nearby"
    page = resident.client.get("/report/new/nearby")
    assert re.findall("FT-[0-9A-Z]{8}", page.text) == [near.reference] * 2
    assert "About 40 metres away, reported today" in page.text
    onward = resident.client.post("/report/new/nearby", data={"csrf_token": csrf(page)})
    assert onward.headers["Location"] == "/report/new/waste"
    resident.answer("land", land_type="highway")
    assert resident.client.get("/report/new/waste").status_code == 200


def test_following_a_report_adds_no_report_and_no_job_and_tells_the_follower(resident, ctx):
    report = accept(ctx)
    before = [event.id for event in events(ctx)]
    page = resident.client.get(f"/report/{report.reference}/follow")
    fields = {"csrf_token": csrf(page), "email": "follower.canary@example.com"}

    for _ in range(2):
        assert resident.client.post(f"/report/{report.reference}/follow", data=fields).status_code == 200

    kept = stored(ctx, report)
    assert [follower.email for follower in kept.private.followers] == ["follower.canary@example.com"]
    assert [event.id for event in events(ctx)] == before
    assert "follower.canary" not in resident.client.get(f"/report/{report.reference}").text
    close_report(ctx, report.reference, closure="no-action")
    for _ in range(2):
        assert deliver(ctx, MESSAGES_SUBSCRIPTION, *events(ctx, "report.closed")) == ["handled"]
    send_messages(ctx)
    told = messages_page(ctx.store).items
    assert [(message["address"], message["template"]) for message in told] == [
        ("follower.canary@example.com", "closed")
    ]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "Enter an email address or a mobile number"),
        ({"email": "nobody"}, "Enter an email address"),
        ({"phone": "x"}, "Enter a telephone"),
    ],
)
def test_a_follower_who_cannot_be_told_is_asked_again(resident, ctx, fields, said):
    report = accept(ctx)
    page = resident.client.get(f"/report/{report.reference}/follow")

    response = resident.client.post(f"/report/{report.reference}/follow", data={"csrf_token": csrf(page), **fields})

    assert response.status_code == 400
    assert said in response.text


WITNESSED = {
    "witnessed": "yes",
    "seen": "Canary saw two men tip a sofa",
    "vehicle": "White van CANARY 1",
    "statement": "yes",
}


def test_a_witness_account_is_sealed_for_enforcement_and_lies_nowhere_else(resident, ctx, caplog):
    caplog.set_level(logging.DEBUG)
    resident.answer_all(until="witness")
    resident.answer("witness", **WITNESSED)
    resident.answer_all(since="details")
    token = csrf(resident.client.get("/report/new/check"))
    for _ in range(2):
        resident.client.post("/report/new/check", data={"csrf_token": token})

    reference = resident.reference()
    flagged = events(ctx, "report.evidence-flagged")
    assert len(flagged) == 1
    report = by_reference(ctx.store, reference)
    parcel = open_parcel(handed_over(ctx, flagged[0].data["parcel_key"]))
    assert (parcel.holds, parcel.report_id, parcel.reference, parcel.sealed_by) == (
        "statement",
        report.id,
        reference,
        "reporter",
    )
    for words in (WITNESSED["seen"], WITNESSED["vehicle"], CANARY["name"], CANARY["phone"]):
        assert words in parcel.statement
    kept = str(ctx.store.get(REPORTS.name, report.id)) + str(ctx.store.find(DRAFTS.name, {}).items)
    told = caplog.text + str([logged.body for logged in ctx.store.log.read(after=0)])
    page = resident.client.get(f"/report/{reference}").text
    for place in (kept, told, page):
        assert WITNESSED["seen"] not in place
        assert WITNESSED["vehicle"] not in place
    assert report.has_evidence


def test_who_would_not_give_a_statement_is_not_named_in_the_parcel(resident, ctx):
    resident.answer_all(until="witness")
    resident.answer("witness", **{**WITNESSED, "statement": "no"})
    resident.answer_all(since="details")
    resident.send()

    parcel = open_parcel(handed_over(ctx, events(ctx, "report.evidence-flagged")[0].data["parcel_key"]))

    assert "Not willing to give a statement" in parcel.statement
    assert CANARY["name"] not in parcel.statement
    assert CANARY["phone"] not in parcel.statement


def handed_over(ctx, key):
    """What lies in enforcement's hands."""
    enforcement = open_blobs(ctx.settings.blob_url, "enforcement")
    return enforcement.accept(key)


@pytest.mark.parametrize(
    ("asked", "lat", "lon", "near"),
    [
        ({"lat": "53.41", "lon": "-2.98", "near": "4", "move": "north"}, 53.41 + 1000 / 111320 / 3, -2.98, "4"),
        ({"lat": "53.41", "lon": "-2.98", "near": "4", "near_by": "in"}, 53.41, -2.98, "5"),
        ({"lat": "53.41", "lon": "-2.98", "near": "0", "near_by": "out"}, 53.41, -2.98, "0"),
        ({"lat": "53.41", "lon": "-2.98", "near": "4", "to.x": "144", "to.y": "144"}, 53.41, -2.98, "5"),
        ({"lat": "53.41", "lon": "-2.98", "near": "4", "to.x": "0", "to.y": "0"}, 53.41, -2.98, "4"),
        ({"lat": "53.41", "lon": "-2.98", "near": "4", "to.x": "0", "to.y": "1", "side": "2"}, 53.41, -2.9875, "5"),
    ],
)
def test_the_pin_goes_where_it_is_moved(client, asked, lat, lon, near):
    moved = client.get("/report/new/map", query_string=asked)

    found = parse_qs(urlsplit(moved.headers["Location"]).query)
    assert float(found["lat"][0]) == pytest.approx(lat, abs=2e-5)
    assert float(found["lon"][0]) == pytest.approx(lon, abs=2e-4)
    assert found["near"] == [near]


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"lat": "x", "lon": "y"},
        {"lat": "nan", "lon": "inf"},
        {"lat": "1e400", "lon": "0"},
        {"lat": "53", "lon": "-3", "near": "99"},
        {"lat": "-2.98", "lon": "53.4", "near": "-1"},
        {"near": "٣"},
    ],
)
def test_the_map_is_drawn_wherever_it_is_asked_to_look(client, asked):
    assert client.get("/report/new/map", query_string=asked).status_code == 200
    drawn = client.get("/report/new/map.svg", query_string=asked)
    assert drawn.content_type.startswith("image/svg+xml")
    assert "nan" not in drawn.text.lower().replace("finance", "")
    ET.fromstring(drawn.text)


def test_the_map_says_in_words_where_the_pin_is(resident, client):
    here = resident.place
    page = client.get("/report/new/map", query_string={"lat": here.lat, "lon": here.lon, "near": 5}).text
    assert f"At {here.name}" in page
    assert here.name in client.get(f"/report/new/map.svg?lat={here.lat}&lon={here.lon}&near=5").text
    outside = client.get("/report/new/map?lat=53.50&lon=-3.0&near=2").text
    assert "It is in the area of Sefton Council" in outside
    assert "It is here" not in outside


def test_a_spot_on_the_map_makes_a_report_there(resident, ctx):
    here = resident.place
    resident.answer_all(until="place")
    page = resident.client.get("/report/new/map", query_string={"lat": here.lat, "lon": here.lon, "near": 5})
    spot = {"lat": str(here.lat), "lon": str(here.lon), "via": "map"}

    resident.client.post("/report/new/place", data={"csrf_token": csrf(page), **spot})
    resident.answer_all(since="land")

    assert f"The spot you chose on the map, near {here.name}" in resident.client.get("/report/new/check").text


def test_a_draft_is_found_by_its_token_alone_and_expires(resident, ctx, monkeypatch):
    resident.answer_all()
    later = machine_now() + drafts.LIFETIME + timedelta(minutes=1)
    monkeypatch.setattr(drafts, "machine_now", lambda: later)

    assert resident.client.get("/report/new/check").headers["Location"] == "/report/new/photos"
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
    assert client.post("/report/new/photos", data={}).status_code == 400
