"""The crews' rounds as the board shows them: each in words, a line for each stop, and drawn to scale of the day.

The words are the timeline; the drawing repeats them for whoever sees it. Both come from the rounds as driven
(`live.py`), so that a time on the board is the time that a plan, and a move, would reckon with.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil, floor

from services.scheduling import store
from services.scheduling.availability import absent_on, unavailable_words
from services.scheduling.domain.job import Job
from services.scheduling.live import LiveDepot, LiveRounds
from services.scheduling.rounds.drive import Round, Stop
from services.scheduling.supervising import is_diverted
from services.scheduling.web.view import CrewLoad
from shared.calendar import london_date
from shared.service import ServiceContext

HOUR = 3600
FIRST_HOUR, LAST_HOUR = 6, 18
"""The day that is drawn, unless somebody begins earlier or comes home later."""

STRETCHED_BY = 3
"""Hours by which the drawn day grows: with every new scale every round has to be drawn anew."""

LAST_OF_ALL = 30
"""Hours after midnight beyond which nothing is drawn: the night shift is home."""


@dataclass(frozen=True)
class Line:
    """One line of a round in words: a stop of the crew, a tip, or its break; without a time where there is none."""

    kind: str
    job: Job | None = None
    site_id: str | None = None
    at: datetime | None = None
    late_minutes: int = 0
    place: int | None = None
    """Where it is on the sheet, for a stop that can still be moved."""

    is_diverted: bool = False


@dataclass(frozen=True)
class Mark:
    """A piece of a drawn round, in minutes from the left edge."""

    kind: str
    x: int
    width: int
    job_id: str | None = None


@dataclass(frozen=True)
class Row:
    """One crew's round: what it has in hand, in words and drawn."""

    load: CrewLoad
    lines: Sequence[Line]
    marks: Sequence[Mark]
    home_at: datetime | None
    is_over: bool
    unseen: int
    why_not: str | None
    no_times: str | None
    """Why a crew that has signed on has no times, in words."""


@dataclass(frozen=True)
class Timeline:
    """All rounds at one moment, on one scale: from an hour of the day, so many minutes, with now on it."""

    rows: Sequence[Row]
    hours: Sequence[str]
    minutes: int
    now_x: int | None


def make_timeline(
    ctx: ServiceContext, live: LiveRounds, loads: Sequence[CrewLoad], jobs: Sequence[Job], now: datetime
) -> Timeline:
    """Return the rounds of crews, those on shift first; `jobs` are all active ones."""
    depots = {depot_id: live.of(ctx, depot_id, jobs) for depot_id in sorted({load.crew.depot_id for load in loads})}
    mine: dict[str, list[Job]] = {}
    for job in jobs:
        if job.crew_id is not None:
            mine.setdefault(job.crew_id, []).append(job)
    start, end = _window(list(depots.values()))
    absent = absent_on(ctx, [load.crew.id for load in loads], london_date(now))
    ordered = sorted(loads, key=lambda load: (not load.on_shift, not load.stops, load.crew.name))
    scale = _Scale(start, end)
    rows = [
        _row(
            ctx,
            load,
            depots[load.crew.depot_id],
            store.in_order(mine.get(load.crew.id, [])),
            scale=scale,
            now=now,
            absent=absent,
        )
        for load in ordered
    ]
    at = next(iter(depots.values())).depot_day.frame.seconds(now) if depots else 0
    return Timeline(
        rows,
        [_hour(hour) for hour in range(start, end)],
        (end - start) * 60,
        scale.x(at) if start * HOUR <= at <= end * HOUR else None,
    )


@dataclass(frozen=True)
class _Scale:
    """The hours that are drawn."""

    start: int
    end: int

    def x(self, seconds: float) -> int:
        """Return where a time of the day lies, in minutes from the left edge."""
        return round((min(max(seconds, self.start * HOUR), self.end * HOUR) - self.start * HOUR) / 60)


