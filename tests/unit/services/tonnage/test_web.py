"""The pages and the API of tonnage, in each of their states."""

import re

import pytest

from services.tonnage import subscriptions
from tests.builders import make_app
from tests.unit.services.browser import Browser
from tests.unit.services.tonnage.made import SITE, deliver, job_completed, vehicle_changed, vehicle_tipped

BODY = {
    "ticket_number": "WB-1001",
    "site_id": SITE,
    "tip_id": "tip-1",
    "vehicle_registration": "DEMO-101",
    "ewc_code": "20 03 07",
    "gross_kg": 3100,
    "tare_kg": 2480,
    "net_kg": 620,
    "first_weighed_at": "2026-11-17T09:50:00Z",
    "second_weighed_at": "2026-11-17T10:02:00Z",
}
TYPED = {
    **{name: str(value) for name, value in BODY.items()},
    "ewc_code": "200307",
    "gross_kg": "3,100",
    "first_weighed_at": "2026-11-17T09:50",
    "second_weighed_at": "2026-11-17T10:02",
}


@pytest.fixture
def app(ctx):
    return make_app(ctx)


@pytest.fixture
def officer(app, ctx):
    return Browser(app, ctx.settings, "waste-officer")


@pytest.fixture
def manager(app, ctx):
    return Browser(app, ctx.settings, "manager")


@pytest.fixture
def tipped(ctx, pump):
    deliver(ctx, subscriptions.VEHICLES, vehicle_changed())
    deliver(ctx, subscriptions.JOBS, job_completed())
    deliver(ctx, subscriptions.TIPS, vehicle_tipped())
    pump.drain()


def test_an_empty_overview_says_so(officer):
    page = officer.get("/tonnage")

    assert "Nothing was weighed in this period" in page
    assert "Every tip has its ticket" in page


def test_the_overview_shows_the_formula_and_opens_every_number(officer, tipped, pump):
    officer.call("POST", "/api/tonnage/v1/tickets", BODY, 201)
    garden = {"ticket_number": "WB-2", "tip_id": None, "ewc_code": "200201", "gross_kg": 2700, "net_kg": 220}
    officer.call("POST", "/api/tonnage/v1/tickets", {**BODY, **garden}, 201)
    pump.drain()

    page = officer.get("/tonnage")

    assert "0.84" in page
    assert "26.2%" in page
    assert "what=household-with-streets-recycled" in page
    assert "220 kg" in page


@pytest.mark.parametrize("path", ["/tonnage", "/tonnage/tickets"])
@pytest.mark.parametrize("asked", ["from=soon", "from=2026-02-01&to=2026-01-01", "from=1999-01-01"])
def test_a_period_that_is_none_is_an_error_in_words(officer, path, asked):
    assert "There is a problem" in officer.get(f"{path}?{asked}", 400)


@pytest.mark.parametrize("path", ["/tonnage", "/tonnage/tickets"])
def test_a_wrong_period_stays_as_it_was_typed_beside_what_is_wrong_with_it(officer, path):
    page = officer.get(f"{path}?from=2026-02-01&to=2026-01-01", 400)

    assert re.search(r'id="from"[^>]*value="2026-02-01" aria-describedby="from-error"', page)
    assert re.search(r'id="to"[^>]*value="2026-01-01"', page)


def test_tickets_are_recorded_by_the_api_once(officer, tipped, pump):
    first = officer.call("POST", "/api/tonnage/v1/tickets", BODY, 201)
    again = officer.call("POST", "/api/tonnage/v1/tickets", BODY, 200)

    assert again == first
    assert [share["weighed_kg"] for share in first["shares"]] == [500, 120]
    assert officer.call("GET", f"/api/tonnage/v1/tickets/{first['id']}")["net_kg"] == 620
    assert [item["id"] for item in officer.call("GET", "/api/tonnage/v1/tickets")["items"]] == [first["id"]]


def test_another_ticket_under_the_number_is_a_conflict_in_words(officer, tipped):
    officer.call("POST", "/api/tonnage/v1/tickets", BODY, 201)

    problem = officer.call("POST", "/api/tonnage/v1/tickets", {**BODY, "gross_kg": 3200, "net_kg": 720}, 409)

    assert "with other details" in problem["detail"]


@pytest.mark.parametrize(
    ("changes", "status", "field"),
    [
        ({"net_kg": 1}, 400, "net_kg"),
        ({"ewc_code": "170605"}, 400, "ewc_code"),
        ({"gross_kg": "heavy"}, 422, "gross_kg"),
        ({"ewc_code": "1"}, 422, "ewc_code"),
        ({"first_weighed_at": "yesterday"}, 422, "first_weighed_at"),
        ({"unknown": 1}, 422, "unknown"),
    ],
)
def test_a_wrong_ticket_is_a_problem_that_names_the_field(officer, changes, status, field):
    problem = officer.call("POST", "/api/tonnage/v1/tickets", {**BODY, **changes}, status)

    assert field in problem["errors"]


def test_the_api_gives_every_indicator_with_value_unit_and_address(officer, tipped, pump):
    officer.call("POST", "/api/tonnage/v1/tickets", BODY, 201)
    pump.drain()

    answer = officer.call("GET", "/api/tonnage/v1/indicators?from=2026-11-01&to=2026-11-30")

    assert answer["indicators"]["weighed_kg"]["value"] == 620
    assert answer["indicators"]["recycling_rate"]["value"] == 0.0
    assert answer["indicators"]["household_recycling_rate"]["value"] is None
    assert answer["by_material"]["bulky"]["value"] == 620
    for indicator in [*answer["indicators"].values(), *answer["by_material"].values(), *answer["by_stream"].values()]:
        assert set(indicator) >= {"value", "unit", "href"}
        officer.get(indicator["href"].partition("#")[0])


