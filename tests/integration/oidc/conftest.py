"""Accounts that signs in with a provider of the tests' own, and a browser that goes there and back."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from services.accounts import secrets
from services.accounts.web import create_app
from shared.service import ServiceContext
from shared.web.keys import ensure_keys
from tests.builders import make_context
from tests.servers.oidc import CLIENT_ID, CLIENT_SECRET, OidcProvider, oidc_provider

START = "/accounts/oidc/start"
Apps = Callable[..., Flask]


@pytest.fixture(scope="session")
def running_provider() -> Iterator[OidcProvider]:
    with oidc_provider() as running:
        yield running


@pytest.fixture
def provider(running_provider: OidcProvider) -> OidcProvider:
    """The provider, well behaved, with its usual person."""
    running_provider.reset()
    return running_provider


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def secret_file(tmp_path: Path) -> Path:
    path = tmp_path / "client-secret"
    path.write_text(f"{CLIENT_SECRET}\n")
    return path


@pytest.fixture
def ctx(provider: OidcProvider, tmp_path: Path, secret_file: Path) -> Iterator[ServiceContext]:
    context = make_context(
        "accounts",
        tmp_path,
        public_url="http://localhost",
        oidc_issuer=provider.issuer,
        oidc_client_id=CLIENT_ID,
        oidc_client_secret_file=secret_file,
    )
    ensure_keys(context.settings)
    yield context
    context.store.close()


@pytest.fixture
def app(ctx: ServiceContext) -> Flask:
    return create_app(ctx)


@pytest.fixture
def app_with(ctx: ServiceContext) -> Apps:
    """Return a function that makes an app of the same store with other settings."""
    return lambda **changes: create_app(replace(ctx, settings=replace(ctx.settings, **changes)))


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def path_of(url: str) -> str:
    """Return the path and query of one of our own addresses."""
    parts = urlsplit(url)
    assert parts.netloc == "localhost"
    return f"{parts.path}?{parts.query}"


def answer_of(client: FlaskClient, provider: OidcProvider, start: str = START) -> str:
    """Return the address, with the provider's answer, that a browser is sent back to."""
    begun = client.get(start)
    assert begun.status_code == 303, begun.get_data(as_text=True)
    return path_of(provider.answered(begun.location))


def sign_in(client: FlaskClient, provider: OidcProvider, start: str = START) -> TestResponse:
    """Go to the provider and back."""
    return client.get(answer_of(client, provider, start))


def who(client: FlaskClient) -> Any:
    return client.get("/api/accounts/v1/me").json
