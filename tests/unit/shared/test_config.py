"""Settings from the environment: what is wrong, half set, or would lock everybody out, is named at start."""

import re
from pathlib import Path

import pytest

from shared import config
from shared.checks import run_checks
from shared.config import FROM_FILES, REPOSITORY, SETTINGS, Settings, unknown_settings
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


def test_the_page_of_settings_has_every_setting_and_no_other():
    page = (REPOSITORY / "docs" / "settings.md").read_text()
    code = Path(config.__file__).read_text()
    known = {f"STREETSCENE_{name}" for name in re.findall(r"setting(?:\.get\(|\[)\"([A-Z_]+)\"", code)}
    known |= {f"STREETSCENE_{name}" for name in FROM_FILES} | {"STREETSCENE_WEB_BIND", "STREETSCENE_STORE_URL_FILE"}

    assert len(known) > 25
    assert known == {f"STREETSCENE_{name}" for name in SETTINGS} | {"STREETSCENE_STORE_URL_FILE"}
    assert set(re.findall(r"STREETSCENE_[A-Z_]*[A-Z]", page)) == known


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("STREETSCENE_RATE_LIMIT", ["STREETSCENE_RATE_LIMIT is no setting (is STREETSCENE_RATE_LIMITS meant?)"]),
        ("STREETSCENE_XYLOPHONE", ["STREETSCENE_XYLOPHONE is no setting"]),
        ("STREETSCENE_BUS_URL_FILE", []),
        ("STREETSCENE_TEST_MONGODB_URI", []),
        ("STREETSCENE_LIFELINE_FD", []),
        ("OTHER_RATE_LIMIT", []),
    ],
)
def test_what_looks_like_a_setting_and_is_none_is_told(name, says):
    environ = {name: "1", "STREETSCENE_PORT": "8000"}

    assert unknown_settings(environ) == says
    told = [
        result.why
        for result in run_checks({**environ, "STREETSCENE_DATA": "/nowhere/at/all"})
        if result.what == "setting"
    ]
    assert told == says


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("DEMO", "yes", "must be 1 or 0, not 'yes'"),
        ("DEMO_LIVE", "on", "must be 1 or 0"),
        ("LOG_LEVEL", "LOUD", "must be one of DEBUG, INFO"),
        ("PUBLIC_URL", "street.council.example", "must be an http:// or https:// address"),
        ("PROMETHEUS_URL", "http://", "must be an http:// or https:// address"),
        ("PROMETHEUS_URL", "http://[prometheus", "must be an http:// or https:// address"),
        ("METRICS_TARGETS", "web=http://127.0.0.1:8000, worker=127.0.0.1:8001", "not '127.0.0.1:8001'"),
        ("METRICS_PORT", "0", "must be a port"),
    ],
)
def test_a_value_that_means_nothing_is_named(name, value, says):
    with pytest.raises(ConfigError) as refusal:
        Settings.from_env({f"STREETSCENE_{name}": value})

    assert str(refusal.value).startswith(f"STREETSCENE_{name} must be ")
    assert says in str(refusal.value)


def test_what_a_process_may_be_told_of_itself_and_others():
    environ = {"DEMO": "1", "LOG_LEVEL": "debug", "METRICS_TARGETS": "a=http://x:1, https://y/metrics,"}

    settings = Settings.from_env({f"STREETSCENE_{name}": value for name, value in environ.items()})

    assert (settings.demo, settings.demo_live, settings.log_level) == (True, True, "DEBUG")
    assert settings.metrics_targets == ("a=http://x:1", "https://y/metrics")


OIDC = {
    "STREETSCENE_OIDC_ISSUER": "https://login.council.example/tenant",
    "STREETSCENE_OIDC_CLIENT_ID": "streetscene",
    "STREETSCENE_OIDC_CLIENT_SECRET_FILE": "/run/secrets/oidc",
}


def test_without_a_word_of_it_there_is_no_identity_provider_and_there_are_passwords():
    settings = Settings.from_env({})

    assert (settings.oidc_issuer, settings.oidc_client_id, settings.oidc_client_secret_file) == (None, None, None)
    assert settings.password_sign_in


def test_an_identity_provider_is_an_issuer_and_a_client():
    settings = Settings.from_env({**OIDC, "STREETSCENE_OIDC_LABEL": "Mersey ID"})

    assert (settings.oidc_issuer, settings.oidc_client_id) == ("https://login.council.example/tenant", "streetscene")
    assert (settings.oidc_label, str(settings.oidc_client_secret_file)) == ("Mersey ID", "/run/secrets/oidc")
    assert Settings.from_env(OIDC).oidc_label == "your council account"


@pytest.mark.parametrize("issuer", ["http://127.0.0.1:8080/realm", "http://localhost:8080"])
def test_a_provider_on_this_machine_needs_no_https(issuer):
    assert Settings.from_env({**OIDC, "STREETSCENE_OIDC_ISSUER": issuer}).oidc_issuer == issuer


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"OIDC_ISSUER": ""}, "STREETSCENE_OIDC_ISSUER is missing"),
        ({"OIDC_CLIENT_ID": ""}, "STREETSCENE_OIDC_CLIENT_ID is missing"),
        ({"OIDC_ISSUER": "http://login.council.example"}, "must be an https:// address"),
        ({"OIDC_ISSUER": "login.council.example"}, "must be an https:// address"),
        ({"OIDC_ISSUER": "https://"}, "must be an https:// address"),
        ({"OIDC_ISSUER": "https://[login"}, "must be an https:// address"),
        ({"OIDC_ISSUER": "https://login.council.example/?tenant=1"}, "without a query"),
        ({"OIDC_ISSUER": "https://login.council.example/#x"}, "without a query"),
        ({"PASSWORD_SIGN_IN": "no"}, "must be on or off"),
    ],
)
def test_a_slip_is_named(changes, says):
    with pytest.raises(ConfigError) as refusal:
        Settings.from_env({**OIDC, **{f"STREETSCENE_{name}": value for name, value in changes.items()}})

    assert says in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_passwords_go_off_only_where_there_is_another_door():
    off = {"STREETSCENE_PASSWORD_SIGN_IN": "off"}

    assert not Settings.from_env({**OIDC, **off}).password_sign_in
    with pytest.raises(ConfigError, match="nobody could sign in"):
        Settings.from_env(off)


def test_what_is_printed_names_the_file_of_the_secret_and_not_the_secret(tmp_path):
    path = tmp_path / "oidc"
    path.write_text("hunter2hunter2")

    printed = Settings.from_env({**OIDC, "STREETSCENE_OIDC_CLIENT_SECRET_FILE": str(path)}).redacted()

    assert printed["oidc_client_secret_file"] == str(path)
    assert "hunter2hunter2" not in str(printed)
