"""A crew that is not there today: recorded in two actions on the board, and taken back as easily.

It is about the crew and this day only; what keeps one person away for longer is the register's. The record decides: the
crew's stops go back one at a time, all but the one that is under way.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from shared.errors import DomainError
from shared.ids import derived_id

ABSENCE_REASONS: Mapping[str, str] = {
    "sickness": "Sickness",
    "training": "Training or a meeting",
    "other-work": "Sent to other work",
    "not-arrived": "Has not come in",
}


@dataclass(frozen=True)
class CrewAbsence:
    """One crew's absence on one day; `ended_at` says that it has come after all."""

    id: str
    crew_id: str
    day: date
    reason: str
    since: datetime
    ended_at: datetime | None = None
    version: int = 0
    sequence: int = 0

    @property
    def is_current(self) -> bool:
        """Say whether it still holds."""
        return self.ended_at is None


def absence_id(crew_id: str, day: date) -> str:
    """Return the id of a crew's absence on a day: there is one, however often it is recorded."""
    return derived_id("crew-absence", crew_id, day.isoformat())


def make_absence(crew_id: str, reason: str, *, day: date, at: datetime) -> CrewAbsence:
    """Return the record that a crew is not there; raises `DomainError` for a reason that is not one."""
    if reason not in ABSENCE_REASONS:
        raise DomainError("Choose why the crew is not there", field="reason")
    return CrewAbsence(absence_id(crew_id, day), crew_id, day, reason, at)


def end_absence(absence: CrewAbsence, *, at: datetime) -> CrewAbsence:
    """Say that the crew has come after all; once is enough."""
    return absence if absence.ended_at is not None else replace(absence, ended_at=at)
