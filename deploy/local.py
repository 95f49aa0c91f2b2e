"""The embedded launcher: the whole system on one machine, with nothing but Python.

It checks what a person can get wrong (port, folder, second instance), prepares the first start (keys, accounts, fleet,
a demonstration's past), starts one web, one worker and one planner process, and keeps them running. Every child holds
the read end of a pipe whose write end only the launcher has: when the launcher dies, however it dies, the children see
the end of the pipe and go, so nothing stays on the port.
"""

import contextlib
import errno
import fcntl
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO, TYPE_CHECKING, Protocol

from shared.config import REPOSITORY, SERVICES, Settings
from shared.errors import ConfigError
from shared.launched import FILE as LOCK
from shared.launched import note_launch

if TYPE_CHECKING:
    from rich.console import Console

    from shared.service import ServiceContext

READY_SECONDS = 60
"""How long a child may take to be ready at start on a busy machine before the launcher gives up."""

STOP_SECONDS = 10
"""How long a child may take to finish what it is doing after SIGTERM."""

RESTART_SECONDS = (0.2, 1, 2, 5, 10, 30)
"""Waits before a child that died is started again; a child that lived a minute starts at the first again."""

LONGEST_LOG_BYTES = 20_000_000
"""A child's log longer than this is put aside when it starts: some weeks of a small council's requests."""

REACHED_AT_LOOPBACK = ("127.0.0.1", "0.0.0.0")  # noqa: S104 - what is accepted, not what is bound
"""Where the processes may listen: the launcher asks them on this machine whether they are ready."""

HIGHEST_PORT = 65_535

LOOK_SECONDS = 0.5
"""How long the launcher may take to do what a demonstration's page has asked for."""

PORT_OF = {"web": 0, "worker": 1, "stream": 2, "planner": 3}
"""Offsets from PORT. What a stream process would serve, the embedded web process does, and answers there too."""

PROCESSES = ("web", "worker", "planner")


