"""Drivers' hours regimes, read from `drivers_hours.toml`: figures of the law are data with a source, never code."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from services.scheduling.domain.drivers_hours import WORKING_TIME, Limit, Regime

FILE = Path(__file__).with_name("drivers_hours.toml")


@cache
def load_regimes(file: Path = FILE) -> Mapping[str, Regime]:
    """Read the regimes, by id."""
    tables = tomllib.loads(file.read_text())
    return {
        regime_id: Regime(regime_id, table["name"], tuple(Limit(**limit) for limit in table["limits"]))
        for regime_id, table in tables.items()
    }


def driving_regimes() -> dict[str, str]:
    """Return the names of the regimes that a vehicle's duty may fall under, by id."""
    return {regime.id: regime.name for regime in load_regimes().values() if regime.id != WORKING_TIME}
