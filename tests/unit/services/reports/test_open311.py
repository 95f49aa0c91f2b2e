"""GeoReport v2 as its specification's examples have it: shapes, content types, parameters, filters and tokens.

The expectations are written by hand from the examples, and no other code of ours is asked what they should be.
"""

from datetime import timedelta

import pytest

from services.reports.handlers import close_report, release_report
from services.reports.store import by_reference
from shared.council import Open311
from tests.builders import TUESDAY_MORNING
from tests.unit.services.reports.made import CANARY, accept
from tests.unit.services.reports.open311 import OTHER_KEY_ID, REQUESTS, Program, shape, tree

FIELDS = [
    "service_request_id",
    "status",
    "status_notes",
    "service_name",
    "service_code",
    "description",
    "agency_responsible",
    "service_notice",
    "requested_datetime",
    "updated_datetime",
    "expected_datetime",
    "address",
    "address_id",
    "zipcode",
    "lat",
    "long",
    "media_url",
]


@pytest.fixture
def program(ctx, client):
    return Program(ctx, client)


@pytest.mark.parametrize("path", ["discovery", "v2/discovery"])
def test_discovery_says_where_the_api_is(program, ctx, path):
    xml = program.get(f"{path}.xml")

    assert shape(tree(xml)) == (
        "discovery",
        [
            "changeset",
            "contact",
            "key_service",
            (
                "endpoints",
                [("endpoint", ["specification", "url", "changeset", "type", ("formats", ["format", "format"])])],
            ),
        ],
    )
    found = program.get(f"{path}.json").json
    assert set(found) == {"changeset", "contact", "key_service", "endpoints"}
    assert found["endpoints"] == [
        {
            "specification": "http://wiki.open311.org/GeoReport_v2",
            "url": f"{ctx.settings.public_url}/open311/v2",
            "changeset": "2026-11-22T00:00:00Z",
            "type": "test",
            "formats": ["text/xml", "application/json"],
        }
    ]
    assert ctx.council.contact.email in found["contact"]


@pytest.mark.parametrize(
    ("kind", "content_type"), [("xml", "text/xml; charset=utf-8"), ("json", "application/json; charset=utf-8")]
)
@pytest.mark.parametrize("path", ["discovery", "v2/services", "v2/services/litter", "v2/requests", "v2/requests/FT-0"])
def test_every_answer_names_its_encoding(program, path, kind, content_type):
    response = program.get(f"{path}.{kind}")

    assert response.content_type == content_type
    if kind == "xml":
        assert response.get_data().startswith(b'<?xml version="1.0" encoding="utf-8"?>\n<')


def test_the_list_of_services_has_the_shape_of_the_specification(program, ctx):
    services = tree(program.get("v2/services.xml"))[1]

    assert len(services) == len(ctx.council.kinds) == 10
    for service in services:
        assert shape(service) == (
            "service",
            ["service_code", "service_name", "description", "metadata", "type", "keywords", "group"],
        )
    assert services[1][1][0] == ("service_code", "litter")
    assert services[1][1][3:5] == [("metadata", "true"), ("type", "realtime")]
    in_json = program.get("v2/services.json").json[1]
    assert (in_json["service_code"], in_json["metadata"], in_json["type"]) == ("litter", True, "realtime")


def test_a_definition_has_the_shape_of_the_specification(program):
    name, content = tree(program.get("v2/services/missed-bin.xml"))
    attributes = content[1][1]

    assert (name, content[0]) == ("service_definition", ("service_code", "missed-bin"))
    assert [dict(one)["datatype"] for _, one in attributes] == [
        "multivaluelist",
        "string",
        "datetime",
        "singlevaluelist",
    ]
    assert shape(attributes[0]) == (
        "attribute",
        [
            "variable",
            "code",
            "datatype",
            "required",
            "datatype_description",
            "order",
            "description",
            ("values", [("value", ["key", "name"])] * 4),
        ],
    )
    assert [dict(one)["order"] for _, one in attributes] == ["1", "2", "3", "4"]
    in_json = program.get("v2/services/missed-bin.json").json
    assert in_json["attributes"][0]["values"][0] == {"key": "general", "name": "General waste"}
    assert (in_json["attributes"][0]["required"], in_json["attributes"][0]["variable"]) == (True, True)
    assert "values" not in in_json["attributes"][1]


