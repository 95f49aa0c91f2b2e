"""Every page of every service in each of its states: accessible, by keyboard, without scripts, at any width."""

import os
import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser

from deploy.demo.web import create_app as create_controls
from shared.config import SERVICES
from shared.processes import part
from tests.builders import make_context, make_settings
from tests.e2e import looking
from tests.e2e.crawling import Crawl
from tests.e2e.examples import Examples, Visitors
from tests.e2e.looking import PHONE_WIDTH, WIDE, Looker
from tests.e2e.pages import MACHINES, NOT_PAGES, NOTHING_TO_FILL_IN, PAGES, State, states
from tests.servers.system import System, running_system

STATES = sorted(states(), key=lambda state: (state.is_empty_system, state.page.visitor))
ROLES = (
    "public",
    "contact-centre",
    "supervisor",
    "crew",
    "officer",
    "waste-officer",
    "manager",
    "councillor",
    "wall-viewer",
    "admin",
)


@dataclass
class Place:
    """A running system with its visitors, examples and open tabs."""

    system: System
    visitors: Visitors
    examples: Examples
    browser: Browser

    def __post_init__(self) -> None:
        self._tabs: dict[tuple[str, bool], Looker] = {}

    def tab(self, visitor: str, *, javascript: bool) -> Looker:
        """Return the tab of a visitor, signed in."""
        key = (visitor, javascript)
        if key not in self._tabs:
            context = self.browser.new_context(
                viewport=WIDE,
                java_script_enabled=javascript,
                base_url=self.system.url,
                locale="en-GB",
                reduced_motion="reduce",
            )
            if javascript:
                context.add_init_script(script=looking.AXE)
            context.add_cookies(self.visitors[visitor].browser_cookies())
            self._tabs[key] = Looker(context)
        return self._tabs[key]

    def close(self) -> None:
        """Close every tab."""
        for tab in self._tabs.values():
            tab.page.context.close()


@pytest.fixture(scope="module")
def filled(system: System, browser: Browser) -> Iterator[Place]:
    examples = Examples(system)
    examples.choose()
    visitors = Visitors(system, place=examples["place"], crew=examples["crew"])
    examples.make(visitors)
    place = Place(system, visitors, examples, browser)
    yield place
    place.close()


@pytest.fixture(scope="module")
def empty(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with empty_system(tmp_path_factory.mktemp("empty") / "data") as system:
        place = Place(system, Visitors(system), Examples(system), browser)
        yield place
        place.close()


@contextmanager
def empty_system(data: Path) -> Iterator[System]:
    """A council without any past; STREETSCENE_TEST_EMPTY_SYSTEM names one that runs."""
    running_already = os.environ.get("STREETSCENE_TEST_EMPTY_SYSTEM")
    if running_already:
        url, folder = running_already.split("=")
        yield System(url, int(url.rpartition(":")[2]), Path(folder), None)
        return
    with running_system(data, demo=False) as system:
        yield system


@pytest.fixture(scope="module")
def apps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Flask]]:
    folder = tmp_path_factory.mktemp("apps")
    contexts = {service: make_context(service, folder / service, demo=True) for service in SERVICES}
    made = {service: part(service, "web").create_app(context) for service, context in contexts.items()}
    made["demonstration"] = create_controls(replace(make_settings(folder / "demo"), demo=True))
    yield made
    for app in made.values():
        app.extensions["streetscene"].store.close()


@pytest.fixture(scope="module")
def titles() -> dict[str, str]:
    """Whose each title is."""
    return {}


@pytest.fixture(scope="module")
def table(screenshots: Path | None) -> Iterator[list[tuple[State, list[str]]]]:
    """What axe found in each state; written beside the screenshots."""
    found: list[tuple[State, list[str]]] = []
    yield found
    if screenshots:
        (screenshots / "axe.md").write_text(axe_table(found), encoding="utf-8")


