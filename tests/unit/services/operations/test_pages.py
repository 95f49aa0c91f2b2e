"""The pages and the API of operations, for each role."""

import json
import re

import pytest

from shared.contracts.codes import ROLES
from shared.store.port import Document
from tests.unit.services.operations.conftest import ClientOf, Receive
from tests.unit.services.operations.made import JOURNEY, REFERENCE, SECRETS, event, whole_journey

STAFF = sorted(role for role in ROLES if role != "wall-viewer")
ENTITLED = ("admin", "manager", "officer")


@pytest.mark.parametrize("role", sorted(ROLES))
def test_every_role_sees_the_wall(client_of: ClientOf, receive: Receive, role: str) -> None:
    receive(*whole_journey())

    page = client_of(role).get("/operations")

    assert page.status_code == 200
    assert "Happening now" in page.text
    assert not [secret for secret in SECRETS if secret in page.text]


def test_the_wall_works_before_anything_has_happened(client_of: ClientOf) -> None:
    page = client_of("manager").get("/operations")

    assert page.status_code == 200
    assert "Nothing has happened yet" in page.text
    assert "No process has been asked yet" in page.text


@pytest.mark.parametrize("path", ["/operations", "/operations/records?show=open", f"/operations/follow/{REFERENCE}"])
def test_the_public_is_sent_to_sign_in(app, path: str) -> None:
    answer = app.test_client().get(path)

    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/accounts/sign-in")


def test_a_wall_link_opens_the_wall_and_its_records_but_no_story(client_of: ClientOf, receive: Receive) -> None:
    receive(*whole_journey())
    screen = client_of("wall-viewer")

    assert screen.get("/operations").status_code == 200
    assert screen.get("/operations/records?show=jobs-completed").status_code == 200
    assert screen.get("/api/operations/v1/summary").status_code == 200
    assert screen.get(f"/operations/follow/{REFERENCE}").status_code == 403
    assert screen.get(f"/api/operations/v1/follow/{REFERENCE}").status_code == 403
    assert "/operations/follow" not in screen.get("/operations").text


def test_the_feed_does_not_say_which_report_enforcement_works_on(client_of: ClientOf, receive: Receive) -> None:
    receive(event("report.submitted.v1"), event("case.opened.v1"), event("notice.issued.v1"))

    feed = client_of("admin").get("/operations").text.partition('class="ops-feed"')[2].partition("</ol>")[0]

    assert feed.count("Enforcement took a step") == 2
    assert feed.count(REFERENCE) == 2  # the link and its text, of the report's own event


@pytest.mark.parametrize("role", STAFF)
def test_every_member_of_staff_can_follow_a_report_from_end_to_end(
    client_of: ClientOf, receive: Receive, role: str
) -> None:
    receive(*whole_journey())

    page = client_of(role).get(f"/operations/follow/{REFERENCE}")

    assert page.status_code == 200
    assert page.text.count('class="ops-story__sentence"') == len(JOURNEY)
    assert page.text.count('class="ops-path__title"') == 8
    assert "<strong>274 kg</strong> of the ticket’s 340 kg came from here; 250 kg were estimated." in page.text
    assert bool([secret for secret in SECRETS if secret in page.text]) == (role in ENTITLED)
    assert ("withheld from your role" in page.text) == (role not in ENTITLED)


@pytest.mark.parametrize("typed", [REFERENCE, REFERENCE.lower(), REFERENCE.replace("-", " "), f"  {REFERENCE} "])
def test_a_reference_is_found_however_it_is_typed(client_of: ClientOf, receive: Receive, typed: str) -> None:
    receive(event("report.submitted.v1"))

    answer = client_of("supervisor").get("/operations/follow", query_string={"reference": typed})

    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/operations/follow/{REFERENCE}"


