"""Finding the place on its page of the form: by name, by postcode, from a list, or by a position that somebody types.

What is typed may be the name of a place, or a grid reference or coordinates: whoever stands where nothing has a name,
and has neither a map nor a phone that shares where it is, has another way.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import request, url_for

from services.reports.domain.typed import PLACE_TEXT_LIMIT, clean_text
from shared.calendar import london_date
from shared.council.place_search import as_postcode
from shared.errors import DomainError
from shared.geo.typed import Position, grid_reference, typed_position
from shared.texts import gettext as _
from shared.texts import marked
from shared.web.app import context

SEARCH_LIMIT = 8
LONGEST = 100
"""Of what is searched for: no name is as long."""

ROUGH_M = 150
"""A position that may be further out than this is said to be rough."""

UNBROKEN = "\N{NO-BREAK SPACE}"
"""Keeps what can be typed on one line; whoever copies it is understood."""

GIVEN = {
    "map": marked("The spot you chose on the map"),
    "typed": marked("The position you typed"),
    "phone": marked("The position of your phone"),
}


def wanted() -> str | None:
    """Return what a form that was sent asks to be found, None where it answers the question.

    Whoever types a name and presses Continue has not seen yet what was found for it, so it is searched for too.
    """
    words = _words()
    if "find" in request.form:
        return words
    return words if words and words != request.form.get("searched", "").strip() else None


def kept_words() -> dict[str, str]:
    """Return the words beside the search that are not to be lost by it; nothing where they can't be kept."""
    try:
        return {"place_text": clean_text(request.form.get("place_text", ""), PLACE_TEXT_LIMIT)}
    except DomainError:
        return {}


def with_found(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the fields of the page with the position that was typed, or the place that was chosen from the list."""
    nowhere = {"lat": "", "lon": "", "via": ""}
    position = typed_position(_words())
    if position is not None:
        at = _fields(position) if _is_inside(position) else nowhere
        return {**values, "place_id": "", **at}
    listed = request.args.get("place", "")
    if context().council.gazetteer.find(listed):
        return {**values, "place_id": listed, **nowhere}
    # Whoever looks for a place no longer means the position of before.
    return {**values, **nowhere} if _words() and request.method == "GET" else values


def shown(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the page shows of a search: the places found, or what else can be done where there are none."""
    council = context().council
    words = _words()
    position = typed_position(words)
    found = council.gazetteer.search(words, SEARCH_LIMIT + 1) if words and position is None else []
    places = found[:SEARCH_LIMIT]
    chosen = council.gazetteer.find(values.get("place_id") or "")
    if chosen and not words:
        places = [chosen]
    is_position = bool(values.get("lat") and values.get("lon") and not values.get("place_id"))
    return {
        "typed": words,
        "found_places": places,
        "are_more": len(found) > len(places),
        "areas": {neighbourhood.id: neighbourhood.name for neighbourhood in council.neighbourhoods},
        "postcode": as_postcode(words),
        "attributions": council.gazetteer.attributions,
        "is_outside": position is not None and not _is_inside(position),
        "neighbour": council.neighbour_at(position.lat, position.lon, _today()) if position else None,
        "position_name": place_name(values) if is_position else "",
        "map_url": url_for("report_pin.point", lat=values["lat"], lon=values["lon"])
        if is_position
        else url_for("report_pin.point"),
        "rough_m": round(position.within_m / 50) * 50 if position and position.within_m > ROUGH_M else None,
        **_examples(),
    }


def place_name(answers: Mapping[str, Any]) -> str:
    """Return the words for where it is: the place that was chosen, or what a position is near."""
    gazetteer = context().council.gazetteer
    if answers.get("place_id"):
        chosen = gazetteer.find(answers["place_id"])
        return chosen.name if chosen else ""
    try:
        nearest = gazetteer.nearest(float(answers["lat"]), float(answers["lon"]))
    except (ValueError, OverflowError):
        return ""
    given = _(GIVEN.get(answers.get("via") or "", GIVEN["phone"]))
    return _("%(given)s, near %(street)s", given=given, street=nearest.name) if nearest else given


def _words() -> str:
    """Return what was typed, in the address or in a form that was sent."""
    sent = request.form if request.method == "POST" else request.args
    return sent.get("q", "")[:LONGEST].strip()


def _fields(position: Position) -> dict[str, str]:
    """Return a position as the form's fields have it."""
    return {"lat": f"{position.lat:.6f}", "lon": f"{position.lon:.6f}", "via": "typed"}


def _is_inside(position: Position) -> bool:
    """Say whether a position is in the council's area."""
    return context().council.locate(position.lat, position.lon, _today()) is not None


def _today() -> date:
    """Return the council's date: boundaries are those of the day."""
    return london_date(context().clock.now())


def _examples() -> dict[str, str]:
    """Return what can be typed, of the council's own area."""
    places = context().council.gazetteer.places
    if not places:
        return {"example": "Town Hall", "example_reference": "", "example_coordinates": ""}
    first = places[0]
    return {
        "example": first.name,
        "example_reference": grid_reference(first.lat, first.lon).replace(" ", UNBROKEN),
        "example_coordinates": f"{first.lat:.4f},{UNBROKEN}{first.lon:.4f}",
    }
