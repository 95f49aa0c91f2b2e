"""pymongo in a patched process lets others run while it waits. Nobody supports this any more, so it is proved here.

An upgrade of pymongo, eventlet or greenlet that fails this test must not be made (docs/adr/0004).
"""

import json
import socket
import subprocess
import sys

import pytest

from shared.config import REPOSITORY
from tests.servers.slow_mongo import slow_mongo

FIND_SECONDS = 0.2


@pytest.fixture(scope="module")
def measured():
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        dead = f"mongodb://127.0.0.1:{nobody.getsockname()[1]}/?directConnection=true"
        with slow_mongo(FIND_SECONDS) as url:
            finished = subprocess.run(
                [sys.executable, "-m", "tests.green.patched_finds", url, dead],
                cwd=REPOSITORY,
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)


def test_forty_slow_finds_over_twenty_connections_take_two_rounds_not_forty(measured):
    many = measured["many"]

    assert many["found"] == 40
    assert 2 * FIND_SECONDS <= many["seconds"] < 10 * FIND_SECONDS


def test_the_hub_is_not_held_up_while_finds_wait(measured):
    assert measured["many"]["worst_stall"] < FIND_SECONDS


def test_a_server_that_is_not_there_is_an_error_and_not_a_standstill(measured):
    nobody = measured["nobody"]

    assert nobody["error"] == "ServerSelectionTimeoutError"
    assert 0.4 < nobody["seconds"] < 5
    assert nobody["ticks"] > 10
