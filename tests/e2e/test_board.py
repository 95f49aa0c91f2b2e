"""The dispatch board in a browser: by keyboard only, by dragging, without scripts, and by two supervisors at once."""

import re

import pytest
import requests
from playwright.sync_api import expect

from shared.ids import new_id
from tests.canaries.journey import eventually
from tests.e2e.conftest import DESKTOP, PHONE

ONE, OTHER = "crew-north-1", "crew-north-2"
WASTE = {"waste_type": "black-bags-household", "land_type": "back-alleyway", "size": "car-boot"}


@pytest.fixture
def stops(council):
    """Three stops of one crew and two of another, made through the public door; ids by crew."""
    made = {ONE: [], OTHER: []}
    for number in range(5):
        crew = ONE if number < 3 else OTHER
        body = {"lat": 53.43 + number * 0.003, "lon": -2.97, "crew_id": crew, **WASTE}
        headers = {**council.bearer("supervisor"), "Idempotency-Key": new_id()}
        answer = requests.post(f"{council.url}/api/scheduling/v1/jobs", json=body, headers=headers, timeout=30)
        answer.raise_for_status()
        made[crew].append(answer.json()["id"])
    # Their assessment puts them into another order: a move shown before it is refused after it.
    eventually(lambda: all(job(council, each)["priority"] for each in made[ONE] + made[OTHER]), what="assessments")
    return made


@pytest.fixture
def supervisor(browser, council):
    """Return a function that opens the board as a supervisor, each in a browser of its own."""
    contexts = []

    def opened(viewport=DESKTOP, *, javascript=True):
        context = browser.new_context(
            viewport=viewport,
            java_script_enabled=javascript,
            base_url=council.url,
            locale="en-GB",
            reduced_motion="reduce",
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        user = council.user("supervisor")
        page.goto("/accounts/sign-in")
        page.fill("[name=email]", user["email"])
        page.fill("[name=password]", user["password"])
        page.locator("main button[type=submit]").click()
        page.goto("/dispatch")
        return page

    yield opened
    for context in contexts:
        context.close()


def job(council, job_id):
    return council.get(f"/api/scheduling/v1/jobs/{job_id}", "supervisor")


def crew_of(council, job_id):
    return job(council, job_id)["crew_id"]


def stop_of(page, crew_id, job_id):
    return page.locator(f"#round-{crew_id} #stop-{job_id}")


def test_the_board_by_keyboard_only(council, supervisor, stops):
    page, job_id = supervisor(), stops[ONE][0]
    page.locator("#depot").focus()
    for _ in range(200):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('a.stop__link')"):
            break
    for _ in range(60):
        if page.evaluate("document.activeElement.id") == f"stop-{job_id}":
            break
        in_round = page.evaluate("document.activeElement.closest('[data-round]').dataset.round")
        page.keyboard.press("ArrowRight" if in_round == ONE else "ArrowDown")
    assert page.evaluate("document.activeElement.id") == f"stop-{job_id}"

    page.keyboard.press("Space")
    for _ in range(20):
        if page.locator(".round--here").get_attribute("data-round") == OTHER:
            break
        page.keyboard.press("ArrowDown")
    expect(page.locator("[data-board-says]")).to_contain_text("Enter shows what it changes")
    page.keyboard.press("Enter")

    expect(page.locator("[data-panel] #changes-heading")).to_have_text("What it changes")
    assert crew_of(council, job_id) == ONE
    assert page.evaluate("document.activeElement.closest('[data-move-confirm]') !== null")
    page.keyboard.press("Enter")

    expect(stop_of(page, OTHER, job_id)).to_be_focused()
    expect(page.locator("[data-board-says]")).to_contain_text("is now with")
    assert crew_of(council, job_id) == OTHER


def test_a_lifted_stop_is_put_back_by_escape(council, supervisor, stops):
    page = supervisor()
    stop_of(page, ONE, stops[ONE][1]).focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")

    page.keyboard.press("Escape")

    expect(page.locator(".stop--here")).to_have_count(0)
    expect(stop_of(page, ONE, stops[ONE][1])).to_be_focused()
    assert crew_of(council, stops[ONE][1]) == ONE


def test_a_stop_is_dragged_to_another_round(council, supervisor, stops):
    page, job_id = supervisor(), stops[ONE][1]
    # Both rounds in sight, however long they have become.
    page.set_viewport_size({"width": 1280, "height": 5000})
    stop_of(page, ONE, job_id).hover()
    page.mouse.down()
    target = page.locator(f"#stop-{stops[OTHER][0]}").bounding_box()
    page.mouse.move(target["x"] + 30, target["y"] + 8, steps=4)
    page.mouse.move(target["x"] + 3, target["y"] + 8, steps=4)
    page.mouse.up()

    expect(page.locator("[data-panel] .move-changes")).to_be_visible()
    expect(page.locator("[data-move-confirm] [name=crew_id]")).to_have_value(OTHER)
    assert crew_of(council, job_id) == ONE
    page.locator("[data-move-confirm] button").click()

    expect(stop_of(page, OTHER, job_id)).to_be_visible()
    assert crew_of(council, job_id) == OTHER


def test_a_stop_is_moved_without_scripts_on_a_phone(council, supervisor, stops):
    page, job_id = supervisor(PHONE, javascript=False), stops[ONE][2]
    stop_of(page, ONE, job_id).click()
    page.select_option("#move-crew", OTHER)
    page.locator("[data-move-choose] button").click()
    page.locator("[data-move-confirm] button").click()

    expect(page.locator("main")).to_contain_text("is now with")
    assert crew_of(council, job_id) == OTHER


def test_two_supervisors_in_conflict_never_silently(council, supervisor, stops):
    job_id = stops[ONE][0]
    one, two = supervisor(), supervisor()
    for page in (one, two):
        stop_of(page, ONE, job_id).focus()
        page.keyboard.press("Enter")
        page.locator("#move-crew").select_option(OTHER if page is one else "crew-north-hit")
        page.locator("[data-move-choose] button").click()
        page.locator("[data-move-confirm] button").wait_for()
    two.locator("[data-move-confirm] button").click()
    expect(two.locator("[data-panel]")).to_be_hidden()

    one.locator("[data-move-confirm] button").click()

    expect(one.locator("[data-panel] .govuk-warning-text")).to_contain_text("It is now with")
    assert crew_of(council, job_id) == "crew-north-hit"
    one.locator("[data-move-confirm] button").click()
    expect(one.locator("[data-panel]")).to_be_hidden()
    assert crew_of(council, job_id) == OTHER


def test_news_leaves_focus_and_selection_alone(council, supervisor, stops):
    one, two = supervisor(), supervisor()
    expect(one.locator("[data-live-text]")).to_have_text(re.compile("Live"))
    stop_of(one, ONE, stops[ONE][1]).focus()
    box = one.locator("input[name=job]").first
    box.evaluate("e => { e.checked = true }")
    chosen = box.get_attribute("id")

    stop_of(two, ONE, stops[ONE][0]).focus()
    two.keyboard.press("Enter")
    two.locator("#move-crew").select_option(OTHER)
    two.locator("[data-move-choose] button").click()
    two.locator("[data-move-confirm] button").click()

    expect(stop_of(one, OTHER, stops[ONE][0])).to_be_visible()
    expect(stop_of(one, ONE, stops[ONE][1])).to_be_focused()
    assert one.locator(f"#{chosen}").is_checked()
