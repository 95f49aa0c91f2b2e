"""The tables of the register, each described once: its columns, what their values are, and the words for people.

The page, the file format, the command and the checks are made from these descriptions. A column's name is the field of
the domain's value that a row becomes (`makes`), so there is no mapping between the two.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from services.scheduling.domain.access import AccessLimit
from services.scheduling.domain.beats import Beat
from services.scheduling.domain.depots import Depot
from services.scheduling.domain.fleet import Crew, Vehicle
from services.scheduling.domain.patterns import ROLLING, WEEKLY, Pattern, Rota
from services.scheduling.domain.people import ABSENCES, LICENCES, TICKETS, Absence, Person
from services.scheduling.domain.providers import Contractor, Site, Standard
from services.scheduling.register.columns import WEEKDAY_WORDS, Choices, Column
from services.scheduling.rounds.factors import load_factors
from services.scheduling.rounds.regimes import driving_regimes
from shared.contracts.codes import PRIORITIES, WASTE_TYPES
from shared.errors import NotFound

HEAVIEST_KG = 44_000
"""The heaviest lorry allowed on British roads."""

CREW_KINDS: Choices = {"street": "Street crew", "hit": "High-intensity team"}
NORTH, SOUTH, EAST, WEST = 61, 49, 2, -9
"""The United Kingdom's extent: catches latitude and longitude in the wrong places."""

JOB_KINDS: Choices = {"reactive": "Reported", "proactive": "Beat"}
PATTERN_KINDS: Choices = {WEEKLY: "Days of the week", ROLLING: "Days on and days off"}
PRIORITY_WORDS: Choices = {str(number): words for number, words in PRIORITIES.items()}
WASTE_WORDS: Choices = {code: each.plain for code, each in WASTE_TYPES.items()}
FUELS: Choices = {fuel: fuel.capitalize() for fuel in load_factors().fuels}


def _class_words(name: str) -> str:
    """Return a class of vehicle in words: Caged tipper, 3.5 t."""
    words, _, kilograms = name.rpartition("-")
    if not kilograms.isdigit():
        return name.replace("-", " ").capitalize()
    return f"{words.replace('-', ' ').capitalize()}, {int(kilograms) / 1000:g} t"


CLASSES: Choices = {name: _class_words(name) for name in load_factors().classes}

ID = Column("id", "Id", required=False, hint="In files and other tables. Leave it empty to have one made.")
FROM = Column("from_on", "First day", "day")
TO = Column("to_on", "Last day", "day", required=False, hint="Empty where nobody knows")
MAYBE_FROM = replace(FROM, required=False, hint="Empty for always")


