"""How much happens in the made city: `volumes.toml` as values, so that no figure hides in code."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from shared.calendar import LONDON

FILE = Path(__file__).parent / "volumes.toml"


@dataclass(frozen=True)
class Volumes:
    """The figures, by the sections of the file."""

    past_days: int
    reports_a_day: int
    day: Mapping[str, int]
    season: tuple[int, ...]
    shares: Mapping[str, Mapping[str, int]]
    minutes: Mapping[str, tuple[int, int]]
    place_unevenness: float
    evidence_share: float
    paid_share: float
    shift: Mapping[str, int]
    estimate_off: float

    def draw(self, of: str, random: Random) -> str:
        """Return a code of `waste`, `size`, `land` or `outcome`, each as often as its share says."""
        shares = self.shares[of]
        return random.choices(list(shares), weights=list(shares.values()))[0]

    def reports_on(self, day: date) -> float:
        """Return how many reports a day of this month brings on average."""
        return self.reports_a_day * self.season[day.month - 1] / 100

    def after(self, instant: datetime, what: str, random: Random) -> datetime:
        """Return when a step is done that takes its time from an instant."""
        return instant + timedelta(minutes=random.randint(*self.minutes[what]))

    def working_time(self, after: datetime, what: str, random: Random) -> datetime:
        """Return the same of an officer's step: moved to the next morning after hours."""
        at = self.after(after, what, random).astimezone(LONDON)
        first, last = self.day["works_from"], self.day["works_to"]
        if first <= at.hour < last:
            return at.astimezone(after.tzinfo)
        morning = at.replace(hour=first, minute=random.randint(0, 59))
        return (morning if at.hour < first else morning + timedelta(days=1)).astimezone(after.tzinfo)


def load_volumes(file: Path = FILE) -> Volumes:
    """Return the figures of a file."""
    read: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
    return Volumes(
        past_days=read["past"]["days"],
        reports_a_day=read["past"]["reports_a_day"],
        day=read["day"],
        season=tuple(read["season"]["per_cent"]),
        shares={of: read[of] for of in ("waste", "size", "land", "outcome")},
        minutes={name: (shortest, longest) for name, (shortest, longest) in read["minutes"].items()},
        place_unevenness=read["places"]["unevenness"],
        evidence_share=read["share"]["evidence"],
        paid_share=read["share"]["paid"],
        shift=read["shift"],
        estimate_off=read["vehicles"]["estimate_off"],
    )
