"""The crew's phone without a network: six stops are worked, the browser is killed, and everything arrives once."""

import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, BrowserType, Page, expect

from deploy.demo.doors import HttpDoors
from shared.ids import new_id
from tests.e2e.conftest import CHROMIUM_FLAGS, chromium
from tests.e2e.examples import Visitor, Visitors
from tests.e2e.journey import photo, sign_in
from tests.e2e.mast import Mast
from tests.servers.system import System

NARROW = {"width": 320, "height": 640}
PHONE = {"width": 360, "height": 740}
FOUND = {"waste_type": "black-bags-household", "land_type": "back-alleyway", "size": "car-boot"}
WAIT_SECONDS = 60
SMALLEST_TARGET_PX = 48
DOUBLE_CLICK_MS = 1100
"""For so long a button takes a second press for the end of the first."""

CONTRAST = {"runOnly": {"type": "rule", "values": ["color-contrast-enhanced"]}, "resultTypes": ["violations"]}
TARGETS = """smallest => [...document.querySelectorAll(
    'main a[role=button], main button, main select, main input:not([type=hidden]), .phone-bar a, .phone-bar button, ' +
    '.phone-stop__link, .govuk-back-link')]
  .filter(e => e.checkVisibility({visibilityProperty: true}) && e.getBoundingClientRect().height < smallest)
  .map(e => `${e.outerHTML.slice(0, 90)}: ${e.getBoundingClientRect().height}`)"""


class Phone:
    """A browser with a profile of its own, as a phone has: it can lose its network, and be killed and started again."""

    def __init__(self, chromium: BrowserType, profile: Path, mast: Mast) -> None:
        self._chromium, self._profile, self._mast = chromium, profile, mast
        self.wrong: list[str] = []
        self._is_offline = False
        self.context: BrowserContext
        self.page: Page
        self.start(PHONE)

    def start(self, viewport: dict) -> None:
        """Start the browser on its profile, with the network as it was left."""
        self.context = self._chromium.launch_persistent_context(
            str(self._profile),
            executable_path=chromium(),
            args=CHROMIUM_FLAGS,
            viewport=viewport,
            base_url=self._mast.url,
            locale="en-GB",
            permissions=["geolocation"],
            geolocation={"latitude": 53.41, "longitude": -2.975},
        )
        self.page = self.context.pages[0]
        self.page.set_default_timeout(20_000)
        self.context.set_offline(self._is_offline)

    def lose_network(self) -> None:
        """Cut the network, and let the browser know as a phone's does."""
        self._is_offline = True
        self._mast.switch_off()
        self.context.set_offline(True)

    def find_network(self) -> None:
        """Give the network back."""
        self._is_offline = False
        self._mast.switch_on()
        self.context.set_offline(False)

    def kill(self) -> None:
        """Kill every process of this browser, and of no other: they all name its profile."""
        own = f"--user-data-dir={self._profile}".encode()
        for process in Path("/proc").glob("[0-9]*"):
            try:
                command = (process / "cmdline").read_bytes()
            except OSError:
                continue
            if own in command:
                try:
                    os.kill(int(process.name), signal.SIGKILL)
                except ProcessLookupError:
                    continue

    def unsent(self) -> int:
        """Return the number that the bar shows."""
        return int(self.page.locator("[data-unsent]").inner_text())

    def wait_kept(self) -> None:
        """Wait until the pages of the shift are on the phone and given out from there."""
        self.page.goto("/crew")
        self.page.wait_for_selector("html[data-kept=yes]", state="attached", timeout=60_000)
        # A page that was on its way as the worker came to life is given out without it; the next one is not.
        while not self.page.evaluate("navigator.serviceWorker.controller !== null"):
            self.page.reload()

    def open(self, path: str) -> None:
        """Open a page, and wait until the phone has put over it what it knows."""
        self.page.goto(path)
        self.page.wait_for_load_state("load")
        self.page.wait_for_timeout(150)

    def press(self, name: str) -> None:
        """Press a button that goes on to a page, wherever that comes from."""
        with self.page.expect_navigation():
            self.page.locator("main").get_by_role("button", name=name, exact=False).first.click()
        self.page.wait_for_load_state("load")
        self.page.wait_for_timeout(150)


@pytest.fixture
def phone(council: System, browser: Browser, tmp_path: Path) -> Iterator[Phone]:
    mast = Mast(council.port)
    made = Phone(browser.browser_type, tmp_path / "profile", mast)
    yield made
    made.context.close()
    mast.switch_off()
    assert not made.wrong, "\n".join(made.wrong)


