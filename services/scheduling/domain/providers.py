"""Who else is part of the work: contractors, disposal sites as they are worked with, and service standards."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time

from services.scheduling.domain.patterns import WEEKDAYS


@dataclass(frozen=True)
class Contractor:
    """A firm that takes what no crew of the council may; a supervisor gives it jobs, a plan never does."""

    id: str
    name: str
    depot_id: str
    waste_types: tuple[str, ...]
    phone: str | None = None
    from_on: date | None = None
    to_on: date | None = None

    def works_on(self, day: date) -> bool:
        """Say whether its contract holds on a day."""
        return (self.from_on is None or self.from_on <= day) and (self.to_on is None or day <= self.to_on)


@dataclass(frozen=True)
class Site:
    """A disposal site as depots use it: when it is open, and what it takes; `council.toml` says where it is."""

    id: str
    opens: time
    closes: time
    days: tuple[str, ...]
    ewc_codes: tuple[str, ...]

    def is_open_on(self, day: date) -> bool:
        """Say whether it opens on a day."""
        return WEEKDAYS[day.weekday()] in self.days


@dataclass(frozen=True)
class Standard:
    """How soon a kind of job is to be done: in working hours or working days, for which share, and who says so.

    It gives a deadline to a job that no rule of the reports' assessment has given one, such as a beat's.
    """

    id: str
    name: str
    job_kind: str
    waste_type: str | None = None
    working_hours: int | None = None
    working_days: int | None = None
    target_percent: int | None = None
    source: str = ""
    verified: bool = False


def standard_for(standards: Iterable[Standard], *, job_kind: str, waste_type: str | None) -> Standard | None:
    """Return the standard for a job: one for its waste before one for all waste."""
    fitting = [each for each in standards if each.job_kind == job_kind and each.waste_type in (None, waste_type)]
    return min(fitting, key=lambda each: (each.waste_type is None, each.id), default=None)
