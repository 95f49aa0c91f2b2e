"""Tables as files: CSV that a spreadsheet opens, and that comes back all or nothing with every bad line named.

Files are UTF-8 (with or without the mark that spreadsheets put first), comma or semicolon separated as the header line
shows, with the table's columns as the first line in any order. A row whose id is empty is new. A row that is not in the
file stays as it is: a file adds and changes, and retires nothing.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, ValidationError

from services.scheduling.domain.register import Put, Row, differences
from services.scheduling.register.checks import Problem, problems_of
from services.scheduling.register.columns import SEPARATOR, field_of, text_of
from services.scheduling.register.tables import TableOf
from services.scheduling.register.world import World, value_of
from shared.ids import new_id

LARGEST_BYTES = 1024 * 1024
MOST_ROWS = 5_000
ID_LETTERS = 8
"""Of a fresh id; the end of a UUIDv7 is random."""


@dataclass(frozen=True)
class BadLine:
    """One thing that is wrong in a file: the line as a spreadsheet numbers it, the column if it is one, and why."""

    line: int
    column: str
    words: str


@dataclass(frozen=True)
class Planned:
    """What an upload would do to one row: `added`, `changed` or `same`, and the columns that would differ."""

    line: int
    row_id: str
    label: str
    what: str
    columns: Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Upload:
    """A file as read: what it would do, or what is wrong; `text` is the file again, new ids filled in."""

    planned: tuple[Planned, ...]
    puts: tuple[Put, ...]
    bad: tuple[BadLine, ...]
    text: str

    @property
    def changes(self) -> list[Planned]:
        """The rows that would change."""
        return [each for each in self.planned if each.what != "same"]


def as_csv(table: TableOf, rows: Sequence[Row]) -> str:
    """Return a table's rows as a file."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(table.header)
    for row in rows:
        values = {**row.values, "id": row.id}
        writer.writerow([text_of(values.get(name)) for name in table.header])
    return out.getvalue()


def read_upload(world: World, table: TableOf, content: bytes) -> Upload:
    """Return what a file would do to a table, or everything that is wrong with it."""
    try:
        text = _decoded(content)
        lines = _lines(table, text)
    except _Unreadable as problem:
        return Upload((), (), (problem.bad,), "")
    puts: list[Put] = []
    bad: list[BadLine] = []
    numbers: dict[str, int] = {}
    for number, texts in lines:
        values, wrong = read_values(world, table, texts)
        row_id = texts.get("id", "").strip() or fresh_id(table)
        bad += [BadLine(number, each.column, each.words) for each in wrong]
        if row_id in numbers:
            bad.append(BadLine(number, "id", f"{row_id} is on line {numbers[row_id]} already"))
        numbers.setdefault(row_id, number)
        bad += [BadLine(number, each.column, each.words) for each in _may_be_there(world, table, row_id)]
        puts.append(Put(row_id, {**values, "id": row_id}, _version(world, table, row_id)))
    if not bad:
        bad += [
            BadLine(numbers[row_id], each.column, each.words) for row_id, each in problems_after(world, table, puts)
        ]
    planned = tuple(_planned(world, table, numbers[put.row_id], put) for put in puts) if not bad else ()
    completed = as_csv(table, [Row(put.row_id, dict(put.values)) for put in puts]) if not bad else ""
    return Upload(planned, tuple(puts), tuple(sorted(bad, key=lambda each: each.line)), completed)


