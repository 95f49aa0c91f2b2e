"""The steps of the path as each kind of user takes them on the pages, with or without JavaScript, at any width."""

import re
import time
from datetime import datetime, timedelta
from random import Random
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from deploy.demo.pictures import made_photo

EFFECT_SECONDS = 60
MOST_PAGES = 12
"""Of the report form, with those that not everybody sees."""


def photo(*, cleared: bool) -> dict:
    """Return a made photo as a file for an upload field."""
    picture = made_photo(Random(7), waste_type="black-bags-household", cleared=cleared)
    return {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": picture}


def sign_in(page: Page, user: dict) -> None:
    """Sign in by password, shift code or wall link."""
    if "shift_code" in user:
        page.goto("/accounts/shift")
        page.get_by_role("textbox").first.fill(user["shift_code"])
        follow(page.locator("main button[type=submit]"))
    elif "link" in user:
        page.goto(user["link"][user["link"].index("/accounts/") :])
        if page.locator("main button[type=submit]").count():
            follow(page.locator("main button[type=submit]"))
    else:
        page.goto("/accounts/sign-in")
        page.get_by_label("Email address").fill(user["email"])
        page.locator("[name=password]").fill(user["password"])
        follow(page.locator("main button[type=submit]"))
    expect(page.get_by_role("button", name="Sign out")).to_be_attached()


def follow(element: Locator) -> None:
    """Click what leads to another page, and wait until that page is there: a click alone does not."""
    with element.page.expect_navigation():
        element.click()


def press(page: Page, name: str) -> None:
    """Press the button of the main form."""
    follow(page.locator("main").get_by_role("button", name=name, exact=False).first)


def until(page: Page, path: str, text: str) -> None:
    """Open a page again and again until an event has had its effect on it."""
    deadline = time.monotonic() + EFFECT_SECONDS
    while True:
        page.goto(path)
        if page.locator("main").get_by_text(text).count():
            return
        assert time.monotonic() < deadline, f"{text!r} did not appear on {path} in {EFFECT_SECONDS} s"
        time.sleep(0.3)


def report(page: Page, *, look=lambda page, name: None, email: str = "reporter@example.com") -> str:
    """Report black bags in an alley, and return the reference."""
    page.goto("/")
    look(page, "home")
    follow(page.get_by_role("button", name="Report a fly-tip"))
    for _ in range(MOST_PAGES):
        slug = _slug(page.url)
        if slug == "check":
            break
        if slug == "nearby":
            look(page, "nearby")
            press(page, "No, it is none of these")
            continue
        _answer(page, look, slug, ANSWERS[slug](page, email))
    look(page, "check")
    press(page, "Send report")
    expect(page.get_by_text(re.compile(r"FT-[0-9A-Z]{8}")).first).to_be_visible()
    look(page, "sent")
    return re.search(r"FT-[0-9A-Z]{8}", page.locator("main").inner_text()).group()


def _answer(page: Page, look, slug: str, act) -> None:
    look(page, f"form-{slug}")
    act()
    follow(page.get_by_role("button", name="Continue"))
    page.wait_for_url(lambda url: _slug(url) != slug)


def _slug(url: str) -> str:
    """Return the question of an address; the first one's names the kind of report behind it."""
    return urlsplit(url).path.rpartition("/")[2]


def _photos(page: Page, _: str):
    return lambda: page.locator("[name=photo]").set_input_files(photo(cleared=False))


def _waste(page: Page, _: str):
    return lambda: page.get_by_label("Black bags from a home").check()


def _size(page: Page, _: str):
    return lambda: page.get_by_label("Up to a car boot full").check()


def _witness(page: Page, _: str):
    return lambda: page.get_by_role("radio", name="No").first.check()


def _danger(page: Page, _: str):
    return lambda: page.locator("main").get_by_role("checkbox").last.check()


def _land(page: Page, _: str):
    return lambda: page.get_by_label("Alley or back entry").check()


def _place(page: Page, _: str):
    def act() -> None:
        page.get_by_label("Postcode, street or place").fill("alley behind")
        follow(page.get_by_role("button", name="Find place"))
        page.get_by_role("radio").first.check()

    return act


def _when(page: Page, _: str):
    return lambda: page.get_by_label("Today").check()


def _details(page: Page, _: str):
    return lambda: page.locator("[name=description]").fill("Six bags by the gate")


def _contact(page: Page, email: str):
    return lambda: page.get_by_label("Email address").fill(email)


ANSWERS = {
    "photos": _photos,
    "waste": _waste,
    "size": _size,
    "witness": _witness,
    "danger": _danger,
    "land": _land,
    "place": _place,
    "when": _when,
    "details": _details,
    "contact": _contact,
}


def assign(page: Page, reference: str, crew_id: str, *, look=lambda page, name: None) -> None:
    """Give the report's job to a crew on the board."""
    until(page, f"/dispatch?reference={reference}", reference)
    look(page, "dispatch")
    page.locator(".job-row, li, tr").filter(has_text=reference).get_by_role("checkbox").first.check()
    page.locator("[name=crew_id]").first.select_option(value=crew_id)
    follow(page.get_by_role("button", name="Assign", exact=True))
    expect(page.locator("main").get_by_text(reference).first).to_be_visible()


def clear(page: Page, reference: str, *, evidence: bool, look=lambda page, name: None) -> None:
    """Start and finish the report's job on the crew's phone, with an after-photo and perhaps evidence."""
    page.goto("/crew")
    look(page, "crew")
    _open_stop(page, reference)
    look(page, "crew-stop")
    press(page, "Start this job")
    page.goto("/crew")
    _open_stop(page, reference)
    follow(page.locator("main a[role=button]", has_text="Finish this job"))
    look(page, "crew-finish")
    page.locator("[name=outcome][value=cleared]").check()
    page.locator("input[type=file][name=photo]").set_input_files(photo(cleared=True))
    if evidence:
        page.get_by_label("I found evidence").check()
        page.locator("input[type=file][name=evidence_photo]").set_input_files(photo(cleared=False))
    press(page, "Finish")
    look(page, "crew-done")


def _open_stop(page: Page, reference: str) -> None:
    """Open the stop of a report: the list names places, the stop's page its reference."""
    for link in [a.get_attribute("href") for a in page.locator(".phone-stop__link").all()]:
        page.goto(link)
        if page.locator("main").get_by_text(reference).count():
            return
    raise AssertionError(f"{reference} is not on the crew's list")


def tip(page: Page, *, look=lambda page, name: None) -> None:
    """Empty the crew's vehicle."""
    page.goto("/crew/tip")
    look(page, "crew-tip")
    page.get_by_role("radio").first.check()
    press(page, "Tip here")
    look(page, "crew-tipped")


def weigh(page: Page, ticket_number: str, vehicle: str, *, net_kg: int = 80, look=lambda page, name: None) -> None:
    """Record the ticket of a vehicle's newest tip."""
    until(page, "/tonnage/tickets/new", vehicle)
    follow(page.locator("main .tonnage-tips").get_by_role("link").filter(has_text=vehicle).first)
    look(page, "ticket-new")
    tare = int(page.locator("[name=tare_kg]").input_value() or 2000)
    # The council's clock may be another than this machine's: the form offers the time of the tip.
    tipped_at = datetime.fromisoformat(page.locator("[name=first_weighed_at]").input_value())
    page.locator("[name=ticket_number]").fill(ticket_number)
    if not page.locator("[name=ewc_code]").input_value():
        page.locator("[name=ewc_code]").select_option(index=1)
    page.locator("[name=gross_kg]").fill(str(tare + net_kg))
    page.locator("[name=tare_kg]").fill(str(tare))
    page.locator("[name=net_kg]").fill(str(net_kg))
    page.locator("[name=first_weighed_at]").fill(f"{tipped_at - timedelta(minutes=5):%Y-%m-%dT%H:%M}")
    page.locator("[name=second_weighed_at]").fill(f"{tipped_at:%Y-%m-%dT%H:%M}")
    press(page, "Record the ticket")
    expect(page.locator("main").get_by_text(ticket_number).first).to_be_visible()
    look(page, "ticket")


def fine(page: Page, reference: str, *, look=lambda page, name: None) -> str:
    """Issue and serve a notice in the report's case and record its payment; return the notice's path."""
    until(page, "/enforcement", reference)
    look(page, "cases")
    follow(page.locator("main").locator("tr, li, .app-card").filter(has_text=reference).get_by_role("link").first)
    look(page, "case")
    issue = (
        page.locator("main")
        .get_by_role("link", name="Issue a")
        .or_(page.locator("main").get_by_role("button", name="Issue a"))
    )
    follow(issue.first)
    look(page, "notice-new")
    page.get_by_role("radio").first.check()
    page.locator("[name=name]").fill("Sam Sample")
    page.locator("[name=address]").fill("1 Made Street")
    press(page, "Issue the notice")
    look(page, "notice")
    notice = page.url
    page.goto(f"{notice}/payment")
    amount = re.search(r"£([\d,.]+) is still to pay", page.locator("main").inner_text()).group(1)
    page.locator("[name=amount]").fill(amount)
    page.locator("[name=method]").first.check()
    look(page, "payment")
    press(page, "Record the payment")
    expect(page.locator("main").get_by_text("Paid").first).to_be_visible()
    return notice


def axe_violations(page: Page) -> list[str]:
    """Return what axe finds wrong on a page, by rule and element."""
    results = Axe().run(page).response
    return [
        f"{violation['id']}: {node['target']} {node['failureSummary']}"
        for violation in results["violations"]
        for node in violation["nodes"]
    ]
