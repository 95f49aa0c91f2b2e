from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.accounts.domain import account as accounts
from services.accounts.domain.account import FREE_TRIES, LONGEST_WAIT, Account
from shared.errors import DomainError

NOW = datetime(2026, 11, 17, 10, 40, tzinfo=UTC)


def make_account(**changes: Any) -> Account:
    asked = {"email": "Sam@Council.example ", "name": " Sam  Smith ", "roles": ["supervisor"], "scopes": {}, **changes}
    return accounts.new_account("a-1", password_hash="hash", at=NOW, **asked)[0]


def test_a_new_account_is_found_by_one_form_of_its_address() -> None:
    account, facts = accounts.new_account(
        "a-1",
        email="Sam@Council.example ",
        name=" Sam  Smith ",
        roles=["supervisor", "supervisor"],
        scopes={"depot_id": "north", "crew_id": ""},
        password_hash="hash",
        at=NOW,
    )

    assert (account.email, account.name) == ("sam@council.example", "Sam Smith")
    assert account.roles == ("supervisor",)
    assert account.scopes == {"depot_id": "north"}
    assert [fact.contract.type for fact in facts] == ["user.changed.v1"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"email": "sam"}, "email"),
        ({"email": "sam@council"}, "email"),
        ({"email": "sam smith@council.example"}, "email"),
        ({"name": "  "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"roles": []}, "roles"),
        ({"roles": ["king"]}, "roles"),
        ({"roles": ["wall-viewer"]}, "roles"),
        ({"roles": ["crew"]}, "crew_id"),
        ({"scopes": {"planet": "mars"}}, None),
    ],
)
def test_an_unfit_account_is_refused(changes: dict[str, Any], field: str | None) -> None:
    with pytest.raises(DomainError) as refused:
        make_account(**changes)

    assert refused.value.field == field


def test_wrong_passwords_make_an_account_wait_ever_longer() -> None:
    account = make_account()
    waits = []
    for _ in range(FREE_TRIES + 12):
        account = accounts.password_refused(account, NOW)
        waits.append(account.locked_until - NOW if account.locked_until else None)

    assert waits[: FREE_TRIES - 1] == [None] * (FREE_TRIES - 1)
    assert waits[FREE_TRIES - 1 : FREE_TRIES + 2] == [timedelta(seconds=30), timedelta(minutes=1), timedelta(minutes=2)]
    assert waits[-1] == LONGEST_WAIT
    assert accounts.waits_until(account, NOW) == NOW + LONGEST_WAIT
    assert accounts.waits_until(account, NOW + LONGEST_WAIT) is None


def test_a_right_password_forgets_the_wrong_ones() -> None:
    account = accounts.password_refused(make_account(), NOW)

    account = accounts.signed_in(account, NOW)

    assert (account.failed_sign_ins, account.last_sign_in_at) == (0, NOW)


@pytest.mark.parametrize(
    "change",
    [
        lambda a, at: accounts.with_password(a, "new", at),
        lambda a, at: accounts.with_roles(a, ["manager"], {}, at, by="other"),
        lambda a, at: accounts.switched(a, is_active=False, at=at, by="other"),
        accounts.signed_out_everywhere,
    ],
)
def test_every_change_ends_the_sessions_from_before_it(change: Any) -> None:
    later = NOW + timedelta(hours=1)

    account, facts = change(make_account(), later)

    assert account.refuse_before == later
    assert accounts.public_state(account) == {
        "user_id": "a-1",
        "active": account.is_active,
        "refuse_before": later,
    }
    assert [fact.contract.type for fact in facts] == ["user.changed.v1"]


def test_nobody_takes_administration_or_standing_from_themselves() -> None:
    admin = make_account(roles=["admin"])

    with pytest.raises(DomainError, match="another"):
        accounts.with_roles(admin, ["manager"], {}, NOW, by=admin.id)
    with pytest.raises(DomainError, match="another"):
        accounts.switched(admin, is_active=False, at=NOW, by=admin.id)


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaaaa", "my-password-1234", "sam-and-friends", "x" * 201])
def test_a_weak_password_is_refused(password: str) -> None:
    with pytest.raises(DomainError) as refused:
        accounts.fit_password(password, "sam@council.example")

    assert refused.value.field == "new_password"


def test_three_random_words_will_do() -> None:
    assert accounts.fit_password("teapot gravel lantern", "sam@council.example") == "teapot gravel lantern"
