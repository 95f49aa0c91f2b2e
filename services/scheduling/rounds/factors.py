"""Planning's assumptions as data: CO2e by fuel, consumption and speed by class of vehicle, slow times of the day.

They are read from `factors.toml`, where each has its source and whether it was verified; none is a number in the code.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("factors.toml")
OTHER = "other"
"""The class whose table stands in for one that has none."""


@dataclass(frozen=True)
class Fuel:
    """Kilograms of CO2e for each unit that is burnt or charged."""

    co2e_kg_per_unit: float
    unit: str
    verified: bool
    source: str


@dataclass(frozen=True)
class VehicleClass:
    """A class of vehicle: free-flow speed, volume, and units of each fuel for a hundred kilometres."""

    kmh: float
    volume_litres: int
    units_per_100_km: Mapping[str, float]
    verified: bool
    source: str


@dataclass(frozen=True)
class SlowTime:
    """A time of the day at which traffic moves at a share of its free speed."""

    start: time
    end: time
    share: float
    verified: bool
    source: str


@dataclass(frozen=True)
class Factors:
    """All of it."""

    fuels: Mapping[str, Fuel]
    classes: Mapping[str, VehicleClass]
    slow: tuple[SlowTime, ...]
    volumes: Mapping[str, int]
    """Litres by the size of a fly-tip."""

    @property
    def are_verified(self) -> bool:
        """Say whether every factor that CO2e is made of was verified."""
        fuels, classes = self.fuels.values(), self.classes.values()
        return all(each.verified for each in fuels) and all(each.verified for each in classes)

    def of_class(self, name: str) -> VehicleClass:
        """Return the table of a class of vehicle, or the one for all others."""
        return self.classes.get(name, self.classes[OTHER])

    def co2e_kg(self, vehicle_class: str, fuel: str, kilometres: float) -> float:
        """Return the kilograms of CO2e of driving so far; raises `KeyError` for a fuel that has no factor."""
        units = self.of_class(vehicle_class).units_per_100_km[fuel] * kilometres / 100
        return units * self.fuels[fuel].co2e_kg_per_unit


@cache
def load_factors(file: Path = FILE) -> Factors:
    """Read the factors."""
    tables = tomllib.loads(file.read_text())
    volumes = {name: litres for name, litres in tables["volumes"].items() if name not in ("verified", "source")}
    return Factors(
        fuels={name: Fuel(**table) for name, table in tables["fuels"].items()},
        classes={name: VehicleClass(**table) for name, table in tables["classes"].items()},
        slow=tuple(
            SlowTime(table["from"], table["to"], table["share"], table["verified"], table["source"])
            for table in tables["slow"]
        ),
        volumes=volumes,
    )
