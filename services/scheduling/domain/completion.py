"""What a crew says when it is done at a place, and what each outcome needs it to say."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.scheduling.domain.entry import Plausibility
from shared.contracts.codes import LAND_TYPES, OUTCOMES, SIZES, WASTE_TYPES
from shared.contracts.scheduling import NO_PHOTO_REASONS
from shared.errors import DomainError

CONTRACTOR_WASTE = frozenset({"asbestos"})
"""Waste that only a licensed contractor may take (Control of Asbestos Regulations 2012), never a normal crew."""

COLLECTING_OUTCOMES = frozenset({"cleared", "part-cleared"})
"""Outcomes for which the crew has seen and lifted the waste, so that they must say what it was."""

NOTHING_SEEN = frozenset({"not-found", "already-cleared"})
"""Outcomes that need no reason for a missing photo: there was nothing to photograph."""

DEFERRING_OUTCOMES = frozenset({"part-cleared", "access-blocked", "unsafe", "needs-specialist", "evidence-held"})
"""Outcomes that keep the report open: the job waits and may be assigned again."""

CONFIRMED: Mapping[str, Mapping[str, Any]] = {"waste_type": WASTE_TYPES, "land_type": LAND_TYPES, "size": SIZES}
QUESTIONS: Mapping[str, str] = {
    "waste_type": "Choose what the waste was",
    "land_type": "Choose what kind of land it was on",
    "size": "Choose how much there was",
}


@dataclass(frozen=True)
class Parcel:
    """A sealed custody parcel that was handed to enforcement, and what kind of thing it holds."""

    parcel_key: str
    holds: str


@dataclass(frozen=True)
class Completion:
    """What a crew says when it is done at a place."""

    outcome: str
    waste_type: str | None = None
    land_type: str | None = None
    size: str | None = None
    photo_key: str | None = None
    no_photo_reason: str | None = None
    has_evidence: bool = False
    parcels: tuple[Parcel, ...] = ()
    before_photo_key: str | None = None
    no_before_reason: str | None = None
    proof: Plausibility | None = None
    before_proof: Plausibility | None = None

    @property
    def why_no_photo(self) -> str | None:
        """The reason for a missing photo, which some outcomes give by themselves."""
        if self.photo_key is not None:
            return None
        return self.no_photo_reason or ("nothing-to-show" if self.outcome in NOTHING_SEEN else None)


def check_completion(
    completion: Completion,
    *,
    waste_type: str | None,
    land_type: str | None,
    size: str | None,
    is_waste: bool = True,
    by_contractor: bool = False,
) -> None:
    """Refuse a completion that lacks what its outcome needs, given what was known of the job before.

    A job that is not about waste (graffiti, say) leaves nothing to sort and weigh, so nothing is asked about it.

    Raises:
        DomainError: naming the field.
    """
    known = {"waste_type": waste_type, "land_type": land_type, "size": size}
    _check_code("outcome", completion.outcome, OUTCOMES, "Choose what happened")
    for name, choices in CONFIRMED.items():
        said = getattr(completion, name)
        _check_code(name, said, choices, QUESTIONS[name])
        if is_waste and completion.outcome in COLLECTING_OUTCOMES and said is None and known[name] is None:
            raise DomainError(QUESTIONS[name], field=name)
    is_collected = completion.outcome in COLLECTING_OUTCOMES
    if is_collected and not by_contractor and (completion.waste_type or waste_type) in CONTRACTOR_WASTE:
        raise DomainError(
            "Asbestos is for a licensed contractor: keep away, and choose “Needs a specialist”.",
            field="outcome",
            rule="contractor-only",
        )
    if completion.no_photo_reason is not None and completion.no_photo_reason not in NO_PHOTO_REASONS:
        raise DomainError(f"Choose one of: {', '.join(NO_PHOTO_REASONS)}", field="no_photo_reason")
    if completion.photo_key is None and completion.why_no_photo is None:
        raise DomainError("Add a photo, or say why there is none", field="photo")


def check_before(
    completion: Completion, *, is_needed: bool, photo_key: str | None, no_photo_reason: str | None
) -> None:
    """Refuse a completion without a photo from before the work where the council needs one, sent now or earlier.

    Raises:
        DomainError: naming the field.
    """
    if completion.no_before_reason is not None and completion.no_before_reason not in NO_PHOTO_REASONS:
        raise DomainError(f"Choose one of: {', '.join(NO_PHOTO_REASONS)}", field="no_before_reason")
    has_one = photo_key or no_photo_reason or completion.before_photo_key or completion.no_before_reason
    if is_needed and completion.outcome in COLLECTING_OUTCOMES and not has_one:
        raise DomainError("Add a photo from before the work, or say why there is none", field="before_photo")


def _check_code(name: str, value: str | None, choices: Mapping[str, Any], question: str) -> None:
    """Raise `DomainError` for a value that is not one of the codes; None is for the outcome's own rules."""
    if value is not None and value not in choices:
        raise DomainError(question, field=name)
