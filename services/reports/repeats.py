"""How often a place was tipped on lately: the same spot, cleared in between, within the days that the council counts.

Only what was cleared counts as a time of its own: two people who report one heap are duplicates, and the heap is there
once. So "5th time in 60 days" means that crews have been there four times.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import hypot

from services.reports.domain.report import Place, Report
from services.reports.store import NEWEST_FIRST, REPORTS, reports
from shared.council import Kind
from shared.geo import cells_around
from shared.service import ServiceContext
from shared.store.port import In, Range

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


def times_at(ctx: ServiceContext, place: Place, kind: Kind, *, before: datetime, but: str = "") -> int:
    """Return which time it is that a place was tipped on; 1 where it is the first, or the kind is not about waste.

    Every report that is accepted asks this, so no report is loaded for it.
    """
    return len(_earlier(ctx, place, kind, before, but)) + 1


def repeats_at(ctx: ServiceContext, place: Place, kind: Kind, *, before: datetime, but: str = "") -> Repeats:
    """Return the times that a place had been cleared before an instant, leaving out the report `but`.

    None for kinds that are not about waste.
    """
    ids = _earlier(ctx, place, kind, before, but)
    counted = ctx.council.assessment.repeat
    found, _ = reports(ctx.store).find({"_id": In(ids)}, limit=len(ids)) if ids else ([], None)
    newest_first = sorted(found, key=lambda report: report.reported_at, reverse=True)
    return Repeats(tuple(newest_first), counted.days if counted else 0)


def _earlier(ctx: ServiceContext, place: Place, kind: Kind, before: datetime, but: str) -> list[str]:
    """Return the ids of the reports that were cleared at a place before an instant, within the days that count."""
    counted = ctx.council.assessment.repeat
    if counted is None or not kind.is_waste:
        return []
    cells = cells_around(place.easting, place.northing, counted.within_m)
    since = before - timedelta(days=counted.days)
    page = ctx.store.find(
        REPORTS.name,
        {"gone": True, "cell": In(cells), "reported_at": Range(at_least=since, below=before)},
        sort=NEWEST_FIRST,
        limit=MOST_LOOKED_AT,
        fields=("kind", "closed_at", "easting", "northing"),
    )
    return [
        row["_id"]
        for row in page.items
        if row["_id"] != but
        and row["kind"] == kind.code
        and row["closed_at"] <= before
        and hypot(row["easting"] - place.easting, row["northing"] - place.northing) <= counted.within_m
    ]
