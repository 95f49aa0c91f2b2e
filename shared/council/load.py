"""Read `council.toml` and the files it names into a `Council`, checking every key and every reference between them.

A council finds a slip when the process starts, in one line that names the file and the key, or not at all: a crew with
an unknown vehicle, a tariff beyond the statute, a colour that can't be read on its background.
"""

from collections.abc import Iterable
from pathlib import Path

from shared.contracts.codes import SIZES, WASTE_TYPES
from shared.council import kind_tables
from shared.council.fleet import crew, depot, site, vehicle
from shared.council.groups import sign_in
from shared.council.land import land_answers
from shared.council.landmarks import Landmarks, read_landmarks
from shared.council.look import colours, contact
from shared.council.model import (
    Baseline,
    Council,
    Material,
    NeighbourAuthority,
    Neighbourhood,
)
from shared.council.partners import complaint_stages, partners
from shared.council.phone import phone
from shared.council.place_files import read_gazetteer
from shared.council.rules import assessment, provenance, retention, tariff, working_time
from shared.council.statements import accessibility_statement, privacy_notice
from shared.errors import ConfigError
from shared.geo.areas import BoundarySet
from shared.geo.boundary_files import read_boundary_set
from shared.toml import Table, each, read_toml


def load_council(path: Path, *, boundaries: Path | None = None, gazetteer: Path | None = None) -> Council:
    """Return the council of a `council.toml`; raises `ConfigError` naming file and key.

    `boundaries` and `gazetteer` are the folders of what `boundaries import` and `gazetteer import` have stored; neither
    need exist.
    """
    top = read_toml(path)
    council = _council(top, path.parent, boundaries, gazetteer)
    top.close()
    _check_boundaries(path, council)
    return council


def _council(top: Table, folder: Path, imported: Path | None, places: Path | None) -> Council:
    """Return the council of the top table, references between tables checked."""
    identity = top.table("council")
    neighbourhoods = tuple(each(top.tables("neighbourhoods"), _neighbourhood))
    slugs = _unique(top, "neighbourhoods", (item.id for item in neighbourhoods))
    depots = tuple(each(top.tables("depots"), depot))
    depot_ids = _unique(top, "depots", (item.id for item in depots))
    vehicles = tuple(each(top.tables("vehicles"), lambda table: vehicle(table, depot_ids)))
    vehicle_ids = _unique(top, "vehicles", (item.id for item in vehicles))
    _unique(top, "vehicles", (item.registration for item in vehicles))
    crews = tuple(each(top.tables("crews"), lambda table: crew(table, depot_ids, vehicle_ids, slugs)))
    _unique(top, "crews", (item.id for item in crews))
    materials = tuple(each(top.tables("materials"), _material))
    ewc_codes = _unique(top, "materials", (item.ewc_code for item in materials))
    sites = tuple(each(top.tables("sites"), lambda table: site(table, ewc_codes)))
    _unique(top, "sites", (item.id for item in sites))
    made = tuple(each(top.tables("kinds"), kind_tables.kind))
    kinds = tuple(item for item, _ in made)
    _unique(top, "kinds", (item.code for item in kinds))
    _unique(top, "kinds", (item.prefix for item in kinds))
    size_table, ewc_table = top.table("size_kg"), top.table("ewc_by_waste_type")
    households, counting = top.table("households"), top.table("counting")
    landmarks = read_landmarks(folder / identity.text("landmarks")) if identity.has("landmarks") else Landmarks()
    council = Council(
        name=identity.text("name"),
        short_name=identity.text("short_name"),
        is_demonstration=identity.flag("is_demonstration"),
        about=identity.text("about"),
        colours=colours(top.table("colours")),
        contact=contact(top.table("contact")),
        households=households.whole("number", minimum=1),
        baselines=tuple(each(top.tables("baselines", minimum=0), _baseline)),
        neighbourhoods=neighbourhoods,
        boundaries=_boundaries(top.table("boundaries"), folder, imported),
        depots=depots,
        vehicles=vehicles,
        crews=crews,
        sites=sites,
        materials={item.ewc_code: item for item in materials},
        fly_tips_are_household=counting.flag("fly_tips_are_household"),
        size_kg={size: size_table.whole(size, minimum=1) for size in SIZES},
        ewc_by_waste_type={waste: ewc_table.choice(waste, sorted(ewc_codes)) for waste in WASTE_TYPES},
        kinds={item.code: item for item in kinds},
        assessment=assessment(
            top.table("assessment"), [rule for _, rules in made for rule in rules], landmarks=landmarks.sorts
        ),
        working_time=working_time(top.table("working_time")),
        tariff=tariff(top),
        retention=retention(top.table("retention")),
        gazetteer=read_gazetteer(
            folder / identity.text("places"), places, {item.id: item.name for item in neighbourhoods}
        ),
        neighbours=tuple(each(top.tables("neighbours", minimum=0), _neighbour)),
        land=land_answers(top),
        landmarks=landmarks,
        partners=partners(top),
        complaints=complaint_stages(top),
        provenance={
            "size_kg": provenance(size_table),
            "ewc_by_waste_type": provenance(ewc_table),
            "households": provenance(households),
            "counting": provenance(counting),
        },
        sign_in=sign_in(top, depot_ids, slugs),
        open311=kind_tables.open311(top),
        privacy=privacy_notice(top),
        accessibility=accessibility_statement(top),
        register=folder / identity.text("register") if identity.has("register") else None,
        phone=phone(top),
    )
    for table in (identity, size_table, ewc_table, households, counting):
        table.close()
    return council


