import html
import re
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from services.accounts import handlers, store
from services.accounts.web import create_app
from services.reports.web.draft_cookie import COOKIE as DRAFT_COOKIE
from shared.service import ServiceContext
from shared.web.api_keys import read_api_key
from shared.web.auth import cookie_name, views_without_policy
from shared.web.keys import ensure_keys
from tests.unit.services.accounts.conftest import Credentials, SignIn, deliver, person, send
from tests.unit.services.pseudo import ENGLISH_WORD, english

KEPT = {365: "1 year", 730: "2 years", 1_095: "3 years", 2_190: "6 years"}
ADMIN_PAGES = (
    "/accounts/users",
    "/accounts/users/new",
    "/accounts/wall-links",
    "/accounts/tokens",
    "/accounts/sign-ins",
)


def account_id(ctx: ServiceContext, credentials: Credentials, role: str) -> str:
    account = store.accounts(ctx.store).find_one({"email": person(credentials, role)["email"]})
    assert account is not None
    return account.id


def test_every_view_of_accounts_has_a_policy(app: Flask) -> None:
    assert views_without_policy(app) == []


@pytest.mark.parametrize("page", ADMIN_PAGES)
def test_only_administrators_administer(sign_in: SignIn, page: str) -> None:
    assert sign_in("admin").get(page).status_code == 200
    assert sign_in("manager").get(page).status_code == 403


def test_an_administrator_adds_somebody_who_can_then_sign_in(app: Flask, sign_in: SignIn) -> None:
    form = {"name": "Jo", "email": "jo@council.example", "roles": ["supervisor", "manager"], "depot_id": "north"}

    page = send(sign_in("admin"), "/accounts/users/new", form).get_data(as_text=True)
    password = re.search(r'app-code--large">([^<]+)<', page)
    assert password is not None
    newcomer = app.test_client()
    send(newcomer, "/accounts/sign-in", {"email": "jo@council.example", "password": password.group(1)})

    identity = newcomer.get("/api/accounts/v1/me").json
    assert identity is not None
    assert (identity["roles"], identity["scopes"]) == (["supervisor", "manager"], {"depot_id": "north"})


def test_what_is_wrong_with_a_new_account_is_told_in_the_order_of_the_page(sign_in: SignIn) -> None:
    page = send(sign_in("admin"), "/accounts/users/new", {}).get_data(as_text=True)

    summary = page.partition("govuk-error-summary")[2].partition("</ul>")[0]
    assert re.findall(r'href="#(\w+)"', summary) == ["name", "email", "roles"]


def test_a_supervisor_who_gives_out_codes_finds_the_way_back_and_no_sections(sign_in: SignIn) -> None:
    page = sign_in("supervisor").get("/accounts/shift-codes").get_data(as_text=True)

    assert 'class="govuk-back-link" href="/dispatch"' in page or 'href="/dispatch" class="govuk-back-link"' in page
    assert "app-sections" not in page


def test_every_page_of_administration_is_under_accounts_in_the_menu(sign_in: SignIn) -> None:
    for path in ADMIN_PAGES:
        page = sign_in("admin").get(path).get_data(as_text=True)
        menu = page.partition('id="navigation"')[2].partition("</ul>")[0]
        assert re.search(r'href="/accounts/users" aria-current="(page|true)"', menu), path


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": ""}, "Enter the name"),
        ({"email": "no"}, "Enter an email address"),
        ({"roles": []}, "Choose at least one role"),
        ({"roles": ["wall-viewer"]}, "Choose roles from the list"),
        ({"email": None}, "has an account already"),
    ],
)
def test_an_unfit_account_is_told_why_with_what_was_typed(
    sign_in: SignIn, credentials: Credentials, changes: dict[str, Any], message: str
) -> None:
    form = {"name": "Jo Typed", "email": "jo@council.example", "roles": ["supervisor"], **changes}
    if form["email"] is None:
        form["email"] = person(credentials, "officer")["email"]

    answer = send(sign_in("admin"), "/accounts/users/new", form)

    page = answer.get_data(as_text=True)
    assert answer.status_code == 400
    assert message in page
    assert form["name"] in page


def test_other_roles_end_the_sessions_of_before(
    ctx: ServiceContext, app: Flask, sign_in: SignIn, credentials: Credentials
) -> None:
    officer, who = sign_in("officer"), account_id(ctx, credentials, "officer")

    send(
        sign_in("admin"),
        f"/accounts/users/{who}",
        {"roles": ["manager"]},
        to=f"/accounts/users/{who}/roles",
    )
    deliver(ctx, app)

    assert officer.get("/accounts/me").status_code == 303
    assert sign_in("officer").get("/api/accounts/v1/me").json["roles"] == ["manager"]  # type: ignore[index]


