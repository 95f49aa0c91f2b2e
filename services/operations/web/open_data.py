"""Figures for everybody, without signing in: the wall's counts by place and material, as a page and as CSV.

Counts only, no place finer than a neighbourhood, nothing of enforcement.
"""

from collections.abc import Iterable, Sequence

from flask import Blueprint, Response, render_template

from services.operations.summary import Summary, read_summary
from services.operations.web.names import CouncilNames
from shared.web.app import context
from shared.web.auth import PUBLIC, policy
from shared.web.csv_file import Cell, csv_answer

bp = Blueprint("open_data", __name__, template_folder="templates")

FRESH_SECONDS = 60
"""How long a browser or proxy may keep the figures."""


@bp.get("/open-data")
@policy(PUBLIC)
def page() -> str:
    """Show the figures that are open to everybody."""
    names = CouncilNames(context().council)
    return render_template("operations/open_data.html", summary=_summary(), names=names)


@bp.get("/open-data/neighbourhoods.csv")
@policy(PUBLIC)
def neighbourhoods() -> Response:
    """Give open and overdue reports by neighbourhood as CSV."""
    summary, names = _summary(), CouncilNames(context().council)
    rows = [
        (place.id, names.neighbourhood(place.id), place.open.value, place.overdue.value)
        for place in summary.neighbourhoods
    ]
    return _csv("neighbourhoods", ("neighbourhood", "name", "open_reports", "overdue_reports"), rows)


@bp.get("/open-data/materials.csv")
@policy(PUBLIC)
def materials() -> Response:
    """Give the kilograms weighed by material as CSV."""
    names = CouncilNames(context().council)
    rows = [(name, names.material(name), counted.value) for name, counted in _summary().materials.items()]
    return _csv("materials", ("material", "name", "weighed_kg"), rows)


def _summary() -> Summary:
    """Return the figures as they are now."""
    ctx = context()
    places = tuple(place.id for place in ctx.council.neighbourhoods)
    return read_summary(ctx.store, places, now=ctx.clock.now())


def _csv(name: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Response:
    """Return a CSV file as programs read it, to be kept for a while."""
    return csv_answer(name, header, rows, mark="", cache_control=f"public, max-age={FRESH_SECONDS}")
