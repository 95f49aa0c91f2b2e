"""Who may import whom: the contracts of `[tool.importlinter]`, each with its reason there."""

import pytest
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

from shared.config import REPOSITORY


def test_every_import_contract_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    status = lint_imports(config_filename=str(REPOSITORY / "pyproject.toml"), no_cache=True)

    assert status == EXIT_STATUS_SUCCESS, capsys.readouterr().out
