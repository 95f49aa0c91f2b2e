"""Signing in with the council's identity provider, against a real one on this machine: there and back."""

import json
import logging
import time
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from services.accounts import discovery, handlers, joining, store
from services.accounts.domain.account import Account
from services.accounts.web import create_app
from services.accounts.web import provider as provider_module
from shared import checks
from shared.errors import ConfigError
from shared.logs import configure_logs
from shared.service import ServiceContext
from tests.integration.oidc.conftest import START, Apps, answer_of, path_of, sign_in, who
from tests.servers.oidc import CLIENT_ID, CLIENT_SECRET, PERSON, OidcProvider
from tests.unit.services.accounts.conftest import deliver, send

CALLBACK = "/accounts/oidc/callback"


def account_of(ctx: ServiceContext, provider: OidcProvider) -> Account | None:
    return store.accounts(ctx.store).find_one({"external_id": f"{provider.issuer}#{provider.person['sub']}"})


def tries(ctx: ServiceContext) -> list[tuple[str, bool, str | None]]:
    records, _ = store.recent_sign_ins(ctx.store, limit=100, after=None)
    return [(record["method"], record["accepted"], record["user_id"]) for record in records]


def events(ctx: ServiceContext) -> int:
    return ctx.store.log.last_position()


# --- it works -----------------------------------------


def test_the_first_sign_in_makes_an_account_with_the_role_of_the_group(
    ctx: ServiceContext, client: FlaskClient, provider: OidcProvider
) -> None:
    answer = sign_in(client, provider)

    account = account_of(ctx, provider)
    assert account is not None
    assert (answer.status_code, answer.location) == (303, "/dispatch")
    assert (account.email, account.name, account.password_hash) == (PERSON["email"], PERSON["name"], None)
    assert (account.roles, account.scopes) == (("supervisor",), {"depot_id": "north"})
    assert who(client) == {
        "id": account.id,
        "name": "Ada Mersey",
        "roles": ["supervisor"],
        "scopes": {"depot_id": "north"},
    }
    assert tries(ctx) == [("oidc", True, account.id)]


def test_the_cookie_is_the_one_that_every_other_door_gives(client: FlaskClient, provider: OidcProvider) -> None:
    answer = sign_in(client, provider)

    cookie = next(header for header in answer.headers.getlist("Set-Cookie") if header.startswith("streetscene-user="))
    assert {"HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=43200"} <= {part.strip() for part in cookie.split(";")}


def test_what_is_asked_for_is_bound_to_this_browser_and_comes_back_here(
    client: FlaskClient, provider: OidcProvider
) -> None:
    begun, again = (parse_qs(urlsplit(client.get(START).location).query) for _ in range(2))

    assert begun["redirect_uri"] == [f"http://localhost{CALLBACK}"]
    assert (begun["response_type"], begun["code_challenge_method"]) == (["code"], ["S256"])
    assert (begun["client_id"], begun["scope"]) == ([CLIENT_ID], ["openid profile email"])
    assert all(begun[name] != again[name] for name in ("state", "nonce", "code_challenge"))


@pytest.mark.parametrize("misbehaves", ["takes the secret in a header", None])
def test_the_client_proves_itself_as_the_provider_takes_it(
    client: FlaskClient, provider: OidcProvider, misbehaves: str | None
) -> None:
    provider.misbehaves = misbehaves

    assert sign_in(client, provider).status_code == 303


def test_a_second_sign_in_finds_the_account_and_changes_nothing(
    ctx: ServiceContext, app: Flask, client: FlaskClient, provider: OidcProvider
) -> None:
    sign_in(client, provider)
    before = events(ctx)

    sign_in(app.test_client(), provider)
    deliver(ctx, app)

    assert events(ctx) == before
    assert len({user_id for _, _, user_id in tries(ctx)}) == 1
    assert who(client)["roles"] == ["supervisor"]


def test_roles_follow_the_groups_and_end_what_was_signed_before_but_not_the_new_session(
    ctx: ServiceContext, app: Flask, client: FlaskClient, provider: OidcProvider
) -> None:
    sign_in(client, provider)
    before, elsewhere = events(ctx), app.test_client()

    provider.person |= {"groups": ["streetscene-managers", "streetscene-officers"], "name": "Ada M."}
    sign_in(elsewhere, provider)
    deliver(ctx, app)

    assert events(ctx) == before + 1
    assert who(client)["status"] == 401
    assert (who(elsewhere)["roles"], who(elsewhere)["name"]) == (["officer", "manager"], "Ada M.")
    assert who(elsewhere)["scopes"] == {}


