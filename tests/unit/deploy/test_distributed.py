"""The distributed launcher before anything runs: ports that meet nobody, and one line where a server is missing."""

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console

from deploy import distributed
from deploy.local import up
from deploy.rabbitmq import node
from shared.cli import main
from shared.config import SERVICES, Settings
from shared.errors import ConfigError


def test_no_two_processes_share_a_port():
    at = distributed.ports(8000)

    assert len(set(at.values())) == len(at)
    assert 8000 not in at.values()
    assert {name for name in at if name.startswith("worker-")} == {f"worker-{service}" for service in SERVICES}


def test_the_ports_are_those_of_the_readme():
    text = (distributed.REPOSITORY / "README.md").read_text()

    for service in SERVICES:
        assert f"{service} {distributed.service_port(8000, service)}" in text


def test_without_rabbitmq_one_line_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setattr(node, "SERVER", tmp_path / "none")
    monkeypatch.setenv("STREETSCENE_DATA", str(tmp_path))

    with pytest.raises(ConfigError, match="apt-get install rabbitmq-server"):
        CliRunner().invoke(main, ["up", "--distributed"], catch_exceptions=False, standalone_mode=False)


def test_without_nginx_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setattr(distributed.shutil, "which", lambda *_, **__: None)

    with pytest.raises(ConfigError, match="apt-get install nginx-light"):
        distributed.find_nginx()


def test_processes_know_the_broker_and_the_public_address_and_each_its_own_port(tmp_path):
    settings = replace(Settings.from_env({"STREETSCENE_PORT": "9000"}), data=tmp_path)

    children = {child.name: child for child in distributed.distributed_children(settings, "/usr/sbin/nginx")}

    tonnage = children["worker-tonnage"]
    assert tonnage.command[-2:] == ("worker", "tonnage")
    assert Settings.from_env(tonnage.environment).port + 1 == tonnage.port
    assert tonnage.environment["STREETSCENE_PUBLIC_URL"] == "http://127.0.0.1:9000"
    assert tonnage.environment["STREETSCENE_BUS_URL"].startswith("amqp://streetscene:")
    assert children["rabbitmq"].wave < tonnage.wave < children["nginx"].wave


def test_the_brokers_password_is_made_once_and_is_nobody_elses(tmp_path):
    settings = replace(Settings.from_env({}), data=tmp_path)

    first, again = distributed.private_node(settings), distributed.private_node(settings)

    assert first.password == again.password
    assert len(first.password) > 20
    assert Path(tmp_path / "rabbitmq" / "password").stat().st_mode & 0o077 == 0


def test_processes_that_could_not_be_asked_are_not_started(tmp_path):
    settings = Settings.from_env({"STREETSCENE_DATA": str(tmp_path / "data"), "STREETSCENE_HOST": "192.0.2.1"})

    with pytest.raises(ConfigError, match=r"STREETSCENE_HOST=192\.0\.2\.1"):
        up(settings, console=Console(quiet=True), on_ready=lambda *_: None)

    assert not (tmp_path / "data").exists()
