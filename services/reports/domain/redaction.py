"""Parts of a photo that the public must not see, in thousandths of its width and height, so at any size the same."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from shared.errors import DomainError

WHOLE = 1000
COLUMNS, ROWS = 8, 6
"""The grid of a page without scripts: cells that a finger can hit on a narrow phone."""

MOST_BOXES = 60
"""More than the grid has cells: everything can be painted over."""


@dataclass(frozen=True)
class Box:
    """One part, by its upper left corner and its size."""

    left: int
    top: int
    width: int
    height: int

    @property
    def corners(self) -> tuple[int, int, int, int]:
        """Return it as whoever paints wants it: left, top, width, height."""
        return self.left, self.top, self.width, self.height


def check_boxes(boxes: Sequence[Box]) -> tuple[Box, ...]:
    """Return the boxes, each once; raises `DomainError` for one that is not within the photo, or too many."""
    for box in boxes:
        inside = box.left >= 0 and box.top >= 0 and box.left + box.width <= WHOLE and box.top + box.height <= WHOLE
        if not inside or box.width < 1 or box.height < 1:
            raise DomainError("Each part must lie within the photo: left and width, top and height up to 100 percent.")
    if len(boxes) > MOST_BOXES:
        raise DomainError(f"Choose at most {MOST_BOXES} parts.")
    return tuple(dict.fromkeys(boxes))


def boxes_of_cells(cells: Collection[tuple[int, int]]) -> list[Box]:
    """Return the boxes of cells of the grid (row, column, from 0), those beside each other as one."""
    found = []
    for row in range(ROWS):
        column = 0
        while column < COLUMNS:
            first = column
            while column < COLUMNS and (row, column) in cells:
                column += 1
            if column > first:
                found.append(_box(row, first, column))
            column += 1
    return found


def _box(row: int, first: int, end: int) -> Box:
    """Return the box of the cells from `first` to before `end` in a row."""
    left, right = first * WHOLE // COLUMNS, end * WHOLE // COLUMNS
    top, bottom = row * WHOLE // ROWS, -(-(row + 1) * WHOLE // ROWS)
    return Box(left, top, right - left, bottom - top)
