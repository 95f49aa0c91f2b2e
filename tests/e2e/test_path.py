"""The whole path on real pages, as each kind of user, at phone and desktop width, with and without JavaScript."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import journey
from tests.e2e.conftest import DESKTOP, PHONE

CREW = "crew-central-hit"
"""The crew that a demonstration's simulation leaves to visitors."""


def looker(screenshots, prefix, *, javascript):
    """Return a function that looks at a page: no sideways scrolling, axe clean, and a screenshot where wanted."""

    def look(page: Page, name: str) -> None:
        if screenshots:
            page.screenshot(path=screenshots / f"{prefix}-{name}.png", full_page=True)
        if javascript:
            width = page.evaluate("document.documentElement.scrollWidth")
            assert width <= page.viewport_size["width"], f"{name} is {width} px wide"
            assert journey.axe_violations(page) == [], name

    return look


def vehicle_of(system, crew_id):
    """Return the registration of a crew's vehicle."""
    crews = system.get("/api/scheduling/v1/crews", "supervisor")["items"]
    vehicles = system.get("/api/scheduling/v1/vehicles", "supervisor")["items"]
    vehicle_id = next(crew["vehicle_id"] for crew in crews if crew["id"] == crew_id)
    return next(vehicle["registration"] for vehicle in vehicles if vehicle["id"] == vehicle_id)


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("viewport", "javascript"),
    [
        pytest.param(PHONE, True, id="phone"),
        pytest.param(DESKTOP, False, id="desktop-no-js"),
        pytest.param(PHONE, False, id="phone-no-js", marks=pytest.mark.full),
        pytest.param(DESKTOP, True, id="desktop", marks=pytest.mark.full),
    ],
)
def test_a_report_is_taken_from_alley_to_penalty(system, new_page, screenshots, viewport, javascript, request):
    prefix = request.node.callspec.id
    look = looker(screenshots, prefix, javascript=javascript)
    resident = new_page(viewport, javascript=javascript)
    crew_user = next(user for user in system.credentials["users"] if user.get("crew_id") == CREW)

    reference = journey.report(resident, look=look, email=f"{prefix}@example.com")

    supervisor = new_page(viewport, javascript=javascript)
    journey.sign_in(supervisor, system.user("supervisor"))
    journey.assign(supervisor, reference, CREW, look=look)

    crew = new_page(viewport, javascript=javascript)
    journey.sign_in(crew, crew_user)
    journey.clear(crew, reference, evidence=True, look=look)
    journey.tip(crew, look=look)

    journey.until(resident, f"/report/{reference}", "Cleared")
    look(resident, "report-cleared")
    assert f"{prefix}@example.com" not in resident.content()
    assert "Six bags by the gate" not in resident.content()

    waste_officer = new_page(viewport, javascript=javascript)
    journey.sign_in(waste_officer, system.user("waste-officer"))
    journey.weigh(waste_officer, f"E2E-{reference}", vehicle_of(system, CREW), look=look)
    waste_officer.goto("/tonnage")
    look(waste_officer, "tonnage")

    officer = new_page(viewport, javascript=javascript)
    journey.sign_in(officer, system.user("officer"))
    journey.fine(officer, reference, look=look)

    journey.until(resident, f"/report/{reference}", "action")
    look(resident, "report-action-taken")

    manager = new_page(viewport, javascript=javascript)
    journey.sign_in(manager, system.user("manager"))
    journey.until(manager, f"/operations/follow/{reference}", "paid")
    look(manager, "follow")
    told = manager.locator("main").inner_text()
    for event in (
        "report.submitted",
        "job.assigned",
        "job.completed",
        "vehicle.tipped",
        "ticket.reconciled",
        "notice.paid",
    ):
        assert event in told, f"{event} is not on the follow page"

    wall = new_page(viewport, javascript=javascript)
    journey.sign_in(wall, system.user("wall-viewer"))
    wall.goto("/operations")
    look(wall, "wall")

    for page in (resident, supervisor, crew, waste_officer, officer, manager, wall):
        assert page.problems == []


def test_an_error_takes_the_focus_and_leads_to_its_field(new_page, screenshots):
    page = new_page(PHONE)
    page.goto("/report/new/photos")
    journey.follow(page.get_by_role("button", name="Continue"))

    page.get_by_role("button", name="Continue").click()

    summary = page.locator(".govuk-error-summary")
    expect(summary).to_be_focused()
    assert page.title().startswith("Error: ")
    looker(screenshots, "phone", javascript=True)(page, "form-error")
    summary.get_by_role("link").first.click()
    expect(page.get_by_label("Postcode, street or place")).to_be_focused()


def test_the_form_can_be_walked_by_keyboard_in_reading_order(new_page):
    page = new_page(DESKTOP)
    page.goto("/report/new/photos")
    journey.follow(page.get_by_role("button", name="Continue"))

    stops = []
    for _ in range(60):
        page.keyboard.press("Tab")
        stops.append(page.evaluate("document.activeElement.innerText || document.activeElement.name || ''").strip())
        if stops[-1] == "Continue":
            break

    assert stops[0] == "Skip to main content"
    assert stops[-1] == "Continue"
    assert [stop for stop in stops if stop in ("q", "Use my location", "Point to it on a map", "place_text")] == [
        "q",
        "Use my location",
        "Point to it on a map",
        "place_text",
    ]
    tops = page.evaluate(
        """Array.from(document.querySelectorAll('a[href], button, input, select, textarea'))
           .filter(e => e.tabIndex > 0).length"""
    )
    assert tops == 0


def test_a_reporter_opens_the_report_again_by_the_link_in_the_message(system, new_page):
    resident = new_page(PHONE)
    crew_user = next(user for user in system.credentials["users"] if user.get("crew_id") == CREW)
    reference = journey.report(resident, email="still-there@example.com")
    supervisor = new_page(DESKTOP)
    journey.sign_in(supervisor, system.user("supervisor"))
    journey.assign(supervisor, reference, CREW)
    crew = new_page(PHONE)
    journey.sign_in(crew, crew_user)
    journey.clear(crew, reference, evidence=False)
    admin = new_page(DESKTOP)
    journey.sign_in(admin, system.user("admin"))
    journey.until(admin, "/messages", f"{reference} ")
    link = _link_in_messages(admin, reference)

    resident.goto(link)
    expect(resident.locator("main").get_by_role("button").first).to_be_visible()
    assert system.get(f"/api/reports/v1/reports/{reference}", "contact-centre")["state"] == "closed"
    resident.locator("main").get_by_role("button").first.click()

    journey.until(supervisor, f"/dispatch?reference={reference}", reference)
    jobs = system.get(f"/api/scheduling/v1/jobs?reference={reference}", "supervisor")["items"]
    assert sorted((job["visit"], job["state"]) for job in jobs) == [(1, "completed"), (2, "open")]


def _link_in_messages(admin: Page, reference: str) -> str:
    """Return the newest still-there link of a report from the page of messages."""
    for _ in range(40):
        admin.goto("/messages")
        found = re.search(rf"/report/{reference}/still-there/[A-Za-z0-9._~-]+", admin.content())
        if found:
            return found.group()
        admin.wait_for_timeout(500)
    raise AssertionError(f"no still-there link for {reference}")
