"""A call at the contact centre by keyboard alone: who, where, what, taken; with scripts and without."""

import re
import secrets

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.e2e.conftest import DESKTOP, EITHER_WAY
from tests.e2e.examples import Visitors

REFERENCE = re.compile(r"FT-[0-9A-HJKMNP-TV-Z]{8}")
MOST_STOPS = 120


def sign_in(page: Page, user: dict[str, str]) -> None:
    page.goto("/accounts/sign-in")
    page.get_by_label("Email").fill(user["email"])
    page.get_by_label("Password", exact=True).fill(user["password"])
    page.get_by_label("Password", exact=True).press("Enter")
    page.wait_for_url(lambda url: "sign-in" not in url)


def tab_to(page: Page, name: str, value: str | None = None) -> None:
    """Go on by Tab until a field (or a button of that value) has the focus."""
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        at = page.evaluate("[document.activeElement.name, document.activeElement.value]")
        if at[0] == name and value in (None, at[1]):
            return
    raise AssertionError(f"Tab never came to {name} {value or ''}")


def look_up(page: Page) -> None:
    with page.expect_navigation():
        page.keyboard.press("Enter")


@pytest.mark.timeout(300)
@EITHER_WAY
def test_a_call_is_taken_by_keyboard_alone(new_page, system, screenshots, viewport, javascript):
    page = new_page(viewport, javascript=javascript)
    sign_in(page, system.user("contact-centre"))
    page.goto("/contact-centre")
    number = f"90{secrets.randbelow(10_000):04}"  # nobody else of this run

    tab_to(page, "caller")
    page.keyboard.type(f"07700 {number}")
    tab_to(page, "q")
    page.keyboard.type("Calverley Street")
    look_up(page)
    expect(page.get_by_label("Mobile")).to_have_value(f"07700 {number}")
    expect(page.get_by_text("No report is known by that.")).to_be_visible()
    expect(page.get_by_label("Calverley Street").first).to_be_checked()
    tab_to(page, "hazards", "obstruction")
    page.keyboard.press("Space")
    tab_to(page, "waste_type")
    page.keyboard.type("Tyres")
    tab_to(page, "description")
    page.keyboard.type("A dozen against the wall")
    if screenshots:
        page.screenshot(path=screenshots / f"call-{viewport['width']}.png", full_page=True)
    tab_to(page, "do", "report")
    look_up(page)

    told = page.get_by_role("region", name="Tell the caller")
    expect(told).to_contain_text("It blocks a road or pavement")
    reference = REFERENCE.search(told.inner_text()).group(0)
    tab_to(page, "caller")
    page.keyboard.type(f"+44 7700 {number}")
    look_up(page)
    expect(page.get_by_role("link", name=reference, exact=True).first).to_be_visible()
    tab_to(page, "do", f"chase:{reference}")
    look_up(page)
    expect(page.get_by_text(f"Noted: a caller asks again about {reference}, 1 call so far.")).to_be_visible()
    assert number not in page.url
    if javascript:
        found = Axe().run(page).response["violations"]
        assert [(violation["id"], violation["nodes"][0]["html"]) for violation in found] == []
    assert page.problems == []


def test_the_queue_is_walked_ticked_and_opened_by_single_keys(new_page, system):
    page = new_page(DESKTOP)
    sign_in(page, system.user("contact-centre"))
    page.goto("/triage")
    links = page.locator("[data-queue] h2 a")
    assert links.count() > 2
    links.first.focus()

    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(links.nth(1)).to_be_focused()
    page.keyboard.press("x")
    expect(page.locator("[data-queue] input").nth(1)).to_be_checked()
    page.keyboard.press("?")
    expect(page.get_by_text("next and previous report")).to_be_visible()
    page.keyboard.press("/")
    expect(page.get_by_label("Words or reference")).to_be_focused()
    page.keyboard.type("j")
    expect(page.get_by_label("Words or reference")).to_have_value("j")
    links.nth(1).focus()
    address = links.nth(1).get_attribute("href")
    page.keyboard.press("Enter")

    page.wait_for_url(f"**{address}")


def test_parts_of_a_photo_are_painted_over_by_keyboard(new_page, system):
    page = new_page(DESKTOP)
    sign_in(page, system.user("contact-centre"))
    sent = Visitors(system, place="calverley-street")["reported"].open("/report/new/sent")
    reference = REFERENCE.search(sent.text).group(0)
    page.goto(f"/triage/{reference}/photos/1/redact")
    page.get_by_role("button", name="Add a part").focus()

    page.keyboard.press("Enter")
    for key in ("ArrowLeft", "ArrowLeft", "Shift+ArrowDown"):
        page.keyboard.press(key)
    expect(page.locator("#box-1-left")).to_have_value("38")
    expect(page.locator("#box-1-height")).to_have_value("21")
    page.keyboard.press("Delete")
    expect(page.locator("#box-1-left")).to_have_value("")
    page.keyboard.press("Enter")
    page.locator("#box-1-height").press("Enter")

    page.wait_for_url(f"**/triage/{reference}#words")
    expect(page.get_by_text("with 1 part painted over")).to_be_visible()
    assert page.problems == []
