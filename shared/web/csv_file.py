"""A table as a CSV file that spreadsheets and programs read, and that a spreadsheet never takes for a program.

A cell that begins with what a spreadsheet takes for a formula gets an apostrophe before it (OWASP, CSV injection);
numbers are written as numbers and need none.
"""

import csv
import io
from collections.abc import Iterable, Sequence

from flask import Response

BYTE_ORDER_MARK = "\ufeff"
"""Tells spreadsheets that this is UTF-8."""

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")

Cell = str | int | float | None


def csv_answer(
    name: str,
    header: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    *,
    mark: str = BYTE_ORDER_MARK,
    cache_control: str = "no-store",
) -> Response:
    """Return a file to download, which nothing keeps on the way unless `cache_control` says otherwise.

    Without the mark programs that do not know it find the first column by its name.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows([safe_cell(cell) for cell in row] for row in rows)
    answer = Response(mark + text.getvalue(), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    answer.headers["Cache-Control"] = cache_control
    return answer


def safe_cell(cell: Cell) -> Cell:
    """Return a cell that is no formula; nothing is an empty one."""
    if cell is None:
        return ""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell
