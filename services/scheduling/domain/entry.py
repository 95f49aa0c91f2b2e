"""What a job remembers of each action of a crew: when it happened, when it arrived, and what became of it.

The entry is saved with the change that it made. So an action that the phone sends again finds its own answer, and what
could not be done as it was meant stays on the job for the supervisor until somebody has looked at it.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

ENTRIES_KEPT = 40
"""A job with more actions than this is one that somebody plays with; the oldest settled ones go."""

LATE_AFTER = timedelta(minutes=10)
"""An action that took longer to arrive was made without a network, and the page says so."""


@dataclass(frozen=True)
class Plausibility:
    """How far from the job a photo was taken, in metres, and how many minutes before (negative) or after the action.

    None is what nothing is known of. Where and when exactly is forgotten: the two numbers answer the one question that
    a supervisor has, and tell nobody where a person was all day.
    """

    metres: int | None
    minutes: int | None
    source: str = "photo"
    """Who says so: the photo itself, or the phone as it was taken (browsers often strip a photo's own place)."""


@dataclass(frozen=True)
class CrewEntry:
    """One action of a crew on a job; `id` is the action's own id, drawn by the phone."""

    id: str
    kind: str
    crew_id: str
    occurred_at: datetime
    received_at: datetime
    ruling: str
    outcome: str | None = None
    reason: str | None = None
    photo_keys: tuple[str, ...] = ()
    said: dict[str, str] = field(default_factory=dict)
    """What else the crew said where the job did not take it: codes by field."""

    is_doubtful: bool = False
    is_open: bool = False

    @property
    def is_late(self) -> bool:
        """Say whether it arrived long after it happened."""
        return self.received_at - self.occurred_at > LATE_AFTER


def add_entry(entries: tuple[CrewEntry, ...], entry: CrewEntry) -> tuple[CrewEntry, ...]:
    """Return the entries with one more; one that the supervisor has to look at is never pushed out."""
    grown = (*entries, entry)
    spare = len(grown) - ENTRIES_KEPT
    if spare <= 0:
        return grown
    settled = [old.id for old in grown if not old.is_open][:spare]
    return tuple(old for old in grown if old.id not in settled)


def settle_entry(entries: tuple[CrewEntry, ...], entry_id: str) -> tuple[CrewEntry, ...]:
    """Return the entries with one no longer waiting for the supervisor."""
    return tuple(replace(old, is_open=False) if old.id == entry_id else old for old in entries)
