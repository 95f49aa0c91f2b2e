"""How a child process of the launcher ends with it.

The launcher gives every child the read end of a pipe that only the launcher can write to, and never does. A read that
returns means that the launcher is gone, however it went: then this process ends too, so that nothing stays on a port.
"""

import os
import signal
import threading

VARIABLE = "STREETSCENE_LIFELINE_FD"


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
