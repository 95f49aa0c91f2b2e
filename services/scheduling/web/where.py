"""Where a tip is that a crew found: a place of the gazetteer that it chose, or where its phone is."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.council import Place
from shared.errors import NotFound
from shared.web.app import context


@dataclass(frozen=True)
class Where:
    """Where a found tip is, and the place that names the spot, if one does."""

    lat: float
    lon: float
    place: Place | None


def where_of(sent: Mapping[str, str]) -> Where | None:
    """Return the place that was chosen, or where the phone is; None where neither was sent, or nothing is there."""
    gazetteer = context().council.gazetteer
    place_id = sent.get("place", "").strip()
    if place_id:
        try:
            place = gazetteer.place(place_id)
        except NotFound:
            return None
        return Where(place.lat, place.lon, gazetteer.named_by(place))
    try:
        lat, lon = float(sent.get("lat", "")), float(sent.get("lon", ""))
    except ValueError:
        return None
    inside = -90 <= lat <= 90 and -180 <= lon <= 180
    return Where(lat, lon, None) if inside else None
