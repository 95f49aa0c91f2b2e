"""What a demonstration keeps of itself between two starts: the clock that stood still, and what is still to happen."""

from datetime import timedelta
from typing import TYPE_CHECKING

from shared.clock import ClockSetting, machine_now
from shared.config import Settings
from shared.processes import DEMO_COLLECTIONS, DEMO_STORE, HEARTBEAT_DOCUMENT, read_clock, write_clock
from shared.store import Store, open_store

if TYPE_CHECKING:
    from deploy.demo.simulation import Simulation

SIMULATION_DOCUMENT = "simulation"
BEAT_SECONDS = 1.0


def open_demo_store(settings: Settings) -> Store:
    """Return the store of what belongs to a demonstration."""
    return open_store(settings.store_url, DEMO_STORE, DEMO_COLLECTIONS)


def store_simulation(store: Store, simulation: "Simulation") -> None:
    """Store what the simulation has still to do."""
    store.write_many("simulation", [{"_id": SIMULATION_DOCUMENT, "state": simulation.as_json()}])


def resume_simulation(store: Store, simulation: "Simulation") -> bool:
    """Let the simulation go on with what was stored; say whether there was anything."""
    stored = store.get("simulation", SIMULATION_DOCUMENT)
    if stored is not None:
        simulation.resume(stored["state"])
    return stored is not None


def beat(store: Store) -> None:
    """Note that the demonstration runs: what comes after the last of these was a pause."""
    store.write_many("clock", [{"_id": HEARTBEAT_DOCUMENT, "real": machine_now()}])


def resume_clock(store: Store) -> None:
    """Let the council's clock go on where it stood when the demonstration was last running.

    It goes on one beat later than the last that was noted, so that no event can be older than one before the stop.
    """
    setting, last = read_clock(store), store.get("clock", HEARTBEAT_DOCUMENT)
    if setting is None:
        return
    now = machine_now()
    stopped = min(now, last["real"] + timedelta(seconds=2 * BEAT_SECONDS)) if last else setting.real
    write_clock(store, ClockSetting(now, setting.at(max(stopped, setting.real)), setting.speed))
    beat(store)
