"""Open311 and the JSON API, as programs use them."""

import uuid
from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest

from services.reports.domain.redaction import Box
from services.reports.handlers import close_report, release_report
from services.reports.photos import keep_photo
from services.reports.redacting import redact_photo
from services.reports.store import REPORTS
from shared.web.api_keys import make_api_key
from shared.web.identity import BEARER, User, sign
from shared.web.keys import ensure_keys, load_private_key
from tests.unit.services.reports.made import CANARY, accept, photo, stored


@pytest.fixture
def key(ctx):
    return make_api_key(ensure_keys(ctx.settings), str(uuid.uuid4()))


@pytest.fixture
def send(ctx, client, key):
    place = ctx.council.gazetteer.places[0]

    def post(kind="json", headers=None, **changes):
        form = {"api_key": key, "service_code": "fly-tipping", "lat": str(place.lat), "long": str(place.lon)}
        form.update(
            {name.replace("_of_", "[") + "]" if "_of_" in name else name: value for name, value in changes.items()}
        )
        sent = {name: value for name, value in form.items() if value is not None}
        return client.post(f"/open311/v2/requests.{kind}", data=sent, headers=headers)

    return post


def bearer(ctx, role):
    token = sign(
        load_private_key(ctx.settings), User(f"t-{role}", (role,), "Token"), use=BEARER, lifetime=timedelta(hours=1)
    )
    return {"Authorization": f"Bearer {token}"}


def test_an_app_reports_and_follows_what_it_reported(ctx, client, send):
    reference = send(attribute_of_waste_type="tyres", description="Canary words").json[0]["service_request_id"]

    found = client.get(f"/open311/v2/requests/{reference}.json").json

    assert len(found) == 1
    assert (found[0]["service_request_id"], found[0]["status"]) == (reference, "open")
    assert found[0]["expected_datetime"].endswith("Z")
    assert found[0]["description"] is None


def test_without_a_waste_type_the_report_waits_for_assessment(client, send):
    reference = send().json[0]["service_request_id"]

    assert client.get(f"/open311/v2/requests/{reference}.json").json[0]["expected_datetime"] is None


def test_the_same_idempotency_key_is_the_same_report(ctx, send):
    first = send(headers={"Idempotency-Key": "1"}).json
    second = send(headers={"Idempotency-Key": "1"}).json

    assert first == second
    assert ctx.store.count(REPORTS.name, {"open": True}) == 1


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"api_key": None}, 403),
        ({"api_key": "wrong"}, 403),
        ({"service_code": None}, 400),
        ({"service_code": "unicorns"}, 404),
        ({"lat": None}, 400),
        ({"lat": "north"}, 400),
        ({"lat": "nan"}, 400),
        ({"lat": "51.5", "long": "-0.12"}, 400),
        ({"lat": "-2.98", "long": "53.4"}, 400),
        ({"attribute_of_waste_type": "plutonium"}, 400),
        ({"attribute_of_size": "\x00"}, 400),
        ({"email": "nobody"}, 400),
        ({"description": "x" * 4001}, 400),
    ],
)
@pytest.mark.parametrize("kind", ["json", "xml"])
def test_a_wrong_request_is_answered_as_the_specification_says(send, changes, status, kind):
    response = send(kind, **changes)

    assert response.status_code == status
    if kind == "json":
        assert response.json[0]["code"] == status
        assert response.json[0]["description"]
    else:
        assert response.content_type == "text/xml; charset=utf-8"
        assert ET.fromstring(response.text).findtext("error/code") == str(status)


def test_xml_and_json_say_the_same(client, send):
    reference = send("xml", attribute_of_waste_type="tyres")
    reference = ET.fromstring(reference.text).findtext("request/service_request_id")

    in_xml = ET.fromstring(client.get(f"/open311/v2/requests/{reference}.xml").text).find("request")
    in_json = client.get(f"/open311/v2/requests/{reference}.json").json[0]

    assert {child.tag for child in in_xml} == set(in_json)
    assert in_xml.findtext("status_notes") == in_json["status_notes"]


def test_services_and_their_attributes_are_described(client):
    services = client.get("/open311/v2/services.json").json
    definition = client.get("/open311/v2/services/fly-tipping.json").json
    in_xml = ET.fromstring(client.get("/open311/v2/services/fly-tipping.xml").text)

    assert "fly-tipping" in {service["service_code"] for service in services}
    assert {attribute["code"] for attribute in definition["attributes"]} == {"waste_type", "land_type", "size"}
    assert len(in_xml.findall("attributes/attribute")) == 3
    assert len(in_xml.findall("attributes/attribute/values/value")) == 15 + 10 + 7
    assert client.get("/open311/v2/services/unicorns.json").status_code == 404


def test_requests_are_listed_by_span_status_and_id(ctx, client):
    first, second = accept(ctx, "key-1"), accept(ctx, "key-2")
    close_report(ctx, second.reference, closure="no-action")

    def ids(query):
        return {found["service_request_id"] for found in client.get(f"/open311/v2/requests.json?{query}").json}

    assert ids("") == {first.reference, second.reference}
    assert ids("status=open") == {first.reference}
    assert ids("status=closed") == {second.reference}
    assert ids("service_code=litter") == set()
    assert ids(f"service_request_id={first.reference},FT-00000000") == {first.reference}
    assert ids("start_date=2026-01-01T00:00:00Z&end_date=2026-02-01T00:00:00Z") == set()


