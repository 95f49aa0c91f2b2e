"""`python -m shared.bus.runner <service|all>`: the worker process, patched here before anything else is imported.

eventlet must patch the standard library before any other module takes hold of its sockets, locks and threads, so the
first statements of the process do nothing else but for pyproj, which must not be patched. Without
`EVENTLET_NO_GREENDNS` it would also import dnspython, which is what breaks pymongo; names are then resolved blocking,
which is short. Everything else is in `process.py`.
"""

if __name__ == "__main__":
    import os
    import warnings

    os.environ["EVENTLET_NO_GREENDNS"] = "yes"
    warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")  # known, see docs/adr/0004

    # Before the patch, so that its contexts belong to the thread: one that belongs to a greenthread dies with it, while
    # PROJ still points to it, and the process with that.
    import eventlet
    import pyproj.transformer  # noqa: F401

    eventlet.monkey_patch()

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.config import Settings


def run_workers(services: Sequence[str], settings: "Settings") -> int:
    """Run the workers of services in this process, which must be patched, until stopped; return the exit code.

    Raises `ConfigError` for a wrong setting or a taken port, `StoreUnavailable` where the store can't be opened.
    """
    from eventlet.patcher import is_monkey_patched

    if not is_monkey_patched("socket"):
        raise RuntimeError("the process is not patched: start workers with `python -m shared.bus.runner`")
    from shared.bus.process import WorkerProcess
    from shared.bus.topology import by_consumer
    from shared.processes import consumers_by_event, open_contexts, part

    with open_contexts(services, settings) as contexts:
        workers = [getattr(part(service, "worker"), f"{service.capitalize()}Worker") for service in services]
        consumers = by_consumer(consumers_by_event())
        return WorkerProcess(contexts, workers, settings, consumers=consumers).run()


def main(arguments: Sequence[str]) -> int:
    """Run the workers of the named services, or of `all`; settings come from the environment."""
    import os

    from shared.config import Settings, named
    from shared.errors import ConfigError, StreetsceneError
    from shared.logs import configure_logs

    try:
        settings = Settings.from_env(os.environ)
        services = list(dict.fromkeys(service for argument in arguments or ["all"] for service in named(argument)))
        configure_logs(settings, services[0] if len(services) == 1 else "worker")
        return run_workers(services, settings)
    except StreetsceneError as error:
        print(f"streetscene worker: {error}", file=sys.stderr)  # noqa: T201 (a command's one line)
        return 2 if isinstance(error, ConfigError) else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
