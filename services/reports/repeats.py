"""How often a place was tipped on lately: the same spot, cleared in between, within the days that the council counts.

Only what was cleared counts as a time of its own: two people who report one heap are duplicates, and the heap is there
once. So "5th time in 60 days" means that crews have been there four times.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.reports.domain.report import Place, Report
from services.reports.store import NEWEST_FIRST, reports
from shared.council import Kind
from shared.geo import cells_around, distance_m
from shared.service import ServiceContext
from shared.store.port import In, Range

GONE = frozenset({"cleared", "already-cleared", "cleared-by-owner"})
"""Closures after which waste at the same spot is new."""

MOST_LOOKED_AT = 200
"""Of a square where even more was reported in the time, the newest."""


@dataclass(frozen=True)
class Repeats:
    """The earlier times at a place, the newest first, and within how many days they are counted."""

    earlier: tuple[Report, ...]
    days: int

    @property
    def times(self) -> int:
        """Which time this is."""
        return len(self.earlier) + 1


def repeats_at(ctx: ServiceContext, place: Place, kind: Kind, *, before: datetime, but: str = "") -> Repeats:
    """Return the times that a place had been cleared before an instant, leaving out the report `but`.

    None for kinds that are not about waste.
    """
    counted = ctx.council.assessment.repeat
    if counted is None or not kind.is_waste:
        return Repeats((), 0)
    cells = cells_around(place.easting, place.northing, counted.within_m)
    since = before - timedelta(days=counted.days)
    found, _ = reports(ctx.store).find(
        {"cell": In(cells), "reported_at": Range(at_least=since, below=before)},
        sort=NEWEST_FIRST,
        limit=MOST_LOOKED_AT,
    )
    earlier = tuple(
        report
        for report in found
        if report.id != but
        and report.closure in GONE
        and report.closed_at is not None
        and report.closed_at <= before
        and report.kind == kind.code
        and distance_m(place.lat, place.lon, report.place.lat, report.place.lon) <= counted.within_m
    )
    return Repeats(earlier, counted.days)
