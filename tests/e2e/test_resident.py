"""A resident reports a fly-tip: at phone and desktop width, with and without JavaScript, by keyboard alone."""

import re
from collections.abc import Callable
from random import Random

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from deploy.demo.pictures import made_photo
from tests.e2e.conftest import DESKTOP, EITHER_WAY, PHONE

REFERENCE = re.compile(r"FT-[0-9A-HJKMNP-TV-Z]{8}")


NO_PICTURE = {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"no picture"}


def picture(name: str) -> dict:
    content = made_photo(Random(name), waste_type="tyres", cleared=False)
    return {"name": name, "mimeType": "image/jpeg", "buffer": content}


def go_on(page: Page) -> None:
    with page.expect_navigation():
        page.locator("main form[method=post] button:not([name], [type=button])").first.click()


def check_page(page: Page, *, javascript: bool) -> None:
    """No page scrolls sideways; axe finds nothing (it needs scripts itself)."""
    if not javascript:
        return
    page.wait_for_load_state()
    assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    found = Axe().run(page).response["violations"]
    assert [(violation["id"], violation["nodes"][0]["html"]) for violation in found] == []


def say_where(page: Page, seen: Callable[[str], None]) -> None:
    seen("place-empty")
    page.get_by_role("button", name="Point to it on a map").click()
    seen("map-far")
    for _ in range(3):
        page.locator("[name=to]").click(position={"x": 150, "y": 150})
    page.get_by_role("button", name="North").click()
    seen("map-near")
    expect(page.get_by_role("status")).not_to_be_empty()
    page.get_by_role("link", name="Back", exact=True).click()
    page.get_by_label("Postcode, street or place").fill("calverlye strete")
    page.get_by_role("button", name="Find place").click()
    page.get_by_label("Calverley Street").first.check()
    seen("place")
    go_on(page)


def say_whose_land(page: Page, seen: Callable[[str], None]) -> None:
    page.get_by_label("Railway land").check()
    seen("land")
    go_on(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("This is for Network Rail to clear")
    seen("whose")
    page.get_by_role("link", name="It is on another kind of land").click()
    page.get_by_label("Alley or back entry").check()
    go_on(page)
    if page.url.endswith("/nearby"):
        seen("nearby")
        go_on(page)


def say_what(page: Page, seen: Callable[[str], None]) -> None:
    go_on(page)
    expect(page.get_by_role("alert")).to_contain_text("Select what has been dumped")
    seen("waste-error")
    page.get_by_label("Tyres").check()
    page.get_by_label("Asbestos, or sheets").check()
    page.get_by_label("If there are several").select_option("tyres")
    go_on(page)
    seen("size")
    page.get_by_label("A small van full").check()
    go_on(page)
    seen("danger")
    page.get_by_label("Could be asbestos").check()
    go_on(page)


def say_what_was_seen(page: Page, seen: Callable[[str], None]) -> None:
    page.get_by_label("Yesterday").check()
    seen("when")
    go_on(page)
    page.get_by_label("Yes", exact=True).first.check()
    go_on(page)
    expect(page.get_by_role("alert")).to_contain_text("Tell us what you saw")
    seen("witness-error")
    page.get_by_label("What did you see, and when?").fill("A white van, at about eight")
    page.get_by_label("No", exact=True).last.check()
    go_on(page)
    page.get_by_label("Anything else that would help the crew").fill("A dozen tyres against the wall 🛞")
    seen("details")
    go_on(page)


@pytest.mark.timeout(300)
@EITHER_WAY
def test_a_resident_reports_a_fly_tip_and_follows_it(new_page, screenshots, viewport, javascript):
    page = new_page(viewport, javascript=javascript)

    def seen(name: str) -> None:
        check_page(page, javascript=javascript)
        if screenshots:
            page.screenshot(path=screenshots / f"report-{name}-{viewport['width']}.png", full_page=True)

    page.goto("/")
    seen("home")
    page.get_by_role("button", name="Report a fly-tip").click()
    page.locator("[name=photo]").set_input_files([picture("one.jpg"), picture("two.jpg"), NO_PICTURE])
    go_on(page)
    expect(page.get_by_role("alert")).to_contain_text("Photo 3 of 3: The photo must be a JPEG")
    expect(page.get_by_alt_text("Photo 2 that you added")).to_be_visible()
    seen("photos-error")
    go_on(page)
    say_where(page, seen)
    say_whose_land(page, seen)
    say_what(page, seen)
    say_what_was_seen(page, seen)
    page.get_by_label("Email address").fill("resident@example.com")
    seen("contact")
    go_on(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your answers")
    seen("check")
    page.get_by_role("button", name="Send report").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Report sent")
    seen("sent")
    reference = REFERENCE.search(page.locator("main").inner_text()).group(0)

    page.go_back()
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Report sent")
    assert reference in page.locator("main").inner_text()

    page.get_by_role("link", name="See how your report is getting on").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Tyres and other waste")
    assert "against the wall" not in page.content()
    assert "white van" not in page.content()
    assert "resident@example.com" not in page.content()
    seen("public")
    # A browser reports the 400 of a form with errors; nothing else may go wrong.
    assert [problem for problem in page.problems if "400" not in problem] == []


def test_the_place_can_be_given_on_the_map_by_keyboard_alone(new_page):
    page = new_page(DESKTOP)
    page.goto("/report/new/photos")
    go_on(page)
    page.goto("/report/new/map?lat=53.4126&lon=-2.9924&near=4")
    expect(page.get_by_role("status")).to_contain_text("City Centre")
    page.get_by_role("button", name="Nearer").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**near=5")
    page.get_by_role("button", name="East").focus()
    page.keyboard.press("Space")
    page.wait_for_url("**lon=-2.99*")
    page.get_by_role("button", name="It is here").focus()
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("What kind of place is it?")


def test_the_position_of_the_phone_leads_on(new_page):
    page = new_page(PHONE, geolocation={"latitude": 53.4126, "longitude": -2.9924}, permissions=["geolocation"])
    page.goto("/report/new/photos")
    go_on(page)
    page.get_by_role("button", name="Use my location").click()
    expect(page.get_by_role("status")).to_contain_text("We have your position")
    go_on(page)

    expect(page.get_by_role("heading", level=1)).to_have_text("What kind of place is it?")


def test_the_first_page_weighs_less_than_a_hundred_kilobytes(new_page):
    page = new_page(PHONE)
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    weights = []
    session.on("Network.loadingFinished", lambda loaded: weights.append(loaded["encodedDataLength"]))

    page.goto("/", wait_until="networkidle")

    assert 0 < sum(weights) < 100_000, weights


def test_an_error_takes_the_focus_and_leads_to_its_field(new_page):
    page = new_page(PHONE)
    page.goto("/report/new/photos")
    go_on(page)
    go_on(page)

    assert page.evaluate("document.activeElement.className") == "govuk-error-summary"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    assert page.evaluate("document.activeElement.id") == "q"
    assert page.title().startswith("Error: ")


def test_a_place_can_be_found_by_keyboard_alone(new_page):
    page = new_page(DESKTOP)
    page.goto("/report/new/photos")
    go_on(page)
    reached = []
    for _ in range(30):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.name || document.activeElement.textContent.trim()"))
        if reached[-1] == "q":
            break
    page.keyboard.type("lv1 1ab")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=lv1*")
    page.locator("input[name=place_id]").first.focus()
    page.keyboard.press("Space")
    page.locator("[name=place_text]").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    assert reached[0] == "Skip to main content"
    expect(page.get_by_role("heading", level=1)).to_have_text("What kind of place is it?")
