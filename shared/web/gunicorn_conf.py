"""gunicorn's configuration: threads, never greenlets, and two processes where everything is embedded.

Threads wait for the store and for viewers of live pages, so there are many. Metrics go through files
(`PROMETHEUS_MULTIPROC_DIR`, set here and for gunicorn alone), wiped at each start. Requests are logged by the apps as
JSON without addresses or queries; gunicorn's own access log stays off.
"""

import gc
import os
import shutil
import signal
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Any

from shared.config import Settings, named
from shared.lifeline import end_with_launcher
from shared.logs import configure_logs

EMBEDDED_PROCESSES = 2
"""Python computes on one core in each, and one that ends takes nobody else's request with it."""

EMBEDDED_THREADS = 256
"""128 streams at most, and as many again for everybody else."""

SERVICE_THREADS = 32
STREAM_THREADS = 160
GRACEFUL_SECONDS = 8
"""Less than the launcher's and Docker's ten, so that a stop is never a kill."""

_settings = Settings.from_env(os.environ)
_service = os.environ.get("STREETSCENE_WEB_SERVICE", "all")
_kind = os.environ.get("STREETSCENE_WEB_KIND", "web")
_is_embedded = _service == "all"
_threads = EMBEDDED_THREADS if _is_embedded else STREAM_THREADS if _kind == "stream" else SERVICE_THREADS

bind = os.environ.get("STREETSCENE_WEB_BIND", f"{_settings.host}:{_settings.port}").split(",")
worker_class = "gthread"
workers = _settings.web_workers or (EMBEDDED_PROCESSES if _is_embedded else 1)
threads = _settings.web_threads or _threads
worker_connections = 2_000
timeout = 60
graceful_timeout = GRACEFUL_SECONDS
keepalive = 5
accesslog = None
proc_name = f"streetscene-{_kind}-{_service}"
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "root": {"level": "INFO", "handlers": []},
    "loggers": {
        "gunicorn.error": {"level": "INFO", "handlers": [], "propagate": True, "qualname": "gunicorn.error"},
        # Whoever configures logs gets an access log with addresses and queries: this keeps it shut.
        "gunicorn.access": {"level": "CRITICAL", "handlers": [], "propagate": False, "qualname": "gunicorn.access"},
    },
}
"""gunicorn's own lines go to the root, which `configure_logs` makes JSON."""

control_socket_disable = True
"""No socket file in the working folder: the launcher speaks with signals."""

_metrics_folder = Path(
    os.environ.setdefault(
        "PROMETHEUS_MULTIPROC_DIR", str(_settings.data / "metrics" / f"{_kind}-{_service}-{os.getpid()}")
    )
)


def on_starting(server: Any) -> None:
    """Begin with empty metrics: those of processes that are gone would count for ever."""
    del server
    configure_logs(_settings, _kind if _is_embedded else _service)
    prefix = f"{_kind}-{_service}-"
    for old in _metrics_folder.parent.glob(f"{prefix}*") if _metrics_folder.parent.exists() else ():
        shutil.rmtree(old, ignore_errors=True)
    _metrics_folder.mkdir(parents=True, exist_ok=True)
    if workers > 1:
        _import_once()


def _import_once() -> None:
    """Import what all processes run before they are forked: its seconds and its memory are then spent once.

    Modules and no more: an app, a store or a thread would not survive the fork.
    """
    # Not at the top: the metrics read their folder from the environment when they are imported.
    from shared.processes import part

    import_module("shared.web.wsgi")
    for service in named(_service):
        part(service, "web")
    # Looking for garbage would write to every page that the processes have in common.
    gc.collect()
    gc.freeze()


def when_ready(server: Any) -> None:
    """Tie the master's life to the launcher's."""
    del server
    end_with_launcher()


def post_worker_init(worker: Any) -> None:
    """Tie the worker's life to the launcher's too, and let live pages go when it is asked to stop."""
    del worker
    # Not at the top: the metrics read their folder from the environment when they are imported.
    from shared.web.stream import allow_streams, end_all_streams

    end_with_launcher()
    allow_streams(threads - SERVICE_THREADS if _kind == "stream" else threads // 2)
    gunicorn_stop = signal.getsignal(signal.SIGTERM)

    def stop(number: int, frame: FrameType | None) -> None:
        end_all_streams()
        if callable(gunicorn_stop):
            gunicorn_stop(number, frame)

    signal.signal(signal.SIGTERM, stop)


def child_exit(server: Any, worker: Any) -> None:
    """Take the gauges of a worker that is gone out of the metrics."""
    del server
    # Not at the top: the metrics read their folder from the environment when they are imported.
    from shared.metrics import forget_process

    forget_process(worker.pid)
