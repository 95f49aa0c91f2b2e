"""Days and plans as JSON files, and the command that plans them."""

import copy
import json

import pytest
from click.testing import CliRunner

from services.scheduling.rounds.day_file import day_of, plan_of, read_tables
from services.scheduling.rounds.dispatch import list_order, own_patch
from services.scheduling.rounds.measures import drive_plan, objective
from shared.cli import main
from shared.errors import DomainError
from tests.reference import referee

DAY = {
    "name": "small",
    "objective": {
        "prize_minutes_by_priority": {"1": 60, "3": 140, "5": 600},
        "late_cost_per_minute_by_priority": {"1": 0.05, "3": 0.2, "5": 1.0},
    },
    "rules": {
        "vehicle_checks_seconds": 600,
        "tip_seconds": 900,
        "break_seconds": 1800,
        "break_starts_between_seconds_after_start": [10800, 16200],
    },
    "travel": {"speed_multipliers": [{"from": 27000, "to": 34200, "multiplier": 0.65}]},
    "vehicle_types": {"tipper": {"payload_kg": 1200, "volume_litres": 6000, "free_flow_kmh": 28.0}},
    "depots": [{"lat": 53.43, "lon": -2.97}],
    "sites": [{"lat": 53.413, "lon": -2.9085}],
    "crews": [
        {"id": 4, "vehicle_type": "tipper", "skills": ["GENERAL"], "depot": 0, "shift_start": 21600, "shift_end": 50400}
    ],
    "jobs": [
        {
            "id": number,
            "lat": 53.40 + number / 100,
            "lon": -2.95,
            "kind": "small",
            "service_seconds": 900,
            "load_kg": 100,
            "volume_litres": 900,
            "skill": "GENERAL",
            "priority": priority,
            "deadline": None,
        }
        for number, priority in enumerate((1, 3, 5))
    ],
}


def test_the_highest_prize_is_the_most_urgent():
    day, _ = day_of(DAY)

    assert [job.urgency for job in day.jobs.values()] == [3, 2, 1]
    assert day.crews["4"].ready == 21600 + 600


def test_a_plan_has_the_ids_of_its_file():
    day, travel = day_of(DAY)

    assert plan_of(DAY, list_order(day, travel)) == {
        "routes": [{"crew": 4, "stops": [{"job": 2}, {"job": 1}, {"job": 0}]}]
    }


def _first(tables):
    return next(iter(tables.values()))


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda day: day.pop("rules"), "'rules' is missing"),
        (lambda day: day["jobs"][1].pop("skill"), r"jobs\[1\], 'skill' is missing"),
        (lambda day: day["jobs"][0].update(lat=530), "530.0, lon -2.95 is no place"),
        (lambda day: day["jobs"][2].update(id=1), "the same id"),
        (lambda day: day["crews"][0].update(vehicle_type="bus"), r"crews\[0\], 'bus' is missing"),
        (lambda day: day["crews"][0].update(shift_end=0), "later than shift_start"),
        (lambda day: day["crews"][0].update(depot=3), "out of range"),
        (lambda day: day["crews"][0].update(depot=-1), "depot must be 0 or more, not -1"),
        (lambda day: day.update(crews=None), "in crews,"),
        (lambda day: day["jobs"][0].update(service_seconds=-60), r"jobs\[0\], service_seconds must be 0 or more"),
        (lambda day: day["jobs"][0].update(load_kg=-1), "load_kg must be 0 or more"),
        (lambda day: day["jobs"][0].update(volume_litres=float("inf")), "volume_litres must be 0 or more"),
        (lambda day: day["rules"].update(tip_seconds=-900), "in sites, tip_seconds must be 0 or more"),
        (lambda day: _first(day["vehicle_types"]).update(free_flow_kmh=-5), "free_flow_kmh must be 0 or more"),
        (lambda day: _first(day["vehicle_types"]).update(free_flow_kmh=0), "free_flow_kmh must be more than 0"),
        (lambda day: day["travel"]["speed_multipliers"].append({"from": 0, "to": 9, "multiplier": 0}), "more than 0"),
        (lambda day: day["crews"][0].update(skills="GENERAL"), "skills must be a list, not GENERAL"),
        (lambda day: day["jobs"][0].update(skill=["GENERAL"]), "skill must be a text"),
        (lambda day: day["jobs"][0].update(id=True), "id must be a number or a text, not True"),
        (lambda day: day.update(sites=[]), "no site"),
    ],
)
def test_a_day_that_is_wrong_is_refused_with_its_place(damage, words):
    day = copy.deepcopy(DAY)
    damage(day)

    with pytest.raises(DomainError, match=words):
        day_of(day)


@pytest.mark.parametrize("text", ["", "{", "[1]"])
def test_a_file_that_is_no_day_is_refused(tmp_path, text):
    (tmp_path / "day.json").write_text(text)

    with pytest.raises(DomainError, match=r"day\.json"):
        read_tables(tmp_path / "day.json")


def test_the_command_asks_for_a_number_of_seconds(tmp_path):
    (tmp_path / "day.json").write_text(json.dumps(DAY))

    done = CliRunner().invoke(main, ["plan-day", str(tmp_path / "day.json"), "--seconds", "nan"])

    assert done.exit_code == 2
    assert "nan is no number of seconds" in done.stderr


def test_the_command_says_where_its_search_failed(tmp_path, monkeypatch):
    import services.scheduling.rounds.solver

    monkeypatch.setattr(services.scheduling.rounds.solver, "solve", lambda *_args, **_options: 1 / 0)
    (tmp_path / "day.json").write_text(json.dumps(DAY))

    done = CliRunner().invoke(main, ["plan-day", str(tmp_path / "day.json"), "--seconds", "0.2"])

    plan = json.loads(done.stdout)
    assert (done.exit_code, plan["made_by"], plan["problem"]) == (
        0,
        "own-patch",
        "ZeroDivisionError: division by zero",
    )
    assert "The search failed (ZeroDivisionError: division by zero)" in done.stderr


def test_the_command_prints_a_plan_and_tells_of_it_on_standard_error(tmp_path):
    (tmp_path / "day.json").write_text(json.dumps(DAY))

    done = CliRunner().invoke(main, ["plan-day", str(tmp_path / "day.json"), "--seconds", "0.2", "--seed", "3"])

    plan = json.loads(done.stdout)
    assert done.exit_code == 0
    assert sorted(stop["job"] for stop in plan["routes"][0]["stops"]) == [0, 1, 2]
    assert plan["measures"]["served"] == 3
    assert plan["baseline"]["name"] == "list-order supervisor"
    assert "3 of 3 jobs" in done.stderr


@pytest.mark.parametrize("size", ["S", "M"])
@pytest.mark.parametrize("make", [list_order, own_patch])
def test_the_referee_scores_a_plan_as_it_is_driven_here(size, make):
    judge = referee()
    instance = judge.INST[size]()
    tables = judge.day_to_json(instance)
    day, travel = day_of(tables)
    sheets = make(day, travel)
    rounds = drive_plan(day, sheets, travel)

    score = judge.execute(instance, judge.plan_from_json(plan_of(tables, sheets)))

    assert score["obj"] == round(objective(day, rounds) / 60)
    assert score["served"] == sum(len(round_.visits) for round_ in rounds.values())
    assert (score["dropped"], score["tips"]) == (0, sum(round_.tips for round_ in rounds.values()))
