"""A comparison of a depot's day with another one: asked for, worked out, looked at. Nothing follows from it."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from services.scheduling.domain.plan import Figures
from shared.errors import DomainError

MINUTES_EARLIER = (0, 15, 30, 60)


@dataclass(frozen=True)
class WhatIf:
    """What is to be otherwise, and once it is worked out the figures of each day side by side."""

    id: str
    depot_id: str
    day: date
    requested_at: datetime
    requested_by: str
    earlier_minutes: int = 0
    extra_like: str | None = None
    without: str | None = None
    state: str = "requested"
    asked_at: datetime | None = None
    claimed_at: datetime | None = None
    attempts: int = 0
    rows: tuple[Figures, ...] = ()
    problem: str | None = None
    version: int = 0
    sequence: int = 0


def check(what_if: WhatIf) -> WhatIf:
    """Return a comparison that asks for something; raises `DomainError` for one that asks for nothing."""
    if what_if.earlier_minutes not in MINUTES_EARLIER:
        raise DomainError("Choose how much earlier shifts begin", field="earlier_minutes")
    if not (what_if.earlier_minutes or what_if.extra_like or what_if.without):
        raise DomainError("Choose at least one thing that would be different", field="earlier_minutes")
    return what_if


def answer(what_if: WhatIf, rows: tuple[Figures, ...]) -> WhatIf:
    """Put the figures before the supervisor."""
    return replace(what_if, state="answered", rows=rows, claimed_at=None)


def give_up(what_if: WhatIf, problem: str) -> WhatIf:
    """Say why there are no figures."""
    return replace(what_if, state="failed", problem=problem, claimed_at=None)
