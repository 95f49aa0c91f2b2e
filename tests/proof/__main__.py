"""`make proof`: kill the system in every window several times, and print what was told beside what is there."""

import tempfile
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from shared import failpoints
from tests.proof.kills import WINDOWS, prove_window
from tests.proof.seeding import prove_seeding

console = Console()


@click.command()
@click.option("--kills", default=5, help="Kills in each window.")
@click.option("--window", "windows", multiple=True, type=click.Choice([*WINDOWS, failpoints.MID_SEED]))
def main(kills: int, windows: tuple[str, ...]) -> None:
    """Kill in every window and compare."""
    holds = True
    with Progress(console=console, transient=True) as progress, tempfile.TemporaryDirectory() as folder:
        for window in windows or (*WINDOWS, failpoints.MID_SEED):
            task = progress.add_task(f"killing: {window}", total=kills)
            data = Path(folder) / window
            data.mkdir()
            if window == failpoints.MID_SEED:
                rows, problems = prove_seeding(kills=kills, folder=data), []
            else:
                proof = prove_window(window, kills=kills, folder=data, on_kill=lambda task=task: progress.advance(task))
                rows, problems = proof.rows, proof.ledger.problems
            progress.remove_task(task)
            table = Table("what", "told", "there", "lost", "twice", title=f"{window}: {kills} kills")
            for row in rows:
                table.add_row(row.what, *(str(n) for n in (row.told, row.there, row.lost, row.twice)))
            console.print(table)
            for problem in problems:
                console.print(f"A sender met a problem: {problem}")
            holds = holds and all(row.holds for row in rows) and not problems
    console.print("Nothing lost, nothing twice." if holds else "It does not hold.")
    raise SystemExit(0 if holds else 1)


main()