@pytest.mark.parametrize(
    ("asked", "led_to"),
    [
        ("/dispatch/jobs/1?x=%20y", "/dispatch/jobs/1?x=%20y"),
        ("https://evil.example/", "/dispatch"),
        ("//evil.example/", "/dispatch"),
        ("/" + "x" * 600, "/dispatch"),
    ],
)
def test_one_goes_on_to_the_page_that_one_wanted_if_it_is_one_of_ours(
    client: FlaskClient, provider: OidcProvider, asked: str, led_to: str
) -> None:
    begun = client.get(START, query_string={"next": asked})

    assert client.get(path_of(provider.answered(begun.location))).location == led_to


def test_the_session_that_began_does_not_outlive_the_sign_in(client: FlaskClient, provider: OidcProvider) -> None:
    with client.session_transaction() as session:
        session["planted"] = "by somebody else"

    sign_in(client, provider)

    with client.session_transaction() as session:
        assert dict(session) == {}


def test_whoever_is_signed_in_is_not_sent_away(client: FlaskClient, provider: OidcProvider) -> None:
    back = answer_of(client, provider)
    client.get(back)

    assert client.get(f"{START}?next=/tonnage").location == "/tonnage"
    # Reload, and back: the answer is used up, and nobody is told of it.
    assert client.get(back).location == "/dispatch"


def test_a_browser_keeps_the_newest_sign_ins_that_it_began(client: FlaskClient, provider: OidcProvider) -> None:
    begun = [answer_of(client, provider) for _ in range(4)]

    with client.session_transaction() as session:
        assert len(session) == 3
    assert client.get(begun[0]).status_code == 400
    assert client.get(begun[1]).status_code == 303


def test_the_page_has_both_doors_or_the_provider_alone(app: Flask, app_with: Apps, provider: OidcProvider) -> None:
    both = app.test_client().get("/accounts/sign-in?next=/tonnage").get_data(as_text=True)
    alone = app_with(password_sign_in=False, oidc_label="Mersey ID").test_client()
    page = alone.get("/accounts/sign-in").get_data(as_text=True)

    assert 'href="/accounts/oidc/start?next=%2Ftonnage"' in both
    assert "Sign in with your council account" in both
    assert 'name="password"' in both
    assert "Sign in with Mersey ID" in page
    assert 'name="password"' not in page
    assert "/accounts/shift" in page


def test_where_passwords_are_off_none_is_accepted_but_codes_are(ctx: ServiceContext, app_with: Apps) -> None:
    client = app_with(password_sign_in=False).test_client()
    password = handlers.add_user_with_password(ctx, email="bo@council.example", role="admin", name="Bo")
    _, code = handlers.issue_shift_code(ctx, crew_id=ctx.council.crews[0].id, hours=8)

    refused = send(
        client, "/accounts/shift", {"email": "bo@council.example", "password": password}, "/accounts/sign-in"
    )

    assert refused.status_code == 403
    assert send(client, "/accounts/shift", {"code": code}).location == "/crew"


# --- who is not let in -----------------------------------------


@pytest.mark.parametrize("groups", [["staff"], [], None, {"streetscene-admins": True}])
def test_whom_no_group_gives_a_role_has_no_account(
    ctx: ServiceContext, client: FlaskClient, provider: OidcProvider, groups: object
) -> None:
    provider.person["groups"] = groups

    answer = sign_in(client, provider)

    page = answer.get_data(as_text=True)
    assert answer.status_code == 403
    assert "Your account has no role in Streetscene yet" in page
    assert "IT service desk" in page
    assert account_of(ctx, provider) is None
    assert who(client)["status"] == 401
    assert tries(ctx) == [("oidc", False, None)]


