"""Open311 keys: short enough to paste into another system's settings, and verified without asking anybody.

A key is its id and a truncated HMAC of it under the installation's shared secret, in base 32: 32 bytes, 52 characters.
It admits to posting reports and to nothing else, which anybody can do with the form; what it adds is knowing which
system posted, and being able to refuse it. Hence a shared secret is enough here, where identities need a signature
that only accounts can make (ADR 0007). Revoked through the deny list, by its id.
"""

import base64
import functools
import hmac
import uuid

from flask import current_app

from shared.errors import Forbidden
from shared.web.deny import DenyList
from shared.web.keys import Keys

PREFIX = "ss311-"
ID_BYTES = 16
MAC_BYTES = 16
LONGEST_BODY = 56
"""52 characters, and the padding of base 32 where somebody typed it; what is longer shall not fill the memory."""

REMEMBERED_KEYS = 1_000
_PURPOSE = b"streetscene open311 key\x00"


def make_api_key(keys: Keys, key_id: str) -> str:
    """Return the key of an id (a UUID)."""
    identity = uuid.UUID(key_id).bytes
    text = base64.b32encode(identity + _mac(keys.secret, identity)).decode().rstrip("=").lower()
    return f"{PREFIX}{text}"


def read_api_key(keys: Keys, text: str) -> str | None:
    """Return the id of a key of this installation, None for anything else."""
    body = text.strip().lower().removeprefix(PREFIX)
    return _read(keys.secret, body) if len(body) <= LONGEST_BODY else None


@functools.lru_cache(maxsize=REMEMBERED_KEYS)
def _read(secret: str, body: str) -> str | None:
    """Return the id in a key without its prefix; remembered, because an app sends its key with every report."""
    try:
        content = base64.b32decode(body.upper() + "=" * (-len(body) % 8))
    except ValueError:
        return None
    identity, mac = content[:ID_BYTES], content[ID_BYTES:]
    if len(content) != ID_BYTES + MAC_BYTES or not hmac.compare_digest(mac, _mac(secret, identity)):
        return None
    return str(uuid.UUID(bytes=identity))


def require_api_key(text: str | None) -> str:
    """Return the id of the key that this request sent; raises `Forbidden` where it is missing, wrong or revoked."""
    keys: Keys = current_app.extensions["streetscene_keys"]
    deny_list: DenyList = current_app.extensions["streetscene_deny"]
    key_id = read_api_key(keys, text) if text else None
    if key_id is None:
        raise Forbidden("This needs a valid api_key.", field="api_key")
    if deny_list.refuses_id(key_id, None):
        raise Forbidden("This api_key was revoked.", field="api_key")
    return key_id


def _mac(secret: str, identity: bytes) -> bytes:
    """Return the truncated HMAC of a key's id."""
    return hmac.digest(secret.encode(), _PURPOSE + identity, "sha256")[:MAC_BYTES]
