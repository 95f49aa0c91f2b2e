"""Open311 as a program of somebody else's reads it: `georeport` from PyPI, against a running site, over HTTP.

The client only reads, so reports are posted with `requests`, as the specification's own example does. FixMyStreet's
part is played as its `Open311.pm` has it: XML, what it sends, and what it looks for in the answers.
"""

import threading
from collections.abc import Iterator
from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest
import requests
from georeport import GeoReport
from werkzeug.serving import make_server

from tests.builders import TUESDAY_MORNING, City

MADE_UP = {"email": "jo@example.com", "first_name": "Jo", "last_name": "Bloggs", "description": "By the gate"}


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    made = City(tmp_path_factory.mktemp("city"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def site(city: City) -> Iterator[str]:
    """The address of the running site."""
    server = make_server("127.0.0.1", 0, city.site, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def post(city: City, site: str):
    """Return how to post as a program with a key: the path below /open311/v2, and the form."""
    place = city.contexts["reports"].council.gazetteer.places[0]

    def send(path: str, **form):
        known = {"api_key": city.credentials["tokens"]["open311"], "jurisdiction_id": "liverpool.gov.uk"}
        where = {"lat": place.lat, "long": place.lon} if path.startswith("requests") else {}
        answer = requests.post(f"{site}/open311/v2/{path}", data={**known, **where, **form}, timeout=10)
        assert answer.ok, answer.text
        return answer

    return send


@pytest.mark.parametrize("output_format", ["json", "xml"])
def test_the_client_reads_services_definitions_and_requests(post, site, output_format):
    tip = post("requests.json", service_code="fly-tipping", **{"attribute[waste_type]": "tyres"}, **MADE_UP)
    reference = tip.json()[0]["service_request_id"]
    other = post("requests.json", service_code="litter").json()[0]["service_request_id"]
    client = GeoReport(f"{site}/open311/v2", jurisdiction="liverpool.gov.uk", output_format=output_format)

    services = {service["service_code"]: service for service in client.get_service_list()}
    definition = client.get_service_definition("graffiti")
    found = client.get_service_request(reference)
    both = client.get_service_requests(service_request_id=f"{reference},{other}")
    litter = client.get_service_requests(service_code="litter,dog-fouling", status="open")
    span = client.get_service_requests(start_date="2026-11-17T00:00:00Z", end_date="2026-11-18T00:00:00Z")

    assert services["fly-tipping"]["service_name"] == "Fly-tipping"
    assert len(services) == 10
    attributes = definition["attributes"] if output_format == "json" else definition["attributes"]["attribute"]
    assert [one["code"] for one in attributes] == ["graffiti_type", "offensive", "surface"]
    assert (found["service_request_id"], found["status"]) == (reference, "open")
    assert found["requested_datetime"].endswith("Z")
    assert found["description"] is None
    assert {one["service_request_id"] for one in both} == {reference, other}
    codes = {one["service_code"] for one in (litter if isinstance(litter, list) else [litter])}
    assert codes == {"litter"}
    assert {reference, other} <= {one["service_request_id"] for one in span}
    assert not any(text in str([found, both, span]) for text in MADE_UP.values())


def test_the_client_is_told_what_it_did_wrong(site):
    client = GeoReport(f"{site}/open311/v2")

    with pytest.raises(requests.HTTPError) as unknown:
        client.get_service_request("FT-00000000")
    with pytest.raises(requests.HTTPError) as unfit:
        client.get_service_requests(start_date="2026-01-01T00:00:00Z", end_date="2026-12-01T00:00:00Z")

    assert (unknown.value.response.status_code, unfit.value.response.status_code) == (404, 400)
    assert unknown.value.response.json() == [{"code": 404, "description": "service_request_id was not found"}]


def test_discovery_leads_to_the_endpoint(site):
    found = requests.get(f"{site}/open311/discovery.json", timeout=10).json()
    in_xml = ET.fromstring(requests.get(f"{site}/open311/discovery.xml", timeout=10).content)

    assert found["endpoints"][0]["url"] == in_xml.findtext("endpoints/endpoint/url")
    assert found["endpoints"][0]["url"].endswith("/open311/v2")


def test_fixmystreet_sends_a_report_follows_it_and_says_that_it_is_still_there(city, post, site):
    def updates(**span):
        found = requests.get(f"{site}/open311/v2/servicerequestupdates.xml", params=span, timeout=10)
        return {
            one.findtext("update_id"): one
            for one in ET.fromstring(found.content).findall("request_update")
            if one.findtext("service_request_id") == reference
        }

    # It sends a problem, twice because the answer was slow, and reads the id from XML.
    problem = {
        "service_code": "fly-tipping",
        "attribute[fixmystreet_id]": "4711",
        "attribute[easting]": "335000",
        "media_url": "https://www.fixmystreet.example/photo/4711.full.jpeg",
        **MADE_UP,
    }
    answers = [post("requests.xml", **problem, **{"attribute[waste_type]": "tyres"}) for _ in range(2)]
    references = {ET.fromstring(answer.content).findtext("request/service_request_id") for answer in answers}
    (reference,) = references

    # A crew clears it: the events go through scheduling and back.
    city.pump.drain()
    supervisor = city.token("supervisor")
    api = f"{site}/api/scheduling/v1"
    (job,) = requests.get(f"{api}/jobs", params={"reference": reference}, headers=supervisor, timeout=10).json()[
        "items"
    ]
    crew = next(user for user in city.credentials["users"] if user["role"] == "crew")["crew_id"]
    found = {"outcome": "cleared", "size": "car-boot", "land_type": "highway", "no_photo_reason": "no-signal"}
    for step, body in (("assign", {"crew_id": crew}), ("start", {}), ("complete", found)):
        sent = {"version": job["version"], **body}
        done = requests.post(f"{api}/jobs/{job['id']}/{step}", json=sent, headers=supervisor, timeout=10)
        assert done.ok, done.text
        job = done.json()
    city.pump.drain()

    # It asks for the last two hours, and finds the closure.
    first = updates(start_date="2026-11-17T08:50:00Z", end_date="2026-11-17T10:50:00+00:00")
    assert [one.findtext("status") for one in first.values()][-1] == "fixed"
    assert {one.findtext("fixmystreet_id") for one in first.values()} == {"4711"}

    # Somebody comments there that it is still there; it sends that twice, too.
    city.clock.instant = TUESDAY_MORNING + timedelta(days=1)
    comment = {
        "service_request_id": reference,
        "service_request_id_ext": "4711",
        "update_id": "12",
        "status": "OPEN",
        "updated_datetime": "2026-11-18T10:30:00+00:00",
        "description": "Nothing has gone",
        "email": "jo@example.com",
        "last_name": "-",
        "first_name": "Jo",
        "public_anonymity_required": "FALSE",
    }
    ids = {
        ET.fromstring(post("servicerequestupdates.xml", **comment).content).findtext("request_update/update_id")
        for _ in range(2)
    }
    assert len(ids) == 1
    city.pump.drain()

    # It is open again with a second job, and the next look says so, without a word of the comment.
    second = updates(start_date="2026-11-18T09:00:00Z", end_date="2026-11-18T11:00:00Z")
    assert [one.findtext("status") for one in second.values()] == ["open", "investigating"]
    assert not set(first) & set(second)
    assert "Nothing has gone" not in str([ET.tostring(one) for one in second.values()])
    jobs = requests.get(f"{api}/jobs", params={"reference": reference}, headers=supervisor, timeout=10).json()["items"]
    assert sorted((one["visit"], one["state"]) for one in jobs) == [(1, "completed"), (2, "open")]
    city.clock.instant = TUESDAY_MORNING
