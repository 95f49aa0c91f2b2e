"""Depots, vehicles, crews and disposal sites of `council.toml`."""

from collections.abc import Collection

from shared.council.model import Crew, Depot, Site, Vehicle
from shared.toml import Table

NORTH, SOUTH, EAST, WEST = 61.0, 49.0, 2.0, -9.0
"""The United Kingdom's extent: catches latitude and longitude in the wrong places."""

HEAVIEST_KG = 44_000
"""The heaviest lorry allowed on British roads."""

FUELS = ("diesel", "gas", "electric")
LICENCES = ("B", "C1", "C")


def position(table: Table) -> tuple[float, float]:
    """Return the `lat` and `lon` of a table."""
    return table.number("lat", minimum=SOUTH, maximum=NORTH), table.number("lon", minimum=WEST, maximum=EAST)


def depot(table: Table) -> Depot:
    """Return a depot."""
    lat, lon = position(table)
    return Depot(table.slug("id"), table.text("name"), lat, lon)


def vehicle(table: Table, depot_ids: Collection[str]) -> Vehicle:
    """Return a vehicle of a known depot."""
    return Vehicle(
        id=table.slug("id"),
        registration=table.identifier("registration"),
        vehicle_class=table.slug("vehicle_class"),
        depot_id=table.choice("depot_id", sorted(depot_ids)),
        payload_kg=table.whole("payload_kg", minimum=1, maximum=HEAVIEST_KG),
        tare_kg=table.whole("tare_kg", minimum=1, maximum=HEAVIEST_KG),
        fuel=table.choice("fuel", FUELS, default="diesel"),
        range_km=table.optional_whole("range_km", minimum=1),
        volume_litres=table.optional_whole("volume_litres", minimum=1),
        width_cm=table.optional_whole("width_cm", minimum=50),
        licence_needed=table.choice("licence_needed", LICENCES) if table.has("licence_needed") else None,
    )


def crew(table: Table, depot_ids: Collection[str], vehicle_ids: Collection[str], slugs: Collection[str]) -> Crew:
    """Return a crew of a known depot, with a known vehicle and patch."""
    patch = table.texts("neighbourhoods")
    for slug in patch:
        if slug not in slugs:
            table.fail("neighbourhoods", f"names {slug!r}, which is not a neighbourhood")
    return Crew(
        id=table.slug("id"),
        name=table.text("name"),
        depot_id=table.choice("depot_id", sorted(depot_ids)),
        vehicle_id=table.choice("vehicle_id", sorted(vehicle_ids)),
        kind="hit" if table.choice("kind", ("hit", "street")) == "hit" else "street",
        neighbourhoods=patch,
        least_people=table.whole("least_people", minimum=1, default=1),
        has_gate_keys=table.flag("has_gate_keys", default=False),
    )


def site(table: Table, ewc_codes: Collection[str]) -> Site:
    """Return a disposal site that takes known materials."""
    accepted = table.texts("ewc_codes")
    for code in accepted:
        if code not in ewc_codes:
            table.fail("ewc_codes", f"names {code!r}, which materials doesn't have")
    lat, lon = position(table)
    opens, closes = table.time_of_day("opens"), table.time_of_day("closes")
    if opens >= closes:
        table.fail("closes", "must be later than opens")
    return Site(table.slug("id"), table.text("name"), lat, lon, accepted, table.text("permit"), opens, closes)