def test_an_unknown_or_missing_reference_is_an_error_on_the_page(client_of: ClientOf) -> None:
    client = client_of("supervisor")

    unknown, empty = (
        client.get("/operations/follow", query_string={"reference": text}) for text in ("FT-00000000", "")
    )

    assert (unknown.status_code, empty.status_code) == (404, 400)
    assert "<title>Error: Follow a report" in unknown.text
    assert "There is no report FT-00000000" in unknown.text
    assert "Enter a reference" in empty.text
    assert client.get("/operations/follow/FT-00000000").status_code == 404


def test_a_story_is_found_through_its_job_before_the_report_has_come(client_of: ClientOf, receive: Receive) -> None:
    receive(event("job.created.v1", channel="crew"))

    page = client_of("supervisor").get(f"/operations/follow/{REFERENCE}")

    assert page.status_code == 200
    assert "A job was made for what the crew had found." in page.text


def test_another_reports_job_on_the_same_tip_is_not_part_of_the_story(client_of: ClientOf, receive: Receive) -> None:
    receive(*whole_journey())
    other = event(
        "job.amended.v1", sequence=9, report_id="another-report", reference="FT-22222222", job_id="another-job"
    )
    receive(other)

    told = client_of("admin").get(f"/api/operations/v1/follow/{REFERENCE}").json["events"]

    assert other.id not in {one["id"] for one in told}


def test_the_api_gives_the_story_as_fixed_by_the_interface(client_of: ClientOf, receive: Receive) -> None:
    receive(*reversed(whole_journey()))

    answer = client_of("manager").get(f"/api/operations/v1/follow/{REFERENCE}").json

    by_type = {one["type"]: one for one in answer["events"]}
    assert answer["reference"] == REFERENCE
    assert set(by_type) == set(JOURNEY)
    assert all({"id", "type", "service", "time", "cause", "links", "withheld"} <= set(one) for one in answer["events"])
    assert by_type["report.closed.v1"]["cause"] == by_type["job.completed.v1"]["id"]
    assert by_type["job.completed.v1"]["links"]["job"].startswith("/dispatch/jobs/")
    assert by_type["notice.paid.v1"]["withheld"] == []
    assert by_type["report.submitted.v1"]["time"] == "2026-03-02T08:05:00.000Z"


def test_the_api_names_what_it_withholds(client_of: ClientOf, receive: Receive) -> None:
    receive(*whole_journey())

    answer = client_of("councillor").get(f"/api/operations/v1/follow/{REFERENCE}")

    by_type = {one["type"]: one for one in answer.json["events"]}
    assert not [secret for secret in SECRETS if secret in answer.text]
    assert "state.amount_pence" in by_type["notice.issued.v1"]["withheld"]
    assert by_type["notice.issued.v1"]["links"] == {"event": f"/operations/events/{event('notice.issued.v1').id}"}
    assert by_type["report.closed.v1"]["withheld"] == ["state.has_evidence"]


def test_the_summary_has_every_count_of_the_interface_with_its_link(client_of: ClientOf, receive: Receive) -> None:
    receive(*whole_journey())

    counts = client_of("councillor").get("/api/operations/v1/summary").json["counts"]

    assert set(counts) == {"open", "overdue", "jobs_by_state", "tonnes_kg_by_material", "notices_by_state"}
    assert counts["open"] == {"value": 0, "href": "/operations/records?show=open"}
    assert counts["jobs_by_state"]["completed"]["value"] == 1
    assert counts["tonnes_kg_by_material"]["bulky"]["value"] == 340
    assert counts["notices_by_state"]["paid"]["value"] == 1


def test_an_event_is_shown_as_it_was_sent(client_of: ClientOf, receive: Receive) -> None:
    receive(*whole_journey())

    page = client_of("officer").get(f"/operations/events/{event('report.closed.v1').id}")

    assert page.status_code == 200
    assert "job.completed" in page.text
    assert f"/operations/follow/{REFERENCE}" in page.text


