"""The register's pages: one table editor for all of it, made from the description of each table.

A list with a filter, a form for a row, a file to take away and one to bring back with a preview first; all of it works
without JavaScript. Supervisors edit; managers look.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from services.scheduling import store
from services.scheduling.availability import absent_on
from services.scheduling.domain.register import Row
from services.scheduling.duties import rota_warnings
from services.scheduling.register import edit, files
from services.scheduling.register.columns import Column, text_of
from services.scheduling.register.files import Upload
from services.scheduling.register.tables import TABLES, VEHICLES, TableOf, table_of
from services.scheduling.register.world import World
from services.scheduling.standings import standings_of
from services.scheduling.web import access, register_words
from services.scheduling.web.register_words import full_label, in_words, label_of
from shared.calendar import london_date
from shared.errors import Conflict, DomainError, Forbidden, NotFound
from shared.web.app import cause, context
from shared.web.auth import policy, signed_in_user
from shared.web.forms import FormErrors, errors_of

bp = Blueprint("register", __name__, template_folder="templates", url_prefix="/dispatch/register")

MANY_CHOICES = 60
"""More than that are typed with suggestions, not chosen from a list."""

ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}$")

BAD_LINES_SHOWN = 100

PageOrAnswer = str | Response | tuple[str, int]


@dataclass(frozen=True)
class Listed:
    """One row of a list: its id, its cells in words and as files have them, and whether it is retired."""

    id: str
    cells: Sequence[str]
    texts: Sequence[str]
    is_retired: bool

    @property
    def order(self) -> list[str]:
        """What it is sorted by: words as people read them, days as they follow each other."""
        pairs = zip(self.cells, self.texts, strict=True)
        return [(text if ISO_DAY.match(text) else cell).casefold() for cell, text in pairs]

    def fits(self, query: str) -> bool:
        """Say whether what was typed is in the row, as shown or as files have it."""
        return query.casefold() in " ".join((self.id, *self.cells, *self.texts)).casefold()


@bp.get("")
@policy(access.BOARD_READERS)
def index() -> str:
    """Show every table, who is there today, and what rotas would break."""
    ctx = context()
    world = edit.world_of(ctx)
    crews = [crew for crew in store.all_crews(ctx.store) if not crew.is_contractor]
    now, on_shift = ctx.clock.now(), store.crews_on_shift(ctx.store)
    return render_template(
        "scheduling/register_index.html",
        tables=[(table, len(world.table(table.name).live)) for table in TABLES.values()],
        standings=standings_of(ctx, world, crews, now, on_shift),
        on_shift=on_shift,
        absent=absent_on(ctx, [crew.id for crew in crews], london_date(now)),
        warnings=rota_warnings(world),
        now=now,
    )


@bp.get("/<table>")
@policy(access.BOARD_READERS)
def show(table: str) -> str:
    """Show the rows of a table that fit the filter."""
    return _table_page(table_of(table), {})


@bp.get("/<table>/csv")
@policy(access.BOARD_READERS)
def download(table: str) -> Response:
    """Give a table as a CSV file."""
    name = table_of(table).name
    # The mark at the beginning tells spreadsheets that this is UTF-8.
    answer = Response("\ufeff" + edit.export(context(), name), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


@bp.post("/<table>/upload")
@policy(access.SUPERVISORS)
def upload(table: str) -> PageOrAnswer:
    """Show what a file would change, or every line of it that is wrong."""
    sent = request.files.get("file")
    content = sent.stream.read(files.LARGEST_BYTES + 1) if sent is not None else b""
    if not content:
        return _table_page(table_of(table), {"file": ["Choose a CSV file"]}), 400
    return _preview_page(table_of(table), content)


@bp.post("/<table>/take")
@policy(access.SUPERVISORS)
def take(table: str) -> PageOrAnswer:
    """Take a file that was looked at: all of its rows, or none."""
    described, content = table_of(table), request.form.get("content", "").encode()
    try:
        done = edit.take_file(context(), described.name, content, version=_version(), by=_by(), cause=cause())
    except edit.BadFile:
        return _preview_page(described, content)
    except Conflict:
        page, _ = _preview_page(described, content, "Somebody else has changed this table since. Look again.")
        return page, 409
    flash(f"{_count(done.added, 'row')} added, {done.changed} changed, {done.same} as they were.", "success")
    return redirect(url_for("register.show", table=described.name), 303)


@bp.get("/<table>/new")
@policy(access.SUPERVISORS)
def new(table: str) -> str:
    """Show the form of a new row."""
    return _row_page(table_of(table), None, {}, {})


@bp.post("/<table>/new")
@policy(access.SUPERVISORS)
def add(table: str) -> PageOrAnswer:
    """Add a row."""
    return _put(table_of(table), None)


@bp.get("/<table>/rows/<row_id>")
@policy(access.BOARD_READERS)
def row(table: str, row_id: str) -> str:
    """Show a row with its form, and who changed what when."""
    described = table_of(table)
    found = _world().table(described.name).require(row_id)
    return _row_page(described, found, found.values, {})


@bp.post("/<table>/rows/<row_id>")
@policy(access.SUPERVISORS)
def change(table: str, row_id: str) -> PageOrAnswer:
    """Change a row as it was seen; a retired one counts again."""
    described = table_of(table)
    return _put(described, _world().table(described.name).require(row_id))


@bp.post("/<table>/rows/<row_id>/retire")
@policy(access.SUPERVISORS)
def retire(table: str, row_id: str) -> PageOrAnswer:
    """Retire a row."""
    described = table_of(table)
    found = _world().table(described.name).require(row_id)
    try:
        edit.retire_row(context(), described.name, row_id, version=_version(), by=_by(), cause=cause())
    except (Forbidden, NotFound):
        raise
    except DomainError as refusal:
        return _row_page(described, found, found.values, errors_of(refusal, "retire")), 400
    except Conflict:
        return _conflict_page(described, row_id, found.values)
    flash(f"{full_label(_world(), described, found.values)} is retired.", "success")
    return redirect(url_for("register.show", table=described.name), 303)


def _put(table: TableOf, known: Row | None) -> PageOrAnswer:
    """Store what the form says, or show it again with what is wrong."""
    texts = _typed(table, request.form)
    if known is not None:
        texts["id"] = known.id
    try:
        row_id = edit.put_row(context(), table.name, texts, version=_version() if known else 0, by=_by(), cause=cause())
    except edit.Refused as refused:
        errors: FormErrors = {}
        for problem in refused.problems:
            errors.setdefault(problem.column, []).append(problem.words)
        return _row_page(table, known, texts, errors), 400
    except Conflict:
        return _conflict_page(table, texts["id"], texts)
    world = _world()
    label = full_label(world, table, world.table(table.name).require(row_id).values)
    flash(f"{label} is {'changed' if known else 'added'}.", "success")
    return redirect(url_for("register.show", table=table.name), 303)


def _conflict_page(table: TableOf, row_id: str, typed: Mapping[str, Any]) -> PageOrAnswer:
    """Show what was typed beside what somebody else has made of the row; sending it again is a decision."""
    stored = _world().table(table.name)
    last = next(iter(edit.history(stored, row_id)), None)
    words = "Somebody else has changed this row. What you typed is below, and what they changed is under it."
    if last is not None:
        names = ", ".join(table.column(name).words.lower() for name in last.columns if name in table.header)
        who = register_words.author(last.by)
        words = f"{who} has {last.what} this row{f' ({names})' if names else ''} since you opened it. Look at both."
    return _row_page(table, stored.require(row_id), typed, {"form": [words]}), 409


def _table_page(table: TableOf, errors: FormErrors) -> str:
    """Return the list of a table."""
    world = _world()
    query, with_retired = request.args.get("q", "").strip(), request.args.get("retired") == "yes"
    stored = world.table(table.name)
    columns = [table.column(name) for name in table.listed]
    rows = [
        Listed(
            row.id,
            [in_words(world, column, row.values.get(column.name)) for column in columns],
            [text_of(row.values.get(column.name)) for column in columns],
            row.is_retired,
        )
        for row in stored.rows
        if with_retired or not row.is_retired
    ]
    fitting = [row for row in rows if row.fits(query)]
    return render_template(
        "scheduling/register_table.html",
        table=table,
        tables=TABLES.values(),
        columns=columns,
        rows=sorted(fitting, key=lambda row: row.order),
        total=len(rows),
        values={"q": query, "retired": ["yes"] if with_retired else []},
        changes=register_words.steps(world, table, edit.history(stored)),
        errors=errors,
        may_act=access.is_supervisor(signed_in_user()),
    )


def _row_page(table: TableOf, known: Row | None, values: Mapping[str, Any], errors: FormErrors) -> str:
    """Return the page of a row."""
    world = _world()
    changes = edit.history(world.table(table.name), known.id) if known else []
    return render_template(
        "scheduling/register_row.html",
        table=table,
        row=known,
        label=label_of(world, table, known.values) if known else "",
        values={column.name: _as_typed(column, values.get(column.name)) for column in table.columns},
        shown=[(column.words, in_words(world, column, values.get(column.name))) for column in table.columns],
        choices={column.name: world.choices(column) or {} for column in table.columns},
        many_choices=MANY_CHOICES,
        changes=register_words.steps(world, table, changes),
        vehicle=store.vehicles(context().store).get(known.id) if known and table.name == VEHICLES.name else None,
        errors=errors,
        may_act=access.is_supervisor(signed_in_user()),
    )


def _preview_page(table: TableOf, content: bytes, problem: str = "") -> tuple[str, int]:
    """Return what a file would do, with 400 where it can't be taken."""
    found, version = edit.preview(context(), table.name, content)
    page = render_template(
        "scheduling/register_upload.html",
        table=table,
        upload=found,
        bad=[(bad.line, bad.column, bad.words) for bad in found.bad[:BAD_LINES_SHOWN]],
        left_out=max(0, len(found.bad) - BAD_LINES_SHOWN),
        changes=_changes_of(table, found),
        version=version,
        problem=problem,
    )
    return page, 400 if found.bad else 200


