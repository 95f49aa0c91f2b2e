"""What the planner process works out: a proposal for a depot's day, or the comparison of other days with it.

A proposal has passed the checker. In a live re-plan it must also be better than the sheets that crews have, by a
margin: a crew that is sent elsewhere every hour stops believing its phone.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from services.scheduling import store
from services.scheduling.days import DepotDay, make_day
from services.scheduling.domain.plan import Change, Figures, Plan, PlannedRound, PlannedStop, Proposal, Unplanned
from services.scheduling.domain.what_if import WhatIf
from services.scheduling.duties import duty_warnings
from services.scheduling.rounds.day import Day, Job
from services.scheduling.rounds.dispatch import LIST_ORDER
from services.scheduling.rounds.drive import Round, Stop
from services.scheduling.rounds.explain import differences, why_left
from services.scheduling.rounds.factors import load_factors
from services.scheduling.rounds.make import Made, Refused, drive_listed, make_plan
from services.scheduling.rounds.measures import drive_plan, measure, objective
from services.scheduling.rounds.what_if import Scenario, compare, named
from services.scheduling.sheets import next_stops
from shared.errors import DomainError
from shared.service import ServiceContext

MORNING_SECONDS, BIG_MORNING_SECONDS = 5.0, 20.0
LIVE_SECONDS, BIG_LIVE_SECONDS = 0.8, 3.0
BIG_DAY = 300
"""Jobs: a day of so many gains by a longer search. Measured: 200 jobs are as good after 5 seconds as after 20."""

REASONS_SHOWN = 5
"""A depot has a handful of crews; more reasons than that help nobody."""

MARGIN_SECONDS = 600
"""Ten minutes of driving: less is not worth a change of sheets that crews know already."""

THIS_PLAN, PRESENT_SHEETS = "this plan", "present sheets"


class Kept(Exception):
    """The present sheets are as good as the best plan that was found, but for the margin."""


def time_budget(depot_day: DepotDay) -> float:
    """Return how many seconds the search for a plan may take."""
    is_big = len(depot_day.day.jobs) > BIG_DAY
    if depot_day.is_live:
        return BIG_LIVE_SECONDS if is_big else LIVE_SECONDS
    return BIG_MORNING_SECONDS if is_big else MORNING_SECONDS


def make_proposal(ctx: ServiceContext, plan: Plan, *, now: datetime, seconds: float | None = None) -> Proposal | str:
    """Return the proposal for a depot's day, or why there is none.

    Raises:
        Kept: in a live re-plan, nothing was found that is better than the present sheets by the margin.
    """
    shown = next_stops(ctx)
    depot_day = make_day(ctx, plan.depot_id, now)
    day, travel = depot_day.day, depot_day.travel
    if not day.crews:
        return _nobody(day)
    if not any(job.is_plannable for job in day.jobs.values()):
        return "There is no job to plan: every open job is held, or for a contractor."
    try:
        made = make_plan(
            day,
            travel,
            seconds=time_budget(depot_day) if seconds is None else seconds,
            present=depot_day.present if depot_day.is_live else None,
        )
    except Refused as refused:
        return f"Every plan that was found breaks a rule, so none is shown: {refused}."
    present = drive_plan(day, depot_day.present, travel)
    if depot_day.is_live:
        gain = objective(day, present) - made.objective
        if gain < MARGIN_SECONDS:
            raise Kept(
                f"The present sheets stay: the best plan found is worth {max(0, round(gain / 60))} minutes more."
            )
    regimes = {crew.id: crew.hours_regime for crew in store.all_crews(ctx.store)}
    return replace(_proposal(depot_day, made, present, now, regimes), shown=tuple(sorted(shown)))


def _nobody(day: Day) -> str:
    """Say why no crew of a depot can be planned."""
    reasons = [each.words for each in day.absent.values()] or ["it has no crew"]
    listed = "; ".join(reasons[:REASONS_SHOWN]) + (" …" if len(reasons) > REASONS_SHOWN else "")
    return f"No crew of this depot has half an hour of its shift left, and a vehicle on the road: {listed}."


def _proposal(
    depot_day: DepotDay, made: Made, present: Mapping[str, Round], now: datetime, regimes: Mapping[str, str]
) -> Proposal:
    """Return a plan as it is put before the supervisor."""
    day, travel, frame, jobs = depot_day.day, depot_day.travel, depot_day.frame, depot_day.jobs
    served = {stop.id for round_ in made.rounds.values() for stop in round_.visits}
    left = [(job, why_left(day, made.rounds, job, travel)) for job in day.jobs.values() if job.id not in served]
    before = {**present, **_stranded(depot_day)}
    found = differences(day, before, made.rounds, travel, clock=frame.clock) if depot_day.is_live else []
    factors = load_factors()
    listed = drive_listed(day, travel)
    compared = {THIS_PLAN: made.rounds, **({PRESENT_SHEETS: present} if depot_day.is_live else {}), LIST_ORDER: listed}
    return Proposal(
        stops=tuple(
            PlannedStop(
                stop.id,
                jobs[stop.id].reference,
                crew_id,
                number,
                frame.instant(stop.arrive),
                from_crew_id=jobs[stop.id].crew_id,
            )
            for crew_id, round_ in made.rounds.items()
            for number, stop in enumerate(round_.visits, start=1)
        ),
        unplanned=tuple(
            Unplanned(job.id, job.label, reason.code, reason.words, from_crew_id=_taken_from(depot_day, job))
            for job, reason in left
        ),
        solver=made.by,
        made_at=now,
        has_failed_search=made.problem is not None,
        changes=tuple(Change(each.job_id, each.kind, each.words) for each in found),
        figures=tuple(Figures(name, measure(day, rounds, factors)) for name, rounds in compared.items()),
        warnings=duty_warnings(day, made.rounds, regimes),
        rounds=tuple(
            PlannedRound(crew_id, round(each.travel_seconds / 60), round(each.metres), each.tips)
            for crew_id, each in made.rounds.items()
            if each.visits
        ),
    )


def _taken_from(depot_day: DepotDay, job: Job) -> str | None:
    """Return the crew that a plan which leaves a job takes it from; what a person gave, or what is held, stays."""
    return depot_day.jobs[job.id].crew_id if job.is_plannable and job.pinned_to is None else None


def _stranded(depot_day: DepotDay) -> dict[str, Round]:
    """Return the sheets of crews that are not on shift any more, so that their jobs are said to move from them."""
    return {
        crew_id: Round(
            crew_id, tuple(Stop("job", job.id, 0, 0, 0, 0, 0) for job in jobs), (), 0, 0, 0, has_rested=False
        )
        for crew_id, jobs in depot_day.stranded.items()
    }


def make_comparison(
    ctx: ServiceContext, what_if: WhatIf, *, now: datetime, seconds: float | None = None
) -> tuple[Figures, ...] | str:
    """Return the baseline, the day as it is and the day asked about, each with its figures, or why there are none.

    Raises:
        DomainError: a crew that the question is about is not on shift any more.
    """
    depot_day = make_day(ctx, what_if.depot_id, now)
    if not depot_day.day.crews:
        return _nobody(depot_day.day)
    scenario = Scenario(what_if.earlier_minutes, what_if.extra_like, what_if.without)
    try:
        rows = compare(
            depot_day.day,
            {named(depot_day.day, scenario): scenario},
            depot_day.travel,
            load_factors(),
            seconds=time_budget(depot_day) if seconds is None else seconds,
        )
    except DomainError as refusal:
        return f"{refusal.message}."
    return tuple(Figures(row.name, row.measures, row.problem) for row in rows)
