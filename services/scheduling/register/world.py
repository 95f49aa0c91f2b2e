"""The register as it would be: every table, with the council's own places, as the values that the domain knows.

Checks are asked of a world, and a change is tried on one before it is saved: an upload is checked as a whole, because
its rows may need each other.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Any, TypeVar

from services.scheduling.domain.access import AccessLimit
from services.scheduling.domain.beats import Beat
from services.scheduling.domain.patterns import Calendar, Pattern, Rota
from services.scheduling.domain.people import Absence, Person
from services.scheduling.domain.providers import Contractor, Site, Standard
from services.scheduling.domain.register import Row, Table
from services.scheduling.domain.roster import Roster
from services.scheduling.register.columns import Choices, Column
from services.scheduling.register.tables import TABLES, TableOf, table_of
from shared.calendar import bank_holidays
from shared.council import Council
from shared.store.repository import converter

T = TypeVar("T")

YEARS_AHEAD = 2
"""Rotas are looked at less than a year ahead."""


@dataclass(frozen=True)
class World:
    """All tables at a moment."""

    council: Council
    today: date
    tables: Mapping[str, Table] = field(default_factory=dict)

    def table(self, name: str) -> Table:
        """Return a table; an empty one where nothing was ever entered."""
        return self.tables.get(name, Table(name))

    def with_table(self, table: Table) -> "World":
        """Return the world with one table as it would be."""
        return replace(self, tables={**self.tables, table.id: table})

    def values(self, name: str) -> list[Any]:
        """Return the rows that count as the domain's values."""
        return [value_of(table_of(name), row) for row in self.table(name).live]

    def choices(self, column: Column) -> Choices | None:
        """Return the codes that a column's values may be, with their words."""
        return column.choices if column.names is None else self.named(column.names)

    def named(self, names: str) -> Choices:
        """Return the ids of a table's rows, or of a part of the council, with what people call them."""
        if names in TABLES:
            table = table_of(names)
            return {row.id: table.label_of(row.values) for row in self.table(names).live}
        council = self.council
        parts: Mapping[str, Choices] = {
            "neighbourhoods": {each.id: each.name for each in council.neighbourhoods},
            "places": {each.id: each.name for each in council.gazetteer.places},
            "council_sites": {each.id: each.name for each in council.sites},
            "materials": {code: each.name for code, each in council.materials.items()},
        }
        return parts[names]

    @cached_property
    def people(self) -> tuple[Person, ...]:
        """Everybody."""
        return tuple(self.values("people"))

    @cached_property
    def absences(self) -> tuple[Absence, ...]:
        """Who is away when."""
        return tuple(self.values("absences"))

    @cached_property
    def rotas(self) -> tuple[Rota, ...]:
        """Which crew is on which pattern when."""
        return tuple(self.values("rotas"))

    @cached_property
    def sites(self) -> tuple[Site, ...]:
        """The disposal sites."""
        return tuple(self.values("sites"))

    @cached_property
    def contractors(self) -> tuple[Contractor, ...]:
        """The contractors."""
        return tuple(self.values("contractors"))

    @cached_property
    def standards(self) -> tuple[Standard, ...]:
        """The service standards."""
        return tuple(self.values("standards"))

    @cached_property
    def limits(self) -> tuple[AccessLimit, ...]:
        """The access limits."""
        return tuple(self.values("access"))

    @cached_property
    def beats(self) -> tuple[Beat, ...]:
        """The beats."""
        return tuple(self.values("beats"))

    @cached_property
    def calendar(self) -> Calendar:
        """When crews work."""
        patterns: list[Pattern] = self.values("patterns")
        years = range(self.today.year - 1, self.today.year + YEARS_AHEAD)
        holidays = frozenset().union(*(bank_holidays(year) for year in years))
        return Calendar(
            {pattern.id: pattern for pattern in patterns},
            self.rotas,
            holidays | self.council.working_time.closures,
        )

    @cached_property
    def roster(self) -> Roster:
        """Who is there when."""
        return Roster(self.people, self.absences, self.calendar)

    @property
    def yesterday(self) -> date:
        """The day before, whose night shift may still be going on."""
        return self.today - timedelta(days=1)


def value_of(table: TableOf, row: Row) -> Any:
    """Return a row as the value that the domain knows."""
    return converter.structure({**row.values, "id": row.id}, table.makes)
