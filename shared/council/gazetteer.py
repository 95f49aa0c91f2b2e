"""The gazetteer: the named streets, alleys, parks, landmarks and postcodes by which people say where something is.

It is the council's own file and what `streetscene gazetteer import` has stored beside it. Everything lies in memory: a
large council has 50,000 entries, and a search must answer while somebody types on a slow phone.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import floor
from typing import Literal, TypeAlias

from shared.council.place_search import PlaceSearch
from shared.errors import NotFound
from shared.geo.grid import distance_m

PlaceKind: TypeAlias = Literal["street", "alley", "park", "landmark", "area", "postcode"]

POSTCODE: PlaceKind = "postcode"

FURTHEST_M = 200
"""How far away the nearest place is looked for: further away, no name says where something is."""


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of the gazetteer, by its middle: the way to give a place without a map.

    `detail` tells apart what has the same name in one neighbourhood: a district, a part of town.
    """

    id: str
    name: str
    kind: PlaceKind
    lat: float
    lon: float
    neighbourhood: str
    detail: str = ""


@dataclass(frozen=True)
class Gazetteer:
    """The places of a council, and the ways to find one: by id, by name or postcode, and by where it is."""

    places: tuple[Place, ...]
    neighbourhoods: Mapping[str, str]
    """The names of the neighbourhoods by id: a search may name one too."""

    attributions: tuple[str, ...] = ()
    """What must be said of the data wherever it is shown, by its licences."""

    def place(self, place_id: str) -> Place:
        """Return a place; raises `NotFound`."""
        try:
            return self._by_id[place_id]
        except KeyError:
            raise NotFound(f"There is no place {place_id}") from None

    def find(self, place_id: str) -> Place | None:
        """Return a place; None where the gazetteer no longer has it."""
        return self._by_id.get(place_id)

    def nearest(
        self, lat: float, lon: float, *, within_m: float = FURTHEST_M, kinds: Collection[PlaceKind] | None = None
    ) -> Place | None:
        """Return the place nearest to a WGS84 point, of some kinds or any, at most `FURTHEST_M` away.

        A postcode is never the nearest place: a street says where something is, and a postcode whose house it may be.
        """
        return next(iter(self.around(lat, lon, within_m=within_m, limit=1, kinds=kinds)), None)

    def around(
        self,
        lat: float,
        lon: float,
        *,
        within_m: float = FURTHEST_M,
        limit: int = 10,
        kinds: Collection[PlaceKind] | None = None,
    ) -> list[Place]:
        """Return the places around a WGS84 point, postcodes left out, the nearest first; at most `FURTHEST_M` away."""
        row, column = _square(lat, lon)
        near = [
            (distance_m(lat, lon, place.lat, place.lon), place.id, place)
            for one_row in (row - 1, row, row + 1)
            for one_column in (column - 1, column, column + 1)
            for place in self._by_square.get((one_row, one_column), ())
            if kinds is None or place.kind in kinds
        ]
        within = sorted(item[:2] for item in near if item[0] <= within_m)
        return [self._by_id[place_id] for _, place_id in within[:limit]]

    def between(self, *, south: float, west: float, north: float, east: float) -> list[Place]:
        """Return the places in a box of degrees, postcodes left out."""
        (first_row, first_column), (last_row, last_column) = _square(south, west), _square(north, east)
        return [
            place
            for row in range(first_row, last_row + 1)
            for column in range(first_column, last_column + 1)
            for place in self._by_square.get((row, column), ())
            if south <= place.lat <= north and west <= place.lon <= east
        ]

    def within(self, neighbourhood: str) -> Sequence[Place]:
        """Return the streets and places of a neighbourhood by name, postcodes and parts of town left out."""
        return self._by_neighbourhood.get(neighbourhood, ())

    def search(self, text: str, limit: int = 10) -> list[Place]:
        """Return the places that fit what somebody typed: names by the starts of their words, then in spite of typos.

        A whole postcode gives itself and the streets around it, the start of one the postcodes that begin so.
        """
        found = [self.places[number] for number in self._search.find(text, limit)]
        if len(found) == 1 and found[0].kind == POSTCODE:
            found += self.around(found[0].lat, found[0].lon, limit=limit - 1)
        return found

    def named_by(self, place: Place) -> Place | None:
        """Return the place by whose name a report at `place` is known: itself, but the nearest street of a postcode."""
        return self.nearest(place.lat, place.lon) if place.kind == POSTCODE else place

    @cached_property
    def _by_id(self) -> Mapping[str, Place]:
        return {place.id: place for place in self.places}

    @cached_property
    def _by_square(self) -> Mapping[tuple[int, int], Sequence[Place]]:
        """The places by the square that each lies in: a city has thousands, and every report asks for the nearest."""
        squares: dict[tuple[int, int], list[Place]] = {}
        for place in self.places:
            # The middle of a part of town is nobody's idea of where something lies.
            if place.kind not in (POSTCODE, "area"):
                squares.setdefault(_square(place.lat, place.lon), []).append(place)
        return squares

    @cached_property
    def _by_neighbourhood(self) -> Mapping[str, Sequence[Place]]:
        """The places by neighbourhood, in the order of their names."""
        found: dict[str, list[Place]] = {}
        for place in sorted(self.places, key=lambda place: (place.name.casefold(), place.detail, place.id)):
            if place.kind not in (POSTCODE, "area"):
                found.setdefault(place.neighbourhood, []).append(place)
        return found

    @cached_property
    def _search(self) -> PlaceSearch:
        """The index of names, made by the first search: a worker never needs it."""
        return PlaceSearch(
            [
                (place.name, f"{self.neighbourhoods[place.neighbourhood]} {place.detail}", place.kind == POSTCODE)
                for place in self.places
            ]
        )


def _square(lat: float, lon: float) -> tuple[int, int]:
    """Return the square of a WGS84 point, by row and column.

    Its sides are at least `FURTHEST_M`: 0.002 degrees of latitude, and twice as many of longitude, as far north as
    Britain is.
    """
    return floor(lat / 0.002), floor(lon / 0.004)
