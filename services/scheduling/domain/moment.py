"""When an action of a phone happened: its own word where that can be true, else when it arrived.

A crew must not lose work because a phone's clock is wrong, and a wrong clock must not write history. So a time that
can't be true is replaced by the time of arrival and marked as doubtful; the action itself is always taken.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

CLOCK_SKEW = timedelta(minutes=5)
"""Phones set by their network are right to seconds; by hand, to minutes."""

AROUND_A_SHIFT = timedelta(minutes=45)
"""Work before signing on and after signing off: loading, washing down, a code that was typed in late."""

WITHOUT_A_SHIFT = timedelta(hours=16)
"""The longest day that somebody works who never signed on."""

MOST_LATE = timedelta(days=7)
"""A phone that was in a drawer for longer than this says nothing about when."""


@dataclass(frozen=True)
class Moment:
    """When something happened, when that was heard of, and whether the phone's own word was set aside."""

    at: datetime
    received_at: datetime
    is_doubtful: bool = False


def when(
    said: datetime | None, received_at: datetime, shifts: Sequence[tuple[datetime, datetime | None]] = ()
) -> Moment:
    """Return when an action happened, given what the phone says, and the crew's latest shifts as (start, end).

    Believed is a time within a shift of the last week, or within the last 16 hours; never one that is still to come.
    """
    if said is None:
        return Moment(received_at, received_at)
    if said > received_at + CLOCK_SKEW:
        return Moment(received_at, received_at, is_doubtful=True)
    at = min(said, received_at)
    age = received_at - at
    in_a_shift = any(start - AROUND_A_SHIFT <= at <= (end or received_at) + AROUND_A_SHIFT for start, end in shifts)
    if age <= WITHOUT_A_SHIFT or (age <= MOST_LATE and in_a_shift):
        return Moment(at, received_at)
    return Moment(received_at, received_at, is_doubtful=True)
