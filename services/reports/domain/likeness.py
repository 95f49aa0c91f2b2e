"""How likely two reports are about the same heap, and why: distance, time, waste, size, each with its reason in words.

The score only orders what a person looks at and says nothing more exact than that; the reasons are what they judge by.
Weights are the council's experience in round numbers: where it is says most.
"""

from dataclasses import dataclass
from datetime import timedelta

from services.reports.domain.report import Report

FULL_DISTANCE_M, NO_DISTANCE_M = 15, 100
"""So near it is one place to anybody, and so far it is another."""

FULL_TIME, NO_TIME = timedelta(days=1), timedelta(days=30)
DISTANCE, TIME, WASTE, SIZE = 50, 20, 20, 10
"""What each can bring to a score of 100."""

LIKELY, POSSIBLE = 70, 45


@dataclass(frozen=True)
class Likeness:
    """How alike two reports are, from 0 to 100, and why."""

    score: int
    reasons: tuple[str, ...]

    @property
    def words(self) -> str:
        """Return the score in a word."""
        if self.score >= LIKELY:
            return "likely the same"
        return "possibly the same" if self.score >= POSSIBLE else "hardly the same"


def likeness(report: Report, other: Report, *, metres: float) -> Likeness:
    """Return how likely two reports of a kind are about the same, so many metres apart."""
    apart = abs(report.reported_at - other.reported_at)
    wastes, others = _wastes(report), _wastes(other)
    near = _share(metres, FULL_DISTANCE_M, NO_DISTANCE_M) * DISTANCE
    soon = _share(apart / timedelta(days=1), FULL_TIME.days, NO_TIME.days) * TIME
    waste, waste_words = _waste(wastes, others)
    size, size_words = _size(report, other)
    return Likeness(
        round(near + soon + waste + size),
        (_distance_words(metres), _time_words(report, other), waste_words, size_words),
    )


def _share(value: float, full: float, none: float) -> float:
    """Return 1 up to `full`, 0 from `none` on, and in between what lies in between."""
    return max(0.0, min(1.0, (none - value) / (none - full)))


def _wastes(report: Report) -> frozenset[str]:
    """Return all waste types of a report; what somebody could not tell is none."""
    named = {report.waste_type, *report.other_waste_types} - {None, "other-unidentified"}
    return frozenset(name for name in named if name)


def _waste(wastes: frozenset[str], others: frozenset[str]) -> tuple[float, str]:
    """Return what the waste brings, and why; where either is not known it speaks neither for nor against."""
    if not (wastes and others):
        return WASTE / 2, "what it is was not said of both"
    if wastes & others:
        return WASTE, "the same kind of waste"
    return 0, "different waste"


def _size(report: Report, other: Report) -> tuple[float, str]:
    """Return what the size brings, and why."""
    if report.size is None or other.size is None:
        return SIZE / 2, "how much was not said of both"
    return (SIZE, "the same amount") if report.size == other.size else (0, "a different amount")


def _distance_words(metres: float) -> str:
    """Return how far apart they are."""
    return "the same spot" if metres <= 1 else f"{round(metres)} metres apart"


def _time_words(report: Report, other: Report) -> str:
    """Return which was reported first, and by how much."""
    apart = other.reported_at - report.reported_at
    days, hours = abs(apart) // timedelta(days=1), abs(apart) // timedelta(hours=1)
    count = f"{days} day{'s' if days != 1 else ''}" if days else f"{hours} hour{'s' if hours != 1 else ''}"
    if abs(apart) < timedelta(hours=1):
        return "reported within an hour"
    return f"reported {count} {'later' if apart > timedelta(0) else 'earlier'}"
