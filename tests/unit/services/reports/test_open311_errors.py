"""Every error of the Open311 API: its status, an array of code and description, in the format asked for."""

import pytest

from services.reports.store import REPORTS
from services.reports.web import create_app
from tests.builders import make_context
from tests.unit.services.reports.open311 import REQUESTS, UPDATES, Program, shape, tree


@pytest.fixture
def program(ctx, client):
    return Program(ctx, client)


def told(response, status):
    """Return what an error says, having checked its shape."""
    assert response.status_code == status, response.text
    if response.content_type.startswith("application/json"):
        assert all(set(error) == {"code", "description"} for error in response.json)
        assert {error["code"] for error in response.json} == {status}
        return [error["description"] for error in response.json]
    root, errors = tree(response)
    assert root == "errors"
    assert {shape(error)[1] == ["code", "description"] for error in errors} == {True}
    assert {dict(error[1])["code"] for error in errors} == {str(status)}
    return [dict(error[1])["description"] for error in errors]


@pytest.mark.parametrize("form", ["xml", "json"])
def test_what_xml_can_not_hold_does_not_break_the_answer_that_names_it(client, form):
    answer = client.get(f"/open311/v2/services/a%01%EF%BF%BEb.{form}")

    assert told(answer, 404) == [
        "There is no kind of report a" + {"xml": "\ufffd\ufffd", "json": "\x01\ufffe"}[form] + "b"
    ]


WRONG_REPORTS = [
    ({"api_key": None}, 403, "api_key"),
    ({"api_key": "wrong"}, 403, "api_key"),
    ({"service_code": None}, 400, "service_code was not provided"),
    ({"service_code": "unicorns"}, 404, "service_code 'unicorns' was not found"),
    ({"lat": None}, 400, "lat and long must both be provided"),
    ({"long": None}, 400, "lat and long must both be provided"),
    ({"lat": None, "long": None}, 400, "lat and long were not provided"),
    ({"lat": "north"}, 400, "lat and long must be decimal degrees"),
    ({"lat": "nan"}, 400, "outside"),
    ({"lat": "inf"}, 400, "outside"),
    ({"lat": "51.5", "long": "-0.12"}, 400, "outside"),
    ({"lat": "-2.98", "long": "53.4"}, 400, "wrong way round"),
    ({"lat": None, "long": None, "address_id": "moon"}, 400, "address_id 'moon' was not found"),
    ({"lat": None, "long": None, "address_string": "1 Moon Street"}, 400, "address_string is not known here"),
    ({"lat": None, "long": None, "address_string": "x" * 501}, 400, "address_string"),
    ({"lat": None, "long": None, "address_string": "Park"}, 400, "fits more than one place"),
    ({"attribute[waste_type]": "plutonium"}, 400, "attribute[waste_type]"),
    ({"attribute[size]": "\x00"}, 400, "attribute[size]"),
    ({"attribute[size]": ["car-boot", "tipper"]}, 400, "Only one answer"),
    ({"email": "nobody"}, 400, "email"),
    ({"phone": "ring me"}, 400, "phone"),
    ({"description": "x" * 4001}, 400, "description"),
    ({"first_name": "x" * 101}, 400, "first_name"),
    ({"device_id": "x" * 201}, 400, "device_id"),
    ({"account_id": "x" * 201}, 400, "account_id"),
    ({"media_url": "javascript:alert(1)"}, 400, "media_url"),
    ({"media_url": "https://example.com/" + "x" * 2000}, 400, "media_url"),
    ({"service_code": "graffiti"}, 400, "attribute[graffiti_type]"),
]


@pytest.mark.parametrize("kind", ["json", "xml"])
@pytest.mark.parametrize(("changes", "status", "says"), WRONG_REPORTS)
def test_a_wrong_report_is_refused_in_words_and_nothing_is_stored(ctx, program, changes, status, says, kind):
    texts = told(program.report(kind, **changes), status)

    assert any(says in text for text in texts), texts
    assert ctx.store.count(REPORTS.name, {"open": True}) == 0


def test_everything_that_is_wrong_is_told_at_once(program):
    texts = told(program.report(service_code="missed-bin", lat="x", email="nobody", phone="ring me"), 400)

    starts = ("lat and long must", "attribute[bin]:", "attribute[house]:", "Enter an email", "Enter a telephone")
    assert len(texts) == len(starts)
    assert all(text.startswith(start) for text, start in zip(texts, starts, strict=True)), texts


