"""A day's own clock: whole seconds that pass after its midnight in London, and the instants that they are.

On the two days on which clocks change, a time of day is not its hours after midnight: everything that is said in times
of day (shifts, opening hours, rush hours) goes through here.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from shared.calendar import LONDON, london_date, london_instant


@dataclass(frozen=True)
class Frame:
    """The clock of one day."""

    day: date
    midnight: datetime

    @classmethod
    def of(cls, instant: datetime) -> "Frame":
        """Return the clock of the day in London that an instant lies in."""
        return cls.on(london_date(instant))

    @classmethod
    def on(cls, day: date) -> "Frame":
        """Return the clock of a day."""
        return cls(day, london_instant(day, time.min))

    def seconds(self, instant: datetime) -> int:
        """Return the seconds that have passed since midnight, less than 0 before it."""
        return int((instant - self.midnight).total_seconds())

    def instant(self, seconds: float) -> datetime:
        """Return the instant so many seconds after midnight."""
        return self.midnight + timedelta(seconds=round(seconds))

    def clock(self, seconds: float) -> str:
        """Return how a time of the day is said: 3:05pm."""
        local = self.instant(seconds).astimezone(LONDON)
        return f"{local.hour % 12 or 12}:{local.minute:02}{'am' if local.hour < 12 else 'pm'}"

    def at(self, clock: time) -> int:
        """Return when, in seconds after midnight, clocks show a time of day; the first time if they show it twice."""
        return self.seconds(london_instant(self.day, clock))
