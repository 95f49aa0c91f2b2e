"""Everything that a find gives, without holding all of it."""

from collections.abc import Iterator, Sequence

from shared.store.port import Document, Store, Where

BATCH = 500


def every(
    store: Store,
    collection: str,
    where: Where,
    *,
    sort: Sequence[tuple[str, int]] = (),
    fields: Sequence[str] | None = None,
    batch: int = BATCH,
) -> Iterator[Document]:
    """Yield all matching documents, reading `batch` of them at a time."""
    after = None
    while True:
        page = store.find(collection, where, sort=sort, limit=batch, after=after, fields=fields)
        yield from page.items
        after = page.next
        if after is None:
            return
