"""The end of a day: read what a day was, close it with reasons, open it again.

What a day was is worked out from its jobs' trails whenever somebody looks, so it is right whatever has arrived since. A
closed day keeps its jobs as they were closed; what is different now is shown beside them. Two people who close the same
day at once: the record's version lets one, and the other is told.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import date
from functools import cached_property
from hashlib import sha256

from services.scheduling import store
from services.scheduling.availability import is_absent_on
from services.scheduling.crew_lists import crew_lists
from services.scheduling.domain import day_record as records
from services.scheduling.domain.day_end import DayFacts, DayJob, Tally, reconcile, tally, unaccounted
from services.scheduling.domain.day_record import DayRecord, Signature
from services.scheduling.domain.depots import Depot
from services.scheduling.domain.fleet import Crew
from services.scheduling.domain.job import Job
from services.scheduling.domain.plan import Plan, PlannedRound
from services.scheduling.domain.worked import Loads, TipRecord, Worked, loads_of, minutes_of, worked
from shared.calendar import london_date
from shared.contracts.envelope import Cause
from shared.errors import Conflict, DomainError, Duplicate, NotFound
from shared.service import ServiceContext
from shared.store.port import ASCENDING, DESCENDING, HasAny, In, Range

PAGE = 500
MANY = 2000
"""Shifts, plans and tips of a day: more than the largest council has."""


@dataclass(frozen=True)
class Seen:
    """What whoever closes a day was shown: the record's version, and the fingerprint of the jobs."""

    version: int
    mark: str


@dataclass(frozen=True)
class DayEnd:
    """A day as a supervisor reconciles it: its jobs as closed or as they stand, hours, loads, plans."""

    facts: DayFacts
    depots: Sequence[Depot]
    """The depots by name; one that is retired where something of the day is its own."""

    crews: Mapping[str, Crew]
    jobs: Mapping[str, Job]
    records: Mapping[str, DayRecord]
    now_rows: Sequence[DayJob]
    plans: Sequence[Plan]
    shifts: Sequence[Worked]
    tips: Sequence[TipRecord]
    weighed: Mapping[str, int]

    @property
    def day(self) -> date:
        """The day."""
        return self.facts.day

    @cached_property
    def rows(self) -> Sequence[DayJob]:
        """Every job of the day: of a closed depot as it was closed."""
        closed = [row for record in self.records.values() if record.is_closed for row in record.rows]
        return [*closed, *(row for row in self.now_rows if not self.record(row.depot_id).is_closed)]

    @cached_property
    def unaccounted(self) -> Sequence[str]:
        """Planned jobs that nothing is known of; there should be none."""
        return unaccounted(self.now_rows, self.facts)

    def record(self, depot_id: str) -> DayRecord:
        """Return a depot's record; a new one where nobody has closed its day."""
        return self.records.get(depot_id) or records.new_record(depot_id, self.day)

    def reason_of(self, row: DayJob) -> str | None:
        """Return the code of why a job was not done: what the supervisor chose, or what is known."""
        return self.record(row.depot_id).reasons.get(row.job_id) or row.reason

    def left_words(self, job_id: str) -> str:
        """Return why the last plan of the day left a job, in the plan's words; empty where no plan left it."""
        left = [each for plan in self.plans if plan.proposal for each in plan.proposal.unplanned]
        return next((each.words for each in reversed(left) if each.job_id == job_id), "")

    def of_depot(self, depot_id: str) -> list[DayJob]:
        """Return a depot's jobs."""
        return [row for row in self.rows if row.depot_id == depot_id]

    def tally(self, depot_id: str | None = None, crew_id: str | None = None) -> Tally:
        """Return the sum of the day, of a depot, or of a crew."""
        return tally([row for row in self.rows if depot_id in (None, row.depot_id) and crew_id in (None, row.crew_id)])

    def crews_of(self, depot_id: str) -> list[Crew]:
        """Return a depot's crews that had a job, a shift or a tip."""
        busy = {row.crew_id for row in self.rows} | {tip.crew_id for tip in self.tips}
        busy |= {shift.crew_id for shift in self.shifts}
        return [crew for crew in self.crews.values() if crew.depot_id == depot_id and crew.id in busy]

    def shifts_of(self, crew_ids: Iterable[str]) -> list[Worked]:
        """Return the shifts of some crews."""
        wanted = set(crew_ids)
        return [shift for shift in self.shifts if shift.crew_id in wanted]

    def without_shift(self, depot_id: str) -> list[Crew]:
        """Return the depot's crews that finished a job on a day on which they did not sign on."""
        signed_on = {shift.crew_id for shift in self.shifts}
        worked_on = {row.crew_id for row in self.of_depot(depot_id) if row.ending == "done"}
        return [crew for crew in self.crews_of(depot_id) if crew.id in worked_on - signed_on and not crew.is_contractor]

    def minutes(self, crew_ids: Iterable[str]) -> int:
        """Return the minutes that some crews have worked, breaks left out."""
        return minutes_of(self.shifts_of(crew_ids))

    def tips_of(self, crew_ids: Iterable[str]) -> list[TipRecord]:
        """Return the tips of some crews."""
        wanted = set(crew_ids)
        return [tip for tip in self.tips if tip.crew_id in wanted]

    def loads(self, crew_ids: Iterable[str]) -> Loads:
        """Return what some crews have tipped."""
        return loads_of(self.tips_of(crew_ids), self.weighed)

    def first_plan(self, depot_id: str) -> Plan | None:
        """Return the plan that a depot's day began with: later ones are of what was left of it."""
        mine = [plan for plan in self.plans if plan.depot_id == depot_id and plan.published_at]
        return min(mine, key=lambda plan: (plan.published_at or plan.requested_at, plan.id), default=None)

    def planned_round(self, crew: Crew) -> PlannedRound | None:
        """Return what a crew's round was to be like by the first plan of the day; None where none says."""
        plan = self.first_plan(crew.depot_id)
        found = plan.proposal.rounds if plan and plan.proposal else ()
        return next((each for each in found if each.crew_id == crew.id), None)

    def planned_travel(self, depot_id: str) -> tuple[int, float] | None:
        """Return the minutes and kilometres of a depot's first plan; None where there is none."""
        plan = self.first_plan(depot_id)
        own = plan.proposal.figures[0].measures if plan and plan.proposal and plan.proposal.figures else None
        return (own.travel_minutes, own.kilometres) if own else None

    def mark(self, depot_id: str) -> str:
        """Return the fingerprint of a depot's jobs as they stand."""
        return fingerprint([row for row in self.now_rows if row.depot_id == depot_id])

    def differences(self, depot_id: str) -> list[tuple[DayJob | None, DayJob | None]]:
        """Return what a closed day has otherwise than it would have now."""
        record = self.record(depot_id)
        if not record.is_closed:
            return []
        return records.differences(record.rows, [row for row in self.now_rows if row.depot_id == depot_id])


