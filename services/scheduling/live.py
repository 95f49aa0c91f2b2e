"""The crews' rounds as they stand at a moment: every sheet driven with the replay that plans are made with.

What the board shows, what moving a job would change, and where an urgent one fits best all look at the same rounds.
They are worked out once for each change of a depot and minute of the clock, however many people look.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Lock

from services.scheduling import store
from services.scheduling.availability import is_absent_on
from services.scheduling.days import DepotDay, make_day
from services.scheduling.domain.job import Job
from services.scheduling.rounds.day import DAY_END, Day, Step
from services.scheduling.rounds.drive import Round, drive
from services.scheduling.supervising import is_diverted
from shared.calendar import london_date
from shared.service import ServiceContext


@dataclass(frozen=True)
class LiveDepot:
    """A depot's day at a moment: what a plan would see of it, and every crew's sheet and round."""

    depot_day: DepotDay
    sheets: Mapping[str, tuple[Step, ...]]
    rounds: Mapping[str, Round]

    @property
    def day(self) -> Day:
        """The day as the planning core sees it."""
        return self.depot_day.day


class LiveRounds:
    """The rounds of each depot, kept while nothing of theirs has changed; one for each process."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[object, LiveDepot]] = {}
        self._lock = Lock()

    def of(self, ctx: ServiceContext, depot_id: str, active: Sequence[Job] | None = None) -> LiveDepot:
        """Return the rounds of a depot as they are now; whoever has read all active jobs already may give them."""
        now = ctx.clock.now()
        jobs = store.active_jobs(ctx.store) if active is None else active
        state = (ctx.store, now.replace(second=0, microsecond=0), _state_of(ctx, depot_id, jobs))
        with self._lock:
            kept = self._kept.get(depot_id)
            if kept is not None and kept[0] == state:
                return kept[1]
            made = make_live(ctx, depot_id, now, jobs)
            self._kept[depot_id] = (state, made)
            return made


def _state_of(ctx: ServiceContext, depot_id: str, active: Sequence[Job]) -> object:
    """Return what a depot's rounds depend on, as versions: its crews' shifts and absences, vehicles, and jobs."""
    own = {crew.id for crew in store.all_crews(ctx.store) if crew.depot_id == depot_id}
    today = london_date(ctx.clock.now())
    return (
        # A job that was finished is no longer active; its crew is then where it was.
        tuple((job.id, job.version) for job in active if job.crew_id in own or job.depot_id == depot_id),
        tuple((vehicle.id, vehicle.version) for vehicle in store.all_vehicles(ctx.store)),
        store.crews_on_shift(ctx.store) & own,
        tuple(crew_id for crew_id in sorted(own) if is_absent_on(ctx, crew_id, today)),
    )


def make_live(ctx: ServiceContext, depot_id: str, now: datetime, active: Sequence[Job]) -> LiveDepot:
    """Return a depot's rounds at a moment, with the tips that supervisors have sent crews to."""
    depot_day = make_day(ctx, depot_id, now, every_active=active)
    sheets = {
        crew_id: tuple(_with_diversions(ctx, [depot_day.jobs[step.id] for step in steps if step.kind == "job"]))
        for crew_id, steps in depot_day.present.items()
    }
    day = endless(depot_day.day)
    rounds = {crew_id: drive(day, crew_id, steps, depot_day.travel) for crew_id, steps in sheets.items()}
    return LiveDepot(depot_day, sheets, rounds)


def endless(day: Day) -> Day:
    """Return the day without the end of shifts: what is too much is to be seen, not dropped."""
    return replace(day, crews={key: replace(crew, end=DAY_END) for key, crew in day.crews.items()})


def _with_diversions(ctx: ServiceContext, jobs: Sequence[Job]) -> list[Step]:
    """Return a sheet of jobs with a tip before each to which its crew was diverted by way of a site."""
    steps: list[Step] = []
    for job in jobs:
        if is_diverted(ctx, job):
            steps.append(Step("tip", str(job.tip_first_at)))
        steps.append(Step("job", job.id))
    return steps


def crew_jobs(ctx: ServiceContext, crew_id: str) -> list[Job]:
    """Return the stops of a crew that are not begun, in order."""
    return [job for job in store.jobs_of_crew(ctx.store, crew_id) if job.state == "assigned"]
