"""Cursors of pages: the last document's place in the order, as text that callers hand back and never read.

Keyset, not offset: the next page starts after a *place*, so documents that come or go in between shift nothing. The
cursor carries the order it was made in, so that one from another list, or from before an index changed, is refused.
"""

import base64
from collections.abc import Mapping
from typing import Any

from shared.errors import DomainError
from shared.store.documents import check_field, check_id, from_json, to_json
from shared.store.plan import Order
from shared.store.port import Collection


def write_cursor(order: Order, document: Mapping[str, Any]) -> str:
    """Return the cursor of the page after this document."""
    text = to_json([[list(key) for key in order], [document.get(name) for name, _ in order]])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(collection: Collection, order: Order, cursor: str) -> list[Any]:
    """Return the values of the order's fields at a cursor; raises `DomainError` for one that is not of this order."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        made_in, values = from_json(base64.b64decode(padded, altchars=b"-_", validate=True).decode())
        fits = [tuple(key) for key in made_in] == list(order) and len(values) == len(order)
        for (name, _), value in zip(order, values, strict=False):
            _check_value(collection, name, value)
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        fits = False
    if not fits:
        raise DomainError("This link to a further page is no longer valid: start from the first page", field="after")
    return list(values)


def _check_value(collection: Collection, name: str, value: Any) -> None:
    """Refuse a value that no document could have: cursors come back from the outside and go into queries."""
    if name == "_id":
        check_id(collection, value)
    elif value is not None:
        check_field(collection, name, collection.fields[name], value)
