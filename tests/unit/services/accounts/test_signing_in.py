from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from services.accounts import handlers, store
from services.accounts.web import create_app
from services.accounts.web.signing_in import own_path
from shared.clock import machine_now
from shared.service import ServiceContext
from tests.unit.services.accounts.conftest import Credentials, SignIn, deliver, person, send


def who(client: FlaskClient) -> Any:
    return client.get("/api/accounts/v1/me").json


@pytest.mark.parametrize(
    ("role", "start"),
    [
        ("supervisor", "/dispatch"),
        ("officer", "/enforcement"),
        ("waste-officer", "/tonnage"),
        ("councillor", "/area"),
        ("admin", "/accounts/users"),
    ],
)
def test_staff_sign_in_and_start_where_they_work(
    client: FlaskClient, credentials: Credentials, role: str, start: str
) -> None:
    user = person(credentials, role)

    answer = send(client, "/accounts/sign-in", {"email": user["email"].upper(), "password": user["password"]})

    assert (answer.status_code, answer.location) == (303, start)
    assert who(client)["roles"] == [role]


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(
    client: FlaskClient, credentials: Credentials
) -> None:
    user = person(credentials, "manager")

    answer = send(client, "/accounts/sign-in", {"email": user["email"], "password": user["password"]})

    cookie = next(header for header in answer.headers.getlist("Set-Cookie") if header.startswith("streetscene-user="))
    assert {"HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=43200"} <= {part.strip() for part in cookie.split(";")}


def test_an_unknown_address_and_a_wrong_password_look_the_same(client: FlaskClient, credentials: Credentials) -> None:
    known = send(client, "/accounts/sign-in", {"email": person(credentials, "officer")["email"], "password": "wrong"})
    unknown = send(client, "/accounts/sign-in", {"email": "nobody@council.example", "password": "wrong"})

    assert known.status_code == unknown.status_code == 400
    for answer in (known, unknown):
        page = answer.get_data(as_text=True)
        assert handlers.WRONG.removesuffix(".") in page
        assert "<title>Error: " in page
        assert 'value="wrong"' not in page


def test_missing_answers_are_asked_for(client: FlaskClient, credentials: Credentials) -> None:
    page = send(client, "/accounts/sign-in", {}).get_data(as_text=True)

    assert 'href="#email"' in page
    assert 'href="#password"' in page


def test_after_five_wrong_passwords_the_right_one_has_to_wait(
    ctx: ServiceContext, client: FlaskClient, credentials: Credentials, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = person(credentials, "officer")
    for _ in range(5):
        send(client, "/accounts/sign-in", {"email": user["email"], "password": "wrong"})

    refused = send(client, "/accounts/sign-in", {"email": user["email"], "password": user["password"]})
    monkeypatch.setattr(handlers, "machine_now", lambda: machine_now() + timedelta(minutes=1))
    accepted = send(client, "/accounts/sign-in", {"email": user["email"], "password": user["password"]})

    assert "too many wrong tries" in refused.get_data(as_text=True)
    assert accepted.status_code == 303


def test_an_account_that_is_switched_off_signs_nobody_in(
    ctx: ServiceContext, client: FlaskClient, credentials: Credentials
) -> None:
    user = person(credentials, "officer")
    account = store.accounts(ctx.store).find_one({"email": user["email"]})
    assert account is not None
    handlers.switch(ctx, account.id, is_active=False, by=None)

    answer = send(client, "/accounts/sign-in", {"email": user["email"], "password": user["password"]})

    assert answer.status_code == 400


@pytest.mark.parametrize("path", ["/dispatch", "/operations/follow/FT-7K3MQ2XA?x=1", "/"])
def test_after_signing_in_one_goes_on_to_the_page_one_wanted(
    client: FlaskClient, credentials: Credentials, path: str
) -> None:
    user = person(credentials, "supervisor")
    form = {"email": user["email"], "password": user["password"], "next": path}

    assert send(client, "/accounts/sign-in", form).location == path


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "evil.example",
        " /dispatch",
        "",
        None,
    ],
)
def test_nobody_is_sent_to_another_site(client: FlaskClient, credentials: Credentials, wanted: str | None) -> None:
    user = person(credentials, "officer")
    form = {"email": user["email"], "password": user["password"], "next": wanted or ""}

    assert own_path(wanted) is None
    assert send(client, "/accounts/sign-in", form).location == "/enforcement"


def test_a_crew_signs_its_phone_in_with_a_code(client: FlaskClient, credentials: Credentials) -> None:
    crew = person(credentials, "crew")

    answer = send(client, "/accounts/shift", {"code": crew["shift_code"].lower().replace("-", " ")})

    assert (answer.status_code, answer.location) == (303, "/crew")
    assert who(client)["scopes"]["crew_id"] == crew["crew_id"]


def test_opening_the_link_of_a_code_signs_nobody_in_but_its_button_does(
    client: FlaskClient, credentials: Credentials
) -> None:
    crew = person(credentials, "crew")
    link = f"/accounts/shift/{crew['shift_code'].replace('-', '')}"

    client.get(link)
    assert who(client)["status"] == 401
    code = crew["shift_code"].replace("-", "")
    assert f'name="code" value="{code}"' in client.get(link).get_data(as_text=True)
    send(client, link, {"code": code}, to="/accounts/shift")

    assert who(client)["roles"] == ["crew"]


@pytest.mark.parametrize("code", ["0000-0000", "", "x" * 41])
def test_a_wrong_code_is_refused(client: FlaskClient, credentials: Credentials, code: str) -> None:
    assert send(client, "/accounts/shift", {"code": code}).status_code == 400