def test_fixmystreet_is_asked_for_what_it_fills_in_where_the_council_has_it(program, ctx, monkeypatch):
    monkeypatch.setitem(vars(ctx.council), "open311", Open311("", fixmystreet=True))

    attributes = program.get("v2/services/fly-tipping.json").json["attributes"]

    filled = [one for one in attributes if one.get("automated") == "server_set"]
    assert [one["code"] for one in filled] == ["fixmystreet_id", "easting", "northing"]
    assert [one["order"] for one in attributes] == [1, 2, 3, 4, 5, 6]
    assert not any(one["required"] for one in filled)


@pytest.mark.parametrize("kind", ["xml", "json"])
def test_a_posted_report_is_answered_as_the_specification_says(program, kind):
    response = program.report(kind, account_id="123456", jurisdiction_id="city.gov")

    assert response.status_code == 200
    if kind == "xml":
        assert shape(tree(response)) == (
            "service_requests",
            [("request", ["service_request_id", "service_notice", "account_id"])],
        )
    else:
        (answer,) = response.json
        assert set(answer) == {"service_request_id", "service_notice", "account_id"}
        assert answer["account_id"] == "123456"
        assert "We aim to deal with it by Tuesday 24 November 2026. Why this date: " in answer["service_notice"]


def test_every_documented_parameter_is_taken_and_kept_or_dropped_as_said(program, ctx):
    reference = program.reference(
        address_string="4 Made Up Road",
        email="jo@example.com",
        device_id="tt222111",
        account_id="123456",
        first_name="Jo",
        last_name="-",
        phone="0151 496 0110",
        description="Line one\r\nLine two & <b>three</b>",
        media_url="https://photos.example/1.jpg",
        **{"attribute[size]": "car-boot", "attribute[land_type]": "highway", "attribute[fixmystreet_id]": "4711"},
    )

    report = by_reference(ctx.store, reference)
    private = report.private
    assert (report.channel, report.waste_type, report.size, report.land_type) == (
        "open311",
        "tyres",
        "car-boot",
        "highway",
    )
    assert (private.name, private.email, private.phone) == ("Jo", "jo@example.com", "01514960110")
    assert private.description == "Line one\nLine two & <b>three</b>"
    assert (private.place_text, private.media_urls) == ("4 Made Up Road", ("https://photos.example/1.jpg",))
    assert private.partner_id == "4711"
    kept = str(ctx.store.get("reports", report.id))
    assert "tt222111" not in kept
    assert "123456" not in kept


def test_attributes_of_every_datatype_arrive(program, ctx):
    reference = program.reference(
        service_code="missed-bin",
        **{
            "attribute[bin][]": ["general", "food"],
            "attribute[house]": "12b",
            "attribute[collection_day]": "2026-11-16",
            "attribute[unasked]": "x",
        },
    )

    answers = {answer.code: answer.values for answer in by_reference(ctx.store, reference).private.answers}
    assert reference.startswith("MB-")
    assert answers == {"bin": ("general", "food"), "house": ("12b",), "collection_day": ("2026-11-16",)}


def test_an_empty_parameter_is_an_absent_one(program, ctx):
    reference = program.reference(
        **{"email": "", "media_url": "", "attribute[size]": "", "address_id": " ", "jurisdiction_id": ""}
    )

    report = by_reference(ctx.store, reference)
    assert (report.private.email, report.private.media_urls, report.size) == ("", (), None)


def test_a_parameter_counts_without_outer_space_and_once(program, ctx):
    sent = program.report(description=["  By the gate \n", "another"], email=" reporter@example.com ", phone="   ")

    private = by_reference(ctx.store, sent.json[0]["service_request_id"]).private
    assert (private.description, private.email, private.phone) == ("By the gate", "reporter@example.com", "")


