"""Positions as people type them: grid references, coordinates, degrees with minutes and seconds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.geo import distance_m, to_grid, to_wgs84
from shared.geo.typed import grid_reference, typed_position

CAISTER = (52.657977, 1.716038)
"""The worked example of Ordnance Survey's guide to coordinate systems: E 651409.903, N 313177.270."""


@pytest.mark.parametrize(
    "typed",
    ["TG 51409 13177", "tg5140913177", "TG 5140 1317", "651409 313177", "651409, 313177", "  tg  51409  13177 "],
)
def test_the_worked_example_of_ordnance_survey_is_found(typed):
    found = typed_position(typed)

    assert distance_m(found.lat, found.lon, *CAISTER) < max(5, found.within_m)


@pytest.mark.parametrize(
    ("reference", "easting", "northing"),
    [
        ("SV 000 000", 50, 50),
        ("TQ 291 796", 529_150, 179_650),
        ("NN 166 712", 216_650, 771_250),
        ("SJ 356 904", 335_650, 390_450),
        ("HP 600 100", 460_050, 1_210_050),
        ("TV 590 990", 559_050, 99_050),
    ],
)
def test_a_reference_of_six_figures_is_the_middle_of_its_square_of_100_metres(reference, easting, northing):
    found = typed_position(reference)

    assert found.within_m == 100
    assert to_grid(found.lat, found.lon) == (pytest.approx(easting, abs=1), pytest.approx(northing, abs=1))


@given(easting=st.integers(0, 699_999), northing=st.integers(0, 1_299_999))
def test_what_a_point_is_called_leads_back_to_it(easting, northing):
    reference = grid_reference(*to_wgs84(easting + 0.5, northing + 0.5))

    at = typed_position(reference)
    found = to_grid(at.lat, at.lon)

    middle = (easting // 100 * 100 + 50, northing // 100 * 100 + 50)
    assert found == (pytest.approx(middle[0], abs=1), pytest.approx(middle[1], abs=1))


def test_the_worked_example_of_ordnance_survey_is_called_as_it_says():
    assert grid_reference(*CAISTER) == "TG 514 131"


@pytest.mark.parametrize(
    "typed",
    [
        "53.41, -2.98",
        "53.41,-2.98",
        "53.41 -2.98",
        "(53.41, −2.98)",
        "53.41,\N{NO-BREAK SPACE}-2.98",
        "-2.98, 53.41",
        "53.41 N, 2.98 W",
        "53.41°N 2.98°W",
        "N 53.41 W 2.98",
        "W2.98, N53.41",
        "53°24'36\"N 2°58'48\"W",
        "53° 24′ 36″ N  2° 58′ 48″ W",
        "53 24 36 N, 2 58 48.0 W",
    ],
)
def test_coordinates_are_read_however_they_are_written(typed):
    found = typed_position(typed)

    assert (found.lat, found.lon) == (pytest.approx(53.41), pytest.approx(-2.98))


@pytest.mark.parametrize(
    ("typed", "within_m"), [("53.41, -2.98", 557), ("53.4102, -2.98031", 6), ("53.41, -2.980312", 557)]
)
def test_few_figures_say_where_only_roughly(typed, within_m):
    assert typed_position(typed).within_m == within_m


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "Abbotsford Close",
        "L1 0AA",
        "so160as",
        "SJ 35 90",
        "SJ 3569 04",
        "SJ 3569 0",
        "SJ 35690",
        "SI 356 904",
        "XX 356 904",
        "12 34",
        "53, -2",
        "91.5, 200.5",
        "93°24'36\"N 2°58'48\"W",
        "0151 496 0110",
        "٥٣٫٤١, ٢٫٩٨",
        "///filled.count.soap",
    ],
)
def test_what_is_no_position_is_a_name(typed):
    assert typed_position(typed) is None


@given(st.text())
def test_any_text_is_a_position_or_none(text):
    found = typed_position(text)

    assert found is None or (abs(found.lat) <= 90 and abs(found.lon) <= 180)
