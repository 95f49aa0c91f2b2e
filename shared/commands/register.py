"""Commands for the register of people, shifts and vehicles: a table as a file, and a file into its table.

They go through the same use case as the page: the same checks, the same history, all of a file or nothing.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shared.commands.console import Group, as_json, contexts_of, err, out, say

if TYPE_CHECKING:
    from rich.table import Table as RichTable

BY = "command line"


@click.group(cls=Group)
def register() -> None:
    """The register of people, crews, shifts, vehicles, sites and beats."""


@register.command("export")
@click.argument("table")
@click.option("--to", "file", default=None, type=click.Path(dir_okay=False, path_type=Path), help="A file to write.")
@as_json
def register_export(table: str, file: Path | None, json_output: bool) -> None:
    """Print a TABLE of the register as CSV (people, absences, crews, rotas, patterns, vehicles, sites, …)."""
    from shared.processes import part

    edit = part("scheduling", "register.edit")
    with contexts_of(("scheduling",)) as contexts:
        if json_output:
            rows = edit.world_of(contexts["scheduling"]).table(edit.table_of(table).name).live
            text = json.dumps([row.values for row in rows], ensure_ascii=False, indent=2) + "\n"
        else:
            text = edit.export(contexts["scheduling"], table)
    if file is None:
        click.echo(text, nl=False)
        return
    file.write_text(text, encoding="utf-8", newline="")
    say(f"Wrote {file}.")


@register.command("import")
@click.argument("table")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@as_json
def register_import(table: str, file: Path, dry_run: bool, json_output: bool) -> None:
    """Add and change the rows of a TABLE from a CSV FILE: all of them, or none.

    A file with anything wrong in it ends with exit code 1, every bad line named by line, column and reason.
    """
    from shared.contracts.envelope import Cause
    from shared.processes import part

    edit = part("scheduling", "register.edit")
    with contexts_of(("scheduling",)) as contexts:
        ctx = contexts["scheduling"]
        upload, version = edit.preview(ctx, table, file.read_bytes())
        taken = not dry_run and not upload.bad
        if taken:
            edit.take_file(ctx, table, upload.text.encode(), version=version, by=BY, cause=Cause())
    if json_output:
        click.echo(json.dumps(_as_json(upload, taken), ensure_ascii=False, indent=2))
    else:
        _show(upload, taken)
    if upload.bad:
        raise SystemExit(1)


def _as_json(upload: Any, taken: bool) -> dict[str, Any]:
    """Return what a file does, or what is wrong with it, for programs."""
    return {
        "taken": taken,
        "bad": [{"line": bad.line, "column": bad.column, "reason": bad.words} for bad in upload.bad],
        "changes": [
            {"line": each.line, "id": each.row_id, "what": each.what, "columns": dict(each.columns)}
            for each in upload.changes
        ],
        "same": len(upload.planned) - len(upload.changes),
    }


def _show(upload: Any, taken: bool) -> None:
    """Print what a file does as a table for people, or what is wrong with it on standard error."""
    if upload.bad:
        shown = _table("line", "column", "reason")
        for bad in upload.bad:
            shown.add_row(str(bad.line), bad.column or "–", bad.words)
        err().print(shown)
        err().print(
            f"Nothing was taken: {len(upload.bad)} {'thing is' if len(upload.bad) == 1 else 'things are'} wrong."
        )
        return
    if upload.changes:
        shown = _table("line", "id", "what", "columns")
        for each in upload.changes:
            words = "; ".join(f"{name}: {old or '–'} → {new or '–'}" for name, (old, new) in each.columns.items())
            shown.add_row(str(each.line), each.row_id, each.what, words)
        out().print(shown)
    done = "changed" if taken else "would change"
    say(f"{len(upload.changes)} of {len(upload.planned)} rows {done}.")


def _table(*columns: str) -> "RichTable":
    """Return an empty table with these columns."""
    from rich.table import Table as RichTable  # dear, and few commands print one

    shown = RichTable(box=None, header_style="bold")
    for column in columns:
        shown.add_column(column, overflow="fold")
    return shown
