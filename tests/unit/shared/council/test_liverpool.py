"""The example council as it ships: complete, honest about what is made up, and useful to every service."""

import csv
from datetime import date
from pathlib import Path

import pytest
import shapely
from shapely.geometry import shape

from deploy.councils.liverpool import make_shapes
from shared.config import REPOSITORY
from shared.contracts.codes import HAZARDS, LAND_TYPES, SIZES, WASTE_TYPES
from shared.council import load_council
from shared.council.look import contrast
from shared.errors import NotFound
from tests.reference import reference_file

LIVERPOOL = REPOSITORY / "deploy" / "councils" / "liverpool"
COUNCIL = load_council(LIVERPOOL / "council.toml")
TODAY = date(2026, 11, 17)


def shapes_of(kind):
    [boundaries] = [boundaries for boundaries in COUNCIL.boundaries if boundaries.kind == kind]
    return {area.id: shape(dict(area.geometry)) for area in boundaries.areas}


def test_it_has_13_neighbourhoods_and_64_wards_of_2023_all_marked_illustrative():
    assert len(COUNCIL.neighbourhoods) == 13
    assert len(COUNCIL.wards) == 64
    assert all(boundaries.is_illustrative for boundaries in COUNCIL.boundaries)
    assert COUNCIL.is_demonstration
    assert {b.effective_from for b in COUNCIL.boundaries if b.kind == "ward"} == {date(2023, 5, 4)}
    assert {area.id for b in COUNCIL.boundaries if b.kind == "neighbourhood" for area in b.areas} == {
        neighbourhood.id for neighbourhood in COUNCIL.neighbourhoods
    }


@pytest.mark.parametrize("kind", ["ward", "neighbourhood"])
def test_shapes_have_neither_gaps_nor_overlaps(kind):
    shapes = list(shapes_of(kind).values())
    whole = shapely.unary_union(shapes)

    assert shapely.coverage_is_valid(shapes)
    assert whole.geom_type == "Polygon"
    assert len(whole.interiors) == 0
    west, south, east, north = whole.bounds
    assert -3.01 <= west < east <= -2.82
    assert 53.34 <= south < north <= 53.475


def test_every_ward_lies_in_its_neighbourhood_and_together_they_fill_it():
    wards, neighbourhoods = shapes_of("ward"), shapes_of("neighbourhood")

    for slug, outline in neighbourhoods.items():
        own = shapely.unary_union([wards[ward.id] for ward in COUNCIL.wards if ward.neighbourhood == slug])
        assert own.symmetric_difference(outline).area < 1e-12


def test_the_shapes_and_places_are_what_the_script_makes(tmp_path, monkeypatch):
    monkeypatch.setattr(make_shapes, "FOLDER", tmp_path)

    make_shapes.main()

    for name in ("wards.geojson", "neighbourhoods.geojson", "neighbours.geojson", "places.csv"):
        assert (tmp_path / name).read_text() == (LIVERPOOL / name).read_text()


def test_the_gazetteer_lies_on_land_in_the_neighbourhood_that_it_names():
    for place in COUNCIL.gazetteer.places:
        assert COUNCIL.locate(place.lat, place.lon, TODAY).neighbourhood == place.neighbourhood
    kinds = {place.kind for place in COUNCIL.gazetteer.places}
    names = [place.name for place in COUNCIL.gazetteer.places]
    assert len(COUNCIL.gazetteer.places) >= 150
    assert kinds == {"street", "alley", "park", "landmark", "postcode"}
    assert len(set(names)) == len(names)


def test_depots_and_sites_lie_in_the_city():
    for thing in (*COUNCIL.depots, *COUNCIL.sites):
        assert COUNCIL.locate(thing.lat, thing.lon, TODAY) is not None


@pytest.mark.parametrize(
    ("lat", "lon", "neighbourhood"),
    [
        (53.4045, -2.9800, "city-centre"),
        (53.3520, -2.8500, "garston-and-speke"),
        (53.4600, -2.9300, "fazakerley-and-norris-green"),
        (53.4050, -3.0400, None),  # across the river
        (53.3400, -2.9600, None),  # in the river
        (51.5000, -0.1200, None),  # London
        (-2.98, 53.40, None),  # the wrong way round
    ],
)
def test_a_point_is_in_its_neighbourhood_or_outside(lat, lon, neighbourhood):
    location = COUNCIL.locate(lat, lon, TODAY)

    assert (location.neighbourhood if location else None) == neighbourhood


