"""The codes that the whole system shares, with their official names and the plain words that people are shown.

Waste, land and size are the columns of Defra's fly-tipping return (Fly-tipping statistics for England, `LA_incidents`);
their slugs are fixed by the interface.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.texts import marked


@dataclass(frozen=True)
class Code:
    """An official name, and the words a resident or crew is shown for it."""

    official: str
    plain: str


WASTE_TYPES: Mapping[str, Code] = {
    "black-bags-household": Code("Black Bags - Household", "Black bags from a home"),
    "other-household": Code("Other Household Waste", "Furniture, mattress or other household items"),
    "white-goods": Code("White Goods", "Fridge, freezer, washing machine or cooker"),
    "other-electrical": Code("Other Electrical", "Television, computer or other electrical items"),
    "construction-demolition-excavation": Code("Constr / Demol / Excav", "Rubble, soil or building waste"),
    "green": Code("Green", "Garden waste"),
    "tyres": Code("Tyres", "Tyres"),
    "vehicle-parts": Code("Vehicle Parts", "Vehicle parts"),
    "black-bags-commercial": Code("Black Bags - Commercial", "Black bags from a business"),
    "other-commercial": Code("Other Commercial Waste", "Other business waste"),
    "asbestos": Code("Asbestos", "Asbestos, or sheets that could be asbestos"),
    "clinical": Code("Clinical", "Needles or medical waste"),
    "chemical-drums-oil-fuel": Code("Chemical Drums, Oil, Fuel", "Chemicals, oil or fuel"),
    "animal-carcass": Code("Animal Carcass", "Dead animal"),
    "other-unidentified": Code("Other (unidentified)", "Something else, or I can’t tell"),
}

LAND_TYPES: Mapping[str, Code] = {
    "highway": Code("Highway", "Road or pavement"),
    "back-alleyway": Code("Back Alleyway", "Alley or back entry"),
    "footpath-bridleway": Code("Footpath / Bridleway", "Footpath or bridleway"),
    "council-land": Code("Council Land", "Park, estate or other council land"),
    "private-residential": Code("Private / Residential", "Private land or a garden"),
    "commercial-industrial": Code("Commercial / Industrial", "Land of a business or industry"),
    "railway": Code("Railway", "Railway land"),
    "watercourse-bank": Code("Watercourse / Bank", "River, canal or its bank"),
    "agricultural": Code("Agricultural", "Farmland"),
    "other-unidentified": Code("Other (unidentified)", "Somewhere else, or I don’t know"),
}

SIZES: Mapping[str, Code] = {
    "single-black-bag": Code("Single Black Bag", "One black bag"),
    "single-item": Code("Single Item", "One item"),
    "car-boot": Code("Car Boot or Less", "Up to a car boot full"),
    "small-van": Code("Small Van Load", "A small van full"),
    "transit-van": Code("Transit Van Load", "A large van full"),
    "tipper": Code("Tipper Lorry Load", "A lorry full"),
    "significant-multi": Code("Significant / Multi Loads", "More than one lorry full"),
}

OUTCOMES: Mapping[str, Code] = {
    "cleared": Code("Cleared", "Cleared"),
    "part-cleared": Code("Part cleared", "Partly cleared, more to do"),
    "not-found": Code("Not found", "Nothing there"),
    "already-cleared": Code("Already cleared", "Already cleared by someone else"),
    "private-land": Code("Private land", "It is on private land"),
    "needs-specialist": Code("Needs specialist", "Needs a specialist or a grab lorry"),
    "access-blocked": Code("Access blocked", "Could not get to it"),
    "unsafe": Code("Unsafe", "Not safe to clear"),
    "evidence-held": Code("Evidence held", "Left in place for enforcement officers"),
    "refused": Code("Refused", "Refused or other reason"),
}

HAZARDS = ("asbestos", "clinical", "chemical", "obstruction")
CHANNELS = ("web", "open311", "contact-centre", "crew")

REPORT_STATES = ("submitted", "assessed", "scheduled", "in-progress", "closed", "referred")
CLOSURES = (
    "cleared",
    "already-cleared",
    "not-found",
    "no-action",
    "not-ours",
    "duplicate",
    "referred",
    "cleared-by-owner",
)
JOB_STATES = ("open", "assigned", "started", "completed", "deferred", "cancelled")
TICKET_STATES = ("recorded", "voided")
CASE_STATES = ("opened", "evidence", "decision", "notice", "closed")
NOTICE_STATES = ("draft", "issued", "served", "paid", "cancelled", "withdrawn", "escalated")

WAITING_FOR: Mapping[str, str] = {
    "owner": marked("whoever is responsible for the land"),
    "contractor": marked("a specialist contractor"),
    "evidence": marked("our enforcement officers"),
    "access": marked("access to the place"),
    "reporter": marked("an answer from the person who reported it"),
    "weather": marked("safer weather"),
    "police": marked("the police"),
    "utility": marked("a gas, water or power company"),
}
"""What a report's clock may stand still for, in the words that follow “waiting for” on its public page."""

PRIORITIES: Mapping[int, str] = {
    1: marked("Urgent"),
    2: marked("High"),
    3: marked("Standard"),
    4: marked("Low"),
    5: marked("Planned"),
}
"""1 is the most urgent."""

ROLES: Mapping[str, str] = {
    "contact-centre": "Contact centre agent",
    "supervisor": "Depot supervisor",
    "crew": "Crew",
    "officer": "Enforcement officer",
    "waste-officer": "Waste officer",
    "manager": "Neighbourhood manager",
    "councillor": "Councillor",
    "wall-viewer": "Operations room",
    "admin": "Administrator",
}
