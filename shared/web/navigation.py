"""The one map of where each role may go, for the navigation of every page."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.web.auth import STAFF_ROLES
from shared.web.identity import User


@dataclass(frozen=True)
class Place:
    """A page of the navigation, and the roles that see it there (the pages check for themselves)."""

    href: str
    text: str
    roles: tuple[str, ...]
    also: tuple[str, ...] = ()
    """Where else one is in the same place."""


ADMINISTRATION = ("/accounts/shift-codes", "/accounts/wall-links", "/accounts/tokens", "/accounts/sign-ins")
PLACES = (
    Place("/crew", "My jobs", ("crew",)),
    Place("/contact-centre", "Contact centre", ("contact-centre",)),
    Place("/triage", "Reports", ("contact-centre", "manager", "supervisor")),
    Place("/area", "My area", ("manager", "councillor")),
    Place("/dispatch", "Dispatch", ("supervisor", "manager")),
    Place("/tonnage", "Tonnage", ("waste-officer", "manager")),
    Place("/enforcement", "Enforcement", ("officer",)),
    Place("/operations", "Operations", (*STAFF_ROLES, "wall-viewer")),
    Place("/messages", "Messages", ("contact-centre",)),
    Place("/accounts/users", "Accounts", ("admin",), also=ADMINISTRATION),
)
PUBLIC_PLACES = (
    Place("/", "Home", ()),
    Place("/report", "Report a fly-tip", ()),
    Place("/open-data", "Open data", ()),
)
START: Mapping[str, str] = {
    "admin": "/accounts/users",
    "supervisor": "/dispatch",
    "wall-viewer": "/operations",
}
"""Where a role begins, if not at the first place of its navigation."""


def places_for(user: User | None) -> tuple[Place, ...]:
    """Return what the navigation shows to a user, or to the public."""
    if user is None:
        return PUBLIC_PLACES
    return tuple(place for place in PLACES if user.has_role(*place.roles))


def start_page(user: User) -> str:
    """Return where a user works, for after sign-in."""
    if user.role in START:
        return START[user.role]
    return next((place.href for place in PLACES if user.role in place.roles), "/operations")


def is_current(place: Place, path: str) -> bool:
    """Say whether a path lies in a place of the navigation."""
    return any(path == href or (href != "/" and path.startswith(f"{href}/")) for href in (place.href, *place.also))
