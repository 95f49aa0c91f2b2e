"""Signing in to a demonstration as one of its made people, without a password: whoever sits at the machine may try all.

There is no such door outside a demonstration: the web mounts it with DEMO=1 alone, and this refuses again.
"""

from services.accounts import handlers, identities, store
from services.accounts.domain import credential as credentials
from services.accounts.handlers import SignedIn
from shared.clock import machine_now
from shared.errors import NotFound
from shared.service import ServiceContext
from shared.web.identity import User


def sign_in_as(ctx: ServiceContext, role: str, *, crew_id: str | None = None) -> SignedIn:
    """Sign in as the first of a role, or as a crew; raises `NotFound` outside a demonstration."""
    if not ctx.settings.demo:
        raise NotFound("There is no such page.")
    user = _by_credential(ctx, role, crew_id) if role in {"crew", "wall-viewer"} else _by_account(ctx, role)
    if user is None:
        raise NotFound(f"This demonstration has nobody who is {role}.")
    return handlers.enter(ctx, user, method="demonstration")


def _by_account(ctx: ServiceContext, role: str) -> User | None:
    """Return the member of staff who was added first with a role."""
    found, _ = store.accounts(ctx.store).find({}, sort=(("email", 1),), limit=100)
    fitting = [account for account in found if account.roles == (role,) and account.is_active]
    return identities.user_of_account(min(fitting, key=lambda account: account.id)) if fitting else None


def _by_credential(ctx: ServiceContext, role: str, crew_id: str | None) -> User | None:
    """Return the identity that a shift code or a wall link of the first start gives."""
    kind = credentials.SHIFT_CODE if role == "crew" else credentials.WALL_LINK
    for credential in store.credentials(ctx.store).find({"kind": kind}, sort=(("created_at", -1),), limit=100)[0]:
        if credentials.holds(credential, machine_now()) and credential.crew_id in {crew_id, None}:
            return identities.user_of_credential(ctx, credential)
    return None
