"""What pages call depots, read once for each answer: a page names them in many places."""

from collections.abc import Mapping

from flask import g

from services.scheduling import store
from shared.web.app import context


def depot_names() -> Mapping[str, str]:
    """Return what every depot is called, by its id; retired ones too, because old jobs and days name them."""
    if "scheduling_depot_names" not in g:
        g.scheduling_depot_names = {depot.id: depot.name for depot in store.every_depot(context().store)}
    names: Mapping[str, str] = g.scheduling_depot_names
    return names


def depot_name(depot_id: str) -> str:
    """Return what a depot is called; its id where nobody knows it."""
    return depot_names().get(depot_id, depot_id)
