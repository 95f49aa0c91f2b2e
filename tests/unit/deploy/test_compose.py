"""docker-compose.yml, read as a document: every consumer has a worker, every command exists, every setting is known.

No engine is needed and none is used: what only Docker can show (that images build and containers start) is not shown.
"""

import inspect
import re
from pathlib import Path

import click
import pytest
import yaml

from deploy import compose_secrets
from deploy.distributed import OFFSET_OF, processes
from deploy.nginx import configuration as nginx
from shared.cli import main
from shared.config import FROM_FILES, REPOSITORY, SERVICES, Settings
from shared.processes import subscriptions_of

PORT = 8000
COMPOSE = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())
CONTAINERS = COMPOSE["services"]
OURS = {name: container for name, container in CONTAINERS.items() if container["image"] == "streetscene"}

KEYS_OF_COMPOSE = {"name", "services", "volumes", "secrets"}
KEYS_OF_A_CONTAINER = {
    *("image", "build", "command", "entrypoint", "restart", "init", "read_only", "tmpfs", "cap_drop", "security_opt"),
    *("stop_grace_period", "volumes", "secrets", "environment", "depends_on", "healthcheck", "user", "ports"),
    "hostname",
}
METRICS = "STREETSCENE_METRICS_TARGETS"
ONE_SHOT = {"prepare", "mongo-init"}


def command_of(name: str) -> tuple[str, ...]:
    """Return the command line of one of our containers, after `streetscene`."""
    return tuple(OURS[name]["command"])


def known_settings() -> set[str]:
    """Return every `STREETSCENE_*` variable that the settings read."""
    source = inspect.getsource(Settings.from_env)
    names = set(re.findall(r'setting(?:\.get\(|\[)"([A-Z_]+)"', source))
    return {f"STREETSCENE_{name}" for name in names | {f"{name}_FILE" for name in FROM_FILES}}


def test_the_file_has_the_shape_that_compose_knows():
    assert {key for key in COMPOSE if not key.startswith("x-")} == KEYS_OF_COMPOSE
    for name, container in CONTAINERS.items():
        assert set(container) <= KEYS_OF_A_CONTAINER, name


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_has_a_web_and_a_worker(service):
    assert command_of(f"web-{service}") == ("web", service)
    assert command_of(f"worker-{service}") == ("worker", service)


def test_every_consumer_has_a_worker():
    workers = {command[1] for command in map(command_of, OURS) if command[0] == "worker"}

    for service in SERVICES:
        for subscription in subscriptions_of(service):
            assert subscription.consumer.partition(".")[0] == service
            assert service in workers, subscription.consumer


def test_the_containers_are_the_processes_of_the_launcher():
    assert {name for name in OURS if name not in ONE_SHOT} == set(processes())


@pytest.mark.parametrize("name", OURS)
def test_every_command_is_one_of_ours_and_parses(name):
    command, *arguments = command_of(name)
    known = main.get_command(click.Context(main), command)

    assert known is not None, command
    known.make_context(command, list(arguments))


@pytest.mark.parametrize("name", OURS)
def test_every_setting_is_known_and_accepted(name, tmp_path):
    environment = OURS[name]["environment"]
    (tmp_path / "store_url").write_text("mongodb://mongo/streetscene")
    (tmp_path / "bus_url").write_text("amqp://rabbitmq/")

    assert set(environment) <= known_settings()
    Settings.from_env(
        {
            variable: value.replace("/run/secrets", str(tmp_path)).replace("${PUBLIC_URL:-", "").rstrip("}")
            for variable, value in environment.items()
        }
    )


def test_health_and_metrics_are_asked_where_each_process_listens():
    targets = dict(
        target.split("=") for target in OURS["web-reports"]["environment"][METRICS].replace(" ", "").split(",")
    )
    for name, (kind, _service) in processes().items():
        port = PORT + OFFSET_OF[kind]

        assert targets[name] == f"http://{name}:{port}"
        assert f"http://127.0.0.1:{port}/health/ready" in OURS[name]["healthcheck"]["test"][-1]


