"""How a child process of the launcher ends with it.

The launcher gives every child the read end of a pipe that only the launcher can write to, and never does. A read that
returns means that the launcher is gone, however it went: then this process ends too, so that nothing stays on a port.
A server that knows nothing of the pipe runs below `python -m shared.lifeline -- COMMAND`, which ends it in its stead.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence

VARIABLE = "STREETSCENE_LIFELINE_FD"

SERVER_GRACE_SECONDS = 8
"""Less than the launcher's ten, so that a stop of the wrapper leaves no server behind."""


def end_with_launcher(grace_seconds: float = 5) -> None:
    """Watch the launcher's pipe, where there is one: at its end ask this process to stop, and end it if it does not."""
    fd = os.environ.get(VARIABLE)
    if fd is None:
        return

    def watch() -> None:
        os.read(int(fd), 1)
        os.kill(os.getpid(), signal.SIGTERM)
        threading.Event().wait(grace_seconds)
        os._exit(1)

    threading.Thread(target=watch, name="lifeline", daemon=True).start()


def run_server(command: Sequence[str]) -> int:
    """Run a command in a process group of its own until it ends, or end it with the launcher or on SIGTERM.

    Returns its exit code; 127 where it can't be started.
    """
    fd = os.environ.pop(VARIABLE, None)
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    try:
        server = subprocess.Popen(command, start_new_session=True)  # noqa: S603 - the launcher's own command
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr)  # noqa: T201 (into the server's log)
        return 127

    def watch_server() -> None:
        server.wait()
        over.set()

    def watch_launcher(pipe: int) -> None:
        os.read(pipe, 1)
        over.set()

    threading.Thread(target=watch_server, daemon=True).start()
    if fd is not None:
        threading.Thread(target=watch_launcher, args=(int(fd),), daemon=True).start()
    over.wait()
    if server.poll() is None:
        _signal_group(server, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(SERVER_GRACE_SECONDS)
    # Whatever of the group is left: a server that did not listen, or children that outlived it.
    _signal_group(server, signal.SIGKILL)
    return server.wait()


def _signal_group(server: subprocess.Popen[bytes], number: int) -> None:
    """Send a signal to the server and all that it started in its group."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(server.pid, number)


if __name__ == "__main__":
    arguments = sys.argv[1:]
    raise SystemExit(run_server(arguments[1:] if arguments[:1] == ["--"] else arguments))