def fingerprint(rows: Sequence[DayJob]) -> str:
    """Return what some jobs of a day are like, to notice whether they are still so."""
    return sha256(repr([astuple(row) for row in rows]).encode()).hexdigest()[:16]


def read_day(ctx: ServiceContext, day: date) -> DayEnd:
    """Return a day as it is known now; raises `NotFound` for one that has not come."""
    now = ctx.clock.now()
    if day > london_date(now):
        raise NotFound("This day has not come yet.")
    found, _ = store.crews(ctx.store).find({}, sort=(("name", ASCENDING),), limit=PAGE)
    crews = {crew.id: crew for crew in found}
    depots = store.every_depot(ctx.store)
    plans = [plan for depot in depots for plan in _published(ctx, depot.id, day)]
    # The last plan has the last word on who was to do what.
    planned = {stop.job_id: stop.crew_id for plan in plans for stop in (plan.proposal.stops if plan.proposal else ())}
    absent = frozenset(crew_id for crew_id in crews if is_absent_on(ctx, crew_id, day))
    facts = DayFacts(day, planned, absent, {crew.id: crew.depot_id for crew in crews.values()})
    jobs = _jobs(ctx, facts)
    tips = store.tips(ctx.store).find({"day": day.isoformat()}, limit=MANY)[0]
    start, end = facts.span
    shifts, _ = store.shifts(ctx.store).find(
        {"started_at": Range(start, end)}, sort=(("started_at", ASCENDING),), limit=MANY
    )
    records_of = (_record(ctx, depot.id, day) for depot in depots)
    known = {record.depot_id: record for record in records_of if record is not None}
    closed = [row.job_id for record in known.values() for row in record.rows]
    jobs |= _by_id(ctx, {*closed, *(job_id for tip in tips for job_id in tip.job_ids)} - jobs.keys())
    rows = reconcile(jobs.values(), facts)
    busy = {row.depot_id for row in rows} | {plan.depot_id for plan in plans} | {*known}
    return DayEnd(
        facts=facts,
        depots=[depot for depot in depots if not depot.is_retired or depot.id in busy],
        crews=crews,
        jobs=jobs,
        records=known,
        now_rows=rows,
        plans=plans,
        shifts=[worked(shift, now) for shift in shifts],
        tips=sorted(tips, key=lambda tip: (tip.tipped_at, tip.id)),
        weighed=_weighed(tips, jobs),
    )


