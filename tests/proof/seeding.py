"""The window in the middle of making a demonstration's past: a half-made past is discarded and made again."""

import os
import random
import subprocess
import sys
from pathlib import Path

from shared import failpoints
from shared.config import REPOSITORY, SERVICES, Settings
from shared.processes import open_contexts
from tests.proof.comparison import Row, every


def prove_seeding(*, kills: int, folder: Path) -> list[Row]:
    """Kill `streetscene seed` so many times, let it finish once, and look whether one whole past is there."""
    for _ in range(kills):
        killed = _seed(folder, f"{failpoints.MID_SEED}:{random.randint(5, 200)}")
        if killed.returncode != -9:
            raise AssertionError(f"seeding was not killed: {killed.returncode} {killed.stderr}")
        if (folder / "store").exists():
            raise AssertionError("a half-made past was put in place")
    done = _seed(folder, "")
    if done.returncode != 0:
        raise AssertionError(f"seeding failed: {done.stdout} {done.stderr}")
    leftovers = [file.name for file in folder.iterdir() if file.name.startswith("past.")]
    settings = Settings.from_env({"STREETSCENE_DATA": str(folder)})
    with open_contexts(SERVICES, settings) as contexts:
        reports = [report["reference"] for report in every(contexts["reports"], "reports")]
        jobs = [(job["reference"], job["visit"]) for job in every(contexts["scheduling"], "jobs")]
    return [
        Row(
            "reports of the past",
            len(set(reports)),
            len(reports),
            0 if reports else 1,
            len(reports) - len(set(reports)),
        ),
        Row(
            "a job for each of them",
            len(reports),
            len({reference for reference, _visit in jobs}),
            len(set(reports) - {reference for reference, _visit in jobs}),
            # A report that was opened again has a job for each of its visits.
            len(jobs) - len(set(jobs)),
        ),
        Row("half-made pasts left over", 0, len(leftovers), 0, len(leftovers)),
    ]


def _seed(folder: Path, failpoint: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "shared.cli", "seed"],
        cwd=REPOSITORY,
        env={
            **os.environ,
            "STREETSCENE_DATA": str(folder),
            "STREETSCENE_DEMO": "1",
            "STREETSCENE_DEMO_DAYS": "1",
            failpoints.VARIABLE: failpoint,
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