def test_the_tickets_behind_a_number_add_up_to_it(officer, tipped, pump):
    officer.call("POST", "/api/tonnage/v1/tickets", BODY, 201)
    pump.drain()

    for what, expected in (("material:bulky", 1), ("stream:residual", 1), ("origin:fly-tip", 1), ("recycled", 0)):
        found = officer.call("GET", f"/api/tonnage/v1/tickets?what={what}&status=recorded")
        assert len(found["items"]) == expected, what


def test_an_officer_records_a_ticket_from_its_tip(officer, tipped, pump):
    assert "DEMO-101 at" in officer.get("/tonnage/tickets/new")
    form = officer.get("/tonnage/tickets/new?tip=tip-1")
    assert 'value="2480"' in form

    answer = officer.send("/tonnage/tickets/new?tip=tip-1", TYPED, to="/tonnage/tickets/new")

    page = officer.get(answer.location)
    assert "add up to 620 kg exactly" in page
    assert "FT-7K3MQ2XA" in page
    assert "Ticket WB-1001 is recorded" in page


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"ticket_number": ""}, "Enter the ticket number"),
        ({"net_kg": "600"}, "gross minus tare"),
        ({"gross_kg": "much"}, "Enter the gross weight in whole kilograms"),
        ({"second_weighed_at": "2026-11-17T09:00"}, "The second weighing must be after the first"),
        ({"first_weighed_at": "then"}, "First weighing must be a date and time"),
        ({"ewc_code": "170605"}, "may not take"),
        ({"site_id": ""}, "Select the site"),
    ],
)
def test_a_slip_on_the_form_is_an_error_at_its_field(officer, tipped, changes, said):
    answer = officer.send("/tonnage/tickets/new?tip=tip-1", {**TYPED, **changes}, to="/tonnage/tickets/new", status=400)

    page = answer.get_data(as_text=True)
    assert said in page
    assert "<title>Error: " in page


def test_the_form_refuses_a_second_ticket_for_the_tip(officer, tipped):
    officer.call("POST", "/api/tonnage/v1/tickets", BODY, 201)

    answer = officer.send(
        "/tonnage/tickets/new?tip=tip-1", {**TYPED, "ticket_number": "WB-9"}, to="/tonnage/tickets/new", status=400
    )

    assert "already recorded for this tip" in answer.get_data(as_text=True)


def test_a_voided_ticket_is_kept_and_shown_as_void(officer, tipped, pump):
    ticket = officer.call("POST", "/api/tonnage/v1/tickets", BODY, 201)
    path = f"/tonnage/tickets/{ticket['id']}"

    officer.send(f"{path}/void", {}, status=400)
    officer.send(f"{path}/void", {"reason": "wrong-weight", "note": "misread"})
    pump.drain()

    assert "It counts in no figure" in officer.get(path)
    assert "This ticket is void already" in officer.get(f"{path}/void")
    assert "Nothing was weighed" in officer.get("/tonnage")
    again = officer.call("POST", "/api/tonnage/v1/tickets", {**BODY, "gross_kg": 3120, "net_kg": 640}, 201)
    assert f"/tonnage/tickets/{again['id']}" in officer.get(path)


def test_a_ticket_before_its_tip_says_that_it_waits(officer):
    ticket = officer.call("POST", "/api/tonnage/v1/tickets", BODY, 201)

    assert "Waiting for its tip" in officer.get(f"/tonnage/tickets/{ticket['id']}")
    assert "Waiting for its tip" in officer.get("/tonnage/tickets")


def test_what_is_collected_and_not_weighed_is_listed_as_an_estimate(officer, tipped):
    assert "About 250 kg from 1 job." in officer.get("/tonnage/collected")


def test_an_empty_list_of_collected_waste_says_so(officer):
    assert "Everything that was collected is weighed" in officer.get("/tonnage/collected")


def test_lists_have_pages(officer):
    for number in range(3):
        officer.call("POST", "/api/tonnage/v1/tickets", {**BODY, "tip_id": None, "ticket_number": f"WB-{number}"}, 201)

    first = officer.call("GET", "/api/tonnage/v1/tickets?limit=2")
    second = officer.call("GET", f"/api/tonnage/v1/tickets?limit=2&after={first['next']}")

    assert [len(first["items"]), len(second["items"]), second["next"]] == [2, 1, None]
    assert "Next page" in officer.get("/tonnage/tickets?limit=2")


def test_a_manager_reads_and_does_not_write(manager, officer, tipped):
    ticket = officer.call("POST", "/api/tonnage/v1/tickets", BODY, 201)

    assert "Record a ticket" not in manager.get("/tonnage")
    manager.get(f"/tonnage/tickets/{ticket['id']}")
    manager.get("/tonnage/tickets/new", 403)
    manager.get(f"/tonnage/tickets/{ticket['id']}/void", 403)
    manager.call("POST", "/api/tonnage/v1/tickets", BODY, 403)


@pytest.mark.parametrize("role", ["crew", "officer", "wall-viewer", "contact-centre"])
def test_others_may_not_see_tonnage(app, ctx, role):
    Browser(app, ctx.settings, role).get("/tonnage", 403)


def test_the_public_is_asked_to_sign_in(app, ctx):
    Browser(app, ctx.settings).get("/tonnage", 303)


def test_what_is_not_there_is_not_found(officer):
    officer.get("/tonnage/tickets/none", 404)
    officer.get("/tonnage/tips/none", 404)
