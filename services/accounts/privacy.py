"""What accounts holds of people: members of staff, and who asked for whose data by the command line.

A resident’s name is never here. The record of requests says who ran a command, when, why and how much it found, and
of whom only a keyed digest: the same person asking again can be recognised by whoever knows the address, and nobody
can be read out of it.
"""

import hashlib
import hmac
from collections.abc import Sequence

from services.accounts.store import PRIVACY_REQUESTS, accounts
from shared.clock import machine_now
from shared.ids import new_id
from shared.privacy import Exported, Holding, Subject, refuse_kept
from shared.service import ServiceContext
from shared.store.port import DESCENDING, Document
from shared.web.keys import ensure_keys

SAYS = "Accounts holds the names, e-mail addresses and sign-ins of members of staff."
STAFF = "staff account"
IN_USE = (
    "Kept while it is somebody’s account: an administrator ends it under Accounts, by the council’s rules for staff"
)


def find(ctx: ServiceContext, subject: Subject) -> Sequence[Holding]:
    """Return the account of a member of staff with this e-mail address."""
    wanted = subject.email.strip().lower()
    account = accounts(ctx.store).find_one({"email": wanted}) if wanted else None
    if account is None:
        return ()
    return (
        Holding(ctx.service, STAFF, account.id, "Their account as a member of staff", user_id=account.id, kept=IN_USE),
    )


def export(ctx: ServiceContext, holding: Holding) -> Exported:
    """Return an account without its secrets."""
    account = accounts(ctx.store).require(holding.id)
    return Exported(
        {
            "name": account.name,
            "email": account.email,
            "roles": list(account.roles),
            "narrowed_to": dict(account.scopes),
            "created_at": account.created_at.isoformat(),
            "last_sign_in_at": account.last_sign_in_at.isoformat() if account.last_sign_in_at else None,
        }
    )


def erase(_ctx: ServiceContext, holding: Holding) -> None:
    """Raise `DomainError`: a member of staff's account is not ended by this command."""
    refuse_kept(holding)


def record_request(
    ctx: ServiceContext, subject: Subject, *, action: str, by: str, reason: str, found: int, done: int
) -> str:
    """Keep that somebody asked for a person's data, or had them erased, and return the record's id."""
    document = {
        "_id": new_id(),
        "at": machine_now(),
        "action": action,
        "by": by,
        "reason": reason,
        "found": found,
        "done": done,
        "subject": [
            f"{name}:{_digest(ctx, value)}"
            for name, value in (("email", subject.email), ("phone", subject.phone), ("reference", subject.reference))
            if value
        ],
    }
    ctx.store.insert(PRIVACY_REQUESTS.name, document)
    return str(document["_id"])


def requests(ctx: ServiceContext, *, limit: int = 100) -> list[Document]:
    """Return the record of requests, the newest first."""
    return ctx.store.find(PRIVACY_REQUESTS.name, {}, sort=(("at", DESCENDING),), limit=limit).items


def _digest(ctx: ServiceContext, identifier: str) -> str:
    """Return a keyed digest: telephone numbers are so few that a plain hash of one could be tried out."""
    key = ensure_keys(ctx.settings).secret.encode()
    return hmac.new(key, b"privacy\x00" + identifier.strip().casefold().encode(), hashlib.sha256).hexdigest()[:32]
