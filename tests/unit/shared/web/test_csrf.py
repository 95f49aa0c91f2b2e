import pytest
from flask.testing import FlaskClient

from shared.service import ServiceContext
from tests.unit.shared.web.conftest import SUPERVISOR, SignIn, bearer, csrf_token, make_app


def test_a_form_without_a_token_is_refused(client: FlaskClient) -> None:
    answer = client.post("/public")

    assert answer.status_code == 400
    assert "open for too long" in answer.get_data(as_text=True)


def test_an_anonymous_resident_may_send_a_form_with_its_token(client: FlaskClient) -> None:
    assert client.post("/public", data={"csrf_token": csrf_token(client)}).status_code == 200


def test_a_token_of_another_browser_is_refused(client: FlaskClient, sign_in: SignIn) -> None:
    others = csrf_token(sign_in(SUPERVISOR))
    csrf_token(client)

    assert client.post("/public", data={"csrf_token": others}).status_code == 400


def test_a_token_holds_in_every_app_of_the_origin(client: FlaskClient, ctx: ServiceContext) -> None:
    token = csrf_token(client)
    elsewhere = make_app(ctx).test_client()
    session = client.get_cookie("streetscene-session")
    assert session is not None
    elsewhere.set_cookie(session.key, session.value)

    assert elsewhere.post("/public", data={"csrf_token": token}).status_code == 200


def test_the_api_asks_a_signed_in_browser_for_a_token(sign_in: SignIn) -> None:
    browser = sign_in(SUPERVISOR)
    token = csrf_token(browser)

    assert browser.post("/api/accounts/v1/numbers", json={"n": 1}).status_code == 400
    headers = {"X-CSRFToken": token}
    assert browser.post("/api/accounts/v1/numbers", json={"n": 1}, headers=headers).status_code == 200


def test_a_bearer_token_needs_no_csrf_token(client: FlaskClient, ctx: ServiceContext) -> None:
    answer = client.post("/api/accounts/v1/numbers", json={"n": 1}, headers=bearer(ctx, SUPERVISOR))

    assert answer.status_code == 200


@pytest.mark.parametrize("scheme", ["bearer", "BEARER"])
def test_a_bearer_header_does_not_excuse_a_page_from_the_token(sign_in: SignIn, scheme: str) -> None:
    assert sign_in(SUPERVISOR).post("/board", headers={"Authorization": f"{scheme} x"}).status_code == 400


def test_a_view_that_ignores_cookies_needs_no_token(sign_in: SignIn) -> None:
    assert sign_in(SUPERVISOR).post("/own-key").status_code == 200
