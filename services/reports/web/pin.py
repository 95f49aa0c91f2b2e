"""Pointing to a place on a drawn map: by pointer or by buttons, without JavaScript and without anybody's tiles.

The map is a picture whose middle is the pin. Pressing on it sends where it was pressed (as every `<input type="image">`
does), and so do the buttons that move it and bring it nearer; each gives the page anew. What the pin is at is said in
words, so that whoever can't see the picture can steer by them too.
"""

from dataclasses import dataclass
from math import cos, radians

from flask import Blueprint, Response, redirect, render_template, request, url_for

from services.reports.web.draft_cookie import draft_here, kind_here
from services.reports.words import near_words
from shared.calendar import london_date
from shared.council.gazetteer import Place
from shared.geo.drawing import DrawnMap, drawn_map_of
from shared.geo.labels import Box, Label, around, beside, readable
from shared.web.app import context
from shared.web.auth import PUBLIC, policy

bp = Blueprint("report_pin", __name__, template_folder="templates", url_prefix="/report/new")

SIDE_PX = 288
"""The picture's side where scripts don't say otherwise: what a screen of 320 px has room for."""
LARGEST_PX = 900

WIDTHS_M = (16_000, 8_000, 4_000, 2_000, 1_000, 500, 250)
"""What the picture shows from side to side, by how near it is; the first is a whole city."""
NEAREST, STREET_NAMES_FROM = len(WIDTHS_M) - 1, 3
START_NEAR = 5

METRES_PER_DEGREE = 111_320
STEP = 1 / 3
"""Of the picture, that a button moves the pin by."""
MOVES = {"north": (1, 0), "south": (-1, 0), "east": (0, 1), "west": (0, -1)}
MOST_NAMES = 16
AREA_PX, SPOT_PX, DOT_GAP_PX = 11, 12, 5
"""Sizes of names in the picture as it is on the narrowest phone, and how far one stands from its dot."""
PIN_WIDE, PIN_HIGH = 24, 34


@dataclass(frozen=True)
class View:
    """Where the middle of the map is (WGS84), and how near it is looked at."""

    lat: float
    lon: float
    near: int

    @property
    def degrees(self) -> tuple[float, float]:
        """Height and width of the picture in degrees."""
        height = WIDTHS_M[self.near] / METRES_PER_DEGREE
        return height, height / cos(radians(self.lat))

    def moved(self, north: float, east: float) -> "View":
        """Return the view moved by parts of the picture."""
        height, width = self.degrees
        return View(self.lat + north * height, self.lon + east * width, self.near)


@bp.get("/map")
@policy(PUBLIC)
def point() -> str | Response:
    """Show the map with the pin where it was put."""
    view = _moved(_view())
    if request.args.keys() & {"move", "to.x", "near_by"}:
        # A clean address, so that going back is going back one step.
        return redirect(url_for(".point", lat=f"{view.lat:.6f}", lon=f"{view.lon:.6f}", near=view.near), 303)  # type: ignore[return-value]
    council = context().council
    today = london_date(context().clock.now())
    return render_template(
        "reports/form/map.html",
        kind=kind_here(draft_here()),
        view=view,
        side=SIDE_PX,
        nearest=NEAREST,
        is_near=view.near >= STREET_NAMES_FROM,
        words=near_words(council, view.lat, view.lon),
        location=council.locate(view.lat, view.lon, today),
        neighbour=council.neighbour_at(view.lat, view.lon, today),
    )


@bp.get("/map.svg")
@policy(PUBLIC)
def picture() -> Response:
    """Draw the part of the map around a point."""
    view = _view()
    drawn = drawn_map_of(context().council, context().settings.council)
    body = render_template("reports/form/map.svg", **_drawing(drawn, view))
    response = Response(body, content_type="image/svg+xml; charset=utf-8")
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response


def _view() -> View:
    """Return the view that the address names, the middle of the council's area where it names none."""
    west, south, east, north = context().council.bounds
    lat, lon = _number("lat", south, north), _number("lon", west, east)
    if lat is None or lon is None:
        return View((south + north) / 2, (west + east) / 2, 0)
    near = request.args.get("near", "")
    return View(lat, lon, min(int(near), NEAREST) if near.isdecimal() and len(near) < 3 else START_NEAR)


