"""What the browser tests stand on: a running demonstration, and Debian's Chromium at phone and desktop width."""

import os
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.servers.system import System, running_system

PHONE = {"width": 360, "height": 740}
DESKTOP = {"width": 1280, "height": 900}
EITHER_WAY = pytest.mark.parametrize(
    ("viewport", "javascript"),
    [
        pytest.param(PHONE, False, id="phone-no-scripts"),
        pytest.param(DESKTOP, True, id="desktop-scripts"),
        pytest.param(PHONE, True, id="phone-scripts", marks=pytest.mark.full),
        pytest.param(DESKTOP, False, id="desktop-no-scripts", marks=pytest.mark.full),
    ],
)
"""Both widths, and with scripts and without; every pair in `make proof`."""

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium() -> str | None:
    """Return the path of Debian's Chromium, None where there is none.

    Its build without a window is taken where there is one: the same pages for two thirds of the processor's time.
    """
    return shutil.which("chromium-headless-shell") or shutil.which("chromium")


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> System:
    """A demonstration with its past, for all browser tests of a run; STREETSCENE_TEST_SYSTEM names one that runs."""
    running_already = os.environ.get("STREETSCENE_TEST_SYSTEM")
    if running_already:
        url, data = running_already.split("=")
        yield System(url, int(url.rpartition(":")[2]), Path(data), None)
        return
    past = request.getfixturevalue("past")
    with running_system(tmp_path_factory.mktemp("e2e") / "data", demo=True, past=past) as running:
        yield running


@pytest.fixture(scope="session")
def council(tmp_path_factory: pytest.TempPathFactory) -> System:
    """A council without any past, for the tests of launcher, commands and health, which need no browser."""
    with running_system(tmp_path_factory.mktemp("council") / "data", demo=False) as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Browser:
    """Debian's Chromium; without it these tests are skipped, and with CI=true they fail."""
    executable = chromium()
    if executable is None:
        message = "Chromium is not installed: apt-get install chromium (the browser tests need it)"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_FLAGS)
        yield launched
        launched.close()


@pytest.fixture
def new_page(browser: Browser, system: System):
    """Return a function that opens a page: `new_page(PHONE)`, `new_page(DESKTOP, javascript=False)`."""
    contexts = []

    def open_page(viewport: dict, *, javascript: bool = True, **options) -> Page:
        context = browser.new_context(
            viewport=viewport, java_script_enabled=javascript, base_url=system.url, locale="en-GB", **options
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.problems = []
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.on("console", lambda message: message.type == "error" and page.problems.append(message.text))
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def screenshots() -> Path | None:
    """Where screenshots go when STREETSCENE_SCREENSHOTS names a folder; otherwise nowhere."""
    folder = os.environ.get("STREETSCENE_SCREENSHOTS")
    if not folder:
        return None
    Path(folder).mkdir(parents=True, exist_ok=True)
    return Path(folder)
