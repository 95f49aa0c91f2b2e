"""A position as somebody types it: a grid reference, coordinates, or degrees, minutes and seconds.

It is the way to say where something is for whoever stands where nothing has a name, and has neither a map nor a phone
that shares where it is: grid references are on gates, posts and paper maps, and a phone's compass shows degrees.
"""

import re
from dataclasses import dataclass

from shared.geo.grid import to_grid, to_wgs84

SQUARES = "ABCDEFGHJKLMNOPQRSTUVWXYZ"
"""The letters that name squares of the National Grid, in rows of five from the north-west; I is not among them."""

SQUARE_M = 100_000
FIGURES = range(6, 11, 2)
"""How many figures a grid reference has that says where something is, to 100, 10 or 1 metre; four name a village."""

GRID_ERROR_M = 5
"""What the conversion from the National Grid may be out by (`shared/geo/grid.py`)."""

METRES_PER_DEGREE = 111_320
LATITUDES, LONGITUDES = (49, 61), (-9, 2)
"""Where Britain lies. The two never overlap, so it is plain which of two numbers is the latitude."""

_GRID = re.compile(r"([HJNOST])([A-HJ-Z])\s*([0-9]+)(?:[\s,]+([0-9]+))?")
_METRES = re.compile(r"([0-9]{6})[\s,]+([0-9]{6,7})")
_NUMBER = r"([+-]?[0-9]{1,3}\.[0-9]{1,15})\s*°?\s*"
_LETTERS_AFTER = re.compile(rf"{_NUMBER}([NSEW]?)[\s,]\s*{_NUMBER}([NSEW]?)")
_LETTERS_BEFORE = re.compile(rf"([NSEW])\s*{_NUMBER}[\s,]?\s*([NSEW])\s*{_NUMBER}")
_SECONDS = r"([0-9]{1,3})[°\s]\s*([0-9]{1,2})['\s]\s*([0-9]{1,2}(?:\.[0-9]{1,9})?)\"?\s*"
_SEXAGESIMAL = re.compile(rf"{_SECONDS}([NS])[\s,]*{_SECONDS}([EW])")
_PLAIN = str.maketrans({"−": "-", "–": "-", "′": "'", "’": "'", "‘": "'", "″": '"', "”": '"', "“": '"', "º": "°"})


@dataclass(frozen=True)
class Position:
    """A point (WGS84), and by how many metres it may be out for having been given in so many figures."""

    lat: float
    lon: float
    within_m: int


def typed_position(text: str) -> Position | None:
    """Return the position that a text is, None where it is none: the text may be a street's name.

    Takes grid references of six figures and more (`SJ 356 904`), easting and northing in metres, decimal degrees in
    either order and with or without letters, and degrees, minutes and seconds. A grid reference names the south-west
    corner of a square, and the position is its middle. The point need not be in Britain.
    """
    plain = " ".join(text[:100].translate(_PLAIN).split()).strip("()").upper()
    return _grid_reference(plain) or _metres(plain) or _decimal(plain) or _sexagesimal(plain)


def grid_reference(lat: float, lon: float) -> str:
    """Return the grid reference of a WGS84 point to 100 metres, `SJ 356 904`; raises `ValueError` far from Britain."""
    easting, northing = (int(metres) for metres in to_grid(lat, lon))
    column, row = easting // SQUARE_M, northing // SQUARE_M
    first = SQUARES[(3 - row // 5) * 5 + column // 5 + 2]
    second = SQUARES[(4 - row % 5) * 5 + column % 5]
    return f"{first}{second} {easting % SQUARE_M // 100:03} {northing % SQUARE_M // 100:03}"


def _grid_reference(text: str) -> Position | None:
    """Return the middle of the square that a grid reference names."""
    match = _GRID.fullmatch(text)
    if match is None:
        return None
    first, second, east, north = match.groups()
    if north is None:
        east, north = east[: len(east) // 2], east[len(east) // 2 :]
    if len(east) != len(north) or len(east) + len(north) not in FIGURES:
        return None
    side = 10 ** (5 - len(east))
    column, row = _square(first, second)
    return _from_grid(
        column * SQUARE_M + (int(east) + 0.5) * side, row * SQUARE_M + (int(north) + 0.5) * side, out_by=side
    )


def _square(first: str, second: str) -> tuple[int, int]:
    """Return how many squares of 100 km one lies east and north of the grid's origin, the corner of `SV`."""
    (great_row, great_column), (row, column) = (divmod(SQUARES.index(letter), 5) for letter in (first, second))
    return (great_column - 2) * 5 + column, (3 - great_row) * 5 + 4 - row


def _metres(text: str) -> Position | None:
    """Return the position of an easting and a northing in metres."""
    match = _METRES.fullmatch(text)
    return _from_grid(int(match[1]), int(match[2]), out_by=1) if match else None


def _from_grid(easting: float, northing: float, *, out_by: int) -> Position:
    lat, lon = to_wgs84(easting, northing)
    return Position(lat, lon, max(out_by, GRID_ERROR_M))


def _decimal(text: str) -> Position | None:
    """Return the position of two decimal numbers of degrees, whichever comes first."""
    if match := _LETTERS_AFTER.fullmatch(text):
        one, letter, other, other_letter = match.groups()
    elif match := _LETTERS_BEFORE.fullmatch(text):
        letter, one, other_letter, other = match.groups()
    else:
        return None
    places = min(len(number.partition(".")[2]) for number in (one, other))
    first, second = (
        -abs(float(number)) if side in ("S", "W") else float(number)
        for number, side in ((one, letter), (other, other_letter))
    )
    is_swapped = letter in ("E", "W") or (_within(first, LONGITUDES) and _within(second, LATITUDES))
    lat, lon = (second, first) if is_swapped else (first, second)
    return _on_earth(lat, lon, degrees=10**-places)


def _sexagesimal(text: str) -> Position | None:
    """Return the position of degrees, minutes and seconds with their letters, as a phone's compass shows it."""
    match = _SEXAGESIMAL.fullmatch(text)
    if match is None:
        return None
    north, east = (
        int(degrees) + int(minutes) / 60 + float(seconds) / 3600
        for degrees, minutes, seconds in (match.group(1, 2, 3), match.group(5, 6, 7))
    )
    return _on_earth(-north if match[4] == "S" else north, -east if match[8] == "W" else east, degrees=1 / 3600)


def _on_earth(lat: float, lon: float, *, degrees: float) -> Position | None:
    """Return a position given to a part of a degree, None where there is no such place."""
    if abs(lat) > 90 or abs(lon) > 180:
        return None
    return Position(lat, lon, max(1, round(degrees * METRES_PER_DEGREE / 2)))


def _within(number: float, bounds: tuple[float, float]) -> bool:
    return bounds[0] <= number <= bounds[1]
