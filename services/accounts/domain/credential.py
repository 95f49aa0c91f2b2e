"""What signs somebody in without a password: a crew's shift code, a wall's link, a program's token or API key.

Each can be revoked by itself, under its own id; only a digest of its secret is kept. Instants are the machine's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.contracts.accounts import UserChangedV1
from shared.contracts.base import Fact
from shared.contracts.codes import ROLES
from shared.errors import DomainError

SHIFT_CODE = "shift-code"
WALL_LINK = "wall-link"
API_TOKEN = "api-token"  # noqa: S105 - a kind, not a token
API_KEY = "api-key"
KINDS: Mapping[str, str] = {
    SHIFT_CODE: "Shift code",
    WALL_LINK: "Wall link",
    API_TOKEN: "API token",
    API_KEY: "Open311 key",
}

LONGEST_SHIFT = timedelta(hours=24)
DEFAULT_SHIFT_HOURS = 14
"""An early start, a long day, and time to hand the phone back."""

CODE_CHARACTERS = 8
CODE_ALPHABET = "23456789BCDFGHJKMNPQRSTVWXYZ"
"""Without what is mistaken for something else, and without vowels, so that no code is a word."""

LONGEST_TOKEN_DAYS = 3_650


@dataclass(frozen=True)
class Credential:
    """One shift code, wall link, API token or API key."""

    id: str
    kind: str
    digest: str
    """Of its secret, by which it is found."""
    role: str
    label: str
    created_at: datetime
    created_by: str | None
    expires_at: datetime
    refuse_before: datetime
    crew_id: str | None = None
    is_active: bool = True
    last_used_at: datetime | None = None
    version: int = 0
    sequence: int = 0


def new_credential(
    credential_id: str,
    *,
    kind: str,
    digest: str,
    role: str,
    label: str,
    lifetime: timedelta,
    at: datetime,
    by: str | None,
    crew_id: str | None = None,
) -> Credential:
    """Return a new credential; raises `DomainError` for an unknown role, a missing crew or a lifetime that is none."""
    if kind != API_KEY and role not in ROLES:
        raise DomainError("Choose a role from the list.", field="role")
    if kind == SHIFT_CODE and not crew_id:
        raise DomainError("Choose the crew.", field="crew_id")
    if not timedelta(0) < lifetime <= timedelta(days=LONGEST_TOKEN_DAYS):
        raise DomainError("Choose how long it should last, up to ten years.", field="days")
    return Credential(
        id=credential_id,
        kind=kind,
        digest=digest,
        role=role,
        label=" ".join(label.split())[:100] or KINDS[kind],
        created_at=at,
        created_by=by,
        expires_at=at + lifetime,
        refuse_before=at,
        crew_id=crew_id,
    )


def public_state(credential: Credential) -> Mapping[str, object]:
    """Return what events say of a credential, in the words of every user."""
    return {
        "user_id": credential.id,
        "active": credential.is_active,
        "refuse_before": credential.refuse_before,
    }


def holds(credential: Credential, at: datetime) -> bool:
    """Say whether the credential signs anybody in at an instant."""
    return credential.is_active and at < credential.expires_at


def remaining(credential: Credential, at: datetime, longest: timedelta) -> timedelta:
    """Return how long a session from it may last: never past the credential itself."""
    return min(longest, credential.expires_at - at)


def used(credential: Credential, at: datetime) -> Credential:
    """Return the credential after somebody signed in with it."""
    return replace(credential, last_used_at=at)


def revoked(credential: Credential, at: datetime) -> tuple[Credential, Sequence[Fact]]:
    """Return the credential revoked, for good; again changes nothing."""
    if not credential.is_active:
        return credential, []
    return replace(credential, is_active=False, refuse_before=at), [UserChangedV1.fact()]


def normalise_code(text: str) -> str:
    """Return a shift code as typed in its canonical form: upper case, without spaces and dashes."""
    return "".join(character for character in text.upper() if character.isalnum())


def written_code(code: str) -> str:
    """Return a shift code as people read it out: `7KM3-QX2D`."""
    half = len(code) // 2
    return f"{code[:half]}-{code[half:]}"
