"""Loading a council: every slip in its files is found at start, in one line that names file and key."""

import pytest

from shared.council import SignIn, load_council
from shared.errors import ConfigError

from .made import changed


def refusal_of(path):
    with pytest.raises(ConfigError) as refusal:
        load_council(path)
    assert "\n" not in str(refusal.value)
    return str(refusal.value)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('short_name = "Liverpool"\n', "", "council.short_name is missing: it must be a text"),
        ('short_name = "Liverpool"\n', 'shortname = "Liverpool"\n', "council.short_name is missing"),
        ("is_demonstration = true", "is_demonstration = 1", "council.is_demonstration must be true or false"),
        ('places = "places.csv"', 'places = "streets.csv"', "streets.csv: cannot be read"),
        ('brand = "#0b3d4f"', 'brand = "teal"', "colours.brand must be a colour like #0b3d4f, not 'teal'"),
        ('link = "#0b5a75"', 'link = "#9fd0e0"', "colours.link on surface has a contrast of"),
        ("phone =", "telephone =", "contact.phone is missing"),
        ("number = 238250", "number = 0", "households.number must be at least 1"),
        ('id = "city-centre"', 'id = "City Centre"', "neighbourhoods[1].id must be lower-case words"),
        ('id = "city-centre"', 'id = "garston-and-speke"', "neighbourhoods has 'garston-and-speke' twice"),
        ('id = "city-centre"', 'id = "town-centre"', "crews[4].neighbourhoods names 'city-centre'"),
        ("lat = 53.4405", "lat = -2.97", "depots[1].lat must be from 49.0 to 61.0"),
        ('registration = "DEMO-102"', 'registration = "DEMO-101"', "vehicles has 'DEMO-101' twice"),
        ('registration = "DEMO-101"', 'registration = "DEMO 101"', "vehicles[1].registration must be letters, digits"),
        ("payload_kg = 1000", "payload_kg = 1000.5", "vehicles[1].payload_kg must be a whole number"),
        ('vehicle_id = "tipper-101"', 'vehicle_id = "tipper-999"', "crews[1].vehicle_id must be one of"),
        ('depot_id = "north"', 'depot_id = "west"', "vehicles[1].depot_id must be one of central, north, south"),
        ('kind = "hit"', 'kind = "quick"', "crews[3].kind must be one of hit, street"),
        ("opens = 06:00:00", "opens = 19:00:00", "sites[1].closes must be later than opens"),
        ("opens = 06:00:00", 'opens = "6am"', "sites[1].opens must be a time (HH:MM:SS, without quotes)"),
        ('"200301", "200303", "200307", "200138"', '"200301", "999999", "200138"', "sites[1].ewc_codes names '999999'"),
        ('ewc_code = "200301"', 'ewc_code = "2003"', "materials[1].ewc_code must be six digits, not '2003'"),
        (
            'verified = false\nsource = "List of Wastes (code, name); h',
            'source = "h',
            "materials[1].verified is missing",
        ),
        ('tyres = "160103"', 'tyres = "999999"', "ewc_by_waste_type.tyres must be one of"),
        ('tyres = "160103"\n', "", "ewc_by_waste_type.tyres is missing"),
        ("tipper = 1200", "tipper = 0", "size_kg.tipper must be at least 1"),
        ("tipper = 1200", "tipper = 1200\nlorry = 1", "size_kg.lorry is not a key that is known here"),
        ('type = "railway"\nwhose = "other"', 'type = "highway"\nwhose = "other"', "is 'highway' a second time"),
        (
            'type = "railway"\nwhose = "other"\nowner = "Network Rail"',
            'type = "railway"\nwhose = "other"',
            "must name whose",
        ),
        ('type = "highway"\nwhose = "highway"', 'type = "highway"\nwhose = "nobody"', "must be one of council"),
        ('owner = "National Highways"\n', "", "must name whose"),
        ('prefix = "FT"', 'prefix = "ft"', "kinds[1].prefix must be two capital letters, not 'ft'"),
        (
            'place_precision = "exact"',
            'place_precision = "door"',
            "kinds[1].place_precision must be one of exact, street",
        ),
        ("ends = 17:00:00", "ends = 07:00:00", "working_time.ends must be later than starts"),
        ("2026 = []", "2026 = [2027-12-24]", "working_time.closures.2026 lists a day of 2027"),
        (
            'values = ["obstruction"]',
            'values = ["blocked"]',
            "assessment.rules[5].values names 'blocked', which is no hazard",
        ),
        (
            "working_hours = 2",
            "working_hours = 2\nworking_days = 1",
            "assessment.rules[1].working_days or working_hours",
        ),
        ("priority = 1", "priority = 6", "assessment.rules[1].priority must be from 1 to 5"),
        ('field = "any"', 'field = "size"', "assessment.rules[13].values must be given"),
        ("It may be dangerous,", "Dangerous,", "assessment.rules[1].explanation differs from another rule’s"),
        (
            "amount_pence = 100000",
            "amount_pence = 100001",
            "tariff[3].amount_pence is unlawful: EPA 1990 s33ZA: between £150",
        ),
        ("early_pence = 10000", "early_pence = 4000", "tariff[5].early_pence is unlawful: EPA 1990 s88: at least £50"),
        (
            'offence_code = "LITTER"',
            'offence_code = "LARCENY"',
            "tariff[5].offence_code is not an offence of 2025-06-01",
        ),
        ('tier = "L2"', 'tier = "L1"', "tariff[2].effective_from overlaps another entry for FLYTIP L1"),
        ("effective_from = 2025-06-01", "effective_from = 2020-06-01", "tariff[1].amount_pence is unlawful"),
        ("paid_notice_days = 730", "paid_notice_days = 99999", "retention.paid_notice_days must be from 1 to 14600"),
        ("value = 23404", 'value = "many"', "baselines[1].value must be a number"),
        (
            'files = ["neighbourhoods.geojson", "wards.geojson", "neighbours.geojson"]',
            'files = ["wards.geojson"]',
            "boundaries.files names no file",
        ),
        ('groups_claim = "groups"', 'group_claim = "groups"', "sign_in.group_claim is not a key that is known here"),
        ('groups_claim = "groups"', 'asks_for = ["profile"]', "sign_in.asks_for must name 'openid'"),
        (
            'before_photo = "optional"',
            'before_photo = "always"',
            "phone.before_photo must be one of required, optional",
        ),
        ("proof_days = 90", "proof_days = 4000", "phone.proof_days must be from 1 to 366, not 4000"),
        ('role = "admin"', 'role = "king"', "sign_in.groups[8].role must be one of contact-centre, supervisor"),
        ('role = "admin"', 'role = "crew"', "sign_in.groups[8].role must be one of contact-centre, supervisor"),
        ('role = "admin"', 'role = "wall-viewer"', "sign_in.groups[8].role must be one of contact-centre, supervisor"),
        ('role = "admin"', 'role = "admin"\nstreet = "x"', "sign_in.groups[8].street is not a key that is known here"),
        ('role = "admin"', 'role = "admin"\ndepot_id = "west"', "sign_in.groups[8].depot_id must be one of central"),
        (
            'role = "admin"',
            'role = "admin"\nneighbourhood = "atlantis"',
            "sign_in.groups[8].neighbourhood must be one of aigburth",
        ),
        (
            'group = "streetscene-supervisors-north"',
            'group = "streetscene-supervisors"',
            "sign_in.groups[3].group 'streetscene-supervisors' gives the role 'supervisor' twice",
        ),
        ("[retention]", "[retained]", "retention is missing: it must be a table"),
        ("[households]", "[extra]\na = 1\n\n[households]", "extra is not a key that is known here"),
    ],
)
def test_a_slip_in_the_council_file_is_named(folder, old, new, says):
    text = refusal_of(changed(folder, old, new))

    assert says in text
    assert str(folder) in text


