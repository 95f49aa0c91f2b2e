"""Who can't be sent today: crews that are not there, and crews whose vehicle is off the road."""

from datetime import date, datetime

from services.scheduling import store
from services.scheduling.domain.absence import absence_id
from services.scheduling.domain.fleet import Crew
from shared.calendar import london_date
from shared.errors import DomainError
from shared.service import ServiceContext


def is_absent(ctx: ServiceContext, crew_id: str, now: datetime) -> bool:
    """Say whether it was recorded that a crew is not there today."""
    return is_absent_on(ctx, crew_id, london_date(now))


def is_absent_on(ctx: ServiceContext, crew_id: str, day: date) -> bool:
    """Say whether it was recorded that a crew is not there on a day."""
    absence = store.crew_absences(ctx.store).get(absence_id(crew_id, day))
    return absence is not None and absence.is_current


def why_unavailable(ctx: ServiceContext, crew: Crew, now: datetime) -> str | None:
    """Return in words why a crew can't be sent today, None where it can."""
    if is_absent(ctx, crew.id, now):
        return f"{crew.name} is not there today"
    vehicle = store.vehicles(ctx.store).get(crew.vehicle_id) if crew.vehicle_id else None
    if vehicle is not None and vehicle.state == "off-road":
        return f"The vehicle of {crew.name}, {vehicle.registration}, is off the road"
    return None


def refuse_unavailable(ctx: ServiceContext, crew: Crew, now: datetime) -> None:
    """Raise `DomainError` for a crew that can't be sent today."""
    why = why_unavailable(ctx, crew, now)
    if why is not None:
        raise DomainError(f"{why}. Choose another crew.", field="crew_id", rule="crew-unavailable")