def _neighbourhood(table: Table) -> Neighbourhood:
    return Neighbourhood(table.slug("id"), table.text("name"))


def _neighbour(table: Table) -> NeighbourAuthority:
    return NeighbourAuthority(table.identifier("id"), table.text("name"), table.text("url"))


def _material(table: Table) -> Material:
    code = table.text("ewc_code")
    if not (code.isascii() and code.isdigit() and len(code) == 6):
        table.fail("ewc_code", f"must be six digits, not {code!r}")
    return Material(
        ewc_code=code,
        material=table.slug("material"),
        name=table.text("name"),
        stream=table.slug("stream"),
        is_recycled=table.flag("is_recycled"),
        is_household=table.flag("is_household"),
        is_hazardous=table.flag("is_hazardous", default=False),
        provenance=provenance(table),
    )


def _baseline(table: Table) -> Baseline:
    return Baseline(
        code=table.slug("code"),
        name=table.text("name"),
        value=table.number("value", minimum=-1e12, maximum=1e12),
        unit=table.text("unit"),
        period=table.text("period"),
        provenance=provenance(table),
    )


def _boundaries(table: Table, folder: Path, imported: Path | None) -> tuple[BoundarySet, ...]:
    """Return the sets that the council's file names, then those imported."""
    files = [folder / name for name in table.texts("files")]
    table.close()
    if imported is not None and imported.is_dir():
        files += sorted(imported.glob("*.geojson"))
    return tuple(read_boundary_set(file) for file in files)


def _check_boundaries(path: Path, council: Council) -> None:
    """Check that there are sets of both kinds, and that they name the council's neighbourhoods."""
    slugs = {neighbourhood.id for neighbourhood in council.neighbourhoods}
    for kind in ("ward", "neighbourhood"):
        if not any(boundaries.kind == kind for boundaries in council.boundaries):
            raise ConfigError(f"{path}: boundaries.files names no file with kind {kind!r}")
    for boundaries in council.boundaries:
        for area in boundaries.areas:
            named = area.id if boundaries.kind == "neighbourhood" else area.neighbourhood
            if boundaries.kind == "authority":
                continue
            if named is not None and named not in slugs:
                raise ConfigError(f"{path}: neighbourhoods has no {named!r}, which the boundaries of {area.name} name")


def _unique(top: Table, key: str, ids: Iterable[str]) -> frozenset[str]:
    """Return the ids as a set; raises `ConfigError` where one comes twice."""
    known: set[str] = set()
    for item in ids:
        if item in known:
            top.fail(key, f"has {item!r} twice")
        known.add(item)
    return frozenset(known)
