"""Painting over what nobody may see in a photo: always anew from the sealed original, into a new public copy.

The copy of before is named by no document afterwards, so it can't be served and is swept. Undoing is painting again,
with other parts or none.
"""

from collections.abc import Sequence

from services.reports.domain.redaction import Box, check_boxes
from services.reports.domain.report import Report
from services.reports.domain.showing import redact
from services.reports.handlers import note_access, save_change
from services.reports.store import by_reference
from shared.blobs.photos import redacted_derivative
from shared.errors import DomainError, NotFound
from shared.service import ServiceContext
from shared.store import reload_on_conflict

NOT_KEPT = (
    "The original of this photo is no longer kept, so nothing more can be painted over. "
    "You can still take the photo off the public page."
)


def redact_photo(
    ctx: ServiceContext, reference: str, number: int, boxes: Sequence[Box], *, user_id: str, user_name: str = ""
) -> Report:
    """Paint parts of a photo over, and none but these; who did it is kept.

    Raises:
        DomainError: a part is not within the photo, there is no such photo, or its original is no longer kept.
    """
    parts = check_boxes(boxes)
    before = by_reference(ctx.store, reference)
    copy = redacted_derivative(original_of(ctx, before, number), [box.corners for box in parts])
    photo = before.private.photos[number - 1]
    key = ctx.blobs.put(copy)  # before the document that names it
    report = _save(ctx, reference, number, parts, key, original=photo.key)
    note_access(ctx, report, user_id=user_id, user_name=user_name, what=f"redacted:{number}")
    return report


@reload_on_conflict
def _save(
    ctx: ServiceContext, reference: str, number: int, parts: tuple[Box, ...], key: str, *, original: str
) -> Report:
    """Name the new copy in the report."""
    report = by_reference(ctx.store, reference)
    return save_change(ctx, report, (redact(report, number, parts, key, original=original), []))


def original_of(ctx: ServiceContext, report: Report, number: int) -> bytes:
    """Return the sealed original of a photo; raises `DomainError` where it is no longer kept, or never was."""
    photo = report.private.photo(number)
    if photo is None:
        raise DomainError("This report has no such photo.", field="photo")
    if not photo.key:
        raise DomainError(NOT_KEPT)
    try:
        return ctx.blobs.get(photo.key)
    except NotFound:
        raise DomainError(NOT_KEPT) from None
