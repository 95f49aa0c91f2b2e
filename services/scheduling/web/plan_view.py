"""A plan as its page shows it: rounds by crew, figures side by side, and changes in words, by what kind they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from services.scheduling import store
from services.scheduling.domain.fleet import Crew
from services.scheduling.domain.job import Job
from services.scheduling.domain.plan import Change, Figures, Plan, PlannedStop
from services.scheduling.rounds.dispatch import LIST_ORDER
from services.scheduling.rounds.factors import load_factors
from services.scheduling.rounds.frame import Frame
from services.scheduling.rounds.measures import Measures
from shared.calendar import LONDON
from shared.service import ServiceContext

CHANGES: Sequence[tuple[str, str]] = (
    ("moved", "To another crew"),
    ("added", "New on a sheet"),
    ("left", "No longer on a sheet"),
    ("time", "At another time"),
)
"""Kinds of differences between two plans, in the order of their weight, with their headings."""

COLUMNS: Sequence[str] = (
    "Plan",
    "Jobs done",
    "Left",
    "Deadlines missed",
    "Minutes late",
    "Travel, min",
    "Work, min",
    "Tips",
    "Kilometres",
    "CO2e, kg",
    "Last crew home",
)


@dataclass(frozen=True)
class PlanPage:
    """What the page of a plan shows."""

    rounds: Sequence[tuple[Crew, Sequence[tuple[PlannedStop, Job | None]]]]
    figures: Sequence[Sequence[str]]
    changes: Sequence[tuple[str, Sequence[Change]]]
    own: Measures | None
    listed: Measures | None
    fuels: str


def make_page(ctx: ServiceContext, plan: Plan) -> PlanPage:
    """Return what a plan's page shows."""
    proposal = plan.proposal
    stops = proposal.stops if proposal else ()
    figures = proposal.figures if proposal else ()
    jobs = {stop.job_id: store.jobs(ctx.store).get(stop.job_id) for stop in stops}
    mine = {crew.id: [stop for stop in stops if stop.crew_id == crew.id] for crew in store.all_crews(ctx.store)}
    changes = proposal.changes if proposal else ()
    own = figures[0].measures if figures else None
    return PlanPage(
        rounds=[
            (crew, [(stop, jobs[stop.job_id]) for stop in mine[crew.id]])
            for crew in store.all_crews(ctx.store)
            if mine[crew.id]
        ],
        figures=figure_rows(figures, plan.day),
        changes=[
            (heading, found)
            for kind, heading in CHANGES
            for found in [[change for change in changes if change.kind == kind]]
            if found
        ],
        own=own,
        listed=next((each.measures for each in figures if each.name == LIST_ORDER), None),
        fuels=fuel_words(own),
    )


def figure_rows(figures: Sequence[Figures], day: date) -> list[list[str]]:
    """Return a row of the table for each plan, by its name."""
    return [_row(each, day) for each in figures]


def fuel_words(measures: Measures | None) -> str:
    """Return the CO2e by fuel, and whether its factors were verified."""
    if measures is None or not measures.co2e_kg_by_fuel:
        return ""
    parts = ", ".join(f"{kg:,.1f} kg from {fuel}" for fuel, kg in sorted(measures.co2e_kg_by_fuel.items()))
    note = "" if load_factors().are_verified else " Consumption and factors are estimates that nobody has verified."
    return f"CO2e: {parts}.{note}"


def _row(figures: Figures, day: date) -> list[str]:
    """Return the cells of one plan; its problem where it has no figures."""
    name = figures.name[0].upper() + figures.name[1:]
    found = figures.measures
    if found is None:
        return [f"{name}: {figures.problem or 'no plan'}", *["–"] * (len(COLUMNS) - 1)]
    return [
        name,
        f"{found.served:,}",
        f"{found.jobs - found.served:,}",
        f"{found.missed:,}",
        f"{found.late_minutes:,}",
        f"{found.travel_minutes:,}",
        f"{found.work_minutes:,}",
        f"{found.tips:,}",
        f"{found.kilometres:,.1f}",
        f"{found.co2e_kg:,.1f}",
        _home(found.finish_at, day),
    ]


def _home(seconds: int, day: date) -> str:
    """Return when the last crew is home, and that it is the next day."""
    if not seconds:
        return "–"
    frame = Frame.on(day)
    is_next = frame.instant(seconds).astimezone(LONDON).date() >= day + timedelta(days=1)
    return frame.clock(seconds) + (" the next day" if is_next else "")
