"""A resident's whole journey, of a tip and of another kind: without scripts, by keyboard alone, on a slow line."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import DESKTOP, PHONE

MOST_STOPS = 60
"""How many presses of Tab a person would make before they gave up."""

SLOW_LINE = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
"""400 kbit/s and 400 ms, as Chromium's own "slow 3G"; in milliseconds and bytes a second."""

FIRST_PAGE_BYTES, JOURNEY_BYTES = 100_000, 250_000
"""What the first page, and all pages of a report, may weigh on the line."""

Answers = Mapping[str, str | tuple[str, ...]]
PLACE: dict[str, Answers] = {"place": {"q": "calverley", "place_id": "", "place_text": "By the gate"}}
LAST: dict[str, Answers] = {"details": {"description": "Two of them"}, "contact": {"email": "resident@example.com"}}


@dataclass(frozen=True)
class Journey:
    """What somebody reports: the link on the start page, the answers by page, and what the last page says."""

    kind: str
    link: str
    answers: Mapping[str, Answers]
    says: str
    prefix: str


TIP = Journey(
    "fly-tipping",
    "Report a fly-tip",
    {
        "photos": {},
        **PLACE,
        "land": {"land_type": "back-alleyway"},
        "waste": {"waste_types": ("tyres",)},
        "size": {"size": "small-van"},
        "danger": {"hazards": ("none",)},
        "when": {"when": "yesterday"},
        "witness": {"witnessed": "no"},
        **LAST,
    },
    "We give it to a crew with the right vehicle",
    "FT",
)
MISSED_BIN = Journey(
    "missed-bin",
    "Missed bin collection",
    {
        "photos": {},
        **PLACE,
        "about-bin": {"answer": ("general", "food")},
        "about-house": {"answer": "12b"},
        "about-collection_day": {"day": "2", "month": "11", "year": "2026"},
        "about-assisted": {"answer": "no"},
        **LAST,
    },
    "It is with our collection rounds",
    "MB",
)
JOURNEYS = pytest.mark.parametrize(
    "journey", [pytest.param(TIP, id=TIP.kind, marks=pytest.mark.full), pytest.param(MISSED_BIN, id=MISSED_BIN.kind)]
)
"""A fly-tip is walked by `test_resident.py` each time."""


@dataclass
class Hand:
    """Somebody who points and presses."""

    page: Page

    def choose(self, control: Locator) -> None:
        """Choose a radio or a box."""
        control.check()

    def type(self, control: Locator, text: str) -> None:
        """Type into a field."""
        control.fill(text)

    def press(self, control: Locator) -> None:
        """Press a button or link that leads to another page."""
        with self.page.expect_navigation():
            control.click()


@dataclass
class Keyboard(Hand):
    """Somebody who has nothing but a keyboard."""

    presses: list[int] = field(default_factory=list)

    def choose(self, control: Locator) -> None:
        if control.get_attribute("type") == "radio":
            self._choose_radio(control)
        else:
            self._reach(control)
            self.page.keyboard.press("Space")
        expect(control).to_be_checked()

    def type(self, control: Locator, text: str) -> None:
        self._reach(control)
        self.page.keyboard.press("ControlOrMeta+A")
        self.page.keyboard.type(text)

    def press(self, control: Locator) -> None:
        self._reach(control)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def _choose_radio(self, control: Locator) -> None:
        """Reach the group, whose first or chosen radio is its one stop, and go down it by arrows."""
        group = self.page.locator(f"input[type=radio][name={control.get_attribute('name')}]")
        self._reach(group)
        self.page.keyboard.press("Space")
        for _ in range(group.count()):
            if control.is_checked():
                return
            self.page.keyboard.press("ArrowDown")

    def _reach(self, wanted: Locator) -> None:
        """Press Tab until one of the elements has the focus."""
        for presses in range(MOST_STOPS):
            if wanted.evaluate_all("all => all.includes(document.activeElement)"):
                self.presses.append(presses)
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"not reached in {MOST_STOPS} presses of Tab: {wanted}")


def make_report(hand: Hand, journey: Journey) -> str:
    """Make a report from the start page to the last, and return its reference."""
    page = hand.page
    page.goto("/")
    hand.press(page.locator(f"main a[href$='?kind={journey.kind}']"))
    for slug, answers in journey.answers.items():
        expect(page).to_have_url(re.compile(f"/report/new/{slug}"))
        if slug == "place":
            find_place(hand, answers)
        else:
            fill_in(hand, answers)
        hand.press(page.locator("main form[method=post] button:not([name], [type=button])").first)
        if page.url.endswith("/nearby"):
            hand.press(page.locator("main form[method=post] button:not([name], [type=button])").first)
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your answers")
    hand.press(page.get_by_role("button", name="Send report"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Report sent")
    said = page.locator("main").inner_text()
    assert journey.says in said
    return re.search(rf"{journey.prefix}-[0-9A-HJKMNP-TV-Z]{{8}}", said).group(0)


def find_place(hand: Hand, answers: Answers) -> None:
    """Search for the street and choose the first that is found."""
    page = hand.page
    hand.type(page.locator("[name=q][type=text]"), str(answers["q"]))
    hand.press(page.get_by_role("button", name="Find place"))
    hand.choose(page.locator("[name=place_id]").first)
    hand.type(page.locator("[name=place_text]"), str(answers["place_text"]))


def fill_in(hand: Hand, answers: Answers) -> None:
    """Fill in a page's fields: radios and boxes by their values, all others by typing."""
    for name, given in answers.items():
        for value in given if isinstance(given, tuple) else (given,):
            choice = hand.page.locator(f"[name={name}][value='{value}']")
            if choice.count() and choice.get_attribute("type") in ("radio", "checkbox"):
                hand.choose(choice)
            else:
                hand.type(hand.page.locator(f"[name={name}]").first, value)


@pytest.fixture
def followed() -> Callable[[Page, Journey, str], None]:
    """Return a check that the report's public page stands, and tells nothing of who reported."""

    def check(page: Page, journey: Journey, reference: str) -> None:
        page.goto(f"/report/{reference}")
        expect(page.locator("main")).to_contain_text(reference)
        assert "resident@example.com" not in page.content()
        assert "12b" not in page.content()

    return check


@JOURNEYS
@pytest.mark.parametrize(
    "viewport", [pytest.param(PHONE, id="phone"), pytest.param(DESKTOP, id="desktop", marks=pytest.mark.full)]
)
def test_a_report_is_made_without_scripts(new_page, followed, journey, viewport):
    page = new_page(viewport, javascript=False)

    reference = make_report(Hand(page), journey)

    followed(page, journey, reference)


@JOURNEYS
def test_a_report_is_made_by_keyboard_alone(new_page, followed, journey):
    keyboard = Keyboard(new_page(DESKTOP))

    reference = make_report(keyboard, journey)

    followed(keyboard.page, journey, reference)
    assert keyboard.page.problems == []


@pytest.mark.timeout(300)
@JOURNEYS
def test_a_report_is_made_on_a_slow_line_with_little_to_load(new_page, followed, journey):
    page = new_page(PHONE)
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", SLOW_LINE)
    weights: list[float] = []
    line.on("Network.loadingFinished", lambda loaded: weights.append(loaded["encodedDataLength"]))
    page.goto("/", wait_until="networkidle")
    first = sum(weights)

    reference = make_report(Hand(page), journey)

    assert 0 < first < FIRST_PAGE_BYTES, first
    assert sum(weights) < JOURNEY_BYTES, sum(weights)
    followed(page, journey, reference)
