"""Which depot a report's crews will come from: what scheduling last said of each, or `council.toml` until it has.

Scheduling decides for good when it makes the job; here it is only asked whose times a reporter can count on.
"""

from services.reports.domain.report import Place
from services.reports.store import DEPOTS
from shared.contracts.envelope import Event
from shared.council.serving import Serving, depot_serving
from shared.service import ServiceContext
from shared.store.port import Store
from shared.store.recent import Recent

MOST_DEPOTS = 200


def _told(store: Store) -> list[Serving]:
    """Return what scheduling said of the depots that there are."""
    return [
        Serving(copy["_id"], copy["lat"], copy["lon"], copy["neighbourhoods"])
        for copy in store.find(DEPOTS.name, {}, limit=MOST_DEPOTS).items
        if copy["active"]
    ]


_TOLD = Recent(_told)


def on_depot_changed(ctx: ServiceContext, event: Event) -> None:
    """Keep what scheduling says of a depot; older and repeated news changes nothing."""
    state = event.state
    document = {
        "_id": state["depot_id"],
        "sequence": event.sequence,
        "lat": state["lat"],
        "lon": state["lon"],
        "active": state["active"],
        "neighbourhoods": list(state["neighbourhoods"]),
    }
    ctx.store.put_if_newer(DEPOTS.name, document, sequence=event.sequence)
    _TOLD.forget(ctx.store)


def depot_for(ctx: ServiceContext, place: Place) -> str:
    """Return the depot whose crews know the place's neighbourhood, the nearest of several; else the nearest of all."""
    depots = _TOLD.of(ctx.store) or ctx.council.serving
    return depot_serving(depots, place.neighbourhood, place.lat, place.lon).id
