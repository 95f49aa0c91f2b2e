"""The distributed launcher: the system as separate processes over a real broker, behind one origin, by one command.

What `streetscene up` puts into three processes runs here as a web and a worker process for each service, streams and
the planner of their own, a private RabbitMQ node and nginx. Services share nothing but the broker. The stores are
SQLite files and folders unless `STREETSCENE_STORE_URL` says otherwise. Everything ends with the launcher, however it
ends.
"""

import json
import os
import pwd
import secrets
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from deploy.local import Child, environment_of, run
from deploy.nginx import configuration as nginx
from deploy.rabbitmq.node import Node, require_installed
from shared.config import REPOSITORY, SERVICES, Settings
from shared.errors import ConfigError
from shared.web.routes import STREAMS

NGINX_ADVICE = "there is no nginx on this machine: apt-get install nginx-light"

READY_SECONDS = 180
"""Eighteen processes and what they start; on two busy cores that takes a while."""

BROKER_WAVE, SERVICE_WAVE, PROXY_WAVE = 0, 1, 2

FIRST_SERVICE_PORT = 100
PORTS_PER_SERVICE = 10
"""Above PORT: 100 for the first service of `SERVICES`, 110 for the second, …; each with the usual offsets."""

OFFSET_OF = {"web": 0, "worker": 1, "stream": 2, "planner": 3}

BROKER_PORTS = {"amqp": 200, "management": 201, "distribution": 202, "epmd": 203}
"""Above PORT."""

PLANNER_SERVICE = "scheduling"


def up_distributed(settings: Settings, *, console: Console, on_ready: Callable[[Settings, Console], None]) -> None:
    """Run the distributed system until it is told to stop.

    Raises `ConfigError` where RabbitMQ or nginx is not installed, and as `deploy.local.run` does.
    """
    require_installed()
    server = find_nginx()
    run(
        settings,
        lambda known: distributed_children(known, server),
        console=console,
        on_ready=on_ready,
        ports=[settings.port, *ports(settings.port).values()],
        ready_seconds=READY_SECONDS,
    )


def find_nginx() -> str:
    """Return where nginx is; raises `ConfigError` with what to do where there is none."""
    found = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}{os.pathsep}/usr/sbin")
    if found is None:
        raise ConfigError(NGINX_ADVICE)
    return found


def service_port(base: int, service: str) -> int:
    """Return a service's own PORT; its processes are at the usual offsets above it."""
    return base + FIRST_SERVICE_PORT + PORTS_PER_SERVICE * SERVICES.index(service)


def processes() -> dict[str, tuple[str, str]]:
    """Return every process of the services by its name (`web-reports`), with its kind and service."""
    wanted = [(kind, service) for service in SERVICES for kind in ("web", "worker")]
    wanted += [("stream", service) for service in STREAMS.values()]
    wanted.append(("planner", PLANNER_SERVICE))
    return {f"{kind}-{service}": (kind, service) for kind, service in wanted}


def ports(base: int) -> dict[str, int]:
    """Return the port of every process but nginx, which has the base itself."""
    broker = {f"rabbitmq-{name}": base + offset for name, offset in BROKER_PORTS.items()}
    return broker | {
        name: service_port(base, service) + OFFSET_OF[kind] for name, (kind, service) in processes().items()
    }


def distributed_children(settings: Settings, nginx_server: str) -> list[Child]:
    """Return the processes of a distributed system: the broker first, nginx last."""
    logs = settings.data / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    node = private_node(settings)
    node.write(json.loads((REPOSITORY / "deploy" / "rabbitmq" / "definitions.json").read_text()))
    return [
        *node.children(logs / "rabbitmq.log", wave=BROKER_WAVE),
        *_service_children(replace(settings, bus_url=node.url()), logs),
        _proxy(settings, logs, nginx_server),
    ]


def private_node(settings: Settings) -> Node:
    """Return the node of this data folder: its name and password stay, so that its queues do too."""
    folder = settings.data / "rabbitmq"
    folder.mkdir(parents=True, exist_ok=True)
    password = folder / "password"
    if not password.exists():
        password.touch(mode=0o600)
        password.write_text(secrets.token_urlsafe(24))
    at = ports(settings.port)
    return Node(
        folder=folder,
        name="streetscene",
        user="streetscene",
        password=password.read_text(),
        port=at["rabbitmq-amqp"],
        management_port=at["rabbitmq-management"],
        distribution_port=at["rabbitmq-distribution"],
        epmd_port=at["rabbitmq-epmd"],
    )


def _service_children(settings: Settings, logs: Path) -> list[Child]:
    """Return the processes of the services; each is told its service's port and the one public address."""
    at = ports(settings.port)
    targets = ",".join(f"{name}=http://127.0.0.1:{at[name]}" for name in processes())
    common: Mapping[str, str] = {
        **environment_of(settings),
        "STREETSCENE_BUS_URL": settings.bus_url,
        "STREETSCENE_PUBLIC_URL": settings.public_url,
        "STREETSCENE_TRUSTED_PROXIES": "1",
        "STREETSCENE_METRICS_TARGETS": ",".join(settings.metrics_targets) or targets,
        "PYTHONUNBUFFERED": "1",
    }
    return [
        Child(
            name=name,
            command=(sys.executable, "-m", "shared.cli", kind, service),
            port=at[name],
            environment={
                **common,
                "STREETSCENE_PORT": str(service_port(settings.port, service)),
                "STREETSCENE_METRICS_PORT": str(at[name]),
            },
            log=logs / f"{name}.log",
            wave=SERVICE_WAVE,
        )
        for name, (kind, service) in processes().items()
    ]


def _proxy(settings: Settings, logs: Path, server: str) -> Child:
    """Return nginx with the same inside as compose's, and addresses of this machine."""
    folder = settings.data / "nginx"
    folder.mkdir(parents=True, exist_ok=True)
    at = ports(settings.port)
    file = folder / "nginx.conf"
    file.write_text(
        nginx.render_main(
            nginx.Main(
                listen=f"{settings.host}:{settings.port}",
                addresses={name: f"127.0.0.1:{at[name]}" for name in nginx.processes()},
                site=nginx.FOLDER / "streetscene.conf",
                folder=folder,
                # Started by root, nginx would hand its workers to somebody who can't write here.
                user=pwd.getpwuid(0).pw_name if os.geteuid() == 0 else None,
            )
        )
    )
    return Child(
        name="nginx",
        command=nginx_command(server, file),
        port=settings.port,
        environment={},
        log=logs / "nginx.log",
        wave=PROXY_WAVE,
    )


def nginx_command(server: str, file: Path) -> tuple[str, ...]:
    """Return the command that runs nginx with a main file in the foreground, below the lifeline's wrapper."""
    nginx_itself = (server, "-e", "stderr", "-p", str(file.parent), "-c", str(file), "-g", "daemon off;")
    return (sys.executable, "-m", "shared.lifeline", "--", *nginx_itself)
