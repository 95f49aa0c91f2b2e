"""Reports of other kinds than fly-tipping: their questions, deadlines, places, and who deals with them."""

import pytest

from services.reports.domain.answers import Answer, check_answer
from services.reports.handlers import assess_report, close_report, reopen_report
from services.reports.store import REPORTS, by_reference
from services.reports.subscriptions import MESSAGES
from services.reports.words import answer_words, standing, story, waste_words
from shared.bus.answer import answer
from shared.contracts.envelope import encode
from shared.council import Choice, KindAttribute
from shared.errors import DomainError
from shared.geo import distance_m
from shared.notify import DELIVERIES
from tests.unit.services.reports.made import accept, events, sign_in, stored

HOUSE = "Canary house 12b"
MISSED_BIN = {"bin": ["general", "food"], "house": [HOUSE], "assisted": ["yes"]}


def take(ctx, kind, key="key-1", answers=None, **changes):
    given = {"waste_type": None, "land_type": None, "size": None, "kind": kind, "answers": answers or {}}
    return accept(ctx, key, **{**given, **changes})


def test_a_kind_that_is_not_waste_is_assessed_by_its_own_rules_at_once(ctx):
    report = take(ctx, "litter")

    assert report.reference.startswith("LT-")
    assert (report.state, [reason.rule for reason in report.reasons]) == ("assessed", ["usual-litter"])
    assert report.deadline > report.reported_at


def test_an_answer_makes_a_report_more_urgent_and_says_so(ctx):
    usual = take(ctx, "graffiti", "key-1", {"graffiti_type": ["graffiti"], "offensive": ["no"]})
    offensive = take(ctx, "graffiti", "key-2", {"graffiti_type": ["graffiti"], "offensive": ["yes"]})

    assert (usual.priority, offensive.priority) == (3, 1)
    assert [(reason.rule, reason.value) for reason in offensive.reasons] == [("offensive-graffiti", "yes")]
    assert offensive.deadline < usual.deadline


def test_the_rules_of_one_kind_are_no_rules_of_another(ctx):
    rules = {reason.rule for reason in accept(ctx, waste_type="tyres", size="car-boot", land_type="highway").reasons}

    assert rules == {"highway"}


@pytest.mark.parametrize(
    ("kind", "answers", "says"),
    [
        ("graffiti", {}, "Is it graffiti or fly-posting\\? An answer is needed"),
        ("graffiti", {"graffiti_type": [""]}, "An answer is needed"),
        ("graffiti", {"graffiti_type": ["mural"]}, "must be one of: graffiti, poster"),
        ("graffiti", {"graffiti_type": ["graffiti", "poster"]}, "Only one answer"),
        ("missed-bin", {"bin": ["general"], "house": ["x" * 201]}, "200 characters or fewer"),
        ("missed-bin", {"bin": ["general"], "house": ["12"], "collection_day": ["Tuesday"]}, "must be a date"),
        ("abandoned-vehicle", {"make_and_colour": ["red"], "days_there": ["many"]}, "must be a number"),
        ("abandoned-vehicle", {"make_and_colour": ["red"], "days_there": ["1e999"]}, "must be a number"),
    ],
)
def test_answers_that_do_not_fit_are_refused_and_nothing_is_stored(ctx, kind, answers, says):
    with pytest.raises(DomainError, match=says):
        take(ctx, kind, answers=answers)

    assert ctx.store.count(REPORTS.name, {"open": True}) == 0


@pytest.mark.parametrize(
    ("datatype", "given", "kept"),
    [
        ("string", ["  one\nline\x00 "], ("one line",)),
        ("text", ["two\r\nlines"], ("two\nlines",)),
        ("number", [" 2.5 "], ("2.5",)),
        ("datetime", ["2026-11-17T10:40:00Z"], ("2026-11-17T10:40:00Z",)),
        ("singlevaluelist", ["a", "a"], ("a",)),
        ("multivaluelist", ["b", "a", "", "b"], ("b", "a")),
        ("string", ["", " "], ()),
    ],
)
def test_answers_are_cleaned_by_their_datatype(datatype, given, kept):
    choices = (Choice("a", "A"), Choice("b", "B")) if "list" in datatype else ()
    attribute = KindAttribute("code", "Question?", "Help", False, datatype, choices)

    assert check_answer(attribute, given) == kept


def test_what_a_kind_does_not_ask_is_not_kept(ctx):
    assert take(ctx, "litter", answers={"registration": ["AB12 CDE"]}).private.answers == ()


def test_a_home_is_published_by_its_street_and_the_spot_stays_private(ctx):
    street = next(place for place in ctx.council.gazetteer.places if place.kind == "street")
    lat, lon = street.lat + 0.0004, street.lon

    report = take(ctx, "missed-bin", answers=MISSED_BIN, lat=lat, lon=lon, place_id=None)
    published = events(ctx, "report.submitted")[0].state["place"]

    assert (published["lat"], published["lon"]) != (round(lat, 6), round(lon, 6))
    assert (published["place_precision"], published["place_id"]) == ("street", report.place.place_id)
    assert ctx.council.gazetteer.place(published["place_id"]).kind == "street"
    assert (report.private.lat, report.private.lon) == (round(lat, 6), round(lon, 6))


