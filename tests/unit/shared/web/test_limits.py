from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from shared.config import Settings
from shared.errors import ConfigError
from shared.service import ServiceContext
from shared.web.limits import raised
from tests.unit.shared.web.conftest import SUPERVISOR, bearer, csrf_token, make_app


def limited_client(ctx: ServiceContext, factor: int = 1) -> FlaskClient:
    return make_app(replace(ctx, settings=replace(ctx.settings, rate_limit_factor=factor))).test_client()


def test_a_declared_limit_is_kept_and_says_when_to_come_back(ctx: ServiceContext) -> None:
    client = limited_client(ctx)
    data = {"csrf_token": csrf_token(client)}

    answers = [client.post("/tight", data=data) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 1 <= int(answers[2].headers["Retry-After"]) <= 60
    assert "Too many tries" in answers[2].get_data(as_text=True)


def test_a_public_post_that_declares_no_limit_has_the_standing_one(ctx: ServiceContext) -> None:
    client = limited_client(ctx)

    statuses = [client.post("/own-key").status_code for _ in range(31)]

    assert statuses == [200] * 30 + [429]


def test_getting_a_page_and_staff_apis_are_not_limited(ctx: ServiceContext) -> None:
    client = limited_client(ctx)
    headers = bearer(ctx, SUPERVISOR)

    assert {client.get("/public").status_code for _ in range(40)} == {200}
    answers = {client.post("/api/accounts/v1/numbers", json={"n": 1}, headers=headers).status_code for _ in range(40)}
    assert answers == {200}


def test_a_factor_raises_every_limit(ctx: ServiceContext) -> None:
    client = limited_client(ctx, factor=2)
    data = {"csrf_token": csrf_token(client)}

    assert [client.post("/tight", data=data).status_code for _ in range(5)] == [200] * 4 + [429]
    assert raised("10 per minute; 60 per hour", 3) == "30 per 1 minute; 180 per 1 hour"


def test_limits_may_be_switched_off_on_this_machine_only() -> None:
    off = {"STREETSCENE_RATE_LIMITS": "off"}

    assert Settings.from_env(off).rate_limit_factor == 0
    with pytest.raises(ConfigError, match="only for this machine"):
        Settings.from_env({**off, "STREETSCENE_PUBLIC_URL": "https://streets.council.example"})


@pytest.mark.parametrize("text", ["0", "-1", "many", "1.5"])
def test_a_factor_must_be_a_number(text: str) -> None:
    with pytest.raises(ConfigError, match="RATE_LIMITS"):
        Settings.from_env({"STREETSCENE_RATE_LIMITS": text})
