"""What somebody sends in to make a report, whichever channel it came by.

The web form and Open311 complain in their own ways first; this is the last gate before the store, and it is the same
for all.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from services.reports.domain.private import MOST_PHOTOS, Photo, Witness
from shared.contracts.codes import HAZARDS, LAND_TYPES, SIZES, WASTE_TYPES
from shared.errors import DomainError

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
    answers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    media_urls: tuple[str, ...] = ()
    is_street_only: bool = False
    partner_id: str | None = None
    agent_id: str | None = None


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