def test_the_notice_names_the_day_of_the_deadline_in_london(program, ctx):
    [answer] = program.report().json

    deadline = by_reference(ctx.store, answer["service_request_id"]).deadline
    assert f"deal with it by {deadline:%A} {deadline.day} {deadline:%B %Y}. Why this date:" in answer["service_notice"]


def test_a_report_by_address_id_lies_at_that_place(program, ctx):
    place = next(place for place in ctx.council.gazetteer.places if place.kind == "street")

    reference = program.reference(lat=None, long=None, address_id=place.id)

    found = by_reference(ctx.store, reference).place
    assert (found.lat, found.lon, found.place_id) == (place.lat, place.lon, place.id)
    assert found.place_precision == "street"


def test_a_report_by_address_lies_in_the_street_that_the_address_names(program, ctx):
    gazetteer = ctx.council.gazetteer
    names = [place.name for place in gazetteer.places]
    place = next(place for place in gazetteer.places if place.kind == "street" and names.count(place.name) == 1)
    address = f"Flat 2 12-14 {place.name}, {gazetteer.neighbourhoods[place.neighbourhood]}, Liverpool"

    reference = program.reference(lat=None, long=None, address_string=address)

    found = by_reference(ctx.store, reference)
    assert (found.place.place_id, found.private.place_text) == (place.id, address)


def test_coordinates_count_more_than_an_address_that_nobody_knows(program):
    assert program.report(address_string="12 Nowhere Street", address_id="#NOTPINPOINTED#").status_code == 200


def test_the_state_of_a_report_has_the_shape_of_the_specification(program, ctx):
    reference = program.reference(description="Words")
    later = TUESDAY_MORNING + timedelta(hours=3)
    ctx.clock.instant = later
    close_report(ctx, reference, closure="no-action")

    xml = tree(program.get(f"v2/requests/{reference}.xml"))
    (found,) = program.get(f"v2/requests/{reference}.json").json

    assert shape(xml) == ("service_requests", [("request", FIELDS)])
    assert set(found) == set(FIELDS)
    assert (found["service_request_id"], found["status"]) == (reference, "closed")
    assert (found["requested_datetime"], found["updated_datetime"]) == ("2026-11-17T10:40:00Z", "2026-11-17T13:40:00Z")
    assert found["expected_datetime"] is None
    assert (found["lat"], found["long"]) == (program.place.lat, program.place.lon)
    values = dict(xml[1][0][1])
    assert (values["description"], values["media_url"], values["zipcode"]) == ("", "", "")
    assert values["status_notes"] == found["status_notes"]


def test_words_and_photo_appear_only_once_staff_have_released_them(ctx, client, program):
    report = accept(ctx, **CANARY)
    before = program.get(f"v2/requests/{report.reference}.xml", extensions="true").text

    release_report(ctx, report.reference, photo=False, text=True, user_id="u")
    after = program.get(f"v2/requests/{report.reference}.json").json[0]

    assert "Canary" not in before
    assert after["description"] == CANARY["description"]
    assert after["media_url"] is None


def test_extensions_add_what_else_is_public(program):
    reference = program.reference(**{"attribute[fixmystreet_id]": "4711"})

    (found,) = program.get(f"v2/requests/{reference}.json", extensions="true").json
    xml = tree(program.get(f"v2/requests/{reference}.xml", extensions="true"))

    extended = found["extended_attributes"]
    assert (extended["status"], extended["fixmystreet_id"]) == ("investigating", "4711")
    assert extended["easting"] > 300_000
    assert [note["status"] for note in found["notes"]] == ["investigating"]
    assert shape(xml[1][0][1][-1]) == ("notes", [("note", ["datetime", "status", "description"])])


def test_a_caller_who_sends_again_gets_the_same_report(program, ctx, client):
    by_key = [program.reference(headers={"Idempotency-Key": "7"}) for _ in range(2)]
    by_problem = [program.reference(**{"attribute[fixmystreet_id]": "4711"}) for _ in range(2)]
    other_category = program.reference(**{"attribute[fixmystreet_id]": "4711"}, service_code="litter")
    other_caller = Program(ctx, client, OTHER_KEY_ID).reference(headers={"Idempotency-Key": "7"})

    assert by_key[0] == by_key[1]
    assert by_problem[0] == by_problem[1]
    assert len({by_key[0], by_problem[0], other_category, other_caller}) == 4


