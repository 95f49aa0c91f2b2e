"""What a whole day is made of: how big it is, whom a supervisor adds to the register for it, and what is left where."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from random import Random

from shared.council import Council

TUESDAY = date(2026, 11, 17)
"""No bank holiday and no change of the clocks; one of the people in the example's register is away."""

DAY_PATTERN = "mon-fri"
JITTER = 6e-4
"""Degrees: reports lie along a street, not all at its middle."""


@dataclass(frozen=True)
class Size:
    """A day: the depots that work, jobs from before it and urgent ones during it, and who drops out."""

    depots: tuple[str, ...]
    new_crews: int
    jobs: int
    urgent: int
    found: int
    by_hand: int
    held: int
    asbestos: int
    breakdowns: tuple[str, ...]
    """How each becomes known: the supervisor is `told`, or the crew's `phone` says so."""

    absences: int = 1
    seed: int = 20_261_117


FULL = Size(
    depots=("north", "central", "south"),
    new_crews=7,
    jobs=200,
    urgent=30,
    found=4,
    by_hand=6,
    held=3,
    asbestos=2,
    breakdowns=("told", "phone"),
)
SMALL = Size(
    depots=("central",), new_crews=0, jobs=25, urgent=4, found=1, by_hand=1, held=1, asbestos=1, breakdowns=("phone",)
)


@dataclass(frozen=True)
class NewCrew:
    """A crew that a supervisor adds, with its vehicle and the pattern that it works by."""

    name: str
    depot: str
    vehicle_class: str
    payload_kg: int
    tare_kg: int
    licence: str
    pattern: str
    tickets: str
    fuel: str = "diesel"
    range_km: str = ""
    width_cm: int = 205

    @property
    def id(self) -> str:
        """Its id in the register."""
        return f"crew-{self.name}"

    @property
    def vehicle_id(self) -> str:
        """The id of its vehicle."""
        return f"vehicle-{self.name}"


TRAINED, TICKETED = "asbestos-awareness", "asbestos-awareness;needles"
NEW_CREWS = (
    NewCrew("north-3", "north", "caged-tipper-3500", 1010, 2470, "B", "early", TICKETED),
    NewCrew("central-3", "central", "caged-tipper-3500", 1000, 2480, "B", "early", TRAINED),
    NewCrew("south-2", "south", "caged-tipper-3500", 990, 2490, "B", "early", TICKETED),
    NewCrew("north-4", "north", "grab", 6500, 9500, "C", DAY_PATTERN, f"{TRAINED};loader-crane", width_cm=250),
    NewCrew("central-4", "central", "van", 800, 2200, "B", DAY_PATTERN, "needles;chemicals", width_cm=200),
    NewCrew("south-3", "south", "caged-tipper-3500", 950, 2530, "B", DAY_PATTERN, TRAINED, "electric", "170"),
    NewCrew(
        "south-4",
        "south",
        "caged-tipper-7500",
        2900,
        4570,
        "C1",
        "four-day-week",
        f"{TICKETED};chemicals",
        width_cm=235,
    ),
)

WASTE: Mapping[str, int] = {
    "other-household": 45,
    "black-bags-household": 16,
    "white-goods": 9,
    "construction-demolition-excavation": 8,
    "other-commercial": 6,
    "green": 4,
    "other-electrical": 3,
    "tyres": 3,
    "clinical": 3,
    "animal-carcass": 2,
    "chemical-drums-oil-fuel": 1,
}
SIZES: Mapping[str, int] = {
    "small-van": 40,
    "transit-van": 17,
    "car-boot": 22,
    "single-item": 10,
    "single-black-bag": 4,
    "tipper": 6,
    "significant-multi": 1,
}
URGENT: Sequence[tuple[str, str]] = (("clinical", "single-black-bag"), ("clinical", "car-boot"))
URGENT_BUT_RARE = ("chemical-drums-oil-fuel", "car-boot")
"""Every fifth: few crews have a ticket for it."""


@dataclass(frozen=True)
class Left:
    """Waste that lies somewhere, as it is reported."""

    lat: float
    lon: float
    waste_type: str
    size: str
    land_type: str


