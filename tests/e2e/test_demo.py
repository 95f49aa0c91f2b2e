"""The tour of a demonstration: seven stops, everybody in turn, and something broken that holds."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.e2e.conftest import DESKTOP

NARROW = {"width": 320, "height": 640}
PEOPLE = (
    ("Contact centre agent", "/contact-centre"),
    ("Depot supervisor", "/dispatch"),
    ("Crew", "/crew"),
    ("Enforcement officer", "/enforcement"),
    ("Waste officer", "/tonnage"),
    ("Neighbourhood manager", "/triage"),
    ("Councillor", "/area/wards/lantern-quay"),
    ("Operations room", "/operations"),
)


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("viewport", "javascript"),
    [(NARROW, True), (NARROW, False), (DESKTOP, True)],
    ids=["narrow", "narrow-no-scripts", "desktop"],
)
def test_a_newcomer_sees_the_whole_system_from_one_page(new_page, screenshots, viewport, javascript, request):
    page = new_page(viewport, javascript=javascript)
    page.goto("/demo")

    if javascript:
        expect(page.locator("[data-live-status]")).to_have_text("Live, last change", timeout=30_000)
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
        assert [found["id"] for found in Axe().run(page).response["violations"]] == []
    if screenshots:
        page.screenshot(path=screenshots / f"{request.node.callspec.id}-demo.png", full_page=True)
    expect(page.locator(".demo-stops__stop")).to_have_count(7)
    for number in range(7):
        page.goto("/demo")
        stop = page.locator(".demo-stops__stop").nth(number)
        stop.locator("button, a[role=button]").click()
        expect(page.locator("main h1")).to_be_visible()
        assert "/demo" not in page.url
        assert page.locator("main").get_by_text("Forbidden").count() == 0
    for name, begins_at in PEOPLE:
        page.goto("/demo")
        page.locator(".demo-people").get_by_role("button", name=name, exact=True).click()
        expect(page.locator("main h1")).to_be_visible()
        assert page.url.endswith(begins_at), page.url


def test_a_live_page_that_was_refused_comes_back_by_itself(new_page):
    page = new_page(DESKTOP)
    refused = []

    def refuse_once(route):
        if refused:
            route.continue_()
        else:
            refused.append(route.request.url)
            route.fulfill(status=503, headers={"Retry-After": "10"})

    page.route("**/demo/stream", refuse_once)
    page.clock.install()
    page.goto("/demo")
    expect(page.locator("[data-live-status]")).to_have_text("Connecting again, last change")

    page.clock.fast_forward(10_000)

    expect(page.locator("[data-live-status]")).to_have_text("Live, last change", timeout=30_000)


def test_half_a_message_is_put_aside_and_mended(new_page):
    page = new_page(DESKTOP, javascript=False)
    page.goto("/demo")
    # The made past leaves one waiting: mending before the new one has arrived would leave the new one.
    before = _put_aside(page)
    page.get_by_role("button", name="Send half a message").click()

    for _ in range(60):
        if _put_aside(page) > before:
            break
        page.wait_for_timeout(250)
        page.goto("/demo")
    assert _put_aside(page) == before + 1
    page.get_by_role("button", name="Send it whole again").click()

    expect(page.locator("#hold ~ p", has_text="None is put aside now.")).to_be_visible()


def _put_aside(page):
    """Return how many messages the page says are put aside."""
    said = page.locator("#hold ~ p", has_text="put aside now.").inner_text()
    number = re.search(r"(\d+) put aside now", said)
    return int(number[1]) if number else 0
