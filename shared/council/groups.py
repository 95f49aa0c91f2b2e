"""The `[sign_in]` table of `council.toml`: which groups of the identity provider give which role.

Crews and walls are not people with an account there: a crew signs in with the code of its shift, a screen with a link.
"""

from collections.abc import Collection, Mapping

from shared.contracts.codes import ROLES
from shared.council.model import GroupRole, SignIn
from shared.toml import Table, each

GROUP_ROLES = tuple(role for role in ROLES if role not in {"crew", "wall-viewer"})
OPENID = "openid"


def sign_in(top: Table, depot_ids: Collection[str], slugs: Collection[str]) -> SignIn:
    """Return what the table says; without one nobody gets a role by a group."""
    if not top.has("sign_in"):
        return SignIn()
    table = top.table("sign_in")
    places = {"depot_id": depot_ids, "neighbourhood": slugs}
    tables = table.tables("groups", minimum=0)
    found = SignIn(
        groups=tuple(each(tables, lambda group: _group(group, places))),
        groups_claim=table.text("groups_claim", SignIn.groups_claim),
        name_claim=table.text("name_claim", SignIn.name_claim),
        email_claim=table.text("email_claim", SignIn.email_claim),
        asks_for=table.texts("asks_for", SignIn.asks_for),
    )
    table.close()
    if OPENID not in found.asks_for:
        table.fail("asks_for", f"must name {OPENID!r}: without it the provider does not say who somebody is")
    known: set[tuple[str, str]] = set()
    for number, group in enumerate(found.groups):
        if (group.group, group.role) in known:
            tables[number].fail("group", f"{group.group!r} gives the role {group.role!r} twice")
        known.add((group.group, group.role))
    return found


def _group(table: Table, places: Mapping[str, Collection[str]]) -> GroupRole:
    """Return what one group gives."""
    scopes = {name: table.choice(name, sorted(known)) for name, known in places.items() if table.has(name)}
    if table.has("ward"):
        scopes["ward"] = table.text("ward")  # of whichever boundary set holds then: one unknown gives no area
    return GroupRole(table.text("group"), table.choice("role", GROUP_ROLES), scopes)
