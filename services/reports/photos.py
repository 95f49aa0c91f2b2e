"""A resident's photo: the original sealed as it came, and a copy without metadata that people may be shown.

Both are written before any document names them; what nothing names after a day is swept. The original is never served
to the public, released or not: it holds where and when it was taken, and by which phone.
"""

from datetime import timedelta

from services.reports.domain.private import Photo
from services.reports.store import names_blob
from shared import failpoints
from shared.blobs.photos import public_derivative
from shared.clock import machine_now
from shared.service import ServiceContext

ORPHAN_AGE = timedelta(days=2)
"""Older than any draft may live, so that a photo in a draft is never taken for an orphan."""


def keep_photo(ctx: ServiceContext, content: bytes) -> Photo:
    """Store a photo and its showable copy; raises `DomainError` for what is not a photo."""
    copy = public_derivative(content)
    photo = Photo(ctx.blobs.put(content), ctx.blobs.put(copy))
    failpoints.reach(failpoints.MID_PHOTO)
    return photo


def sweep_photos(ctx: ServiceContext) -> None:
    """Delete blobs that no report and no draft names."""
    for key in ctx.blobs.keys(written_before=machine_now() - ORPHAN_AGE):
        if not names_blob(ctx.store, key):
            ctx.blobs.delete(key)
