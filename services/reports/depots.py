"""Which depot a report's crews will come from: what scheduling last said of each, or `council.toml` until it has.

Scheduling decides for good when it makes the job; here it is only asked whose times a reporter can count on.
"""

from services.reports.domain.report import Place
from services.reports.store import DEPOTS
from shared.contracts.envelope import Event
from shared.geo import distance_m
from shared.service import ServiceContext
from shared.store.port import Document, Store
from shared.store.recent import Recent

MOST_DEPOTS = 200


def _told(store: Store) -> list[Document]:
    """Return what scheduling said of the depots that there are."""
    return [copy for copy in store.find(DEPOTS.name, {}, limit=MOST_DEPOTS).items if copy["active"]]


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
    told = _TOLD.of(ctx.store)
    if not told:
        return ctx.council.depot_for(place.lat, place.lon, place.neighbourhood).id
    knowing = [copy for copy in told if place.neighbourhood in copy["neighbourhoods"]] or told
    nearest = min(knowing, key=lambda copy: distance_m(place.lat, place.lon, copy["lat"], copy["lon"]))
    return str(nearest["_id"])