@dataclass
class Child:
    """One process of the system: how to start it, and how it is doing."""

    name: str
    command: Sequence[str]
    port: int | None
    """Where it answers whether it is ready; None: it is as soon as it runs."""
    environment: Mapping[str, str]
    log: Path
    ready_path: str = "/health/ready"
    """Where on its port it says that it is ready."""
    ready_headers: Mapping[str, str] = field(default_factory=dict)
    ready_when_open: bool = False
    """Whether it is ready as soon as its port is open: a server that has no address for asking."""
    wave: int = 0
    """Children of a later wave start when those of the earlier ones are ready, and stop before them."""
    process: subprocess.Popen[bytes] | None = None
    started: float = 0
    deaths: int = 0
    restart_at: float | None = None
    held: bool = False
    """Whether it has been stopped on purpose and is not to be started again."""

    def start(self, lifeline: int) -> None:
        """Start the process with the read end of the lifeline."""
        _keep_short(self.log)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 - our own commands
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **self.environment, "STREETSCENE_LIFELINE_FD": str(lifeline)},
                cwd=REPOSITORY,
                pass_fds=(lifeline,),
                # A process group of its own: Ctrl-C reaches the launcher alone, which stops the children in order.
                start_new_session=True,
            )
        self.started = time.monotonic()
        self.restart_at = None

    def ready(self) -> bool:
        """Say whether the process says that it is ready."""
        if self.port is None:
            return True
        if self.ready_when_open:
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", self.port)) == 0
        return self._asked()[0] == http.client.OK

    def waits_for(self) -> str:
        """Return which of its dependencies a process says are not there, in brackets; empty where it says nothing."""
        try:
            checks = json.loads(self._asked()[1])["checks"]
        except (ValueError, KeyError, TypeError):
            return ""
        missing = "; ".join(f"{name}: {found}" for name, found in checks.items() if found != "ok")
        return f" ({missing})" if missing else ""

    def _asked(self) -> tuple[int, bytes]:
        """Return status and body of what the process says of its readiness; 0 where it does not answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", self.ready_path, headers=self.ready_headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            return 0, b""
        finally:
            connection.close()

    def died(self) -> bool:
        """Say whether the process has ended."""
        return self.process is not None and self.process.poll() is not None

    def hold(self) -> None:
        """Kill the process without warning and leave it dead: what a demonstration shows the system to survive."""
        self.held, self.restart_at = True, None
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process = None

    def let_go(self, lifeline: int) -> None:
        """Start a process again that was held."""
        self.held, self.deaths = False, 0
        self.start(lifeline)

    def plan_restart(self) -> float:
        """Note when to start the process again, and return the wait in seconds."""
        if time.monotonic() - self.started > max(RESTART_SECONDS) * 2:
            self.deaths = 0
        wait = RESTART_SECONDS[min(self.deaths, len(RESTART_SECONDS) - 1)]
        self.deaths += 1
        self.restart_at = time.monotonic() + wait
        self.process = None
        return wait


@dataclass
class Launcher:
    """The processes of one system, and the pipe that ties their lives to this one."""

    children: Sequence[Child]
    console: "Console"
    ready_seconds: float = READY_SECONDS
    stopping: bool = False
    controls: "Controls | None" = None
    lifeline: tuple[int, int] = field(default_factory=os.pipe)

    def prepare(self, settings: Settings) -> None:
        """Have what a first start needs made by a process that takes its memory along when it ends.

        Ends this process in its place if it fails, which it has then explained in one line.
        """
        process = subprocess.Popen(
            (sys.executable, "-m", "shared.cli", "prepare"),
            stdin=subprocess.DEVNULL,
            env={**os.environ, **environment_of(settings), "STREETSCENE_LIFELINE_FD": str(self.lifeline[0])},
            cwd=REPOSITORY,
            pass_fds=(self.lifeline[0],),
            start_new_session=True,
        )
        while process.poll() is None and not self.stopping:
            time.sleep(0.02)
        if self.stopping:
            process.kill()  # whatever is half made is made again
            process.wait()
        elif process.returncode:
            raise SystemExit(process.returncode)

    def start(self) -> None:
        """Start every child and wait until all are ready; raises `ConfigError` naming the one that is not."""
        deadline = time.monotonic() + self.ready_seconds
        for wave in self._waves():
            for child in wave:
                if self.stopping:
                    return
                child.start(self.lifeline[0])
            self._wait_until_ready(wave, deadline)

    def _waves(self) -> list[list[Child]]:
        """Return the children in the order in which they need each other."""
        numbers = sorted({child.wave for child in self.children})
        return [[child for child in self.children if child.wave == number] for number in numbers]

    def _wait_until_ready(self, children: Sequence[Child], deadline: float) -> None:
        """Wait until all are ready; raises `ConfigError` naming the one that is not."""
        for child in children:
            while not child.ready():
                if self.stopping:
                    return
                if child.died() or time.monotonic() > deadline:
                    why = "" if child.died() else child.waits_for()
                    raise ConfigError(f"the {child.name} process did not start{why}: its log is {child.log}")
                time.sleep(0.05)

    def watch(self) -> None:
        """Keep the children running until somebody asks to stop."""
        look_at = 0.0
        while not self.stopping:
            if self.controls and time.monotonic() >= look_at:
                look_at = time.monotonic() + LOOK_SECONDS
                self.controls.look(self)
            for child in self.children:
                if child.held:
                    continue
                if child.died():
                    code = child.process.returncode if child.process else None
                    wait = child.plan_restart()
                    self.console.print(f"The {child.name} process ended ({code}); starting it again in {wait:g} s.")
                elif child.restart_at is not None and time.monotonic() >= child.restart_at:
                    child.start(self.lifeline[0])
            time.sleep(0.1)

    def stop(self) -> None:
        """Ask every child to finish, and end those that do not."""
        self.stopping = True
        for wave in reversed(self._waves()):
            self._stop(wave)

    @staticmethod
    def _stop(children: Sequence[Child]) -> None:
        """Ask children to finish, and end those that do not."""
        running = [child.process for child in children if child.process and child.process.poll() is None]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in running:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


class Controls(Protocol):
    """What somebody outside asks of a running launcher."""

    def look(self, launcher: Launcher) -> None:
        """Do what has been asked for since the last look."""
        ...


def _keep_short(log: Path) -> None:
    """Put a long log aside, in the place of the one put aside before."""
    if log.exists() and log.stat().st_size > LONGEST_LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))


def up(settings: Settings, *, console: "Console", on_ready: "Callable[[Settings, Console], None]") -> None:
    """Run the embedded system until it is told to stop; raises `ConfigError` as `run` does."""
    run(
        settings,
        embedded_children,
        console=console,
        on_ready=on_ready,
        ports=sorted({*(settings.port + offset for offset in PORT_OF.values()), *_ports(settings).values()}),
    )


def run(
    settings: Settings,
    children: Callable[[Settings], Sequence[Child]],
    *,
    console: "Console",
    on_ready: "Callable[[Settings, Console], None]",
    ports: Sequence[int],
    ready_seconds: float = READY_SECONDS,
) -> None:
    """Run these processes until told to stop, after making what a first start needs.

    Raises `ConfigError` for a taken port, a folder that can't be written, a second instance on the same data, or a
    process that does not start.
    """
    if settings.host not in REACHED_AT_LOOPBACK:
        raise ConfigError(f"STREETSCENE_HOST={settings.host}: what is started here is asked at 127.0.0.1; use 0.0.0.0")
    with only_instance(settings.data) as lock:
        for port in ports:
            require_free_port(port)
        launcher = Launcher(children(settings), console, ready_seconds=ready_seconds)

        def stop(_signal: int, _frame: FrameType | None) -> None:
            launcher.stopping = True

        previous = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            launcher.prepare(settings)
            launcher.controls = None if launcher.stopping else _controls(settings)
            note_launch(lock, settings)
            launcher.start()
            if not launcher.stopping:
                on_ready(settings, console)
            launcher.watch()
        finally:
            launcher.stop()
            for number, handler in previous.items():
                signal.signal(number, handler)
        console.print("Stopped.", highlight=False)


def prepare(settings: Settings, console: "Callable[[], Console]") -> None:
    """Make what a first start needs: keys, a demonstration's past where one is wanted, accounts, fleet.

    Only a past takes so long that anybody is told of it, so the console comes as what makes it.
    """
    # Here and below, not at the top: the launcher itself only watches, and needs none of this in its memory.
    from shared.processes import open_contexts
    from shared.web.keys import ensure_keys

    ensure_keys(settings)
    if settings.demo:
        from deploy.demo.past import ensure_past

        ensure_past(settings, console())
    with open_contexts(SERVICES, settings) as contexts:
        first_start(contexts, settings)


def _controls(settings: Settings) -> Controls | None:
    """Return what a demonstration's page may ask of the launcher."""
    if not settings.demo:
        return None
    from deploy.demo.controls import LauncherControls  # only a demonstration needs it

    return LauncherControls(settings)


