"""People and their absences: who is there on a day, and what they may drive and do.

Names are personal data of scheduling: they are shown to supervisors and managers here, and are in no event, log or
metric. Why somebody is away is kept as coarse as planning needs it; that somebody is ill is nobody's business here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

LICENCES: Mapping[str, str] = {
    "B": "B: up to 3.5 t",
    "C1": "C1: up to 7.5 t",
    "C": "C: over 7.5 t",
}
"""Driving licence categories that street scene vehicles need (Motor Vehicles (Driving Licences) Regulations 1999)."""

INCLUDED: Mapping[str, frozenset[str]] = {
    "B": frozenset({"B"}),
    "C1": frozenset({"B", "C1"}),
    "C": frozenset({"B", "C1", "C"}),
}
"""Who holds a category may drive what the smaller ones allow."""

TICKETS: Mapping[str, str] = {
    "asbestos-awareness": "Asbestos awareness",
    "needles": "Needles and sharps",
    "loader-crane": "Loader crane",
    "chemicals": "Spills and chemicals",
    "sweeper": "Mechanical sweeper",
}

ABSENCES: Mapping[str, str] = {
    "planned": "Planned: leave and the like",
    "unplanned": "Not planned",
    "training": "Training",
}


@dataclass(frozen=True)
class Person:
    """Somebody who works in crews: what they may drive until when, and what they are trained for."""

    id: str
    name: str
    crew_ids: tuple[str, ...]
    licences: tuple[str, ...] = ()
    licence_until: date | None = None
    tickets: tuple[str, ...] = ()

    def may_drive(self, day: date) -> frozenset[str]:
        """Return the categories that somebody may drive on a day."""
        if self.licence_until is not None and self.licence_until < day:
            return frozenset()
        return frozenset().union(*(INCLUDED.get(licence, frozenset()) for licence in self.licences))


@dataclass(frozen=True)
class Absence:
    """Somebody is away from a day on, up to and with another where one is known."""

    id: str
    person_id: str
    from_on: date
    to_on: date | None = None
    kind: str = "planned"

    def holds(self, day: date) -> bool:
        """Say whether somebody is away on a day."""
        return self.from_on <= day and (self.to_on is None or day <= self.to_on)

    def overlaps(self, other: "Absence") -> bool:
        """Say whether two absences have a day in common."""
        ends, other_ends = self.to_on or date.max, other.to_on or date.max
        return self.from_on <= other_ends and other.from_on <= ends


def present(people: Iterable[Person], absences: Iterable[Absence], crew_id: str, day: date) -> list[Person]:
    """Return who of a crew is not away on a day."""
    away = {absence.person_id for absence in absences if absence.holds(day)}
    return [person for person in people if crew_id in person.crew_ids and person.id not in away]