@pytest.fixture
def doors(council: System) -> HttpDoors:
    return HttpDoors(council.url, council.credentials["tokens"])


def crew_of(council: System, crew_id: str) -> dict:
    """Return a crew with its shift code: each test has its own, and none of those that the board's tests use."""
    return next(user for user in council.credentials["users"] if user.get("crew_id") == crew_id)


@pytest.fixture
def supervisor(council: System) -> Visitor:
    return Visitors(council)["supervisor"]


def give(council: System, doors: HttpDoors, crew: dict, many: int) -> list[dict]:
    """Put tips that the crew found on its list."""
    place = council.get("/api/scheduling/v1/jobs?limit=1", "supervisor")["items"]
    lat, lon = (place[0]["lat"], place[0]["lon"]) if place else (53.4106, -2.9779)
    jobs = []
    for number in range(many):
        body = {"lat": lat + number / 5000, "lon": lon, "crew_id": crew["crew_id"], **FOUND}
        answer = doors.call("POST", "/api/scheduling/v1/jobs", role="supervisor", body=body, key=new_id())
        assert answer.ok, answer
        jobs.append(answer.body)
    return jobs


def reported_job(council: System, doors: HttpDoors, crew: dict) -> dict:
    """Report a tip with a photo and words, and give its job to the crew."""
    visitor = Visitors(council, place="abbotsford-close")["reported"]
    reference = re.search(r"FT-[0-9A-Z]{8}", visitor.open("/report/new/sent").text)[0]
    path = f"/api/scheduling/v1/jobs?reference={reference}"
    job = until(lambda: next(iter(council.get(path, "supervisor")["items"]), None))
    for _ in range(20):
        sent = {"crew_id": crew["crew_id"], "version": council.get(path, "supervisor")["items"][0]["version"]}
        answer = doors.call(
            "POST", f"/api/scheduling/v1/jobs/{job['id']}/assign", role="supervisor", body=sent, key=new_id()
        )
        if answer.status != 409:
            break
    assert answer.ok, answer
    return job


