"""By when reports like this one have been cleared lately: scheduling's forecast, kept row by row, and read as a day.

The deadline is what the council wants; what a reporter can count on is what crews manage now. The 80th percentile is
the day by which four of five such reports were cleared. Without a forecast, or with one that nobody has renewed for a
week, the deadline is what is said. The times are of working time, which is counted forwards from the report as it was
counted for the jobs: nights, weekends and bank holidays take nobody's day away (ADR 47, which measured it).
"""

from datetime import date, datetime, timedelta

from services.reports.depots import depot_for
from services.reports.domain.report import Report
from services.reports.store import FORECASTS
from shared.calendar import add_working_time, london_date
from shared.contracts.envelope import Event
from shared.service import ServiceContext
from shared.store.paging import every
from shared.store.port import Document, Store
from shared.store.recent import Recent

STALE = timedelta(days=7)
"""Older than this, it tells of other weeks: holidays, snow, a lorry off the road."""


def _rows(store: Store) -> dict[str, Document]:
    """Return the rows of all depots and priorities by their ids: a few dozen."""
    return {row["_id"]: row for row in every(store, FORECASTS.name, {})}


_ROWS = Recent(_rows)


def on_forecast(ctx: ServiceContext, event: Event) -> None:
    """Keep each row of a forecast, unless a newer one is there: forecasts are compared by when they were published."""
    for row in event.state["rows"]:
        document = {
            "_id": _row_id(row["depot_id"], row["priority"]),
            "published_at": event.time,
            "p80_working_minutes": row["p80_working_minutes"],
        }
        ctx.store.put_if_newer(FORECASTS.name, document, sequence=int(event.time.timestamp() * 1000))
    _ROWS.forget(ctx.store)


def forecast_day(ctx: ServiceContext, report: Report, *, priority: int, since: datetime) -> date | None:
    """Return the day by which a report of this priority can be counted on to be cleared, from `since` on.

    None where nothing is known, or nothing of this week; and for kinds that no crew is sent to, because it is crews'
    times that the forecast is made of.
    """
    if not ctx.council.kind_of(report.kind).makes_jobs:
        return None
    row = _ROWS.of(ctx.store).get(_row_id(depot_for(ctx, report.place), priority))
    if row is None or ctx.clock.now() - row["published_at"] > STALE:
        return None
    hours = row["p80_working_minutes"] / 60
    return london_date(add_working_time(since, hours=hours, working=ctx.council.working_time))


def _row_id(depot_id: str, priority: int) -> str:
    """Return the id under which a depot's row for a priority is kept."""
    return f"{depot_id}:{priority}"
