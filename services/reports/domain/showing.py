"""What of a report's photos and words the public may see; nothing to announce: events never carried either."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from services.reports.domain.redaction import Box
from services.reports.domain.report import Report
from shared.errors import DomainError


def release(
    report: Report, *, photos: Collection[int], text: bool, looked_at: Mapping[int, str] | None = None
) -> Report:
    """Let the public see these photos (numbers from 1) or the words, and nothing else of them from now on.

    `looked_at` says which copy of each photo somebody has seen: another one, painted over differently since, is not
    released. Raises `DomainError` where there is nothing to release.
    """
    if any(report.private.photo(number) is None for number in photos):
        raise DomainError("This report has no such photo.", field="photo")
    for number in photos:
        photo = report.private.photo(number)
        if looked_at is not None and photo is not None and photo.public_key != looked_at.get(number):
            raise DomainError(f"Photo {number} has changed since you looked at it. Look again.", field="photo")
    if text and not report.private.description:
        raise DomainError("This report has no description.", field="text")
    shown = tuple(
        replace(photo, is_released=number in photos) for number, photo in enumerate(report.private.photos, start=1)
    )
    return replace(report, private=replace(report.private, photos=shown), text_released=text)


def redact(report: Report, number: int, boxes: tuple[Box, ...], public_key: str, *, original: str) -> Report:
    """Give a photo a new public copy with parts painted over; it is not public until somebody has looked at it.

    `original` is what the copy was made from: where photos were erased meanwhile, the number may mean another one by
    now. The same parts again change nothing. Raises `DomainError` where there is no such photo.
    """
    photo = report.private.photo(number)
    if photo is None or photo.key != original:
        raise DomainError("This report has no such photo.", field="photo")
    if photo.public_key == public_key:
        return report
    redacted = replace(photo, public_key=public_key, redactions=boxes, is_released=False)
    photos = (*report.private.photos[: number - 1], redacted, *report.private.photos[number:])
    return replace(report, private=replace(report.private, photos=photos))
