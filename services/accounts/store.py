"""The documents of accounts: staff, credentials that need no password, crews and depots, and the record of sign-ins."""

from datetime import datetime

from services.accounts.domain import account as accounts_domain
from services.accounts.domain import credential as credentials_domain
from services.accounts.domain.account import Account
from services.accounts.domain.credential import Credential
from shared.store import Collection, Document, Index, Repository, Store
from shared.store.port import ASCENDING, DESCENDING, Range
from shared.web.deny import DENIED_USERS

ACCOUNTS = Collection(
    "accounts",
    fields={"email": "text", "external_id": "text", "is_active": "boolean"},
    indexes=(
        Index(equal=("email",), unique=True),
        Index(equal=("external_id",), unique=True),
        Index(sort=(("email", ASCENDING),)),
    ),
    nullable=frozenset({"external_id"}),
)
CREDENTIALS = Collection(
    "credentials",
    fields={"kind": "text", "digest": "text", "created_at": "instant"},
    indexes=(
        Index(equal=("digest",), unique=True),
        Index(equal=("kind",), sort=(("created_at", DESCENDING),)),
    ),
)
SIGN_INS = Collection(
    "sign_ins",
    fields={"at": "instant"},
    indexes=(Index(sort=(("at", DESCENDING),)), Index(sort=(("at", ASCENDING),))),
)
PRIVACY_REQUESTS = Collection(
    "privacy_requests", fields={"at": "instant"}, indexes=(Index(sort=(("at", DESCENDING),)),)
)
"""Who asked for somebody's data, or had them erased, from the command line; of whom only a keyed digest."""

CREWS = Collection("crews")
"""What scheduling last said of each crew: ids, and whether it works."""

DEPOTS = Collection("depots")
"""What scheduling last said of each depot: its id, and whether crews work from it."""

COLLECTIONS: tuple[Collection, ...] = (ACCOUNTS, CREDENTIALS, CREWS, DEPOTS, SIGN_INS, PRIVACY_REQUESTS, DENIED_USERS)

NEWEST_FIRST = (("at", DESCENDING),)
BATCH = 200


def accounts(store: Store) -> Repository[Account]:
    """Return the repository of staff accounts."""
    return Repository(store, ACCOUNTS.name, Account, public_state=accounts_domain.public_state)


def credentials(store: Store) -> Repository[Credential]:
    """Return the repository of shift codes, wall links, tokens and keys."""
    return Repository(store, CREDENTIALS.name, Credential, public_state=credentials_domain.public_state)


def record_sign_in(store: Store, record: Document) -> None:
    """Keep that somebody signed in, or tried to: ids only."""
    store.insert(SIGN_INS.name, record)


def recent_sign_ins(store: Store, *, limit: int, after: str | None) -> tuple[list[Document], str | None]:
    """Return the record of sign-ins, newest first."""
    page = store.find(SIGN_INS.name, {}, sort=NEWEST_FIRST, limit=limit, after=after)
    return page.items, page.next


def forget_sign_ins(store: Store, *, before: datetime) -> int:
    """Delete the record of sign-ins before an instant, a batch at a time, and return how many."""
    gone = 0
    while True:
        old = store.find(
            SIGN_INS.name, {"at": Range(below=before)}, sort=(("at", ASCENDING),), limit=BATCH, fields=("at",)
        ).items
        for document in old:
            gone += store.delete(SIGN_INS.name, document["_id"])
        if len(old) < BATCH:
            return gone
