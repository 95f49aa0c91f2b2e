"""Signed links that expire: a message's address opens a page for one purpose, without an account."""

from itsdangerous import BadSignature, SignatureExpired, URLSafeTimedSerializer

from shared.errors import DomainError
from shared.service import ServiceContext
from shared.web.keys import ensure_keys

DAY_SECONDS = 24 * 3600
EXPIRED = "expired"
"""The rule that a link breaks which is ours and too old."""


def sign_link(ctx: ServiceContext, purpose: str, value: str) -> str:
    """Return a token for a link that says `value`, good for this purpose only."""
    token = _serializer(ctx, purpose).dumps(value)
    return token.decode() if isinstance(token, bytes) else token


def read_link(ctx: ServiceContext, purpose: str, token: str, max_age_seconds: int) -> str:
    """Return the value of a link's token; raises `DomainError` in the reader's words when it is old or not ours."""
    try:
        value: str = _serializer(ctx, purpose).loads(token, max_age=max_age_seconds)
    except SignatureExpired:
        raise DomainError("This link has expired.", rule=EXPIRED) from None
    except BadSignature:
        raise DomainError("This link is not complete. Check that you copied all of it.") from None
    return value


def _serializer(ctx: ServiceContext, purpose: str) -> URLSafeTimedSerializer:
    """Return the signer of one purpose; itsdangerous stamps with the machine's clock."""
    return URLSafeTimedSerializer(ensure_keys(ctx.settings).secret, salt=f"link:{purpose}")
