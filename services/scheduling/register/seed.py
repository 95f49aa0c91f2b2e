"""The register's first rows: depots and fleet of `council.toml`, and files beside it, in the format of every upload.

A row is made once and is the supervisors' from then on: what `council.toml` says later of a crew that is in the
register changes nothing, and a crew that it names newly is added at the next start (ADR 31).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from services.scheduling.domain.patterns import WEEKDAYS
from services.scheduling.domain.register import Put, Table, put_rows
from services.scheduling.register import documents, files
from services.scheduling.register.columns import text_of
from services.scheduling.register.edit import world_of
from services.scheduling.register.tables import TABLES, TableOf, table_of
from services.scheduling.register.world import World
from shared.contracts.envelope import Cause
from shared.council import Council
from shared.errors import ConfigError, Conflict, Duplicate
from shared.service import ServiceContext

BY_CONFIGURATION = "council.toml"
"""Who made a row that nobody has typed."""

ORDER = (
    *("depots", "vehicles", "crews", "patterns", "rotas", "people", "absences"),
    *("sites", "contractors", "standards", "access", "beats"),
)
"""Rows of a table may name those of tables before it."""


def seed_register(ctx: ServiceContext) -> None:
    """Add the rows of the council's configuration that the register does not know; doing so again adds nothing.

    Raises:
        ConfigError: a file beside `council.toml` is wrong, naming its line.
    """
    for name in ORDER:
        try:
            _seed(ctx, table_of(name))
        except (Duplicate, Conflict):
            continue  # another process that starts just now has done it


def _seed(ctx: ServiceContext, table: TableOf) -> None:
    """Add what a table does not know; a file is read only where the table was never begun."""
    world = world_of(ctx)
    known = world.table(table.name)
    puts = [
        Put(row["id"], _read(world, table, row), 0)
        for row in _of_council(ctx.council, table.name)
        if known.row(str(row["id"])) is None
    ]
    if not known.version:
        puts = _over(puts, _of_file(ctx, world.with_table(_begun(known, puts, ctx)), table))
    if not puts and known.version:
        return
    added = _begun(known, puts, ctx)
    repository = documents.tables(ctx.store)
    (repository.save if known.version else repository.add)(added, at=ctx.clock.now(), cause=Cause())


def _begun(known: Table, puts: Sequence[Put], ctx: ServiceContext) -> Table:
    """Return a table with the configuration's rows."""
    return put_rows(known, puts, by=BY_CONFIGURATION, at=ctx.clock.now())


def _over(puts: Sequence[Put], more: Sequence[Put]) -> list[Put]:
    """Return rows with those of a file in the place of the same ones of `council.toml`."""
    rows = {put.row_id: put for put in puts} | {put.row_id: Put(put.row_id, put.values, 0) for put in more}
    return list(rows.values())


def _of_file(ctx: ServiceContext, world: World, table: TableOf) -> Sequence[Put]:
    """Return the rows of a table's file beside `council.toml`, none where there is no such file."""
    folder = ctx.council.register
    file = folder / f"{table.name}.csv" if folder else None
    if file is None or not file.exists():
        return ()
    upload = files.read_upload(world, table, file.read_bytes())
    if upload.bad:
        first = upload.bad[0]
        raise ConfigError(f"{file}: line {first.line}: {first.column or 'the line'}: {first.words}")
    return upload.puts


def _read(world: World, table: TableOf, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row of `council.toml` as every other is stored, lists in the order of their choices."""
    texts = {name: value if isinstance(value, list) else text_of(value) for name, value in row.items()}
    values, problems = files.read_values(world, table, texts)
    if problems:
        raise ConfigError(f"council.toml: {table.one} {row['id']}: {problems[0].column}: {problems[0].words}")
    return values


def _of_council(council: Council, name: str) -> Iterator[dict[str, Any]]:
    """Yield the rows that `council.toml` itself has for a table."""
    if name == "depots":
        for depot in council.depots:
            yield _row(name, id=depot.id, name=depot.name, lat=depot.lat, lon=depot.lon)
    elif name == "vehicles":
        for vehicle in council.vehicles:
            yield _row(
                name,
                id=vehicle.id,
                registration=vehicle.registration,
                depot_id=vehicle.depot_id,
                vehicle_class=vehicle.vehicle_class,
                fuel=vehicle.fuel,
                range_km=vehicle.range_km,
                payload_kg=vehicle.payload_kg,
                tare_kg=vehicle.tare_kg,
                volume_litres=vehicle.volume_litres,
                width_cm=vehicle.width_cm,
                licence_needed=vehicle.licence_needed,
            )
    elif name == "crews":
        for crew in council.crews:
            yield _row(
                name,
                id=crew.id,
                name=crew.name,
                depot_id=crew.depot_id,
                vehicle_id=crew.vehicle_id,
                kind=crew.kind,
                neighbourhoods=list(crew.neighbourhoods),
                least_people=crew.least_people,
                has_gate_keys=crew.has_gate_keys,
                hours_regime="gb-domestic",
            )
    elif name == "sites":
        for site in council.sites:
            yield _row(
                name,
                id=site.id,
                opens=f"{site.opens:%H:%M}",
                closes=f"{site.closes:%H:%M}",
                days=list(WEEKDAYS),
                ewc_codes=list(site.ewc_codes),
            )


def _row(table: str, /, **values: Any) -> dict[str, Any]:
    """Return a row with every column of its table."""
    return {column.name: values.get(column.name) for column in TABLES[table].columns}
