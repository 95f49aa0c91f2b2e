"""Open reports around a place, good enough to judge by: is it one of these?"""

from dataclasses import dataclass

from services.reports.domain.report import Report
from services.reports.store import NEWEST_FIRST, reports
from shared.geo import cells_around, distance_m, to_grid
from shared.service import ServiceContext
from shared.store.port import In

RADIUS_M = 100
"""What two people mean by one place: the length of a terrace. Further away it is another tip."""

MOST_LOOKED_AT = 200
"""Of a square where even more is open at once, the newest."""

MOST_SHOWN = 5


@dataclass(frozen=True)
class Near:
    """An open report and how many metres away it is."""

    report: Report
    metres: int


def open_nearby(ctx: ServiceContext, lat: float, lon: float, *, kind: str = "fly-tipping") -> list[Near]:
    """Return the open reports of a kind within `RADIUS_M` of a WGS84 point, the nearest first, joined ones as one.

    One at a home is left out: how far away it is would say more than its street.
    """
    easting, northing = to_grid(lat, lon)
    cells = cells_around(easting, northing, RADIUS_M)
    found, _ = reports(ctx.store).find({"open": True, "cell": In(cells)}, sort=NEWEST_FIRST, limit=MOST_LOOKED_AT)
    near = [
        Near(report, round(distance_m(lat, lon, report.place.lat, report.place.lon)))
        for report in found
        if report.kind == kind and report.state != "referred" and report.place.place_precision != "street"
    ]
    within = [one for one in near if one.metres <= RADIUS_M]
    return sorted(within, key=lambda one: (one.metres, one.report.reference))[:MOST_SHOWN]
