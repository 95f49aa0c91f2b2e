"""What a council's configuration says, as frozen values, and the questions that every service asks of it.

Every table of figures that could not be confirmed carries a `Provenance` (where it comes from, and whether it was
checked against that source), so that pages can show a figure as what it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias, TypeVar

from shared.calendar import WorkingTime
from shared.council.assessing import Assessment, Provenance
from shared.council.gazetteer import Gazetteer
from shared.council.kinds import NOT_KNOWN, Kind, Open311
from shared.council.landmarks import Landmarks
from shared.council.partners import ComplaintStages, Partner
from shared.council.serving import Serving
from shared.errors import NotFound
from shared.geo.areas import AREA_KINDS, BoundarySet, set_for

if TYPE_CHECKING:
    from shared.council.statements import AccessibilityStatement, PrivacyNotice

CrewKind: TypeAlias = Literal["hit", "street"]

T = TypeVar("T")


@dataclass(frozen=True)
class Colours:
    """The council's palette as `#rrggbb`; text on its background reaches WCAG AA (4.5:1), checked when loaded."""

    brand: str
    brand_text: str
    accent: str
    accent_text: str
    link: str
    link_hover: str
    surface: str
    text: str


@dataclass(frozen=True)
class Contact:
    """How people reach the council by other means than these pages."""

    phone: str
    email: str
    address: str
    opening_hours: str
    emergency: str
    is_illustrative: bool


@dataclass(frozen=True)
class Neighbourhood:
    """One of the council's neighbourhoods; the id is its slug."""

    id: str
    name: str


@dataclass(frozen=True)
class NeighbourAuthority:
    """Another council, and where it takes reports; the id is that of its outline in a boundary set."""

    id: str
    name: str
    url: str


@dataclass(frozen=True)
class LandAnswer:
    """Who clears a kind of land: the council, the highways body, the owner, or a body that is named."""

    land_type: str
    whose: Literal["council", "highway", "private", "other"]
    owner: str | None
    url: str | None


@dataclass(frozen=True)
class Ward:
    """One ward of the newest boundary set, and its neighbourhood where the set says so."""

    id: str
    name: str
    neighbourhood: str | None


@dataclass(frozen=True)
class Location:
    """The ids and names of the ward and neighbourhood that a point was in on a day."""

    ward: str
    neighbourhood: str
    ward_name: str
    neighbourhood_name: str


@dataclass(frozen=True)
class Depot:
    """Where crews start and vehicles stand."""

    id: str
    name: str
    lat: float
    lon: float


@dataclass(frozen=True)
class Vehicle:
    """A vehicle of the council's fleet."""

    id: str
    registration: str
    vehicle_class: str
    depot_id: str
    payload_kg: int
    tare_kg: int
    fuel: str = "diesel"
    range_km: int | None = None
    volume_litres: int | None = None
    width_cm: int | None = None
    licence_needed: str | None = None


@dataclass(frozen=True)
class Crew:
    """A crew with its usual vehicle and the neighbourhoods that it knows best."""

    id: str
    name: str
    depot_id: str
    vehicle_id: str
    kind: CrewKind
    neighbourhoods: tuple[str, ...]
    least_people: int = 1
    has_gate_keys: bool = False


@dataclass(frozen=True)
class Site:
    """A disposal site with a weighbridge, and the waste that its permit lets it take."""

    id: str
    name: str
    lat: float
    lon: float
    ewc_codes: tuple[str, ...]
    permit: str
    opens: time
    closes: time


@dataclass(frozen=True)
class Material:
    """What an EWC code means for the council's figures."""

    ewc_code: str
    material: str
    name: str
    stream: str
    is_recycled: bool
    is_household: bool
    is_hazardous: bool
    provenance: Provenance


@dataclass(frozen=True)
class TariffEntry:
    """What the council asks for an offence (and tier), while it holds; the early amount is the council's discount."""

    offence_code: str
    tier: str | None
    name: str
    amount_pence: int
    early_pence: int | None
    early_days: int | None
    effective_from: date
    effective_to: date | None
    provenance: Provenance

    def holds(self, on: date) -> bool:
        """Say whether the entry holds on a day."""
        return self.effective_from <= on and (self.effective_to is None or on <= self.effective_to)


