"""What somebody typed, cleaned and within bounds: texts, addresses, numbers.

Text keeps every script and emoji; what is taken out are characters that no person types and that can harm a reader:
nulls, other control characters, and the ones that turn the direction of the text around them.
"""

import re
import unicodedata

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

URL_LIMIT = 2_000
URL = re.compile(r"^https?://[^\s/?#@]+([/?#][^\s]*)?$", re.IGNORECASE)
PARTNER_ID = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$")


def clean_text(text: str, limit: int, *, one_line: bool = False) -> str:
    """Return the text without control and direction characters, normalised and cut of outer space; raises if too long.

    Raises:
        DomainError: the text is longer than the limit.
    """
    if not text:
        return ""
    kept = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    if not kept.isprintable():  # nothing of what is taken out is printable
        kept = "".join(character for character in kept if _is_kept(character))
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


def _is_kept(character: str) -> bool:
    """Say whether a person may have typed a character."""
    if character in BIDI_CONTROLS:
        return False
    return character in KEPT_CONTROLS or unicodedata.category(character) not in {"Cc", "Cs", "Co", "Cn"}


def clean_email(text: str) -> str:
    """Return an e-mail address, or an empty text; raises `DomainError` where it can't be one."""
    address = clean_text(text, EMAIL_LIMIT, one_line=True)
    if address and not EMAIL.match(address):
        raise DomainError("Enter an email address in the correct format, like name@example.com.", field="email")
    return address


def clean_phone(text: str) -> str:
    """Return a telephone number with `+` and digits only, or an empty text; raises `DomainError` otherwise."""
    typed = clean_text(text, 40, one_line=True)
    if not typed:
        return ""
    number = re.sub(r"[\s().-]", "", typed)
    if not (re.fullmatch(r"\+?[0-9]+", number) and len(number.lstrip("+")) in PHONE_DIGITS):
        raise DomainError("Enter a telephone number, like 0151 496 0000 or 07700 900 982.", field="phone")
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
