"""`make bench`: speed, delay and cost of this system beside references measured in the same run on the same machine.

Absolute figures say as much about the machine and its other work as about the system; so whatever can be is a ratio to
reference code in this folder, measured by turns. Missing an aim is a finding and not a failure: the exit code is 0
unless something broke.
"""

import json
import os
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from shared.config import REPOSITORY
from tests.bench.accepting import measure_accept
from tests.bench.board import measure_board
from tests.bench.decade import measure_decade
from tests.bench.ground import Ground
from tests.bench.measures import Measure, share, table_of
from tests.bench.photographed import measure_photos
from tests.bench.places import measure_places
from tests.bench.planning import measure_planning
from tests.bench.processes import flush_milliseconds
from tests.bench.publishing import measure_publish
from tests.bench.resting import measure_ready, measure_rest
from tests.bench.visible import measure_visible_distributed, measure_visible_embedded

WRITTEN_TO = REPOSITORY / "build" / "bench.json"

MEASUREMENTS: Mapping[str, Callable[[Ground], list[Measure]]] = {
    "publish": measure_publish,
    "accept": measure_accept,
    "photo": measure_photos,
    "queue": measure_decade,
    "visible": measure_visible_embedded,
    "visible-distributed": measure_visible_distributed,
    "planning": measure_planning,
    "places": measure_places,
    "board": measure_board,
    "rest": measure_rest,
    "ready": measure_ready,
}
"""In this order: resting and starting again look at the data that earlier ones have made."""

LONGEST_PROBLEM = 200


@click.command()
@click.option(
    "--only", multiple=True, type=click.Choice(list(MEASUREMENTS)), help="Measure only this; may be repeated."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def main(only: Sequence[str], as_json: bool) -> None:
    """Measure, and print the table."""
    started = time.monotonic()
    measures, broken = _measure([name for name in MEASUREMENTS if not only or name in only])
    report = {
        "seconds": round(time.monotonic() - started, 1),
        "machine": _machine(),
        "measures": [measure.as_json() for measure in measures],
    }
    WRITTEN_TO.parent.mkdir(exist_ok=True)
    WRITTEN_TO.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n")
    if as_json:
        click.echo(json.dumps(report, indent=2, ensure_ascii=False))
        raise SystemExit(1 if broken else 0)
    console = Console()
    console.print(table_of(measures))
    machine = report["machine"]
    console.print(
        f"{machine['cores']} cores ({machine['model']}); load is the number of processes that wanted one in the last"
        f" minute. {report['seconds']:.0f} s in all; more figures are in {WRITTEN_TO.relative_to(REPOSITORY)}.",
        highlight=False,
    )
    raise SystemExit(1 if broken else 0)


def _measure(names: Sequence[str]) -> tuple[list[Measure], list[str]]:
    """Return the lines of these measurements, one after the other, and the names of those that broke."""
    measures: list[Measure] = []
    flushes: list[float] = []
    broken: list[str] = []
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with (
        Progress(*columns, console=Console(stderr=True), transient=True) as progress,
        tempfile.TemporaryDirectory(prefix="streetscene-bench-", ignore_cleanup_errors=True) as folder,
    ):
        task = progress.add_task("measuring", total=len(names))
        ground = Ground(Path(folder), lambda what: progress.update(task, description=what))
        with ground.closing:
            for name in names:
                flushes += flush_milliseconds(ground.folder)
                try:
                    measures += MEASUREMENTS[name](ground)
                except Exception as error:  # noqa: BLE001 - the others can still be measured
                    broken.append(name)
                    measures.append(Measure(name, f"broke: {type(error).__name__}: {error}"[:LONGEST_PROBLEM]))
                progress.advance(task)
            flushes += flush_milliseconds(ground.folder)
    figures = {"p50_ms": share(flushes, 0.5), "p99_ms": share(flushes, 0.99)}
    said = f"p50 {figures['p50_ms']:.1f} ms, p99 {figures['p99_ms']:.1f} ms"
    return [*measures, Measure("this disk: 8 KB made durable (fdatasync)", said, figures=figures)], broken


def _machine() -> dict[str, Any]:
    """Return what was measured on."""
    models = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    model = models[0].partition(":")[2].strip() if models else os.uname().machine
    return {"cores": os.cpu_count(), "model": model, "load": [round(each, 1) for each in os.getloadavg()]}


main()