def until(look, what: str = "it"):
    """Look until it is there."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError(f"{what} is not there after {WAIT_SECONDS} s")


def now(council: System, job: dict) -> dict:
    return council.get(f"/api/scheduling/v1/jobs/{job['id']}", "supervisor")


def completions(council: System, job: dict) -> int:
    """Return how many times the job was announced as completed, as far as the archive has heard."""
    try:
        events = council.get(f"/api/operations/v1/follow/{job['reference']}", "manager")["events"]
    except requests.HTTPError:
        return 0
    return sum(event["type"] == "job.completed.v1" for event in events)


def finish(phone: Phone, job: dict, outcome: str, *, with_photo: bool, evidence: bool = False) -> None:
    """Start a stop and finish it, from its pages."""
    page = phone.page
    phone.open(f"/crew/jobs/{job['id']}")
    phone.press("Start this job")
    expect(page.get_by_role("button", name="Finish this job")).to_be_visible()
    phone.open(f"/crew/jobs/{job['id']}/finish")
    page.locator(f"[name=outcome][value={outcome}]").check()
    if with_photo:
        page.locator("[name=photo]").set_input_files(photo(cleared=True))
    else:
        page.locator("[name=no_photo_reason]").select_option("camera-broken")
    if evidence:
        page.get_by_label("I found evidence").check()
        page.locator("[name=evidence_photo]").set_input_files([photo(cleared=False), photo(cleared=True)])
        page.locator("[name=letter_photo]").set_input_files(photo(cleared=False))
    phone.press("Finish")


def test_six_stops_without_a_network_and_a_killed_browser_arrive_once(phone, council, doors, supervisor, screenshots):
    crew = crew_of(council, "crew-south-1")
    jobs = [reported_job(council, doors, crew), *give(council, doors, crew, 5)]
    sign_in(phone.page, crew)
    phone.wait_kept()

    phone.lose_network()
    work_the_morning(phone, jobs, screenshots)
    before = phone.unsent()
    phone.kill()
    phone.start(NARROW)
    phone.open("/crew")
    assert phone.unsent() == before == 1 + 3 + 2 + 2
    look(phone, screenshots, "offline-after-kill")
    work_the_afternoon(phone, jobs, screenshots)
    assert phone.unsent() == before + 1 + 2 + 2 + 1 + 1 + 1 + 1
    cancel(council, supervisor, jobs[5])
    come_back(phone, crew)

    told = phone.page.locator("[data-message]").filter(has_text="the office cancelled this job at")
    expect(told.filter(has_text="Your work was recorded and sent to the supervisor")).to_have_count(1)
    look(phone, screenshots, "online-told")
    arrived = [now(council, job) for job in jobs]
    assert [(job["state"], job["outcome"]) for job in arrived] == [
        ("completed", "cleared"),
        ("completed", "not-found"),
        ("completed", "cleared"),
        ("deferred", "access-blocked"),
        ("deferred", "part-cleared"),
        ("completed", "cleared"),
    ]
    assert arrived[0]["has_evidence"]
    finished = [jobs[0], jobs[1], jobs[2], jobs[5]]
    until(lambda: [completions(council, job) for job in finished] == [1, 1, 1, 1], "each completion once")
    assert found_by(council, crew, jobs) == ["tyres"]
    told = supervisor.open("/dispatch/from-crews").text
    assert "The job had been cancelled. The crew cleared it all the same" in told
    assert "Lights, indicators and reflectors" in told
    end_the_shift(phone, screenshots)


def test_a_refused_action_stays_on_the_phone_until_it_is_corrected_or_handed_over(
    phone, council, doors, supervisor, screenshots
):
    crew = crew_of(council, "crew-south-hit")
    first, second = give(council, doors, crew, 2)
    sign_in(phone.page, crew)
    phone.wait_kept()
    phone.lose_network()
    for job in (first, second):
        phone.open(f"/crew/jobs/{job['id']}/finish")
        phone.page.locator("[name=outcome][value=cleared]").check()
        phone.page.locator("[name=photo]").set_input_files(
            {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": b"\xff\xd8\xff but no picture"}
        )
        phone.press("Finish")

    phone.find_network()
    phone.open("/crew/unsent")
    refused = phone.page.locator("[data-records] .phone-record")
    expect(refused.filter(has_text="The photo is damaged")).to_have_count(2)
    look(phone, screenshots, "refused")
    refused.first.get_by_role("button", name="Correct it").click()
    expect(phone.page.locator(".govuk-error-summary")).to_contain_text("The photo is damaged")
    assert phone.page.locator("[name=outcome]:checked").input_value() == "cleared"
    phone.page.locator("[name=photo]").set_input_files(photo(cleared=True))
    phone.press("Finish")
    phone.open("/crew/unsent")
    phone.page.get_by_role("button", name="Hand it to the supervisor").click()

    until(lambda: phone.unsent() == 0, "an empty list of what is not sent")
    assert [now(council, job)["state"] for job in (first, second)] == ["completed", "assigned"]
    assert "It could not be taken: The photo is damaged" in supervisor.open("/dispatch/from-crews").text


def work_the_morning(phone: Phone, jobs: list[dict], screenshots: Path | None) -> None:
    """Without a network: sign on, work three of the stops, the first with everything that can be sent."""
    page = phone.page
    phone.open("/crew")
    expect(page.locator(".phone-stop")).to_have_count(6)
    look(phone, screenshots, "offline-list")
    phone.press("Start shift")
    expect(page.get_by_role("button", name="End shift")).to_be_visible()
    phone.open(f"/crew/jobs/{jobs[0]['id']}")
    expect(page.get_by_text("Six black bags and a broken chair")).to_be_visible()
    assert page.locator(".phone-resident img").evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    look(phone, screenshots, "offline-stop")
    page.locator("[name=before_photo]").set_input_files(photo(cleared=False))
    phone.press("We are here")
    expect(page.locator("[name=before_photo]")).to_be_hidden()
    finish(phone, jobs[0], "cleared", with_photo=True, evidence=True)
    finish(phone, jobs[1], "not-found", with_photo=True)
    finish(phone, jobs[2], "cleared", with_photo=False)
    phone.open("/crew")
    expect(page.locator(".phone-stop--done-here")).to_have_count(3)
    look(phone, screenshots, "offline-done")


def work_the_afternoon(phone: Phone, jobs: list[dict], screenshots: Path | None) -> None:
    """Without a network: a locked gate, two more stops, a tip, a find, a check and a break."""
    page = phone.page
    phone.open(f"/crew/jobs/{jobs[3]['id']}/exception")
    page.locator("[name=exception][value=alleygate-locked]").check()
    page.get_by_role("button", name="Tell the supervisor").click()
    expect(page.locator(".govuk-error-summary")).to_contain_text("Add a photo, or say why there is none")
    look(phone, screenshots, "offline-error")
    page.wait_for_timeout(DOUBLE_CLICK_MS)
    page.locator("[name=photo]").set_input_files(photo(cleared=False))
    phone.press("Tell the supervisor")
    finish(phone, jobs[4], "part-cleared", with_photo=True)
    finish(phone, jobs[5], "cleared", with_photo=True)
    tip(phone)
    find(phone)
    check(phone)
    phone.press("Take a break")
    expect(page.get_by_role("button", name="End the break")).to_be_visible()
    phone.open("/crew/unsent")
    look(phone, screenshots, "offline-unsent")


def cancel(council: System, supervisor: Visitor, job: dict) -> None:
    """Cancel a job on its page, as a supervisor does who has heard nothing of the crew since the morning."""
    path = f"/dispatch/jobs/{job['id']}"
    sent = {"reason": "no-longer-needed", "version": str(now(council, job)["version"])}
    supervisor.send(path, sent, to=f"{path}/cancel")


def come_back(phone: Phone, crew: dict) -> None:
    """Give the phone its network again, and wait until everything is sent."""
    phone.find_network()
    phone.open("/crew")
    if not phone.page.locator("[data-phone]").count():
        sign_in(phone.page, crew)  # the browser died before it had written its cookies down
        phone.open("/crew")
    until(lambda: phone.unsent() == 0, "an empty list of what is not sent")


def found_by(council: System, crew: dict, jobs: list[dict]) -> list[str]:
    """Return the waste of the tips that the crew has found beside its jobs."""
    known = {job["id"] for job in jobs}
    listed = council.get("/api/scheduling/v1/jobs?limit=200", "supervisor")["items"]
    return [job["waste_type"] for job in listed if job["crew_id"] == crew["crew_id"] and job["id"] not in known]


def end_the_shift(phone: Phone, screenshots: Path | None) -> None:
    """End the shift with a reason for what is left; the pages are then taken off the phone."""
    phone.open("/crew/end")
    for choice in phone.page.locator("select[name^=reason-]").all():
        choice.select_option("no-time")
    look(phone, screenshots, "end-of-shift")
    phone.press("End the shift")
    kept = "caches.keys().then(names => names.filter(name => name.startsWith('crew-')).length)"
    until(lambda: phone.page.evaluate(kept) == 0, "an empty cache")


def tip(phone: Phone) -> None:
    """Tip the load at the first site."""
    phone.open("/crew/tip")
    phone.page.locator("[name=site_id]").first.check()
    phone.press("Tip here")


def find(phone: Phone) -> None:
    """Record a tip that nobody reported, where the phone is."""
    phone.open("/crew/found")
    with phone.page.expect_navigation():
        phone.page.get_by_role("button", name="Where I am now").click()
    phone.page.wait_for_timeout(300)
    phone.page.locator("[name=waste_type]").select_option("tyres")
    phone.page.locator("[name=size][value=car-boot]").check()
    phone.page.locator("[name=land_type]").select_option("highway")
    phone.page.locator("[name=cleared][value=no]").check()
    phone.press("Record it")


def check(phone: Phone) -> None:
    """Walk round the vehicle and find a lamp that is out."""
    phone.open("/crew/check")
    phone.page.locator("[name=result][value=defects]").check()
    phone.page.locator("[name=defects][value=lights]").check()
    phone.press("Send the check")


def look(phone: Phone, screenshots: Path | None, name: str) -> None:
    """Note what of a page is not fit for gloves and daylight, and take its picture."""
    page = phone.page
    if screenshots:
        page.screenshot(path=screenshots / f"{name}-{page.viewport_size['width']}.png", full_page=True)
    wrong = page.evaluate(TARGETS, SMALLEST_TARGET_PX)
    if page.evaluate("document.documentElement.scrollWidth") > page.viewport_size["width"]:
        wrong.append("it scrolls sideways")
    violations = Axe().run(page, options=CONTRAST).response["violations"]
    wrong += [f"{node['html'][:90]}: {node['failureSummary']}" for one in violations for node in one["nodes"]]
    phone.wrong += [f"{name}: {fault}" for fault in wrong]