def axe_table(found: list[tuple[State, list[str]]]) -> str:
    """Return the table of pages and states with what axe found."""
    rows: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for state, violations in found:
        rules = ", ".join(sorted({violation.partition(":")[0] for violation in violations}))
        words = f"{state.name} **{len(violations)}** ({rules})" if violations else f"{state.name} 0"
        rows[(state.page.service, state.page.rule, state.page.visitor)].append(words)
    lines = ["| service | page | opened by | states, with axe’s violations |", "|---|---|---|---|"]
    lines += [
        f"| {service} | `{rule}` | {who} | {'; '.join(cells)} |" for (service, rule, who), cells in sorted(rows.items())
    ]
    total = sum(len(violations) for _, violations in found)
    return "\n".join([*lines, "", f"{len(rows)} pages, {len(found)} states, {total} violations."]) + "\n"


def routes(apps: dict[str, Flask], method: str) -> set[str]:
    """Return the routes that people use by a method."""
    return {
        rule.rule
        for app in apps.values()
        for rule in app.url_map.iter_rules()
        if method in (rule.methods or ()) and not rule.rule.startswith(MACHINES)
    }


def test_every_page_is_declared(apps):
    declared = {page.rule for page in PAGES}

    assert routes(apps, "GET") - set(NOT_PAGES) - declared == set()
    assert (declared | set(NOT_PAGES)) - routes(apps, "GET") == set()


def test_every_form_is_sent_or_has_nothing_to_fill_in(apps):
    sent = {state.sent.to for state in STATES if state.sent}

    assert routes(apps, "POST") - NOTHING_TO_FILL_IN - sent == set()
    assert routes(apps, "POST") >= NOTHING_TO_FILL_IN


@pytest.mark.parametrize("state", STATES, ids=str)
def test_a_page_is_sound_in_each_of_its_states(state, request, titles, table, screenshots):
    place: Place = request.getfixturevalue("empty" if state.is_empty_system else "filled")
    address = state.address.format(**place.examples)
    sent = state.sent and replace(
        state.sent,
        fill={name: value.format(**place.examples) for name, value in state.sent.fill.items()},
        holds=state.sent.holds.format(**place.examples),
    )

    tab = place.tab(state.page.visitor, javascript=True)
    answer = tab.open(address, sent)
    page = tab.page
    wrong = [] if answer.status == state.status else [f"status {answer.status}"]
    wrong += looking.wrong_with_head(page, titles, state)
    if state.is_error:
        wrong += looking.wrong_with_errors(page, has_script=True)
    heading = page.locator("h1").first.inner_text()
    if screenshots:
        take_pictures(tab, state, screenshots)
    violations = looking.axe_violations(page)
    table.append((state, violations))
    wrong += violations
    # An empty page has no stop that the same page has not when it is filled.
    wrong += [] if state.is_empty_system else looking.wrong_by_keyboard(page)
    wrong += looking.wrong_with_width(page)
    wrong += tab.console(is_refused=state.status >= 400)

    if state.sent is None or state.is_error:
        plain = place.tab(state.page.visitor, javascript=False)
        answer = plain.open(address, sent)
        wrong += [] if answer.status == state.status else [f"status {answer.status} without JavaScript"]
        wrong += looking.wrong_without_script(plain.page, heading)
        if state.is_error:
            wrong += looking.wrong_with_errors(plain.page, has_script=False)

    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("role", ROLES)
def test_no_link_is_dead_and_nothing_is_offered_that_the_role_may_not_open(filled, apps, role):
    crawl = Crawl(filled.visitors[role], apps, role)

    crawl.walk()

    assert not crawl.wrong, "\n".join(crawl.wrong)
    assert len(crawl.opened) > (3 if role == "wall-viewer" else 5)


def take_pictures(tab: Looker, state: State, folder: Path) -> None:
    """Save the page at phone and desktop width."""
    name = re.sub(
        r"[^a-z0-9]+", "-", f"{state.page.service} {state.page.rule} {state.page.visitor} {state.name}".lower()
    )
    if state.page.rule.endswith("<table>/new"):
        name += "-" + state.address.split("/")[-2]
    if state.page.rule.endswith(("<slug>", "<name>", ":step>")):
        name += "-" + state.address.partition("?")[0].rpartition("/")[2]
    for width in (PHONE_WIDTH, WIDE["width"]):
        tab.page.set_viewport_size({"width": width, "height": 900})
        tab.page.screenshot(path=folder / f"{name.strip('-')}-{width}.png", full_page=True)