def test_switching_off_ends_sessions_and_switching_on_lets_in_again(
    ctx: ServiceContext, app: Flask, sign_in: SignIn, credentials: Credentials
) -> None:
    admin, officer, who = sign_in("admin"), sign_in("officer"), account_id(ctx, credentials, "officer")
    page = f"/accounts/users/{who}"

    send(admin, page, {}, to=f"{page}/switch-off")
    deliver(ctx, app)
    assert officer.get("/accounts/me").status_code == 303

    send(admin, page, {}, to=f"{page}/switch-on")
    deliver(ctx, app)
    assert sign_in("officer").get("/accounts/me").status_code == 200
    assert officer.get("/accounts/me").status_code == 303


def test_a_reset_password_replaces_the_old_one(
    ctx: ServiceContext, app: Flask, sign_in: SignIn, credentials: Credentials
) -> None:
    who, user = account_id(ctx, credentials, "officer"), person(credentials, "officer")

    page = send(sign_in("admin"), f"/accounts/users/{who}", {}, to=f"/accounts/users/{who}/reset-password")
    found = re.search(r'app-code--large">([^<]+)<', page.get_data(as_text=True))
    assert found is not None

    def try_with(password: str) -> int:
        form = {"email": user["email"], "password": password}
        return send(app.test_client(), "/accounts/sign-in", form).status_code

    assert try_with(user["password"]) == 400
    assert try_with(found.group(1)) == 303


def test_a_supervisor_issues_a_code_with_its_qr_and_revokes_it(
    ctx: ServiceContext, app: Flask, sign_in: SignIn
) -> None:
    supervisor = sign_in("supervisor")
    crew = ctx.council.crews[0]

    page = send(supervisor, "/accounts/shift-codes", {"crew_id": crew.id, "hours": "8"}).get_data(as_text=True)
    code = re.search(r'app-code--large">([^<]+)<', page)
    assert code is not None
    assert "<svg" in page
    phone = app.test_client()
    assert send(phone, "/accounts/shift", {"code": code.group(1)}).status_code == 303

    revoke = re.search(
        r'action="(/accounts/credentials/[^"]+/revoke)"', supervisor.get("/accounts/shift-codes").get_data(as_text=True)
    )
    assert revoke is not None
    send(supervisor, "/accounts/shift-codes", {}, to=revoke.group(1))
    deliver(ctx, app)

    assert phone.get("/api/accounts/v1/me").status_code == 401
    assert send(app.test_client(), "/accounts/shift", {"code": code.group(1)}).status_code == 400


def test_a_supervisor_revokes_nothing_but_codes(ctx: ServiceContext, sign_in: SignIn) -> None:
    link, _ = handlers.create_wall_link(ctx, label="Office")

    answer = send(sign_in("supervisor"), "/accounts/shift-codes", {}, to=f"/accounts/credentials/{link.id}/revoke")

    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("form", "page"),
    [
        ({}, "/accounts/wall-links"),
        ({}, "/accounts/tokens"),
        ({"crew_id": "nobody", "hours": "8"}, "/accounts/shift-codes"),
    ],
)
def test_missing_answers_are_asked_for(sign_in: SignIn, form: dict[str, str], page: str) -> None:
    answer = send(sign_in("admin"), page, form)

    assert answer.status_code == 400
    assert "There is a problem" in answer.get_data(as_text=True)


def test_a_token_calls_the_api_until_it_is_revoked(ctx: ServiceContext, app: Flask, sign_in: SignIn) -> None:
    form = {"label": "Finance", "role": "admin", "days": "30"}
    page = send(sign_in("admin"), "/accounts/tokens", form).get_data(as_text=True)
    found = re.search(r'app-code">([^<]+)<', page)
    assert found is not None
    headers = {"Authorization": f"Bearer {found.group(1)}"}
    client = app.test_client()
    identity = client.get("/api/accounts/v1/me", headers=headers).json
    assert identity is not None
    assert identity["name"] == "Finance"

    handlers.revoke(ctx, identity["id"])
    deliver(ctx, app)

    assert client.get("/api/accounts/v1/me", headers=headers).status_code == 401


def test_an_open311_key_is_made_and_proves_itself(ctx: ServiceContext) -> None:
    credential, key = handlers.create_api_credential(ctx, role="open311", label="FixMyStreet")

    assert read_api_key(ensure_keys(ctx.settings), key) == credential.id