def test_a_code_of_yesterday_is_refused(ctx: ServiceContext, client: FlaskClient, monkeypatch: Any) -> None:
    _, code = handlers.issue_shift_code(ctx, crew_id=ctx.council.crews[0].id, hours=8)
    monkeypatch.setattr(handlers, "machine_now", lambda: machine_now() + timedelta(hours=9))

    assert send(client, "/accounts/shift", {"code": code}).status_code == 400


def test_a_wall_link_opens_the_wall_until_it_is_revoked(
    ctx: ServiceContext, app: Flask, credentials: Credentials
) -> None:
    path = person(credentials, "wall-viewer")["link"].removeprefix(ctx.settings.public_url)
    screen, other = app.test_client(), app.test_client()
    assert screen.get(path).location == "/operations"
    identity = who(screen)
    assert identity["roles"] == ["wall-viewer"]

    handlers.revoke(ctx, identity["id"])
    deliver(ctx, app)

    assert who(screen)["status"] == 401
    assert other.get(path).status_code == 404


def test_a_wall_link_leaves_a_member_of_staff_as_who_they_are(
    ctx: ServiceContext, sign_in: SignIn, credentials: Credentials
) -> None:
    browser = sign_in("manager")

    browser.get(person(credentials, "wall-viewer")["link"].removeprefix(ctx.settings.public_url))

    assert who(browser)["roles"] == ["manager"]


def test_a_shift_code_is_no_wall_link(client: FlaskClient, credentials: Credentials) -> None:
    code = person(credentials, "crew")["shift_code"].replace("-", "")

    assert client.get(f"/accounts/wall/{code}").status_code == 404


def test_signing_out_takes_the_identity_away(sign_in: SignIn) -> None:
    browser = sign_in("officer")

    answer = send(browser, "/accounts/me", {}, to="/accounts/sign-out")

    assert answer.location == "/accounts/sign-in"
    assert who(browser)["status"] == 401
    assert "You have signed out." in browser.get("/accounts/sign-in").get_data(as_text=True)


def test_signing_out_needs_a_form_of_ours(sign_in: SignIn) -> None:
    browser = sign_in("officer")

    assert browser.post("/accounts/sign-out").status_code == 400
    assert who(browser)["roles"] == ["officer"]


def test_changing_the_password_ends_other_sessions_and_keeps_this_one(
    ctx: ServiceContext, app: Flask, sign_in: SignIn, credentials: Credentials
) -> None:
    here, elsewhere = sign_in("officer"), sign_in("officer")
    current = person(credentials, "officer")["password"]

    answer = send(
        here,
        "/accounts/me",
        {"current_password": current, "new_password": "teapot gravel lantern"},
        to="/accounts/me/password",
    )
    deliver(ctx, app)

    assert answer.status_code == 303
    assert who(here)["roles"] == ["officer"]
    assert who(elsewhere)["status"] == 401


@pytest.mark.parametrize(
    ("current", "new", "message"),
    [
        ("wrong", "teapot gravel lantern", "Your current password is wrong"),
        (None, "short", "12 characters or more"),
        (None, "", "Enter a new password"),
    ],
)
def test_a_password_is_not_changed_without_the_old_one_and_a_good_new_one(
    sign_in: SignIn, credentials: Credentials, current: str | None, new: str, message: str
) -> None:
    browser = sign_in("officer")
    data = {"current_password": current or person(credentials, "officer")["password"], "new_password": new}

    answer = send(browser, "/accounts/me", data, to="/accounts/me/password")

    assert answer.status_code == 400
    assert message in answer.get_data(as_text=True)


def test_signing_out_everywhere_ends_every_session(ctx: ServiceContext, app: Flask, sign_in: SignIn) -> None:
    here, elsewhere = sign_in("manager"), sign_in("manager")

    send(here, "/accounts/me", {}, to="/accounts/me/sign-out-everywhere")
    deliver(ctx, app)

    assert who(here)["status"] == who(elsewhere)["status"] == 401


def test_sign_ins_are_recorded_by_ids_and_never_by_what_was_typed(
    ctx: ServiceContext, client: FlaskClient, credentials: Credentials
) -> None:
    officer = person(credentials, "officer")
    send(client, "/accounts/sign-in", {"email": "typo@council.example", "password": "hunter2hunter2"})
    send(client, "/accounts/sign-in", {"email": officer["email"], "password": "hunter2hunter2"})
    send(client, "/accounts/sign-in", {"email": officer["email"], "password": officer["password"]})

    records, _ = store.recent_sign_ins(ctx.store, limit=10, after=None)

    assert [record["accepted"] for record in records] == [True, False, False]
    assert records[2]["user_id"] is None
    assert "typo" not in str(records)
    assert "hunter2" not in str(records)


def test_the_record_of_sign_ins_is_forgotten_after_a_year(
    ctx: ServiceContext, client: FlaskClient, credentials: Credentials, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(client, "/accounts/sign-in", {"email": "typo@council.example", "password": "hunter2hunter2"})

    handlers.forget_old_sign_ins(ctx)
    assert len(store.recent_sign_ins(ctx.store, limit=10, after=None)[0]) == 1
    monkeypatch.setattr(handlers, "machine_now", lambda: machine_now() + timedelta(days=366))
    handlers.forget_old_sign_ins(ctx)

    assert store.recent_sign_ins(ctx.store, limit=10, after=None)[0] == []


def test_sign_in_is_limited_by_address(ctx: ServiceContext, credentials: Credentials) -> None:
    from dataclasses import replace

    limited = create_app(replace(ctx, settings=replace(ctx.settings, rate_limit_factor=1))).test_client()
    form = {"email": "nobody@council.example", "password": "wrong"}

    statuses = [send(limited, "/accounts/sign-in", form).status_code for _ in range(11)]

    assert statuses == [400] * 10 + [429]