def _number(name: str, lowest: float, highest: float) -> float | None:
    """Return a coordinate of the address within bounds, a little beyond the council's area included."""
    try:
        value = float(request.args.get(name, ""))
    except ValueError:
        return None
    margin = (highest - lowest) / 2
    return min(max(value, lowest - margin), highest + margin) if abs(value) < 1000 else None


def _moved(view: View) -> View:
    """Return the view as a button or a press on the picture moved it."""
    north, east = MOVES.get(request.args.get("move", ""), (0, 0))
    view = view.moved(north * STEP, east * STEP)
    x, y, side = (_pixels(name) for name in ("to.x", "to.y", "side"))
    # A press by keyboard has no place and sends 0, 0.
    if x or y:
        side = side or SIDE_PX
        view = view.moved(0.5 - min(y / side, 1), min(x / side, 1) - 0.5)
        return View(view.lat, view.lon, min(view.near + 1, NEAREST))
    nearer = {"in": 1, "out": -1}.get(request.args.get("near_by", ""), 0)
    return View(view.lat, view.lon, min(max(view.near + nearer, 0), NEAREST))


def _pixels(name: str) -> int:
    """Return a whole number of pixels of the address, 0 where there is none."""
    value = request.args.get(name, "")
    return min(int(value), LARGEST_PX) if value.isdecimal() and len(value) < 5 else 0


def _drawing(drawn: DrawnMap, view: View) -> dict[str, object]:
    """Return what the picture is drawn of: its frame in the map's own measure, and the names within it."""
    height, width = view.degrees
    x, y = drawn.point(view.lat, view.lon)
    wide, high = width * drawn.x_scale, height * drawn.y_scale
    unit = wide / SIDE_PX
    frame = Box(x - wide / 2, y - high / 2, x + wide / 2, y + high / 2)
    pin = Box(x - PIN_WIDE / 2 * unit, y - PIN_HIGH * unit, x + PIN_WIDE / 2 * unit, y)
    return {
        "map": drawn,
        "box": f"{frame.left:.2f} {frame.top:.2f} {wide:.2f} {high:.2f}",
        "x": x,
        "y": y,
        "unit": unit,
        "spots": _spots(drawn, view, frame, pin, unit),
        "areas": _areas(drawn, frame, pin, unit) if view.near < STREET_NAMES_FROM else (),
        "side": SIDE_PX,
    }


def _areas(drawn: DrawnMap, frame: Box, pin: Box, unit: float) -> list[Label]:
    """Return the names of the neighbourhoods in the picture, those left out that would lie on others."""
    wanted = [around(*area.middle, area.name, size=AREA_PX * unit) for area in drawn.areas]
    return [label for label in readable(wanted, frame=frame, taken=[pin]) if label]


def _spots(drawn: DrawnMap, view: View, frame: Box, pin: Box, unit: float) -> list[tuple[float, float, Label]]:
    """Return the places in the picture with their names, those nearest to the pin first, once it is near enough."""
    if view.near < STREET_NAMES_FROM:
        return []
    half_high, half_wide = (side / 2 for side in view.degrees)
    found: list[Place] = context().council.gazetteer.between(
        south=view.lat - half_high,
        north=view.lat + half_high,
        west=view.lon - half_wide,
        east=view.lon + half_wide,
    )
    found.sort(key=lambda place: (place.lat - view.lat) ** 2 + ((place.lon - view.lon) * 0.6) ** 2)
    named = [(drawn.point(place.lat, place.lon), place.name) for place in found[:MOST_NAMES] if place.kind != "alley"]
    wanted = [beside(*point, name, size=SPOT_PX * unit, gap=DOT_GAP_PX * unit) for point, name in named]
    labels = readable(wanted, frame=frame, taken=[pin])
    return [(*point, label) for (point, _), label in zip(named, labels, strict=True) if label]
