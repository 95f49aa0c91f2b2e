"""What the start of a process costs: nothing is imported for a command that another one needs."""

import json
import os
import subprocess
import sys

import pytest

from shared.cli import COMMANDS, main
from shared.config import REPOSITORY

DEAR = ("rich", "marshmallow", "cattrs", "flask", "shapely", "pyproj", "pyvrp", "requests", "shared.processes")
"""Libraries of tenths of a second, and the module that brings most of them."""


def loaded_by(code: str) -> set[str]:
    """Return the names of what a fresh interpreter has imported after a piece of code."""
    said = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"],
        cwd=REPOSITORY,
        env={**os.environ, "STREETSCENE_DATA": "/nonexistent"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return set(json.loads(said.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("import shared.cli", id="every command"),
        pytest.param(
            "import os\nos.execv = lambda *_: None\nfrom shared.cli import main\n"
            "main.main(['web', 'all'], standalone_mode=False)\nmain.main(['worker', 'all'], standalone_mode=False)",
            id="web and worker, which become another program",
        ),
        pytest.param("import deploy.local", id="the launcher, which only watches"),
    ],
)
def test_a_process_does_not_wait_for_what_it_does_not_need(code):
    assert not loaded_by(code) & set(DEAR)


def test_web_processes_have_nothing_in_common_but_code(tmp_path):
    """gunicorn's master imports for the processes that it forks: no thread, file or connection may come of that."""
    code = (
        "import json, os, threading\n"
        "opened = lambda: {os.readlink(f'/proc/self/fd/{fd}') for fd in os.listdir('/proc/self/fd')\n"
        "    if os.path.exists(f'/proc/self/fd/{fd}')}\n"
        "before = opened()\n"
        "from shared.web import gunicorn_conf\n"
        "gunicorn_conf._import_once()\n"
        "print(json.dumps([sorted(opened() - before), threading.active_count(), len(os.listdir('/proc/self/task'))]))"
    )
    said = subprocess.run(
        [sys.executable, "-c", code],
        cwd=REPOSITORY,
        env={**os.environ, "STREETSCENE_DATA": str(tmp_path), "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert json.loads(said.stdout.splitlines()[-1]) == [[], 1, 1]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_found_under_its_name(name):
    command = main.get_command(None, name)

    assert command is not None
    assert command.name == name
