"""The conversion to the National Grid in a patched worker: greenthreads come and go, and PROJ's contexts must stay."""

import subprocess
import sys

from shared.config import REPOSITORY

MANY = """
import sys
sys.argv = ["runner", "--help"]
import runpy
try:
    runpy.run_module("shared.bus.runner", run_name="__main__")
except SystemExit:
    pass
import eventlet, gc
from shared.geo.grid import to_grid
def convert(number):
    for _ in range(3):
        to_grid(53.41 + number * 1e-5, -2.97)
        eventlet.sleep(0)
for _ in range(60):
    pool = eventlet.GreenPool(50)
    for number in range(100):
        pool.spawn(convert, number)
    pool.waitall()
    gc.collect()
print("survived")
"""


def test_greenthreads_that_convert_and_end_do_not_take_the_worker_with_them():
    command = [sys.executable, "-W", "ignore", "-c", MANY]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=100, check=False)

    assert (done.returncode, done.stdout.strip().splitlines()[-1:]) == (0, ["survived"]), done.stderr[-500:]
