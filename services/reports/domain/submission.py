"""What somebody sends in to make a report, cleaned and within bounds, whichever channel it came by.

The web form and Open311 complain in their own ways first; this is the last gate before the store, and it is the same
for all. Text keeps every script and emoji; what is taken out are characters that no person types and that can harm a
reader: nulls, other control characters, and the ones that turn the direction of the text around them.
"""

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from shared.contracts.codes import HAZARDS, LAND_TYPES, SIZES, WASTE_TYPES
from shared.errors import DomainError

DESCRIPTION_LIMIT = 4_000
"""Open311 allows this many characters in a description, so every channel does."""

NAME_LIMIT, PLACE_TEXT_LIMIT = 100, 500
EMAIL_LIMIT = 254
"""The longest address that mail servers accept (RFC 5321)."""

BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")
KEPT_CONTROLS = frozenset("\n\t")
EMAIL = re.compile(r"^[^@\s<>\"(),:;\\]+@[^@\s<>\"(),:;\\.]+(\.[^@\s<>\"(),:;\\.]+)+$")
PHONE_DIGITS = range(7, 16)
"""Fewest and most digits of a number that can be called, country code included (E.164)."""

URL_LIMIT = 2_000
URL = re.compile(r"^https?://[^\s/?#@]+([/?#][^\s]*)?$", re.IGNORECASE)
PARTNER_ID = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$")

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
    photo_key: str | None = None
    public_photo_key: str | None = None
    kind: str = "fly-tipping"
    answers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    media_urls: tuple[str, ...] = ()
    is_street_only: bool = False
    partner_id: str | None = None


def clean_text(text: str, limit: int, *, one_line: bool = False) -> str:
    """Return the text without control and direction characters, normalised and cut of outer space; raises if too long.

    Raises:
        DomainError: the text is longer than the limit.
    """
    kept = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    if not kept.isprintable():  # nothing of what is taken out is printable
        kept = "".join(character for character in kept if _is_kept(character))
    if one_line:
        kept = " ".join(kept.split())
    kept = kept.strip()
    if len(kept) > limit:
        raise DomainError(f"Use {limit:,} characters or fewer; this has {len(kept):,}.")
    return kept


def _is_kept(character: str) -> bool:
    """Say whether a person may have typed a character."""
    if character in BIDI_CONTROLS:
        return False
    return character in KEPT_CONTROLS or unicodedata.category(character) not in {"Cc", "Cs", "Co", "Cn"}


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


def clean_url(text: str) -> str:
    """Return a web address, or an empty text; it is kept for staff to look at and never fetched.

    Raises:
        DomainError: it is no address of the web, or too long.
    """
    address = clean_text(text, URL_LIMIT, one_line=True)
    if address and not URL.match(address):
        raise DomainError("The address of a picture must begin with http:// or https://.", field="media_url")
    return address


def clean_partner_id(text: str | None) -> str | None:
    """Return what another website calls a report; None where it is no id: the report itself is what matters."""
    typed = (text or "").strip()
    return typed if PARTNER_ID.match(typed) else None


def hazards_of(waste_type: str | None, told: Collection[str]) -> tuple[str, ...]:
    """Return the hazards that were told, and the one that the waste type is by itself, in a fixed order."""
    known = {*told, HAZARD_OF_WASTE.get(waste_type or "", "")}
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
    unknown = set(submission.hazards) - set(HAZARDS)
    if unknown:
        raise DomainError(f"hazards are any of: {', '.join(HAZARDS)}.", field="hazards")
    if submission.happened_on is not None and submission.happened_on > today:
        raise DomainError("The day you saw it must be today or in the past.", field="happened_on")
