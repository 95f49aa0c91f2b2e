from dataclasses import replace

import pytest

from services.scheduling.domain import fleet
from services.scheduling.domain.fleet import Shift
from shared.contracts.envelope import Cause, encode, make_event
from shared.errors import DomainError

from .made import LATER, NOW, VEHICLE, make_load


def tip(vehicle, number, loads=None):
    return fleet.tip(
        vehicle,
        loads or [make_load(f"job-{number}")],
        tip_id=f"tip-{number}",
        site_id="site-1",
        crew_id="north-1",
        key=f"key-{number}",
        at=NOW,
    )


def test_a_tip_fixes_its_load_list_and_is_unfinished():
    vehicle, facts = tip(VEHICLE, 1, [make_load("job-1", 250), make_load("job-2", 8)])

    assert vehicle.last_tip_id == "tip-1"
    assert vehicle.loads_of_unfinished_tips() == {"job-1", "job-2"}
    assert [load["estimated_kg"] for load in facts[0].data["loads"]] == [250, 8]
    event = make_event(
        facts[0], subject="van-1", sequence=1, state=fleet.vehicle_state(vehicle), time=NOW, cause=Cause("tip-1")
    )
    assert encode(event)


def test_an_empty_vehicle_is_not_tipped():
    with pytest.raises(DomainError, match="nothing on DK26ABC"):
        fleet.tip(VEHICLE, [], tip_id="t", site_id="s", crew_id=None, key="k", at=NOW)


def test_a_finished_tip_frees_its_jobs():
    vehicle, _ = tip(VEHICLE, 1)

    vehicle = fleet.finish_tip(vehicle, "tip-1")

    assert not vehicle.loads_of_unfinished_tips()
    assert fleet.finish_tip(vehicle, "tip-1") == vehicle


def test_an_unfinished_tip_is_never_forgotten_however_many_follow():
    vehicle, _ = tip(VEHICLE, 0)

    for number in range(1, 30):
        vehicle, _ = tip(vehicle, number)
        vehicle = fleet.finish_tip(vehicle, f"tip-{number}")

    assert vehicle.loads_of_unfinished_tips() == {"job-0"}
    assert len(vehicle.tips) == fleet.TIPS_KEPT + 1


def test_a_shift_ends_once():
    shift = Shift("shift-1", "north-1", "north", "van-1", started_at=NOW)

    ended, facts = fleet.end_shift(shift, at=LATER)

    assert ended == replace(shift, ended_at=LATER)
    assert len(facts) == 1
    assert fleet.end_shift(ended, at=LATER) == (ended, [])
