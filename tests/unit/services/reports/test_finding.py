"""Finding the place on its page: what is typed and not looked up yet, positions, the list, and what is left to try."""

import re
from dataclasses import replace
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest

from services.reports.store import by_reference
from services.reports.web import finding, streets
from shared.council.gazetteer import Gazetteer
from shared.geo import distance_m
from shared.geo.typed import grid_reference
from tests.unit.services.reports.made import csrf


@pytest.fixture
def at_place(resident):
    """A resident who has come as far as the place."""
    resident.answer_all(until="place")
    return resident


def page(resident, **query):
    return resident.client.get("/report/new/place", query_string=query).text


def hidden(text, name):
    return re.search(rf'type="hidden" name="{name}" value="([^"]*)"', text).group(1)


def fields(text):
    return {name: hidden(text, name) for name in ("csrf_token", "searched", "lat", "lon", "via")}


def asked_for(response):
    assert response.status_code == 303
    return parse_qs(urlsplit(response.headers["Location"]).query)


def test_whoever_types_a_street_and_continues_sees_what_is_found_for_it(at_place):
    response = at_place.answer("place", q="park", searched="", place_text="By the gate")

    assert asked_for(response)["q"] == ["park"]
    assert response.headers["Location"].endswith("#found")
    assert "By the gate" in page(at_place, q="park")
    assert at_place.client.get("/report/new/land").status_code == 303


def test_the_button_searches_again_for_the_same(at_place):
    assert asked_for(at_place.answer("place", q="park", searched="park", find="1"))["q"] == ["park"]


def test_another_search_from_the_page_of_one_is_the_new_one(at_place):
    found = page(at_place, q="park")
    action = re.search(r'<form method="post" novalidate action="([^"]+)"', found).group(1)

    response = at_place.client.post(f"{action}?q=park&place=x", data={**fields(found), "q": "lane", "find": "1"})

    assert action == "/report/new/place"
    assert asked_for(response)["q"] == ["lane"]


def test_nothing_typed_is_asked_for(at_place):
    response = at_place.answer("place", q=" ", searched="", find="1")

    assert response.status_code == 400
    assert "Enter a postcode, street or place" in response.text


def test_what_was_found_and_not_chosen_is_asked_for(at_place):
    response = at_place.answer("place", q="park", searched="park")

    assert response.status_code == 400
    assert "select it from the list" in response.text


def test_an_answer_of_before_is_not_taken_for_what_is_typed_now(at_place):
    at_place.answer("place", place_id=at_place.place.id)

    response = at_place.answer("place", q="park", searched="", place_id=at_place.place.id)

    assert asked_for(response)["q"] == ["park"]


def test_a_chosen_place_stands_beside_its_search(at_place):
    response = at_place.answer("place", q="park", searched="park", place_id=at_place.place.id)

    assert response.headers["Location"].endswith("/report/new/land")


def test_more_places_than_are_shown_are_said_to_be_there(at_place, ctx, monkeypatch):
    names = ctx.council.gazetteer.search("park", 100)
    monkeypatch.setattr(finding, "SEARCH_LIMIT", len(names) - 1)
    assert f"The first {len(names) - 1} places found for “park”" in page(at_place, q="park")

    monkeypatch.setattr(finding, "SEARCH_LIMIT", len(names))
    assert f"{len(names)} places found for “park”" in page(at_place, q="park")
    assert "The first" not in page(at_place, q="park")


def test_words_too_long_to_be_kept_do_not_stop_a_search(at_place):
    assert asked_for(at_place.answer("place", q="park", place_text="x" * 600))["q"] == ["park"]


@pytest.mark.parametrize("way", ["reference", "coordinates"])
def test_a_position_can_be_typed_and_makes_a_report_there(at_place, ctx, way):
    here = at_place.place
    typed = grid_reference(here.lat, here.lon) if way == "reference" else f"{here.lat}, {here.lon}"

    found = page(at_place, q=typed)
    at_place.client.post("/report/new/place", data={**fields(found), "q": typed, "place_text": "By the gate"})
    at_place.answer_all(since="land")
    checked = at_place.client.get("/report/new/check").text
    at_place.send()

    assert f"The position you typed, near {here.name}" in found
    assert f"The position you typed, near {here.name}" in checked
    kept = by_reference(ctx.store, at_place.reference()).place
    assert distance_m(kept.lat, kept.lon, here.lat, here.lon) < (75 if way == "reference" else 1)


def test_few_figures_are_said_to_be_rough_and_the_map_begins_there(at_place):
    found = page(at_place, q="53.41, -2.96")

    assert "right to about 550 metres only" in found
    assert "/report/new/map?lat=53.410000&amp;lon=-2.960000" in found