def test_the_list_of_staff_is_an_api_for_administrators(app: Flask, credentials: Credentials) -> None:
    client = app.test_client()
    admin = {"Authorization": f"Bearer {credentials['tokens']['admin']}"}
    officer = {"Authorization": f"Bearer {credentials['tokens']['officer']}"}

    first = client.get("/api/accounts/v1/users?limit=3", headers=admin).json
    assert first is not None
    rest = client.get(f"/api/accounts/v1/users?after={first['next']}", headers=admin).json
    assert rest is not None

    assert [len(first["items"]), len(rest["items"]), rest["next"]] == [3, 5, None]
    assert "password" not in str(first)
    assert client.get("/api/accounts/v1/users", headers=officer).status_code == 403


def test_the_api_switches_an_account_off(ctx: ServiceContext, app: Flask, credentials: Credentials) -> None:
    admin = {"Authorization": f"Bearer {credentials['tokens']['admin']}"}
    who = account_id(ctx, credentials, "officer")

    answer = app.test_client().post(f"/api/accounts/v1/users/{who}/switch-off", headers=admin)

    assert answer.json is not None
    assert answer.json["active"] is False
    unknown = app.test_client().post("/api/accounts/v1/users/nobody/switch-off", headers=admin)
    assert unknown.status_code == 404


@pytest.mark.parametrize("name", ["accessibility", "privacy", "cookies"])
def test_statements_are_there_for_everybody(app: Flask, name: str) -> None:
    assert app.test_client().get(f"/accounts/about/{name}").status_code == 200


@pytest.mark.parametrize("name", ["accessibility", "privacy", "cookies"])
def test_statements_are_in_the_language_but_for_what_the_council_states(
    app: Flask, ctx: ServiceContext, pseudo: None, name: str
) -> None:
    council = ctx.council
    stated = " ".join(
        [
            str([council.privacy, council.accessibility, council.contact, council.name, council.about]),
            "streetscene session draft user __Host- https WCAG Tachwedd",
        ]
    )

    page = app.test_client().get(f"/accounts/about/{name}").text

    assert english(page, set(ENGLISH_WORD.findall(stated))) == set()


def test_every_cookie_is_named(app: Flask) -> None:
    page = app.test_client().get("/accounts/about/cookies").text

    assert all(name in page for name in (app.config["SESSION_COOKIE_NAME"], cookie_name(app), DRAFT_COOKIE))


def test_the_privacy_notice_names_the_councils_own_times_and_lawful_bases(app: Flask, ctx: ServiceContext) -> None:
    page = html.unescape(app.test_client().get("/accounts/about/privacy").text)
    notice = ctx.council.privacy

    assert notice is not None
    assert notice.purposes
    for purpose in notice.purposes:
        assert purpose.basis in page
        kept = purpose.until or f"{KEPT[getattr(ctx.council.retention, purpose.kept)]} after it was dealt with"
        assert kept in page
    assert "Information Commissioner" in page
    assert "Not confirmed yet" in page


def test_the_accessibility_statement_says_what_is_not_right_yet(app: Flask, ctx: ServiceContext) -> None:
    page = html.unescape(app.test_client().get("/accounts/about/accessibility").text)
    statement = ctx.council.accessibility

    assert statement is not None
    assert all(problem in page for problem in statement.problems)
    assert "at level AA in part" in page
    assert statement.enforcement in page


def test_a_council_that_has_stated_nothing_claims_nothing(ctx: ServiceContext) -> None:
    bare = create_app(replace(ctx, council=replace(ctx.council, privacy=None, accessibility=None)))

    privacy = bare.test_client().get("/accounts/about/privacy").text
    accessibility = bare.test_client().get("/accounts/about/accessibility").text

    assert "Lawful basis" not in privacy
    assert "level AA" not in accessibility


def test_a_councillor_is_narrowed_to_a_ward(sign_in: SignIn, ctx: ServiceContext, credentials: Credentials) -> None:
    councillor = store.accounts(ctx.store).find_one({"email": person(credentials, "councillor")["email"]})

    assert councillor is not None
    assert councillor.scopes == {"ward": ctx.council.wards[0].id}
    page = sign_in("admin").get(f"/accounts/users/{councillor.id}").get_data(as_text=True)
    assert f'<option value="{ctx.council.wards[0].id}" selected>' in page


def test_every_page_shows_who_is_signed_in_and_the_way_out(sign_in: SignIn) -> None:
    page = sign_in("admin").get("/accounts/me").get_data(as_text=True)

    assert 'action="/accounts/sign-out"' in page
    assert "<script>" not in page
    assert " style=" not in page
