"""What a measurement says, and how a person reads it: ours, the reference in the same run, their ratio, and the aim."""

import os
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.table import Table


@dataclass(frozen=True)
class Measure:
    """One line of the table; `met` is None where there is nothing to meet, or nothing could be measured."""

    what: str
    ours: str
    aim: str = ""
    met: bool | None = None
    reference: str = ""
    ratio: float | None = None
    figures: Mapping[str, Any] = field(default_factory=dict)
    load: float = field(default_factory=lambda: os.getloadavg()[0])

    def as_json(self) -> dict[str, Any]:
        """Return the line as JSON."""
        return {**vars(self), "figures": dict(self.figures), "load": round(self.load, 1)}


@dataclass(frozen=True)
class Rounds:
    """Amounts per second of several rounds, ours and the reference's by turns: both meet the same neighbours."""

    ours: Sequence[float]
    reference: Sequence[float]

    @property
    def ratio(self) -> float:
        """The median of the rounds' ratios."""
        return statistics.median(ours / theirs for ours, theirs in zip(self.ours, self.reference, strict=True))

    def measure(self, what: str, *, unit: str, at_least: float | None, **figures: Any) -> Measure:
        """Return the line of these rounds."""
        return Measure(
            what=what,
            ours=f"{statistics.median(self.ours):,.0f} {unit}",
            reference=f"{statistics.median(self.reference):,.0f} {unit}",
            ratio=round(self.ratio, 2),
            aim="" if at_least is None else f"≥ {at_least}",
            met=None if at_least is None else self.ratio >= at_least,
            figures={"ours": list(self.ours), "reference": list(self.reference), **figures},
        )


def share(values: Sequence[float], part: float) -> float:
    """Return the value that so large a part of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def table_of(measures: Sequence[Measure]) -> Table:
    """Return the table that a person reads."""
    table = Table("measure", "ours", "reference", "ratio", "aim", "met?", "load")
    words = {True: "yes", False: "no", None: ""}
    for each in measures:
        ratio = "" if each.ratio is None else f"{each.ratio:.2f}"
        table.add_row(each.what, each.ours, each.reference, ratio, each.aim, words[each.met], f"{each.load:.1f}")
    return table