@dataclass(frozen=True)
class Retention:
    """How many days each kind of personal record is kept after it was last needed."""

    report_contact_days: int
    unreleased_photo_days: int
    paid_notice_days: int
    unproven_case_days: int
    prosecution_days: int
    complaint_days: int
    left_name_days: int
    provenance: Provenance


@dataclass(frozen=True)
class Baseline:
    """A published figure to compare with: its value in the unit named, for a period."""

    code: str
    name: str
    value: float
    unit: str
    period: str
    provenance: Provenance


@dataclass(frozen=True)
class GroupRole:
    """What members of a group of the council's identity provider may do: a role, narrowed to some place or not."""

    group: str
    role: str
    scopes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SignIn:
    """How to read what the council's identity provider says of somebody; without groups nobody gets a role by it."""

    groups: tuple[GroupRole, ...] = ()
    groups_claim: str = "groups"
    name_claim: str = "name"
    email_claim: str = "email"
    asks_for: tuple[str, ...] = ("openid", "profile", "email")
    """The scopes of OAuth, which are not ours."""


@dataclass(frozen=True)
class Phone:
    """What the council asks of its crews' phones, and for how long it keeps whether a photo was taken at its job."""

    needs_before_photo: bool = False
    proof_days: int = 90


@dataclass(frozen=True)
class Council:
    """The whole configuration of one council; made by `load_council` and by nothing else."""

    name: str
    short_name: str
    is_demonstration: bool
    about: str
    colours: Colours
    contact: Contact
    households: int
    baselines: tuple[Baseline, ...]
    neighbourhoods: tuple[Neighbourhood, ...]
    boundaries: tuple[BoundarySet, ...]
    depots: tuple[Depot, ...]
    vehicles: tuple[Vehicle, ...]
    crews: tuple[Crew, ...]
    sites: tuple[Site, ...]
    materials: Mapping[str, Material]
    fly_tips_are_household: bool
    size_kg: Mapping[str, int]
    ewc_by_waste_type: Mapping[str, str]
    kinds: Mapping[str, Kind]
    assessment: Assessment
    working_time: WorkingTime
    tariff: tuple[TariffEntry, ...]
    retention: Retention
    gazetteer: Gazetteer
    provenance: Mapping[str, Provenance]
    """Of the tables that carry one for all their figures: `size_kg`, `ewc_by_waste_type`, `households`, `counting`."""
    sign_in: SignIn = field(default_factory=SignIn)
    open311: Open311 = field(default_factory=Open311)
    neighbours: tuple[NeighbourAuthority, ...] = ()
    land: Mapping[str, LandAnswer] = field(default_factory=dict)
    privacy: "PrivacyNotice | None" = None
    accessibility: "AccessibilityStatement | None" = None
    landmarks: Landmarks = field(default_factory=Landmarks)
    partners: Mapping[str, Partner] = field(default_factory=dict)
    complaints: ComplaintStages | None = None
    register: Path | None = None
    phone: Phone = field(default_factory=Phone)

    @property
    def wards(self) -> tuple[Ward, ...]:
        """The wards of the newest boundary set, in the set's order."""
        newest = set_for(self._sets["ward"], date.max)
        return tuple(Ward(area.id, area.name, area.neighbourhood) for area in newest.areas) if newest else ()

    def locate(self, lat: float, lon: float, on: date) -> Location | None:
        """Return the ward and neighbourhood of a WGS84 point on a day; None outside the council's area."""
        wards = set_for(self._sets["ward"], on)
        ward = wards.find(lat, lon) if wards else None
        neighbourhoods = set_for(self._sets["neighbourhood"], on)
        if ward is None or neighbourhoods is None:
            return None
        # Official wards don't nest in illustrative neighbourhoods, so at the city's edge a point may be in a ward only.
        neighbourhood = ward.neighbourhood or (neighbourhoods.find(lat, lon) or neighbourhoods.nearest(lat, lon)).id
        return Location(ward.id, neighbourhood, ward.name, self.neighbourhood(neighbourhood).name)

    def neighbour_at(self, lat: float, lon: float, on: date) -> NeighbourAuthority | None:
        """Return the neighbouring authority that a WGS84 point outside the council's area is in, where it is known."""
        outlines = set_for(self._sets["authority"], on)
        area = outlines.find(lat, lon) if outlines else None
        return next((one for one in self.neighbours if area is not None and one.id == area.id), None)

    @cached_property
    def serving(self) -> tuple[Serving, ...]:
        """The depots, each with the neighbourhoods that its crews know."""
        return tuple(
            Serving(
                depot.id,
                depot.lat,
                depot.lon,
                {known for crew in self.crews if crew.depot_id == depot.id for known in crew.neighbourhoods},
            )
            for depot in self.depots
        )

    @cached_property
    def bounds(self) -> tuple[float, float, float, float]:
        """The council's area from west, south to east, north, in degrees."""
        boxes = [boundaries.bounds for boundaries in self._sets["ward"]]
        west, south, east, north = zip(*boxes, strict=True)
        return min(west), min(south), max(east), max(north)

    def ward_name(self, ward_id: str) -> str:
        """Return the name of a ward of any boundary set; the id itself where none knows it any more."""
        return self._ward_names.get(ward_id, ward_id)

    def neighbourhood(self, neighbourhood_id: str) -> Neighbourhood:
        """Return a neighbourhood; raises `NotFound`."""
        return _known(self._neighbourhoods, neighbourhood_id, "neighbourhood")

    def depot(self, depot_id: str) -> Depot:
        """Return a depot; raises `NotFound`."""
        return _known({depot.id: depot for depot in self.depots}, depot_id, "depot")

    def vehicle(self, vehicle_id: str) -> Vehicle:
        """Return a vehicle; raises `NotFound`."""
        return _known({vehicle.id: vehicle for vehicle in self.vehicles}, vehicle_id, "vehicle")

    def crew(self, crew_id: str) -> Crew:
        """Return a crew; raises `NotFound`."""
        return _known({crew.id: crew for crew in self.crews}, crew_id, "crew")

    def site(self, site_id: str) -> Site:
        """Return a disposal site; raises `NotFound`."""
        return _known({site.id: site for site in self.sites}, site_id, "site")

    def kind(self, code: str) -> Kind:
        """Return a kind of report; raises `NotFound`."""
        return _known(self.kinds, code, "kind of report")

    def kind_of(self, code: str) -> Kind:
        """Return the kind of a report that exists, a plain one where the configuration no longer has it."""
        return self.kinds.get(code, NOT_KNOWN)

    def material(self, ewc_code: str) -> Material:
        """Return what an EWC code means to this council; raises `NotFound`."""
        return _known(self.materials, ewc_code, "material with EWC code")

    def tariff_on(self, on: date) -> tuple[TariffEntry, ...]:
        """Return the tariff that holds on a day, in the file's order."""
        return tuple(entry for entry in self.tariff if entry.holds(on))

    def tariff_entry(self, offence_code: str, tier: str | None, on: date) -> TariffEntry:
        """Return what the council asks for an offence (and tier) on a day; raises `NotFound`."""
        for entry in self.tariff_on(on):
            if (entry.offence_code, entry.tier) == (offence_code, tier):
                return entry
        described = f"{offence_code} {tier}" if tier else offence_code
        raise NotFound(f"The council’s tariff has no amount for {described} on {on:%-d %B %Y}", field="tier")

    @cached_property
    def _sets(self) -> Mapping[str, tuple[BoundarySet, ...]]:
        return {kind: tuple(s for s in self.boundaries if s.kind == kind) for kind in AREA_KINDS}

    @cached_property
    def _ward_names(self) -> Mapping[str, str]:
        return {area.id: area.name for boundaries in self._sets["ward"] for area in boundaries.areas}

    @cached_property
    def _neighbourhoods(self) -> Mapping[str, Neighbourhood]:
        return {neighbourhood.id: neighbourhood for neighbourhood in self.neighbourhoods}


def _known(items: Mapping[str, T], key: str, noun: str) -> T:
    """Return the item of a key; raises `NotFound` in words."""
    try:
        return items[key]
    except KeyError:
        raise NotFound(f"There is no {noun} {key}") from None
