"""A crew drops out of the day: it is not there, or its vehicle is off the road.

The absence, or the vehicle, decides in one save; the crew's stops then go back to be assigned one at a time, all but
the one under way, and a new plan is asked for. What a crash left half done a timer finds by what is there: no stop
stays with a crew that has dropped out.
"""

from collections.abc import Callable
from functools import partial

from services.scheduling import planning, store
from services.scheduling.availability import is_absent
from services.scheduling.domain import absence as absences
from services.scheduling.domain import fleet
from services.scheduling.domain import job as rules
from services.scheduling.domain.absence import CrewAbsence
from services.scheduling.domain.fleet import Crew, Vehicle
from services.scheduling.domain.job import Job
from services.scheduling.handlers import journey, require_crew
from shared.calendar import london_date
from shared.contracts.base import Fact
from shared.contracts.envelope import Cause
from shared.errors import Conflict, Duplicate
from shared.service import ServiceContext
from shared.store import reload_on_conflict

BECAUSE = "crew-lost"


def record_absence(ctx: ServiceContext, crew_id: str, reason: str, *, by: str, cause: Cause) -> list[Job]:
    """Note that a crew is not there today, end its shift, and return the stops that went back; again is the same.

    Raises:
        DomainError: there is no such crew, or the reason is not one.
    """
    crew, at = require_crew(ctx, crew_id), ctx.clock.now()
    wanted = absences.make_absence(crew.id, reason, day=london_date(at), at=at)
    _record(ctx, wanted, cause)
    shift = store.current_shift(ctx.store, crew.id)
    if shift is not None:
        # Also with a job under way: who is there finishes it, or the supervisor gives it to somebody else.
        store.shifts(ctx.store).save(*fleet.end_shift(shift, at=at), at=at, cause=cause)
    return _drop(ctx, crew, rules.CREW_ABSENT, by=by, cause=cause)


def end_absence(ctx: ServiceContext, crew_id: str, *, cause: Cause) -> Crew:
    """Note that a crew has come after all; it signs on by itself."""
    crew, at = require_crew(ctx, crew_id), ctx.clock.now()

    def once() -> None:
        repository = store.crew_absences(ctx.store)
        known = repository.get(absences.absence_id(crew.id, london_date(at)))
        if known is not None and known.is_current:
            repository.save(absences.end_absence(known, at=at), at=at, cause=cause)

    reload_on_conflict(once)()
    return crew


def take_off_road(ctx: ServiceContext, vehicle_id: str, *, by: str, cause: Cause) -> list[Job]:
    """Take a vehicle off the road, and return the stops of its crews that went back; again is the same."""
    _change(ctx, vehicle_id, fleet.take_off, cause)
    crews = [crew for crew in store.all_crews(ctx.store) if crew.vehicle_id == vehicle_id]
    return [job for crew in crews for job in _drop(ctx, crew, rules.VEHICLE_OFF_ROAD, by=by, cause=cause)]


def put_on_road(ctx: ServiceContext, vehicle_id: str, *, cause: Cause) -> Vehicle:
    """Put a vehicle back on the road; raises `DomainError` where the register has it off."""
    return _change(ctx, vehicle_id, partial(fleet.put_back, at=ctx.clock.now()), cause)


def finish_dropping_out(ctx: ServiceContext) -> None:
    """Finish what a crash left half done: take the stops from crews that have dropped out."""
    now = ctx.clock.now()
    off_road = {vehicle.id for vehicle in store.all_vehicles(ctx.store) if vehicle.state == "off-road"}
    for crew in store.all_crews(ctx.store):
        is_off_road = crew.vehicle_id in off_road
        if is_off_road or is_absent(ctx, crew.id, now):
            why = rules.VEHICLE_OFF_ROAD if is_off_road else rules.CREW_ABSENT
            try:
                _drop(ctx, crew, why, by="timer", cause=Cause(None))
            except Conflict:
                continue  # somebody is at it in this very moment, or the timer comes again


def _record(ctx: ServiceContext, wanted: CrewAbsence, cause: Cause) -> None:
    """Save an absence, anew where the crew had come back since."""

    def once() -> None:
        repository = store.crew_absences(ctx.store)
        known = repository.get(wanted.id)
        if known is None:
            repository.add(wanted, at=wanted.since, cause=cause)
        elif not known.is_current:
            again = CrewAbsence(**{**vars(wanted), "version": known.version, "sequence": known.sequence})
            repository.save(again, at=wanted.since, cause=cause)

    try:
        reload_on_conflict(once)()
    except Duplicate:
        return  # another supervisor has just recorded it


def _change(
    ctx: ServiceContext, vehicle_id: str, do: Callable[[Vehicle], tuple[Vehicle, list[Fact]]], cause: Cause
) -> Vehicle:
    """Save what becomes of a vehicle, if that is a change."""

    def once() -> Vehicle:
        repository, at = store.vehicles(ctx.store), ctx.clock.now()
        vehicle = repository.require(vehicle_id)
        changed, facts = do(vehicle)
        return repository.save(changed, facts, at=at, cause=cause) if changed != vehicle else vehicle

    return reload_on_conflict(once)()


def _drop(ctx: ServiceContext, crew: Crew, why: str, *, by: str, cause: Cause) -> list[Job]:
    """Take every stop that is not begun from a crew, and ask for a new plan if there was one."""
    given_back = [
        _withdraw(ctx, job.id, crew.id, why, cause)
        for job in store.jobs_of_crew(ctx.store, crew.id)
        if job.state == "assigned"
    ]
    changed = [job for job in given_back if job is not None]
    if changed:
        planning.request_plan(ctx, crew.depot_id, by=by, because=BECAUSE, cause=cause)
    return changed


def _withdraw(ctx: ServiceContext, job_id: str, crew_id: str, why: str, cause: Cause) -> Job | None:
    """Take one stop from the crew, unless it was begun or moved meanwhile."""

    def once() -> Job | None:
        repository = store.jobs(ctx.store)
        job = repository.require(job_id)
        if job.crew_id != crew_id:
            return None
        waiting, facts = rules.withdraw(job, why)
        if not facts:
            return None
        return repository.save(waiting, facts, at=ctx.clock.now(), cause=journey(job, cause))

    return reload_on_conflict(once)()