@pytest.mark.parametrize(
    "query",
    ["start_date=yesterday", "status=sideways", "start_date=2026-01-01T00:00:00Z&end_date=2026-11-01T00:00:00Z"],
)
def test_a_wrong_query_is_refused(client, query):
    assert client.get(f"/open311/v2/requests.json?{query}").status_code == 400


def test_released_words_reach_open311_and_contact_details_never(ctx, client):
    report = accept(ctx, **CANARY)
    release_report(ctx, report.reference, photo=False, text=True, user_id="u")

    found = client.get(f"/open311/v2/requests/{report.reference}.json")

    assert found.json[0]["description"] == CANARY["description"]
    assert CANARY["email"] not in found.text


def test_the_api_lists_reports_without_anything_personal(ctx, client):
    report = accept(ctx, **CANARY)

    page = client.get("/api/reports/v1/reports?state=assessed&limit=1", headers=bearer(ctx, "manager"))

    assert page.json["items"][0]["reference"] == report.reference
    assert page.json["next"] is None
    assert "Canary" not in page.text
    assert client.get("/api/reports/v1/reports").status_code == 401
    assert client.get("/api/reports/v1/reports?state=odd", headers=bearer(ctx, "manager")).status_code == 422


def test_the_api_releases_the_photos_that_were_looked_at_and_no_other_copy(ctx, client):
    report = accept(ctx, photos=(keep_photo(ctx, photo()), keep_photo(ctx, photo(50))))
    path, desk = f"/api/reports/v1/reports/{report.reference}", bearer(ctx, "contact-centre")
    seen = client.get(path, headers=desk).get_json()["photos"]
    redact_photo(ctx, report.reference, 1, [Box(0, 0, 500, 500)], user_id="another")

    first = client.post(f"{path}/release", json={"photo": True, "looked_at": {"1": seen[0]["copy"]}}, headers=desk)
    second = client.post(f"{path}/release", json={"photo": True, "looked_at": {"2": seen[1]["copy"]}}, headers=desk)

    assert [one["number"] for one in seen] == [1, 2]
    assert first.status_code == 400
    assert "changed since you looked" in first.get_json()["detail"]
    assert second.status_code == 200
    assert [one["is_released"] for one in second.get_json()["photos"]] == [False, True]
    assert [one["parts_painted_over"] for one in second.get_json()["photos"]] == [1, 0]
    assert client.get(f"/report/{report.reference}/photo?n=1").status_code == 404


@pytest.mark.parametrize("looked_at", [{"0": "x"}, {"4": "x"}, {"one": "x"}, {"1": 2}, {"1": "x" * 201}, []])
def test_the_api_refuses_what_nobody_can_have_looked_at(ctx, client, looked_at):
    report = accept(ctx, photos=(keep_photo(ctx, photo()),))
    path = f"/api/reports/v1/reports/{report.reference}/release"

    answer = client.post(path, json={"photo": True, "looked_at": looked_at}, headers=bearer(ctx, "manager"))

    assert 400 <= answer.status_code < 500
    assert not stored(ctx, report).private.is_released


def test_the_api_releases_words_against_the_version_seen(ctx, client):
    report = accept(ctx, **CANARY)
    path = f"/api/reports/v1/reports/{report.reference}"
    seen = client.get(path, headers=bearer(ctx, "contact-centre")).json

    stale = client.post(f"{path}/release", json={"text": True, "version": 99}, headers=bearer(ctx, "contact-centre"))
    done = client.post(
        f"{path}/release", json={"text": True, "version": seen["version"]}, headers=bearer(ctx, "contact-centre")
    )

    assert (stale.status_code, done.status_code) == (409, 200)
    assert stored(ctx, report).text_released
    assert client.post(f"{path}/release", json={"text": True}, headers=bearer(ctx, "crew")).status_code == 403


@pytest.mark.parametrize("sent", [{}, {"json": {}}, {"json": {"photo": True, "text": True}}])
def test_the_api_releases_all_that_there_is_where_nothing_is_named(ctx, client, sent):
    path = f"/api/reports/v1/reports/{accept(ctx, **CANARY).reference}/release"

    done = client.post(path, **sent, headers=bearer(ctx, "manager"))

    assert (done.status_code, done.json["text_released"], done.json["photo_released"]) == (200, True, False)
    assert client.post(path, json={"text": False}, headers=bearer(ctx, "manager")).json["text_released"] is False


def test_a_query_without_a_value_asks_for_nothing(ctx, client):
    report = accept(ctx)

    found = client.get("/api/reports/v1/reports?state=&limit=&after=", headers=bearer(ctx, "manager"))

    assert [item["reference"] for item in found.json["items"]] == [report.reference]


def test_the_api_is_described(client):
    paths = client.get("/api/reports/v1/openapi.json").json["paths"]

    assert {"/api/reports/v1/reports", "/api/reports/v1/reports/{reference}"} <= set(paths)
