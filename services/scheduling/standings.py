"""Who can do what today, as planning asks it: crews as they stand, and what jobs need of them.

What a job needs is said in words that go straight into reasons and refusals ("needs the ticket “needles and sharps”"),
so that planning knows nothing of tickets, keys and kinds of crews.
"""

from collections.abc import Iterable
from datetime import datetime

from services.scheduling import store
from services.scheduling.domain.access import Needed, needed_at
from services.scheduling.domain.fleet import Crew
from services.scheduling.domain.job import Job
from services.scheduling.domain.people import TICKETS
from services.scheduling.domain.providers import standard_for
from services.scheduling.domain.roster import Standing, standing
from services.scheduling.register.tables import CREW_KINDS
from services.scheduling.register.world import World
from services.scheduling.rounds.tickets import tickets_for
from shared.calendar import add_working_time, london_date
from shared.service import ServiceContext

AT_THE_PLACE_M = 40
"""A job so near a place of the gazetteer lies in it, where its report names none."""

GATE_KEYS = "keys to the alleygate"


def standings_of(
    ctx: ServiceContext, world: World, crews: Iterable[Crew], now: datetime, signed_on: frozenset[str]
) -> list[Standing]:
    """Return how crews stand at a moment."""
    vehicles = {vehicle.id: vehicle for vehicle in store.all_vehicles(ctx.store)}
    return [
        standing(
            world.roster,
            crew,
            vehicles.get(crew.vehicle_id or ""),
            day=london_date(now),
            at=now,
            has_signed_on=crew.id in signed_on,
        )
        for crew in crews
    ]


def skills_of(world: World, standing: Standing) -> frozenset[str]:
    """Return what a crew has, in words; where nobody enters people, every crew has every ticket."""
    tickets = standing.tickets if world.roster.knows_people else frozenset(TICKETS)
    keys = {GATE_KEYS} if standing.crew.has_gate_keys else set()
    return frozenset(ticket_words(ticket) for ticket in tickets) | keys | {kind_words(standing.crew.kind)}


def needs_of(job: Job, needed: Needed) -> frozenset[str]:
    """Return what a job needs of its crew, in words."""
    tickets = tickets_for(job.waste_type, job.size) | ({job.ticket} if job.ticket else set())
    keys = {GATE_KEYS} if needed.keys else set()
    kind = {kind_words(job.crew_kind)} if job.crew_kind else set()
    return frozenset(ticket_words(ticket) for ticket in tickets) | keys | kind


def access_at(world: World, job: Job) -> Needed:
    """Return what it takes to get to a job."""
    place_id = job.place_id
    if place_id is None:
        near = world.council.gazetteer.nearest(job.lat, job.lon, within_m=AT_THE_PLACE_M)
        place_id = near.id if near else None
    return needed_at(world.limits, place_id, world.today)


def standard_deadline(world: World, job: Job) -> datetime | None:
    """Return when a job without a deadline is due by the service standards, None where none is for it."""
    found = standard_for(world.standards, job_kind=job.kind, waste_type=job.waste_type)
    if found is None:
        return None
    working = world.council.working_time
    if found.working_hours is not None:
        return add_working_time(job.created_at, hours=found.working_hours, working=working)
    return add_working_time(job.created_at, working_days=found.working_days, working=working)


def ticket_words(ticket: str) -> str:
    """Return a ticket as something that a crew has or lacks."""
    return f"the ticket “{TICKETS.get(ticket, ticket).lower()}”"


def kind_words(kind: str) -> str:
    """Return a kind of crew as something that a crew is or is not."""
    return f"a {CREW_KINDS.get(kind, kind).lower()}"
