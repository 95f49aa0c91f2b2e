"""The key that makes sending something twice the same as sending it once.

A program sends `Idempotency-Key`; a form carries a hidden field that was drawn with it. The key becomes a unique field
of the document that it protects, so accepting and remembering are one commit.
"""

import re

from flask import request

from shared.errors import DomainError
from shared.ids import derived_id, new_id
from shared.web.auth import current_user, has_bearer_token

HEADER = "Idempotency-Key"
FIELD = "idempotency_key"
_FORM = re.compile(r"[!-~]{1,200}")


def idempotency_key() -> str:
    """Return this request's key, a fresh one where none was sent; raises `DomainError` for an unfit one.

    The keys of a program are its own: two tokens that both count from 1 do not meet.
    """
    sent = request.headers.get(HEADER) or request.form.get(FIELD)
    if not sent:
        return new_id()
    if not _FORM.fullmatch(sent):
        raise DomainError(f"{HEADER} must be 1 to 200 visible characters.", field=HEADER)
    user = current_user() if has_bearer_token() else None
    return derived_id("idempotency", user.id if user else "form", sent)
