"""A member of staff signs in with the council's identity provider, on a phone, in a real browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e import looking
from tests.e2e.conftest import PHONE
from tests.servers.oidc import CLIENT_ID, CLIENT_SECRET, OidcProvider, oidc_provider
from tests.servers.system import System, running_system

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def provider() -> Iterator[OidcProvider]:
    with oidc_provider() as running:
        yield running


@pytest.fixture(scope="module")
def system(provider: OidcProvider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A council without any past, whose staff sign in with the provider."""
    folder: Path = tmp_path_factory.mktemp("oidc")
    (folder / "secret").write_text(CLIENT_SECRET)
    with running_system(
        folder / "data",
        demo=False,
        STREETSCENE_OIDC_ISSUER=provider.issuer,
        STREETSCENE_OIDC_CLIENT_ID=CLIENT_ID,
        STREETSCENE_OIDC_CLIENT_SECRET_FILE=str(folder / "secret"),
    ) as running:
        yield running


@pytest.fixture(params=[True, False], ids=["scripts", "no-scripts"])
def phone(request: pytest.FixtureRequest, browser: Browser, system: System, provider: OidcProvider) -> Iterator[Page]:
    """A phone's browser, with scripts and without."""
    provider.reset()
    context = browser.new_context(
        viewport=PHONE, java_script_enabled=request.param, base_url=system.url, locale="en-GB"
    )
    yield context.new_page()
    context.close()


def sign_in(page: Page) -> None:
    """Go to the provider and press its button."""
    page.get_by_role("button", name="Sign in with your council account").click()
    expect(page.get_by_role("heading", name="Council account")).to_be_visible()
    page.get_by_role("button", name="Sign in").click()


def check(page: Page) -> None:
    """Nothing on the page is wrong by axe or scrolls sideways."""
    assert looking.wrong_with_width(page) == []
    page.set_viewport_size(PHONE)
    if page.evaluate("document.documentElement.classList.contains('js-enabled')"):
        assert looking.axe_violations(page) == []


def test_staff_go_to_the_provider_and_come_back_to_the_page_they_wanted(phone: Page, system: System) -> None:
    phone.goto("/dispatch?only=held")
    check(phone)

    sign_in(phone)

    expect(phone).to_have_url(f"{system.url}/dispatch?only=held")
    expect(phone.get_by_role("link", name="Ada Mersey")).to_be_visible()
    phone.goto("/accounts/me")
    check(phone)
    phone.get_by_role("button", name="Sign out", exact=True).click()
    expect(phone.get_by_text("You have signed out.")).to_be_visible()


@pytest.mark.parametrize(
    ("misbehaves", "groups", "heading"),
    [
        (None, ["staff"], "Your account has no role in Streetscene yet"),
        ("error access_denied", ["staff"], "You did not finish signing in"),
        ("wrong nonce", ["staff"], "Your sign-in could not be checked"),
    ],
)
def test_whoever_is_not_signed_in_is_told_why_and_can_go_back(
    phone: Page, provider: OidcProvider, misbehaves: str | None, groups: list[str], heading: str
) -> None:
    provider.misbehaves, provider.person["groups"] = misbehaves, groups
    phone.goto("/accounts/sign-in")

    sign_in(phone)

    expect(phone.get_by_role("heading", name=heading)).to_be_visible()
    check(phone)
    phone.get_by_role("button", name="Go back to sign in").click()
    expect(phone.get_by_role("heading", name="Staff sign in")).to_be_visible()


def test_an_administrator_sees_where_somebody_signs_in(
    browser: Browser, system: System, provider: OidcProvider
) -> None:
    provider.reset()
    provider.person |= {"sub": "an administrator", "email": "cy@council.example", "groups": ["streetscene-admins"]}
    context = browser.new_context(viewport=PHONE, base_url=system.url, locale="en-GB")
    page = context.new_page()
    page.goto("/accounts/users")
    sign_in(page)

    page.get_by_role("link", name="Depot supervisor").first.click()
    page.get_by_role("button", name="Let them sign in with the identity provider").click()
    expect(page.get_by_text("may be linked at the next sign-in")).to_be_visible()
    check(page)
    page.goto("/accounts/sign-ins")
    expect(page.get_by_text("Identity provider").first).to_be_visible()
    context.close()
