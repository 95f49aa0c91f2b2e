"""Kinds of report are configuration: what the example declares, what is refused, and that a new one needs no code."""

import pytest

from services.reports.web import create_app
from shared.contracts.reports import REFERRED_TO_CODES
from shared.council import load_council
from shared.errors import ConfigError
from tests.builders import make_context
from tests.unit.services.reports.open311 import Program

from .made import LIVERPOOL, changed

COUNCIL = load_council(LIVERPOOL / "council.toml")
NEW_KIND = """
[[kinds]]
code = "flooded-subway"
prefix = "FS"
name = "Flooded subway"
description = "Water in a subway."
group = "Highways"
keywords = ["flood"]
place_precision = "exact"

[[kinds.attributes]]
code = "depth"
question = "How deep is it?"
help = "Do not walk into it."
required = true
datatype = "singlevaluelist"
published = true
choices = [{ key = "ankle", name = "To the ankle" }, { key = "knee", name = "To the knee" }]

[[kinds.rules]]
code = "deep-water"
attribute = "depth"
values = ["knee"]
priority = 1
working_hours = 4
explanation = "Deep water is dangerous"
verified = false
source = "Made for a test"

[kinds.usual]
priority = 4
working_days = 9
explanation = "This is the usual time for a flooded subway"
verified = false
source = "Made for a test"

"""
PENALTIES = "# --- penalties: what the council asks"


def test_the_example_has_the_kinds_that_residents_ask_for():
    handled = {kind.code: kind.handled_by for kind in COUNCIL.kinds.values()}

    assert handled == {
        "fly-tipping": "crew",
        "litter": "crew",
        "overflowing-bin": "crew",
        "graffiti": "crew",
        "dog-fouling": "crew",
        "dead-animal": "crew",
        "abandoned-vehicle": "team",
        "missed-bin": "team",
        "untidy-land": "partner",
        "inconsiderate-parking": "partner",
    }
    assert {kind.code for kind in COUNCIL.kinds.values() if kind.place_precision == "street"} == {
        "missed-bin",
        "untidy-land",
    }
    assert [kind.code for kind in COUNCIL.kinds.values() if kind.is_waste] == ["fly-tipping"]
    assert len({kind.prefix for kind in COUNCIL.kinds.values()}) == 10


def test_every_kind_says_by_when_and_why_or_to_whom_it_goes():
    for kind in COUNCIL.kinds.values():
        rules = COUNCIL.assessment.applying(waste_type=None, land_type=None, size=None, kind=kind.code)
        if kind.referral:
            assert kind.referral.to in REFERRED_TO_CODES
            assert kind.referral.words
        elif not kind.is_waste:
            assert [rule.rule.code for rule in rules] == [f"usual-{kind.code}"]


def test_the_councils_own_rules_hold_for_every_kind():
    (first, *_) = COUNCIL.assessment.applying(
        waste_type=None,
        land_type=None,
        size=None,
        hazards=("clinical",),
        kind="litter",
        answers={"litter_type": ("glass",)},
    )

    assert (first.rule.code, first.rule.priority) == ("hazard", 1)


def test_a_kind_that_is_added_to_the_file_is_offered_taken_and_explained_without_code(folder):
    path = changed(folder, PENALTIES, NEW_KIND + PENALTIES)
    ctx = make_context("reports", folder, council=path, rate_limit_factor=0)
    program = Program(ctx, create_app(ctx).test_client())

    offered = {service["service_code"] for service in program.get("v2/services.json").json}
    refused = program.report(service_code="flooded-subway")
    answer = program.report(service_code="flooded-subway", **{"attribute[depth]": "knee"}).json[0]
    page = program.client.get(f"/report/{answer['service_request_id']}").text
    ctx.store.close()

    assert "flooded-subway" in offered
    assert "How deep is it? An answer is needed." in refused.json[0]["description"]
    assert answer["service_request_id"].startswith("FS-")
    assert "Deep water is dangerous" in answer["service_notice"]
    assert "Flooded subway" in page
    assert "To the knee" in page


def test_the_table_for_programs_may_be_left_out(folder):
    text = (folder / "council.toml").read_text()
    start, end = text.index("[open311]"), text.index("[working_time]")
    (folder / "council.toml").write_text(text[:start] + text[end:])

    assert load_council(folder / "council.toml").open311.fixmystreet is False


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('code = "litter_type"', 'code = "litter-type"', "attributes[1].code must be lower-case letters, digits and"),
        (
            'code = "litter_type"',
            'code = "land_type"',
            "attributes[1].datatype can’t be given: the answers of land_type",
        ),
        ('code = "bin_problem"', 'code = "bin_type"', "attributes has the same code twice"),
        ('datatype = "number"', 'datatype = "integer"', "datatype must be one of string, number, datetime"),
        ('datatype = "number"', "", "datatype is missing"),
        ('datatype = "number"', 'datatype = "singlevaluelist"', "choices must be given for a list of answers"),
        ('datatype = "number"', 'datatype = "number"\npublished = true', "published can only be true for a list"),
        ('key = "glass", name = "Broken', 'key = "general", name = "Broken', "choices has the same key twice"),
        ('key = "glass", name = "Broken', 'key = "Glass!", name = "Broken', "key must be lower-case letters"),
        ('values = ["drugs"]', 'values = ["drink"]', "values names 'drink', which is no answer to litter_type"),
        ('attribute = "litter_type"', 'attribute = "weather"', "attribute must be one of litter_type"),
        ('attribute = "near_children"', 'attribute = "how_often"', "attribute must be one of near_children"),
        ('code = "broken-glass"', 'code = "burnt-bin"', "of overflowing-bin explain 'burnt-bin' differently"),
        ('handled_by = "team"', 'handled_by = "crew"', 'team must be given for handled_by = "team", and only then'),
        ('handled_by = "partner"', 'handled_by = "nobody"', "handled_by must be one of crew, team, partner"),
        ('team = "our collection rounds"\n', "", 'team must be given for handled_by = "team", and only then'),
        ('to = "planning"', 'to = "the-mayor"', "referral.to must be one of land-owner"),
        (
            '[kinds.referral]\nto = "planning"',
            '[kinds.usual]\npriority = 1\n[kinds.referral]\nto = "planning"',
            "usual and rules can’t be given for a kind that a partner deals with",
        ),
        (
            '[kinds.usual]\npriority = 3\nworking_days = 3\nexplanation = "This is the usual time for litter"',
            "[kinds.unusual]",
            "kinds[2].usual is missing: it must be a table",
        ),
        ('prefix = "LT"', 'prefix = "FT"', "kinds has 'FT' twice"),
        ("fixmystreet = false", 'fixmystreet = "no"', "open311.fixmystreet must be true or false"),
    ],
)
def test_a_slip_in_a_kind_is_found_at_start(folder, old, new, says):
    with pytest.raises(ConfigError) as refusal:
        load_council(changed(folder, old, new))

    assert says in str(refusal.value)
    assert "\n" not in str(refusal.value)
