"""The table of offences and civil penalties, read once from `offences.toml`.

Amounts have changed (31 July 2023) and will change again, and a notice is judged by the law of its own day: so every
row has a first and a last day, and there is no question without a date.
"""

from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Literal, TypeAlias

from shared.errors import ConfigError, DomainError
from shared.toml import Table, each, read_toml

OffenceKind: TypeAlias = Literal["criminal-fpn", "civil-penalty", "pspo-cpn"]
OFFENCE_KINDS: tuple[OffenceKind, ...] = ("criminal-fpn", "civil-penalty", "pspo-cpn")

FILE = Path(__file__).with_name("offences.toml")


@dataclass(frozen=True)
class Offence:
    """One provision during one period; `statute` gives the power to ask for money, `provision` makes the duty.

    `min_pence` 0 means that statute sets no minimum. `unverified` names the fields nobody has checked.
    """

    code: str
    name: str
    provision: str
    statute: str
    kind: OffenceKind
    min_pence: int
    max_pence: int
    default_pence: int | None
    early_min_pence: int | None
    early_max_days: int
    pay_days: int
    effective_from: date
    effective_to: date | None
    prosecutable: bool
    summary_only: bool
    copies_to: tuple[str, ...]
    appeal_route: str
    source: str
    unverified: tuple[str, ...]

    @property
    def verified(self) -> bool:
        """Say whether every figure of the row was read in its source."""
        return not self.unverified

    def holds(self, on: date) -> bool:
        """Say whether the row is the law of a day."""
        return self.effective_from <= on and (self.effective_to is None or on <= self.effective_to)


def offence(code: str, on: date) -> Offence:
    """Return the law on an offence on a day; raises `DomainError` where the table has none."""
    for row in _table():
        if row.code == code and row.holds(on):
            return row
    raise DomainError(f"No penalty for {code} is known on {on:%-d %B %Y}", field="offence_code")


def offences(on: date) -> tuple[Offence, ...]:
    """Return all rows that are the law of a day, in the table's order."""
    return tuple(row for row in _table() if row.holds(on))


def offence_history(code: str) -> tuple[Offence, ...]:
    """Return every row of one offence, past and present, in the table's order."""
    return tuple(row for row in _table() if row.code == code)


@cache
def _table() -> tuple[Offence, ...]:
    """Return every row of the table."""
    return read_offences(FILE)


def read_offences(file: Path) -> tuple[Offence, ...]:
    """Return the rows of a table of offences; raises `ConfigError` for a wrong row or overlapping periods."""
    top = read_toml(file)
    rows = tuple(each(top.tables("offences"), _offence))
    top.close()
    for earlier, later in _pairs_of_one_code(rows):
        if earlier.effective_to is None or earlier.effective_to >= later.effective_from:
            raise ConfigError(f"{file}: {later.code} has two rows for {later.effective_from.isoformat()}")
    return rows


def _offence(table: Table) -> Offence:
    """Return one row, its amounts in order."""
    row = Offence(
        code=table.identifier("code"),
        name=table.text("name"),
        provision=table.text("provision"),
        statute=table.text("statute"),
        kind=_kind(table),
        min_pence=table.whole("min_pence"),
        max_pence=table.whole("max_pence", minimum=1),
        default_pence=table.optional_whole("default_pence", minimum=1),
        early_min_pence=table.optional_whole("early_min_pence", minimum=1),
        early_max_days=table.whole("early_max_days", minimum=1, maximum=28),
        pay_days=table.whole("pay_days", minimum=1, maximum=28),
        effective_from=table.day("effective_from"),
        effective_to=table.optional_day("effective_to"),
        prosecutable=table.flag("prosecutable"),
        summary_only=table.flag("summary_only"),
        copies_to=table.texts("copies_to", ()),
        appeal_route=table.text("appeal_route"),
        source=table.text("source"),
        unverified=table.texts("unverified", ()),
    )
    if row.min_pence > row.max_pence:
        table.fail("max_pence", "must not be below min_pence")
    if row.default_pence is not None and not row.min_pence <= row.default_pence <= row.max_pence:
        table.fail("default_pence", "must lie between min_pence and max_pence")
    for name in row.unverified:
        if name not in Offence.__dataclass_fields__:
            table.fail("unverified", f"names {name!r}, which no row has")
    return row


def _kind(table: Table) -> OffenceKind:
    """Return the kind of a row, as one of the choices that the type names."""
    value = table.choice("kind", OFFENCE_KINDS)
    return next(kind for kind in OFFENCE_KINDS if kind == value)


def _pairs_of_one_code(rows: tuple[Offence, ...]) -> list[tuple[Offence, Offence]]:
    """Return each row with the next later one of the same code."""
    ordered = sorted(rows, key=lambda row: (row.code, row.effective_from))
    return [pair for pair in pairwise(ordered) if pair[0].code == pair[1].code]
