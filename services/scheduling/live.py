"""The crews' rounds as they stand at a moment: every sheet driven with the replay that plans are made with.

What the board shows, what moving a job would change, and where an urgent one fits best all look at the same rounds.
They are worked out once for each change of a depot and minute of the clock, however many people look; and a change of
one round is the work of one round. What has another version is read and driven again, and nothing else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Lock

from services.scheduling import store
from services.scheduling.availability import absent_on
from services.scheduling.days import DepotDay, make_day
from services.scheduling.domain.job import Job
from services.scheduling.rounds.day import DAY_END, Day, Step
from services.scheduling.rounds.drive import Round, drive
from services.scheduling.supervising import is_diverted
from shared.calendar import london_date
from shared.service import ServiceContext
from shared.store.port import Store

MOST_ACTIVE_JOBS = 2000
READ_ONE_BY_ONE = 100
"""Where more jobs have changed than this, all are read again."""


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
    """The active jobs, and the rounds of each depot, kept while nothing of theirs has changed; one for each process."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[object, LiveDepot]] = {}
        self._jobs: dict[str, Job] = {}
        self._jobs_of: Store | None = None
        self._lock, self._jobs_lock = Lock(), Lock()

    def active_jobs(self, ctx: ServiceContext) -> list[Job]:
        """Return the active jobs as they are now, the most urgent first; only those of another version are read."""
        with self._jobs_lock:
            if self._jobs_of is not ctx.store:
                self._jobs, self._jobs_of = {}, ctx.store
            versions = store.active_versions(ctx.store, limit=MOST_ACTIVE_JOBS)
            kept = self._jobs
            stale = [
                job_id for job_id, version in versions.items() if job_id not in kept or kept[job_id].version != version
            ]
            fresh = (
                store.jobs_by_id(ctx.store, stale)
                if len(stale) <= READ_ONE_BY_ONE
                else store.active_jobs(ctx.store, limit=MOST_ACTIVE_JOBS)
            )
            known = {
                **kept,
                **{job.id: job for job in fresh if job.id not in kept or kept[job.id].version != job.version},
            }
            self._jobs = {job_id: known[job_id] for job_id in versions if job_id in known}
            # What has come to its end between the two looks is left out.
            return [job for job in self._jobs.values() if job.is_active]

    def of(self, ctx: ServiceContext, depot_id: str, active: Sequence[Job] | None = None) -> LiveDepot:
        """Return the rounds of a depot as they are now; whoever has read all active jobs already may give them."""
        # Times of a minute are those of its beginning, so that within it what has not changed stays as it is.
        minute = ctx.clock.now().replace(second=0, microsecond=0)
        jobs = self.active_jobs(ctx) if active is None else active
        state = (ctx.store, minute, _state_of(ctx, depot_id, jobs, minute))
        with self._lock:
            kept = self._kept.get(depot_id)
            if kept is not None and kept[0] == state:
                return kept[1]
            is_same_store = kept is not None and isinstance(kept[0], tuple) and kept[0][0] is ctx.store
            made = make_live(ctx, depot_id, minute, jobs, was=kept[1] if kept is not None and is_same_store else None)
            self._kept[depot_id] = (state, made)
            return made


def _state_of(ctx: ServiceContext, depot_id: str, active: Sequence[Job], now: datetime) -> object:
    """Return what a depot's rounds depend on, as versions: its crews' shifts and absences, vehicles, and jobs."""
    own = {crew.id for crew in store.all_crews(ctx.store) if crew.depot_id == depot_id}
    return (
        # A job that was finished is no longer active; its crew is then where it was.
        tuple((job.id, job.version) for job in active if job.crew_id in own or job.depot_id == depot_id),
        tuple((vehicle.id, vehicle.version) for vehicle in store.all_vehicles(ctx.store)),
        store.crews_on_shift(ctx.store) & own,
        absent_on(ctx, own, london_date(now)),
    )


def make_live(
    ctx: ServiceContext, depot_id: str, now: datetime, active: Sequence[Job], *, was: LiveDepot | None = None
) -> LiveDepot:
    """Return a depot's rounds at a moment, with the tips that supervisors have sent crews to.

    From how they were before (`was`), those that nothing has changed in are taken.
    """
    depot_day = make_day(ctx, depot_id, now, every_active=active, was=was.depot_day if was else None)
    sheets = {
        crew_id: tuple(_with_diversions(ctx, [depot_day.jobs[step.id] for step in steps if step.kind == "job"]))
        for crew_id, steps in depot_day.present.items()
    }
    day = endless(depot_day.day)
    rounds = {
        crew_id: was.rounds[crew_id]
        if was is not None and _is_same_round(was, depot_day, sheets, crew_id)
        else drive(day, crew_id, steps, depot_day.travel)
        for crew_id, steps in sheets.items()
    }
    return LiveDepot(depot_day, sheets, rounds)


def _is_same_round(was: LiveDepot, depot_day: DepotDay, sheets: Mapping[str, tuple[Step, ...]], crew_id: str) -> bool:
    """Say whether a crew would drive the very round that it would have driven before."""
    day, old = depot_day.day, was.day
    return (
        was.depot_day.travel is depot_day.travel
        and was.sheets.get(crew_id) == sheets[crew_id]
        and old.crews.get(crew_id) == day.crews[crew_id]
        and old.sites == day.sites
        and all(old.jobs[step.id] == day.jobs[step.id] for step in sheets[crew_id] if step.kind == "job")
    )


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
