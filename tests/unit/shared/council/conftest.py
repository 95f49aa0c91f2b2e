import shutil
from pathlib import Path

import pytest

from .made import LIVERPOOL


@pytest.fixture
def folder(tmp_path) -> Path:
    """A copy of the example council to change."""
    return shutil.copytree(LIVERPOOL, tmp_path / "council")
