"""What somebody sends in to make a report, cleaned and within bounds, whichever channel it came by.

The web form and Open311 complain in their own ways first; this is the last gate before the store, and it is the same
for all. Text keeps every script and emoji; what is taken out are characters that no person types and that can harm a
reader: nulls, other control characters, and the ones that turn the direction of the text around them.
"""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from services.reports.domain.private import MOST_PHOTOS, Photo, Witness
from shared.contracts.codes import HAZARDS, LAND_TYPES, SIZES, WASTE_TYPES
from shared.errors import DomainError
from shared.texts import gettext

DESCRIPTION_LIMIT = 4_000
"""Open311 allows this many characters in a description, so every channel does."""

NAME_LIMIT, PLACE_TEXT_LIMIT = 100, 500
SEEN_LIMIT, VEHICLE_LIMIT = 4_000, 200
EMAIL_LIMIT = 254
"""The longest address that mail servers accept (RFC 5321)."""

BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")
KEPT_CONTROLS = frozenset("\n\t")
EMAIL = re.compile(r"^[^@\s<>\"(),:;\\]+@[^@\s<>\"(),:;\\.]+(\.[^@\s<>\"(),:;\\.]+)+$")
PHONE_DIGITS = range(7, 16)
"""Fewest and most digits of a number that can be called, country code included (E.164)."""

HAZARD_OF_WASTE = {"asbestos": "asbestos", "clinical": "clinical", "chemical-drums-oil-fuel": "chemical"}
"""Waste types that are a hazard by themselves."""


@dataclass(frozen=True)
class Submission:
    """What is known of a report when it is made. Texts are as typed; `checked` cleans and bounds them."""

    channel: str
    lat: float
    lon: float
    waste_type: str | None = None
    land_type: str | None = None
    size: str | None = None
    hazards: tuple[str, ...] = ()
    place_id: str | None = None
    place_text: str = ""
    happened_on: date | None = None
    description: str = ""
    name: str = ""
    email: str = ""
    phone: str = ""
    photos: tuple[Photo, ...] = ()
    other_waste_types: tuple[str, ...] = ()
    witness: Witness | None = None
    kind: str = "fly-tipping"


def clean_text(text: str, limit: int, *, one_line: bool = False) -> str:
    """Return the text without control and direction characters, normalised and cut of outer space; raises if too long.

    Raises:
        DomainError: the text is longer than the limit.
    """
    normal = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    kept = "".join(
        character
        for character in normal
        if character not in BIDI_CONTROLS
        and (character in KEPT_CONTROLS or unicodedata.category(character) not in {"Cc", "Cs", "Co", "Cn"})
    )
    if one_line:
        kept = " ".join(kept.split())
    kept = kept.strip()
    if len(kept) > limit:
        raise DomainError(
            gettext(
                "Use %(limit)s characters or fewer; this has %(count)s.", limit=f"{limit:,}", count=f"{len(kept):,}"
            )
        )
    return kept


def clean_email(text: str) -> str:
    """Return an e-mail address, or an empty text; raises `DomainError` where it can't be one."""
    address = clean_text(text, EMAIL_LIMIT, one_line=True)
    if address and not EMAIL.match(address):
        raise DomainError("Enter an email address in the correct format, like name@example.com.")
    return address


def clean_phone(text: str) -> str:
    """Return a telephone number with `+` and digits only, or an empty text; raises `DomainError` otherwise."""
    typed = clean_text(text, 40, one_line=True)
    number = re.sub(r"[\s().-]", "", typed)
    if typed and not (re.fullmatch(r"\+?[0-9]+", number) and len(number.lstrip("+")) in PHONE_DIGITS):
        raise DomainError("Enter a telephone number, like 0151 496 0000 or 07700 900 982.")
    return number


def hazards_of(waste_type: str | None, told: Collection[str], others: Collection[str] = ()) -> tuple[str, ...]:
    """Return the hazards that were told, and those that the waste types are by themselves, in a fixed order."""
    known = {*told, *(HAZARD_OF_WASTE.get(waste or "", "") for waste in (waste_type, *others))}
    return tuple(hazard for hazard in HAZARDS if hazard in known)


def check_codes(submission: Submission, *, today: date) -> None:
    """Raise `DomainError` for a code that is not one of ours, or a day that has not come yet."""
    for name, value, known in (
        ("waste_type", submission.waste_type, WASTE_TYPES),
        ("land_type", submission.land_type, LAND_TYPES),
        ("size", submission.size, SIZES),
    ):
        if value is not None and value not in known:
            raise DomainError(f"{name} is not one of: {', '.join(known)}.", field=name)
    others = submission.other_waste_types
    if submission.waste_type in others or len(set(others)) < len(others) or not set(others) <= set(WASTE_TYPES):
        raise DomainError(f"other_waste_types are any others of: {', '.join(WASTE_TYPES)}.", field="other_waste_types")
    if len(submission.photos) > MOST_PHOTOS:
        raise DomainError(f"A report has at most {MOST_PHOTOS} photos.", field="photo")
    unknown = set(submission.hazards) - set(HAZARDS)
    if unknown:
        raise DomainError(f"hazards are any of: {', '.join(HAZARDS)}.", field="hazards")
    if submission.happened_on is not None and submission.happened_on > today:
        raise DomainError("The day you saw it must be today or in the past.", field="happened_on")