def test_whoever_leaves_all_groups_loses_the_sessions_they_have(
    ctx: ServiceContext, app: Flask, client: FlaskClient, provider: OidcProvider
) -> None:
    sign_in(client, provider)
    provider.person["groups"] = []

    answers = [sign_in(app.test_client(), provider) for _ in range(2)]
    deliver(ctx, app)

    account = account_of(ctx, provider)
    assert account is not None
    assert [answer.status_code for answer in answers] == [403, 403]
    assert (account.roles, account.is_active) == ((), True)
    assert who(client)["status"] == 401
    assert events(ctx) == 2
    provider.person["groups"] = PERSON["groups"]
    back = app.test_client()
    assert sign_in(back, provider).status_code == 303
    deliver(ctx, app)
    assert who(back)["roles"] == ["supervisor"]


def test_an_account_that_is_switched_off_stays_out(
    ctx: ServiceContext, app: Flask, client: FlaskClient, provider: OidcProvider
) -> None:
    sign_in(client, provider)
    account = account_of(ctx, provider)
    assert account is not None
    handlers.switch(ctx, account.id, is_active=False, by=None)

    answer = sign_in(app.test_client(), provider)

    assert answer.status_code == 403
    assert "Your account is switched off" in answer.get_data(as_text=True)
    assert tries(ctx)[0] == ("oidc", False, account.id)


@pytest.mark.parametrize(
    ("changes", "title"),
    [
        ({"email": None}, "Your account has no email address"),
        ({"email": "ada"}, "Your account has no email address"),
        ({"email_verified": False}, "Your email address is not confirmed"),
        ({"email_verified": "false"}, "Your email address is not confirmed"),
    ],
)
def test_an_unfit_address_is_refused(
    ctx: ServiceContext, client: FlaskClient, provider: OidcProvider, changes: dict[str, object], title: str
) -> None:
    provider.person |= changes

    answer = sign_in(client, provider)

    assert answer.status_code == 403
    assert title in answer.get_data(as_text=True)
    assert account_of(ctx, provider) is None


def test_an_address_that_is_in_use_is_never_linked_by_itself(
    ctx: ServiceContext, client: FlaskClient, provider: OidcProvider
) -> None:
    password = handlers.add_user_with_password(ctx, email=PERSON["email"], role="admin", name="Ada")

    answer = sign_in(client, provider)

    assert answer.status_code == 403
    assert "Your email address is in use here" in answer.get_data(as_text=True)
    assert account_of(ctx, provider) is None
    assert handlers.sign_in(ctx, email=PERSON["email"], password=password).user.roles == ("admin",)


def test_an_account_that_an_administrator_has_opened_is_linked_once_and_loses_its_password(
    ctx: ServiceContext, app: Flask, client: FlaskClient, provider: OidcProvider
) -> None:
    password = handlers.add_user_with_password(ctx, email=PERSON["email"], role="officer", name="Ada")
    admin_password = handlers.add_user_with_password(ctx, email="bo@council.example", role="admin", name="Bo")
    local = store.accounts(ctx.store).find_one({"email": PERSON["email"]})
    assert local is not None
    with_password, admin = app.test_client(), app.test_client()
    send(with_password, "/accounts/sign-in", {"email": PERSON["email"], "password": password})
    send(admin, "/accounts/sign-in", {"email": "bo@council.example", "password": admin_password})

    opened = send(admin, f"/accounts/users/{local.id}", {}, to=f"/accounts/users/{local.id}/link")
    sign_in(client, provider)
    deliver(ctx, app)

    linked = account_of(ctx, provider)
    assert linked is not None
    assert (opened.status_code, linked.id, linked.may_link) == (303, local.id, False)
    assert (linked.password_hash, linked.roles) == (None, ("supervisor",))
    assert who(with_password)["status"] == 401
    assert who(client)["id"] == local.id
    answer = send(app.test_client(), "/accounts/sign-in", {"email": PERSON["email"], "password": password})
    assert answer.status_code == 400
    provider.person["sub"] = "somebody else with the address"
    assert sign_in(app.test_client(), provider).status_code == 403


def test_nobody_opens_their_own_account(ctx: ServiceContext, app: Flask) -> None:
    password = handlers.add_user_with_password(ctx, email="bo@council.example", role="admin", name="Bo")
    own = store.accounts(ctx.store).find_one({"email": "bo@council.example"})
    assert own is not None
    admin = app.test_client()
    send(admin, "/accounts/sign-in", {"email": "bo@council.example", "password": password})

    answer = send(admin, f"/accounts/users/{own.id}", {}, to=f"/accounts/users/{own.id}/link")

    assert answer.status_code == 400
    assert "ask another administrator" in answer.get_data(as_text=True)
    assert "Let them sign in with" not in admin.get(f"/accounts/users/{own.id}").get_data(as_text=True)


