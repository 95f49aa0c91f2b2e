"""Kinds of report as the council declares them: what each asks, who deals with it, and how finely its place is shown.

Fly-tipping is one of them and in no way special here. What is coded (`waste_type`, `land_type`, `size`) is shared with
every service and with the national return; every other question belongs to its kind, and its answers stay in reports.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from shared.contracts.codes import LAND_TYPES, SIZES, WASTE_TYPES, Code

Datatype: TypeAlias = Literal["string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"]
"""The kinds of answer that Open311 GeoReport v2 knows."""

HandledBy: TypeAlias = Literal["crew", "team", "partner"]
"""A crew is sent (the report is a job); a team works from its own list; a partner gets it and the council is done."""

DATATYPES: tuple[Datatype, ...] = get_args(Datatype)
HANDLERS: tuple[HandledBy, ...] = get_args(HandledBy)
LISTS: tuple[Datatype, ...] = ("singlevaluelist", "multivaluelist")
CODED: Mapping[str, Mapping[str, Code]] = {"waste_type": WASTE_TYPES, "land_type": LAND_TYPES, "size": SIZES}
"""Questions whose answers are the shared codes of the same name."""


@dataclass(frozen=True)
class Choice:
    """One answer of a list: its code and the words for it."""

    key: str
    name: str


@dataclass(frozen=True)
class KindAttribute:
    """One question that a kind of report asks; `is_published` says whether the answer is on the public page."""

    code: str
    question: str
    help: str
    required: bool
    datatype: Datatype = "singlevaluelist"
    choices: tuple[Choice, ...] = ()
    is_published: bool = False

    @property
    def is_coded(self) -> bool:
        """Say whether the answer is a shared code, which events carry."""
        return self.code in CODED

    @property
    def is_list(self) -> bool:
        """Say whether the answer is one or several of `choices`."""
        return self.datatype in LISTS

    def words(self, key: str) -> str:
        """Return the words of a choice; the answer itself where it is not one of a list, or no longer."""
        return next((choice.name for choice in self.choices if choice.key == key), key)


@dataclass(frozen=True)
class Referral:
    """To whom reports of a kind go that are not the council's crews' to deal with: a code for events, and the words.

    `before` is said before anybody describes anything, `words` once it was passed on; `url` is where they can be told.
    """

    to: str
    name: str
    before: str
    words: str
    url: str = ""


@dataclass(frozen=True)
class Kind:
    """A kind of report: its service code, the prefix of its references, and the texts of its Open311 service."""

    code: str
    prefix: str
    name: str
    description: str
    group: str
    keywords: tuple[str, ...]
    place_precision: Literal["exact", "street"]
    attributes: tuple[KindAttribute, ...]
    handled_by: HandledBy = "crew"
    team: str | None = None
    referral: Referral | None = None

    @property
    def makes_jobs(self) -> bool:
        """Say whether a crew is sent to such a report."""
        return self.handled_by == "crew"

    @property
    def is_waste(self) -> bool:
        """Say whether such a report is of waste, by Defra's types: it is assessed, cleared and weighed by them."""
        return self.attribute("waste_type") is not None

    def attribute(self, code: str) -> KindAttribute | None:
        """Return the question of a code; None where the kind does not ask it."""
        return next((attribute for attribute in self.attributes if attribute.code == code), None)


@dataclass(frozen=True)
class Open311:
    """How programs are offered the reports: the text on how to get a key, and whether FixMyStreet is among them."""

    key_service: str = ""
    fixmystreet: bool = False
    """Whether services ask for what FixMyStreet fills in by itself (`automated`: its id, easting, northing)."""


NOT_KNOWN = Kind("", "", "Report", "", "", (), "exact", ())
"""Stands for a kind that the configuration no longer has: its reports go on as reports that a crew is sent to."""
