"""The register of what a depot works with: one document for each table, with its rows and who changed what when.

A table is one document because an upload of a whole table is all or nothing, and because two people who each add an
absence must not both be told that nothing overlaps. Each row has a version of its own, so that two supervisors who
edit different rows never disturb each other, and two who edit the same row are told (ADR 30).

The newest changes are kept with the table, in the same save as the change itself; older ones are moved to documents of
their own before they are dropped here, so that none is ever lost.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from shared.errors import Conflict, NotFound

CHANGES_KEPT = 200
"""Changes that stay with their table; older ones have documents of their own."""

ADDED, CHANGED, RETIRED, RESTORED = "added", "changed", "retired", "restored"

FORGOTTEN = "(name forgotten)"
"""What stands where a name was that nobody has a reason to keep any more."""

NAME_AND_ID = re.compile(r".* \(([^()]+)\)", re.DOTALL)
"""How the history says who made a change: by name, with the id that stays."""

ALWAYS = datetime.min.replace(tzinfo=UTC)

Values = Mapping[str, Any]
"""A row as stored: texts, whole numbers, yes or no, None, or lists of texts, by column."""


@dataclass(frozen=True)
class Row:
    """One row: its values, its own version, and whether it is retired (kept for what names it, used for nothing)."""

    id: str
    values: dict[str, Any]
    version: int = 1
    is_retired: bool = False
    retired_at: datetime | None = None


@dataclass(frozen=True)
class Change:
    """One change of one row: by whom and when, what was done, and the columns that changed, old and new as texts."""

    number: int
    row_id: str
    what: str
    at: datetime
    by: str
    columns: dict[str, list[str]]


@dataclass(frozen=True)
class Table:
    """One table of the register: the id is its name."""

    id: str
    rows: tuple[Row, ...] = ()
    changes: tuple[Change, ...] = ()
    changes_made: int = 0
    version: int = 0
    sequence: int = 0

    def row(self, row_id: str) -> Row | None:
        """Return a row, retired or not."""
        return next((row for row in self.rows if row.id == row_id), None)

    def require(self, row_id: str) -> Row:
        """Return a row; raises `NotFound`."""
        row = self.row(row_id)
        if row is None:
            raise NotFound(f"There is no row {row_id} in this table.")
        return row

    @property
    def live(self) -> tuple[Row, ...]:
        """The rows that count."""
        return tuple(row for row in self.rows if not row.is_retired)

    @property
    def old_changes(self) -> tuple[Change, ...]:
        """The changes that are to have documents of their own before the next save drops them."""
        return self.changes[: max(0, len(self.changes) - CHANGES_KEPT)]


@dataclass(frozen=True)
class Put:
    """A row to be stored; `version` is the row's as it was seen, 0 for a new one, None for whatever is there."""

    row_id: str
    values: Values
    version: int | None


def put_rows(table: Table, puts: Sequence[Put], *, by: str, at: datetime) -> Table:
    """Return the table with rows added or changed, all of them; rows that are as they were change nothing.

    Raises:
        Conflict: a row is not as it was seen, or one that was to be new is there.
    """
    for put in puts:
        table = _put(table, put, by=by, at=at)
    return table


def retire(table: Table, row_id: str, *, version: int, by: str, at: datetime) -> Table:
    """Return the table with a row that counts no longer; raises `NotFound` or `Conflict`."""
    row = _as_seen(table, row_id, version)
    if row.is_retired:
        return table
    gone = replace(row, is_retired=True, retired_at=at, version=row.version + 1)
    return _with(table, gone, RETIRED, {}, by=by, at=at)


def forget_names(table: Table, personal: Collection[str], *, before: datetime) -> Table:
    """Return the table without the names of who had left, and of who had changed what, before an instant.

    What was changed when stays. `personal` are the columns that hold somebody's name.
    """
    rows = tuple(
        _without_names(row, personal) if row.is_retired and _retired_by(table, row) < before else row
        for row in table.rows
    )
    changes = tuple(forget_names_of(change, personal) if change.at < before else change for change in table.changes)
    return replace(table, rows=rows, changes=changes)


def forget_names_of(change: Change, personal: Collection[str]) -> Change:
    """Return a change without the names in it: of whom it was about, and of who made it, whose id stays."""
    columns = {
        name: [FORGOTTEN if text else "" for text in texts] if name in personal else texts
        for name, texts in change.columns.items()
    }
    named = NAME_AND_ID.fullmatch(change.by)
    return replace(change, columns=columns, by=named[1] if named else change.by)


def _without_names(row: Row, personal: Collection[str]) -> Row:
    """Return a row without its names; its version stays, because nobody has changed it."""
    return replace(row, values={name: FORGOTTEN if name in personal else value for name, value in row.values.items()})


def _retired_by(table: Table, row: Row) -> datetime:
    """Return when a row was retired at the latest: changes that are not with their table any more are older."""
    if row.retired_at is not None:
        return row.retired_at
    retired = [change.at for change in table.changes if change.row_id == row.id]
    return max(retired) if retired else min((change.at for change in table.changes), default=ALWAYS)


def _put(table: Table, put: Put, *, by: str, at: datetime) -> Table:
    """Return the table with one row added or changed."""
    known = table.row(put.row_id)
    if known is None:
        if put.version:
            raise Conflict(f"{put.row_id} of {table.id} is not there any more")
        added = {name: ["", said(value)] for name, value in put.values.items() if said(value)}
        return _with(table, Row(put.row_id, dict(put.values)), ADDED, added, by=by, at=at)
    if put.version is not None and put.version != known.version:
        raise Conflict(f"{put.row_id} of {table.id} was changed by somebody else")
    columns = differences(known.values, put.values)
    if not columns and not known.is_retired:
        return table
    what = RESTORED if known.is_retired else CHANGED
    row = Row(put.row_id, dict(put.values), known.version + 1)
    return _with(table, row, what, columns, by=by, at=at)


def differences(old: Values, new: Values) -> dict[str, list[str]]:
    """Return the columns whose values differ, with the old and the new as texts."""
    names = [*new, *(name for name in old if name not in new)]
    return {name: [said(old.get(name)), said(new.get(name))] for name in names if old.get(name) != new.get(name)}


def said(value: Any) -> str:
    """Return a stored value as it is written in a file: lists with semicolons, yes and no, nothing for None."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ";".join(value) if isinstance(value, list | tuple) else str(value)


def _with(table: Table, row: Row, what: str, columns: dict[str, list[str]], *, by: str, at: datetime) -> Table:
    """Return the table with a row put in its place, and the change noted."""
    number = table.changes_made + 1
    if table.row(row.id) is None:
        rows = (*table.rows, row)
    else:
        rows = tuple(row if known.id == row.id else known for known in table.rows)
    change = Change(number, row.id, what, at, by, columns)
    return replace(table, rows=rows, changes=(*table.changes, change), changes_made=number)


def _as_seen(table: Table, row_id: str, version: int) -> Row:
    """Return a row if it is as it was seen; raises `NotFound` or `Conflict`."""
    row = table.require(row_id)
    if row.version != version:
        raise Conflict(f"{row_id} of {table.id} was changed by somebody else")
    return row


def without_moved(table: Table, moved: int) -> Table:
    """Return the table without the changes up to a number, which have documents of their own by now."""
    return replace(table, changes=tuple(change for change in table.changes if change.number > moved))
