"""A MongoDB for a test session: the one that `STREETSCENE_TEST_MONGODB_URI` names, or a private in-memory one.

The private one is mongo-java-server behind a launcher of ours (`tests/servers/mongo/`), built once by Maven into
`target/` and then started without the network. It proves what the store does with the protocol and with concurrent
writers; it can't prove a failover, an index' use or speed (see `docs/adr/0001-document-store-port.md`).
"""

import contextlib
import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "mongo"
TARGET = FOLDER / "target"
SOURCES = (FOLDER / "pom.xml", FOLDER / "src" / "main" / "java" / "streetscene" / "Server.java")
BUILD_SECONDS = 300
START_SECONDS = 90
HOW_TO_GET_IT = "apt-get install maven openjdk-17-jdk-headless, or set STREETSCENE_TEST_MONGODB_URI"


@dataclass(frozen=True)
class MongoServer:
    """Where the server is, and whether it is MongoDB itself."""

    url: str
    is_real: bool


class NotAvailable(Exception):
    """There is no server to be had on this machine; the text says how to get one."""


def mongo_server_or_skip() -> Iterator[MongoServer]:
    """Yield a server for a session-scoped fixture; without one the tests are skipped, but in CI they fail."""
    with contextlib.ExitStack() as stack:
        try:
            server = stack.enter_context(mongo_server())
        except NotAvailable as error:
            if os.environ.get("CI") == "true":
                pytest.fail(str(error))
            pytest.skip(str(error))
        yield server


@contextlib.contextmanager
def mongo_server() -> Iterator[MongoServer]:
    """Start a server, or use the given one; raises `NotAvailable`."""
    given = os.environ.get("STREETSCENE_TEST_MONGODB_URI")
    if given:
        yield MongoServer(given, is_real=True)
        return
    _build()
    command = ["java", "-Xmx512m", "-XX:TieredStopAtLevel=1", "-cp", f"{TARGET}/classes:{TARGET}/libraries/*"]
    with subprocess.Popen(
        [*command, "streetscene.Server"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            url = process.stdout.readline().strip()
            if not url.startswith("mongodb://"):
                raise NotAvailable(f"the in-memory MongoDB does not start: {HOW_TO_GET_IT}")
            yield MongoServer(url, is_real=False)
        finally:
            process.stdin.close()
            try:
                process.wait(timeout=START_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def _build() -> None:
    """Build the launcher unless it is newer than its sources; sessions that start together build it once."""
    if shutil.which("java") is None:
        raise NotAvailable(f"no Java for the in-memory MongoDB: {HOW_TO_GET_IT}")
    TARGET.mkdir(exist_ok=True)
    with (TARGET / "build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _is_built():
            return
        if shutil.which("mvn") is None:
            raise NotAvailable(f"no Maven to build the in-memory MongoDB: {HOW_TO_GET_IT}")
        built = subprocess.run(
            ["mvn", "--batch-mode", "--quiet", "package"],
            cwd=FOLDER,
            capture_output=True,
            text=True,
            timeout=BUILD_SECONDS,
            check=False,
        )
        if built.returncode != 0:
            last_words = built.stdout.strip().splitlines()[:1]
            raise NotAvailable(f"Maven can't build the in-memory MongoDB ({last_words}): {HOW_TO_GET_IT}")
        (TARGET / "built").touch()


def _is_built() -> bool:
    """Say whether the launcher is there and newer than what it is made from."""
    mark = TARGET / "built"
    return mark.exists() and all(source.stat().st_mtime <= mark.stat().st_mtime for source in SOURCES)
