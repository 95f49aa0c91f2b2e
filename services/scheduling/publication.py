"""The last look before a plan is published: the checker's, at things as they are now.

Between the proposal and the button a job may have been held, a crew gone home, a vehicle broken down. The rules that
can't be bent are checked again; times are not, because the clock has moved on for every plan. Stops that somebody has
done, moved or set off for in the meantime are passed over when jobs are assigned, so they are no reason to refuse.
"""

from dataclasses import replace

from services.scheduling import store
from services.scheduling.days import DepotDay, make_day
from services.scheduling.domain.plan import Plan, PlannedStop
from services.scheduling.rounds.check import broken_rules
from services.scheduling.rounds.day import DAY_END, Step
from services.scheduling.rounds.drive import Round, drive
from shared.errors import DomainError
from shared.service import ServiceContext

TIMES = frozenset({"travel", "break", "shift", "opening-hours"})
"""Rules about times: they held when the plan was made, and the replay of then is what was shown."""

NEXT_STOPS = frozenset({"locked"})
"""It held when the plan was made; a crew that has moved on since keeps the stop that it is on its way to."""

SHOWN = 3


def refuse_what_breaks_rules(ctx: ServiceContext, plan: Plan) -> None:
    """Raise `DomainError` with the rules that a proposal would break if it were published now."""
    if plan.proposal is None:
        return
    depot_day = make_day(ctx, plan.depot_id, ctx.clock.now())
    wrong = _broken(ctx, plan, depot_day)
    if wrong:
        said = "; ".join(wrong[:SHOWN])
        raise DomainError(
            f"This plan can’t be published any more: {said}. Ask for a new one. The last published plan stays.",
            rule="plan-breaks-rule",
        )


def _broken(ctx: ServiceContext, plan: Plan, depot_day: DepotDay) -> list[str]:
    """Return the rules that the rest of a proposal breaks, in words."""
    stops = [stop for stop in plan.proposal.stops if _is_to_do(ctx, stop)] if plan.proposal else []
    day, travel = depot_day.day, depot_day.travel
    names = {crew.id: crew.name for crew in store.all_crews(ctx.store)}
    gone = sorted({stop.crew_id for stop in stops} - set(day.crews))
    unsaid = "is not on shift, or has too little of its shift left"
    wrong = [
        day.absent[crew_id].words if crew_id in day.absent else f"{names.get(crew_id, crew_id)} {unsaid}"
        for crew_id in gone
    ]
    planned = {stop.job_id for stop in stops}
    endless = replace(day, crews={key: replace(crew, end=DAY_END) for key, crew in day.crews.items()})
    rounds: dict[str, Round] = {}
    for crew_id, crew in day.crews.items():
        # A next stop that the proposal does not know was given since, and nobody takes it away.
        first = [Step("job", job_id) for job_id in crew.locked if job_id not in planned]
        mine = sorted((stop for stop in stops if stop.crew_id == crew_id), key=lambda stop: stop.position)
        rounds[crew_id] = drive(endless, crew_id, [*first, *(Step("job", stop.job_id) for stop in mine)], travel)
    return wrong + [each.words for each in broken_rules(day, rounds, travel) if each.rule not in TIMES | NEXT_STOPS]


def _is_to_do(ctx: ServiceContext, stop: PlannedStop) -> bool:
    """Say whether a stop is still as the proposal knew it: not begun, not done, not moved."""
    job = store.jobs(ctx.store).get(stop.job_id)
    if job is None:
        return False
    return job.state in ("open", "deferred") or (job.state == "assigned" and job.crew_id == stop.from_crew_id)
