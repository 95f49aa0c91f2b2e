"""Commands that run the system: all of it on one machine, or one process of it."""

import os
import sys

import click

from shared.commands.console import current_settings, out
from shared.config import named, unknown_settings
from shared.errors import ConfigError


@click.command()
@click.option("--port", default=None, help="Where the site is served (default 8000, or STREETSCENE_PORT).")
@click.option("--data", default=None, help="Where everything is kept (default var/, or STREETSCENE_DATA).")
@click.option("--demo", default=None, type=click.Choice(["0", "1"]), help="1: a demonstration with a made past.")
@click.option("--distributed", is_flag=True, help="As separate processes, with RabbitMQ and nginx of its own.")
def up(port: str | None, data: str | None, demo: str | None, *, distributed: bool) -> None:
    """Start the whole system on this machine and keep it running."""
    for name, value in (("PORT", port), ("DATA", data), ("DEMO", demo)):
        if value is not None:
            os.environ[f"STREETSCENE_{name}"] = value
    from deploy.welcome import welcome

    for unknown in unknown_settings(os.environ):
        click.echo(f"{unknown}, so it changes nothing.", err=True)
    if distributed:
        from deploy.distributed import up_distributed

        up_distributed(current_settings(), console=out(), on_ready=welcome)
        return
    from deploy.local import up as run

    run(current_settings(), console=out(), on_ready=welcome)


@click.command()
def prepare() -> None:
    """Make what a first start needs: keys, fleet and accounts (and a demonstration's past). Again, it changes nothing.

    The launcher runs it in a process of its own, which takes its memory along; a system of separate processes needs it
    run once before they start.
    """
    from deploy.local import prepare as run
    from shared.lifeline import end_with_launcher

    end_with_launcher(grace_seconds=0)
    run(current_settings(), out)


@click.command()
@click.argument("service")
def web(service: str) -> None:
    """Serve the pages and JSON APIs of one SERVICE, or of `all` on one origin."""
    _serve(service, "web", port_offset=0)


@click.command()
@click.argument("service")
def stream(service: str) -> None:
    """Serve the live event streams of a SERVICE (operations, scheduling) with many threads."""
    from shared.web.routes import STREAMS

    named(service)
    if service not in {*STREAMS.values(), "all"}:
        raise ConfigError(f"{service} has no live streams; {' and '.join(sorted(STREAMS.values()))} have")
    _serve(service, "stream", port_offset=2)


def _serve(service: str, kind: str, *, port_offset: int) -> None:
    """Become gunicorn with this project's configuration."""
    settings = current_settings()
    named(service)
    os.environ["STREETSCENE_WEB_SERVICE"] = service
    os.environ["STREETSCENE_WEB_KIND"] = kind
    os.environ.setdefault("STREETSCENE_WEB_BIND", f"{settings.host}:{settings.port + port_offset}")
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "--config",
        "python:shared.web.gunicorn_conf",
        "shared.web.wsgi:application()",
    ]
    os.execv(sys.executable, command)  # noqa: S606 - our own command, and this process has nothing else to do


@click.command()
@click.argument("service")
def worker(service: str) -> None:
    """Consume events, run timers and relay the outbox of one SERVICE, or of `all` in one process."""
    current_settings()
    named(service)
    # A fresh interpreter: eventlet must patch it before anything else is imported.
    os.execv(sys.executable, [sys.executable, "-m", "shared.bus.runner", service])  # noqa: S606


@click.command()
@click.argument("service", default="scheduling")
def planner(service: str) -> None:
    """Claim plan requests and plan crews' days, in a process of its own."""
    import logging
    import signal
    import threading

    from shared.health import checks_of, serve_in_thread
    from shared.lifeline import end_with_launcher
    from shared.logs import configure_logs
    from shared.processes import open_contexts, part

    if "scheduling" not in named(service):
        raise ConfigError(f"{service} has no planner; scheduling has")
    settings = current_settings()
    configure_logs(settings, "scheduling")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    end_with_launcher()
    log = logging.getLogger("streetscene.planner")
    with open_contexts(("scheduling",), settings) as contexts:
        serve_in_thread(settings.metrics_port or settings.port + 3, checks_of(contexts), host=settings.host)
        log.info("planner_started")
        part("scheduling", "planner").run_planner(contexts["scheduling"], stop)
        log.info("planner_stopped")
