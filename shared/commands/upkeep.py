"""Commands that check and generate: the configuration, the catalogue, the version."""

import os
from dataclasses import asdict
from importlib.metadata import version as installed_version

import click

from shared.commands.console import as_json, say, show_table
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


@click.command()
@click.option("--check", "check_only", is_flag=True, help="Only say whether the committed files are up to date.")
def catalogue(check_only: bool) -> None:
    """Generate the event catalogue, AsyncAPI document, RabbitMQ definitions, nginx configuration and list of texts."""
    from deploy.nginx import configuration as nginx
    from shared import texts_catalogue
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
        texts_catalogue.write()
        return
    stale = [str(file) for file in check_files(folder, consumers_by_event())]
    stale += [str(file) for file in nginx.stale()]
    stale += [str(texts_catalogue.FILE)] if texts_catalogue.is_stale() else []
    if not check_definitions(definitions, consumers_by_event()):
        stale.append(str(definitions))
    if stale:
        click.echo(f"Not up to date: {', '.join(stale)}. Run `make catalogue`.", err=True)
        raise SystemExit(1)


@click.command()
def version() -> None:
    """Print the version."""
    say(installed_version("streetscene"))
