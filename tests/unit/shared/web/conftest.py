"""A small app on the real base, over SQLite: one page, one form and one API for each kind of policy."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import flask_smorest
import pytest
from flask import Blueprint, Flask, request
from flask.testing import FlaskClient
from marshmallow import Schema, fields

from shared.errors import Conflict, DomainError, NotFound, StoreUnavailable
from shared.service import ServiceContext
from shared.web.app import cause, create_app
from shared.web.auth import PUBLIC, SIGNED_IN, STAFF, cookie_name, owner, policy, roles, without_cookies
from shared.web.csrf import csrf_field
from shared.web.idempotency import idempotency_key
from shared.web.identity import BEARER, COOKIE, User, sign
from shared.web.keys import ensure_keys, load_private_key
from shared.web.limits import limited
from tests.builders import make_context

SUPERVISOR = User(id="u-supervisor", roles=("supervisor",), name="Sam Supervisor", scopes={"depot_id": "north"})
OFFICER = User(id="u-officer", roles=("officer",), name="Olu Officer")
ADMIN = User(id="u-admin", roles=("admin",), name="Ada Admin")
WALL = User(id="c-wall", roles=("wall-viewer",), name="Wall", credential_id="c-wall")


class Number(Schema):
    n = fields.Integer(required=True)


def make_blueprints(  # noqa: C901 - a list of views
) -> tuple[Blueprint, flask_smorest.Blueprint]:
    pages = Blueprint("sample", __name__)
    api = flask_smorest.Blueprint("things", "things", url_prefix="/api/accounts/v1")

    @pages.route("/public", methods=["GET", "POST"])
    @policy(PUBLIC)
    def public() -> str:
        return str(csrf_field())

    @pages.post("/tight")
    @policy(PUBLIC)
    @limited("2 per minute")
    def tight() -> str:
        return "done"

    @pages.get("/forgotten")
    def forgotten() -> str:
        return "nobody said who may see this"

    @pages.route("/board", methods=["GET", "POST"])
    @policy(roles("supervisor"))
    def board() -> str:
        return "board"

    @pages.get("/any-staff")
    @policy(STAFF)
    def any_staff() -> str:
        return "staff"

    @pages.get("/signed-in")
    @policy(SIGNED_IN)
    def signed_in() -> str:
        return "signed in"

    @pages.get("/mine/<user_id>")
    @policy(owner(lambda user, arguments: user is not None and user.id == arguments["user_id"]))
    def mine(user_id: str) -> str:
        return user_id

    @pages.post("/own-key")
    @policy(PUBLIC)
    @without_cookies
    def own_key() -> str:
        return "posted"

    @pages.route("/key", methods=["GET", "POST"])
    @policy(PUBLIC)
    def key() -> str:
        return idempotency_key()

    @pages.get("/cause")
    @policy(PUBLIC)
    def why() -> str:
        return cause().causation_id or ""

    @pages.get("/raise/<what>")
    @api.route("/raise/<what>")
    @policy(PUBLIC)
    def fail(what: str) -> str:
        raise {
            "domain": DomainError("The amount is above the maximum.", field="amount_pence", rule="EPA 1990 s. 33ZA"),
            "missing": NotFound("There is no such thing."),
            "conflict": Conflict("version"),
            "store": StoreUnavailable("no answer from mongodb://user:secret@host"),
            "defect": RuntimeError("secret detail"),
        }[what]

    @api.route("/numbers", methods=["POST"])
    @policy(STAFF)
    @api.arguments(Number)
    @api.response(200, Number)
    def numbers(given: dict[str, int]) -> dict[str, int]:
        return given

    @pages.get("/args")
    @policy(PUBLIC)
    def arguments() -> dict[str, Any]:
        return {"address": request.remote_addr}

    return pages, api


@pytest.fixture
def ctx(tmp_path: Path) -> Iterator[ServiceContext]:
    context = make_context("accounts", tmp_path)
    ensure_keys(context.settings)
    yield context
    context.store.close()


def make_app(ctx: ServiceContext) -> Flask:
    pages, api = make_blueprints()
    return create_app(ctx, package=__name__, pages=[pages], apis=[api], title="Sample")


@pytest.fixture
def app(ctx: ServiceContext) -> Flask:
    return make_app(ctx)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


SignIn = Callable[..., FlaskClient]


@pytest.fixture
def sign_in(app: Flask, ctx: ServiceContext) -> SignIn:
    def signed_in_client(user: User, **options: Any) -> FlaskClient:
        client = app.test_client()
        client.set_cookie(cookie_name(app), signed(ctx, user, COOKIE, **options))
        return client

    return signed_in_client


def signed(ctx: ServiceContext, user: User, use: str, **options: Any) -> str:
    return sign(load_private_key(ctx.settings), user, use=use, **{"lifetime": timedelta(hours=1), **options})


def bearer(ctx: ServiceContext, user: User, **options: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {signed(ctx, user, BEARER, **options)}"}


def csrf_token(client: FlaskClient) -> str:
    found = re.search(r'value="([^"]+)"', client.get("/public").get_data(as_text=True))
    assert found is not None
    return found.group(1)
