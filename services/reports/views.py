"""Saved views of the queue: filters under a name, for one user, to come back to and to pass on as a link.

The link opens the view for any member of staff who may see the queue; only whoever saved it can rename or delete it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.reports.queue import Filters, read_filters
from services.reports.store import VIEWS
from shared.errors import DomainError, Duplicate, Forbidden, NotFound
from shared.ids import derived_id
from shared.service import ServiceContext
from shared.store.port import ASCENDING

MOST_VIEWS = 30
NAME_LIMIT = 60


@dataclass(frozen=True)
class SavedView:
    """Filters under a name; `user_id` is whose it is."""

    id: str
    user_id: str
    name: str
    filters: Filters


def save_view(ctx: ServiceContext, filters: Filters, *, name: str, user_id: str) -> SavedView:
    """Save filters under a name of the user's; the same name again replaces what it stood for.

    Raises:
        DomainError: there is no name, nothing is filtered, or the user has too many.
    """
    named = " ".join(name.split())
    if not named or len(named) > NAME_LIMIT:
        raise DomainError(f"Enter a name of at most {NAME_LIMIT} characters.", field="name")
    if not filters.is_any:
        raise DomainError("Choose what to show first: a view without filters is the whole queue.", field="name")
    view_id = derived_id("view", user_id, named.casefold())
    document = {
        "_id": view_id,
        "user_id": user_id,
        "name": named,
        "made_at": ctx.clock.now(),
        "filters": dict(filters.as_query()),
    }
    if ctx.store.get(VIEWS.name, view_id) is None:
        if len(views_of(ctx, user_id)) >= MOST_VIEWS:
            raise DomainError(f"You have {MOST_VIEWS} views. Delete one first.", field="name")
        try:
            ctx.store.insert(VIEWS.name, document)
        except Duplicate:  # the same button twice
            ctx.store.write_many(VIEWS.name, [document])
    else:
        ctx.store.write_many(VIEWS.name, [document])
    return _view(ctx, document)


def views_of(ctx: ServiceContext, user_id: str) -> list[SavedView]:
    """Return a user's views by name."""
    page = ctx.store.find(VIEWS.name, {"user_id": user_id}, sort=(("name", ASCENDING),), limit=MOST_VIEWS)
    return [_view(ctx, document) for document in page.items]


def view_of(ctx: ServiceContext, view_id: str) -> SavedView:
    """Return a view, whoever saved it; raises `NotFound`."""
    document = ctx.store.get(VIEWS.name, view_id)
    if document is None:
        raise NotFound("There is no such view. Whoever saved it may have deleted it.")
    return _view(ctx, document)


def delete_view(ctx: ServiceContext, view_id: str, *, user_id: str) -> None:
    """Delete a view of the user's; one that is gone already changes nothing; raises `Forbidden` for another's."""
    document = ctx.store.get(VIEWS.name, view_id)
    if document is None:
        return
    if document["user_id"] != user_id:
        raise Forbidden("Only whoever saved a view can delete it.")
    ctx.store.delete(VIEWS.name, view_id)


def _view(ctx: ServiceContext, document: Mapping[str, Any]) -> SavedView:
    """Return a view of a document; filters that are no longer known are left out."""
    return SavedView(document["_id"], document["user_id"], document["name"], read_filters(document["filters"], ctx))
