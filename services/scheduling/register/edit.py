"""What supervisors do with the register: look, put a row, retire one, take a file. The page and the command share it.

The table is one document, saved under the version that was read; where somebody else's change came in between, the
change is tried again on what is there now, and the row's own version says whether it is still the row that was seen.
Depots, crews and vehicles have documents of their own that follow the register (`follow.py`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.scheduling import store
from services.scheduling.domain import register as rules
from services.scheduling.domain.job import Job
from services.scheduling.domain.register import Change, Put, Table
from services.scheduling.register import documents, files, follow
from services.scheduling.register.checks import Problem, naming
from services.scheduling.register.files import Upload
from services.scheduling.register.tables import DEPOTS, TABLES, TableOf, table_of
from services.scheduling.register.world import World
from shared.calendar import london_date
from shared.contracts.envelope import Cause
from shared.errors import Conflict, DomainError, Duplicate
from shared.ids import derived_id
from shared.service import ServiceContext
from shared.store import reload_on_conflict

CHANGES_SHOWN = 30


class Refused(DomainError):
    """What is wrong with a row, column by column."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(problems[0].words, field=problems[0].column, rule="register")
        self.problems = tuple(problems)


class BadFile(DomainError):
    """Nothing of a file was taken; every bad line of it."""

    def __init__(self, upload: Upload) -> None:
        first = upload.bad[0]
        more = f" ({len(upload.bad) - 1} more)" if len(upload.bad) > 1 else ""
        super().__init__(f"Line {first.line}, {first.column or 'the line'}: {first.words}{more}", field="file")
        self.upload = upload


@dataclass(frozen=True)
class Applied:
    """What became of an upload: how many rows were added and changed, and how many were as the file has them."""

    added: int
    changed: int
    same: int


def world_of(ctx: ServiceContext) -> World:
    """Return the register as it is."""
    tables = {name: table for name in TABLES if (table := documents.tables(ctx.store).get(name)) is not None}
    return World(ctx.council, london_date(ctx.clock.now()), tables)


def put_row(ctx: ServiceContext, name: str, texts: Mapping[str, Any], *, version: int, by: str, cause: Cause) -> str:
    """Add a row (version 0) or change one as it was seen; return its id.

    Raises:
        Refused: values are wrong, by column.
        Conflict: somebody else has changed the row.
    """
    table = table_of(name)
    row_id = str(texts.get("id") or "").strip() or files.fresh_id(table)

    def once(world: World) -> Table:
        values, problems = files.read_values(world, table, {**texts, "id": row_id})
        known = world.table(name).row(row_id)
        if version == 0 and known is not None:
            problems.append(Problem("id", f"{row_id} is there already" + (", retired" if known.is_retired else "")))
        if table.is_fixed and known is None:
            problems.append(Problem("id", f"council.toml says which {table.title.lower()} there are"))
        put = Put(row_id, {**values, "id": row_id}, version)
        if not problems:
            problems = [problem for _, problem in files.problems_after(world, table, [put])]
        if problems:
            raise Refused(problems)
        return rules.put_rows(world.table(name), [put], by=by, at=ctx.clock.now())

    _save(ctx, name, once, cause)
    return row_id


def retire_row(ctx: ServiceContext, name: str, row_id: str, *, version: int, by: str, cause: Cause) -> None:
    """Retire a row as it was seen: it is kept, and used for nothing any more.

    Raises:
        DomainError: something still needs it, named.
        Conflict: somebody else has changed the row.
    """
    table = table_of(name)

    def once(world: World) -> Table:
        world.table(name).require(row_id)
        needed = _needed_by(ctx, world, table, row_id)
        if needed:
            label = table.label_of(world.table(name).require(row_id).values)
            raise DomainError(f"{label} can’t be retired: {needed}", rule="register-needed")
        return rules.retire(world.table(name), row_id, version=version, by=by, at=ctx.clock.now())

    _save(ctx, name, once, cause)


def preview(ctx: ServiceContext, name: str, content: bytes) -> tuple[Upload, int]:
    """Return what a file would do, or what is wrong with it, and the version of the table that it was read against."""
    world = world_of(ctx)
    return files.read_upload(world, table_of(name), content), world.table(name).version


