"""Commands that plan: a day in a file, with the planner that the service uses."""

import json
import math
from pathlib import Path

import click

from shared.commands.console import err


@click.command("plan-day")
@click.argument("day", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--seconds", default=5.0, show_default=True, type=click.FloatRange(min=0.1, max=3600), help="How long to search."
)
@click.option(
    "--seed", default=1, show_default=True, type=click.IntRange(min=0, max=2**32 - 1), help="Where the search begins."
)
def plan_day(day: Path, seconds: float, seed: int) -> None:
    """Plan the crews' rounds of the day in the JSON file DAY, and print the plan as JSON.

    The plan has a route for each crew, its figures, and those of the list-order supervisor as the baseline. How it goes
    is told on standard error.
    """
    from shared.processes import part

    if math.isnan(seconds):  # in no range, and yet it passes
        raise click.BadParameter("nan is no number of seconds", param_hint="'--seconds'")
    with err().status("Reading the day …") as status:
        plan = part("scheduling", "plan_day").plan_file(
            day, seconds=seconds, seed=seed, tell=lambda what: status.update(f"Planning: {what} …")
        )
    click.echo(json.dumps(plan, ensure_ascii=False))
    if plan["problem"]:
        err().print(
            f"The search failed ({plan['problem']}): this is how crews who know their patch would work.",
            style="yellow",
            highlight=False,
            markup=False,
            soft_wrap=True,
        )
    own, baseline = plan["measures"], plan["baseline"]
    err().print(
        f"{own['served']} of {own['jobs']} jobs, {own['travel_minutes']} minutes of travel, {own['missed']} deadlines"
        f" missed ({baseline['name']}: {baseline['measures']['served']} jobs,"
        f" {baseline['measures']['travel_minutes']} minutes, {baseline['measures']['missed']} missed).",
        highlight=False,
        soft_wrap=True,
    )
