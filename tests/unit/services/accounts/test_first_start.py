import json
import stat
from pathlib import Path

import pytest
from flask import Flask

from services.accounts import first_start, store
from services.accounts.first_start import write_credentials
from shared.contracts.codes import ROLES
from shared.service import ServiceContext
from tests.unit.services.accounts.conftest import send


def test_the_first_start_gives_one_of_each_role_and_two_officers(ctx: ServiceContext, tmp_path: Path) -> None:
    path = tmp_path / "credentials.json"

    write_credentials(ctx, path)

    credentials = json.loads(path.read_text())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {user["role"] for user in credentials["users"]} == set(ROLES)
    assert [user["role"] for user in credentials["users"]].count("officer") == 2
    assert {user["crew_id"] for user in credentials["users"] if user["role"] == "crew"} == {
        crew.id for crew in ctx.council.crews
    }
    assert set(credentials["tokens"]) == {*ROLES, "open311"}
    assert not list(tmp_path.glob(".credentials*"))


def test_a_later_start_changes_nothing(ctx: ServiceContext, tmp_path: Path) -> None:
    path = tmp_path / "credentials.json"
    write_credentials(ctx, path)
    before, events = path.read_text(), ctx.store.log.last_position()

    write_credentials(ctx, path)

    assert (path.read_text(), ctx.store.log.last_position()) == (before, events)


def test_a_file_that_was_taken_away_is_not_made_again(ctx: ServiceContext, tmp_path: Path) -> None:
    path = tmp_path / "credentials.json"
    write_credentials(ctx, path)
    path.unlink()

    write_credentials(ctx, path)

    assert not path.exists()


@pytest.mark.parametrize("killed_in", ["_store", "_published", "_credentials"])
def test_a_start_that_is_killed_half_way_is_finished_by_the_next(
    ctx: ServiceContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, app: Flask, killed_in: str
) -> None:
    path = tmp_path / "credentials.json"
    with monkeypatch.context() as patched:

        def die(*_arguments: object) -> None:
            raise KeyboardInterrupt

        patched.setattr(first_start, killed_in, die)
        with pytest.raises(KeyboardInterrupt):
            write_credentials(ctx, path)
    assert not path.exists()

    write_credentials(ctx, path)

    users = json.loads(path.read_text())["users"]
    assert len(store.accounts(ctx.store).find({}, sort=(("email", 1),))[0]) == 8
    for user in users[:2]:
        client = app.test_client()
        form = {"email": user["email"], "password": user["password"]}
        assert send(client, "/accounts/sign-in", form).status_code == 303


def test_two_installations_share_no_secret(ctx: ServiceContext, tmp_path: Path) -> None:
    from shared.web.keys import ensure_keys
    from tests.builders import make_context

    other = make_context("accounts", tmp_path / "other")
    ensure_keys(other.settings)
    write_credentials(ctx, tmp_path / "credentials.json")
    write_credentials(other, tmp_path / "other" / "credentials.json")
    other.store.close()

    here, there = (json.loads((folder / "credentials.json").read_text()) for folder in (tmp_path, tmp_path / "other"))
    secrets = [
        {user.get("password") or user.get("shift_code") or user["link"] for user in side["users"]}
        for side in (here, there)
    ]
    assert secrets[0].isdisjoint(secrets[1])
    assert set(here["tokens"].values()).isdisjoint(there["tokens"].values())
