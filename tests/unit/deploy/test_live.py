"""What a demonstration keeps between two starts, and what its page may ask of the launcher and the relays."""

import sys
from datetime import datetime, timedelta
from random import Random

import pytest
import requests

from deploy.demo.controls import LauncherControls, hold_worker
from deploy.demo.doors import Answer
from deploy.demo.live import beat, open_demo_store, resume_clock
from deploy.demo.simulation import Simulation
from deploy.demo.volumes import load_volumes
from deploy.local import Child, Launcher
from shared.bus.documents import as_asked
from shared.clock import ClockSetting, machine_now
from shared.config import REPOSITORY
from shared.council import load_council
from shared.processes import read_clock, write_clock
from shared.store.port import LoggedEvent
from tests.builders import TUESDAY_MORNING, make_settings


@pytest.fixture
def settings(tmp_path):
    return make_settings(tmp_path, demo=True)


@pytest.fixture
def store(settings):
    store = open_demo_store(settings)
    yield store
    store.close()


def test_the_councils_clock_stands_still_while_the_demonstration_is_stopped(store, monkeypatch):
    now = machine_now()
    write_clock(store, ClockSetting(now - timedelta(hours=3), TUESDAY_MORNING, 20))
    monkeypatch.setattr("deploy.demo.live.machine_now", lambda: now - timedelta(hours=2))
    beat(store)
    monkeypatch.setattr("deploy.demo.live.machine_now", lambda: now)

    resume_clock(store)

    at_stop = TUESDAY_MORNING + timedelta(hours=20)
    assert timedelta() <= read_clock(store).at(now) - at_stop <= timedelta(seconds=60)
    assert read_clock(store).speed == 20


def test_a_clock_that_was_paused_stays_paused(store):
    write_clock(store, ClockSetting(machine_now() - timedelta(hours=1), TUESDAY_MORNING, 0))

    resume_clock(store)

    assert read_clock(store).at(machine_now()) == TUESDAY_MORNING
    assert read_clock(store).speed == 0


def test_without_a_clock_of_its_own_nothing_is_resumed(store):
    resume_clock(store)

    assert read_clock(store) is None


def test_the_launcher_kills_the_worker_and_starts_it_again_as_the_page_asks(settings, store, tmp_path):
    command = (sys.executable, "-c", "import time; time.sleep(60)")
    worker = Child("worker", command, None, {}, tmp_path / "worker.log")
    launcher = Launcher([worker], console=None)
    controls = LauncherControls(settings)
    worker.start(launcher.lifeline[0])
    first = worker.process

    hold_worker(store, held=True)
    controls.look(launcher)

    assert first.poll() is not None
    assert worker.held
    assert not worker.died()

    hold_worker(store, held=False)
    controls.look(launcher)

    assert worker.process.poll() is None
    assert not worker.held
    launcher.stop()


def test_a_message_is_only_damaged_in_a_demonstration(settings, tmp_path):
    logged = LoggedEvent(
        position=1, event_id="id", type="report.submitted.v1", recorded_at=machine_now(), body=b"0123456789"
    )

    assert as_asked({"damaged": True}, logged, settings).body == b"01234"
    assert as_asked({"damaged": True}, logged, make_settings(tmp_path, demo=False)) == logged
    assert as_asked({"damaged": False}, logged, settings) == logged


class OneDoor:
    """Takes reports, remembers under which keys, and is down at first."""

    def __init__(self):
        self.keys, self.is_down = [], True

    def call(self, method, _path, *, key=None, **_):
        if method == "GET":
            return Answer(200, {"items": []})
        self.keys.append(key)
        if self.is_down:
            raise requests.ConnectionError
        return Answer(201, [{"service_request_id": "FT-00000000"}])


def simulation(doors):
    council = load_council(REPOSITORY / "deploy/councils/liverpool/council.toml")
    return Simulation(doors, council, Random(1), load_volumes(), api_key="key")


def test_an_act_that_a_stopped_server_interrupted_is_done_again_under_the_same_key():
    doors = OneDoor()
    made = simulation(doors)
    made.plan(TUESDAY_MORNING, "report")
    with pytest.raises(requests.ConnectionError):
        made.step()
    doors.is_down = False

    taken_up = simulation(doors)
    taken_up.resume(made.as_json())
    taken_up.step()

    assert doors.keys[0] == doors.keys[1]
    assert taken_up.as_json()["own"] == ["FT-00000000"]


def test_no_day_is_planned_twice_and_nothing_before_the_simulation_began():
    made = simulation(OneDoor())
    today = TUESDAY_MORNING.date()

    made.plan_days(today, today, since=TUESDAY_MORNING)
    planned = len(made.as_json()["acts"])
    made.plan_days(today, today)

    acts = made.as_json()["acts"]
    assert len(acts) == planned
    assert all(datetime.fromisoformat(act["at"]) >= TUESDAY_MORNING for act in acts)