def _window(depots: Sequence[LiveDepot]) -> tuple[int, int]:
    """Return the first and the last hour to be drawn."""
    first, last = FIRST_HOUR * HOUR, LAST_HOUR * HOUR
    for depot in depots:
        for crew_id, round_ in depot.rounds.items():
            crew = depot.day.crews[crew_id]
            first = min(first, crew.start)
            last = max(last, crew.end, int(round_.home_at) if round_.stops else 0)
    end = LAST_HOUR + STRETCHED_BY * ceil((last / HOUR - LAST_HOUR) / STRETCHED_BY)
    return max(0, floor(first / HOUR)), min(LAST_OF_ALL, end)


def _hour(hour: int) -> str:
    """Return how an hour of the day is written on the scale: 6am."""
    return f"{hour % 12 or 12}{'am' if hour % 24 < 12 else 'pm'}"


def _row(
    ctx: ServiceContext,
    load: CrewLoad,
    depot: LiveDepot,
    jobs: Sequence[Job],
    *,
    scale: _Scale,
    now: datetime,
    absent: frozenset[str],
) -> Row:
    """Return a crew's round."""
    round_ = depot.rounds.get(load.crew.id)
    return Row(
        load=load,
        lines=_lines(ctx, depot, round_, jobs),
        marks=_marks(depot, round_, jobs, scale, now) if round_ is not None else (),
        home_at=depot.depot_day.frame.instant(round_.home_at) if round_ is not None and round_.stops else None,
        is_over=round_ is not None and bool(round_.stops) and round_.home_at > depot.day.crews[load.crew.id].end,
        unseen=sum(job.state == "assigned" and job.seen_at is None for job in jobs),
        why_not=unavailable_words(load.crew, load.vehicle, is_absent=load.crew.id in absent),
        no_times=why.words if (why := depot.day.absent.get(load.crew.id)) and load.on_shift else None,
    )


def _lines(ctx: ServiceContext, depot: LiveDepot, round_: Round | None, jobs: Sequence[Job]) -> list[Line]:
    """Return a round in words: what is under way, what comes at which time, and what has no time."""
    places = {job.id: number for number, job in enumerate(job for job in jobs if job.state == "assigned")}
    by_id: Mapping[str, Job] = {job.id: job for job in jobs}
    lines = [Line("job", job) for job in jobs if job.state == "started"]
    timed: set[str] = set()
    for stop in round_.stops if round_ is not None else ():
        at = depot.depot_day.frame.instant(stop.arrive)
        if stop.kind == "job" and stop.id in by_id:
            job = by_id[stop.id]
            timed.add(stop.id)
            late = _late_minutes(depot, stop)
            lines.append(Line("job", job, None, at, late, places.get(stop.id), is_diverted(ctx, job)))
        elif stop.kind != "job":
            lines.append(Line(stop.kind, None, stop.id or None, at))
    untimed = [job for job in jobs if job.state == "assigned" and job.id not in timed]
    return [*lines, *(Line("job", job, place=places[job.id], is_diverted=is_diverted(ctx, job)) for job in untimed)]


def _late_minutes(depot: LiveDepot, stop: Stop) -> int:
    """Return by how many minutes a stop will miss its deadline."""
    deadline = depot.day.jobs[stop.id].deadline
    return max(0, round((stop.begin - deadline) / 60)) if deadline is not None else 0


def _marks(depot: LiveDepot, round_: Round, jobs: Sequence[Job], scale: _Scale, now: datetime) -> list[Mark]:
    """Return a round as it is drawn: the way as a line from its first to its last moment, and a piece for each stop."""
    frame, marks = depot.depot_day.frame, []
    begun = next((job for job in jobs if job.state == "started"), None)
    crew = depot.day.crews[round_.crew_id]
    if begun is not None:
        x = scale.x(frame.seconds(begun.started_at or now))
        marks.append(Mark("begun", x, max(1, scale.x(crew.ready) - x), begun.id))
    if round_.stops:
        x = scale.x(crew.ready)
        marks.append(Mark("way", x, max(1, scale.x(round_.home_at) - x)))
    for stop in round_.stops:
        x = scale.x(stop.begin)
        kind = "late" if stop.kind == "job" and _late_minutes(depot, stop) else stop.kind
        marks.append(Mark(kind, x, max(2, scale.x(stop.leave) - x - 1), stop.id if stop.kind == "job" else None))
    marks.append(Mark("end", scale.x(crew.end), 1))
    return marks
