"""Use cases of a report's clock: stop it for a reason, let it run on, and wake what has waited long enough."""

from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime

from services.reports.domain.pausing import is_over, pause, resume
from services.reports.domain.report import Change, Report
from services.reports.forecast import forecast_day
from services.reports.handlers import save_change
from services.reports.store import by_reference, reports
from shared.calendar import london_date, london_instant
from shared.contracts.envelope import Cause
from shared.errors import Conflict, DomainError
from shared.service import ServiceContext
from shared.store import reload_on_conflict
from shared.store.port import ASCENDING, Range

MOST_WOKEN = 200
"""In one turn of the timer; the next turn takes the rest."""

LONGEST_PAUSE_DAYS = 366


@reload_on_conflict
def pause_report(
    ctx: ServiceContext, reference: str, *, reason: str, until: date, by: str, cause: Cause | None = None
) -> Report:
    """Stop a report's clock to the end of a London day at the latest; the same again changes nothing.

    Raises:
        DomainError: the day has passed, is more than a year ahead, or the rule's own reasons.
    """
    now = ctx.clock.now()
    if not 0 <= (until - london_date(now)).days <= LONGEST_PAUSE_DAYS:
        raise DomainError("The day must be from today to a year ahead.", field="until")
    report = by_reference(ctx.store, reference)
    working = ctx.council.working_time
    ends = london_instant(until, working.ends)
    return save_change(ctx, report, pause(report, reason, until=ends, by=by, at=now, working=working), cause)


@reload_on_conflict
def resume_report(ctx: ServiceContext, reference: str, *, by: str, cause: Cause | None = None) -> Report:
    """Let a report's clock run on; one that runs stays as it is."""
    report = by_reference(ctx.store, reference)
    return save_change(ctx, report, _going_on(ctx, report, by=by, at=ctx.clock.now()), cause)


def wake_reports(ctx: ServiceContext) -> None:
    """Let every clock run on whose last day has come; safe in many workers at once, and to repeat."""
    now = ctx.clock.now()
    due, _ = reports(ctx.store).find(
        {"paused": True, "paused_until": Range(below=now)}, sort=(("paused_until", ASCENDING),), limit=MOST_WOKEN
    )
    for report in due:
        if is_over(report, at=now):
            # Somebody changed it this very moment: the next turn looks again.
            with suppress(Conflict):
                save_change(ctx, report, _going_on(ctx, report, by=None, at=now))


def _going_on(ctx: ServiceContext, report: Report, *, by: str | None, at: datetime) -> Change:
    """Return the change by which a clock runs on, with what crews can do by when from now on."""
    resumed, facts = resume(report, by=by, at=at, working=ctx.council.working_time)
    if resumed is report or report.priority is None:
        return resumed, facts
    return replace(resumed, promised_on=forecast_day(ctx, report, priority=report.priority, since=at)), facts
