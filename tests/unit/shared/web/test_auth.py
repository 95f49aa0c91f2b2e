from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from shared.clock import machine_now
from shared.contracts.accounts import UserChangedV1
from shared.contracts.envelope import Cause, Event, make_event
from shared.errors import ConfigError
from shared.service import ServiceContext
from shared.web.auth import PUBLIC, cookie_name, policy_of, roles, views_without_policy
from shared.web.deny import on_user_changed
from shared.web.identity import BEARER, COOKIE
from tests.unit.shared.web.conftest import ADMIN, OFFICER, SUPERVISOR, WALL, SignIn, bearer, csrf_token, signed


def changed(user_id: str, *, active: bool = True, sequence: int = 1, **moved: Any) -> Event:
    state = {"user_id": user_id, "active": active, "refuse_before": machine_now() + timedelta(**moved)}
    return make_event(
        UserChangedV1.fact(), subject=user_id, sequence=sequence, state=state, time=machine_now(), cause=Cause()
    )


def test_a_view_without_a_policy_answers_nobody(client: FlaskClient, sign_in: SignIn) -> None:
    assert client.get("/forgotten").status_code == 500
    assert sign_in(ADMIN).get("/forgotten").status_code == 500


def test_views_without_a_policy_are_found(app: Flask) -> None:
    assert views_without_policy(app) == ["GET /forgotten"]


def test_the_public_is_sent_to_sign_in_and_back(client: FlaskClient) -> None:
    answer = client.get("/board?state=open&page=2")

    assert answer.status_code == 303
    assert answer.location == "/accounts/sign-in?next=%2Fboard%3Fstate%3Dopen%26page%3D2"


def test_the_public_is_refused_by_the_api_in_json(client: FlaskClient) -> None:
    answer = client.post("/api/accounts/v1/numbers", json={"n": 1})

    assert answer.status_code == 401
    assert answer.content_type == "application/problem+json"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    ("user", "path", "status"),
    [
        (SUPERVISOR, "/board", 200),
        (ADMIN, "/board", 200),
        (OFFICER, "/board", 403),
        (WALL, "/board", 403),
        (OFFICER, "/any-staff", 200),
        (WALL, "/any-staff", 403),
        (WALL, "/signed-in", 200),
        (OFFICER, "/mine/u-officer", 200),
        (OFFICER, "/mine/u-supervisor", 403),
    ],
)
def test_roles_decide_who_may_see_a_page(sign_in: SignIn, user: Any, path: str, status: int) -> None:
    assert sign_in(user).get(path).status_code == status


def test_a_bearer_token_works_on_the_api_and_looks_at_pages(client: FlaskClient, ctx: ServiceContext) -> None:
    headers = bearer(ctx, SUPERVISOR)

    assert client.post("/api/accounts/v1/numbers", json={"n": 1}, headers=headers).status_code == 200
    assert client.get("/board", headers=headers).status_code == 200
    assert client.get("/board", headers=bearer(ctx, OFFICER)).status_code == 403
    assert client.get("/board", headers={"Authorization": "Bearer nonsense"}).status_code == 401
    assert client.get("/public", headers={"Authorization": "Bearer nonsense"}).status_code == 200


def test_a_bearer_token_sends_no_form(client: FlaskClient, ctx: ServiceContext) -> None:
    data = {"csrf_token": csrf_token(client)}

    assert client.post("/board", data=data, headers=bearer(ctx, SUPERVISOR)).status_code == 303
    assert client.post("/public", headers=bearer(ctx, SUPERVISOR)).status_code == 400


def test_a_cookie_is_not_a_bearer_token_nor_the_other_way_round(
    app: Flask, client: FlaskClient, ctx: ServiceContext
) -> None:
    cookie = {"Authorization": f"Bearer {signed(ctx, SUPERVISOR, COOKIE)}"}
    assert client.get("/board", headers=cookie).status_code == 401
    client.set_cookie(cookie_name(app), signed(ctx, SUPERVISOR, BEARER))

    assert client.get("/board").status_code == 303
    assert client.post("/api/accounts/v1/numbers", json={"n": 1}, headers=cookie).status_code == 401


def test_a_wrong_bearer_token_is_refused_even_where_none_is_needed(client: FlaskClient) -> None:
    answer = client.get("/api/accounts/v1/openapi.json", headers={"Authorization": "Bearer nonsense"})

    assert answer.status_code == 401