def test_an_address_that_changes_to_one_in_use_is_refused_and_nothing_else_changes(
    ctx: ServiceContext, app: Flask, client: FlaskClient, provider: OidcProvider
) -> None:
    sign_in(client, provider)
    handlers.add_user_with_password(ctx, email="bo@council.example", role="admin", name="Bo")
    before = account_of(ctx, provider)

    provider.person |= {"email": "bo@council.example", "groups": ["streetscene-managers"]}
    answer = sign_in(app.test_client(), provider)

    assert answer.status_code == 403
    assert account_of(ctx, provider) == before


def test_an_administrator_sees_that_roles_come_from_groups_and_can_give_a_password_instead(
    ctx: ServiceContext, app: Flask, client: FlaskClient, provider: OidcProvider
) -> None:
    sign_in(client, provider)
    account = account_of(ctx, provider)
    assert account is not None
    password = handlers.add_user_with_password(ctx, email="bo@council.example", role="admin", name="Bo")
    admin, page = app.test_client(), f"/accounts/users/{account.id}"
    send(admin, "/accounts/sign-in", {"email": "bo@council.example", "password": password})

    shown = admin.get(page).get_data(as_text=True)
    own = client.get("/accounts/me").get_data(as_text=True)
    changed = send(admin, page, {"roles": ["admin"]}, to=f"{page}/roles")
    own_change = {"current_password": "x", "new_password": "teapot gravel lantern"}
    refused = send(client, "/accounts/me", own_change, to="/accounts/me/password")
    given = send(admin, page, {}, to=f"{page}/reset-password")

    assert "Roles come from their groups" in shown
    assert "Change roles" not in shown
    assert "Change password" not in own
    assert changed.status_code == 400
    assert "has no password here" in refused.get_data(as_text=True)
    assert given.status_code == 200
    assert account_of(ctx, provider) is None
    assert "Identity provider" in admin.get("/accounts/sign-ins").get_data(as_text=True)


