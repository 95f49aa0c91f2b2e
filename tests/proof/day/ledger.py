"""What everybody who acted in a day knows of it: what they sent and were told, where they were, and what went wrong."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Shown:
    """A job that a crew was told to go to next, from then until it was there."""

    crew_id: str
    job_id: str
    since: datetime
    until: datetime


@dataclass(frozen=True)
class Gone:
    """A crew, or all crews of a vehicle, that dropped out, and when that was said and answered."""

    crew_id: str
    at: datetime
    why: str


@dataclass
class Ledger:
    """The whole day from outside."""

    reports: list[str] = field(default_factory=list)
    found: int = 0
    cleared: set[str] = field(default_factory=set)
    """Jobs that a crew was told it had cleared."""

    visits: int = 0
    troubles: int = 0
    tips: int = 0
    breaks: dict[str, tuple[datetime, datetime]] = field(default_factory=dict)
    shown: list[Shown] = field(default_factory=list)
    gone: list[Gone] = field(default_factory=list)
    published: int = 0
    refused_plans: list[str] = field(default_factory=list)
    by_hand: set[str] = field(default_factory=set)
    """Jobs that the supervisor gave, held, put off or called off by hand: no plan decides about those."""

    told_otherwise: list[str] = field(default_factory=list)
    """What a phone said where an action did not find the job as the crew had left it."""

    problems: list[str] = field(default_factory=list)

    def gone_at(self, crew_id: str) -> datetime | None:
        """Return when a crew dropped out, None where it did not."""
        return min((gone.at for gone in self.gone if gone.crew_id == crew_id), default=None)
