"""A resident reports a fly-tip: at phone and desktop width, with and without JavaScript, by keyboard alone."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.e2e.conftest import DESKTOP, PHONE

REFERENCE = re.compile(r"FT-[0-9A-HJKMNP-TV-Z]{8}")


def go_on(page: Page) -> None:
    page.locator("main form[method=post] button").click()


def check_page(page: Page, *, javascript: bool) -> None:
    """No page scrolls sideways; axe finds nothing (it needs scripts itself)."""
    if not javascript:
        return
    assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    found = Axe().run(page).response["violations"]
    assert [(violation["id"], violation["nodes"][0]["html"]) for violation in found] == []


@pytest.mark.timeout(300)
@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no-scripts"])
def test_a_resident_reports_a_fly_tip_and_follows_it(new_page, screenshots, viewport, javascript):
    page = new_page(viewport, javascript=javascript)

    def seen(name: str) -> None:
        check_page(page, javascript=javascript)
        if screenshots:
            page.screenshot(path=screenshots / f"report-{name}-{viewport['width']}.png", full_page=True)

    page.goto("/")
    seen("home")
    page.get_by_role("button", name="Report a fly-tip").click()
    go_on(page)
    expect(page.get_by_role("alert")).to_contain_text("Select what has been dumped")
    seen("waste-error")
    page.get_by_label("Tyres").check()
    go_on(page)
    seen("size")
    page.get_by_label("A small van full").check()
    go_on(page)
    page.get_by_label("No, none of these").check()
    go_on(page)
    page.get_by_label("Alley or back entry").check()
    go_on(page)
    page.get_by_label("Street, alley, park or landmark").fill("avenue")
    page.get_by_role("button", name="Find place").click()
    page.locator("input[name=place_id]").first.check()
    seen("place")
    go_on(page)
    page.get_by_label("Yesterday").check()
    seen("when")
    go_on(page)
    page.get_by_label("Anything else that would help the crew").fill("A dozen tyres against the wall 🛞")
    seen("details")
    go_on(page)
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
    expect(page.get_by_role("heading", level=1)).to_have_text("Tyres")
    assert "against the wall" not in page.content()
    assert "resident@example.com" not in page.content()
    seen("public")
    # A browser reports the 400 of a form with errors; nothing else may go wrong.
    assert [problem for problem in page.problems if "400" not in problem] == []


def test_an_error_takes_the_focus_and_leads_to_its_field(new_page):
    page = new_page(PHONE)
    page.goto("/report/new/waste")
    go_on(page)

    assert page.evaluate("document.activeElement.className") == "govuk-error-summary"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    assert page.evaluate("document.activeElement.id") == "waste_type"
    assert page.title().startswith("Error: ")


def test_the_first_question_can_be_answered_by_keyboard_alone(new_page):
    page = new_page(DESKTOP)
    page.goto("/report/new/waste")
    reached = []
    for _ in range(30):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.name || document.activeElement.textContent.trim()"))
        if reached[-1] == "waste_type":
            break
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    assert reached[0] == "Skip to main content"
    expect(page.get_by_role("heading", level=1)).to_have_text("How much is there?")
