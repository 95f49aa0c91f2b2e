"""Which depots there are: those of `council.toml`, and those that a supervisor has added to scheduling's register.

Scheduling says so by events, in ids alone (ADR 31), so a depot of the register goes by its id here. One that was
retired is offered no more; whoever is narrowed to it stays so.
"""

from collections.abc import Mapping

from services.accounts.store import DEPOTS
from shared.contracts.envelope import Event
from shared.service import ServiceContext

MOST_DEPOTS = 200


def on_depot_changed(ctx: ServiceContext, event: Event) -> None:
    """Keep what scheduling says of a depot; older and repeated news changes nothing."""
    document = {"_id": event.state["depot_id"], "sequence": event.sequence, "active": event.state["active"]}
    ctx.store.put_if_newer(DEPOTS.name, document, sequence=event.sequence)


def working_depots(ctx: ServiceContext) -> Mapping[str, str]:
    """Return what people call the depots that crews work from, by id."""
    told = {copy["_id"]: copy["active"] for copy in ctx.store.find(DEPOTS.name, {}, limit=MOST_DEPOTS).items}
    known = {depot.id: depot.name for depot in ctx.council.depots if told.get(depot.id, True)}
    return known | {depot_id: depot_id for depot_id, active in told.items() if active and depot_id not in known}


def depot_name(ctx: ServiceContext, depot_id: str) -> str:
    """Return what people call a depot, its id where `council.toml` has none of it."""
    return next((depot.name for depot in ctx.council.depots if depot.id == depot_id), depot_id)
