"""Commands about places: official boundaries and official names, taken into the installation's own keeping."""

from datetime import datetime
from pathlib import Path

import click

from shared.commands.console import Group, err, launched_settings, say
from shared.geo.areas import AREA_KINDS


@click.group(cls=Group)
def boundaries() -> None:
    """The areas that figures are given for."""


@boundaries.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--kind", default="ward", type=click.Choice(AREA_KINDS), help="What the areas are.")
@click.option("--from", "effective_from", required=True, type=click.DateTime(["%Y-%m-%d"]), help="First day.")
@click.option("--to", "effective_to", default=None, type=click.DateTime(["%Y-%m-%d"]), help="Last day.")
def boundaries_import(file: Path, kind: str, effective_from: datetime, effective_to: datetime | None) -> None:
    """Take official boundaries from a GeoJSON FILE (WGS84), with the days on which they hold."""
    from shared.council import load_council
    from shared.geo.boundaries import import_boundaries

    settings = launched_settings()
    council = load_council(settings.council)
    with err().status("Checking the areas …"):
        imported = import_boundaries(
            file,
            folder=settings.boundaries,
            kind=next(known for known in AREA_KINDS if known == kind),
            neighbourhoods={neighbourhood.id for neighbourhood in council.neighbourhoods},
            effective_from=effective_from.date(),
            effective_to=effective_to.date() if effective_to else None,
        )
    until = f" until {effective_to:%-d %B %Y}" if effective_to else ""
    say(f"{len(imported.areas)} {kind}s are in force from {effective_from:%-d %B %Y}{until}.")
    if imported.mended:
        say(f"Mended the outlines of {', '.join(imported.mended)}.")
    say("Start the system again for it to use them.")


@click.group(cls=Group)
def gazetteer() -> None:
    """The names and postcodes that people find a place by."""


@gazetteer.command("import")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
def gazetteer_import(paths: tuple[Path, ...]) -> None:
    """Take OS Open Names and Code-Point Open from PATHS: zips as Ordnance Survey gives them, folders or CSV files.

    Only what lies in the council's area is stored; a product that was imported before is replaced as a whole.
    """
    from shared.calendar import london_date
    from shared.clock import machine_now
    from shared.council import load_council
    from shared.council.ordnance_survey import import_places

    settings = launched_settings()
    council = load_council(settings.council, boundaries=settings.boundaries)
    with err().status("Reading the files …"):
        imported = import_places(paths, council=council, folder=settings.gazetteer, today=london_date(machine_now()))
    names = {"open-names": "names", "code-point-open": "postcodes"}
    for product, stored in sorted(imported.stored.items()):
        say(f"{stored:,} {names[product]} of {council.short_name} are in the gazetteer.")
    say(f"{imported.rows:,} rows were read. Start the system again for it to use them.")