def close_day(
    ctx: ServiceContext,
    depot_id: str,
    day: date,
    reasons: Mapping[str, str],
    signature: Signature,
    *,
    seen: Seen,
    cause: Cause,
) -> DayRecord:
    """Close a depot's day as it was shown; the same form sent again changes nothing.

    Raises:
        Conflict: somebody else has closed or opened it meanwhile, or its jobs are not as they were shown.
        DomainError: a crew is still at work on one of its jobs, or a reason is not on the list.
        NotFound: the day has not come, or there is no such depot.
    """
    store.depots(ctx.store).require(depot_id)
    found = read_day(ctx, day)
    record = found.record(depot_id)
    if _is_again(record, signature, seen):
        return record
    if record.version != seen.version:
        raise Conflict(f"the day {day} of {depot_id} was changed by somebody else")
    rows = [row for row in found.now_rows if row.depot_id == depot_id]
    if not record.is_closed and found.mark(depot_id) != seen.mark:
        raise Conflict(f"jobs of {day} at {depot_id} have changed")
    begun = [row.reference for row in rows if row.ending == "under-way"]
    if begun and day == london_date(ctx.clock.now()):
        raise DomainError(f"{begun[0]} is still under way. Close the day when the crew has finished it.", field="close")
    closed = records.close(record, rows, reasons, signature, known=crew_lists().day_end)
    return _save(ctx, closed, cause)


def open_day(
    ctx: ServiceContext, depot_id: str, day: date, signature: Signature, *, version: int, cause: Cause
) -> DayRecord:
    """Open a closed day again; raises `Conflict` where it is not as it was shown, `DomainError` where it is open."""
    record = _record(ctx, depot_id, day) or records.new_record(depot_id, day)
    if record.version != version:
        raise Conflict(f"the day {day} of {depot_id} was changed by somebody else")
    return _save(ctx, records.open_again(record, signature), cause)


def _is_again(record: DayRecord, signature: Signature, seen: Seen) -> bool:
    """Say whether a form was answered already: the same person has closed the same jobs of the version before."""
    is_next = record.is_closed and record.version == seen.version + 1
    return (
        is_next and record.last is not None and record.last.by == signature.by and fingerprint(record.rows) == seen.mark
    )


def _save(ctx: ServiceContext, record: DayRecord, cause: Cause) -> DayRecord:
    """Insert or save a record, by its version."""
    repository = store.day_records(ctx.store)
    try:
        return (repository.save if record.version else repository.add)(record, at=ctx.clock.now(), cause=cause)
    except Duplicate as error:
        raise Conflict(f"the day {record.day} of {record.depot_id} was closed by somebody else") from error


def _record(ctx: ServiceContext, depot_id: str, day: date) -> DayRecord | None:
    """Return the record of a depot's day."""
    return store.day_records(ctx.store).get(records.record_id(depot_id, day))


def _published(ctx: ServiceContext, depot_id: str, day: date) -> list[Plan]:
    """Return the plans that were published for a depot's day, the first one first."""
    start, end = DayFacts(day, {}, frozenset(), {}).span
    where = {"depot_id": depot_id, "requested_at": Range(start, end)}
    found, _ = store.plans(ctx.store).find(where, sort=(("requested_at", DESCENDING),), limit=MANY)
    published = [plan for plan in found if plan.published_at is not None]
    return sorted(published, key=lambda plan: (plan.published_at or plan.requested_at, plan.id))


def _jobs(ctx: ServiceContext, facts: DayFacts) -> dict[str, Job]:
    """Return the jobs that may be of a day: those that say so, those still on a list, and those of its plans."""
    jobs = store.jobs(ctx.store)
    found = {job.id: job for job in jobs.every({"days": HasAny([facts.day.isoformat()])})}
    found |= {job.id: job for job in jobs.every({"is_active": True}, sort=store.BY_URGENCY) if job.crew_id is not None}
    return found | _by_id(ctx, facts.planned.keys() - found.keys())


def _by_id(ctx: ServiceContext, ids: Iterable[str]) -> dict[str, Job]:
    """Return jobs by their ids, those that are gone left out."""
    wanted = sorted(ids)
    found: dict[str, Job] = {}
    for start in range(0, len(wanted), PAGE):
        jobs, _ = store.jobs(ctx.store).find({"_id": In(wanted[start : start + PAGE])}, limit=PAGE)
        found |= {job.id: job for job in jobs}
    return found


def _weighed(tips: Sequence[TipRecord], jobs: Mapping[str, Job]) -> dict[str, int]:
    """Return the kilograms of the tips of which tickets have come: the shares of all their jobs."""
    shares = {tip.id: [jobs[job_id].weighed_kg for job_id in tip.job_ids if job_id in jobs] for tip in tips}
    return {
        tip_id: sum(kg or 0 for kg in found) for tip_id, found in shares.items() if any(kg is not None for kg in found)
    }