def _changes_of(table: TableOf, found: Upload) -> list[tuple[int, str, str, str]]:
    """Return line, row, what would be done and the columns in words, of every row that would change."""
    world, values = _world(), {put.row_id: put.values for put in found.puts}
    return [
        (
            planned.line,
            label_of(world, table, values[planned.row_id]),
            planned.what,
            register_words.differences(world, table, planned.columns) if planned.what == "changed" else "",
        )
        for planned in found.changes
    ]


def _as_typed(column: Column, value: Any) -> Any:
    """Return a value as its form field has it."""
    if column.is_list:
        return list(value or ())
    if column.kind == "flag":
        return ["yes"] if text_of(value) == "yes" else []
    return text_of(value)


def _typed(table: TableOf, form: MultiDict[str, str]) -> dict[str, Any]:
    """Return what was typed, by column."""
    return {
        column.name: form.getlist(column.name) if column.is_list else form.get(column.name, "")
        for column in table.columns
    }


def _world() -> World:
    """Return the register as it is."""
    return edit.world_of(context())


def _version() -> int:
    """Return the version that the form was made of; none that exists where somebody has tampered with it."""
    text = request.form.get("version", "")
    return int(text) if text.isdigit() else -1


def _by() -> str:
    """Return who does it, as the register's history keeps it."""
    user = signed_in_user()
    return f"{user.name} ({user.id})" if user.name else user.id


def _count(number: int, noun: str) -> str:
    """Return a number with its noun."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
