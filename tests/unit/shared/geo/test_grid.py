"""The National Grid, cells and distances."""

import subprocess
import sys

import pyproj
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.geo import cell, cells_around, distance_m, to_grid


def test_easting_and_northing_are_right_to_a_few_metres():
    # Caister water tower, the worked example of Ordnance Survey's guide to coordinate systems.
    easting, northing = to_grid(52.657977, 1.716038)

    assert easting == pytest.approx(651_409.8, abs=5)
    assert northing == pytest.approx(313_177.3, abs=5)


@given(lat=st.floats(50, 60), lon=st.floats(-6, 1.5))
@settings(deadline=None, max_examples=50)
def test_the_conversion_written_out_is_the_one_that_proj_finds(lat, lon):
    by_search = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:27700", always_xy=True)

    assert to_grid(lat, lon) == pytest.approx(by_search.transform(lon, lat), abs=0.001)


def test_places_are_where_their_grid_references_say():
    # Liverpool Cathedral, SJ 354 894, and the Liver Building, SJ 338 904: references to 100 m.
    cathedral, liver_building = to_grid(53.3974, -2.9732), to_grid(53.4058, -2.9959)

    assert cathedral == (pytest.approx(335_450, abs=100), pytest.approx(389_450, abs=100))
    assert liver_building == (pytest.approx(333_850, abs=100), pytest.approx(390_450, abs=150))


@pytest.mark.parametrize(("lat", "lon"), [(0, 0), (-2.98, 53.4), (40.7, -74.0), (70.0, 20.0)])
def test_a_point_far_from_britain_has_no_place_on_the_grid(lat, lon):
    with pytest.raises(ValueError, match="not on the British National Grid"):
        to_grid(lat, lon)


def test_a_cell_is_named_by_size_and_corner():
    assert cell(334_180, 390_635) == "250:1336:1562"
    assert cell(334_249.9, 390_500) == "250:1336:1562"
    assert cell(334_250, 390_500) == "250:1337:1562"
    assert cell(334_180, 390_635, size_m=1000) == "1000:334:390"


@given(
    easting=st.floats(300_000, 350_000),
    northing=st.floats(350_000, 400_000),
    angle=st.floats(0, 6.28),
    distance=st.floats(0, 100),
)
@settings(deadline=None)
def test_the_cells_around_a_point_hold_everything_near_it(easting, northing, angle, distance):
    from math import cos, sin

    other = cell(easting + distance * cos(angle), northing + distance * sin(angle))

    assert other in cells_around(easting, northing, 100)
    assert len(cells_around(easting, northing, 100)) <= 4


def test_distances_over_the_city_agree_with_the_grid():
    pier_head, airport = (53.4045, -2.9965), (53.3370, -2.8500)

    metres = distance_m(*pier_head, *airport)
    (x1, y1), (x2, y2) = to_grid(*pier_head), to_grid(*airport)

    assert metres == pytest.approx(((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5, rel=0.005)
    assert distance_m(*pier_head, *pier_head) == 0
    assert distance_m(*airport, *pier_head) == pytest.approx(metres)


def test_importing_places_and_calendar_imports_nothing_heavy():
    asked = (
        "import sys, shared.geo, shared.geo.boundary_files, shared.calendar, shared.council, shared.law;"
        "print([name for name in ('shapely', 'pyproj', 'holidays', 'numpy', 'PIL', 'eventlet') if name in sys.modules])"
    )

    answer = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)

    assert answer.stdout.strip() == "[]"
