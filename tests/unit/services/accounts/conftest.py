"""Accounts over SQLite, after a first start, with a browser that can fill in its forms."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from services.accounts import secrets
from services.accounts.first_start import write_credentials
from services.accounts.subscriptions import USERS
from shared.contracts.envelope import decode
from shared.service import ServiceContext
from shared.web.keys import ensure_keys
from tests.builders import make_app, make_context

Credentials = dict[str, Any]
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@pytest.fixture
def ctx(tmp_path: Path) -> Iterator[ServiceContext]:
    context = make_context("accounts", tmp_path)
    ensure_keys(context.settings)
    yield context
    context.store.close()


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash as argon2 does, but not as long: a hundred first starts would take a minute."""
    monkeypatch.setattr(secrets, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def credentials(ctx: ServiceContext, tmp_path: Path) -> Credentials:
    write_credentials(ctx, tmp_path / "credentials.json")
    return json.loads((tmp_path / "credentials.json").read_text())  # type: ignore[no-any-return]


@pytest.fixture
def app(ctx: ServiceContext) -> Flask:
    return make_app(ctx)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def person(credentials: Credentials, role: str) -> dict[str, str]:
    return next(user for user in credentials["users"] if user["role"] == role)


def send(client: FlaskClient, form: str, data: dict[str, Any], to: str | None = None) -> TestResponse:
    token = TOKEN.search(client.get(form).get_data(as_text=True))
    assert token is not None
    return client.post(to or form, data={"csrf_token": token.group(1), **data})


SignIn = Callable[[str], FlaskClient]


@pytest.fixture
def sign_in(app: Flask, credentials: Credentials) -> SignIn:
    def signed_in(role: str) -> FlaskClient:
        client, user = app.test_client(), person(credentials, role)
        answer = send(client, "/accounts/sign-in", {"email": user["email"], "password": user["password"]})
        assert answer.status_code == 303
        return client

    return signed_in


def deliver(ctx: ServiceContext, app: Flask) -> list[Any]:
    """Carry accounts' events to its own deny list, as the worker does, and forget what was checked before."""
    events = [decode(logged.body) for logged in ctx.store.log.read(after=0, limit=1000)]
    for event in events:
        USERS.handle(ctx, event)
    app.extensions["streetscene_deny"]._known.clear()
    return events