def test_keys_that_are_long_and_alike_are_two(program):
    first, second = ("x" * 250 + ending for ending in "ab")

    assert program.reference(headers={"Idempotency-Key": first}) != program.reference(
        headers={"Idempotency-Key": second}
    )


def test_a_token_gives_its_sender_the_report(program, ctx, client):
    reference = program.reference(headers={"Idempotency-Key": "lost.answer-1"})

    found = program.get("v2/tokens/lost.answer-1.json", api_key=program.key)
    xml = program.get("v2/tokens/lost.answer-1.xml", api_key=program.key)

    assert found.json == [{"service_request_id": reference, "token": "lost.answer-1"}]
    assert tree(xml) == (
        "service_requests",
        [("request", [("service_request_id", reference), ("token", "lost.answer-1")])],
    )
    other = Program(ctx, client, OTHER_KEY_ID)
    for response in (
        program.get("v2/tokens/lost.answer-1.json"),
        program.get("v2/tokens/other.json", api_key=program.key),
        other.get("v2/tokens/lost.answer-1.json", api_key=other.key),
    ):
        assert response.status_code == 404
        assert response.json == [{"code": 404, "description": "token was not found"}]


def ids(program, **query):
    return [found["service_request_id"] for found in program.get("v2/requests.json", **query).json]


def test_a_query_is_narrowed_by_service_status_and_span(program, ctx):
    tip = program.reference()
    ctx.clock.instant = TUESDAY_MORNING + timedelta(days=1)
    litter = program.reference(service_code="litter")
    ctx.clock.instant = TUESDAY_MORNING + timedelta(days=2)
    close_report(ctx, tip, closure="no-action")

    assert ids(program) == [litter, tip]
    assert ids(program, service_code="litter") == [litter]
    assert ids(program, service_code="litter, fly-tipping") == [litter, tip]
    assert ids(program, service_code="unicorns") == []
    assert ids(program, status="open") == [litter]
    assert ids(program, status="closed,open") == [litter, tip]
    assert ids(program, start_date="2026-11-18T00:00:00Z") == [litter]
    assert ids(program, end_date="2026-11-18T00:00:00+00:00") == [tip]
    assert ids(program, start_date="2026-11-17T10:40:00Z", end_date="2026-11-17T10:40:01Z") == [tip]
    assert ids(program, page_size="1", page="2") == [tip]


def test_ids_override_everything_else(program):
    first, second = program.reference(), program.reference()

    wanted = f"{second},{first.lower()} ,FT-00000000,{second}"

    assert ids(program, service_request_id=wanted, status="closed", start_date="nonsense") == [second, first]


def test_without_a_span_the_last_ninety_days_are_meant(program, ctx):
    old = program.reference()
    ctx.clock.instant = TUESDAY_MORNING + timedelta(days=91)
    new = program.reference()

    assert ids(program) == [new]
    assert ids(program, start_date="2026-11-17T00:00:00Z", end_date="2026-12-17T00:00:00Z") == [old]
    assert ids(program, start_date="2026-11-17T00:00:00Z") == [old]


def test_the_limit_counts_what_matches_and_not_what_was_looked_at(program, ctx, monkeypatch):
    monkeypatch.setattr("services.reports.web.open311.service_requests.MOST_REQUESTS", 2)
    monkeypatch.setattr("services.reports.web.open311.service_requests.PAGE", 2)
    litter = [program.reference(service_code="litter") for _ in range(3)]
    for _ in range(3):
        program.reference()

    found = ids(program, service_code="litter")

    assert len(found) == 2
    assert set(found) < set(litter)


def test_a_post_to_a_get_or_a_format_that_nobody_speaks_is_an_open311_error(program):
    wrong_format = program.get("v2/requests.yaml")
    wrong_method = program.client.put(f"{REQUESTS}.json")

    assert wrong_format.status_code == 404
    assert shape(tree(wrong_format)) == ("errors", [("error", ["code", "description"])])
    assert (wrong_method.status_code, wrong_method.json[0]["code"]) == (400, 400)