def test_prometheus_scrapes_every_process():
    configuration = yaml.safe_load((REPOSITORY / "deploy/prometheus/prometheus.yml").read_text())
    ours = next(job for job in configuration["scrape_configs"] if job["job_name"] == "streetscene")

    scraped = {(target, group["labels"]["process"]) for group in ours["static_configs"] for target in group["targets"]}

    assert scraped == {(f"{name}:{PORT + OFFSET_OF[kind]}", kind) for name, (kind, _) in processes().items()}


def test_nginx_sends_to_containers_that_are_there():
    text = (nginx.FOLDER / "nginx.conf").read_text()

    for name in nginx.processes():
        assert name in OURS
        assert f" {name}:{PORT + OFFSET_OF[name.partition('-')[0]]};" in text


@pytest.mark.parametrize("name", CONTAINERS)
def test_nothing_is_published_beyond_this_machine(name):
    assert all(port.startswith("127.0.0.1:") for port in CONTAINERS[name].get("ports", []))


@pytest.mark.parametrize("name", CONTAINERS)
def test_every_container_is_checked_or_ends(name):
    container = CONTAINERS[name]

    assert ("healthcheck" in container) is (name not in ONE_SHOT)
    assert container["restart"] == ("no" if name in ONE_SHOT else "unless-stopped")


@pytest.mark.parametrize("name", CONTAINERS)
def test_what_a_container_waits_for_can_come(name):
    for other, wanted in CONTAINERS[name].get("depends_on", {}).items():
        if wanted["condition"] == "service_healthy":
            assert "healthcheck" in CONTAINERS[other]
        else:
            assert wanted["condition"] == "service_completed_successfully"
            assert other in ONE_SHOT


@pytest.mark.parametrize("name", CONTAINERS)
def test_no_container_runs_as_root_and_no_secret_is_in_its_environment(name):
    container = CONTAINERS[name]

    assert name in OURS or container["user"] not in {"root", "0"}
    for variable, value in container.get("environment", {}).items():
        if "PASSWORD" in variable or "KEY" in variable:
            assert value.startswith("/run/secrets/"), variable


def test_the_image_runs_as_nobody_in_particular_and_installs_by_hash():
    lines = (REPOSITORY / "deploy/Dockerfile").read_text().splitlines()

    assert [line for line in lines if line.startswith("USER ")] == ["USER 10001:10001"]
    assert any("pip install --require-hashes --requirement requirements.lock" in line for line in lines)
    for line in lines:
        if line.startswith("COPY ") and "--from" not in line:
            for source in line.split()[1:-1]:
                assert (REPOSITORY / source).exists(), source


def test_every_secret_and_file_that_is_mounted_is_there_or_made(tmp_path):
    made = set(compose_secrets.make(tmp_path / "secrets"))

    declared = {Path(secret["file"]).name for secret in COMPOSE["secrets"].values()}
    used = {
        secret if isinstance(secret, str) else secret["source"]
        for container in CONTAINERS.values()
        for secret in container.get("secrets", [])
    }
    assert used == set(COMPOSE["secrets"])
    assert declared <= made
    for container in CONTAINERS.values():
        for volume in container.get("volumes", []):
            source = volume.partition(":")[0]
            if source.startswith("./"):
                assert (REPOSITORY / source).exists(), source
            else:
                assert source in COMPOSE["volumes"]


def test_secrets_are_made_once_and_fit_together(tmp_path):
    folder = tmp_path / "secrets"
    compose_secrets.make(folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    assert compose_secrets.make(folder) == []

    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert before["rabbitmq_password"] in before["bus_url"]
    assert before["rabbitmq_password"] in before["rabbitmq_users.json"]
    assert before["mongo_password"] in before["store_url"]
    assert folder.stat().st_mode & 0o077 == 0
