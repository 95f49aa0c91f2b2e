"""How a caller's reports are found again without an index that holds anybody's address.

What people gave to be reached by is kept once, in their report's private part. The index has SHA-256 of it: it answers
"which reports have this address?", and somebody who copies it learns no address that they did not know.
"""

import hashlib
import re
from collections.abc import Iterable

from services.reports.domain.private import Private
from services.reports.domain.typed import EMAIL

SHORTEST_NUMBER = 7
COUNTRY = "44"
OWNER = "owner-"
"""Before the keys of a landowner: they did not report, so a caller's reports are not found by them."""

EMAIL_WITHIN = re.compile(r"[^\s,;:<>()\[\]]+@[^\s,;:<>()\[\]]+")
NUMBER_WITHIN = re.compile(r"\+?\(?\d[\d ()./-]{5,}\d")


def contact_keys(private: Private) -> list[str]:
    """Return the keys under which a report is found: who follows it, the reporter's name, the landowner."""
    people = [(private.email, private.phone), *((one.email, one.phone) for one in private.followers)]
    keys = [key for email, phone in people for key in address_keys(email, phone)]
    return list(dict.fromkeys([*keys, *_name_keys(private.name), *_owner_keys(private.owner)]))


def address_keys(email: str, phone: str) -> list[str]:
    """Return the keys of where one person is reached."""
    return _present([_email_key(email), _phone_key(phone)])


def found_as_owner(typed: str) -> list[str]:
    """Return the keys under which a report is found by its landowner's address or number."""
    return _owner_keys(typed)


def _owner_keys(noted: str) -> list[str]:
    """Return the keys of every address and number in what was noted of a landowner."""
    emails = [_email_key(found.rstrip(".")) for found in EMAIL_WITHIN.findall(noted)]
    numbers = [_phone_key(found) for found in NUMBER_WITHIN.findall(EMAIL_WITHIN.sub(" ", noted))]
    return [OWNER + key for key in _present([*emails, *numbers])]


def keys_of(typed: str) -> list[str]:
    """Return the keys of what an agent typed: an address, a number, or each word of a name; empty for nothing."""
    text = typed.strip()
    if EMAIL.match(text):
        return _present([_email_key(text)])
    if _digits(text) and not re.search(r"[^\W\d_]", text):
        return _present([_phone_key(text)])
    return _name_keys(text)


def _present(keys: Iterable[str | None]) -> list[str]:
    """Return the keys that there are."""
    return [key for key in keys if key]


def _email_key(email: str) -> str | None:
    """Return the key of an e-mail address, whichever way it is capitalised."""
    return _key("e", email.strip().casefold()) if email.strip() else None


def _phone_key(phone: str) -> str | None:
    """Return the key of a number, the same with and without the country's code."""
    digits = _digits(phone)
    if len(digits) < SHORTEST_NUMBER:
        return None
    national = digits.removeprefix("00").removeprefix(COUNTRY) if phone.strip().startswith(("+", "00")) else digits
    return _key("p", national.lstrip("0"))


def _name_keys(name: str) -> list[str]:
    """Return a key for each word of a name."""
    return [_key("n", word) for word in dict.fromkeys(re.findall(r"[^\W\d_]{2,}", name.casefold()))]


def _digits(text: str) -> str:
    """Return the digits of a text."""
    return re.sub(r"\D", "", text)


def _key(kind: str, value: str) -> str:
    """Return a key."""
    return f"{kind}:{hashlib.sha256(value.encode()).hexdigest()[:32]}"
