"""The `streetscene` command: everything that an operator does from a shell.

Exit codes: 0 done, 1 it was tried and did not work out, 2 asked for wrongly (a setting, an argument, something that
does not exist). One line says why, never a traceback. Commands that print tables take `--json`.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from shared.config import REPOSITORY, SERVICES, Settings
from shared.errors import ConfigError, DomainError, StreetsceneError

out = Console()
err = Console(stderr=True)


class Group(click.Group):
    """A command group that turns this project's errors into one line and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; `ConfigError` and `DomainError` end with 2, every other error of ours with 1."""
        try:
            return super().invoke(ctx)
        except (ConfigError, DomainError) as error:
            err.print(f"streetscene: {error}", markup=False, highlight=False, soft_wrap=True)
            ctx.exit(2)
        except StreetsceneError as error:
            err.print(f"streetscene: {error}", markup=False, highlight=False, soft_wrap=True)
            ctx.exit(1)


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Street scene operations: run it, look after it, look into it."""


def current_settings() -> Settings:
    """Return the settings of this shell's environment."""
    return Settings.from_env(os.environ)


def as_json(option: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--json` to a command that prints a table."""
    return click.option("--json", "json_output", is_flag=True, help="Print JSON instead of a table.")(option)


def show_table(columns: Sequence[str], rows: Sequence[Mapping[str, Any]], *, json_output: bool) -> None:
    """Print rows as a table for people, or as a JSON list for programs."""
    if json_output:
        click.echo(json.dumps([dict(row) for row in rows], default=str, ensure_ascii=False, indent=2))
        return
    table = Table(*columns)
    for row in rows:
        table.add_row(*("" if row.get(column) is None else str(row.get(column)) for column in columns))
    out.print(table)


@contextmanager
def contexts_of(services: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    """Give the contexts of services for one command."""
    from shared.processes import open_contexts

    with open_contexts(services, current_settings()) as contexts:
        yield contexts


# --- run -----------------------------------------


@main.command()
@click.option("--port", default=None, help="Where the site is served (default 8000, or STREETSCENE_PORT).")
@click.option("--data", default=None, help="Where everything is kept (default var/, or STREETSCENE_DATA).")
@click.option("--demo", default=None, type=click.Choice(["0", "1"]), help="1: a demonstration with a made past.")
def up(port: str | None, data: str | None, demo: str | None) -> None:
    """Start the whole system on this machine and keep it running."""
    for name, value in (("PORT", port), ("DATA", data), ("DEMO", demo)):
        if value is not None:
            os.environ[f"STREETSCENE_{name}"] = value
    from deploy.local import up as run

    run(current_settings(), console=out, on_ready=_welcome)


def _welcome(settings: Settings, console: Console) -> None:
    """Print the one address, and who may sign in."""
    credentials_file = settings.data / "credentials.json"
    console.print(f"\nStreetscene is running at [bold]http://127.0.0.1:{settings.port}[/bold]\n", highlight=False)
    if settings.demo:
        console.print(f"Begin at http://127.0.0.1:{settings.port}/demo\n", highlight=False)
    table = Table("Who", "Sign in with", "Password or code", box=None, padding=(0, 2, 0, 0))
    for user in json.loads(credentials_file.read_text())["users"]:
        who = user.get("email") or user.get("crew_id") or user.get("link")
        table.add_row(user["role"], who, user.get("password") or user.get("shift_code") or "(open the link)")
    console.print(table, highlight=False)
    console.print(f"\nThese are in {credentials_file}, with API tokens. Ctrl-C stops everything.", highlight=False)


@main.command()
@click.argument("service")
def web(service: str) -> None:
    """Serve the pages and JSON APIs of one service, or of all on one origin."""
    _serve(service, "web", port_offset=0)


@main.command()
@click.argument("service")
def stream(service: str) -> None:
    """Serve live event streams (operations, scheduling) with many threads."""
    _serve(service, "stream", port_offset=2)


def _serve(service: str, kind: str, *, port_offset: int) -> None:
    """Become gunicorn with this project's configuration."""
    from shared.processes import named

    settings = current_settings()
    named(service)
    os.environ["STREETSCENE_WEB_SERVICE"] = service
    os.environ["STREETSCENE_WEB_KIND"] = kind
    os.environ.setdefault("STREETSCENE_WEB_BIND", f"127.0.0.1:{settings.port + port_offset}")
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "--config",
        "python:shared.web.gunicorn_conf",
        "shared.web.wsgi:application()",
    ]
    os.execv(sys.executable, command)  # noqa: S606 - our own command, and this process has nothing else to do


@main.command()
@click.argument("service")
def worker(service: str) -> None:
    """Consume events, run timers and relay the outbox of one service, or of all in one process."""
    from shared.processes import named

    named(service)
    # A fresh interpreter: eventlet must patch it before anything else is imported.
    os.execv(sys.executable, [sys.executable, "-m", "shared.bus.runner", service])  # noqa: S606


@main.command()
@click.argument("service", default="scheduling")
def planner(service: str) -> None:
    """Claim plan requests and plan crews' days, in a process of its own."""
    import signal
    import threading

    from shared.health import checks_of, serve_in_thread
    from shared.lifeline import end_with_launcher
    from shared.logs import configure_logs
    from shared.processes import part

    if service not in {"scheduling", "all"}:
        raise ConfigError(f"{service} has no planner; scheduling has")
    settings = current_settings()
    configure_logs(settings, "scheduling")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    end_with_launcher()
    with contexts_of(("scheduling",)) as contexts:
        serve_in_thread(settings.metrics_port or settings.port + 3, checks_of(contexts))
        part("scheduling", "planner").run_planner(contexts["scheduling"], stop)


# --- look after -----------------------------------------


@main.command()
@as_json
def check(json_output: bool) -> None:
    """Check configuration and connections: each with ok, or why not."""
    from shared.checks import run_checks

    results = run_checks(os.environ)
    show_table(["what", "ok", "why"], [asdict(result) for result in results], json_output=json_output)
    if not all(result.ok for result in results):
        raise SystemExit(1)


@main.command()
def seed() -> None:
    """Make a demonstration's past in an empty data folder, through the same doors that people use."""
    from deploy.demo.past import ensure_past
    from deploy.local import only_instance
    from shared.web.keys import ensure_keys

    settings = current_settings()
    with only_instance(settings.data):
        ensure_keys(settings)
        ensure_past(settings, out)


@main.command()
@click.option("--minutes", default=0.0, help="Stop after so many minutes (0: go on until stopped).")
@click.option("--url", default=None, help="The site to send to (default: this machine's).")
def simulate(minutes: float, url: str | None) -> None:
    """Report, clear, weigh and fine through the public doors of a running demonstration."""
    from deploy.demo.simulator import run_simulator

    run_simulator(current_settings(), base_url=url, minutes=minutes, console=out)


@main.group()
def events() -> None:
    """Look into, replay and archive the event logs."""


@events.command("tail")
@click.option("--service", "service", default="all", help="One service's log only.")
@click.option("--last", default=20, help="How many of the latest events to begin with.")
@click.option("--follow/--no-follow", default=True, help="Wait for more.")
@as_json
def events_tail(service: str, last: int, follow: bool, json_output: bool) -> None:
    """Print the latest events, and those that come."""
    from shared.eventlogs import tail
    from shared.processes import named

    with contexts_of(named(service)) as contexts:
        for event in tail(contexts, last=last, follow=follow):
            if json_output:
                click.echo(event.body.decode())
            else:
                out.print(
                    f"{event.recorded_at:%Y-%m-%d %H:%M:%S}  {event.position:>8}  {event.type:<28} {event.event_id}"
                )


@events.command("replay")
@click.argument("consumer")
@click.option("--source", required=True, type=click.Choice(SERVICES), help="Whose events to send again.")
@click.option("--from", "first", default=1, help="From this position of the source's log.")
@click.option("--to", "last", default=None, type=int, help="Up to this position (default: the end).")
def events_replay(consumer: str, source: str, first: int, last: int | None) -> None:
    """Ask the source's relay to send a range of its log to one consumer's queue again."""
    from shared.bus.documents import request_replay

    _require_consumer(consumer)
    with contexts_of((source,)) as contexts:
        request_replay(contexts[source].store, consumer=consumer, first=first, last=last)
    out.print(f"The relay of {source} will send its events from {first} to {last or 'the end'} to {consumer}.")


@events.command("archive")
@click.option("--before", required=True, type=click.DateTime(["%Y-%m-%d"]), help="Archive what is older.")
@click.option("--service", "service", default="all")
@click.option("--folder", default=None, type=click.Path(path_type=Path), help="Where to (default <DATA>/archive).")
def events_archive(before: datetime, service: str, folder: Path | None) -> None:
    """Move old, published events from the log into compressed files."""
    from shared.eventlogs import archive
    from shared.processes import named

    target = folder or current_settings().data / "archive"
    with contexts_of(named(service)) as contexts:
        for name, context in contexts.items():
            count, file = archive(context, before=before.replace(tzinfo=UTC), folder=target)
            out.print(f"{name}: {count} events" + (f" to {file}" if count else ""))


@main.group("dead-letters")
def dead_letters() -> None:
    """Look into messages that could not be handled, and have them handled again."""


@dead_letters.command("list")
@click.option("--service", "service", default="all")
@as_json
def dead_letters_list(service: str, json_output: bool) -> None:
    """List parked messages: dead ones, and those being retried."""
    from shared.bus.documents import list_parked
    from shared.processes import named

    with contexts_of(named(service)) as contexts:
        rows = [
            {
                "service": name,
                "id": parked["_id"],
                "state": parked["state"],
                "attempts": parked["attempts"],
                "event": parked["event_type"],
                "reason": parked["reason"],
            }
            for name, context in contexts.items()
            for parked in list_parked(context.store)
        ]
    show_table(["service", "id", "state", "attempts", "event", "reason"], rows, json_output=json_output)


@dead_letters.command("show")
@click.argument("parked_id")
def dead_letters_show(parked_id: str) -> None:
    """Print one parked message whole, with why it is parked."""
    from shared.bus.documents import show_parked

    service = _service_of(parked_id)
    with contexts_of((service,)) as contexts:
        click.echo(
            json.dumps(show_parked(contexts[service].store, parked_id), default=str, ensure_ascii=False, indent=2)
        )


@dead_letters.command("replay")
@click.argument("parked_id")
def dead_letters_replay(parked_id: str) -> None:
    """Have one parked message handled again by the running worker; `SERVICE:all` means all of a service's."""
    from shared.bus.documents import list_parked, request_replay_of_parked

    service = _service_of(parked_id)
    with contexts_of((service,)) as contexts:
        store = contexts[service].store
        ids = [parked["_id"] for parked in list_parked(store)] if parked_id == f"{service}:all" else [parked_id]
        for each in ids:
            request_replay_of_parked(store, each)
    out.print(f"{len(ids)} to be handled again.")


def _service_of(parked_id: str) -> str:
    """Return the service whose store holds a parked message: its id begins with the consumer's name."""
    service = parked_id.partition(":")[0].partition(".")[0]
    if service not in SERVICES:
        raise ConfigError(f"{parked_id!r} is not the id of a parked message: `dead-letters list` shows them")
    return service


def _require_consumer(consumer: str) -> None:
    """Raise `ConfigError` unless a consumer of that name exists."""
    from shared.processes import subscriptions_of

    known = sorted(subscription.consumer for service in SERVICES for subscription in subscriptions_of(service))
    if consumer not in known:
        raise ConfigError(f"There is no consumer {consumer!r}; the consumers are {', '.join(known)}")


# --- accounts, boundaries -----------------------------------------


@main.group()
def user() -> None:
    """Staff accounts."""


@user.command("add")
@click.argument("email")
@click.option("--role", required=True, help="One of the roles, e.g. supervisor.")
@click.option("--name", required=True, help="The name that colleagues see.")
def user_add(email: str, role: str, name: str) -> None:
    """Add a member of staff, and print the password once."""
    from shared.processes import part

    with contexts_of(("accounts",)) as contexts:
        password = part("accounts", "handlers").add_user_with_password(
            contexts["accounts"], email=email, role=role, name=name
        )
    out.print(f"{email} may sign in as {role} with the password {password}", highlight=False, markup=False)


@main.group()
def token() -> None:
    """API tokens."""


@token.command("create")
@click.argument("role")
@click.option("--label", default="", help="What it is for.")
@click.option("--days", default=365, help="How long it holds.")
def token_create(role: str, label: str, days: int) -> None:
    """Create an API token for a role (or `open311`: an API key), and print it once."""
    from shared.processes import part

    with contexts_of(("accounts",)) as contexts:
        click.echo(part("accounts", "handlers").create_token(contexts["accounts"], role=role, label=label, days=days))


@main.group()
def boundaries() -> None:
    """The areas that figures are given for."""


@boundaries.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--kind", default="ward", type=click.Choice(["ward", "neighbourhood"]))
@click.option("--from", "effective_from", required=True, type=click.DateTime(["%Y-%m-%d"]), help="First day.")
@click.option("--to", "effective_to", default=None, type=click.DateTime(["%Y-%m-%d"]), help="Last day.")
def boundaries_import(file: Path, kind: str, effective_from: datetime, effective_to: datetime | None) -> None:
    """Take official boundaries from a GeoJSON file (WGS84), with the days on which they hold."""
    from shared.council import load_council
    from shared.geo.boundaries import import_boundaries

    settings = current_settings()
    council = load_council(settings.council)
    imported = import_boundaries(
        file,
        folder=settings.boundaries,
        kind="neighbourhood" if kind == "neighbourhood" else "ward",
        neighbourhoods={neighbourhood.id for neighbourhood in council.neighbourhoods},
        effective_from=effective_from.date(),
        effective_to=effective_to.date() if effective_to else None,
    )
    until = f" until {effective_to:%-d %B %Y}" if effective_to else ""
    out.print(f"{len(imported.areas)} {kind}s are in force from {effective_from:%-d %B %Y}{until}.")
    if imported.mended:
        out.print(f"Mended the outlines of {', '.join(imported.mended)}.")
    out.print("Start the system again for it to use them.")


# --- generated files -----------------------------------------


@main.command()
@click.option("--check", "check_only", is_flag=True, help="Only say whether the committed files are up to date.")
def catalogue(check_only: bool) -> None:
    """Generate the event catalogue, the AsyncAPI document and the RabbitMQ definitions from the code."""
    from shared.bus.topology import check_definitions, write_definitions
    from shared.contracts.catalogue import check, write
    from shared.processes import consumers_by_event

    folder = REPOSITORY / "shared" / "contracts"
    definitions = REPOSITORY / "deploy" / "rabbitmq" / "definitions.json"
    if not check_only:
        write(folder, consumers_by_event())
        write_definitions(definitions, consumers_by_event())
        return
    stale = [*check(folder, consumers_by_event())]
    if not check_definitions(definitions, consumers_by_event()):
        stale.append(str(definitions))
    if stale:
        err.print(f"Not up to date: {', '.join(str(file) for file in stale)}. Run `make catalogue`.")
        raise SystemExit(1)


@main.command()
def version() -> None:
    """Print the version."""
    click.echo(installed_version("streetscene"))


if __name__ == "__main__":
    main()
