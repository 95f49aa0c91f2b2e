"""The end of a day: every job of it once, with where it came from and what became of it, whoever asks and however late.

A job is of a day when a plan of the day had it, when it was on a crew's list at any moment of it, when somebody put it
off or called it off then, or when it was due and on nobody's list. It came to the day in one of `ORIGINS` ways and left
it in one of `ENDINGS`, the first that fits; so what was planned and added is what was done, called off and carried
over. What does not fit is listed, never left out. See docs/adr/0048-a-day-is-reconciled-from-trails.md.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from services.scheduling.domain.job import (
    BY_PLAN,
    CAMPAIGN_DAY,
    CANCEL_REASONS,
    CREW_ABSENT,
    DEFER_REASONS,
    VEHICLE_OFF_ROAD,
    Job,
)
from services.scheduling.domain.trail import Mark, between, stood_at
from shared.calendar import london_date, london_day

PLANNED, OFF_LIST = "planned", "off-list"
ORIGINS: Mapping[str, str] = {
    PLANNED: "Planned",
    "crew-found": "Found by a crew",
    "urgent": "Urgent, came in during the day",
    "carried-in": "On a list from the day before",
    "by-hand": "Given by hand",
    OFF_LIST: "Due or decided, on nobody’s list",
}
"""How a job came to a day, in the order in which they are asked."""

DONE, CALLED_OFF, CARRIED = "done", "called-off", "carried"
ENDINGS: Mapping[str, tuple[str, str]] = {
    "done": (DONE, "Done"),
    "cancelled": (CALLED_OFF, "Cancelled"),
    "done-earlier": (CALLED_OFF, "Done the day before, heard of late"),
    "put-off": (CARRIED, "Put off"),
    "exception": (CARRIED, "The crew was there and could not finish"),
    "held": (CARRIED, "Held for evidence"),
    "sent-back": (CARRIED, "Proof sent back"),
    "under-way": (CARRIED, "Under way at the end"),
    "handed-back": (CARRIED, "Handed back by the crew"),
    "crew-absent": (CARRIED, "The crew was not there"),
    "vehicle-off-road": (CARRIED, "The vehicle was off the road"),
    "taken-off": (CARRIED, "A newer plan had no room for it"),
    "not-reached": (CARRIED, "Not reached"),
    "not-given": (CARRIED, "Given to no crew"),
}
"""What became of a job, with the side of the sum that it stands on."""

REASON_ASKED = ("not-reached", "not-given")
"""Nobody has said why: the supervisor does, as the day is closed. The same codes stand where nobody chooses another."""

URGENT = 1
INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True)
class DayFacts:
    """What a day is reconciled from beside its jobs.

    `planned` are the jobs of all plans that were published for the day, each with the crew that the last of them gave
    it to; `absent` the crews that were not there; `depots` every crew with its depot.
    """

    day: date
    planned: Mapping[str, str]
    absent: frozenset[str]
    depots: Mapping[str, str]

    @property
    def span(self) -> tuple[datetime, datetime]:
        """The first instant of the day by London's clock, and of the next: 23, 24 or 25 hours."""
        return london_day(self.day)


@dataclass(frozen=True)
class DayJob:
    """One job of a day. `crew_id` did it or had it last; `until` is the day to which it is known to be put off."""

    job_id: str
    reference: str
    depot_id: str
    crew_id: str | None
    origin: str
    ending: str
    reason: str | None = None
    until: date | None = None
    at: datetime | None = None

    @property
    def side(self) -> str:
        """The side of the sum: done, called off, or carried over."""
        return ENDINGS[self.ending][0]


@dataclass(frozen=True)
class Tally:
    """The sum of some jobs of a day; it balances when every one of them came in and went out once."""

    planned: int
    added: int
    off_list: int
    done: int
    called_off: int
    carried: int
    done_unplanned: int

    @property
    def into(self) -> int:
        """How many came to the day."""
        return self.planned + self.added + self.off_list

    @property
    def out(self) -> int:
        """How many were done, called off or carried over."""
        return self.done + self.called_off + self.carried

    @property
    def balances(self) -> bool:
        """Say whether both sides are the same."""
        return self.into == self.out


def reconcile(jobs: Iterable[Job], facts: DayFacts) -> list[DayJob]:
    """Return the jobs of a day, each once, by depot, crew and reference; other days' jobs are passed over."""
    found = {job.id: row for job in jobs for row in [account_for(job, facts)] if row is not None}
    return sorted(found.values(), key=lambda row: (row.depot_id, row.crew_id or "~", row.reference, row.job_id))


def unaccounted(rows: Sequence[DayJob], facts: DayFacts) -> list[str]:
    """Return the ids of planned jobs that are in no row: it should be empty, and is shown where it is not."""
    known = {row.job_id for row in rows}
    return sorted(job_id for job_id in facts.planned if job_id not in known)


