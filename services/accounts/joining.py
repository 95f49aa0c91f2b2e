"""Signing in people whom the council's identity provider vouches for: its claims are verified before they come here.

The first sign-in of somebody whom a group gives a role makes their account; each later one brings it up to date. What
is refused leaves nothing behind but its record, with one exception: roles that no group gives any more end at once.
"""

import contextlib
from collections.abc import Mapping
from typing import Any

from services.accounts import handlers, store
from services.accounts.domain import external
from services.accounts.domain.account import Account
from services.accounts.domain.external import Identity, NotLetIn
from services.accounts.handlers import NO_CAUSE, SignedIn
from shared.clock import machine_now
from shared.contracts.envelope import Cause
from shared.errors import Duplicate
from shared.ids import new_id
from shared.service import ServiceContext
from shared.store import Repository, reload_on_conflict

METHOD = "oidc"
"""What the record of sign-ins calls this door."""

TRIES = 2
"""The second finds what the same person, in another tab, has made meanwhile."""


def sign_in(ctx: ServiceContext, claims: Mapping[str, Any], *, cause: Cause = NO_CAUSE) -> SignedIn:
    """Sign in whom verified claims name, with the roles that their groups give them now; raises `NotLetIn`."""
    try:
        account = _come_in(ctx, external.identity_of(claims, ctx.council.sign_in), cause)
    except NotLetIn as refusal:
        handlers.record_try(ctx, METHOD, accepted=False, user_id=refusal.user_id)
        raise
    handlers.record_try(ctx, METHOD, accepted=True, user_id=account.id)
    return handlers.session_of(ctx, account)


def record_failure(ctx: ServiceContext) -> None:
    """Keep that somebody tried, and that the provider did not vouch for them."""
    handlers.record_try(ctx, METHOD, accepted=False)


@reload_on_conflict
def _come_in(ctx: ServiceContext, identity: Identity, cause: Cause) -> Account:
    """Return the account of an identity, up to date; raises `NotLetIn`."""
    for _ in range(TRIES):
        with contextlib.suppress(Duplicate):
            return _let_in(ctx, identity, cause)
    raise NotLetIn(external.ADDRESS_IN_USE)


def _let_in(ctx: ServiceContext, identity: Identity, cause: Cause) -> Account:
    """Make the account, or bring it up to date; raises `NotLetIn`, or `Duplicate` where somebody else came first."""
    repository, now = store.accounts(ctx.store), machine_now()
    known = repository.find_one({"external_id": identity.id}) or _linked_now(repository, identity)
    if known is not None and not known.is_active:
        raise NotLetIn(external.SWITCHED_OFF, user_id=known.id)
    given = external.granted(identity.groups, ctx.council.sign_in)
    if not given.roles:
        if known is not None and known.external_id == identity.id:
            changed, facts = external.lost_roles(known, now)
            if facts:
                repository.save(changed, facts, at=ctx.clock.now(), cause=cause)
        raise NotLetIn(external.NO_ROLE, user_id=known.id if known else None)
    if known is None:
        account, facts = external.joined(new_id(), identity, given, now)
        return repository.add(account, facts, at=ctx.clock.now(), cause=cause)
    changed, facts = external.came_in(known, identity, given, now)
    return repository.save(changed, facts, at=ctx.clock.now(), cause=cause)


def _linked_now(repository: Repository[Account], identity: Identity) -> Account | None:
    """Return the account with the same address, if an administrator has opened it; raises `NotLetIn` if not."""
    found = repository.find_one({"email": identity.email})
    if found is not None and not found.may_link:
        raise NotLetIn(external.ADDRESS_IN_USE)
    return found
