"""Who can't be sent today: crews that are not there, and crews whose vehicle is off the road."""

from collections.abc import Iterable
from datetime import date, datetime

from services.scheduling import store
from services.scheduling.domain.absence import absence_id
from services.scheduling.domain.fleet import Crew, Vehicle
from shared.calendar import london_date
from shared.errors import DomainError
from shared.service import ServiceContext
from shared.store.port import In


def is_absent(ctx: ServiceContext, crew_id: str, now: datetime) -> bool:
    """Say whether it was recorded that a crew is not there today."""
    return is_absent_on(ctx, crew_id, london_date(now))


def is_absent_on(ctx: ServiceContext, crew_id: str, day: date) -> bool:
    """Say whether it was recorded that a crew is not there on a day."""
    absence = store.crew_absences(ctx.store).get(absence_id(crew_id, day))
    return absence is not None and absence.is_current


def absent_on(ctx: ServiceContext, crew_ids: Iterable[str], day: date) -> frozenset[str]:
    """Return which of these crews it was recorded of that they are not there on a day."""
    ids = tuple(absence_id(crew_id, day) for crew_id in crew_ids)
    found = store.crew_absences(ctx.store).find({"_id": In(ids)}, limit=len(ids))[0] if ids else []
    return frozenset(absence.crew_id for absence in found if absence.is_current)


def why_unavailable(ctx: ServiceContext, crew: Crew, now: datetime) -> str | None:
    """Return in words why a crew can't be sent today, None where it can."""
    vehicle = store.vehicles(ctx.store).get(crew.vehicle_id) if crew.vehicle_id else None
    return unavailable_words(crew, vehicle, is_absent=is_absent(ctx, crew.id, now))


def unavailable_words(crew: Crew, vehicle: Vehicle | None, *, is_absent: bool) -> str | None:
    """Return in words why a crew with this vehicle can't be sent, None where it can."""
    if is_absent:
        return f"{crew.name} is not there today"
    if vehicle is not None and vehicle.state == "off-road":
        return f"The vehicle of {crew.name}, {vehicle.registration}, is off the road"
    return None


def refuse_unavailable(ctx: ServiceContext, crew: Crew, now: datetime) -> None:
    """Raise `DomainError` for a crew that can't be sent today."""
    why = why_unavailable(ctx, crew, now)
    if why is not None:
        raise DomainError(f"{why}. Choose another crew.", field="crew_id", rule="crew-unavailable")