def test_a_home_far_from_any_street_is_published_coarsely(ctx, monkeypatch):
    monkeypatch.setattr(type(ctx.council.gazetteer), "nearest", lambda *_, **__: None)
    place = ctx.council.gazetteer.places[0]

    report = take(ctx, "missed-bin", answers=MISSED_BIN, place_id=None)

    assert (report.place.place_precision, report.place.place_id) == ("street", None)
    assert 0 < distance_m(report.place.lat, report.place.lon, place.lat, place.lon) < 200


def test_no_event_carries_an_answer_or_the_spot(ctx):
    place = ctx.council.gazetteer.places[0]
    report = take(ctx, "missed-bin", answers=MISSED_BIN, lat=place.lat + 0.00037, place_id=None)

    told = " ".join(encode(event).decode() for event in events(ctx))
    assert HOUSE not in told
    assert str(report.private.lat) not in told


def test_the_public_page_shows_published_answers_only_and_staff_see_all(ctx, client):
    report = take(ctx, "missed-bin", answers=MISSED_BIN)

    public = client.get(f"/report/{report.reference}").text
    staff = sign_in(client, ctx, "contact-centre").get(f"/triage/{report.reference}").text

    assert "Missed bin collection" in public
    assert "General waste, Food waste" in public
    assert HOUSE not in public
    assert "Fly-tipped" not in public
    assert "How much" not in public
    assert "It is with our collection rounds" in public
    assert "We aim to deal with it by" in public
    assert "clear it by" not in public
    assert HOUSE in staff
    assert "What is it?" not in staff


def test_a_kind_that_a_partner_deals_with_is_passed_on_and_closed_with_words(ctx, client):
    report = take(ctx, "inconsiderate-parking", answers={"parking_problem": ["pavement"]})
    page = client.get(f"/report/{report.reference}").text

    assert (report.state, report.closure, report.referred_to) == ("closed", "referred", "parking")
    assert [event.name for event in events(ctx)] == ["report.submitted", "report.referred", "report.closed"]
    assert "Passed to the parking team" in page
    assert "no powers over parked vehicles" in page
    assert report.deadline is None


def test_a_reporter_of_what_is_passed_on_gets_one_message_that_says_so(ctx):
    report = take(ctx, "untidy-land", email="jo@example.com")
    for event in events(ctx):
        answer(ctx, MESSAGES, encode(event))

    sent = ctx.store.find(DELIVERIES.name, {"about": report.id}).items

    [told] = [delivery["message"] for delivery in sent if delivery["message"]["address"] == "jo@example.com"]
    assert told["template"] == "referred"
    assert "planning enforcement team can make an owner tidy" in told["body"]


def test_staff_open_what_was_passed_on_and_decide(ctx):
    report = take(ctx, "untidy-land")

    opened = reopen_report(ctx, report.reference, by="staff")

    assert (opened.state, opened.referred_to, opened.waits_for_staff) == ("submitted", None, True)


def test_what_a_team_deals_with_is_closed_from_the_desk(ctx):
    report = take(ctx, "abandoned-vehicle", answers={"make_and_colour": ["A blue Fiesta"]})

    closed = close_report(ctx, report.reference, closure="cleared")

    assert standing(closed, ctx.council).title == "Dealt with"
    assert "Our abandoned vehicles team dealt with it." in story(closed, ctx.council)[0].text


def test_what_a_crew_is_sent_to_is_cleared_by_a_crew_only(ctx):
    report = take(ctx, "litter")

    with pytest.raises(DomainError, match="Only a crew"):
        close_report(ctx, report.reference, closure="cleared")
    assert stored(ctx, report).is_open


def test_the_desk_offers_to_close_as_dealt_with_what_no_crew_is_sent_to(ctx, client):
    vehicle = take(ctx, "abandoned-vehicle", "key-1", {"make_and_colour": ["red"]})
    tip = accept(ctx, "key-2")
    desk = sign_in(client, ctx, "contact-centre")

    assert "Dealt with" in desk.get(f"/triage/{vehicle.reference}").text
    assert 'value="cleared"' not in desk.get(f"/triage/{tip.reference}").text


def test_a_report_that_is_not_waste_is_assessed_again_without_a_waste_type(ctx):
    report = take(ctx, "dog-fouling", answers={"near_children": ["yes"]})

    again = assess_report(ctx, report.reference, waste_type=None, land_type=None, size=None, hazards=("obstruction",))

    assert [reason.rule for reason in again.reasons] == ["obstruction", "near-children"]


def test_a_report_whose_kind_was_taken_out_of_the_configuration_can_still_be_read(ctx, client, monkeypatch):
    report = take(ctx, "litter")
    monkeypatch.setitem(vars(ctx.council), "kinds", {"fly-tipping": ctx.council.kind("fly-tipping")})

    assert client.get(f"/report/{report.reference}").status_code == 200
    assert client.get(f"/open311/v2/requests/{report.reference}.json").json[0]["service_code"] == "litter"
    assert by_reference(ctx.store, report.reference).kind == "litter"


def test_the_words_of_a_report_are_its_kinds(ctx):
    report = take(ctx, "graffiti", answers={"graffiti_type": ["poster"], "offensive": ["yes"]})
    kind = ctx.council.kind("graffiti")

    assert waste_words(report, ctx.council) == "Graffiti or fly-posting"
    assert answer_words(report, kind, published=True)[0] == ("Is it graffiti or fly-posting?", "Posters or stickers")
    assert report.private.answers[0] == Answer("graffiti_type", ("poster",))