def take_file(ctx: ServiceContext, name: str, content: bytes, *, version: int | None, by: str, cause: Cause) -> Applied:
    """Store all rows of a file, or none; `version` is the table's as previewed, None for whatever is there.

    Raises:
        BadFile: lines are wrong, all of them named.
        Conflict: the table has been changed since the preview.
    """
    table = table_of(name)
    uploads: list[Upload] = []

    def once(world: World) -> Table:
        if version is not None and world.table(name).version != version:
            raise Conflict(f"{table.title} were changed by somebody else")
        upload = files.read_upload(world, table, content)
        if upload.bad:
            raise BadFile(upload)
        uploads.append(upload)
        return rules.put_rows(world.table(name), upload.puts, by=by, at=ctx.clock.now())

    _save(ctx, name, once, cause, again=version is None)
    done = [planned.what for planned in uploads[-1].planned]
    return Applied(done.count("added"), done.count("changed"), done.count("same"))


def export(ctx: ServiceContext, name: str) -> str:
    """Return a table as a CSV file; retired rows are left out."""
    return files.as_csv(table_of(name), world_of(ctx).table(name).live)


def history(table: Table, row_id: str | None = None) -> list[Change]:
    """Return the latest changes of a table, or of one of its rows, the newest first."""
    found = [change for change in table.changes if row_id in (None, change.row_id)]
    return found[::-1][:CHANGES_SHOWN]


def _save(ctx: ServiceContext, name: str, once: Callable[[World], Table], cause: Cause, *, again: bool = True) -> None:
    """Change a table and have depots, crews and vehicles follow; changes too old to stay with it are put away first."""

    def attempt() -> None:
        world = world_of(ctx)
        before = world.table(name)
        after = once(world)
        if after == before:
            return
        _put_away(ctx, before)
        moved = before.old_changes[-1].number if before.old_changes else 0
        after = rules.without_moved(after, moved)
        repository = documents.tables(ctx.store)
        try:
            (repository.save if before.version else repository.add)(after, at=ctx.clock.now(), cause=cause)
        except Duplicate as error:
            raise Conflict(f"{name} was begun by somebody else") from error

    # A row that was changed by somebody else conflicts again at once, and that is the answer.
    (reload_on_conflict(attempt) if again else attempt)()
    follow.follow_register(ctx)


def _put_away(ctx: ServiceContext, table: Table) -> None:
    """Give old changes documents of their own, before the save that drops them from the table."""
    for change in table.old_changes:
        entry = documents.OldChange(derived_id("register", table.id, change.number), table.id, change)
        try:
            documents.old_changes(ctx.store).add(entry, at=change.at, cause=Cause())
        except Duplicate:
            continue  # put away by a save that did not come through


def _needed_by(ctx: ServiceContext, world: World, table: TableOf, row_id: str) -> str:
    """Return what still needs a row, in words; nothing where it can go."""
    if table.is_fixed:
        return f"council.toml says which {table.title.lower()} there are"
    if table.name in ("crews", "contractors"):
        return _work_of_crew(ctx, row_id) or _named_in(world, table, row_id)
    if table.name == DEPOTS.name:
        if [row.id for row in world.table(table.name).live] == [row_id]:
            return "it is the only depot. Add the next one first."
        # Who moves its crews and vehicles first has new jobs go to another depot.
        return _named_in(world, table, row_id) or _work_of_depot(ctx, row_id)
    return _named_in(world, table, row_id)


def _work_of_crew(ctx: ServiceContext, crew_id: str) -> str:
    """Return what a crew has in hand, in words."""
    jobs = store.jobs_of_crew(ctx.store, crew_id)
    if jobs:
        return f"{_has(jobs)}. Give them to another crew first."
    if store.current_shift(ctx.store, crew_id) is not None:
        return "it is on shift. Sign it off first."
    return ""


def _work_of_depot(ctx: ServiceContext, depot_id: str) -> str:
    """Return what is still to be done from a depot, in words."""
    active = store.jobs(ctx.store).every({"is_active": True}, sort=store.BY_URGENCY)
    jobs = [job for job in active if job.depot_id == depot_id]
    return f"{_has(jobs)}. Have crews of another depot do them, or cancel them, first." if jobs else ""


def _named_in(world: World, table: TableOf, row_id: str) -> str:
    """Return which rows name a row, in words."""
    named = naming(world, table, row_id)
    if not named:
        return ""
    listed = ", ".join(named[:3]) + (" …" if len(named) > 3 else "")
    return f"{listed} {'needs it. Change that' if len(named) == 1 else 'need it. Change those'} first."


def _has(jobs: Sequence[Job]) -> str:
    """Return which jobs something has, the first of them by their references."""
    listed = ", ".join(job.reference for job in jobs[:3]) + (" …" if len(jobs) > 3 else "")
    return f"it has {len(jobs)} {'job' if len(jobs) == 1 else 'jobs'} ({listed})"
