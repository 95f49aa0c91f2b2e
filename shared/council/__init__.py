"""The council: who it is, its places, fleet, sites, rules and tariff, all read from `council.toml`.

Everything that differs from council to council is configuration here, and nothing else in the code knows that the
example is Liverpool (ADR 0009). `load_council` checks everything at start; after that the council never changes.
"""

from shared.council.assessing import Applying, Assessment, AssessmentRule, Provenance
from shared.council.gazetteer import Gazetteer, Place
from shared.council.kinds import Choice, Kind, KindAttribute, Open311, Referral
from shared.council.load import load_council
from shared.council.model import (
    Baseline,
    Colours,
    Contact,
    Council,
    Crew,
    Depot,
    GroupRole,
    Location,
    Material,
    Neighbourhood,
    Phone,
    Retention,
    SignIn,
    Site,
    TariffEntry,
    Vehicle,
    Ward,
)

__all__ = [
    "Applying",
    "Assessment",
    "AssessmentRule",
    "Baseline",
    "Choice",
    "Colours",
    "Contact",
    "Council",
    "Crew",
    "Depot",
    "Gazetteer",
    "GroupRole",
    "Kind",
    "KindAttribute",
    "Location",
    "Material",
    "Neighbourhood",
    "Open311",
    "Phone",
    "Place",
    "Provenance",
    "Referral",
    "Retention",
    "SignIn",
    "Site",
    "TariffEntry",
    "Vehicle",
    "Ward",
    "load_council",
]
