"""Which tickets a job needs, read from `tickets.toml`: the council's risk assessments are data, not code."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("tickets.toml")


@dataclass(frozen=True)
class Need:
    """A ticket that some waste needs, of some sizes or of any."""

    ticket: str
    waste_types: tuple[str, ...]
    verified: bool
    source: str
    sizes: tuple[str, ...] = ()


@cache
def load_needs(file: Path = FILE) -> Sequence[Need]:
    """Read what needs which ticket."""
    tables = tomllib.loads(file.read_text())["needs"]
    return [
        Need(
            table["ticket"],
            tuple(table["waste_types"]),
            table["verified"],
            table["source"],
            tuple(table.get("sizes", ())),
        )
        for table in tables
    ]


def tickets_for(waste_type: str | None, size: str | None) -> frozenset[str]:
    """Return the tickets that somebody in the crew must have for this waste; none for waste that nobody has named."""
    of_waste = [need for need in load_needs() if waste_type in need.waste_types]
    return frozenset(need.ticket for need in of_waste if not need.sizes or size in need.sizes)
