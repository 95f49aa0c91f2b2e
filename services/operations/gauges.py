"""The council's figures as metrics, exported by this worker alone and from the same counts that the wall shows."""

from services.operations.domain.counts import ALL_TICKETS, RECYCLED, WALL_NOTICE_STATES, jobs_in, notices_in
from services.operations.domain.counts import overdue_reports as overdue
from services.operations.store import crews_on_shift, kg_by, open_by_neighbourhood, open_by_priority, value_of
from shared import metrics
from shared.contracts.codes import JOB_STATES
from shared.service import ServiceContext

NOTICES_THAT_COUNT = ("issued", "served", "paid", "escalated")
"""What the payment rate is a part of: a cancelled or withdrawn notice asks nobody for money."""


def export_gauges(ctx: ServiceContext) -> None:
    """Set every business gauge from the copies."""
    store, service = ctx.store, ctx.service
    places = [place.id for place in ctx.council.neighbourhoods]
    metrics.set_reports_open(
        service,
        {
            (place, str(priority or "none")): count
            for place in places
            for priority, count in open_by_priority(store, place).items()
        },
    )
    late = open_by_neighbourhood(store, overdue(ctx.clock.now()))
    metrics.set_reports_overdue_open(service, {place: late.get(place, 0) for place in places})
    # A depot that a supervisor has added is there from its first shift on.
    metrics.set_crews_on_shift(service, {depot.id: 0 for depot in ctx.council.depots} | crews_on_shift(store))
    metrics.set_jobs(service, {state: value_of(store, jobs_in(state)) for state in JOB_STATES})
    metrics.set_waste_kg(service, kg_by(store, ALL_TICKETS, "stream"))
    metrics.set_recycling_ratio(service, _ratio(value_of(store, RECYCLED), value_of(store, ALL_TICKETS)))
    notices = {state: value_of(store, notices_in(state)) for state in WALL_NOTICE_STATES}
    metrics.set_notices(service, notices)
    counted = sum(notices[state] for state in NOTICES_THAT_COUNT)
    metrics.set_notices_paid_ratio(service, _ratio(notices["paid"], counted))


def _ratio(part: int, whole: int) -> float | None:
    """Return a part of a whole, or None where there is nothing."""
    return part / whole if whole else None