def test_a_body_that_is_no_form_is_refused_as_such(program):
    response = program.client.post(f"{REQUESTS}.json", json={"api_key": program.key})

    assert "application/x-www-form-urlencoded" in told(response, 400)[0]


def test_a_key_in_the_address_is_taken_too(program):
    response = program.client.post(
        f"{REQUESTS}.json?api_key={program.key}",
        data={"service_code": "litter", "lat": program.place.lat, "long": program.place.lon},
    )

    assert response.status_code == 200


@pytest.mark.parametrize("kind", ["json", "xml"])
@pytest.mark.parametrize(
    ("path", "query", "status", "says"),
    [
        ("requests/FT-00000000", {}, 404, "service_request_id was not found"),
        ("requests/%00", {}, 404, "service_request_id was not found"),
        ("services/unicorns", {}, 404, "unicorns"),
        ("tokens/none", {"api_key": "wrong"}, 403, "api_key"),
        ("requests", {"start_date": "yesterday"}, 400, "start_date must be a date and time"),
        ("requests", {"end_date": "9999-12-31T23:59:59-23:59"}, 400, "end_date"),
        ("requests", {"start_date": "0001-01-01T00:00:00+23:59"}, 400, "start_date"),
        ("requests", {"status": "sideways"}, 400, "status must be open or closed"),
        (
            "requests",
            {"start_date": "2026-01-01T00:00:00Z", "end_date": "2026-11-01T00:00:00Z"},
            400,
            "at most 90 days apart",
        ),
        (
            "requests",
            {"start_date": "2026-11-02T00:00:00Z", "end_date": "2026-11-01T00:00:00Z"},
            400,
            "must not be later than",
        ),
        ("requests", {"service_request_id": ",".join(f"FT-{n:08}" for n in range(101))}, 400, "at most 100 ids"),
        ("requests", {"page_size": "1001"}, 400, "page_size must be a whole number from 1 to 1000"),
        ("requests", {"page_size": "²"}, 400, "page_size"),
        ("requests", {"page": "0"}, 400, "page must be"),
        ("servicerequestupdates", {"start_date": "soon"}, 400, "start_date"),
    ],
)
def test_a_wrong_query_is_refused_in_words(program, path, query, status, says, kind):
    texts = told(program.get(f"v2/{path}.{kind}", **query), status)

    assert any(says in text for text in texts), texts


WRONG_UPDATES = [
    ({"api_key": None}, 403, "api_key"),
    ({"service_request_id": None}, 400, "service_request_id was not provided"),
    ({"service_request_id": "FT-00000000"}, 404, "service_request_id was not found"),
    ({"update_id": None}, 400, "update_id was not provided"),
    ({"update_id": "x" * 201}, 400, "update_id"),
    ({"status": None}, 400, "status was not provided"),
    ({"status": "SIDEWAYS"}, 400, "status must be one of"),
    ({"updated_datetime": None}, 400, "updated_datetime was not provided"),
    ({"updated_datetime": "yesterday"}, 400, "updated_datetime must be a date and time"),
    ({"description": None}, 400, "description was not provided"),
    ({"description": "x" * 4001}, 400, "description"),
    ({"media_url": "file:///etc/passwd"}, 400, "media_url"),
]


@pytest.mark.parametrize("kind", ["json", "xml"])
@pytest.mark.parametrize(("changes", "status", "says"), WRONG_UPDATES)
def test_a_wrong_update_is_refused_in_words(program, changes, status, says, kind):
    reference = program.reference()

    texts = told(program.update(reference, kind, **changes), status)

    assert any(says in text for text in texts), texts


def test_an_update_that_is_wrong_in_many_ways_says_so_at_once(program):
    response = program.client.post(f"{UPDATES}.json", data={"api_key": program.key})

    assert len(told(response, 400)) == 5


@pytest.mark.parametrize("path", ["requests", "servicerequestupdates"])
def test_who_asks_for_lists_without_end_is_told_when_to_come_back(tmp_path, path):
    ctx = make_context("reports", tmp_path, rate_limit_factor=1)
    program = Program(ctx, create_app(ctx).test_client())

    answers = [program.get(f"v2/{path}.json") for _ in range(61)]
    ctx.store.close()

    assert {answer.status_code for answer in answers[:60]} == {200}
    assert "Wait" in told(answers[60], 429)[0]
    assert int(answers[60].headers["Retry-After"]) >= 1
