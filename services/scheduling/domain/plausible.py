"""Whether a photo was taken at the job and when the crew says: two numbers, worked out once and then kept alone."""

from datetime import datetime

from services.scheduling.domain.entry import Plausibility
from shared.geo import distance_m

FAR_M = 150
"""A phone between houses is wrong by tens of metres, and a fly-tip is reported from the next corner."""

LONG_MINUTES = 30
"""Sweeping up and filling in the form takes minutes."""

PURPOSE = (
    "Shown so that a supervisor can tell a photo of this place from one of another place or day. "
    "It is kept with the job’s photo, and used for nothing else: it is never added up for a person or a crew."
)


def compare(
    *,
    job: tuple[float, float],
    at: datetime,
    taken_at: datetime | None,
    place: tuple[float, float] | None,
    source: str = "photo",
) -> Plausibility:
    """Return how far from the job a photo was taken, and how many minutes from the action; place and time are gone."""
    metres = round(distance_m(*job, *place)) if place is not None else None
    minutes = round((taken_at - at).total_seconds() / 60) if taken_at is not None else None
    return Plausibility(metres, minutes, source)


def words(proof: Plausibility | None) -> tuple[str, bool]:
    """Return what to say of a photo, and whether it should be looked at: Taken 12 m from the job, 2 minutes before."""
    if proof is None or (proof.metres is None and proof.minutes is None):
        return "The photo does not say where and when it was taken. Many phones leave that out.", False
    said = []
    if proof.metres is not None:
        said.append(f"{_distance(proof.metres)} from the job")
    if proof.minutes is not None:
        said.append(_span(proof.minutes))
    is_odd = (proof.metres or 0) > FAR_M or abs(proof.minutes or 0) > LONG_MINUTES
    whose = " (by the phone’s own position as it was chosen)" if proof.source == "phone" else ""
    return f"Taken {', '.join(said)}{whose}.", is_odd


def _distance(metres: int) -> str:
    """Return a distance as people say it; a phone does not know metres better than in tens."""
    return f"{metres / 1000:.1f} km" if metres >= 1000 else f"about {max(10, round(metres, -1))} m"


def _span(minutes: int) -> str:
    """Return minutes before or after the action."""
    if minutes == 0:
        return "in the same minute"
    number, unit = (abs(minutes), "minute") if abs(minutes) < 120 else (round(abs(minutes) / 60), "hour")
    return f"{number} {unit}{'' if number == 1 else 's'} {'before' if minutes < 0 else 'after'}"
