"""What somebody answerable for an area needs to know of it: what is open, late, comes back, and changed in a week.

Pure functions over reports stripped to codes, places and dates: nothing here could show who reported. Every number is
the length of a list that the same function gives, so that it always opens to its records.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

WEEK = timedelta(days=7)
REPEAT_WINDOW = timedelta(days=60)
REPEAT_TIMES = 3
"""Twice in two months is chance; three times is a place to think about."""

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

    @property
    def place_key(self) -> str:
        """What makes two reports be at one place: the gazetteer's place, else the square of the grid."""
        return self.place_id or self.cell

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
    """A place where the same kind of thing is reported again and again; `times` within the window."""

    key: str
    kind: str
    reports: tuple[Seen, ...]

    @property
    def times(self) -> int:
        """How often, joined reports counted once."""
        return len(self.reports)

    @property
    def last_at(self) -> datetime:
        """When it was reported last."""
        return max(report.reported_at for report in self.reports)


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


def repeats(reports: Iterable[Seen], now: datetime) -> list[Repeat]:
    """Return the places that came back at least three times in 60 days, the most frequent first.

    Joined reports are one event, and what lies at a home says too much about who lives there: neither counts.
    """
    by_place: defaultdict[tuple[str, str], list[Seen]] = defaultdict(list)
    for report in reports:
        counts = report.is_exact and report.closure != "duplicate"
        if counts and now - REPEAT_WINDOW < report.reported_at <= now:
            by_place[report.place_key, report.kind].append(report)
    found = [
        Repeat(key, kind, tuple(sorted(there, key=lambda one: one.reported_at, reverse=True)))
        for (key, kind), there in by_place.items()
        if len(there) >= REPEAT_TIMES
    ]
    return sorted(found, key=lambda place: (-place.times, -place.last_at.timestamp(), place.key))


def by_ward(reports: Sequence[Seen], now: datetime) -> dict[str, dict[str, int]]:
    """Return for every ward with something in it how long each list is there."""
    wards = sorted({report.ward for report in reports})
    counted = {
        ward: {name: sum(report.ward == ward and belongs(report, now) for report in reports)
               for name, belongs in LISTS.items()}
        for ward in wards
    }  # fmt: skip
    return {ward: counts for ward, counts in counted.items() if any(counts.values())}
