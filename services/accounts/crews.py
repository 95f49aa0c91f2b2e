"""Which crews there are: those of `council.toml`, and those that a supervisor has added to scheduling's register.

Scheduling says so by events, in ids alone, so a crew of the register goes by its id here. A crew that was retired gets
no code any more, and the codes that it has let nobody in.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from services.accounts.depots import depot_name
from services.accounts.store import CREWS
from shared.contracts.envelope import Event
from shared.service import ServiceContext

CONTRACTOR = "contractor"
MOST_CREWS = 500


@dataclass(frozen=True)
class Crew:
    """A crew that works: what people call it here, and its depot."""

    id: str
    name: str
    depot_id: str


def on_crew_changed(ctx: ServiceContext, event: Event) -> None:
    """Keep what scheduling says of a crew; older and repeated news changes nothing."""
    state = event.state
    document = {
        "_id": state["crew_id"],
        "sequence": event.sequence,
        "depot_id": state["depot_id"],
        "kind": state["kind"],
        "active": state["active"],
    }
    ctx.store.put_if_newer(CREWS.name, document, sequence=event.sequence)


def working_crews(ctx: ServiceContext) -> Mapping[str, Crew]:
    """Return the crews that may have a shift code, by id; contractors have no phone of ours."""
    crews = {crew.id: Crew(crew.id, crew.name, crew.depot_id) for crew in ctx.council.crews}
    copies = ctx.store.find(CREWS.name, {}, limit=MOST_CREWS).items
    for copy in copies:
        known = crews.pop(copy["_id"], None)
        if copy["active"] and copy["kind"] != CONTRACTOR:
            name = known.name if known else f"{copy['_id']} ({depot_name(ctx, copy['depot_id'])})"
            crews[copy["_id"]] = Crew(copy["_id"], name, copy["depot_id"])
    return crews


def crew_name(ctx: ServiceContext, crew_id: str | None) -> str:
    """Return what people call a crew, its id where it is not there any more."""
    found = working_crews(ctx).get(crew_id or "")
    return found.name if found else crew_id or ""
