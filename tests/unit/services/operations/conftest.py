"""The operations service over SQLite, and clients of its app in every role."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from services.operations.handlers import on_event
from shared.contracts import Event
from shared.service import ServiceContext
from shared.web.auth import cookie_name
from shared.web.identity import COOKIE, User, sign
from shared.web.keys import load_private_key
from tests.builders import make_app, make_context

Receive = Callable[..., None]
ClientOf = Callable[[str], FlaskClient]


@pytest.fixture
def ctx(tmp_path: Path) -> Iterator[ServiceContext]:
    context = make_context("operations", tmp_path)
    yield context
    context.store.close()


@pytest.fixture
def receive(ctx: ServiceContext) -> Receive:
    def deliver(*events: Event) -> None:
        for event in events:
            on_event(ctx, event)

    return deliver


@pytest.fixture
def app(ctx: ServiceContext) -> Flask:
    return make_app(ctx)


@pytest.fixture
def client_of(app: Flask, ctx: ServiceContext) -> ClientOf:
    def client(role: str) -> FlaskClient:
        browser = app.test_client()
        user = User(f"a-{role}", (role,), role.capitalize())
        token = sign(load_private_key(ctx.settings), user, use=COOKIE, lifetime=timedelta(hours=1))
        browser.set_cookie(cookie_name(app), token)
        return browser

    return client
