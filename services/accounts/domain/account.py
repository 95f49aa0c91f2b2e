"""A member of staff's account: who they are, what they may do, and what ends the sessions they have.

Every change that a signed cookie could contradict (roles, scopes, password, standing) moves `refuse_before` to that
instant: what was signed earlier no longer holds anywhere. Instants here are the machine's, never the council's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from shared.contracts.accounts import UserChangedV1
from shared.contracts.base import Fact
from shared.contracts.codes import ROLES
from shared.errors import DomainError

FREE_TRIES = 5
"""Wrong passwords in a row before the account waits."""

FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=15)
"""The wait doubles with each further wrong password up to this: guessing becomes hopeless, a prankster no disaster."""

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 200
"""argon2 hashes any length, but not for free."""

FEWEST_DIFFERENT = 5
"""Different characters in a password: `aaaaaaaaaaaa` is long and no password."""

LONGEST_EMAIL = 200
LONGEST_NAME = 100

SCOPES = {"crew_id": "crew", "depot_id": "depot", "neighbourhood": "neighbourhood", "ward": "ward"}
"""What a user may be narrowed to, and the word for it."""

Changed = tuple["Account", Sequence[Fact]]


@dataclass(frozen=True)
class Account:
    """One member of staff."""

    id: str
    email: str
    name: str
    roles: tuple[str, ...]
    password_hash: str | None
    """None for those who sign in with the council's identity provider."""
    created_at: datetime
    refuse_before: datetime
    scopes: Mapping[str, str] = field(default_factory=dict)
    is_active: bool = True
    failed_sign_ins: int = 0
    locked_until: datetime | None = None
    last_sign_in_at: datetime | None = None
    external_id: str | None = None
    """The identity provider's id of them, where they sign in there."""
    may_link: bool = False
    """Whether an administrator lets whoever signs in there with this e-mail address have this account."""
    version: int = 0
    sequence: int = 0


def new_account(
    account_id: str,
    *,
    email: str,
    name: str,
    roles: Sequence[str],
    scopes: Mapping[str, str],
    password_hash: str | None,
    at: datetime,
) -> Changed:
    """Return a new account; raises `DomainError` for an unfit address, name, role or scope."""
    account = Account(
        id=account_id,
        email=fit_email(email),
        name=_fit_name(name),
        roles=fit_roles(roles),
        scopes=fit_scopes(roles, scopes),
        password_hash=password_hash,
        created_at=at,
        refuse_before=at,
    )
    return account, [UserChangedV1.fact()]


def public_state(account: Account) -> Mapping[str, object]:
    """Return what events say of an account: its id, its standing, and since when older signatures are void."""
    return {"user_id": account.id, "active": account.is_active, "refuse_before": account.refuse_before}


def waits_until(account: Account, at: datetime) -> datetime | None:
    """Return until when the account takes no password, or None."""
    return account.locked_until if account.locked_until is not None and account.locked_until > at else None


def password_refused(account: Account, at: datetime) -> Account:
    """Return the account after a wrong password: after five in a row it waits, each time twice as long."""
    failed = account.failed_sign_ins + 1
    over = failed - FREE_TRIES
    # The exponent is capped before the wait is: a year of guessing would overflow a timedelta.
    wait = min(FIRST_WAIT * 2 ** min(over, 10), LONGEST_WAIT) if over >= 0 else None
    return replace(account, failed_sign_ins=failed, locked_until=at + wait if wait else None)


def signed_in(account: Account, at: datetime) -> Account:
    """Return the account after a right password."""
    return replace(account, failed_sign_ins=0, locked_until=None, last_sign_in_at=at)


def with_password(account: Account, password_hash: str, at: datetime) -> Changed:
    """Return the account with another password, which is then its only door; every session and wait ends."""
    changed = replace(
        account,
        password_hash=password_hash,
        external_id=None,
        may_link=False,
        failed_sign_ins=0,
        locked_until=None,
        refuse_before=at,
    )
    return changed, [UserChangedV1.fact()]


def with_roles(
    account: Account, roles: Sequence[str], scopes: Mapping[str, str], at: datetime, *, by: str | None
) -> Changed:
    """Return the account with other roles and scopes; nobody takes administration from themselves."""
    if by == account.id and "admin" in account.roles and "admin" not in roles:
        raise DomainError("You can’t stop being an administrator yourself: ask another one.", field="roles")
    if account.external_id is not None:
        raise DomainError("Their roles come from their groups, anew at each sign-in.", field="roles")
    changed = replace(account, roles=fit_roles(roles), scopes=fit_scopes(roles, scopes), refuse_before=at)
    return changed, [UserChangedV1.fact()]


def switched(account: Account, *, is_active: bool, at: datetime, by: str | None) -> Changed:
    """Return the account switched on or off; nobody switches themselves off, so an administrator always remains."""
    if by == account.id and not is_active:
        raise DomainError("You can’t switch off your own account: ask another administrator.")
    return replace(account, is_active=is_active, refuse_before=at), [UserChangedV1.fact()]


def signed_out_everywhere(account: Account, at: datetime) -> Changed:
    """Return the account with every session ended."""
    return replace(account, refuse_before=at), [UserChangedV1.fact()]


def fit_email(text: str) -> str:
    """Return an e-mail address in the form it is found by; raises `DomainError`."""
    email = text.strip().lower()
    name, at_sign, domain = email.partition("@")
    if (
        not (name and at_sign and "." in domain)
        or any(character.isspace() for character in email)
        or len(email) > LONGEST_EMAIL
    ):
        raise DomainError("Enter an email address, like name@example.com.", field="email")
    return email


def fit_roles(roles: Sequence[str]) -> tuple[str, ...]:
    """Return roles that an account may have, each once; a wall's screen has a link, not an account."""
    fit = tuple(dict.fromkeys(roles))
    if not fit:
        raise DomainError("Choose at least one role.", field="roles")
    if any(role not in ROLES or role == "wall-viewer" for role in fit):
        raise DomainError("Choose roles from the list.", field="roles")
    return fit


def fit_scopes(roles: Sequence[str], scopes: Mapping[str, str]) -> Mapping[str, str]:
    """Return the scopes that are set; a crew's account must say which crew."""
    fit = {name: value for name, value in scopes.items() if value}
    if any(name not in SCOPES for name in fit):
        raise DomainError("A user can be narrowed to a crew, a depot, a neighbourhood or a ward.")
    if "crew" in roles and "crew_id" not in fit:
        raise DomainError("Choose the crew.", field="crew_id")
    return fit


def fit_password(password: str, account_email: str) -> str:
    """Return a password that is long enough and not a guess; raises `DomainError`."""
    if len(password) < SHORTEST_PASSWORD:
        raise DomainError(
            f"Use {SHORTEST_PASSWORD} characters or more: three random words do well.", field="new_password"
        )
    if len(password) > LONGEST_PASSWORD:
        raise DomainError(f"Use {LONGEST_PASSWORD} characters or fewer.", field="new_password")
    easy = password.lower()
    if len(set(easy)) < FEWEST_DIFFERENT or account_email.partition("@")[0] in easy or "password" in easy:
        raise DomainError("That is too easy to guess: three random words do well.", field="new_password")
    return password


def _fit_name(text: str) -> str:
    """Return a display name."""
    name = " ".join(text.split())
    if not name or len(name) > LONGEST_NAME:
        raise DomainError("Enter the name that colleagues see.", field="name")
    return name