def read_values(world: World, table: TableOf, texts: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """Return the values that people wrote, by column, and what is wrong with them one by one."""
    given = {name: value for name, value in texts.items() if value not in ("", None, [])}
    declared = {column.name: field_of(column, world.choices(column)) for column in table.columns}
    schema: Schema = Schema.from_dict(dict(declared))()
    try:
        values = dict(schema.load({name: value for name, value in given.items() if name in declared}))
    except ValidationError as error:
        told: Mapping[str, Any] = error.normalized_messages()  # type: ignore[no-untyped-call]
        wrong = [Problem(name, _first(messages)) for name, messages in told.items()]
        return dict(error.valid_data or {}), wrong
    return {column.name: values.get(column.name) for column in table.columns}, []


def problems_after(world: World, table: TableOf, puts: Sequence[Put]) -> list[tuple[str, Problem]]:
    """Return what would be wrong with rows if all of them were stored, by row."""
    stored = world.table(table.name)
    changed = {put.row_id: Row(put.row_id, dict(put.values)) for put in puts}
    rows = tuple(changed.pop(row.id, row) for row in stored.rows) + tuple(changed.values())
    after = world.with_table(type(stored)(stored.id, rows))
    return [
        (put.row_id, problem)
        for put in puts
        for problem in problems_of(after, table, value_of(table, Row(put.row_id, dict(put.values))))
    ]


def fresh_id(table: TableOf) -> str:
    """Return an id for a new row."""
    return f"{table.id_prefix}-{new_id()[-ID_LETTERS:]}"


class _Unreadable(Exception):
    """The file as a whole can't be read."""

    def __init__(self, line: int, words: str, column: str = "") -> None:
        super().__init__(words)
        self.bad = BadLine(line, column, words)


def _decoded(content: bytes) -> str:
    """Return the text of a file; raises `_Unreadable` naming the line."""
    if not content.strip():
        raise _Unreadable(1, "The file is empty")
    if len(content) > LARGEST_BYTES:
        raise _Unreadable(1, f"The file has {len(content):,} bytes; at most {LARGEST_BYTES:,} are taken")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise _Unreadable(line, "This is not UTF-8 text: save it as “CSV UTF-8” and choose it again") from None


def _lines(table: TableOf, text: str) -> list[tuple[int, dict[str, str]]]:
    """Return the rows of a file with their line numbers; raises `_Unreadable`."""
    first = text.splitlines()[0] if text.strip() else ""
    # Spreadsheets on the continent separate by semicolons, which in our own files separate the items of a list.
    delimiter = SEPARATOR if "," not in first and SEPARATOR in first else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    found: list[tuple[int, dict[str, str]]] = []
    try:
        header = [name.strip() for name in next(reader)]
        _check_header(table, header)
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                raise _Unreadable(reader.line_num, f"There are {len(cells)} values here, and {len(header)} columns")
            if len(found) == MOST_ROWS:
                raise _Unreadable(reader.line_num, f"At most {MOST_ROWS:,} rows are taken at once")
            found.append((reader.line_num, {name: cell.strip() for name, cell in zip(header, cells, strict=True)}))
    except csv.Error as error:
        raise _Unreadable(reader.line_num, f"This is not CSV: {error}") from None
    if not found:
        raise _Unreadable(2, "There is no row below the first line")
    return found


def _check_header(table: TableOf, header: Sequence[str]) -> None:
    """Refuse a first line that is not the table's columns."""
    missing = [name for name in table.header if name not in header]
    unknown = [name for name in header if name not in table.header]
    twice = sorted({name for name in header if header.count(name) > 1})
    wrong = [
        f"{words}: {', '.join(name or '(empty)' for name in names)}"
        for words, names in (("missing", missing), ("not known", unknown), ("there twice", twice))
        if names
    ]
    if wrong:
        raise _Unreadable(1, f"The first line must be {', '.join(table.header)} ({'; '.join(wrong)})")


def _may_be_there(world: World, table: TableOf, row_id: str) -> list[Problem]:
    """Return why a row can't be added to a table whose rows come with the council's configuration."""
    if table.is_fixed and world.table(table.name).row(row_id) is None:
        return [Problem("id", f"{row_id} is not in council.toml, which says which {table.title.lower()} there are")]
    return []


def _version(world: World, table: TableOf, row_id: str) -> int:
    """Return the version of a row as this upload sees it, 0 for a new one."""
    row = world.table(table.name).row(row_id)
    return row.version if row else 0


def _planned(world: World, table: TableOf, line: int, put: Put) -> Planned:
    """Return what a row of a file would do."""
    known = world.table(table.name).row(put.row_id)
    columns = differences(known.values if known else {}, put.values)
    what = "added" if known is None else "changed" if columns or known.is_retired else "same"
    return Planned(line, put.row_id, table.label_of(put.values), what, columns)


def _first(messages: Any) -> str:
    """Return the first message of a field."""
    while not isinstance(messages, str):
        messages = next(iter(messages.values() if isinstance(messages, Mapping) else messages))
    return messages
