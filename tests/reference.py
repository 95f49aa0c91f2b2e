"""The official data that some tests check against; it is not part of the project, so they skip without it."""

import os
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from shared.config import Settings


def reference_file(path: str) -> Path:
    """Return a file of the reference data, or skip the test that asks, saying what to set."""
    folder = Settings.from_env(os.environ).reference_data
    file = folder / path
    if not file.is_file():
        pytest.skip(f"{file} is not there: set STREETSCENE_REFERENCE_DATA to the folder of official data")
    return file


PLANNING = "../scheduling"
"""Where the referee of planning is, from the folder of reference data."""


def planning_reference() -> Path | None:
    """Return the folder of the referee of plans and of the recipe that ours is measured by, if it is there."""
    folder = (Settings.from_env(os.environ).reference_data / PLANNING).resolve()
    return folder if (folder / "day_referee.py").is_file() else None


def reference_of_planning(name: str) -> ModuleType | None:
    """Return a module of that folder (`day_referee`, `recipe_plan`), None where it is not there."""
    folder = planning_reference()
    if folder is None:
        return None
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
    return import_module(name)


def referee() -> ModuleType:
    """Return the referee of planning, or skip the test that asks."""
    module = reference_of_planning("day_referee")
    if module is None:
        pytest.skip(
            "There is no referee: set STREETSCENE_REFERENCE_DATA to data with scheduling/day_referee.py beside it"
        )
    return module
