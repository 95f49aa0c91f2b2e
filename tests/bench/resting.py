"""What a system costs that has nothing to do, and how soon it is there again after it was stopped."""

import statistics
import time

from tests.bench.ground import Ground
from tests.bench.measures import Measure
from tests.bench.processes import command_of, cpu_seconds, family_of, pss_mb
from tests.servers.system import System, running_system

IDLE_SECONDS = 60
SETTLE_SECONDS = 5
AIM_CORE = 8
AIM_MB = 400
AIM_SECONDS = 8
STARTS = 3
WORKER = "shared.bus.runner"


def measure_rest(ground: Ground) -> list[Measure]:
    """Return the lines of the idle worker and of the whole system's memory."""
    ground.tell("starting an embedded system")
    with running_system(ground.data, demo=False) as system:
        ground.tell("letting it come to rest")
        time.sleep(SETTLE_SECONDS)
        before, started = _cpu(system), time.monotonic()
        ground.tell(f"watching it idle for {IDLE_SECONDS} s")
        time.sleep(IDLE_SECONDS)
        seconds = time.monotonic() - started
        used = {pid: (now - before[pid]) * 100 / seconds for pid, now in _cpu(system).items() if pid in before}
        commands = {pid: command_of(pid) for pid in used}
        memory = {pid: pss_mb(pid) for pid in used}
    worker = sum(percent for pid, percent in used.items() if WORKER in commands[pid])
    whole, total = sum(used.values()), sum(memory.values())
    figures = {
        "processes": [
            {"command": commands[pid], "core_percent": round(used[pid], 2), "pss_mb": round(memory[pid], 1)}
            for pid in used
        ]
    }
    return [
        Measure(
            f"idle embedded worker over {IDLE_SECONDS} s",
            f"{worker:.1f} % of a core (all processes: {whole:.1f} %)",
            f"< {AIM_CORE} %",
            met=worker < AIM_CORE,
            figures=figures,
        ),
        Measure(
            "whole embedded system at rest",
            f"{total:.0f} MB (PSS)",
            f"< {AIM_MB} MB",
            met=total < AIM_MB,
            figures=figures,
        ),
    ]


def measure_ready(ground: Ground) -> list[Measure]:
    """Return the line of starting again on the same data; the middle of some starts."""
    if not ground.data.exists():
        ground.tell("starting for the first time")
        with running_system(ground.data, demo=False):
            pass
    seconds = []
    for number in range(STARTS):
        ground.tell(f"starting again, {number + 1} of {STARTS}")
        started = time.monotonic()
        with running_system(ground.data, demo=True):
            seconds.append(time.monotonic() - started)
    middle = statistics.median(seconds)
    return [
        Measure(
            "ready after `streetscene up` on existing data",
            f"{middle:.1f} s",
            f"≤ {AIM_SECONDS} s",
            met=middle <= AIM_SECONDS,
            figures={"seconds": seconds},
        )
    ]


def _cpu(system: System) -> dict[int, float]:
    """Return the processor seconds so far of the launcher and of every process that it started."""
    assert system.process is not None
    return {pid: cpu_seconds(pid) for pid in family_of(system.process.pid)}