def first_start(contexts: Mapping[str, "ServiceContext"], settings: Settings) -> None:
    """Write the credentials and bring the configured fleet into the store, where that has not been done."""
    from shared.processes import part
    from shared.web.keys import ensure_keys

    ensure_keys(settings)
    part("scheduling", "handlers").ensure_fleet(contexts["scheduling"])
    part("accounts", "first_start").write_credentials(contexts["accounts"], settings.data / "credentials.json")


def embedded_children(settings: Settings) -> list[Child]:
    """Return the processes of an embedded system."""
    logs = settings.data / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    targets = ",".join(f"{name}=http://127.0.0.1:{port}" for name, port in _ports(settings).items())
    binds = ",".join(f"{settings.host}:{settings.port + PORT_OF[name]}" for name in ("web", "stream"))
    environment = {
        **environment_of(settings),
        "STREETSCENE_METRICS_TARGETS": ",".join(settings.metrics_targets) or targets,
        "STREETSCENE_WEB_BIND": binds,
        "PYTHONUNBUFFERED": "1",
    }
    children = [
        Child(
            name=name,
            command=(sys.executable, "-m", "shared.cli", name, "all"),
            port=port,
            environment={**environment, "STREETSCENE_METRICS_PORT": str(port)},
            log=logs / f"{name}.log",
        )
        for name, port in _ports(settings).items()
    ]
    if settings.demo and settings.demo_live:
        command = (sys.executable, "-m", "shared.cli", "simulate", "--url", f"http://127.0.0.1:{settings.port}")
        children.append(Child("simulator", command, None, environment, logs / "simulator.log"))
    return children


def _ports(settings: Settings) -> dict[str, int]:
    """Return where each process of an embedded system says how it is; the worker's place may be set by itself."""
    found = {name: settings.port + PORT_OF[name] for name in PROCESSES}
    return found | ({"worker": settings.metrics_port} if settings.metrics_port else {})


def environment_of(settings: Settings) -> dict[str, str]:
    """Return what every process of the system is told by its environment."""
    return {
        "STREETSCENE_DATA": str(settings.data),
        "STREETSCENE_PORT": str(settings.port),
        "STREETSCENE_DEMO": "1" if settings.demo else "0",
        "STREETSCENE_DEMO_LIVE": "1" if settings.demo_live else "0",
    }


@contextlib.contextmanager
def only_instance(data: Path) -> Iterator[IO[str]]:
    """Hold the data folder for this launcher alone, by a lock that the kernel releases however the launcher ends."""
    try:
        data.mkdir(parents=True, exist_ok=True)
        lock = (data / LOCK).open("a")
    except OSError as error:
        raise ConfigError(f"the data folder {data} can't be written: {error.strerror}") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                raise
            raise ConfigError(f"another Streetscene is running on the data in {data}: stop it, or set DATA=") from error
        yield lock


def require_free_port(port: int, *, patience_seconds: float = 6) -> None:
    """Raise `ConfigError` if the port stays taken: children of a launcher just killed need a moment to go."""
    if port > HIGHEST_PORT:
        raise ConfigError("PORT= is too high: the other processes take ports above it")
    deadline = time.monotonic() + patience_seconds
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                if time.monotonic() > deadline:
                    raise ConfigError(f"port {port} is taken: stop what uses it, or set PORT=") from error
            else:
                return
        time.sleep(0.1)
