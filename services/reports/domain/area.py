"""What somebody answerable for an area needs to know of it: what is open, late, comes back, and changed in a week.

Pure functions over reports stripped to codes, places and dates: nothing here could show who reported. Every number is
the length of a list that the same function gives, so that it always opens to its records.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
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
class Spot:
    """A report that is open or was cleared, as it is looked at to find places that come back."""

    id: str
    reference: str
    kind: str
    is_open: bool
    easting: int
    northing: int
    reported_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True)
class Repeat:
    """A place where the same kind of thing lies again and again; `spots` are its times, the newest first."""

    spots: tuple[Spot, ...]

    @property
    def newest(self) -> Spot:
        """The time of now, or the last one."""
        return self.spots[0]

    @property
    def times(self) -> int:
        """How often it lay there."""
        return len(self.spots)


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


def repeats(spots: Iterable[Spot], *, within_m: int) -> list[Repeat]:
    """Return the places that came back at least three times, the most frequent first: so near to the newest there.

    Counted as a report's own page counts: each time only after what lay there before was cleared.
    """
    squares: defaultdict[tuple[str, int, int], list[Spot]] = defaultdict(list)
    for one in spots:
        squares[one.kind, one.easting // within_m, one.northing // within_m].append(one)
    taken: set[str] = set()
    found = []
    every = (one for there in squares.values() for one in there)
    for newest in sorted(every, key=lambda one: one.reported_at, reverse=True):
        if newest.id in taken:
            continue
        near = [one for one in _around(squares, newest, within_m) if one.id not in taken]
        taken.update(one.id for one in near)
        times = _times(near)
        if len(times) >= REPEAT_TIMES:
            found.append(Repeat(tuple(reversed(times))))
    return sorted(found, key=lambda one: (-one.times, -one.newest.reported_at.timestamp(), one.newest.reference))


def _around(squares: Mapping[tuple[str, int, int], list[Spot]], middle: Spot, within_m: int) -> Iterator[Spot]:
    """Yield what is near enough to a report and of its kind, itself among it."""
    column, row = middle.easting // within_m, middle.northing // within_m
    for east, north in product((column - 1, column, column + 1), (row - 1, row, row + 1)):
        for one in squares.get((middle.kind, east, north), ()):
            if hypot(one.easting - middle.easting, one.northing - middle.northing) <= within_m:
                yield one


def _times(near: Iterable[Spot]) -> list[Spot]:
    """Return the reports that are times of their own, the oldest first: what lay there before was gone by then."""
    times: list[Spot] = []
    for one in sorted(near, key=lambda report: report.reported_at):
        gone_at = times[-1].closed_at if times else one.reported_at
        if gone_at is not None and gone_at <= one.reported_at:
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
