"""Settings that are wrong are named; secrets in addresses are never printed."""

import pytest

from shared.config import Settings
from shared.errors import ConfigError


def test_a_process_listens_on_loopback_unless_told_otherwise():
    assert Settings.from_env({}).host == "127.0.0.1"
    assert Settings.from_env({"STREETSCENE_HOST": "0.0.0.0"}).host == "0.0.0.0"


@pytest.mark.parametrize("text", ["localhost", "::1", "10.0.0", "0.0.0.0:80"])
def test_an_address_to_listen_on_is_checked(text):
    with pytest.raises(ConfigError, match="STREETSCENE_HOST"):
        Settings.from_env({"STREETSCENE_HOST": text})


def test_an_address_with_a_password_may_come_from_a_file(tmp_path):
    file = tmp_path / "bus_url"
    file.write_text("amqp://streetscene:secret@rabbitmq:5672/%2F\n")

    settings = Settings.from_env({"STREETSCENE_BUS_URL": "memory://", "STREETSCENE_BUS_URL_FILE": str(file)})

    assert settings.bus_url == "amqp://streetscene:secret@rabbitmq:5672/%2F"
    assert "secret" not in settings.redacted()["bus_url"]


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"STREETSCENE_STORE_URL_FILE: .*none can't be read"):
        Settings.from_env({"STREETSCENE_STORE_URL_FILE": str(tmp_path / "none")})
