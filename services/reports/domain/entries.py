"""What staff enter on a report and is kept with it: a pause of its clock, a referral, a caller who asks again.

Who entered it is a user's id, and what is here is codes and instants: a landowner's name or a caller's address lives in
the report's private part.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from shared.calendar import Pause as Stretch


@dataclass(frozen=True)
class Pause:
    """A stretch in which a report's clock stands still: why, until when at the latest, and who said so."""

    reason: str
    began_at: datetime
    until: datetime
    by: str | None = None
    ended_at: datetime | None = None
    ended_by: str | None = None

    @property
    def is_running(self) -> bool:
        """Say whether nobody and nothing has ended it."""
        return self.ended_at is None

    @property
    def stretch(self) -> Stretch:
        """Return from when to when it stands still, as far as is known now."""
        return self.began_at, self.ended_at or self.until


@dataclass(frozen=True)
class Referral:
    """A report handed to an owner or partner: how they are told, by when they should answer, what came of it.

    `told_by` is `email` or `hand`; without `told_at` they have not been told yet. `outcome` is `kept` (the council
    clears it after all) or `cleared-by-owner`.
    """

    to: str
    at: datetime
    told_by: str = "hand"
    by: str | None = None
    answer_by: datetime | None = None
    told_at: datetime | None = None
    told_who: str | None = None
    outcome: str | None = None
    ended_at: datetime | None = None

    @property
    def waits_for_a_person(self) -> bool:
        """Say whether somebody of the staff still has to tell them."""
        return self.told_by == "hand" and self.told_at is None and self.ended_at is None


@dataclass(frozen=True)
class Chase:
    """Somebody who asked again after a report; `call` is the call, which counts once however often it is sent."""

    at: datetime
    by: str
    call: str


def stretches(pauses: Iterable[Pause]) -> list[Stretch]:
    """Return the pauses as the calendar counts them."""
    return [pause.stretch for pause in pauses]