def test_a_location_has_ids_and_names():
    location = COUNCIL.locate(53.4045, -2.9800, TODAY)

    assert location.neighbourhood_name == "City Centre"
    assert COUNCIL.ward_name(location.ward) == location.ward_name
    assert COUNCIL.ward_name("E05000886") == "E05000886"


def test_crews_have_their_depots_vehicle_and_together_cover_the_city():
    covered = {slug for crew in COUNCIL.crews for slug in crew.neighbourhoods}

    assert len(COUNCIL.crews) == 8
    assert covered == {neighbourhood.id for neighbourhood in COUNCIL.neighbourhoods}
    for crew in COUNCIL.crews:
        assert COUNCIL.vehicle(crew.vehicle_id).depot_id == crew.depot_id
    assert len({crew.vehicle_id for crew in COUNCIL.crews}) == len(COUNCIL.crews)


def test_vehicles_are_lawfully_light_and_their_registrations_made_up():
    for vehicle in COUNCIL.vehicles:
        limit = 7500 if vehicle.vehicle_class.endswith("7500") else 3500
        assert vehicle.payload_kg + vehicle.tare_kg <= limit
        assert vehicle.registration.startswith("DEMO-")


def test_every_waste_type_has_a_code_that_some_site_takes():
    for waste_type in WASTE_TYPES:
        code = COUNCIL.ewc_by_waste_type[waste_type]
        assert any(code in site.ewc_codes for site in COUNCIL.sites), (waste_type, code)


def test_sizes_weigh_what_the_interface_says():
    assert COUNCIL.size_kg == {
        "single-black-bag": 8,
        "single-item": 25,
        "car-boot": 60,
        "small-van": 250,
        "transit-van": 500,
        "tipper": 1200,
        "significant-multi": 2500,
    }
    assert not COUNCIL.provenance["size_kg"].verified


@pytest.mark.reference_data
def test_codes_and_hazards_are_those_of_the_list_of_wastes():
    with reference_file("digital-waste-tracking/ewc_codes.csv").open(newline="") as file:
        hazardous = {row["code"]: row["is_hazardous"] == "true" for row in csv.DictReader(file)}

    for code, material in COUNCIL.materials.items():
        assert material.is_hazardous == hazardous[code], code


@pytest.mark.parametrize(
    ("answers", "codes", "priority"),
    [
        ({"waste_type": None, "land_type": None, "size": None}, ["default"], 3),
        ({"waste_type": "clinical", "land_type": "highway", "size": "single-item"}, ["hazard", "highway"], 1),
        (
            {"waste_type": "asbestos", "land_type": "private-residential", "size": "tipper"},
            ["hazard", "size", "land"],
            1,
        ),
        ({"waste_type": "green", "land_type": "railway", "size": None}, ["land"], 4),
        ({"waste_type": "green", "land_type": "highway", "size": "single-black-bag"}, ["highway", "size-small"], 3),
        ({"waste_type": "green", "land_type": "highway", "size": "small-van"}, ["highway"], 3),
        ({"waste_type": "green", "land_type": None, "size": None, "near": {"school": 150}}, ["school"], 2),
        ({"waste_type": "green", "land_type": None, "size": None, "near": {"school": 151}}, ["default"], 3),
        ({"waste_type": "green", "land_type": None, "size": None, "times_here": 3}, ["repeat"], 2),
        ({"waste_type": "green", "land_type": None, "size": None, "times_here": 2}, ["default"], 3),
    ],
)
def test_rules_that_apply_are_named_the_most_urgent_first(answers, codes, priority):
    applying = COUNCIL.assessment.applying(**answers)

    assert [found.rule.code for found in applying] == codes
    assert applying[0].rule.priority == priority


def test_a_hazard_that_somebody_saw_counts_whatever_the_waste():
    applying = COUNCIL.assessment.applying(
        waste_type="green", land_type=None, size=None, hazards=("obstruction", "clinical")
    )

    assert {(found.rule.code, found.value) for found in applying} == {
        ("hazard", "clinical"),
        ("obstruction", "obstruction"),
    }


def test_every_combination_of_answers_has_a_reason():
    for waste_type in (None, *WASTE_TYPES):
        for land_type in (None, *LAND_TYPES):
            for size in (None, *SIZES):
                found = COUNCIL.assessment.applying(
                    waste_type=waste_type, land_type=land_type, size=size, hazards=HAZARDS[:1]
                )
                assert found
                assert COUNCIL.assessment.applying(waste_type=waste_type, land_type=land_type, size=size)