def tally(rows: Sequence[DayJob]) -> Tally:
    """Return the sum of some jobs of a day."""

    def count(side: str) -> int:
        return sum(row.side == side for row in rows)

    planned = sum(row.origin == PLANNED for row in rows)
    off_list = sum(row.origin == OFF_LIST for row in rows)
    return Tally(
        planned=planned,
        added=len(rows) - planned - off_list,
        off_list=off_list,
        done=count(DONE),
        called_off=count(CALLED_OFF),
        carried=count(CARRIED),
        done_unplanned=sum(row.side == DONE and row.origin != PLANNED for row in rows),
    )


def account_for(job: Job, facts: DayFacts) -> DayJob | None:
    """Return what a day has to say of a job, None where it is none of the day's."""
    start, end = facts.span
    before, after = stood_at(job.trail, start - INSTANT), stood_at(job.trail, end - INSTANT)
    if after is None:
        return None
    marks = between(job.trail, start, end)
    origin = _origin(job, facts, before, marks)
    if origin is None and not _is_off_list(job, facts.day, before, after, marks):
        return None
    was_listed = origin is not None
    ending = _ending(after, facts, start, was_listed=was_listed)
    crew_id = _crew(after, facts, job, before, marks)
    return DayJob(
        job_id=job.id,
        reference=job.reference,
        depot_id=facts.depots.get(crew_id or "", job.depot_id),
        crew_id=crew_id,
        origin=origin or OFF_LIST,
        ending=ending,
        reason=after.reason if was_listed or after.state != "open" else None,
        until=_carried_to(job, facts, after, ending),
        at=after.at,
    )


def _origin(job: Job, facts: DayFacts, before: Mark | None, marks: Sequence[Mark]) -> str | None:
    """Return how a job came to be on a list of the day, None where it was on none."""
    if job.id in facts.planned:
        return PLANNED
    was_there = before is not None and before.is_on_a_sheet
    if not was_there and not any(mark.is_on_a_sheet or mark.state == "completed" for mark in marks):
        return None
    is_new = london_date(job.created_at) == facts.day
    if is_new and job.channel == "crew":
        return "crew-found"
    if is_new and job.priority == URGENT:
        return "urgent"
    return "carried-in" if was_there else "by-hand"


def _is_off_list(job: Job, day: date, before: Mark | None, after: Mark, marks: Sequence[Mark]) -> bool:
    """Say whether a job that was on nobody's list is of the day all the same: somebody decided, or it was due."""
    decided = {*CANCEL_REASONS, *DEFER_REASONS}
    if any(mark.state in ("cancelled", "deferred") and mark.reason in decided for mark in marks):
        return True
    if after.state not in ("open", "deferred") or (after.reason == CAMPAIGN_DAY and after.until != day):
        return False
    is_due = job.deadline is not None and london_date(job.deadline) == day
    comes_due = before is not None and before.until == day
    is_round = job.beat_id is not None and london_date(job.created_at) == day
    starts_today = job.campaign_id is not None and before is None and after.until is None
    return is_due or comes_due or is_round or starts_today


def _ending(after: Mark, facts: DayFacts, start: datetime, *, was_listed: bool) -> str:
    """Return what had become of a job by the end of the day."""
    if after.state == "completed":
        return "done" if after.at >= start else "done-earlier"
    if after.state in ("cancelled", "started"):
        return {"cancelled": "cancelled", "started": "held" if after.held else "under-way"}[after.state]
    if after.held:
        return "held"
    if after.state == "deferred":
        return "put-off" if after.reason in (*DEFER_REASONS, CAMPAIGN_DAY) else "exception"
    if after.state == "assigned":
        return "sent-back" if after.reason else "crew-absent" if after.crew_id in facts.absent else "not-reached"
    return _of_the_open(after.reason) if was_listed else "not-given"


def _of_the_open(reason: str | None) -> str:
    """Return what became of a job that was taken from a list."""
    by_others = {CREW_ABSENT: "crew-absent", VEHICLE_OFF_ROAD: "vehicle-off-road", BY_PLAN: "taken-off"}
    return by_others.get(reason, "handed-back") if reason else "not-given"


def _crew(after: Mark, facts: DayFacts, job: Job, before: Mark | None, marks: Sequence[Mark]) -> str | None:
    """Return the crew that a job is counted with: the one that has it at the end, had it last, or should have."""
    if after.crew_id is not None:
        return after.crew_id
    had = [mark.crew_id for mark in (before, *marks) if mark is not None and mark.crew_id is not None]
    return had[-1] if had else facts.planned.get(job.id)


def _carried_to(job: Job, facts: DayFacts, after: Mark, ending: str) -> date | None:
    """Return the day that a job was carried over to: where it turned up next, or is known to; None where nobody knows.

    What stays on a list is on it the next day.
    """
    if ENDINGS[ending][0] != CARRIED:
        return None
    _, end = facts.span
    if after.is_on_a_sheet:
        return facts.day + timedelta(days=1)
    later = [mark for mark in job.trail if mark.at >= end and (mark.is_on_a_sheet or mark.state == "completed")]
    if later:
        return min(london_date(mark.at) for mark in later)
    is_later = job.expected_on is not None and job.expected_on > facts.day
    return after.until or (job.expected_on if is_later else None)
