"""Who may import whom: the contracts of `[tool.importlinter]`, each with its reason there."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from shared.config import REPOSITORY


def test_every_import_contract_is_kept() -> None:
    # In a process of its own: it configures logging anew, which switches off every logger that is there.
    command = shutil.which("lint-imports", path=str(Path(sys.executable).parent))
    assert command is not None

    done = subprocess.run(
        [command, "--no-cache"], cwd=REPOSITORY, capture_output=True, text=True, timeout=300, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("package", ["tests.bench", "tests.proof"])
def test_what_no_test_runs_can_at_least_be_started(package: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", package, "--help"], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
