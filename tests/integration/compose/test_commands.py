"""The very commands of docker-compose.yml as processes: RabbitMQ, a MongoDB-wire server and nginx, without an engine.

Each process gets its container's command and environment; what differs is addresses and folders. So commands, settings
and secrets of the file are used for real, and the whole path is walked over what they make.
"""

import json
import os
import pwd
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from rich.console import Console

from deploy import compose_secrets, distributed
from deploy.distributed import OFFSET_OF, ports, processes, service_port
from deploy.local import Child, Launcher
from deploy.nginx.configuration import FOLDER, Main, render_main
from deploy.nginx.configuration import processes as proxied
from shared.config import REPOSITORY
from tests.canaries.canaries import Flock, planted
from tests.canaries.journey import Site, walk
from tests.servers.mongo import MongoServer, mongo_server_or_skip
from tests.servers.nginx import require_nginx
from tests.servers.rabbitmq import Node, node, require_rabbitmq
from tests.servers.system import free_ports

pytestmark = pytest.mark.timeout(480)

CONTAINERS = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())["services"]
DEFINITIONS = REPOSITORY / "deploy" / "rabbitmq" / "definitions.json"
MADE = [name for name, container in CONTAINERS.items() if "build" in container]
STOPS = ["report", "job", "crew", "tip", "ticket", "case", "notice", "told"]
READY_SECONDS = 240

mongodb = pytest.fixture(scope="module")(mongo_server_or_skip)


@pytest.fixture(scope="module")
def broker(tmp_path_factory) -> Iterator[Node]:
    require_rabbitmq()
    with node(tmp_path_factory.mktemp("rabbitmq"), json.loads(DEFINITIONS.read_text())) as running:
        yield running


@pytest.fixture(scope="module")
def site(broker: Node, mongodb: MongoServer, tmp_path_factory) -> Iterator[Site]:
    """Everything that the file builds from our image, ready, behind nginx."""
    nginx = require_nginx()
    folder = tmp_path_factory.mktemp("compose")
    base = free_ports([0, *ports(0).values()])
    environments = _environments(folder, base, broker, mongodb)
    prepared = subprocess.run(
        _command("prepare"), env=environments["prepare"], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert prepared.returncode == 0, prepared.stderr
    children = [
        Child(name, _command(name), ports(base)[name], environments[name], folder / f"{name}.log")
        for name in MADE
        if name != "prepare"
    ]
    launcher = Launcher([*children, _proxy(nginx, folder, base)], Console(quiet=True), ready_seconds=READY_SECONDS)
    try:
        launcher.start()
        credentials = json.loads((folder / "data" / "credentials.json").read_text())
        yield Site(lambda _path: f"http://127.0.0.1:{base}", credentials)
    finally:
        launcher.stop()


def _command(name: str) -> tuple[str, ...]:
    """Return a container's command, with the image's entry point as this checkout has it."""
    dockerfile = (REPOSITORY / "deploy" / "Dockerfile").read_text()
    assert 'ENTRYPOINT ["streetscene"]' in dockerfile
    return (sys.executable, "-m", "shared.cli", *CONTAINERS[name]["command"])


def _environments(folder: Path, base: int, broker: Node, mongodb: MongoServer) -> Mapping[str, dict[str, str]]:
    """Return every container's environment with the addresses and folders of this machine."""
    compose_secrets.make(folder / "secrets")
    for name, url in {"bus_url": broker.url(), "store_url": f"{mongodb.url.rstrip('/')}/streetscene_compose"}.items():
        (folder / "secrets" / name).chmod(0o600)
        (folder / "secrets" / name).write_text(url)
    return {name: _here(name, folder, base) for name in MADE}


def _here(name: str, folder: Path, base: int) -> dict[str, str]:
    """Return one container's environment as this machine has it; a variable that is not known stays as it is."""
    service = processes().get(name, ("", "reports"))[1]
    here = {
        "STREETSCENE_HOST": "127.0.0.1",
        "STREETSCENE_PORT": str(service_port(base, service)),
        "STREETSCENE_PUBLIC_URL": f"http://127.0.0.1:{base}",
        "STREETSCENE_METRICS_TARGETS": ",".join(f"{each}=http://127.0.0.1:{ports(base)[each]}" for each in processes()),
    }
    environment = {
        variable: here.get(variable, value)
        .replace("/run/secrets", str(folder / "secrets"))
        .replace("/data", str(folder / "data"))
        for variable, value in CONTAINERS[name]["environment"].items()
        if variable != "STREETSCENE_PROMETHEUS_URL"
    }
    others = {variable: value for variable, value in os.environ.items() if not variable.startswith("STREETSCENE_")}
    return {**others, **environment, "STREETSCENE_RATE_LIMITS": "off"}


def _proxy(server: str, folder: Path, base: int) -> Child:
    """Return nginx with the file that the container mounts."""
    file = folder / "nginx.conf"
    file.write_text(
        render_main(
            Main(
                listen=f"127.0.0.1:{base}",
                addresses={name: f"127.0.0.1:{ports(base)[name]}" for name in proxied()},
                site=FOLDER / "streetscene.conf",
                folder=folder,
                user=pwd.getpwuid(0).pw_name if os.geteuid() == 0 else None,
            )
        )
    )
    return Child(
        name="nginx",
        command=distributed.nginx_command(server, file),
        port=base,
        environment={},
        log=folder / "nginx.log",
        wave=1,
    )


def test_the_whole_path_goes_through_the_processes_of_the_file(site):
    walked = walk(site, planted(Flock()))

    path = f"/api/operations/v1/follow/{walked.reference}"
    story = site.wait_for(path, "admin", lambda found: found if _is_complete(found) else None)
    assert [stop["stop"] for stop in story["path"]] == STOPS


def _is_complete(story: dict) -> bool:
    return bool(story) and all(stop["standing"] == "reached" for stop in story["path"])


def test_what_is_published_is_where_the_containers_listen():
    for name, (kind, _service) in processes().items():
        checked = urlsplit(CONTAINERS[name]["healthcheck"]["test"][-1].split("'")[1])

        assert checked.port == int(CONTAINERS[name]["environment"]["STREETSCENE_PORT"]) + OFFSET_OF[kind]
