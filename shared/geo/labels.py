"""Names on a drawn map: each where it can be read, and left out where it would lie on another or run off the picture.

What is written where is settled before anything is drawn, in the map's own measure, from how wide letters are at most:
nobody's browser is asked, so the same map has the same names for everybody.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

LETTER = 0.6
"""A letter's width on average, in the size of its font: of DejaVu Sans, the widest that stands in for Arial."""

LINE = 1.15
ABOVE = 0.85
"""Of a line's height, in the size of its font, above where its letters stand."""

Anchor = Literal["start", "middle", "end"]


@dataclass(frozen=True)
class Box:
    """A part of the map that something takes up."""

    left: float
    top: float
    right: float
    bottom: float

    def touches(self, other: "Box") -> bool:
        """Return whether the two overlap."""
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )

    def holds(self, other: "Box") -> bool:
        """Return whether the other lies wholly in this one."""
        return (
            self.left <= other.left
            and other.right <= self.right
            and self.top <= other.top
            and other.bottom <= self.bottom
        )


@dataclass(frozen=True)
class Label:
    """A name and where it stands: its first line's letters on `y`, beginning, ending or with their middle at `x`."""

    x: float
    y: float
    lines: tuple[str, ...]
    size: float
    anchor: Anchor

    @property
    def baselines(self) -> list[tuple[float, str]]:
        """Each line with where its letters stand."""
        return [(self.y + number * self.size * LINE, line) for number, line in enumerate(self.lines)]

    @property
    def box(self) -> Box:
        """What it takes up."""
        wide = max(map(len, self.lines)) * self.size * LETTER
        left = self.x - {"start": 0, "middle": wide / 2, "end": wide}[self.anchor]
        top = self.y - self.size * ABOVE
        return Box(left, top, left + wide, top + len(self.lines) * self.size * LINE)


def around(x: float, y: float, name: str, *, size: float) -> list[Label]:
    """Return where the name of an area may stand, in two lines or one: on its middle, or a little above or below it."""
    whole, broken = (name,), broken_in_two(name)
    ways = [whole] if whole == broken else [broken, whole]
    return [
        Label(x, y + (shift + (ABOVE - LINE * len(lines) / 2)) * size, lines, size, "middle")
        for shift in (0, -1, 1)
        for lines in ways
    ]


def beside(x: float, y: float, name: str, *, size: float, gap: float) -> list[Label]:
    """Return where the name of a spot may stand, the best first: to the right of its dot, left, under or over it."""
    beside_it, under, over = y + size / 3, y + gap + size * ABOVE, y - gap - size * (LINE - ABOVE)
    return [
        Label(x + gap, beside_it, (name,), size, "start"),
        Label(x - gap, beside_it, (name,), size, "end"),
        Label(x, under, (name,), size, "middle"),
        Label(x, over, (name,), size, "middle"),
    ]


def readable(wanted: Iterable[Sequence[Label]], *, frame: Box, taken: Iterable[Box] = ()) -> list[Label | None]:
    """Return for each name the first of its places that lies in the frame and on nothing else, None where none does.

    Names come in the order in which they matter: an earlier one is never moved or left out for a later one.
    """
    kept: list[Label | None] = []
    boxes = list(taken)
    for places in wanted:
        free = (one for one in places if frame.holds(one.box) and not any(one.box.touches(box) for box in boxes))
        label = next(free, None)
        if label is not None:
            boxes.append(label.box)
        kept.append(label)
    return kept


def broken_in_two(name: str) -> tuple[str, ...]:
    """Return a name in two lines as nearly equal as its words allow; one word stays one."""
    words = name.split()
    ways = [(" ".join(words[:at]), " ".join(words[at:])) for at in range(1, len(words))]
    return min(ways, key=lambda lines: max(map(len, lines)), default=(name,))
