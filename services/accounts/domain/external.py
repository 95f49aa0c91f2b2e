"""People as the council's identity provider names them, and what their groups let them do here.

A person is known by the provider's id of them (`issuer#subject`), never by an e-mail address: addresses change hands.
An address that is in use here belongs to another account until an administrator has said that it may be linked. What
somebody may do is decided anew at each sign-in, by the groups that they are in then (ADR 7).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from services.accounts.domain import account as accounts
from services.accounts.domain.account import LONGEST_NAME, Account, Changed
from shared.contracts.accounts import UserChangedV1
from shared.council import SignIn
from shared.errors import DomainError, Forbidden

NO_ROLE = "no-role"
TWO_PLACES = "two-places"
NO_ADDRESS = "no-address"
ADDRESS_UNCONFIRMED = "address-unconfirmed"
ADDRESS_IN_USE = "address-in-use"
SWITCHED_OFF = "switched-off"

REFUSALS: Mapping[str, str] = {
    NO_ROLE: "You have proved who you are, but none of your groups gives you a role here.",
    TWO_PLACES: "Your groups narrow you to two different places, and nobody can be narrowed to both.",
    NO_ADDRESS: "The account that you signed in with has no email address, or not one that can be used here.",
    ADDRESS_UNCONFIRMED: "The email address of the account that you signed in with has not been confirmed.",
    ADDRESS_IN_USE: "Your email address is already used by another account here.",
    SWITCHED_OFF: "Your account here is switched off.",
}


class NotLetIn(Forbidden):
    """Somebody has proved who they are, and still can't come in; `reason` names why, `user_id` the account if known."""

    def __init__(self, reason: str, *, user_id: str | None = None) -> None:
        super().__init__(REFUSALS[reason])
        self.reason = reason
        self.user_id = user_id


@dataclass(frozen=True)
class Identity:
    """Who the provider says somebody is: its id of them, their name and address, and their groups."""

    id: str
    name: str
    email: str
    groups: tuple[str, ...]


@dataclass(frozen=True)
class Granted:
    """What somebody's groups give them."""

    roles: tuple[str, ...]
    scopes: Mapping[str, str]


def identity_of(claims: Mapping[str, Any], how: SignIn) -> Identity:
    """Return whom verified claims name; raises `NotLetIn` without an address that can be used.

    An address is only shown and kept apart from others, so one that nobody confirmed is refused where the provider says
    so; many say nothing of it.
    """
    if how.email_claim == SignIn.email_claim and claims.get("email_verified") in (False, "false"):
        raise NotLetIn(ADDRESS_UNCONFIRMED)
    try:
        email = accounts.fit_email(_text(claims, how.email_claim))
    except DomainError:
        raise NotLetIn(NO_ADDRESS) from None
    name = " ".join(_text(claims, how.name_claim).split()) or email.partition("@")[0]
    return Identity(f"{claims['iss']}#{claims['sub']}", name[:LONGEST_NAME], email, _groups(claims, how.groups_claim))


def granted(groups: Sequence[str], how: SignIn) -> Granted:
    """Return all roles of the groups, in the order of the council's file, narrowed wherever one of them is.

    Raises `NotLetIn` where they are narrowed to two places: to choose one would be a guess, to drop both a gift.
    """
    given = [group for group in how.groups if group.group in groups]
    scopes: dict[str, str] = {}
    for name, value in (item for group in given for item in group.scopes.items()):
        if scopes.setdefault(name, value) != value:
            raise NotLetIn(TWO_PLACES)
    return Granted(tuple(dict.fromkeys(group.role for group in given)), scopes)


def joined(account_id: str, identity: Identity, given: Granted, at: datetime) -> Changed:
    """Return the account of somebody who comes in for the first time: it has no password."""
    account, facts = accounts.new_account(
        account_id,
        email=identity.email,
        name=identity.name,
        roles=given.roles,
        scopes=given.scopes,
        password_hash=None,
        at=at,
    )
    return replace(account, external_id=identity.id, last_sign_in_at=at), facts


def came_in(account: Account, identity: Identity, given: Granted, at: datetime) -> Changed:
    """Return the account of somebody who comes in again, or whose own account is linked now: as the provider has it.

    Other sessions end where they would say something else than the one that begins now.
    """
    changed = replace(
        account,
        external_id=identity.id,
        may_link=False,
        password_hash=None,
        name=identity.name,
        email=identity.email,
        roles=accounts.fit_roles(given.roles),
        scopes=accounts.fit_scopes(given.roles, given.scopes),
        last_sign_in_at=at,
    )
    if _standing(changed) == _standing(account):
        return changed, []
    return replace(changed, refuse_before=at), [UserChangedV1.fact()]


def lost_roles(account: Account, at: datetime) -> Changed:
    """Return the account of somebody whom no group gives a role any more: what they had ends everywhere."""
    if not account.roles:
        return account, []
    return replace(account, roles=(), scopes={}, refuse_before=at), [UserChangedV1.fact()]


def opened_to_link(account: Account, *, by: str) -> Changed:
    """Return the account that whoever signs in with its address may take over; nobody opens their own.

    An administrator would give their password away, and with it the way in on a day when the provider does not answer.
    """
    if by == account.id:
        raise DomainError("You can’t link your own account: ask another administrator.")
    return replace(account, may_link=True), []


def _standing(account: Account) -> tuple[object, ...]:
    """Return what a session says of an account, and by which door it was entered."""
    return account.external_id, account.roles, dict(account.scopes)


def _text(claims: Mapping[str, Any], name: str) -> str:
    """Return a claim that should be a text; anything else is none."""
    value = claims.get(name)
    return value if isinstance(value, str) else ""


def _groups(claims: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """Return the groups; some providers send a single one bare."""
    value = claims.get(name)
    found = value if isinstance(value, list) else [value]
    return tuple(group for group in found if isinstance(group, str))
