"""Warnings of drivers' hours and working time: on a plan by its rounds, in the register by rotas."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from services.scheduling.domain.drivers_hours import Duty, of_duty, of_shifts
from services.scheduling.domain.patterns import ShiftTime
from services.scheduling.domain.plan import Warned
from services.scheduling.register.world import World
from services.scheduling.rounds.day import Day
from services.scheduling.rounds.drive import Round
from services.scheduling.rounds.regimes import load_regimes

WEEKS = 17
"""The reference period of the Working Time Regulations 1998, regulation 4."""


def duty_warnings(day: Day, rounds: Mapping[str, Round], regimes: Mapping[str, str]) -> tuple[Warned, ...]:
    """Return the limits that a plan's rounds would break; `regimes` names each crew's."""
    found: list[Warned] = []
    for crew_id, round_ in rounds.items():
        if round_.visits:
            found += of_duty(load_regimes(), regimes[crew_id], _duty(day, round_))
    return tuple(found)


def rota_warnings(world: World) -> list[Warned]:
    """Return the limits that people's rotas would break over the next weeks."""
    found: list[Warned] = []
    shifts = {crew_ids: _shifts(world, crew_ids) for crew_ids in {person.crew_ids for person in world.people}}
    for person in world.people:
        found += of_shifts(load_regimes(), person.name, shifts[person.crew_ids], WEEKS)
    return found


def _duty(day: Day, round_: Round) -> Duty:
    """Return a round as a duty, in minutes; of a crew that is under way, driving is what is left of it."""
    crew = day.crews[round_.crew_id]
    rest = sum(stop.leave - stop.begin for stop in round_.stops if stop.kind == "break")
    return Duty(
        crew=crew.name,
        driving=round(round_.travel_seconds / 60),
        duty=round((round_.home_at - crew.start) / 60),
        # A break whose time was over when the plan was made is taken to have been had.
        rest=round(rest / 60) if crew.rest is not None else UNKNOWN_REST,
        gross_kg=crew.gross_kg or 0,
    )


UNKNOWN_REST = 24 * 60


def _shifts(world: World, crew_ids: Sequence[str]) -> list[ShiftTime]:
    """Return the shifts of some crews in the weeks to come, in order."""
    days = [world.today + timedelta(days=number) for number in range(WEEKS * 7)]
    found = [shift for day in days for crew_id in crew_ids for shift in world.calendar.shifts_of(crew_id, day)]
    return sorted(found, key=lambda shift: shift.starts_at)
