"""A server that knows nothing of the launcher's pipe ends with it all the same."""

import os
import signal
import subprocess
import sys
import time

from shared.config import REPOSITORY

SLEEPER = (
    "import os, subprocess, sys, time; subprocess.Popen(['sleep', '300']); print('up', flush=True); time.sleep(300)"
)


def wrapped(*command: str, pipe: int | None = None) -> subprocess.Popen[bytes]:
    environment = dict(os.environ) if pipe is None else {**os.environ, "STREETSCENE_LIFELINE_FD": str(pipe)}
    return subprocess.Popen(
        [sys.executable, "-m", "shared.lifeline", "--", *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        pass_fds=() if pipe is None else (pipe,),
        cwd=REPOSITORY,
    )


def test_a_server_and_its_children_end_when_the_pipe_closes():
    read, write = os.pipe()
    process = wrapped(sys.executable, "-c", SLEEPER, pipe=read)
    assert process.stdout.readline() == b"up\n"

    os.close(write)

    # The pipe of its output closes when the last process that holds it has gone: the grandchild too.
    assert process.stdout.read() == b""
    assert process.wait(10) == -signal.SIGTERM % 256
    process.stdout.close()
    os.close(read)


def test_a_stop_of_the_wrapper_stops_the_server():
    process = wrapped(sys.executable, "-c", SLEEPER)
    assert process.stdout.readline() == b"up\n"

    process.terminate()

    assert process.stdout.read() == b""
    process.wait(10)
    process.stdout.close()


def test_a_server_that_ends_by_itself_passes_its_exit_code_on():
    started = time.monotonic()

    process = wrapped(sys.executable, "-c", "raise SystemExit(3)")
    process.stdout.close()

    assert process.wait(20) == 3
    assert time.monotonic() - started < 20


def test_a_command_that_does_not_exist_is_said():
    process = wrapped("/no/such/server")
    process.stdout.close()

    assert process.wait(20) == 127
