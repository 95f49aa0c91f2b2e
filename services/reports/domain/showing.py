"""What of a report's photos and words the public may see; nothing to announce: events never carried either."""

from collections.abc import Collection
from dataclasses import replace

from services.reports.domain.report import Report
from shared.errors import DomainError


def release(report: Report, *, photos: Collection[int], text: bool) -> Report:
    """Let the public see these photos (numbers from 1) or the words, and nothing else of them from now on.

    Raises `DomainError` where there is nothing to release.
    """
    if any(report.private.photo(number) is None for number in photos):
        raise DomainError("This report has no such photo.", field="photo")
    if text and not report.private.description:
        raise DomainError("This report has no description.", field="text")
    shown = tuple(
        replace(photo, is_released=number in photos) for number, photo in enumerate(report.private.photos, start=1)
    )
    return replace(report, private=replace(report.private, photos=shown), text_released=text)