def test_a_council_may_say_nothing_of_groups(folder):
    file = folder / "council.toml"
    file.write_text(file.read_text().partition("# --- signing in")[0])

    assert load_council(file).sign_in == SignIn()


@pytest.mark.parametrize(
    ("old", "new", "name", "says"),
    [
        ("id,name,kind", "id,title,kind", "places.csv", "places.csv: the first line must be id,name,kind,lat,lon"),
        (",street,", ",avenue,", "places.csv", "places.csv: line 2: kind must be one of street, alley, park, landmark"),
        (",city-centre", ",atlantis", "places.csv", "places.csv: line 2: neighbourhood 'atlantis' is not known"),
        ("53.412551", "north", "places.csv", "places.csv: line 2: lat and lon must be numbers"),
        (
            '"kind": "ward"',
            '"kind": "parish"',
            "wards.geojson",
            "kind must be one of ward, neighbourhood, authority, not 'parish'",
        ),
        ('"2023-05-04"', '"May 2023"', "wards.geojson", "effective_from must be a date (YYYY-MM-DD), not 'May 2023'"),
        ('"id": "lantern-quay"', '"id": "lantern quay"', "wards.geojson", "which events can't carry"),
        (
            '"id": "lantern-quay"',
            '"id": "ropemakers"',
            "wards.geojson",
            "ropemakers: more than one feature has this id",
        ),
        ('"name": "Lantern Quay"', '"name": ""', "wards.geojson", "feature 1 has no name"),
        ('"type": "Polygon"', '"type": "Point"', "wards.geojson", "feature 1 is not a Polygon or MultiPolygon"),
        (
            '"neighbourhood": "city-centre"',
            '"neighbourhood": "atlantis"',
            "wards.geojson",
            "neighbourhoods has no 'atlantis'",
        ),
        ('"type": "FeatureCollection"', '"type": "Feature"', "wards.geojson", "is not a GeoJSON FeatureCollection"),
    ],
)
def test_a_slip_in_the_other_files_is_named(folder, old, new, name, says):
    text = refusal_of(changed(folder, old, new, name))

    assert says in text
    assert str(folder) in text


def test_imported_sets_are_taken_beside_the_councils_own(folder):
    imported = folder / "boundaries"
    imported.mkdir()
    text = (folder / "wards.geojson").read_text().replace('"illustrative": true', '"illustrative": false')
    (imported / "ward-2023-05-04.geojson").write_text(text.replace("Lantern Quay", "Official Quay"))

    council = load_council(folder / "council.toml", boundaries=imported)

    assert len(council.boundaries) == 4
    assert council.wards[0].name == "Official Quay"
    assert load_council(folder / "council.toml", boundaries=folder / "none").wards[0].name == "Lantern Quay"
