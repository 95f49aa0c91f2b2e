"""Commands that check, configure and generate: configuration, boundaries, the catalogue, the version."""

import os
from dataclasses import asdict
from datetime import datetime
from importlib.metadata import version as installed_version
from pathlib import Path

import click

from shared.commands.console import Group, as_json, err, launched_settings, say, show_table
from shared.config import REPOSITORY


@click.command()
@as_json
def check(json_output: bool) -> None:
    """Check configuration and connections: each with ok, or why not."""
    from shared.checks import run_checks

    results = run_checks(os.environ)
    rows = [asdict(result) if json_output else {**asdict(result), "ok": _word(result.ok)} for result in results]
    show_table(["what", "ok", "why"], rows, json_output=json_output)
    if not all(result.ok for result in results):
        raise SystemExit(1)


def _word(ok: bool) -> str:
    """Return what a table says of a check."""
    return "ok" if ok else "NOT OK"


@click.group(cls=Group)
def boundaries() -> None:
    """The areas that figures are given for."""


@boundaries.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--kind", default="ward", type=click.Choice(["ward", "neighbourhood"]), help="What the areas are.")
@click.option("--from", "effective_from", required=True, type=click.DateTime(["%Y-%m-%d"]), help="First day.")
@click.option("--to", "effective_to", default=None, type=click.DateTime(["%Y-%m-%d"]), help="Last day.")
def boundaries_import(file: Path, kind: str, effective_from: datetime, effective_to: datetime | None) -> None:
    """Take official boundaries from a GeoJSON FILE (WGS84), with the days on which they hold."""
    from shared.council import load_council
    from shared.geo.boundaries import import_boundaries

    settings = launched_settings()
    council = load_council(settings.council)
    with err.status("Checking the areas …"):
        imported = import_boundaries(
            file,
            folder=settings.boundaries,
            kind="neighbourhood" if kind == "neighbourhood" else "ward",
            neighbourhoods={neighbourhood.id for neighbourhood in council.neighbourhoods},
            effective_from=effective_from.date(),
            effective_to=effective_to.date() if effective_to else None,
        )
    until = f" until {effective_to:%-d %B %Y}" if effective_to else ""
    say(f"{len(imported.areas)} {kind}s are in force from {effective_from:%-d %B %Y}{until}.")
    if imported.mended:
        say(f"Mended the outlines of {', '.join(imported.mended)}.")
    say("Start the system again for it to use them.")


@click.command()
@click.option("--check", "check_only", is_flag=True, help="Only say whether the committed files are up to date.")
def catalogue(check_only: bool) -> None:
    """Generate the event catalogue, AsyncAPI document, RabbitMQ definitions and nginx configuration from the code."""
    from deploy.nginx import configuration as nginx
    from shared.bus.topology import check_definitions, write_definitions
    from shared.contracts.catalogue import check as check_files
    from shared.contracts.catalogue import write
    from shared.processes import consumers_by_event

    folder = REPOSITORY / "shared" / "contracts"
    definitions = REPOSITORY / "deploy" / "rabbitmq" / "definitions.json"
    if not check_only:
        write(folder, consumers_by_event())
        write_definitions(definitions, consumers_by_event())
        nginx.write()
        return
    stale = [str(file) for file in check_files(folder, consumers_by_event())]
    stale += [str(file) for file in nginx.stale()]
    if not check_definitions(definitions, consumers_by_event()):
        stale.append(str(definitions))
    if stale:
        click.echo(f"Not up to date: {', '.join(stale)}. Run `make catalogue`.", err=True)
        raise SystemExit(1)


@click.command()
def version() -> None:
    """Print the version."""
    say(installed_version("streetscene"))
