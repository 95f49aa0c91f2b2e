"""Two clocks: the machine's, and the council's, which stamps what happens in the council's day.

In production they are the same. A demonstration may run the council's day faster, or start it last Tuesday: then a
stored document `{real, council, speed}` says which council instant belongs to which machine instant, and every process
reads it. Sign-in, rate limits, leases, retries, time-outs, lag and health always use `machine_now`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Protocol


def machine_now() -> datetime:
    """Return this machine's time, aware, in UTC, to the millisecond (what the store can keep)."""
    return truncated(datetime.now(UTC))


def truncated(instant: datetime) -> datetime:
    """Return the instant cut to whole milliseconds, as both store adapters keep it."""
    finer = instant.microsecond % 1000
    return instant.replace(microsecond=instant.microsecond - finer) if finer else instant


class Clock(Protocol):
    """What tells a use case the council's time."""

    def now(self) -> datetime:
        """Return the council's time: aware, UTC, to the millisecond."""
        ...

    def latest(self) -> datetime:
        """Return the time that nothing told from outside may be after.

        It is the council's; in a demonstration, whose day began last Tuesday, the machine's while that is later: who
        sends a weighing or a payment from outside has a calendar of their own.
        """
        ...


class MachineClock:
    """The council's clock is the machine's."""

    def now(self) -> datetime:
        """Return the machine's time."""
        return machine_now()

    def latest(self) -> datetime:
        """Return the machine's time."""
        return machine_now()


@dataclass
class SetClock:
    """A clock that stands where it is put: for tests, and for making a demonstration's past."""

    instant: datetime

    def now(self) -> datetime:
        """Return the instant last set."""
        return truncated(self.instant)

    def latest(self) -> datetime:
        """Return the instant last set."""
        return self.now()

    def advance(self, by: timedelta) -> None:
        """Move the clock forward."""
        self.instant += by


@dataclass(frozen=True)
class ClockSetting:
    """Which council instant belonged to which machine instant, and how many council seconds pass per second."""

    real: datetime
    council: datetime
    speed: float

    def at(self, real: datetime) -> datetime:
        """Return the council's time at a machine instant."""
        return truncated(self.council + (real - self.real) * self.speed)


class CouncilClock:
    """The clock of a demonstration: reads the stored setting at most once a second.

    `read` returns the stored setting, or None when the council's clock is the machine's.
    """

    REFRESH_SECONDS = 1.0

    def __init__(self, read: Callable[[], ClockSetting | None]) -> None:
        self._read = read
        self._setting: ClockSetting | None = None
        self._read_at = float("-inf")

    def now(self) -> datetime:
        """Return the council's time by the setting, or the machine's where there is none."""
        if monotonic() - self._read_at >= self.REFRESH_SECONDS:
            self._setting = self._read()
            self._read_at = monotonic()
        real = machine_now()
        return self._setting.at(real) if self._setting else real

    def latest(self) -> datetime:
        """Return the council's time, or the machine's where that is later."""
        return max(self.now(), machine_now())
