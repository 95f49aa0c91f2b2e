"""`streetscene up` and `make run`: how the system starts, what it says when it can't, and that nothing stays behind."""

import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests
from rich.console import Console

from deploy.local import PORT_OF, prepare
from shared.config import REPOSITORY
from tests.builders import make_settings
from tests.servers.commands import environment, streetscene
from tests.servers.system import System, free_ports, running_system

pytestmark = pytest.mark.timeout(180)

GONE_SECONDS = 30
BACK_SECONDS = 90


def listening(port: int) -> list[int]:
    """Return which of a system's ports still have a listener."""
    found = []
    for offset in PORT_OF.values():
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port + offset)) == 0:
                found.append(port + offset)
    return found


def eventually(holds, *, within: float, what: str) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + within
    while not holds():
        assert time.monotonic() < deadline, f"not within {within} s: {what}"
        time.sleep(0.1)


def process_listening_on(port: int) -> int:
    """Return the id of the process that listens on a local port, from the kernel's tables."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    inode = next(row[9] for row in rows if row[3] == "0A" and int(row[1].partition(":")[2], 16) == port)
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if str(link.readlink()) == f"socket:[{inode}]":
                return int(link.parts[2])
        except OSError:
            continue
    raise AssertionError(f"nothing listens on {port}")


def test_only_their_owner_can_read_the_credentials(council: System):
    mode = stat.S_IMODE((council.data / "credentials.json").stat().st_mode)

    assert oct(mode) == "0o600"


def test_the_start_prints_one_address_and_who_may_sign_in(council: System):
    printed = (council.data.parent / f"{council.data.name}.log").read_text()

    assert re.findall(r"running at (\S+)", printed) == [council.url]
    for user in council.credentials["users"]:
        assert (user.get("password") or user.get("shift_code") or user.get("link")) in printed
    assert max(len(line) for line in printed.splitlines() if "/accounts/wall/" not in line) <= 120


def test_the_walls_link_opens_the_wall_at_the_port_of_this_start(council: System):
    link = council.user("wall-viewer")["link"]

    answer = requests.get(link, timeout=10)

    assert link.startswith(f"{council.url}/accounts/wall/")
    assert answer.ok


def test_a_killed_worker_is_started_again_and_goes_on(council: System):
    worker = process_listening_on(council.port + PORT_OF["worker"])

    os.kill(worker, signal.SIGKILL)
    form = {
        "api_key": council.credentials["tokens"]["open311"],
        "service_code": "fly-tipping",
        "lat": "53.4060",
        "long": "-2.9660",
        "description": "Reported while nobody works",
        "attribute[waste_type]": "tyres",
        "attribute[size]": "car-boot",
        "attribute[land_type]": "highway",
    }
    answer = requests.post(f"{council.url}/open311/v2/requests.json", data=form, timeout=30)
    reference = answer.json()[0]["service_request_id"]

    def has_job() -> bool:
        return bool(council.get(f"/api/scheduling/v1/jobs?reference={reference}", "supervisor")["items"])

    eventually(has_job, within=BACK_SECONDS, what="the job of a report made while the worker was dead")
    assert process_listening_on(council.port + PORT_OF["worker"]) != worker
    assert "worker process ended (-9)" in (council.data.parent / f"{council.data.name}.log").read_text()


def test_a_second_start_on_the_same_data_says_so_in_one_line(council: System):
    said = streetscene("up", "--port", str(free_ports()), "--data", str(council.data), "--demo", "0")

    assert said.code == 2
    assert len(said.error_lines) == 1
    assert "another Streetscene is running" in said.err
    assert requests.get(f"{council.url}/health/live", timeout=10).ok


@pytest.mark.parametrize("offset", PORT_OF.values(), ids=PORT_OF)
def test_a_taken_port_is_named_in_one_line(offset, tmp_path):
    port = free_ports()
    with socket.socket() as other:
        other.bind(("127.0.0.1", port + offset))
        other.listen()

        said = streetscene("up", "--port", str(port), "--data", str(tmp_path / "data"), "--demo", "0")

    assert said.code == 2
    assert said.error_lines == [f"streetscene: port {port + offset} is taken: stop what uses it, or set PORT="]
    assert said.out == ""


@pytest.mark.parametrize("port", ["65534", "99999", "0", "http"])
def test_a_port_that_is_none_is_refused_in_one_line(port, tmp_path):
    said = streetscene("up", "--port", port, "--data", str(tmp_path / "data"), "--demo", "0")

    assert said.code == 2
    assert len(said.error_lines) == 1
    assert "PORT" in said.err


@pytest.mark.parametrize("place", ["file", "kernel"])
def test_a_folder_that_cannot_be_written_is_named_in_one_line(place, tmp_path):
    (tmp_path / "file").write_text("in the way")
    folder = tmp_path / "file" if place == "file" else Path("/proc/streetscene")

    said = streetscene("up", "--port", str(free_ports()), "--data", str(folder), "--demo", "0")

    assert said.code == 2
    assert len(said.error_lines) == 1
    assert f"the data folder {folder} can't be written" in said.err


def test_a_wrong_council_file_is_named_in_one_line(tmp_path):
    (tmp_path / "council.toml").write_text("name = 3\n")

    said = streetscene(
        *("up", "--port", str(free_ports()), "--data", str(tmp_path / "data"), "--demo", "0"),
        STREETSCENE_COUNCIL=str(tmp_path / "council.toml"),
    )

    assert said.code == 2
    assert len(said.error_lines) == 1
    assert "council.toml" in said.err


def test_a_start_without_a_demonstration_has_no_past_and_ctrl_c_ends_it_well(tmp_path):
    with running_system(tmp_path / "data", demo=False) as system:
        assert system.get("/api/reports/v1/reports", "supervisor")["items"] == []
        assert system.get("/api/scheduling/v1/jobs", "supervisor")["items"] == []
        assert requests.get(f"{system.url}/demo", timeout=10).status_code == 404
        assert not (system.data / "store" / "demo.sqlite3").exists()

        system.process.send_signal(signal.SIGINT)
        code = system.process.wait(30)

        assert code == 0
        assert listening(system.port) == []
    printed = (tmp_path / "data.log").read_text()
    assert printed.splitlines()[-1] == "Stopped."
    assert "Traceback" not in printed


def test_ctrl_c_while_the_past_is_made_leaves_nothing_half_made(tmp_path):
    port, data = free_ports(), tmp_path / "data"
    with (tmp_path / "log").open("wb") as log:
        launcher = subprocess.Popen(
            [*_up(port, data), "--demo", "1"], cwd=REPOSITORY, env=environment(), stdout=log, stderr=log
        )
    eventually((data / "past.making" / "store").exists, within=60, what="a past being made")

    launcher.send_signal(signal.SIGINT)

    assert launcher.wait(30) == 0
    assert not (data / "store").exists()
    assert (tmp_path / "log").read_text().splitlines() == [
        "Making 35 days of past (up to two minutes, once) …",
        "Stopped.",
    ]


def test_nothing_is_left_of_a_killed_launcher_and_a_start_right_afterwards_works(tmp_path):
    data = tmp_path / "data"
    with running_system(data, demo=False) as system:
        port, first = system.port, system.credentials
        system.process.kill()
        system.process.wait()
        with (tmp_path / "again.log").open("wb") as log:
            again = subprocess.Popen(
                [*_up(port, data), "--demo", "0"], cwd=REPOSITORY, env=environment(), stdout=log, stderr=log
            )
        try:
            eventually(
                lambda: "running at" in (tmp_path / "again.log").read_text(), within=90, what="a start after a kill"
            )
            same = System(system.url, port, data, again)
            assert same.get("/api/reports/v1/reports", "supervisor")["items"] == []
            assert same.credentials == first
        finally:
            again.kill()
            again.wait()
    killed = time.monotonic()
    eventually(lambda: not listening(port), within=GONE_SECONDS, what="ports free after the kill of a launcher")
    assert time.monotonic() - killed < GONE_SECONDS


def test_no_secret_is_the_same_in_two_installations_and_the_link_follows_the_port(tmp_path):
    contents = []
    for name, port in (("one", 8000), ("two", 8000), ("one", 8100)):
        settings = make_settings(tmp_path / name, port=port, public_url=f"http://127.0.0.1:{port}")
        prepare(settings, lambda: Console(quiet=True))
        contents.append(json.loads((tmp_path / name / "credentials.json").read_text()))
    one, two, moved = (_secrets(content) for content in contents)

    assert not one & two
    assert len(one) == len(two) > 20
    links = [next(user["link"] for user in content["users"] if "link" in user) for content in contents]
    assert links[2] == links[0].replace(":8000/", ":8100/")
    assert moved - one == {links[2]}


def _secrets(content: dict) -> set[str]:
    """Return everything in a credentials file that lets somebody in."""
    named = ("password", "shift_code", "link")
    return {user[key] for user in content["users"] for key in named if key in user} | set(content["tokens"].values())


def _up(port: int, data: Path) -> list[str]:
    """Return the command that starts a system."""
    return [sys.executable, "-m", "shared.cli", "up", "--port", str(port), "--data", str(data)]


@pytest.fixture
def fresh_checkout(tmp_path: Path) -> Path:
    """A folder with what `make run` reads first, and no virtual environment."""
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        shutil.copy(REPOSITORY / name, tmp_path / name)
    return tmp_path


def make_run(folder: Path, python: str) -> tuple[int, list[str]]:
    """Return make's exit code, and the lines that are ours, without make's own last one."""
    done = subprocess.run(
        ["make", "run", f"PYTHON={python}"], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    return done.returncode, [line for line in done.stderr.splitlines() if not line.startswith("make")]


def test_make_run_without_the_venv_module_says_what_to_install(fresh_checkout):
    python = fresh_checkout / "python-without-venv"
    python.write_text('#!/bin/sh\ncase "$2" in *venv*) exit 1 ;; esac\nexit 0\n')
    python.chmod(0o755)

    code, lines = make_run(fresh_checkout, str(python))

    assert code == 2
    assert len(lines) == 1
    assert "has no venv module" in lines[0]
    assert "python3-venv" in lines[0]


def test_make_run_with_an_old_python_says_which_is_needed(fresh_checkout):
    python = fresh_checkout / "python-of-long-ago"
    python.write_text("#!/bin/sh\nexit 1\n")
    python.chmod(0o755)

    code, lines = make_run(fresh_checkout, str(python))

    assert code == 2
    assert lines == [f"streetscene: Python 3.11 or newer is needed, and {python} is older"]


def test_make_run_with_a_python_that_is_not_there_says_so(fresh_checkout):
    code, lines = make_run(fresh_checkout, "python-of-the-future")

    assert code == 2
    assert len(lines) == 1
    assert "python-of-the-future is not on the PATH" in lines[0]
