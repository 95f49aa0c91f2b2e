"""Reports that may be about the same heap as one: around it, of its kind, open or closed lately."""

from dataclasses import dataclass
from datetime import timedelta

from services.reports.domain.likeness import NO_DISTANCE_M, NO_TIME, Likeness, likeness
from services.reports.domain.report import Report
from services.reports.store import NEWEST_FIRST, reports
from shared.geo import cells_around, distance_m
from shared.service import ServiceContext
from shared.store.port import In, Range

MOST_LOOKED_AT = 200
"""Of a square where even more was reported in the time, the newest."""

MOST_SHOWN = 6


@dataclass(frozen=True)
class Candidate:
    """A report that may be the same, how far away it is, and how alike they are."""

    report: Report
    metres: int
    likeness: Likeness


def candidates(ctx: ServiceContext, report: Report) -> list[Candidate]:
    """Return the reports that this one may be a duplicate of, the likeliest first; none that is joined to another."""
    place = report.place
    cells = cells_around(place.easting, place.northing, NO_DISTANCE_M)
    around = (report.reported_at - NO_TIME, report.reported_at + NO_TIME + timedelta(milliseconds=1))
    when = Range(at_least=around[0], below=around[1])
    found = []
    # What is open, and what was cleared since: nothing else that is closed can be the same heap still.
    for there in ("open", "gone"):
        page, _ = reports(ctx.store).find(
            {there: True, "cell": In(cells), "reported_at": when}, sort=NEWEST_FIRST, limit=MOST_LOOKED_AT
        )
        found += page
    near = []
    for other in found:
        if other.id == report.id or other.kind != report.kind or other.merged_into is not None:
            continue
        if not other.is_open and other.closed_at is not None and other.closed_at <= report.reported_at:
            continue  # it was gone before this one was seen: that is a repeat, not a duplicate
        metres = distance_m(place.lat, place.lon, other.place.lat, other.place.lon)
        if metres <= NO_DISTANCE_M:
            near.append(Candidate(other, round(metres), likeness(report, other, metres=metres)))
    return sorted(near, key=lambda one: (-one.likeness.score, one.report.reported_at))[:MOST_SHOWN]
