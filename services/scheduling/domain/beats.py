"""Beats: work that comes back by itself, such as sweeping a street every Monday, whether anybody reports it or not."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from services.scheduling.domain.patterns import WEEKDAYS


@dataclass(frozen=True)
class Beat:
    """Where a crew goes on which days of the week, every so many weeks, and for how many minutes."""

    id: str
    name: str
    place_id: str
    depot_id: str
    days: tuple[str, ...]
    minutes: int
    from_on: date
    every_weeks: int = 1
    to_on: date | None = None
    priority: int = 5
    crew_kind: str | None = None
    ticket: str | None = None

    def is_due(self, day: date) -> bool:
        """Say whether it is to be done on a day; weeks are counted from the one that its first day lies in."""
        if day < self.from_on or (self.to_on is not None and day > self.to_on):
            return False
        weeks = (_monday(day) - _monday(self.from_on)).days // 7
        return WEEKDAYS[day.weekday()] in self.days and weeks % self.every_weeks == 0


def due_on(beats: Iterable[Beat], day: date) -> list[Beat]:
    """Return the beats of a day."""
    return [beat for beat in beats if beat.is_due(day)]


def _monday(day: date) -> date:
    """Return the Monday of a day's week."""
    return day - timedelta(days=day.weekday())