def test_two_first_sign_ins_at_once_make_one_account(
    ctx: ServiceContext, client: FlaskClient, provider: OidcProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    look_up, other_tab = joining._linked_now, [{**PERSON, "iss": provider.issuer}]

    def slowly(*arguments: Any) -> Account | None:
        found = look_up(*arguments)
        if other_tab:
            joining.sign_in(ctx, other_tab.pop())
        return found

    monkeypatch.setattr(joining, "_linked_now", slowly)

    assert sign_in(client, provider).status_code == 303
    assert len(tries(ctx)) == 2
    assert len(set(tries(ctx))) == 1


# --- what goes wrong at the provider -----------------------------------------

FAILURES = [
    ("error access_denied", 403, "You did not finish signing in"),
    ("error server_error", 503, "does not work at the moment"),
    ("error unauthorized_client", 502, "is set up wrongly"),
    ("error <script>", 502, "could not be checked"),
    ("wrong state", 400, "Start signing in again"),
    ("no state", 400, "Start signing in again"),
    ("no code", 502, "could not be checked"),
    ("token endpoint down", 503, "does not work at the moment"),
    ("token endpoint no JSON", 502, "could not be checked"),
    ("odd error", 502, "could not be checked"),
    ("no id token", 502, "could not be checked"),
    ("not a token", 502, "could not be checked"),
    ("bad signature", 502, "could not be checked"),
    ("unknown key", 502, "could not be checked"),
    ("unsigned", 502, "could not be checked"),
    ("signed with what is public", 502, "could not be checked"),
    ("wrong issuer", 502, "could not be checked"),
    ("wrong audience", 502, "could not be checked"),
    ("audiences without our name", 502, "could not be checked"),
    ("expired", 502, "could not be checked"),
    ("not yet", 502, "could not be checked"),
    ("wrong nonce", 502, "could not be checked"),
    ("no nonce", 502, "could not be checked"),
    ("no subject", 502, "could not be checked"),
    ("keys down", 503, "does not work at the moment"),
    ("no keys", 502, "could not be checked"),
    ("odd keys", 502, "could not be checked"),
]


@pytest.mark.parametrize(("misbehaves", "status", "says"), FAILURES, ids=[failure[0] for failure in FAILURES])
def test_what_the_provider_does_wrong_signs_nobody_in_and_is_told_in_words(
    ctx: ServiceContext, client: FlaskClient, provider: OidcProvider, misbehaves: str, status: int, says: str
) -> None:
    provider.misbehaves = misbehaves

    answer = sign_in(client, provider)

    page = answer.get_data(as_text=True)
    assert answer.status_code == status
    assert says in page
    assert 'href="/accounts/sign-in"' in page
    assert ("Retry-After" in answer.headers) == (status == 503)
    assert not any(word in page for word in ("Traceback", "somebody@council.example", "<script>", PERSON["email"]))
    assert who(client)["status"] == 401
    assert account_of(ctx, provider) is None
    assert tries(ctx) == [("oidc", False, None)]
    # Nothing of it is left in the way of the next try.
    provider.misbehaves = None
    assert sign_in(client, provider).status_code == 303


def test_a_code_is_good_once(app: Flask, client: FlaskClient, provider: OidcProvider) -> None:
    stolen = answer_of(client, provider)
    client.get(stolen)
    thief, begun = app.test_client(), parse_qs(urlsplit(stolen).query)

    elsewhere = thief.get(stolen)
    state = parse_qs(urlsplit(thief.get(START).location).query)["state"][0]
    replayed = thief.get(CALLBACK, query_string={"code": begun["code"][0], "state": state})

    assert (elsewhere.status_code, replayed.status_code) == (400, 400)
    assert "Start signing in again" in replayed.get_data(as_text=True)
    assert who(thief)["status"] == 401


def test_a_code_that_somebody_else_was_given_is_not_taken(app: Flask, provider: OidcProvider) -> None:
    """The attacker's code, slipped into the victim's sign-in, does not fit the verifier of the victim's browser."""
    attacker, victim = app.test_client(), app.test_client()
    code = parse_qs(urlsplit(answer_of(attacker, provider)).query)["code"][0]
    state = parse_qs(urlsplit(victim.get(START).location).query)["state"][0]

    answer = victim.get(CALLBACK, query_string={"code": code, "state": state})

    assert answer.status_code == 400
    assert who(victim)["status"] == 401


@pytest.mark.parametrize("misbehaves", ["discovery slow", "token endpoint slow"])
def test_a_provider_that_takes_too_long_is_not_waited_for(
    client: FlaskClient, provider: OidcProvider, monkeypatch: pytest.MonkeyPatch, misbehaves: str
) -> None:
    for module in (discovery, provider_module):
        monkeypatch.setattr(module, "TIMEOUT_SECONDS", 0.2)
    provider.misbehaves = misbehaves
    begun = time.monotonic()

    answer = client.get(START) if "discovery" in misbehaves else sign_in(client, provider)

    assert answer.status_code == 503
    assert time.monotonic() - begun < 2


@pytest.mark.parametrize(
    ("misbehaves", "status"),
    [
        ("discovery down", 503),
        ("discovery no JSON", 503),
        ("names itself otherwise", 502),
        ("signs with secrets only", 502),
        ("names no list", 502),
        ("has a bare endpoint", 502),
    ],
)
def test_where_the_provider_can_t_be_used_there_is_still_the_password(
    client: FlaskClient, provider: OidcProvider, misbehaves: str, status: int
) -> None:
    provider.misbehaves = misbehaves

    answer = client.get(START)

    assert answer.status_code == status
    assert "If you have a password for this service" in answer.get_data(as_text=True)
    provider.misbehaves = None
    assert client.get(START).status_code == 303


def test_where_nothing_listens_there_is_still_the_password(app_with: Apps) -> None:
    client = app_with(oidc_issuer="http://127.0.0.1:9").test_client()

    assert client.get(START).status_code == 503
    assert client.get("/accounts/sign-in").status_code == 200


def test_a_key_that_the_provider_has_changed_is_fetched_anew(
    app: Flask, client: FlaskClient, provider: OidcProvider
) -> None:
    from joserfc import jwk

    sign_in(client, provider)
    before = provider.key
    provider.key = jwk.RSAKey.generate_key(2048, {"kid": "two", "use": "sig"})
    provider.misbehaves = "unknown key"
    try:
        assert sign_in(app.test_client(), provider).status_code == 303
    finally:
        provider.key = before


def test_both_ways_are_limited(app_with: Apps) -> None:
    client = app_with(rate_limit_factor=1).test_client()

    assert [client.get(CALLBACK).status_code for _ in range(61)] == [400] * 60 + [429]


def test_no_secret_and_no_person_is_found_in_logs_or_events(
    ctx: ServiceContext, app: Flask, client: FlaskClient, provider: OidcProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, written = logging.getLogger(), StringIO()
    before = root.handlers[:], root.level
    monkeypatch.setattr("sys.stderr", written)
    configure_logs(replace(ctx.settings, log_level="DEBUG"), "accounts")
    try:
        asked = parse_qs(urlsplit(client.get(START).location).query)
        with client.session_transaction() as session:
            [begun] = [value["data"] for key, value in session.items() if key.startswith("_state_")]
        sign_in(client, provider)
        for misbehaves in ("bad signature", "error access_denied", "token endpoint no JSON"):
            provider.misbehaves = misbehaves
            sign_in(app.test_client(), provider)
    finally:
        root.handlers, root.level = before
        logging.captureWarnings(capture=False)

    lines = written.getvalue()
    recorded = b"".join(logged.body for logged in ctx.store.log.read(after=0, limit=100)).decode()
    kept = json.dumps(store.recent_sign_ins(ctx.store, limit=100, after=None)[0], default=str)
    assert "sign_in_failed" in [json.loads(line)["event"] for line in lines.splitlines()]
    for text in (*provider.given, CLIENT_SECRET, begun["code_verifier"], begun["nonce"], asked["state"][0]):
        assert text not in lines + recorded + kept
    for text in (PERSON["email"], PERSON["name"], PERSON["sub"]):
        assert text not in lines + recorded + kept


# --- whoever looks after it -----------------------------------------


def environ(provider: OidcProvider, folder: Path, **changes: str) -> dict[str, str]:
    return {
        "STREETSCENE_DATA": str(folder),
        "STREETSCENE_OIDC_ISSUER": provider.issuer,
        "STREETSCENE_OIDC_CLIENT_ID": CLIENT_ID,
        **changes,
    }


def test_check_says_whether_the_provider_can_be_used(provider: OidcProvider, tmp_path: Path) -> None:
    results = {result.what: result for result in checks.run_checks(environ(provider, tmp_path))}
    provider.misbehaves = "names itself otherwise"
    again = {result.what: result for result in checks.run_checks(environ(provider, tmp_path))}

    what = f"sign-in ({provider.issuer})"
    assert results[what].ok, results[what].why
    assert not again[what].ok
    assert "names itself 'https://elsewhere.example'" in again[what].why


@pytest.mark.parametrize("content", [None, " \n"])
def test_check_and_start_say_that_the_secret_is_missing(
    ctx: ServiceContext, provider: OidcProvider, tmp_path: Path, content: str | None
) -> None:
    path = tmp_path / "no-secret"
    if content is not None:
        path.write_text(content)

    found = checks.run_checks(environ(provider, tmp_path, STREETSCENE_OIDC_CLIENT_SECRET_FILE=str(path)))

    assert "OIDC_CLIENT_SECRET_FILE" in next(result.why for result in found if result.what.startswith("sign-in"))
    with pytest.raises(ConfigError, match="OIDC_CLIENT_SECRET_FILE"):
        create_app(replace(ctx, settings=replace(ctx.settings, oidc_client_secret_file=path)))


def test_a_council_without_groups_does_not_start_with_a_provider(ctx: ServiceContext) -> None:
    council = replace(ctx.council, sign_in=replace(ctx.council.sign_in, groups=()))

    with pytest.raises(ConfigError, match=r"sign_in\.groups is missing"):
        create_app(replace(ctx, council=council))


def test_without_a_provider_there_is_no_such_door(app_with: Apps) -> None:
    client = app_with(oidc_issuer=None, oidc_client_id=None, oidc_client_secret_file=None).test_client()

    assert client.get(START).status_code == client.get(CALLBACK).status_code == 404
    assert "/accounts/oidc" not in client.get("/accounts/sign-in").get_data(as_text=True)
