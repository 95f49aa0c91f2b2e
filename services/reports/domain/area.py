"""What somebody answerable for an area needs to know of it: what is open, late, comes back, and changed in a week.

Pure functions over reports stripped to codes, places and dates: nothing here could show who reported. Every number is
the length of a list that the same function gives, so that it always opens to its records.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import hypot

WEEK = timedelta(days=7)
REPEAT_TIMES = 3
"""Twice is chance; three times is a place to think about."""

GONE = frozenset({"cleared", "already-cleared", "cleared-by-owner"})
"""Closures after which waste at the same spot is new."""

OPENING, CLOSING = frozenset({"received", "reopened"}), "closed"


@dataclass(frozen=True)
class Seen:
    """A report as it is seen from its area; `steps` are (when, what) of its story, the oldest first."""

    id: str
    reference: str
    kind: str
    closure: str | None
    is_open: bool
    ward: str
    place_id: str | None
    cell: str
    is_exact: bool
    lat: float
    lon: float
    easting: int
    northing: int
    reported_at: datetime
    deadline: datetime | None
    steps: tuple[tuple[datetime, str], ...]

    def was_open(self, at: datetime) -> bool:
        """Say whether it was open at an instant, by its story."""
        turns = [what for when, what in self.steps if when <= at and (what in OPENING or what == CLOSING)]
        return bool(turns) and turns[-1] != CLOSING

    def is_late(self, at: datetime) -> bool:
        """Say whether it is open now and its deadline was before an instant."""
        return self.is_open and self.deadline is not None and self.deadline < at

    def was_late(self, at: datetime) -> bool:
        """Say whether at an instant it was open and past the deadline that it has now, or had last."""
        return self.deadline is not None and self.deadline < at and self.was_open(at)

    def had(self, whats: Iterable[str], since: datetime, until: datetime) -> bool:
        """Say whether something of its story happened after one instant and not after another."""
        wanted = frozenset(whats)
        return any(since < when <= until and what in wanted for when, what in self.steps)


@dataclass(frozen=True)
class Repeat:
    """A place where the same kind of thing lies again and again; `reports` are its times, the newest first."""

    reports: tuple[Seen, ...]

    @property
    def newest(self) -> Seen:
        """The time of now, or the last one."""
        return self.reports[0]

    @property
    def times(self) -> int:
        """How often it lay there."""
        return len(self.reports)


LISTS: Mapping[str, Callable[[Seen, datetime], bool]] = {
    "open": lambda report, _now: report.is_open,
    "overdue": lambda report, now: report.is_late(now),
    "opened": lambda report, now: report.had(OPENING, now - WEEK, now),
    "closed": lambda report, now: report.had((CLOSING,), now - WEEK, now),
    "open-then": lambda report, now: report.was_open(now - WEEK),
    "overdue-then": lambda report, now: report.was_late(now - WEEK),
}
"""The lists that the figures open to, by their names in addresses."""


def listed(reports: Iterable[Seen], name: str, now: datetime) -> list[Seen]:
    """Return the reports of a list: the late ones by how late, others the newest first."""
    belongs = LISTS[name]
    found = [report for report in reports if belongs(report, now)]
    if name.startswith("overdue"):
        return sorted(found, key=lambda report: (report.deadline or now, report.reference))
    return sorted(found, key=lambda report: (-report.reported_at.timestamp(), report.reference))


def repeats(reports: Iterable[Seen], now: datetime, *, within_m: int, days: int) -> list[Repeat]:
    """Return the places that came back at least three times within the days before `now`, the most frequent first.

    Counted as a report's own page counts: so near to the newest, and each time only after what lay there before was
    cleared; whoever reports the same heap again adds nothing. What lies at a home says too much about who lives there.
    """
    since = now - timedelta(days=days)
    waiting = _near_by(reports, within_m, lambda one: since < one.reported_at <= now)
    found = []
    for newest in sorted(waiting.all, key=lambda one: one.reported_at, reverse=True):
        if newest.id in waiting.taken:
            continue
        times = _times(waiting.take_around(newest))
        if len(times) >= REPEAT_TIMES:
            found.append(Repeat(tuple(reversed(times))))
    return sorted(found, key=lambda one: (-one.times, -one.newest.reported_at.timestamp(), one.newest.reference))


class _Waiting:
    """Reports that may be times of a place, by squares as wide as the distance that counts."""

    def __init__(self, reports: Iterable[Seen], within_m: int) -> None:
        self.all = list(reports)
        self.taken: set[str] = set()
        self._within_m = within_m
        self._squares: defaultdict[tuple[str, int, int], list[Seen]] = defaultdict(list)
        for one in self.all:
            self._squares[one.kind, one.easting // within_m, one.northing // within_m].append(one)

    def take_around(self, middle: Seen) -> list[Seen]:
        """Take out what nobody took of those near enough to a report and of its kind, itself among them."""
        column, row = middle.easting // self._within_m, middle.northing // self._within_m
        near = [
            one
            for east in (column - 1, column, column + 1)
            for north in (row - 1, row, row + 1)
            for one in self._squares.get((middle.kind, east, north), ())
            if one.id not in self.taken
            and hypot(one.easting - middle.easting, one.northing - middle.northing) <= self._within_m
        ]
        self.taken.update(one.id for one in near)
        return near


def _near_by(reports: Iterable[Seen], within_m: int, is_recent: Callable[[Seen], bool]) -> _Waiting:
    """Return the reports that may be times of a place: at no home, recent, and open or cleared."""
    return _Waiting(
        (one for one in reports if one.is_exact and is_recent(one) and (one.is_open or one.closure in GONE)), within_m
    )


def _times(near: Iterable[Seen]) -> list[Seen]:
    """Return the reports that are times of their own, the oldest first: what lay there before was gone by then."""
    times: list[Seen] = []
    for one in sorted(near, key=lambda report: report.reported_at):
        if not times or not times[-1].was_open(one.reported_at):
            times.append(one)
    return times


def by_ward(reports: Sequence[Seen], now: datetime) -> dict[str, dict[str, int]]:
    """Return for every ward with something in it how long each list is there."""
    wards = sorted({report.ward for report in reports})
    counted = {
        ward: {name: sum(report.ward == ward and belongs(report, now) for report in reports)
               for name, belongs in LISTS.items()}
        for ward in wards
    }  # fmt: skip
    return {ward: counts for ward, counts in counted.items() if any(counts.values())}
