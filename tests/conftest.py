"""How the tests share a machine: which run beside each other, and which one after the other.

`make test` runs pytest with several workers. Tests that share something dear (a browser, a running system, a broker
node) belong to one group, which one worker runs through; every other file is a group of its own. Long groups begin
first, so that the last worker to finish is not the one with the browser.
"""

import gc
import os
from collections.abc import Generator
from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling

from tests.servers.system import made_past

TESTS = Path(__file__).parent

GROUPS = (
    ("e2e/test_backup.py", "backup"),
    ("e2e/test_kills.py", "kills"),
    ("e2e/test_canary.py", "canary"),
    ("e2e/test_commands.py", "launcher"),
    ("e2e/test_health.py", "launcher"),
    ("e2e/test_launcher.py", "launcher"),
    ("e2e/test_pages.py", "pages"),
    ("e2e/test_resident.py", "resident"),
    ("e2e/", "browser"),
    ("integration/day/", "day"),
    ("integration/proxy/", "proxy"),
    ("integration/launcher/", "distributed"),
    ("integration/compose/", "distributed"),
    ("integration/prometheus/", "prometheus"),
    ("integration/path/", "path"),
    ("integration/bus/", "broker"),
    ("green/", "green"),
    ("contract/store/", "documents"),
)
"""Longest match first: a path under tests/, and the group of what lies there."""

FIRST = (
    "pages",
    "distributed",
    "browser",
    "kills",
    "launcher",
    "broker",
    "path",
    "resident",
    "canary",
    "backup",
    "prometheus",
    "documents",
    "green",
)


@pytest.fixture(scope="session")
def past(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demonstration's past to begin with a copy of: made once, for all workers of a run."""
    own = tmp_path_factory.getbasetemp()
    return made_past((own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "past")


def group_of(path: Path) -> str:
    """Return the group of a test file."""
    relative = path.relative_to(TESTS).as_posix()
    return next((group for prefix, group in GROUPS if relative.startswith(prefix)), relative)


class GroupScheduling(LoadScopeScheduling):
    """Gives whole groups to workers, in the order of the tests."""

    def _split_scope(self, nodeid: str) -> str:
        """Return the group of a test."""
        return group_of(TESTS.parent / nodeid.partition("::")[0])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> GroupScheduling:
    """Have whole groups run by one worker each."""
    return GroupScheduling(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for no garbage while everything is imported and collected, and never again through what stays for good."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long groups first."""

    def rank(item: pytest.Item) -> int:
        group = group_of(item.path)
        return FIRST.index(group) if group in FIRST else len(FIRST)

    items.sort(key=rank)
