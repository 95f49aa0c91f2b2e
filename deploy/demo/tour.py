"""The seven stops of `/demo`, and the people that a visitor can be: each stop a real page, and who may see it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from deploy.demo.cast import demo_crew
from shared.contracts.base import CLASSES
from shared.council import Council
from shared.errors import NotFound
from shared.processes import part
from shared.service import ServiceContext


@dataclass(frozen=True)
class Stop:
    """One stop on the way from alley to penalty: what is seen there, where, and as whom (None: as anybody)."""

    title: str
    words: str
    href: str
    role: str | None


@dataclass(frozen=True)
class Somebody:
    """One of the made people: what they do, and where they begin."""

    role: str
    title: str
    words: str
    crew_id: str = ""


ROLES: tuple[tuple[str, str, str], ...] = (
    ("contact-centre", "Contact centre agent", "takes reports by phone, joins duplicates, reads what was sent"),
    ("supervisor", "Depot supervisor", "sends the right crew from the board"),
    ("crew", "Crew", "clears it, with the phone in one hand"),
    ("officer", "Enforcement officer", "opens the evidence and issues a penalty"),
    ("waste-officer", "Waste officer", "weighs what came in, and what became of it"),
    ("manager", "Neighbourhood manager", "decides on reports in a neighbourhood"),
    ("councillor", "Councillor", "follows what the ward asks about"),
    ("wall-viewer", "Operations room", "watches all of it, live"),
)


WAY: tuple[tuple[str, str, str, str | None, str], ...] = (
    ("report", "Reported", "/report/{}", None, "What the resident sees: where it stands, and nothing about anybody."),
    ("job", "Cleared", "/dispatch/jobs/{}", "supervisor", "Held for a search, released, sent, cleared with a photo."),
    (
        "tip",
        "Tipped",
        "/tonnage/tips/{}",
        "waste-officer",
        "The lorry was emptied: this heap and what else it carried.",
    ),
    (
        "ticket",
        "Weighed",
        "/tonnage/tickets/{}",
        "waste-officer",
        "The weighbridge’s ticket, shared out over the heaps.",
    ),
    ("case", "Evidence", "/enforcement/cases/{}", "officer", "An addressed letter, sealed from the crew’s hand on."),
    ("notice", "Penalty", "/enforcement/notices/{}", "officer", "£750, served by hand, and paid on the ninth day."),
)
"""The stop of a story, its title here, its page, who may see that, and what is seen."""


def people(council: Council) -> Sequence[Somebody]:
    """Return who a visitor can be by one click, but for the resident, who needs none."""
    crew_id = demo_crew(council)
    return [Somebody(role, title, words, crew_id if role == "crew" else "") for role, title, words in ROLES]


def stops(operations: ServiceContext, reference: str) -> Sequence[Stop]:
    """Return the seven stops of the report; those that its story has not reached are left out."""
    try:
        journey = part("operations", "story").read_story(operations.store, reference)
    except NotFound:
        return ()
    names = part("operations", "web.names").CouncilNames(operations.council)
    found = part("operations", "domain.path").path(journey, names, frozenset(CLASSES))
    by_key: Mapping[str, Any] = {stop.key: stop for stop in found}
    made = [
        Stop(title, words, address.format(by_key[key].target), role)
        for key, title, address, role, words in WAY
        if by_key[key].target
    ]
    story = "Every event behind it, in order, and which one set off which."
    return (*made, Stop("The whole story", story, f"/operations/follow/{journey.reference}", "manager"))


def place_of(operations: ServiceContext, reference: str) -> Mapping[str, Any] | None:
    """Return where a report is, as its public state says."""
    page = operations.store.find("reports", {"reference": reference}, limit=1)
    state = page.items[0]["public_state"] if page.items else None
    return state["place"] if state else None
