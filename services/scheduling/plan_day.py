"""`streetscene plan-day`: the planner of the service on a day in a file, so that anyone can score its plan."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from services.scheduling.rounds.day_file import day_of, plan_of, read_tables
from services.scheduling.rounds.dispatch import LIST_ORDER, list_order
from services.scheduling.rounds.factors import load_factors
from services.scheduling.rounds.make import make_plan
from services.scheduling.rounds.measures import drive_plan, measure


def plan_file(file: Path, *, seconds: float, seed: int, tell: Callable[[str], None]) -> dict[str, Any]:
    """Return the plan of a day's file, with its figures and those of the baseline by name.

    Raises:
        DomainError: the file is no day.
        Refused: no plan was found that keeps the rules.
    """
    tables = read_tables(file)
    day, travel = day_of(tables)
    made = make_plan(day, travel, seconds=seconds, seed=seed, tell=tell)
    factors = load_factors()
    listed = drive_plan(day, list_order(day, travel), travel)
    return {
        **plan_of(tables, made.sheets),
        "made_by": made.by,
        "problem": made.problem,
        "measures": asdict(measure(day, made.rounds, factors)),
        "baseline": {"name": LIST_ORDER, "measures": asdict(measure(day, listed, factors))},
        "co2e_factors_verified": factors.are_verified,
    }
