"""Names that nobody needs any more: of people who have left, and of who changed what long ago.

The register keeps who changed what, and old changes for good; a person's name is kept in it for as long as the council
says after they have left (`left_name_days`), and then only that there was somebody.
"""

from dataclasses import replace
from datetime import timedelta

from services.scheduling.domain.register import forget_names, forget_names_of
from services.scheduling.register import documents
from services.scheduling.register.tables import TABLES, TableOf
from shared.contracts.envelope import Cause
from shared.errors import Conflict
from shared.service import ServiceContext

PAGE = 200
BY_THE_CLOCK = Cause()


def forget_who_left(ctx: ServiceContext) -> None:
    """Forget the names whose time is over, in the tables of the register and in their old changes."""
    now = ctx.clock.now()
    before = now - timedelta(days=ctx.council.retention.left_name_days)
    repository = documents.tables(ctx.store)
    for described in TABLES.values():
        table = repository.get(described.name)
        if table is None:
            continue
        forgotten = forget_names(table, _personal(described), before=before)
        if forgotten != table:
            try:
                repository.save(forgotten, at=now, cause=BY_THE_CLOCK)
            except Conflict:
                continue  # a supervisor is at it in this moment; the timer comes again
    # The changes that no longer stay with their table; all are read before any is saved.
    for entry in list(documents.old_changes(ctx.store).every({}, batch=PAGE)):
        change = entry.change
        if change.at < before and (known := TABLES.get(entry.table)) is not None:
            forgotten_entry = replace(entry, change=forget_names_of(change, _personal(known)))
            if forgotten_entry != entry:
                documents.old_changes(ctx.store).save(forgotten_entry, at=now, cause=BY_THE_CLOCK)


def _personal(described: TableOf) -> frozenset[str]:
    """Return the columns that hold somebody's name."""
    return frozenset(column.name for column in described.columns if column.is_personal)
