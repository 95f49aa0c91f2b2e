"""`make proof`: kill, restore and cut off the system under load, and print what was told beside what is there.

And whether what reporters are told by when is what happens, and whether a whole day of crews keeps every rule.
"""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from shared import failpoints
from shared.errors import ConfigError
from tests.proof import full_day, outage, promises, restoring
from tests.proof.full_day import prove_full_day
from tests.proof.kills import WINDOWS, prove_window
from tests.proof.outage import prove_outage
from tests.proof.promises import prove_promises
from tests.proof.restoring import prove_restore
from tests.proof.seeding import prove_seeding
from tests.proof.tables import table_of_promises, table_of_restored, table_of_rows, tables_of_day, tables_of_outage

console = Console()

RESTORE, BROKER_AWAY, PROMISES, FULL_DAY = "restore", "broker-away", "promises", "full-day"
PROOFS = (*WINDOWS, failpoints.MID_SEED, RESTORE, BROKER_AWAY, PROMISES, FULL_DAY)


@dataclass(frozen=True)
class Found:
    """What one proof prints, and what does not hold."""

    tables: Sequence[Table]
    problems: Sequence[str]


@dataclass(frozen=True)
class Ground:
    """Where proofs are made, how hard they try, and somebody to tell of progress."""

    folder: Path
    kills: int
    seconds: float
    progress: Progress

    def prove(self, name: str) -> Found:
        """Make one proof; raises `ConfigError` where this machine lacks what it needs."""
        data = self.folder / name
        data.mkdir()
        if name == RESTORE:
            return self._restore(data)
        if name == BROKER_AWAY:
            return self._broker_away(data)
        if name == PROMISES:
            return self._promises(data)
        if name == FULL_DAY:
            return self._full_day(data)
        return self._kill(name, data)

    def _kill(self, window: str, data: Path) -> Found:
        task = self.progress.add_task(f"killing: {window}", total=self.kills)
        if window == failpoints.MID_SEED:
            rows, problems = prove_seeding(kills=self.kills, folder=data), []
        else:
            proof = prove_window(window, kills=self.kills, folder=data, on_kill=lambda: self.progress.advance(task))
            rows, problems = proof.rows, [f"A sender met a problem: {problem}" for problem in proof.ledger.problems]
        self.progress.remove_task(task)
        wrong = [] if all(row.holds for row in rows) else ["something was lost or done twice"]
        return Found([table_of_rows(f"{window}: {self.kills} kills", rows)], [*problems, *wrong])

    def _restore(self, data: Path) -> Found:
        restored = prove_restore(folder=data, on_step=self._steps(RESTORE, restoring.STEPS))
        return Found([table_of_restored(restored)], restored.shortcomings())

    def _broker_away(self, data: Path) -> Found:
        steps = self._steps(BROKER_AWAY, outage.STEPS)
        found = prove_outage(seconds=self.seconds, folder=data, on_step=steps)
        return Found(tables_of_outage(found), found.shortcomings())

    def _promises(self, data: Path) -> Found:
        found = prove_promises(folder=data, on_step=self._steps(PROMISES, promises.STEPS))
        return Found([table_of_promises(found)], found.shortcomings())

    def _full_day(self, data: Path) -> Found:
        found = prove_full_day(folder=data, on_step=self._steps(FULL_DAY, full_day.STEPS))
        return Found(tables_of_day(found), found.shortcomings())

    def _steps(self, name: str, count: int) -> Callable[[str], None]:
        """Return what a proof tells of each step that it begins."""
        task = self.progress.add_task(name, total=count, completed=-1)

        def tell(step: str) -> None:
            self.progress.update(task, description=f"{name}: {step}", advance=1)

        return tell


@click.command()
@click.option("--kills", default=5, help="Kills in each window.")
@click.option("--seconds", default=60.0, help="How long the broker is away.")
@click.option(
    "--window", "names", multiple=True, type=click.Choice(PROOFS), help="Make only this proof; may be repeated."
)
def main(kills: int, seconds: float, names: tuple[str, ...]) -> None:
    """Kill in every window, restore a backup, stop the broker, and compare."""
    problems: list[str] = []
    untried: list[str] = []
    with (
        tempfile.TemporaryDirectory(prefix="streetscene-proof-", ignore_cleanup_errors=True) as folder,
        Progress(console=console, transient=True) as progress,
    ):
        ground = Ground(Path(folder), kills, seconds, progress)
        for name in names or PROOFS:
            try:
                found = ground.prove(name)
            except ConfigError as error:
                untried.append(f"{name} was not tried: {error}")
                continue
            for table in found.tables:
                console.print(table)
            problems += [f"{name}: {problem}" for problem in found.problems]
    for line in (*problems, *untried):
        console.print(line, highlight=False, soft_wrap=True)
    console.print(_verdict(problems, untried))
    raise SystemExit(1 if problems else 2 if untried else 0)


def _verdict(problems: Sequence[str], untried: Sequence[str]) -> str:
    """Return the last line: what was not tried does not hold yet."""
    if problems:
        return "It does not hold."
    return "Not everything was tried." if untried else "Nothing lost, nothing twice."


main()