def files_for(size: Size) -> Mapping[str, str]:
    """Return the CSV files, by table, with which a supervisor makes the register ready for the day."""
    crews = NEW_CREWS[: size.new_crews]
    people = [
        (f"p-{crew.name}-{number}", f"Made {crew.name} {number}", crew.id, crew.licence if number < 3 else "", crew)
        for crew in crews
        for number in (1, 2, 3)
    ]
    return {
        "vehicles": _csv(
            "id,registration,depot_id,vehicle_class,fuel,range_km,payload_kg,tare_kg,volume_litres,width_cm,licence_needed,off_road_from,off_road_to",
            (
                (
                    crew.vehicle_id,
                    f"DAY-{number}",
                    crew.depot,
                    crew.vehicle_class,
                    crew.fuel,
                    crew.range_km,
                    crew.payload_kg,
                    crew.tare_kg,
                    "",
                    crew.width_cm,
                    crew.licence,
                    "",
                    "",
                )
                for number, crew in enumerate(crews, start=1)
            ),
        ),
        "crews": _csv(
            "id,name,depot_id,vehicle_id,kind,neighbourhoods,least_people,has_gate_keys,hours_regime",
            (
                (crew.id, f"Made crew {crew.name}", crew.depot, crew.vehicle_id, "street", "", 2, "yes", "gb-domestic")
                for crew in crews
            ),
        ),
        "people": _csv(
            "id,name,crew_ids,licences,licence_until,tickets",
            (
                (person_id, name, crew_id, licence, "2030-06-30" if licence else "", crew.tickets)
                for person_id, name, crew_id, licence, crew in people
            ),
        ),
        "rotas": _csv(
            "id,crew_id,pattern_id,from_on,to_on",
            [
                # The evening crew works by day, so that the day ends in the afternoon.
                ("rota-central-2", "crew-central-2", "evening", "2026-01-01", "2026-11-16"),
                ("rota-central-2-day", "crew-central-2", DAY_PATTERN, "2026-11-17", ""),
                *((f"rota-{crew.name}", crew.id, crew.pattern, "2026-01-01", "") for crew in crews),
            ],
        ),
    }


def left_before(size: Size, council: Council, random: Random) -> list[Left]:
    """Return what is reported before the day, some of it asbestos."""
    places = _places(size, council)
    found = [
        _left(random, places, random.choices(list(WASTE), WASTE.values())[0], _drawn_size(random))
        for _ in range(size.jobs - size.asbestos)
    ]
    return found + [_left(random, places, "asbestos", "car-boot") for _ in range(size.asbestos)]


def left_urgent(size: Size, council: Council, random: Random) -> list[Left]:
    """Return what is reported during the day and can't wait."""
    places = _places(size, council)
    kinds = [URGENT_BUT_RARE if number % 5 == 4 else random.choice(URGENT) for number in range(size.urgent)]
    return [_left(random, places, *kind) for kind in kinds]


def left_to_find(size: Size, council: Council, random: Random) -> list[Left]:
    """Return what crews come upon."""
    return [_left(random, _places(size, council), "other-household", "car-boot") for _ in range(size.found)]


def neighbourhoods_of(size: Size, council: Council) -> frozenset[str]:
    """Return the neighbourhoods whose jobs are for the depots that work."""
    crews = [crew for crew in council.crews if crew.depot_id in size.depots]
    return frozenset(name for crew in crews for name in crew.neighbourhoods)


def _places(size: Size, council: Council) -> list[tuple[str, float, float]]:
    """Return the streets and alleys of the day, as the kind of land and where."""
    land = {"street": "highway", "alley": "back-alleyway"}
    wanted = neighbourhoods_of(size, council)
    return [
        (land[place.kind], place.lat, place.lon)
        for place in council.gazetteer.places
        if place.kind in land and place.neighbourhood in wanted
    ]


def _drawn_size(random: Random) -> str:
    return random.choices(list(SIZES), SIZES.values())[0]


def _left(random: Random, places: Sequence[tuple[str, float, float]], waste_type: str, size: str) -> Left:
    """Return waste somewhere along a street, or in an alley."""
    land, lat, lon = random.choice(places)
    apart = JITTER if land == "highway" else JITTER / 20
    return Left(lat + random.uniform(-apart, apart), lon + random.uniform(-apart, apart), waste_type, size, land)


def _csv(header: str, rows: Iterable[Sequence[object]]) -> str:
    """Return a file as a spreadsheet saves it."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(header.split(","))
    writer.writerows(rows)
    return out.getvalue()
