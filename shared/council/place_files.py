"""The CSV files in which places are kept: the council's own, and those that `gazetteer import` has stored.

Both have the same columns, `detail` being optional. An imported file begins with a comment line for each thing that its
licence asks to be said wherever the data is shown.
"""

import csv
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from itertools import takewhile
from pathlib import Path

from shared.council.gazetteer import Gazetteer, Place, PlaceKind
from shared.errors import ConfigError
from shared.toml import SLUG

PLACE_KINDS: tuple[PlaceKind, ...] = ("street", "alley", "park", "landmark", "area", "postcode")
PLACE_COLUMNS = ["id", "name", "kind", "lat", "lon", "neighbourhood"]
DETAIL = "detail"
SAYING = "# "


def read_gazetteer(own: Path, imported: Path | None, neighbourhoods: Mapping[str, str]) -> Gazetteer:
    """Return the gazetteer of the council's own file and a folder of imported ones, which need not exist.

    Raises `ConfigError` naming the file and the line.
    """
    files = [own, *(sorted(imported.glob("*.csv")) if imported is not None and imported.is_dir() else ())]
    places: list[Place] = []
    attributions: list[str] = []
    for file in files:
        said, more = _read(file, neighbourhoods, is_imported=file != own)
        attributions += said
        places += more
    repeated = sorted(place_id for place_id, count in Counter(place.id for place in places).items() if count > 1)
    if repeated:
        raise ConfigError(f"{files[-1]}: {', '.join(repeated[:5])}: more than one line has this id")
    return Gazetteer(tuple(places), neighbourhoods, tuple(dict.fromkeys(attributions)))


def write_places(path: Path, places: Iterable[Place], attributions: Iterable[str]) -> None:
    """Write an imported file whole: a reader sees the old one or the new one, never half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    with partial.open("w", encoding="utf-8", newline="") as file:
        file.writelines(f"{SAYING}{said}\n" for said in attributions)
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*PLACE_COLUMNS, DETAIL])
        for place in places:
            position = (f"{place.lat:.6f}", f"{place.lon:.6f}")
            writer.writerow([place.id, place.name, place.kind, *position, place.neighbourhood, place.detail])
    partial.replace(path)


def _read(path: Path, neighbourhoods: Mapping[str, str], *, is_imported: bool) -> tuple[list[str], list[Place]]:
    """Return what must be said of a file, and its places."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            said = list(takewhile(lambda line: line.startswith(SAYING), file)) if is_imported else []
            file.seek(0)
            for _ in said:
                next(file)
            reader = csv.DictReader(file)
            if reader.fieldnames not in (PLACE_COLUMNS, [*PLACE_COLUMNS, DETAIL]):
                raise ConfigError(f"{path}: the first line must be {','.join(PLACE_COLUMNS)}")
            places = [
                _place(path, number, row, neighbourhoods, is_imported=is_imported)
                for number, row in enumerate(reader, start=2 + len(said))
            ]
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    return [line.removeprefix(SAYING).strip() for line in said], places


def _place(
    path: Path, number: int, row: Mapping[str, str | None], slugs: Collection[str], *, is_imported: bool
) -> Place:
    """Return the place of a line."""
    values = {column: (row.get(column) or "").strip() for column in (*PLACE_COLUMNS, DETAIL)}
    kind = next((kind for kind in PLACE_KINDS if kind == values["kind"]), None)
    if kind is None:
        raise ConfigError(f"{path}: line {number}: kind must be one of {', '.join(PLACE_KINDS)}")
    if not SLUG.match(values["id"]) or not values["name"]:
        raise ConfigError(
            f"{path}: line {number}: id must be lower-case words joined by hyphens, and name must not be empty"
        )
    if values["neighbourhood"] not in slugs:
        hint = "; the neighbourhoods have changed, so import the gazetteer again" if is_imported else ""
        raise ConfigError(f"{path}: line {number}: neighbourhood {values['neighbourhood']!r} is not known{hint}")
    try:
        lat, lon = float(values["lat"]), float(values["lon"])
    except ValueError:
        raise ConfigError(f"{path}: line {number}: lat and lon must be numbers") from None
    return Place(values["id"], values["name"], kind, lat, lon, values["neighbourhood"], values[DETAIL])