@dataclass(frozen=True)
class TableOf:
    """One table: its name, its words, its columns, and what a row of it becomes."""

    name: str
    title: str
    one: str
    about: str
    makes: type
    columns: tuple[Column, ...]
    label: str
    listed: tuple[str, ...]
    id_prefix: str
    is_fixed: bool = False
    """Its rows come and go with `council.toml` only: supervisors edit what depots decide about them."""

    @property
    def header(self) -> tuple[str, ...]:
        """The first line of its file."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """Return a column."""
        return next(column for column in self.columns if column.name == name)

    def label_of(self, values: Mapping[str, Any]) -> str:
        """Return what people call a row."""
        return str(values.get(self.label) or values.get("id") or "")


PEOPLE = TableOf(
    "people",
    "People",
    "person",
    "Who works in which crew, what they may drive and are trained for. Names are shown here and nowhere else.",
    Person,
    (
        ID,
        Column("name", "Name", is_personal=True),
        Column("crew_ids", "Crews", "rows", names="crews", hint="The crews that they work in"),
        Column("licences", "Driving licence", "many", required=False, choices=LICENCES),
        Column("licence_until", "Licence valid until", "day", required=False),
        Column("tickets", "Tickets", "many", required=False, choices=TICKETS),
    ),
    "name",
    ("name", "crew_ids", "licences", "licence_until", "tickets"),
    "p",
)
CREWS = TableOf(
    "crews",
    "Crews",
    "crew",
    "A crew, its vehicle and the neighbourhoods that it knows. Each can be given a shift code for its phone.",
    Crew,
    (
        ID,
        Column("name", "Name"),
        Column("depot_id", "Depot", "row", names="depots"),
        Column("vehicle_id", "Vehicle", "row", required=False, names="vehicles"),
        Column("kind", "Kind", "choice", choices=CREW_KINDS),
        Column("neighbourhoods", "Neighbourhoods", "rows", required=False, names="neighbourhoods"),
        Column(
            "least_people",
            "People needed",
            "whole",
            least=1,
            most=12,
            hint="With fewer it is short-handed and not planned",
        ),
        Column("has_gate_keys", "Has keys to alleygates", "flag"),
        Column("hours_regime", "Drivers’ hours", "choice", choices=driving_regimes()),
    ),
    "name",
    ("name", "depot_id", "vehicle_id", "kind", "least_people", "has_gate_keys"),
    "crew",
)
DEPOTS = TableOf(
    "depots",
    "Depots",
    "depot",
    "Where crews’ days begin and end. A new one is planned as soon as crews and vehicles belong to it.",
    Depot,
    (
        replace(ID, hint="Outside these pages it goes by this, such as dock-road. Leave it empty to have one made."),
        Column("name", "Name"),
        Column("lat", "Latitude", "degrees", least=SOUTH, most=NORTH, hint="Of its yard, in degrees, such as 53.4405"),
        Column("lon", "Longitude", "degrees", least=WEST, most=EAST, hint="Negative in the west, such as -2.9705"),
    ),
    "name",
    ("name", "lat", "lon"),
    "depot",
)
VEHICLES = TableOf(
    "vehicles",
    "Vehicles",
    "vehicle",
    "What each carries, how wide and heavy it is, who may drive it, and when it is off the road.",
    Vehicle,
    (
        ID,
        Column("registration", "Registration"),
        Column("depot_id", "Depot", "row", names="depots"),
        Column("vehicle_class", "Class", "choice", choices=CLASSES),
        Column("fuel", "Fuel", "choice", choices=FUELS),
        Column(
            "range_km", "Range, km", "whole", required=False, least=1, most=2_000, hint="Needed for electric vehicles"
        ),
        Column("payload_kg", "Payload, kg", "whole", least=1, most=HEAVIEST_KG),
        Column("tare_kg", "Weight when empty, kg", "whole", least=1, most=HEAVIEST_KG),
        Column(
            "volume_litres",
            "Volume, litres",
            "whole",
            required=False,
            least=1,
            most=100_000,
            hint="Empty for what its class usually has",
        ),
        Column("width_cm", "Width, cm", "whole", required=False, least=50, most=300, hint="With mirrors"),
        Column("licence_needed", "Licence needed", "choice", required=False, choices=LICENCES),
        Column("off_road_from", "Off the road from", "day", required=False),
        Column(
            "off_road_to", "Off the road until", "day", required=False, hint="The last day, or empty where nobody knows"
        ),
    ),
    "registration",
    ("registration", "depot_id", "vehicle_class", "fuel", "payload_kg", "licence_needed", "off_road_from"),
    "vehicle",
)
PATTERNS = TableOf(
    "patterns",
    "Shift patterns",
    "shift pattern",
    "When a shift begins and ends, and on which days. A rota puts a crew on one.",
    Pattern,
    (
        ID,
        Column("name", "Name"),
        Column("kind", "Kind", "choice", choices=PATTERN_KINDS),
        Column("starts", "Start", "time"),
        Column("ends", "End", "time", hint="Earlier than the start: on the next day"),
        Column("days", "Days of the week", "many", required=False, choices=WEEKDAY_WORDS),
        Column("days_on", "Days on", "whole", required=False, least=1, most=14),
        Column("days_off", "Days off", "whole", required=False, least=1, most=14),
        Column("first_day_on", "A first day on", "day", required=False, hint="From which days on and off are counted"),
        Column("bank_holidays", "Bank holidays are worked", "flag"),
    ),
    "name",
    ("name", "kind", "starts", "ends", "days", "days_on", "days_off", "bank_holidays"),
    "pattern",
)
ROTAS = TableOf(
    "rotas",
    "Rotas",
    "rota",
    "Which crew is on which shift pattern from a day on. To change that, end one and add the next.",
    Rota,
    (
        ID,
        Column("crew_id", "Crew", "row", names="crews"),
        Column("pattern_id", "Shift pattern", "row", names="patterns"),
        FROM,
        TO,
    ),
    "id",
    ("crew_id", "pattern_id", "from_on", "to_on"),
    "rota",
)
ABSENT = TableOf(
    "absences",
    "Absences",
    "absence",
    "Who is away from when to when. Why is nobody’s business here beyond whether it was planned.",
    Absence,
    (
        ID,
        Column("person_id", "Person", "row", names="people"),
        FROM,
        TO,
        Column("kind", "Kind", "choice", choices=ABSENCES),
    ),
    "id",
    ("person_id", "from_on", "to_on", "kind"),
    "absence",
)
SITES = TableOf(
    "sites",
    "Disposal sites",
    "disposal site",
    "When each is open and what it takes. Where it is, and its permit, are set in the council’s configuration.",
    Site,
    (
        Column("id", "Site", "row", names="council_sites"),
        Column("opens", "Opening time", "time"),
        Column("closes", "Closing time", "time"),
        Column("days", "Days", "many", choices=WEEKDAY_WORDS),
        Column("ewc_codes", "Accepted waste", "rows", names="materials", hint="Codes of the List of Wastes"),
    ),
    "id",
    ("id", "opens", "closes", "days", "ewc_codes"),
    "site",
    is_fixed=True,
)
CONTRACTORS = TableOf(
    "contractors",
    "Contractors",
    "contractor",
    "Firms that take what no crew of the council may. A supervisor gives them jobs; a plan never does.",
    Contractor,
    (
        ID,
        Column("name", "Name"),
        Column("depot_id", "Depot that calls them", "row", names="depots"),
        Column("waste_types", "Accepted waste", "many", choices=WASTE_WORDS),
        Column("phone", "Telephone", required=False),
        MAYBE_FROM,
        TO,
    ),
    "name",
    ("name", "depot_id", "waste_types", "phone", "to_on"),
    "contractor",
)
STANDARDS = TableOf(
    "standards",
    "Service standards",
    "service standard",
    "How soon a kind of job is to be done: the deadline of jobs that have none from a report, such as beats.",
    Standard,
    (
        ID,
        Column("name", "Name"),
        Column("job_kind", "Kind of job", "choice", choices=JOB_KINDS),
        Column("waste_type", "Of this waste only", "choice", required=False, choices=WASTE_WORDS),
        Column("working_hours", "Within working hours", "whole", required=False, least=1, most=1_000),
        Column("working_days", "Within working days", "whole", required=False, least=0, most=260),
        Column("target_percent", "Share that meets it, per cent", "whole", required=False, least=1, most=100),
        Column("source", "Source"),
        Column("verified", "It was checked there", "flag"),
    ),
    "name",
    ("name", "job_kind", "waste_type", "working_hours", "working_days", "target_percent", "verified"),
    "standard",
)
ACCESS = TableOf(
    "access",
    "Access limits",
    "access limit",
    "Places that not every vehicle gets to: locked alleygates, widths and weights.",
    AccessLimit,
    (
        ID,
        Column("place_id", "Place", "row", names="places", hint="A place of the council’s list, by its name or id"),
        Column("is_gated", "Behind an alleygate", "flag"),
        Column("max_width_cm", "Width allowed, cm", "whole", required=False, least=50, most=500),
        Column("max_gross_kg", "Weight allowed, kg", "whole", required=False, least=500, most=HEAVIEST_KG),
        MAYBE_FROM,
        TO,
    ),
    "place_id",
    ("place_id", "is_gated", "max_width_cm", "max_gross_kg", "from_on", "to_on"),
    "access",
)
BEATS = TableOf(
    "beats",
    "Beats",
    "beat",
    "Work that comes back by itself: each makes a job on its days, whether anybody reports it or not.",
    Beat,
    (
        ID,
        Column("name", "Name"),
        Column("place_id", "Place", "row", names="places", hint="A place of the council’s list, by its name or id"),
        Column("depot_id", "Depot", "row", names="depots"),
        Column("crew_kind", "Kind of crew", "choice", required=False, choices=CREW_KINDS, hint="Empty for any"),
        Column("ticket", "Ticket needed", "choice", required=False, choices=TICKETS),
        Column("days", "Days", "many", choices=WEEKDAY_WORDS),
        Column("every_weeks", "Weeks from round to round", "whole", least=1, most=52),
        Column("minutes", "Minutes of work", "whole", least=5, most=480),
        Column("priority", "Priority", "whole", least=1, most=5, hint="From 1, urgent, to 5, planned"),
        FROM,
        TO,
    ),
    "name",
    ("name", "place_id", "depot_id", "days", "every_weeks", "minutes", "to_on"),
    "beat",
)

TABLES: Mapping[str, TableOf] = {
    table.name: table
    for table in (
        PEOPLE,
        ABSENT,
        CREWS,
        ROTAS,
        PATTERNS,
        DEPOTS,
        VEHICLES,
        SITES,
        CONTRACTORS,
        STANDARDS,
        ACCESS,
        BEATS,
    )
}


def table_of(name: str) -> TableOf:
    """Return the description of a table; raises `NotFound`."""
    if name not in TABLES:
        raise NotFound(f"There is no table {name!r}; the tables are {', '.join(TABLES)}")
    return TABLES[name]
