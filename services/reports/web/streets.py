"""Choosing a street or place from a list, by part of town: for whoever cannot spell its name, and has no map.

It is links alone: a part of town, the first letter where there are many, the street. The last leads back to the page of
the place with the street chosen, where the words that say where exactly are asked for.
"""

from flask import Blueprint, abort, render_template, request, url_for

from services.reports.web.draft_cookie import draft_here, kind_here
from services.reports.web.questions import PLACE
from shared.council import Place
from shared.web.app import context
from shared.web.auth import PUBLIC, policy

bp = Blueprint("report_streets", __name__, template_folder="templates", url_prefix="/report/new")

MOST_TOGETHER = 150
"""On one page: more are shown by their first letters."""


@bp.get("/streets")
@policy(PUBLIC)
def areas() -> str:
    """Show the parts of town, to choose one."""
    council = context().council
    return render_template(
        "reports/form/areas.html",
        kind=kind_here(draft_here()),
        neighbourhoods=[one for one in council.neighbourhoods if council.gazetteer.within(one.id)],
        back=url_for("report_form.ask", slug=PLACE.slug),
    )


@bp.get("/streets/<neighbourhood>")
@policy(PUBLIC)
def streets(neighbourhood: str) -> str:
    """Show the streets and places of a part of town, to choose one."""
    council = context().council
    area = next((one for one in council.neighbourhoods if one.id == neighbourhood), None) or abort(404)
    places = council.gazetteer.within(area.id)
    letters = sorted({_letter(place) for place in places}) if len(places) > MOST_TOGETHER else []
    asked = request.args.get("letter", "")[:1].upper()
    letter = asked if asked in letters else next(iter(letters), "")
    return render_template(
        "reports/form/streets.html",
        kind=kind_here(draft_here()),
        area=area,
        letters=letters,
        letter=letter,
        listed=[place for place in places if not letter or _letter(place) == letter],
        back=url_for(".areas"),
    )


def _letter(place: Place) -> str:
    """Return what a name is found under in a list."""
    return place.name[:1].upper()
