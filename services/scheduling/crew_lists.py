"""The lists that crews and the end of the day offer, as data: the walk-round check, exceptions, why a job is left.

They are read from `crew_lists.toml`; the domain knows codes, and what each leads to, from here.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from shared.contracts.codes import OUTCOMES
from shared.errors import ConfigError

FILE = Path(__file__).with_name("crew_lists.toml")


@dataclass(frozen=True)
class CheckItem:
    """One thing to look at on the walk round the vehicle; with `stops` a defect of it keeps the vehicle in."""

    code: str
    words: str
    stops: bool


@dataclass(frozen=True)
class ExceptionCode:
    """Something that keeps a crew from a job, and the outcome that it gives the visit, if any."""

    code: str
    words: str
    outcome: str | None


@dataclass(frozen=True)
class CrewLists:
    """All lists, each by code and in the order in which they are shown."""

    walk_round: Mapping[str, CheckItem]
    walk_round_source: str
    exceptions: Mapping[str, ExceptionCode]
    hand_back: Mapping[str, str]
    day_end: Mapping[str, str]


@cache
def crew_lists() -> CrewLists:
    """Return the lists of the file; raises `ConfigError` for an outcome that is none."""
    read = tomllib.loads(FILE.read_text(encoding="utf-8"))
    exceptions = [ExceptionCode(row["code"], row["words"], row.get("outcome")) for row in read["exceptions"]]
    for exception in exceptions:
        if exception.outcome is not None and exception.outcome not in OUTCOMES:
            raise ConfigError(f"{FILE}: {exception.code}: {exception.outcome!r} is not an outcome")
    items = [CheckItem(row["code"], row["words"], row["stops"]) for row in read["walk_round"]["items"]]
    return CrewLists(
        walk_round={item.code: item for item in items},
        walk_round_source=read["walk_round"]["source"],
        exceptions={exception.code: exception for exception in exceptions},
        hand_back={row["code"]: row["words"] for row in read["hand_back"]},
        day_end={row["code"]: row["words"] for row in read["day_end"]},
    )
