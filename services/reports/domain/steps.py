"""The lines of a report's story as the public is told it, and when we heard of each."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime


@dataclass(frozen=True)
class Step:
    """One line of the report's story as the public is told it: codes only.

    `at` is when it happened, `noted_at` when we heard of it: a crew's phone may have been without signal for hours.
    """

    at: datetime
    what: str
    detail: str | None = None
    noted_at: datetime | None = None

    @property
    def known_at(self) -> datetime:
        """Return when we heard of it."""
        return self.noted_at or self.at


def noted_steps(history: Sequence[Step], known: int, *, at: datetime) -> tuple[Step, ...]:
    """Return a story in which every step after the first `known` ones says when we heard of it."""
    return tuple(
        step if number < known or step.noted_at else replace(step, noted_at=at) for number, step in enumerate(history)
    )
