"""The gazetteer: the named streets, alleys, parks and landmarks by which people say where something is."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import floor
from typing import Literal, TypeAlias

from shared.errors import NotFound
from shared.geo.grid import distance_m

PlaceKind: TypeAlias = Literal["street", "alley", "park", "landmark"]

FURTHEST_M = 200
"""How far away the nearest place is looked for: further away, no name says where something is."""


@dataclass(frozen=True)
class Place:
    """A street, alley, park or landmark of the gazetteer, by its middle: the way to give a place without a map."""

    id: str
    name: str
    kind: PlaceKind
    lat: float
    lon: float
    neighbourhood: str


@dataclass(frozen=True)
class Gazetteer:
    """The places of a council, and the ways to find one: by id, by name, and by where it is."""

    places: tuple[Place, ...]
    neighbourhoods: Mapping[str, str]
    """The names of the neighbourhoods by id: a search may name one too."""

    def place(self, place_id: str) -> Place:
        """Return a place; raises `NotFound`."""
        try:
            return self._by_id[place_id]
        except KeyError:
            raise NotFound(f"There is no place {place_id}") from None

    def nearest(
        self, lat: float, lon: float, *, within_m: float = FURTHEST_M, kinds: Collection[PlaceKind] | None = None
    ) -> Place | None:
        """Return the place nearest to a WGS84 point, of some kinds or any, within so many metres (`FURTHEST_M`)."""
        row, column = _square(lat, lon)
        near = [
            (distance_m(lat, lon, place.lat, place.lon), place.id, place)
            for one_row in (row - 1, row, row + 1)
            for one_column in (column - 1, column, column + 1)
            for place in self._by_square.get((one_row, one_column), ())
            if kinds is None or place.kind in kinds
        ]
        metres, _, place = min(near, default=(within_m + 1, "", None))
        return place if metres <= within_m else None

    def search(self, text: str, limit: int = 10) -> list[Place]:
        """Return the places whose name holds every word typed as the start of a word; best matches first."""
        typed = _words(text)
        if not typed:
            return []
        found = [
            (not name.startswith(typed[0]), name, place)
            for place, name, words in self._by_words
            if all(any(word.startswith(part) for word in words) for part in typed)
        ]
        return [place for _, _, place in sorted(found, key=lambda item: (item[0], item[1], item[2].id))[:limit]]

    @cached_property
    def _by_id(self) -> Mapping[str, Place]:
        return {place.id: place for place in self.places}

    @cached_property
    def _by_square(self) -> Mapping[tuple[int, int], Sequence[Place]]:
        """The places by the square that each lies in: a city has thousands, and every report asks for the nearest."""
        squares: dict[tuple[int, int], list[Place]] = {}
        for place in self.places:
            squares.setdefault(_square(place.lat, place.lon), []).append(place)
        return squares

    @cached_property
    def _by_words(self) -> tuple[tuple[Place, str, tuple[str, ...]], ...]:
        """Each place with its name in lower case and the words that a search may start: name and neighbourhood."""
        return tuple(
            (place, place.name.lower(), _words(f"{place.name} {self.neighbourhoods[place.neighbourhood]}"))
            for place in self.places
        )


def _square(lat: float, lon: float) -> tuple[int, int]:
    """Return the square of a WGS84 point, by row and column.

    Its sides are at least `FURTHEST_M`: 0.002 degrees of latitude, and twice as many of longitude, as far north as
    Britain is.
    """
    return floor(lat / 0.002), floor(lon / 0.004)


def _words(text: str) -> tuple[str, ...]:
    """Return the words of a text in lower case, without the marks that people leave out when typing."""
    plain = text.lower().replace("’", "").replace("'", "")
    return tuple("".join(letter if letter.isalnum() else " " for letter in plain).split())
