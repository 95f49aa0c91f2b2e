"""The official data that some tests check against; it is not part of the project, so they skip without it."""

import os
from pathlib import Path

import pytest

from shared.config import Settings


def reference_file(path: str) -> Path:
    """Return a file of the reference data, or skip the test that asks, saying what to set."""
    folder = Settings.from_env(os.environ).reference_data
    file = folder / path
    if not file.is_file():
        pytest.skip(f"{file} is not there: set STREETSCENE_REFERENCE_DATA to the folder of official data")
    return file
