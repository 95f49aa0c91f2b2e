from dataclasses import replace

import pytest

from services.scheduling.domain import rounds
from services.scheduling.domain.rounds import TIP_SECONDS, Problem, Task, Van


def travel(start, end):
    return round(abs(start[0] - end[0]) + abs(start[1] - end[1]))


def make_task(job_id, x, kg=100, **changes):
    return replace(Task(job_id, (x, 0), kg, 60, 6000, None), **changes)


def make_problem(*tasks, vans=None):
    return Problem(
        tasks={task.job_id: task for task in tasks},
        vans={van.crew_id: van for van in vans or [Van("crew", (0, 0), 0, 10_000, 300, 0)]},
        depot=(0, 0),
        sites=[(10, 0)],
        travel=travel,
    )


def test_a_round_goes_by_way_of_the_tip_before_it_goes_home():
    driven = rounds.drive(make_problem(make_task("a", 30)), "crew", ["a"])

    assert driven.visits[0].arrive_seconds == 30
    assert driven.travel_seconds == 30 + 20 + 10
    assert driven.home_seconds == 60 + 60 + TIP_SECONDS


def test_a_van_tips_when_the_next_job_does_not_fit():
    problem = make_problem(make_task("a", 20, kg=200), make_task("b", 30, kg=200))

    driven = rounds.drive(problem, "crew", ["a", "b"])

    assert driven.visits[1].arrive_seconds == 20 + 60 + 10 + TIP_SECONDS + 20
    assert driven.heaviest_kg == 200


def test_an_empty_round_goes_nowhere():
    assert rounds.drive(make_problem(), "crew", []).travel_seconds == 0


def test_nearest_first_does_what_fits_the_day():
    problem = make_problem(make_task("near", 20), make_task("far", 9000), vans=[Van("crew", (0, 0), 0, 3000, 300, 0)])

    assert rounds.nearest_first(problem) == {"crew": ["near"]}


def test_nearest_first_takes_the_urgent_job_before_the_near_one():
    problem = make_problem(make_task("near", 20), make_task("urgent", 300, prize_seconds=36_000))

    assert rounds.nearest_first(problem)["crew"] == ["urgent", "near"]


def test_a_plan_that_would_run_late_loses_its_last_jobs():
    problem = make_problem(make_task("a", 20), make_task("b", 9000), vans=[Van("crew", (0, 0), 0, 3000, 300, 0)])

    assert rounds.trimmed(problem, {"crew": ["a", "b"]}) == {"crew": ["a"]}


@pytest.mark.parametrize(
    ("orders", "words"),
    [
        ({"nobody": ["a"]}, "nobody is not on shift"),
        ({"crew": ["x"]}, "x may not be planned"),
        ({"crew": ["a", "a"]}, "a is planned twice"),
        ({"crew": ["a"], "other": ["a"]}, "a is planned twice"),
        ({"crew": ["heavy"]}, "heavier than the vehicle of crew"),
        ({"crew": ["far"]}, "crew would be home"),
    ],
)
def test_the_checker_names_every_broken_rule(orders, words):
    problem = make_problem(
        make_task("a", 20),
        make_task("heavy", 20, kg=900),
        make_task("far", 9000),
        vans=[Van("crew", (0, 0), 0, 3000, 300, 0), Van("other", (0, 0), 0, 3000, 300, 0)],
    )

    assert any(words in problem for problem in rounds.problems_of(problem, orders))


def test_a_plan_that_keeps_the_rules_has_no_problems():
    assert rounds.problems_of(make_problem(make_task("a", 20)), {"crew": ["a"]}) == []
