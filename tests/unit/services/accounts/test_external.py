from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.accounts.domain import account as accounts
from services.accounts.domain import external
from services.accounts.domain.account import Account
from services.accounts.domain.external import Granted, Identity, NotLetIn
from shared.council import GroupRole, SignIn
from shared.errors import DomainError

NOW = datetime(2026, 11, 17, 10, 40, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)

HOW = SignIn(
    groups=(
        GroupRole("officers", "officer"),
        GroupRole("managers", "manager", {"neighbourhood": "city-centre"}),
        GroupRole("depot-north", "supervisor", {"depot_id": "north"}),
        GroupRole("depot-south", "supervisor", {"depot_id": "south"}),
        GroupRole("depots", "supervisor"),
        GroupRole("depots", "manager"),
    )
)
CLAIMS: dict[str, Any] = {
    "iss": "https://login.council.example",
    "sub": "1234",
    "name": " Ada  Mersey ",
    "email": "Ada@Council.example",
    "groups": ["officers"],
}
ADA = Identity("https://login.council.example#1234", "Ada Mersey", "ada@council.example", ("officers",))
OFFICER = Granted(("officer",), {})


def joined() -> Account:
    return external.joined("a-1", ADA, OFFICER, NOW)[0]


def test_claims_become_an_identity() -> None:
    assert external.identity_of(CLAIMS, HOW) == ADA


@pytest.mark.parametrize(
    ("changes", "name"),
    [({"name": None}, "ada"), ({"name": ["Ada"]}, "ada"), ({"name": "x" * 300}, "x" * 100), ({"name": " "}, "ada")],
)
def test_a_name_that_can_t_be_used_is_made_do_with(changes: dict[str, Any], name: str) -> None:
    assert external.identity_of({**CLAIMS, **changes}, HOW).name == name


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"email": None}, external.NO_ADDRESS),
        ({"email": ["ada@council.example"]}, external.NO_ADDRESS),
        ({"email": "ada"}, external.NO_ADDRESS),
        ({"email_verified": False}, external.ADDRESS_UNCONFIRMED),
        ({"email_verified": "false"}, external.ADDRESS_UNCONFIRMED),
    ],
)
def test_an_address_that_can_t_be_used_is_refused(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(NotLetIn) as refused:
        external.identity_of({**CLAIMS, **changes}, HOW)

    assert refused.value.reason == reason


@pytest.mark.parametrize(
    "verified", [{}, {"email_verified": True}, {"email_verified": "true"}, {"email_verified": [False]}]
)
def test_an_address_of_which_nothing_is_said_will_do(verified: dict[str, Any]) -> None:
    assert external.identity_of({**CLAIMS, **verified}, HOW) == ADA


def test_a_provider_may_call_claims_otherwise() -> None:
    how = SignIn(groups_claim="roles", name_claim="display", email_claim="upn")
    claims = {**CLAIMS, "roles": "depots", "display": "Bo", "upn": "bo@council.example", "email_verified": False}

    found = external.identity_of(claims, how)

    assert (found.groups, found.name, found.email) == (("depots",), "Bo", "bo@council.example")


@pytest.mark.parametrize(("value", "groups"), [(None, ()), ({"a": 1}, ()), (["a", 1, None, "b"], ("a", "b")), (7, ())])
def test_groups_that_are_none_give_nothing(value: Any, groups: tuple[str, ...]) -> None:
    assert external.identity_of({**CLAIMS, "groups": value}, HOW).groups == groups


@pytest.mark.parametrize(
    ("groups", "roles", "scopes"),
    [
        ((), (), {}),
        (("staff", "OFFICERS"), (), {}),
        (("officers",), ("officer",), {}),
        (("depot-north",), ("supervisor",), {"depot_id": "north"}),
        # All roles, in the order of the file and not of the token; narrowed wherever one group is.
        (("depots", "officers"), ("officer", "supervisor", "manager"), {}),
        (("depot-north", "depots", "depot-north"), ("supervisor", "manager"), {"depot_id": "north"}),
        (("depot-north", "managers"), ("manager", "supervisor"), {"depot_id": "north", "neighbourhood": "city-centre"}),
    ],
)
def test_groups_give_roles_and_places(groups: tuple[str, ...], roles: tuple[str, ...], scopes: dict[str, str]) -> None:
    assert external.granted(groups, HOW) == Granted(roles, scopes)


def test_nobody_is_narrowed_to_two_places() -> None:
    with pytest.raises(NotLetIn) as refused:
        external.granted(("depot-north", "depot-south"), HOW)

    assert refused.value.reason == external.TWO_PLACES


def test_whoever_comes_in_for_the_first_time_has_no_password() -> None:
    account, facts = external.joined("a-1", ADA, OFFICER, NOW)

    assert (account.external_id, account.password_hash, account.roles) == (ADA.id, None, ("officer",))
    assert (account.last_sign_in_at, account.refuse_before) == (NOW, NOW)
    assert [fact.contract.type for fact in facts] == ["user.changed.v1"]


def test_whoever_comes_in_again_unchanged_ends_nothing() -> None:
    account, facts = external.came_in(joined(), ADA, OFFICER, LATER)

    assert (account.refuse_before, account.last_sign_in_at, facts) == (NOW, LATER, [])


def test_another_name_and_address_end_nothing() -> None:
    renamed = Identity(ADA.id, "Ada Dee", "ada.dee@council.example", ADA.groups)

    account, facts = external.came_in(joined(), renamed, OFFICER, LATER)

    assert (account.name, account.email, account.refuse_before, facts) == (renamed.name, renamed.email, NOW, [])


@pytest.mark.parametrize("given", [Granted(("manager",), {}), Granted(("officer",), {"depot_id": "north"})])
def test_other_roles_or_places_end_what_was_signed_before(given: Granted) -> None:
    account, facts = external.came_in(joined(), ADA, given, LATER)

    assert (account.roles, account.scopes, account.refuse_before) == (given.roles, given.scopes, LATER)
    assert [fact.contract.type for fact in facts] == ["user.changed.v1"]


def test_whoever_loses_all_roles_loses_what_was_signed_once() -> None:
    account, facts = external.lost_roles(joined(), LATER)
    again = external.lost_roles(account, LATER + timedelta(hours=1))

    assert (account.roles, account.refuse_before, len(facts)) == ((), LATER, 1)
    assert again == (account, [])


def test_a_linked_account_loses_its_password_and_a_new_password_ends_the_link() -> None:
    local, _ = accounts.new_account(
        "a-2", email=ADA.email, name="Ada", roles=["officer"], scopes={}, password_hash="hash", at=NOW
    )
    opened, _ = external.opened_to_link(local, by="a-3")

    linked, facts = external.came_in(opened, ADA, OFFICER, LATER)
    back, _ = accounts.with_password(linked, "new", LATER)

    assert (linked.external_id, linked.password_hash, linked.may_link) == (ADA.id, None, False)
    assert (linked.refuse_before, len(facts)) == (LATER, 1)
    assert (back.external_id, back.password_hash) == (None, "new")


def test_roles_that_come_from_groups_are_not_given_by_hand() -> None:
    with pytest.raises(DomainError, match="groups"):
        accounts.with_roles(joined(), ["admin"], {}, LATER, by="a-3")


def test_nobody_opens_their_own_account_to_be_linked() -> None:
    with pytest.raises(DomainError, match="another administrator"):
        external.opened_to_link(joined(), by="a-1")
