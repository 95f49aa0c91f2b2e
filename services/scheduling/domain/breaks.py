"""Breaks of a shift: begun and ended by the crew, perhaps told out of order by a phone without a network."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime


@dataclass(frozen=True)
class Break:
    """One break, still going on while it has no end; the ids are those of the actions that began and ended it."""

    id: str
    began_at: datetime
    ended_at: datetime | None = None
    ended_by: str | None = None


def begin_break(breaks: Sequence[Break], action_id: str, *, at: datetime) -> tuple[Break, ...]:
    """Return the breaks with one begun; an action that was told before, or a break that goes on, changes nothing."""
    if any(old.id == action_id or old.ended_at is None for old in breaks):
        return tuple(breaks)
    return tuple(sorted((*breaks, Break(action_id, at)), key=lambda one: one.began_at))


def end_break(breaks: Sequence[Break], action_id: str, *, at: datetime) -> tuple[Break, ...]:
    """Return the breaks with the one that goes on ended; without one, or told again, nothing changes."""
    if any(old.ended_by == action_id for old in breaks):
        return tuple(breaks)
    return tuple(
        replace(old, ended_at=max(at, old.began_at), ended_by=action_id) if old.ended_at is None else old
        for old in breaks
    )


def is_on_break(breaks: Sequence[Break]) -> bool:
    """Say whether a break goes on."""
    return any(one.ended_at is None for one in breaks)
