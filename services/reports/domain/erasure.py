"""Taking out of a report what is about people, so that the anonymous record stays: codes, place, dates, story.

Two clocks run from the day a report was closed, because a council may keep photos for another time than words and
contact details. A released photo stays as the copy that staff have let the public see; its original, which holds where
and by which phone it was taken, goes. What was released of the words goes too: a gate colour that was harmless beside
an open report is no reason to keep a person's sentences for ever.

A person may ask at any time. While the report is open, who they are goes at once and what a crew needs to find and
clear the waste stays (UK GDPR article 17(3)(b), a task in the public interest); the rest follows when it is closed.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime

from services.reports.domain.private import Follower, Photo, Private
from services.reports.domain.report import Report

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
"""Before every report: what somebody asked to have erased is due as soon as nothing needs it."""

NOTHING_TOLD = Private()
WORDS, PHOTOS = "words", "photos"


def holds_words(report: Report) -> bool:
    """Say whether the report still holds contact details, words, answers or a spot that may be about a person.

    Everything that people tell counts, whatever is added to it later, but for photos and the answers that may stay.
    """
    is_told = replace(report.private, photos=(), answers=()) != NOTHING_TOLD
    return is_told or bool(report.private.answers and report.erased_at is None)


def holds_photos(report: Report) -> bool:
    """Say whether the report still holds an original, or a photo that the public may not see."""
    return any(photo.key or not photo.is_released for photo in report.private.photos)


def due_since(report: Report) -> datetime:
    """Return the instant from which the times of keeping are counted."""
    return LONG_AGO if report.erasure_asked_at is not None else report.closed_at or report.reported_at


def ask_erasure(report: Report, *, at: datetime) -> Report:
    """Return an open report without who made it, marked so that the rest goes as soon as it is closed."""
    unnamed = replace(report.private, name="", email="", phone="", partner_id=None)
    return replace(report, private=unnamed, erasure_asked_at=report.erasure_asked_at or at)


def erase_words(report: Report, *, at: datetime, published: Collection[str] = ()) -> Report:
    """Return the report without contact details, words, followers, exact spot and answers.

    Answers to the questions in `published`, which the council shows to anybody, are codes and stay. Where there is
    nothing to erase the report comes back as it is.
    """
    if not holds_words(report):
        return report
    kept = Private(
        photos=report.private.photos,
        answers=tuple(answer for answer in report.private.answers if answer.code in published),
    )
    # The key may be another website's number of the report, which leads to a person there.
    key = f"erased:{report.id}"
    return replace(report, private=kept, idempotency_key=key, text_released=False, erased_at=at)


def erase_photos(report: Report) -> Report:
    """Return the report without originals, and with the copies alone that the public may see."""
    if not holds_photos(report):
        return report
    kept = tuple(replace(photo, key="") for photo in report.private.photos if photo.is_released)
    return replace(report, private=replace(report.private, photos=kept))


def drop_follower(report: Report, addresses: Collection[str]) -> Report:
    """Return the report without the followers who are reached at one of the addresses."""
    kept = tuple(one for one in report.private.followers if not is_reached_at(one, addresses))
    return replace(report, private=replace(report.private, followers=kept))


def is_reached_at(follower: Follower, addresses: Collection[str]) -> bool:
    """Say whether a follower is reached at one of the addresses, as they are found by."""
    return not {found_by(follower.email), found_by(follower.phone)}.isdisjoint(set(addresses) - {""})


def found_by(address: str) -> str:
    """Return an e-mail address or telephone number in the one form in which the same one is always found.

    A number is its last ten digits, so that `07700 900982` and `+44 7700 900982` are one.
    """
    plain = address.strip().casefold()
    return plain if "@" in plain else "".join(filter(str.isdigit, plain))[-10:]


def own_addresses(private: Private) -> frozenset[str]:
    """Return where the reporter is reached, as it is found by."""
    return frozenset({found_by(private.email), found_by(private.phone)} - {""})


def files_of(photos: Collection[Photo]) -> set[str]:
    """Return the keys of the blobs that photos name."""
    return {key for photo in photos for key in (photo.key, photo.public_key) if key}
