"""The map of an area: its open reports on our own drawn base map, beside the lists that say the same in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.reports.areas import Area
from services.reports.domain.area import Seen
from shared.geo.drawing import DrawnMap, drawn_map_of
from shared.web.app import context

MARGIN = 0.06
"""Of the longer side, left around what is shown."""
SMALLEST = 60.0
"""In the map's own measure: one report alone is not shown as if under a glass."""


@dataclass(frozen=True)
class Mark:
    """A report on the map: `late` and `back` say how it is drawn, and `title` the same in words."""

    x: float
    y: float
    kind: str
    title: str


@dataclass(frozen=True)
class AreaMap:
    """What the picture is drawn of; `unit` is a pixel of a picture 400 px wide."""

    map: DrawnMap
    box: str
    unit: float
    own: str | None
    marks: tuple[Mark, ...]


def draw_area(area: Area, opened: Sequence[Seen], back: Sequence[Seen], now: datetime) -> AreaMap | None:
    """Return the map of an area; None where there is nothing to show on it."""
    drawn = drawn_map_of(context().council, context().settings.council)
    own = next((one for one in drawn.areas if area.kind == "neighbourhood" and one.id == area.id), None)
    marks = tuple(
        [_mark(drawn, one, "late" if one.is_late(now) else "open") for one in opened if one.is_exact]
        + [_mark(drawn, one, "back") for one in back]
    )
    points = [drawn.point(one.lat, one.lon) for one in (*opened, *back)]
    if own is not None:
        points += own.corners
    if not points:
        return None
    box, unit = _frame(points)
    return AreaMap(drawn, box, unit, own.path if own else None, marks)


def _mark(drawn: DrawnMap, seen: Seen, kind: str) -> Mark:
    """Return a report as a mark."""
    x, y = drawn.point(seen.lat, seen.lon)
    return Mark(x, y, kind, seen.reference)


def _frame(points: Sequence[tuple[float, float]]) -> tuple[str, float]:
    """Return the box of an SVG around points, and how much one pixel of it is."""
    across, down = [x for x, _ in points], [y for _, y in points]
    wide = max(max(across) - min(across), SMALLEST)
    high = max(max(down) - min(down), SMALLEST)
    margin = MARGIN * max(wide, high)
    left = (min(across) + max(across) - wide) / 2 - margin
    top = (min(down) + max(down) - high) / 2 - margin
    box = f"{left:.1f} {top:.1f} {wide + 2 * margin:.1f} {high + 2 * margin:.1f}"
    return box, (wide + 2 * margin) / 400
