"""The controls of a demonstration's clock: who may use them, and what they do."""

import re

import pytest

from deploy.demo.web import create_app
from shared.clock import machine_now
from shared.errors import ConfigError
from shared.processes import read_clock
from shared.web.app import EXTENSION
from tests.builders import make_settings

HERE = "http://127.0.0.1:8000"


@pytest.fixture
def app(tmp_path):
    app = create_app(make_settings(tmp_path, demo=True))
    yield app
    app.extensions[EXTENSION].store.close()


def press(client, **form):
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/demo", base_url=HERE).text).group(1)
    return client.post("/demo/clock", data={"csrf_token": token, **form}, base_url=HERE)


def setting_of(app):
    return read_clock(app.extensions[EXTENSION].store)


def test_there_are_no_controls_without_a_demonstration(tmp_path):
    with pytest.raises(ConfigError, match="DEMO=1"):
        create_app(make_settings(tmp_path, demo=False))


@pytest.mark.parametrize("base_url", ["http://example.org", "http://192.168.1.5:8000", "http://[2001:db8::1]:8000"])
def test_the_controls_answer_on_this_machines_address_only(app, base_url):
    response = app.test_client().get("/demo", base_url=base_url)

    assert response.status_code == 403


def test_a_stranger_is_refused_whatever_name_he_asks_for(app):
    response = app.test_client().get("/demo", base_url=HERE, environ_base={"REMOTE_ADDR": "10.1.2.3"})

    assert response.status_code == 403


def test_an_hour_forward_moves_the_councils_clock_and_not_the_machines(app):
    before = machine_now()

    response = press(app.test_client(), do="forward")

    assert response.status_code == 302
    moved = setting_of(app).at(machine_now()) - before
    assert 3600 <= moved.total_seconds() < 3660


def test_a_paused_clock_stands_still(app):
    press(app.test_client(), do="pause")

    setting = setting_of(app)

    assert setting.at(setting.real) == setting.at(machine_now())


def test_a_speed_that_is_not_offered_is_refused_and_changes_nothing(app):
    response = press(app.test_client(), do="speed", speed="1000")

    assert response.status_code == 400
    assert setting_of(app) is None


def test_back_to_the_machines_time_forgets_the_setting(app):
    client = app.test_client()
    press(client, do="forward")

    press(client, do="reset")

    assert setting_of(app) is None


def test_a_change_without_the_forms_token_is_refused(app):
    response = app.test_client().post("/demo/clock", data={"do": "forward"}, base_url=HERE)

    assert response.status_code == 400
    assert setting_of(app) is None
