"""Whether a crew may and can do a job at all, wherever it is on its round: asked of the checker that checks every plan.

What is given out by hand, one job or many, from the board, a job's page or a program, is refused by the same rules as a
plan would be: tickets, keys and kind of the crew, licence and payload of its vehicle, and whether that gets there.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from services.scheduling import store
from services.scheduling.days import as_planned, crew_as_planned, make_travel
from services.scheduling.domain.fleet import Crew
from services.scheduling.domain.job import Job
from services.scheduling.domain.people import TICKETS
from services.scheduling.register.edit import world_of
from services.scheduling.register.world import World
from services.scheduling.rounds import day as rounds
from services.scheduling.rounds.check import broken_alone
from services.scheduling.rounds.factors import load_factors
from services.scheduling.rounds.frame import Frame
from services.scheduling.rounds.travel import Travel
from services.scheduling.standings import ticket_words
from shared.errors import DomainError
from shared.service import ServiceContext


@dataclass(frozen=True)
class Fitting:
    """A crew as it stands at a moment, for any number of jobs to be held against."""

    ctx: ServiceContext
    crew: Crew
    now: datetime
    frame: Frame
    world: World
    travel: Travel
    planned: rounds.Crew | None
    """None for a contractor, whose own rules say what it takes, and for a crew without a vehicle."""

    unknown: str | None
    """What is not known of it, in words."""

    @classmethod
    def of(cls, ctx: ServiceContext, crew: Crew, now: datetime) -> "Fitting":
        """Return a crew as it stands."""
        frame, world = Frame.of(now), world_of(ctx)
        vehicle = store.vehicles(ctx.store).get(crew.vehicle_id) if crew.vehicle_id else None
        planned, unknown = None, None
        if not crew.is_contractor and vehicle is not None:
            planned = crew_as_planned(ctx, crew, frame, now, world=world)
            if world.roster.knows_people and not any(crew.id in person.crew_ids for person in world.people):
                # Nobody says what people can do of whom nothing was entered.
                tickets = frozenset(ticket_words(ticket) for ticket in TICKETS)
                planned = replace(planned, skills=planned.skills | tickets, licence_needed=None)
                unknown = f"Nobody is entered for {crew.name}, so its licences and tickets are not known"
        return cls(ctx, crew, now, frame, world, make_travel(ctx, frame, load_factors()), planned, unknown)

    def refusals(self, job: Job) -> list[str]:
        """Return in words why the crew can't have a job; none for what it has already."""
        if self.planned is None or job.crew_id == self.crew.id:
            return []
        wanted = replace(as_planned(self.ctx, job, self.frame, self.now, world=self.world), pinned_to=None)
        # Whether it is held or a contractor's its own rules say, in their words.
        asked = replace(wanted, held=False, contractor=False)
        return [broken.words for broken in broken_alone(self.planned, asked, self.travel)]

    def refuse(self, job: Job) -> None:
        """Raise `DomainError` for a job that the crew may not or can't do."""
        refusals = self.refusals(job)
        if refusals:
            raise DomainError(f"{'; '.join(refusals)}.", field="crew_id", rule="crew-unfit")
