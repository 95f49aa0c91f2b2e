"""What accounts signs: cookies for people, crews and walls, tokens for programs. The only user of the private key."""

from datetime import datetime, timedelta
from functools import cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.accounts.crews import working_crews
from services.accounts.domain import credential as credentials
from services.accounts.domain.account import Account
from services.accounts.domain.credential import Credential
from shared.config import Settings
from shared.contracts.codes import ROLES
from shared.ids import derived_id
from shared.service import ServiceContext
from shared.web.identity import BEARER, COOKIE, SESSION_LIFETIME, User, sign
from shared.web.keys import load_private_key

WALL_LIFETIME = timedelta(days=30)
"""A screen on a wall should not go dark at night; its link can be revoked at any time."""


def user_of_account(account: Account) -> User:
    """Return the identity of a member of staff."""
    return User(id=account.id, roles=account.roles, name=account.name, scopes=account.scopes)


def user_of_credential(ctx: ServiceContext, credential: Credential) -> User:
    """Return the identity that a credential gives: a crew on a shared phone, a wall's screen, a program."""
    scopes: dict[str, str] = {}
    name = credential.label
    user_id = credential.id
    if credential.crew_id is not None:
        crew = working_crews(ctx).get(credential.crew_id)
        scopes["crew_id"] = credential.crew_id
        if crew is not None:
            scopes["depot_id"] = crew.depot_id
            name = crew.name
        # The crew is the same from day to day, whichever code its phone was signed in with.
        user_id = derived_id("crew", credential.crew_id)
    elif credential.kind == credentials.WALL_LINK:
        name = ROLES["wall-viewer"]
    return User(id=user_id, roles=(credential.role,), name=name, scopes=scopes, credential_id=credential.id)


def cookie_for(ctx: ServiceContext, user: User, lifetime: timedelta = SESSION_LIFETIME) -> str:
    """Return a signed cookie."""
    return sign(_private_key(ctx.settings), user, use=COOKIE, lifetime=lifetime)


def bearer_token_for(ctx: ServiceContext, user: User, lifetime: timedelta, at: datetime) -> str:
    """Return a signed bearer token."""
    return sign(_private_key(ctx.settings), user, use=BEARER, lifetime=lifetime, at=at)


@cache
def _private_key(settings: Settings) -> Ed25519PrivateKey:
    """Return the signing key, read once for each installation."""
    return load_private_key(settings)
