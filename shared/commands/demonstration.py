"""Commands of a demonstration: its made past, and the made day that goes on."""

import os
from dataclasses import replace

import click

from shared.commands.console import current_settings, launched_settings, out, say
from shared.errors import ConfigError


@click.command()
def seed() -> None:
    """Make a demonstration's past in an empty data folder, through the same doors that people use."""
    from deploy.demo.past import ensure_past
    from deploy.local import only_instance
    from shared.web.keys import ensure_keys

    if os.environ.get("STREETSCENE_DEMO") == "0":
        raise ConfigError("STREETSCENE_DEMO=0 says that this council has no made past: seed without it")
    settings = replace(current_settings(), demo=True)
    with only_instance(settings.data):
        ensure_keys(settings)
        if not ensure_past(settings, out()):
            raise ConfigError(f"there are data in {settings.data} already: a past is made in an empty folder only")
    say(f"A past is made in {settings.data}: start the system there with DEMO=1.")


@click.command()
@click.option(
    "--minutes", default=0.0, type=click.FloatRange(min=0), help="Stop after so long (0: go on until Ctrl-C)."
)
@click.option(
    "--per-hour",
    default=None,
    type=click.FloatRange(min=0, min_open=True),
    help="New reports an hour, at any hour (default: a made day's own).",
)
@click.option("--url", default=None, help="The site to send to (default: this machine's).")
def simulate(minutes: float, per_hour: float | None, url: str | None) -> None:
    """Report, clear, weigh and fine through the public doors of a running demonstration."""
    from deploy.demo.simulator import run_simulator

    run_simulator(launched_settings(), base_url=url, minutes=minutes, per_hour=per_hour, console=out())
