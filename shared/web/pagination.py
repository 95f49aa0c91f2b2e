"""Pages of lists by cursor: what a request asks for, and the address of the next page."""

from dataclasses import dataclass
from urllib.parse import urlencode

from flask import request

from shared.errors import DomainError

DEFAULT_LIMIT = 50
MAXIMUM_LIMIT = 200


@dataclass(frozen=True)
class PageRequest:
    """How many items, and after which cursor."""

    limit: int
    after: str | None


def page_request(*, default_limit: int = DEFAULT_LIMIT) -> PageRequest:
    """Return what `?limit=` and `?after=` (or `?cursor=`) ask for; raises `DomainError` for a limit that is none."""
    text = request.args.get("limit") or str(default_limit)
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text) <= MAXIMUM_LIMIT:
        raise DomainError(f"limit must be a number from 1 to {MAXIMUM_LIMIT}.", field="limit")
    return PageRequest(int(text), request.args.get("after") or request.args.get("cursor") or None)


def next_url(cursor: str | None) -> str | None:
    """Return the address of the page after this one, with everything else that was asked for; None at the end."""
    if cursor is None:
        return None
    asked = [(name, value) for name, value in request.args.items(multi=True) if name not in {"after", "cursor"}]
    return f"{request.path}?{urlencode([*asked, ('after', cursor)])}"
