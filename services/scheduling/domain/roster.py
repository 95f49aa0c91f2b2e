"""Who is there on a day: each crew with its shift, its people that are not away, and what it therefore can do.

Everything that keeps a crew from being planned is a `Missing` with the rule that it would break, so that the checker,
the board and the register all say the same words. A crew that has signed on is at work whatever the rota says.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from services.scheduling.domain.fleet import Crew, Vehicle
from services.scheduling.domain.patterns import Calendar, ShiftTime
from services.scheduling.domain.people import Absence, Person, present

OFF_SHIFT, OFF_ROAD, NO_VEHICLE, SHORT_HANDED = "off-shift", "off-road", "no-vehicle", "short-handed"


LATE = timedelta(minutes=15)
"""A crew that has not signed on so long after its shift began is merely late."""


@dataclass(frozen=True)
class Missing:
    """Why a crew can't be planned: the rule that it would break, and the words."""

    rule: str
    words: str


@dataclass(frozen=True)
class Roster:
    """Everybody, who is away when, and when crews work."""

    people: tuple[Person, ...]
    absences: tuple[Absence, ...]
    calendar: Calendar

    @property
    def knows_people(self) -> bool:
        """Say whether people are entered at all; a council may plan crews without naming anybody."""
        return bool(self.people)


@dataclass(frozen=True)
class Standing:
    """A crew on a day: its shift, who is there, what they may drive and do, and what is missing."""

    crew: Crew
    shift: ShiftTime | None
    present: tuple[Person, ...]
    licences: frozenset[str]
    tickets: frozenset[str]
    missing: tuple[Missing, ...]
    licence_missing: str | None = None
    """What its vehicle needs and nobody who is there holds; the checker's rule `licence` keeps such a crew at home."""

    def is_to_come(self, at: datetime) -> bool:
        """Say whether it is expected by the rota, and nothing keeps it away."""
        return not self.missing and self.shift is not None and at < self.shift.starts_at + LATE


def standing(
    roster: Roster, crew: Crew, vehicle: Vehicle | None, *, day: date, at: datetime, has_signed_on: bool
) -> Standing:
    """Return how a crew stands at a moment of a day."""
    shift = roster.calendar.shift_at(crew.id, at, day)
    there = tuple(present(roster.people, roster.absences, crew.id, day))
    missing = list(_of_vehicle(crew, vehicle, day))
    if shift is None and roster.calendar.has_rota(crew.id) and not has_signed_on:
        missing.append(Missing(OFF_SHIFT, f"{crew.name} is not on shift"))
    if roster.knows_people:
        missing += _of_people(crew, there, _members(roster.people, crew.id))
    licences: frozenset[str] = frozenset().union(*(person.may_drive(day) for person in there))
    needed = vehicle.licence_needed if vehicle is not None and roster.knows_people else None
    return Standing(
        crew,
        shift,
        there,
        licences=licences,
        tickets=frozenset(ticket for person in there for ticket in person.tickets),
        missing=tuple(missing),
        licence_missing=needed if needed not in licences else None,
    )


def _of_vehicle(crew: Crew, vehicle: Vehicle | None, day: date) -> Sequence[Missing]:
    """Return what is wrong with a crew's vehicle."""
    if vehicle is None or vehicle.is_retired:
        return [Missing(NO_VEHICLE, f"{crew.name} has no vehicle")]
    if not vehicle.is_on_road(day):
        return [Missing(OFF_ROAD, f"{vehicle.registration}, the vehicle of {crew.name}, is off the road")]
    return []


def _of_people(crew: Crew, there: Sequence[Person], members: int) -> Sequence[Missing]:
    """Return whether too few of a crew are there."""
    if not members:
        return [Missing(SHORT_HANDED, f"nobody is entered for {crew.name}")]
    if len(there) >= crew.least_people:
        return []
    have = "nobody is" if not there else "1 person is" if len(there) == 1 else f"{len(there)} people are"
    return [Missing(SHORT_HANDED, f"{crew.name} is short-handed: {have} there, and it takes {crew.least_people}")]


def _members(people: Sequence[Person], crew_id: str) -> int:
    """Return how many people belong to a crew."""
    return sum(crew_id in person.crew_ids for person in people)
