"""Access: places that not every vehicle gets to, and what a vehicle must be like to get there."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class AccessLimit:
    """What stands in the way at a place of the gazetteer: a locked alleygate, a width or a weight that is allowed.

    Width is in centimetres, weight the greatest a vehicle may have with its load, in kilograms.
    """

    id: str
    place_id: str
    is_gated: bool = False
    max_width_cm: int | None = None
    max_gross_kg: int | None = None
    from_on: date | None = None
    to_on: date | None = None

    def holds(self, day: date) -> bool:
        """Say whether it is there on a day."""
        return (self.from_on is None or self.from_on <= day) and (self.to_on is None or day <= self.to_on)


@dataclass(frozen=True)
class Needed:
    """What it takes to get to a place: keys, and the narrowest and lightest limits on the way."""

    keys: bool = False
    max_width_cm: int | None = None
    max_gross_kg: int | None = None


def needed_at(limits: Iterable[AccessLimit], place_id: str | None, day: date) -> Needed:
    """Return what it takes to get to a place on a day."""
    here = [limit for limit in limits if place_id is not None and limit.place_id == place_id and limit.holds(day)]
    return Needed(
        keys=any(limit.is_gated for limit in here),
        max_width_cm=min((limit.max_width_cm for limit in here if limit.max_width_cm is not None), default=None),
        max_gross_kg=min((limit.max_gross_kg for limit in here if limit.max_gross_kg is not None), default=None),
    )