@pytest.mark.parametrize(
    "change", [lambda token: token[:-4] + "AAAA", lambda token: token + "x", lambda _: "", lambda t: t[5:]]
)
def test_a_cookie_that_was_tampered_with_is_nobody(
    app: Flask, client: FlaskClient, ctx: ServiceContext, change: Any
) -> None:
    client.set_cookie(cookie_name(app), change(signed(ctx, SUPERVISOR, COOKIE)))

    assert client.get("/board").status_code == 303


def test_a_cookie_signed_with_another_key_is_nobody(
    app: Flask, client: FlaskClient, ctx: ServiceContext, tmp_path: Any
) -> None:
    from dataclasses import replace

    from shared.web.keys import ensure_keys

    other = replace(ctx, settings=replace(ctx.settings, secret_key_file=tmp_path / "other" / "secret.key"))
    ensure_keys(other.settings)
    client.set_cookie(cookie_name(app), signed(other, SUPERVISOR, COOKIE))

    assert client.get("/board").status_code == 303


def test_an_unsigned_token_is_nobody(app: Flask, client: FlaskClient) -> None:
    import jwt

    claims = {"aud": "streetscene", "use": "cookie", "sub": "x", "roles": ["admin"], "iat": 1, "exp": 9_999_999_999}
    client.set_cookie(cookie_name(app), jwt.encode(claims, None, algorithm="none"))

    assert client.get("/board").status_code == 303


def test_a_cookie_expires(sign_in: SignIn) -> None:
    old = sign_in(SUPERVISOR, at=machine_now() - timedelta(hours=2), lifetime=timedelta(hours=1))

    assert old.get("/board").status_code == 303


def test_a_user_who_was_switched_off_is_refused(sign_in: SignIn, ctx: ServiceContext) -> None:
    on_user_changed(ctx, changed(SUPERVISOR.id, active=False))

    assert sign_in(SUPERVISOR).get("/board").status_code == 303


def test_a_refused_cookie_is_taken_away_so_that_sign_in_does_not_send_it_back(
    sign_in: SignIn, ctx: ServiceContext, app: Flask
) -> None:
    client = sign_in(SUPERVISOR)
    on_user_changed(ctx, changed(SUPERVISOR.id, active=False))

    assert client.get("/board").status_code == 303
    assert client.get_cookie(cookie_name(app)) is None


def test_what_was_signed_before_a_change_is_refused_and_what_comes_after_is_not(
    sign_in: SignIn, ctx: ServiceContext
) -> None:
    on_user_changed(ctx, changed(SUPERVISOR.id, minutes=-1))

    assert sign_in(SUPERVISOR, at=machine_now() - timedelta(minutes=2)).get("/board").status_code == 303
    assert sign_in(SUPERVISOR).get("/board").status_code == 200


def test_a_revoked_credential_is_refused_by_its_own_id(client: FlaskClient, ctx: ServiceContext) -> None:
    from dataclasses import replace

    program = replace(SUPERVISOR, credential_id="c-token")
    on_user_changed(ctx, changed("c-token", active=False))

    assert client.post("/api/accounts/v1/numbers", json={"n": 1}, headers=bearer(ctx, program)).status_code == 401
    assert client.post("/api/accounts/v1/numbers", json={"n": 1}, headers=bearer(ctx, SUPERVISOR)).status_code == 200


def test_the_deny_list_is_asked_once_in_two_seconds(sign_in: SignIn, ctx: ServiceContext, app: Flask) -> None:
    browser = sign_in(SUPERVISOR)
    browser.get("/board")
    on_user_changed(ctx, changed(SUPERVISOR.id, active=False))

    assert browser.get("/board").status_code == 200

    known = app.extensions["streetscene_deny"]._known
    known[SUPERVISOR.id] = (known[SUPERVISOR.id][0] - 3, known[SUPERVISOR.id][1])
    assert browser.get("/board").status_code == 303


def test_an_unknown_role_is_a_mistake_of_ours() -> None:
    with pytest.raises(ConfigError, match="gardener"):
        roles("gardener")


def test_health_metrics_assets_and_the_description_of_the_api_are_public(app: Flask, client: FlaskClient) -> None:
    for path in ("/health/live", "/health/ready", "/metrics", "/api/accounts/v1/openapi.json"):
        assert client.get(path).status_code == 200
    assert policy_of(app, "assets.static_file", "GET") is PUBLIC


def test_a_page_for_a_user_is_not_kept_by_the_browser(client: FlaskClient, sign_in: SignIn) -> None:
    assert sign_in(SUPERVISOR).get("/board").headers["Cache-Control"] == "no-store"
    assert client.get("/public").headers["Cache-Control"] == "private, no-cache"
