"""The page on which staff paint over faces, number plates and house numbers before a photo is shown to the public.

Without scripts by a grid of boxes over the picture or by numbers; with them by drawing on the picture, or by the
keyboard. Only here and only the desk sees the photo without what is painted over, and that is logged.
"""

import re
from collections.abc import Mapping
from typing import Any

from flask import Response, abort, flash, make_response, redirect, render_template, request, url_for

from services.reports.domain.private import Photo
from services.reports.domain.redaction import COLUMNS, MOST_BOXES, ROWS, WHOLE, Box, boxes_of_cells
from services.reports.domain.report import Report
from services.reports.handlers import note_access
from services.reports.redacting import NOT_KEPT, original_of, redact_photo
from services.reports.store import by_reference
from services.reports.web.triage import DESK, bp
from shared.blobs.photos import public_derivative
from shared.errors import DomainError
from shared.web.app import context
from shared.web.auth import policy, roles, signed_in_user
from shared.web.forms import FormErrors, errors_of

SIDES = ("left", "top", "width", "height")
SPARE_ROWS = 3
"""Empty rows of numbers: more come with every saving."""

PERCENT = re.compile(r"[0-9]{1,3}([.,][0-9])?")
CELL = re.compile(r"([0-9]{1,2})-([0-9]{1,2})")


@bp.get("/triage/<reference>/photos/<int:number>/redact")
@policy(roles(*DESK))
def redact_form(reference: str, number: int) -> str:
    """Show a photo with what is painted over so far, to change that."""
    report, photo = _photo(reference, number)
    values = {
        f"box-{row}-{side}": f"{value / 10:g}"
        for row, box in enumerate(photo.redactions, start=1)
        for side, value in zip(SIDES, box.corners, strict=True)
    }
    return _page(report, number, photo, values, {})


@bp.post("/triage/<reference>/photos/<int:number>/redact")
@policy(roles(*DESK))
def redact(reference: str, number: int) -> Response | tuple[str, int]:
    """Paint the chosen parts over in a new public copy."""
    report, photo = _photo(reference, number)
    user = signed_in_user()
    try:
        boxes = [*_typed_boxes(request.form), *boxes_of_cells(_ticked())]
        redact_photo(context(), report.reference, number, boxes, user_id=user.id, user_name=user.name)
    except DomainError as error:
        return _page(report, number, photo, request.form, errors_of(error, "form")), 400
    flash("Saved. Look at the photo below, then let the public see it.", "success")
    response: Response = make_response(redirect(url_for("triage.view", reference=report.reference) + "#words", 303))
    return response


@bp.get("/triage/<reference>/photos/<int:number>/unredacted")
@policy(roles(*DESK))
def unredacted(reference: str, number: int) -> Response:
    """Give the desk the photo with nothing painted over, without its metadata; the reading is logged."""
    report, photo = _photo(reference, number)
    if not photo.key:
        abort(404)
    shown = public_derivative(original_of(context(), report, number))
    user = signed_in_user()
    note_access(context(), report, user_id=user.id, user_name=user.name, what="photo-unredacted")
    response = Response(shown, content_type="image/jpeg")
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Disposition"] = "inline"
    return response


def _photo(reference: str, number: int) -> tuple[Report, Photo]:
    """Return a report and one of its photos; answers 404 where there is none."""
    report = by_reference(context().store, reference)
    photo = report.private.photo(number)
    if photo is None:
        abort(404)
    return report, photo


def _ticked() -> set[tuple[int, int]]:
    """Return the cells that were ticked."""
    found = (CELL.fullmatch(value) for value in request.form.getlist("cell"))
    return {(int(cell[1]), int(cell[2])) for cell in found if cell}


def _typed_boxes(form: Mapping[str, str]) -> list[Box]:
    """Return the boxes that were typed in percent; raises `DomainError` for a row that is not all numbers."""
    boxes = []
    for row in range(1, MOST_BOXES + 1):
        typed = [form.get(f"box-{row}-{side}", "").strip().rstrip("%").strip() for side in SIDES]
        if not any(typed):
            continue
        if not all(PERCENT.fullmatch(value) for value in typed):
            raise DomainError(
                f"Part {row}: enter left, top, width and height in percent, like 12 or 12.5", field=f"box-{row}-left"
            )
        boxes.append(Box(*(round(float(value.replace(",", ".")) * WHOLE / 100) for value in typed)))
    return boxes


def _page(report: Report, number: int, photo: Photo, values: Mapping[str, Any], errors: FormErrors) -> str:
    """Return the page of a photo."""
    return render_template(
        "reports/triage/redact.html",
        report=report,
        number=number,
        photo=photo,
        not_kept="" if photo.key else NOT_KEPT,
        values=values,
        errors=errors,
        columns=range(COLUMNS),
        grid_rows=range(ROWS),
        rows=range(1, min(MOST_BOXES, len(photo.redactions) + SPARE_ROWS) + 1),
        sides=SIDES,
        wide=True,
    )
