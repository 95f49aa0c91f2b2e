"""The periods of an outage, by the machine's clock, so that what different watchers saw can be laid together."""

from dataclasses import dataclass

BEFORE, AWAY, AFTER = PERIODS = ("before", "while away", "after")
WARMING = "warming up"
"""The first seconds of a system that has just started, which are in no table."""


@dataclass(frozen=True)
class Marks:
    """When the system was warm, the broker was stopped, it answered again, the load stopped, and all was at rest."""

    began: float
    left: float
    returned: float
    stopped: float
    ended: float

    def period(self, at: float) -> str:
        """Return the period in which a moment lies."""
        if at < self.began:
            return WARMING
        if at < self.left:
            return BEFORE
        return AWAY if at < self.returned else AFTER

    def load_seconds(self, period: str) -> float:
        """Return how long there was load in a period."""
        return {
            BEFORE: self.left - self.began,
            AWAY: self.returned - self.left,
            AFTER: self.stopped - self.returned,
        }[period]
