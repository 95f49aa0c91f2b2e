"""Who somebody is, signed by accounts and verified by every web process without asking anybody.

A cookie and a bearer token are the same thing with different lifetimes: a JWT signed with Ed25519. It says who (`sub`),
in which roles and scopes, under which display name, and by which credential (`jti`: a shift code, wall link or API
token that can be revoked by itself). Time here is the machine's, never the council's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from shared.clock import machine_now
from shared.errors import StreetsceneError

ALGORITHM = "EdDSA"
AUDIENCE = "streetscene"

COOKIE = "cookie"
BEARER = "bearer"

SESSION_LIFETIME = timedelta(hours=12)
"""A working day with overtime; a shift code or wall link may give less."""


class BadToken(StreetsceneError):
    """The token is not ours, was changed, has expired, or is for another use."""


@dataclass(frozen=True)
class User:
    """Whoever makes a request: staff, a crew, a wall's screen or a program with a token."""

    id: str
    roles: tuple[str, ...]
    name: str
    scopes: Mapping[str, str] = field(default_factory=dict)
    credential_id: str | None = None
    issued_at: datetime | None = None

    @property
    def role(self) -> str:
        """The first role, by which pages choose what to show first."""
        return self.roles[0]

    def has_role(self, *names: str) -> bool:
        """Say whether the user has one of the roles; an administrator has every role of staff."""
        return not set(self.roles).isdisjoint(names) or ("admin" in self.roles and set(names) != {"wall-viewer"})


def sign(
    private_key: Ed25519PrivateKey, user: User, *, use: str, lifetime: timedelta, at: datetime | None = None
) -> str:
    """Return a token that says who the user is, for a use (`COOKIE`, `BEARER`) and a lifetime from now."""
    issued = at or machine_now()
    claims = {
        "aud": AUDIENCE,
        "use": use,
        "sub": user.id,
        "name": user.name,
        "roles": list(user.roles),
        "scopes": dict(user.scopes),
        "jti": user.credential_id,
        # Milliseconds, because "refuse what was signed before" must tell the change from the sign-in right after it.
        "iat": int(issued.timestamp()),
        "issued_ms": round(issued.timestamp() * 1000),
        "exp": int((issued + lifetime).timestamp()),
    }
    return jwt.encode({name: value for name, value in claims.items() if value is not None}, private_key, ALGORITHM)


def verify(public_key: Ed25519PublicKey, token: str, *, use: str) -> User:
    """Return whom a token names; raises `BadToken` for anything but a current one of ours for this use."""
    try:
        claims = jwt.decode(
            token,
            public_key,
            algorithms=[ALGORITHM],
            audience=AUDIENCE,
            options={"require": ["exp", "iat", "sub", "aud", "use", "roles"]},
        )
    except jwt.InvalidTokenError as error:
        raise BadToken(str(error)) from error
    if claims["use"] != use or not claims["roles"]:
        raise BadToken(f"the token is not for use as a {use}")
    return User(
        id=claims["sub"],
        roles=tuple(claims["roles"]),
        name=claims.get("name", ""),
        scopes=claims.get("scopes", {}),
        credential_id=claims.get("jti"),
        issued_at=datetime.fromtimestamp(claims["issued_ms"] / 1000, UTC),
    )
