"""Find the place that a written address means, for callers that can't give coordinates.

An address is read as Open311 wants it written, from the most specific part to the most general. The first part that the
council's gazetteer knows decides; house numbers are left out, so the place is the middle of the street. Where several
places fit, guessing would send a crew to the wrong street: the caller is told which they are.
"""

import re

from shared.council import Gazetteer, Place
from shared.errors import DomainError

NUMBERED = re.compile(
    r"""^(?:(?:flat|unit|apartment|apt)\s+\w+\s+)?    # within a house
    (?:no\.?\s*)?[0-9]+[a-z]?                        # the house
    (?:\s*[-–]\s*[0-9]+[a-z]?)?\s+                  # or several of them""",
    re.IGNORECASE | re.VERBOSE,
)
"""What stands before the name of a street."""

MOST_CANDIDATES = 20
TOLD = 5
ADDRESS_LIMIT = 500


def find_address(gazetteer: Gazetteer, text: str) -> Place:
    """Return the one place that an address means; raises `DomainError` where there is none, or more than one."""
    if len(text) > ADDRESS_LIMIT:
        raise DomainError(f"address_string may have at most {ADDRESS_LIMIT} characters", field="address_string")
    for part in re.split(r"[,\n]", text):
        street = NUMBERED.sub("", part.strip())
        found = _candidates(gazetteer, street, text) if len(street) > 2 else []
        if len(found) == 1:
            return found[0]
        if found:
            told = "; ".join(
                f"{place.name}, {gazetteer.neighbourhoods[place.neighbourhood]} (address_id {place.id})"
                for place in found[:TOLD]
            )
            raise DomainError(f"address_string fits more than one place: {told}", field="address_string")
    raise DomainError("address_string is not known here; send lat and long", field="address_string")


def _candidates(gazetteer: Gazetteer, street: str, whole: str) -> list[Place]:
    """Return the places that a part of an address may mean: by its full name if any has it, narrowed by the area."""
    found = gazetteer.search(street, MOST_CANDIDATES)
    same = [place for place in found if place.name.casefold() == street.casefold()] or found
    near = [place for place in same if gazetteer.neighbourhoods[place.neighbourhood].casefold() in whole.casefold()]
    return near or same
