"""The register in the words of people: names for ids, days and times as they are said, and who changed what.

Files and forms keep what is stored (`register/columns.py`); this is for reading only.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, time
from itertools import groupby
from typing import Any

from services.scheduling.domain.register import Change
from services.scheduling.register.columns import SEPARATOR, WEEKDAY_WORDS, Column, text_of
from services.scheduling.register.seed import BY_CONFIGURATION
from services.scheduling.register.tables import TABLES, TableOf
from services.scheduling.register.world import World
from shared.texts import date_words
from shared.web.filters import clock

TOGETHER_FROM = 3
"""More changes of one moment than this are shown as one."""

NOTHING = "(empty)"


SAID: Mapping[str, Callable[[str], str]] = {
    "day": lambda text: date_words(date.fromisoformat(text)),
    "time": lambda text: clock(time.fromisoformat(text)),
    "whole": lambda text: f"{int(text):,}",
}
"""How a kind of value is said that files write as machines do."""


def in_words(world: World, column: Column, value: Any) -> str:
    """Return a stored value in words: names in the place of ids, 30 June 2030, 6:30am, 1,020; empty for none."""
    if value is None or value in ("", []):
        return ""
    if column.choices is WEEKDAY_WORDS:
        return _days(list(value))
    if column.is_list:
        return ", ".join(_named(world, column, code) for code in value)
    if column.kind in ("choice", "row"):
        return _named(world, column, str(value))
    return SAID[column.kind](str(value)) if column.kind in SAID else text_of(value)


def label_of(world: World, table: TableOf, values: Mapping[str, Any]) -> str:
    """Return what people call a row: its name, or whom or what it is about where it has none."""
    named = _naming(table)
    return in_words(world, named, values.get(named.name)) or str(values.get("id") or "")


def full_label(world: World, table: TableOf, values: Mapping[str, Any]) -> str:
    """Return what people call a row where nothing else says what it is: Absence of Ada Sample."""
    label = label_of(world, table, values)
    is_of_another = _naming(table).kind == "row" and not table.is_fixed
    return f"{table.one.capitalize()} of {label}" if is_of_another else label


def differences(world: World, table: TableOf, columns: Mapping[str, Sequence[str]]) -> str:
    """Return the columns that differ in words, old and new; they come as texts of a file."""
    return "; ".join(
        f"{table.column(name).words}: {_of_text(world, table.column(name), old)} → "
        f"{_of_text(world, table.column(name), new)}"
        for name, (old, new) in columns.items()
        if name in table.header and name != "id"
    )


def author(by: str) -> str:
    """Return who made a change, as pages say it."""
    return "The council’s configuration" if by == BY_CONFIGURATION else by


def steps(world: World, table: TableOf, changes: Sequence[Change]) -> list[dict[str, Any]]:
    """Return changes as the timeline shows them; what one file did is one step."""
    shown = []
    for (at, by, what), found in groupby(changes, key=lambda change: (change.at, change.by, change.what)):
        together = list(found)
        if len(together) <= TOGETHER_FROM:
            shown += [_step(world, table, change) for change in together]
            continue
        names = ", ".join(_name(world, table, change.row_id) for change in together[:TOGETHER_FROM])
        title = f"{len(together)} rows {what}"
        shown.append({"title": title, "at": at, "by": author(by), "text": f"{names} and others"})
    return shown


def _step(world: World, table: TableOf, change: Change) -> dict[str, Any]:
    """Return a change as the timeline shows it."""
    words = differences(world, table, change.columns) if change.what == "changed" else ""
    found = world.table(table.name).row(change.row_id)
    title = f"{full_label(world, table, found.values) if found else change.row_id} {change.what}"
    return {"title": title, "at": change.at, "by": author(change.by), "text": words}


def _days(days: Sequence[str]) -> str:
    """Return days of the week: Every day, Monday to Friday, Monday, Thursday."""
    every = list(WEEKDAY_WORDS)
    if list(days) == every:
        return "Every day"
    first = every.index(days[0])
    if len(days) > 2 and list(days) == every[first : first + len(days)]:
        return f"{WEEKDAY_WORDS[days[0]]} to {WEEKDAY_WORDS[days[-1]]}"
    return ", ".join(WEEKDAY_WORDS[day] for day in days)


def _naming(table: TableOf) -> Column:
    """Return the column by which people know a row."""
    return table.column(table.listed[0] if table.label == "id" else table.label)


def _name(world: World, table: TableOf, row_id: str) -> str:
    """Return what people call a row, its id where it is gone."""
    found = world.table(table.name).row(row_id)
    return label_of(world, table, found.values) if found else row_id


def _named(world: World, column: Column, code: str) -> str:
    """Return the words of a code; a retired row still has its name."""
    words = (world.choices(column) or {}).get(code)
    if words is None and column.names is not None and column.names in TABLES:
        words = _name(world, TABLES[column.names], code)
    return words or code


def _of_text(world: World, column: Column, text: str) -> str:
    """Return a value in words that comes as the text of a file."""
    try:
        value = [part for part in text.split(SEPARATOR) if part] if column.is_list else text
        return in_words(world, column, value) or NOTHING
    except ValueError:
        return text  # of a time when the column was something else
