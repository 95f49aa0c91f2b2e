"""What the register stores: one document for each table, and changes that no longer stay with their table."""

from dataclasses import dataclass

from services.scheduling.domain.register import Change, Table
from shared.store.port import Collection, Store
from shared.store.repository import Repository

REGISTER = Collection("register")
"""One document for each table of the register."""

OLD_CHANGES = Collection("register_changes")
"""Changes of the register that no longer stay with their table."""


@dataclass(frozen=True)
class OldChange:
    """A change of the register in a document of its own."""

    id: str
    table: str
    change: Change
    version: int = 0
    sequence: int = 0


def tables(store: Store) -> Repository[Table]:
    """Return the tables of the register, which emit nothing."""
    return Repository(store, REGISTER.name, Table)


def old_changes(store: Store) -> Repository[OldChange]:
    """Return the changes that no longer stay with their table."""
    return Repository(store, OLD_CHANGES.name, OldChange)