@pytest.mark.parametrize("event_type", ["notice.issued.v1", "case.opened.v1", "evidence.received.v1"])
def test_protected_fields_of_an_event_are_withheld_by_role(
    client_of: ClientOf, receive: Receive, event_type: str
) -> None:
    receive(event(event_type))
    path = f"/operations/events/{event(event_type).id}"

    seen, withheld = client_of("officer").get(path).text, client_of("supervisor").get(path).text

    assert [secret for secret in SECRETS if secret in seen]
    assert not [secret for secret in SECRETS if secret in withheld]
    assert "Withheld from your role" in withheld


@pytest.mark.parametrize("event_id", ["unknown", "018f0000-0000-7000-8000-000000000000"])
def test_an_unknown_event_is_not_found(client_of: ClientOf, event_id: str) -> None:
    assert client_of("admin").get(f"/operations/events/{event_id}").status_code == 404


@pytest.mark.parametrize(
    "query", ["show=everything", "show=jobs-finished", "show=notices-draft", "show=overdue&as_of=yesterday"]
)
def test_a_link_to_no_count_is_refused_rather_than_empty(client_of: ClientOf, query: str) -> None:
    assert client_of("manager").get(f"/operations/records?{query}").status_code == 400


def test_a_notice_is_a_row_without_its_details_for_those_who_may_not_see_them(
    client_of: ClientOf, receive: Receive
) -> None:
    receive(event("notice.issued.v1"))

    page = client_of("councillor").get("/operations/records?show=notices-issued").text

    assert re.search(r"data-count>1<", page)
    assert page.count('<tr class="govuk-table__row"') == 2
    assert not [secret for secret in SECRETS if secret in page]


def test_the_health_strip_shows_who_is_well_and_who_is_not(client_of: ClientOf, ctx) -> None:
    common: Document = {
        "reason": None, "outbox_events": 0, "outbox_age_seconds": 0, "parked_retrying": 0, "parked_dead": 0,
        "lag_milliseconds": 42, "asked_at": ctx.clock.now(), "answered_at": ctx.clock.now(),
    }  # fmt: skip
    ctx.store.write_many(
        "health",
        [
            {**common, "_id": "web", "up": True, "standing": "well"},
            {**common, "_id": "worker", "up": True, "standing": "troubled", "parked_dead": 3},
            {
                **common,
                "_id": "planner",
                "up": False,
                "standing": "down",
                "reason": "does not answer (ConnectionError)",
            },
        ],
    )

    page = client_of("manager").get("/operations").text

    assert "3 to be looked at" in page
    assert "42 ms" in page
    assert "Does not answer (ConnectionError)" in page


def test_the_stream_sends_the_wall_with_its_revision(client_of: ClientOf, receive: Receive) -> None:
    receive(*whole_journey())

    answer = client_of("wall-viewer").get("/operations/stream", buffered=False)
    text = ""
    for chunk in answer.response:
        text += chunk if isinstance(chunk, str) else chunk.decode()
        if "event: state" in text:
            break
    answer.close()

    state = json.loads(text.partition("data: ")[2].partition("\n")[0])
    assert answer.content_type.startswith("text/event-stream")
    assert state["counts"]["jobs_by_state"]["completed"]["value"] == 1
    assert set(state["parts"]) == {"figures", "neighbourhoods", "states", "feed", "health"}
    assert "/operations/follow" not in state["parts"]["feed"]


def test_open_data_gives_everybody_counts_and_nothing_finer(app, receive: Receive) -> None:
    receive(event("report.assessed.v1"), event("ticket.recorded.v1"), event("notice.issued.v1"))
    public = app.test_client()

    page, places, weights = (public.get(f"/open-data{path}") for path in ("", "/neighbourhoods.csv", "/materials.csv"))

    assert "Kensington and Fairfield" in page.text
    assert "kensington-and-fairfield,Kensington and Fairfield,1,1" in places.text
    assert "bulky,bulky waste,340" in weights.text
    for answer in (page, places, weights):
        assert not [secret for secret in (*SECRETS, REFERENCE) if secret in answer.text]
