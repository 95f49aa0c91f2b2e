from collections.abc import Callable
from dataclasses import replace

from flask.testing import FlaskClient

from shared.service import ServiceContext
from shared.web.security import Standing
from tests.unit.shared.web.conftest import make_app


def directives(header: str) -> dict[str, str]:
    return dict(part.strip().split(" ", 1) for part in header.split(";"))


def test_no_inline_script_or_style_and_no_other_origin_is_allowed(client: FlaskClient) -> None:
    found = directives(client.get("/public").headers["Content-Security-Policy"])

    assert found["default-src"] == "'none'"
    assert found["script-src"] == found["style-src"] == found["connect-src"] == found["form-action"] == "'self'"
    assert found["frame-ancestors"] == found["base-uri"] == "'none'"
    assert "unsafe" not in str(found)


def test_every_answer_carries_the_security_headers(client: FlaskClient) -> None:
    for path in ("/public", "/nowhere", "/api/accounts/v1/openapi.json", "/health/live", "/raise/defect"):
        headers = client.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert "Content-Security-Policy" in headers
        assert "Strict-Transport-Security" not in headers


def test_over_https_cookies_are_secure_and_bound_to_the_host(ctx: ServiceContext) -> None:
    app = make_app(replace(ctx, settings=replace(ctx.settings, public_url="https://streets.council.example")))

    answer = app.test_client().get("/public", base_url="https://streets.council.example")

    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-streetscene-session=")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= {part.strip() for part in cookie.split(";")}
    assert "Strict-Transport-Security" in answer.headers


def test_addresses_are_taken_from_proxies_only_where_these_are_trusted(ctx: ServiceContext) -> None:
    headers = {"X-Forwarded-For": "203.0.113.9"}
    behind = make_app(replace(ctx, settings=replace(ctx.settings, trusted_proxies=1)))

    assert make_app(ctx).test_client().get("/args", headers=headers).json == {"address": "127.0.0.1"}
    assert behind.test_client().get("/args", headers=headers).json == {"address": "203.0.113.9"}


def test_what_a_view_has_set_itself_stays_and_stays_alone() -> None:
    own = [("x-frame-options", "SAMEORIGIN"), ("Content-Type", "text/plain")]
    answered: list[list[tuple[str, str]]] = []

    def app(_environ: object, start_response: Callable[..., object]) -> list[bytes]:
        start_response("200 OK", own)
        return [b"ok"]

    standing = Standing(app, {"X-Frame-Options": "DENY", "Referrer-Policy": "same-origin"})

    assert list(standing({}, lambda _status, headers: answered.append(headers))) == [b"ok"]
    assert answered == [[*own, ("Referrer-Policy", "same-origin")]]
    assert own == [("x-frame-options", "SAMEORIGIN"), ("Content-Type", "text/plain")]


def test_a_program_without_a_cookie_is_given_none(client: FlaskClient) -> None:
    headers = client.get("/api/accounts/v1/openapi.json").headers

    assert "Set-Cookie" not in headers
    assert "Vary" not in headers