@pytest.mark.parametrize(
    ("code", "tier", "amount"),
    [
        ("FLYTIP", "L1", 500),
        ("FLYTIP", "L2", 750),
        ("FLYTIP", "L3", 1000),
        ("HH-DOC", None, 400),
        ("LITTER", None, 150),
    ],
)
def test_the_tariff_is_liverpools_of_june_2025(code, tier, amount):
    entry = COUNCIL.tariff_entry(code, tier, TODAY)

    assert entry.amount_pence == amount * 100
    assert entry.provenance.source


def test_the_tariff_has_nothing_for_another_day_or_tier():
    with pytest.raises(NotFound, match="no amount for FLYTIP L1 on 31 May 2025"):
        COUNCIL.tariff_entry("FLYTIP", "L1", date(2025, 5, 31))
    with pytest.raises(NotFound, match="no amount for FLYTIP L9"):
        COUNCIL.tariff_entry("FLYTIP", "L9", TODAY)
    assert COUNCIL.tariff_on(date(2025, 5, 31)) == ()


def test_places_are_found_by_the_beginnings_of_their_words():
    street = next(place for place in COUNCIL.gazetteer.places if place.kind == "street")
    first, last = street.name.lower().split()

    assert street in COUNCIL.gazetteer.search(street.name)
    assert street in COUNCIL.gazetteer.search(f"{last} {first[:3]}", limit=50)
    assert COUNCIL.gazetteer.search(first)[0].name.lower().startswith(first)
    assert len(COUNCIL.gazetteer.search("a", limit=5)) == 5
    assert COUNCIL.gazetteer.search("   ") == []
    assert COUNCIL.gazetteer.search("qqqq") == []
    assert COUNCIL.gazetteer.place(street.id) == street


def test_what_is_not_there_is_not_found():
    for ask in (
        COUNCIL.gazetteer.place,
        COUNCIL.crew,
        COUNCIL.vehicle,
        COUNCIL.depot,
        COUNCIL.site,
        COUNCIL.material,
        COUNCIL.kind,
    ):
        with pytest.raises(NotFound, match=r"There is no .* nowhere"):
            ask("nowhere")


def test_every_figure_says_where_it_comes_from():
    provenances = [
        *COUNCIL.provenance.values(),
        COUNCIL.retention.provenance,
        *(entry.provenance for entry in COUNCIL.tariff),
        *(rule.provenance for rule in COUNCIL.assessment.rules),
        *(material.provenance for material in COUNCIL.materials.values()),
        *(baseline.provenance for baseline in COUNCIL.baselines),
    ]

    assert all(len(provenance.source) >= 10 for provenance in provenances)
    assert any(not provenance.verified for provenance in provenances)


@pytest.mark.reference_data
def test_the_number_of_households_is_what_the_official_figures_give():
    file = reference_file("defra-lacw/lacw_table3_indicators_2022-23.csv")
    row = next(line for line in file.read_text().splitlines() if "Liverpool" in line)

    assert "633.5" in row
    assert COUNCIL.households == pytest.approx(150_932 * 1000 / 633.5, rel=0.001)


def test_the_palette_is_readable():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#777777") == pytest.approx(1)
    assert contrast(COUNCIL.colours.brand_text, COUNCIL.colours.brand) >= 4.5


def test_contact_details_cannot_reach_anybody():
    assert COUNCIL.contact.is_illustrative
    assert COUNCIL.contact.phone.startswith("0151 496 0")  # Ofcom keeps these numbers for drama
    assert COUNCIL.contact.email.endswith(".example")


def test_the_kinds_of_report_have_the_texts_of_an_open311_service():
    kind = COUNCIL.kind("fly-tipping")

    assert (kind.prefix, kind.place_precision) == ("FT", "exact")
    assert [attribute.code for attribute in kind.attributes] == ["waste_type", "land_type", "size"]
    assert not any(attribute.required for attribute in kind.attributes)


def test_the_script_lies_beside_what_it_makes():
    assert Path(make_shapes.__file__).parent == LIVERPOOL


def test_a_place_outside_the_city_is_some_neighbours_or_nobodys():
    assert COUNCIL.neighbour_at(53.50, -3.00, TODAY).name == "Sefton Council"
    assert COUNCIL.neighbour_at(53.42, -2.80, TODAY).name == "Knowsley Council"
    assert COUNCIL.neighbour_at(51.5, -0.12, TODAY) is None


def test_every_kind_of_land_has_its_answer():
    assert set(COUNCIL.land) == set(LAND_TYPES)
    assert COUNCIL.land["railway"].owner == "Network Rail"