@pytest.mark.parametrize(
    ("typed", "said"),
    [("53.50, -3.00", "It is in the area of Sefton Council"), ("53.50, -5.00", "This is outside our area")],
)
def test_a_position_outside_is_said_to_be_and_cannot_be_sent(at_place, typed, said):
    found = page(at_place, q=typed)

    assert said in found
    assert hidden(found, "lat") == ""
    response = at_place.client.post("/report/new/place", data={**fields(found), "q": typed})
    assert response.status_code == 400


def test_a_new_search_does_not_keep_an_earlier_position(at_place):
    at_place.answer("place", lat=str(at_place.place.lat), lon=str(at_place.place.lon), via="phone")

    assert hidden(page(at_place), "lat")
    assert hidden(page(at_place, q="park"), "lat") == ""


def test_where_nothing_is_found_every_other_way_is_offered(at_place, ctx):
    text = unescape(page(at_place, q="zzzz <b>"))

    assert "We found no place called “zzzz <b>”" in text
    assert grid_reference(at_place.place.lat, at_place.place.lon) in text.replace("\N{NO-BREAK SPACE}", " ")
    assert ctx.council.contact.phone in text
    assert 'href="/report/new/streets"' in text
    assert 'href="/report/new/map"' in text


def test_a_street_is_chosen_from_a_list_by_links_alone(at_place, ctx):
    here = at_place.place
    area = re.search(
        rf'href="(/report/new/streets/{here.neighbourhood})"', at_place.client.get("/report/new/streets").text
    )
    listed = at_place.client.get(area.group(1)).text
    chosen = at_place.client.get(unescape(re.search(rf'href="([^"]*place={here.id}#found)"', listed).group(1))).text

    assert re.search(rf'value="{here.id}" checked', chosen)
    assert "The place you chose" in chosen
    assert all(
        place.name in unescape(listed)
        for place in ctx.council.gazetteer.places
        if place.neighbourhood == here.neighbourhood and place.kind in ("street", "alley", "park", "landmark")
    )


def test_a_long_list_is_shown_by_first_letters(at_place, ctx, monkeypatch):
    monkeypatch.setattr(streets, "MOST_TOGETHER", 3)
    area = at_place.place.neighbourhood
    names = [f">{place.name}<" for place in ctx.council.gazetteer.within(area)]

    first = at_place.client.get(f"/report/new/streets/{area}").text
    last = at_place.client.get(f"/report/new/streets/{area}?letter={names[-1][1].lower()}").text

    assert names[0] in first
    assert names[-1] not in first
    assert names[-1] in last
    assert names[0] not in last


@pytest.mark.parametrize("query", ["?letter=9", "?letter=", "?letter=%00"])
def test_a_letter_that_no_name_begins_with_shows_the_first(at_place, query):
    assert at_place.client.get(f"/report/new/streets/{at_place.place.neighbourhood}{query}").status_code == 200


def test_there_is_no_list_of_a_part_of_town_that_is_not_there(at_place):
    assert at_place.client.get("/report/new/streets/nowhere").status_code == 404
    assert 'name="place_id"' not in page(at_place, place="nowhere")


def test_places_of_a_neighbourhood_come_by_name_without_postcodes(ctx):
    places = ctx.council.gazetteer.places
    area = places[0].neighbourhood
    postcode = replace(places[0], id="postcode", name="L1 0AA", kind="postcode")

    listed = Gazetteer((*places, postcode), {area: "Here"}).within(area)

    names = [place.name.casefold() for place in listed]
    assert names == sorted(names)
    assert "l1 0aa" not in names


def test_a_page_opened_by_its_link_needs_no_search(at_place):
    text = page(at_place, place=at_place.place.id)

    at_place.client.post(
        "/report/new/place", data={"csrf_token": hidden(text, "csrf_token"), "place_id": at_place.place.id}
    )

    assert at_place.client.get("/report/new/land").status_code == 200


def test_a_search_is_refused_without_its_token(client):
    assert client.post("/report/new/place", data={"q": "park", "find": "1"}).status_code == 400


def test_the_whole_city_is_not_a_place_to_report(client, resident):
    far = client.get("/report/new/map").text
    near = client.get("/report/new/map", query_string={"lat": resident.place.lat, "lon": resident.place.lon}).text

    assert "until you see the names of streets" in far
    assert "It is here" not in far
    assert csrf(client.get("/report/new/map", query_string={"lat": resident.place.lat, "lon": resident.place.lon}))
    assert "It is here" in near
