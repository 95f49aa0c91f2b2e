"""What the council calls its places, crews and sites, and where other services show what an event is about."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from services.operations.domain.words import said_code
from shared.council import Council
from shared.errors import NotFound
from shared.web.identity import User

ILLUSTRATIVE = " (illustrative)"
"""What the shipped example's names end with; every page says so in its demonstration strip, so sentences need not."""


@dataclass(frozen=True)
class CouncilNames:
    """The names of one council's configuration; an id that it no longer has is its own name."""

    council: Council

    def neighbourhood(self, neighbourhood_id: str) -> str:
        """Return a neighbourhood's name."""
        try:
            return self.council.neighbourhood(neighbourhood_id).name
        except NotFound:
            return neighbourhood_id

    def crew(self, crew_id: str) -> str:
        """Return a crew's name."""
        try:
            return self.council.crew(crew_id).name
        except NotFound:
            return f"crew {crew_id}"

    def site(self, site_id: str) -> str:
        """Return a disposal site's name."""
        try:
            return self.council.site(site_id).name.removesuffix(ILLUSTRATIVE)
        except NotFound:
            return site_id

    def depot(self, depot_id: str) -> str:
        """Return a depot's name."""
        try:
            return self.council.depot(depot_id).name.removesuffix(ILLUSTRATIVE)
        except NotFound:
            return depot_id

    def material(self, material: str) -> str:
        """Return a material's name, as it stands inside a sentence."""
        for known in self.council.materials.values():
            if known.material == material:
                return known.name[:1].lower() + known.name[1:]
        return said_code(material)

    def report_kind(self, kind: str) -> str:
        """Return the name of a kind of report."""
        known = self.council.kinds.get(kind)
        return known.name if known else said_code(kind)

    def is_waste(self, kind: str) -> bool:
        """Say whether reports of a kind are about waste."""
        return self.council.kind_of(kind).is_waste

    def makes_jobs(self, kind: str) -> bool:
        """Say whether a crew is sent to reports of a kind."""
        return self.council.kind_of(kind).makes_jobs


@dataclass(frozen=True)
class Address:
    """Where a kind of thing has its page, what the link says, and the roles that may open it."""

    path: str
    text: str
    roles: tuple[str, ...]


ADDRESSES: Mapping[str, Address] = MappingProxyType(
    {
        "report": Address("/triage/{}", "Report", ("contact-centre", "manager", "supervisor")),
        "job": Address("/dispatch/jobs/{}", "Job", ("supervisor", "manager")),
        "crew": Address("/dispatch/jobs/{}", "Job", ("supervisor", "manager")),
        "tip": Address("/tonnage/tips/{}", "Tip", ("waste-officer", "manager")),
        "ticket": Address("/tonnage/tickets/{}", "Ticket", ("waste-officer", "manager")),
        "case": Address("/enforcement/cases/{}", "Case", ("officer",)),
        "notice": Address("/enforcement/notices/{}", "Notice", ("officer",)),
        "told": Address("/messages#message-{}", "Message", ("contact-centre",)),
        "message": Address("/messages#message-{}", "Message", ("contact-centre",)),
    }
)
"""Pages of the other services, on the one origin. They check for themselves; a link is shown to whom it will open."""


def address(kind: str, target: str | None, user: User) -> str | None:
    """Return where a thing has its page, or None where there is none for this user."""
    known = ADDRESSES.get(kind)
    if known is None or target is None or not user.has_role(*known.roles):
        return None
    return known.path.format(target)
