"""The walkabout: a list of open reports in the order of a walk, to print on A4 and tick off.

The list is in the address, so it can be kept and sent on. It says where to go and what to look for, and nothing of
whoever reported it.
"""

from datetime import datetime

from flask import Blueprint, render_template, request

from services.reports.areas import Area, neighbourhood_area, repeats_of, ward_area
from services.reports.domain import area as rules
from services.reports.domain.area import Seen
from services.reports.domain.walk import MINUTES_AT_EACH, MOST_STOPS, length_m, minutes, order_walk
from services.reports.web.area import READERS, read_own, rows_of
from shared.ids import normalise_reference
from shared.web.app import context
from shared.web.auth import policy
from shared.web.forms import FormErrors

bp = Blueprint("walkabout", __name__, template_folder="templates")

SHORTEST_SAID_M = 50
"""Under that a walk is 0.0 km."""

PROPOSED = 15
"""Two hours on foot: what is late, then the places that come back, then the oldest."""


@bp.get("/area/<neighbourhood>/walkabout")
@policy(READERS)
def neighbourhood_walk(neighbourhood: str) -> str | tuple[str, int]:
    """Show a walk through a neighbourhood."""
    return _walk(neighbourhood_area(context().council, neighbourhood))


@bp.get("/area/wards/<ward>/walkabout")
@policy(READERS)
def ward_walk(ward: str) -> str | tuple[str, int]:
    """Show a walk through a ward."""
    return _walk(ward_area(context().council, ward))


def _walk(area: Area) -> str | tuple[str, int]:
    """Return the page of a walk over the reports that were chosen, or over those that we propose."""
    seen, now = read_own(area)
    opened = rules.listed(seen, "open", now)
    wanted = {normalise_reference(typed[:40]) for typed in request.args.getlist("report")}
    is_asked = "chosen" in request.args or bool(wanted)
    chosen = [one for one in opened if one.reference in wanted] if is_asked else _proposed(area, seen, opened, now)
    gone = sorted(wanted - {one.reference for one in opened})
    errors: FormErrors = {}
    if is_asked and not wanted:
        errors = {"report": ["Choose at least one report"]}
    elif len(chosen) > MOST_STOPS:
        errors = {"report": [f"Choose {MOST_STOPS} reports or fewer: more is no walk"]}
    stops = [] if errors else _ordered(chosen)
    metres = length_m([(one.easting, one.northing) for one in stops], list(range(len(stops))))
    page = render_template(
        "reports/area/walkabout.html",
        area=area,
        stops=rows_of(stops, now),
        choices=rows_of(sorted(opened, key=lambda one: (not one.is_late(now), one.reported_at)), now),
        chosen={one.reference for one in chosen},
        gone=gone,
        errors=errors,
        kilometres=f"{metres / 1000:.1f}" if metres >= SHORTEST_SAID_M else "",
        duration=duration_words(minutes(metres, len(stops))),
        at_each=MINUTES_AT_EACH,
        now=now,
        most=MOST_STOPS,
        wide=True,
    )
    return (page, 400) if errors else page


def duration_words(minutes: int) -> str:
    """Return a time in hours and minutes, as people say it."""
    hours, rest = divmod(minutes, 60)
    parts = [
        f"{count} {unit}{'' if count == 1 else 's'}" for count, unit in ((hours, "hour"), (rest, "minute")) if count
    ]
    return " ".join(parts) or "no time"


def _proposed(area: Area, seen: list[Seen], opened: list[Seen], now: datetime) -> list[Seen]:
    """Return what a walk should see first."""
    late = rules.listed(seen, "overdue", now)
    here = {one.id: one for one in opened}
    back = [here[one.id] for place in repeats_of(context(), area, now=now) for one in place.spots if one.id in here]
    oldest = sorted(opened, key=lambda one: one.reported_at)
    found = {one.reference: one for one in (*late, *back, *oldest)}
    return list(found.values())[:PROPOSED]


def _ordered(chosen: list[Seen]) -> list[Seen]:
    """Return the chosen reports in walking order, from the one that the address says to begin with."""
    first = normalise_reference(request.args.get("first", "")[:40])
    begin = next((number for number, one in enumerate(chosen) if one.reference == first), None)
    return [chosen[n] for n in order_walk([(one.easting, one.northing) for one in chosen], first=begin)]
