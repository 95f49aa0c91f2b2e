"""Where canaries are looked for: every file of the data folder, every table of every store, and what was said aloud.

A store is read twice: table by table, which says exactly where a canary is, and as the bytes of its files, the
write-ahead log included, which finds what no table shows any more.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.canaries.canaries import STEM, Canary

SIDE_TABLE = "__"
"""Between a table and the array that has a side table of its own."""


@dataclass(frozen=True)
class Place:
    """Some bytes with a name; `service` is whose store they are part of, where they are the bytes of a store's file."""

    name: str
    content: bytes
    service: str | None = None

    def may_hold(self, canary: Canary) -> bool:
        """Say whether the canary may be here."""
        if self.service is not None:
            return any(place.startswith(f"{self.service}.") for place in canary.allowed)
        return self.name in canary.allowed


@dataclass(frozen=True)
class Sighting:
    """A canary where it must not be."""

    canary: str
    place: str

    def __str__(self) -> str:
        return f"{self.canary} in {self.place}"


def sightings(canaries: Iterable[Canary], places: Iterable[Place]) -> tuple[list[Sighting], Mapping[str, set[str]]]:
    """Return every canary that is where it must not be, and for each of them all places that it was found in."""
    watched = list(canaries)
    strays: set[tuple[str, str]] = set()
    found: dict[str, set[str]] = {canary.name: set() for canary in watched}
    for place in places:
        lowered = place.content.lower()
        has_stem = STEM.is_in(place.content, lowered=lowered)
        for canary in watched:
            if not has_stem and canary.mark.startswith(STEM.mark):
                continue
            if canary.is_in(place.content, lowered=lowered):
                found[canary.name].add(place.name)
                if not place.may_hold(canary):
                    strays.add((canary.name, place.name))
    return [Sighting(*stray) for stray in sorted(strays)], found


def missing(canaries: Iterable[Canary], found: Mapping[str, set[str]]) -> list[Sighting]:
    """Return every canary that is not where it belongs: the journey did not plant it, or the search can't see it."""
    return [
        Sighting(canary.name, place) for canary in canaries for place in sorted(canary.lives_in - found[canary.name])
    ]


def places_of_data(data: Path) -> Iterator[Place]:
    """Yield everything in a data folder: tables, store files, blobs by service, logs, and whatever else is there."""
    for file in sorted(path for path in data.rglob("*") if path.is_file()):
        parts = file.relative_to(data).parts
        if parts[0] == "store":
            service = parts[-1].partition(".")[0]
            yield Place(f"file {'/'.join(parts)}", _read(file), service)
            if file.suffix == ".sqlite3":
                yield from _tables(file, service)
        elif parts[0] == "blobs":
            yield Place(f"blobs of {parts[1]}", _read(file))
        else:
            yield Place(f"file {'/'.join(parts)}", _read(file))


def places_below(folder: Path, what: str) -> Iterator[Place]:
    """Yield every file below a folder that belongs to no service, such as a broker's."""
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        yield Place(f"{what}: {file.relative_to(folder)}", _read(file))


def _read(file: Path) -> bytes:
    """Return a file's bytes without the zeros at its end, of which metrics reserve a megabyte."""
    return file.read_bytes().rstrip(b"\0")


def _tables(file: Path, service: str) -> Iterator[Place]:
    """Yield every table with all its rows, side tables under the name of the table that they belong to."""
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for name in names:
            rows = connection.execute(f'SELECT * FROM "{name}"').fetchall()
            content = b"\n".join(_as_bytes(value) for row in rows for value in row if value is not None)
            yield Place(f"{service}.{name.partition(SIDE_TABLE)[0]}", content)
    connection.close()


def _as_bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()
