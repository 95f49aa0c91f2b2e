"""Dispatchers, solver, repair and the whole of making a plan."""

from dataclasses import replace

import pytest
from hypothesis import given, settings

from services.scheduling.rounds import make, solver
from services.scheduling.rounds.check import Broken, broken_rules
from services.scheduling.rounds.clock import Clock
from services.scheduling.rounds.day import Rest, Step, jobs_in, planned_jobs
from services.scheduling.rounds.dispatch import list_order, own_patch
from services.scheduling.rounds.factors import load_factors
from services.scheduling.rounds.insert import best_insertion
from services.scheduling.rounds.measures import drive_plan, measure, objective

from .made import HOUR, TRAVEL, YARD, days, make_crew, make_day, make_job


@pytest.fixture
def day():
    spots = [(53.36 + number * 17 % 23 / 200, -2.97 + number * 7 % 19 / 200) for number in range(24)]
    jobs = [
        make_job(
            str(number),
            spot,
            kg=150 + 40 * (number % 5),
            urgency=1 + number % 5,
            prize=(600, 240, 140, 90, 60)[number % 5] * 60,
            skill="ASBESTOS" if number % 8 == 0 else "GENERAL",
            deadline=(8 + number % 6) * HOUR if number % 3 == 0 else None,
        )
        for number, spot in enumerate(spots)
    ]
    able = frozenset({"GENERAL", "ASBESTOS"})
    return make_day(*jobs, crews=[make_crew(), make_crew("crew-2", skills=able), make_crew("crew-3")])


def made(day, **options):
    return make.make_plan(day, TRAVEL, seconds=5, iterations=150, **options)


def test_the_list_is_worked_down_by_urgency_whatever_the_way():
    near, urgent = make_job("near", (53.431, -2.969)), make_job("urgent", (53.36, -2.88), urgency=1)

    assert jobs_in(list_order(make_day(near, urgent), TRAVEL)["crew-1"]) == ["urgent", "near"]


def test_a_crew_of_the_patch_takes_the_near_job_unless_another_is_urgent():
    near, far = make_job("near", (53.431, -2.969)), make_job("far", (53.36, -2.88))

    assert jobs_in(own_patch(make_day(far, near), TRAVEL)["crew-1"]) == ["near", "far"]
    assert jobs_in(own_patch(make_day(replace(far, urgency=1), near), TRAVEL)["crew-1"]) == ["far", "near"]


def test_nobody_gives_out_what_no_crew_may_have():
    jobs = [make_job("held", held=True), make_job("asbestos", contractor=True), make_job("ticket", skill="CRANE")]

    for make_sheets in (list_order, own_patch):
        assert planned_jobs(make_sheets(make_day(*jobs), TRAVEL)) == {}


def test_the_solver_keeps_the_rules_and_beats_people(day):
    plan = made(day)

    assert plan.by == "pyvrp"
    assert plan.problem is None
    assert broken_rules(day, plan.rounds, TRAVEL) == []
    for make_sheets in (list_order, own_patch):
        assert plan.objective < objective(day, drive_plan(day, make_sheets(day, TRAVEL), TRAVEL))


def test_the_same_seed_gives_the_same_plan(day):
    assert made(day, seed=7).sheets == made(day, seed=7).sheets


def test_a_job_given_by_hand_stays_with_its_crew(day):
    pinned = {
        job.id: replace(job, pinned_to="crew-3") if job.id in {"1", "2", "3"} else job for job in day.jobs.values()
    }

    crews = planned_jobs(made(replace(day, jobs=pinned)).sheets)

    assert [crews[job_id] for job_id in ("1", "2", "3")] == ["crew-3"] * 3


def test_locked_stops_come_first_and_the_rest_is_planned_after_them(day):
    crews = {**day.crews, "crew-1": replace(day.crews["crew-1"], locked=("5", "23"), is_under_way=True)}
    locked = replace(day, crews=crews)

    plan = made(locked)

    assert jobs_in(plan.sheets["crew-1"])[:2] == ["5", "23"]
    assert broken_rules(locked, plan.rounds, TRAVEL) == []


def test_a_crew_that_is_out_with_a_load_goes_on_from_where_it_is(day):
    out = replace(
        day.crews["crew-1"], position=(53.37, -2.90), ready=11 * HOUR, rest=None, loaded_kg=900, loaded_litres=5000,
        is_under_way=True,
    )  # fmt: skip
    live = replace(day, crews={**day.crews, "crew-1": out}, now=11 * HOUR)

    plan = made(live)

    assert broken_rules(live, plan.rounds, TRAVEL) == []
    assert all(stop.begin >= 11 * HOUR for stop in plan.rounds["crew-1"].stops)


def test_the_present_sheets_stay_where_nothing_better_is_found(day):
    present = made(day).sheets

    again = made(day, present=present)

    assert again.objective <= objective(day, drive_plan(day, present, TRAVEL))


def test_present_sheets_with_jobs_that_are_gone_are_still_a_beginning(day):
    present = {"crew-1": (Step("job", "gone"), Step("job", "3"))}

    assert broken_rules(day, made(day, present=present).rounds, TRAVEL) == []


def test_a_solver_that_breaks_leaves_the_crews_own_way(day, monkeypatch):
    monkeypatch.setattr(solver, "solve", lambda *_args, **_options: 1 / 0)

    plan = made(day)

    assert (plan.by, plan.problem) == ("own-patch", "ZeroDivisionError: division by zero")
    assert broken_rules(day, plan.rounds, TRAVEL) == []


def test_a_solvers_plan_that_breaks_a_rule_is_refused_for_the_crews_own_way(day, monkeypatch):
    monkeypatch.setattr(
        solver, "solve", lambda *_args, **_options: solver.Solved({"crew-1": (Step("job", "8"),)}, 1, differs=True)
    )
    monkeypatch.setattr(make, "repaired", lambda _day, rounds, _travel, **_options: rounds)

    plan = made(day)

    assert plan.by == "own-patch"
    assert plan.problem == "job 8 needs ASBESTOS, which crew 1 doesn’t have"


def test_where_the_checker_refuses_every_plan_there_is_none(day, monkeypatch):
    monkeypatch.setattr(make, "broken_rules", lambda *_: [Broken("shift", "crew-1", "crew 1 would be home late")])

    with pytest.raises(make.Refused, match="home late"):
        made(day)


def test_a_day_without_jobs_or_without_crews_has_an_empty_plan(day):
    assert planned_jobs(made(replace(day, jobs={})).sheets) == {}
    assert made(replace(day, crews={})).sheets == {}


def test_a_job_that_was_left_is_put_in_where_it_costs_least():
    day = make_day(
        make_job("a", (53.36, -2.88)), make_job("b", (53.361, -2.881)), crews=[make_crew(), make_crew("crew-2")]
    )
    rounds = drive_plan(day, {"crew-1": [Step("job", "a")]}, TRAVEL)

    found = best_insertion(day, rounds, day.jobs["b"], TRAVEL)

    assert found is not None
    assert (found.crew_id, found.cost < 300) == ("crew-1", True)


def test_no_place_is_found_for_a_job_that_would_push_out_another():
    day = make_day(make_job("a", work_seconds=3 * HOUR + 2700), make_job("b", work_seconds=4 * HOUR))
    rounds = drive_plan(day, {"crew-1": [Step("job", "a")]}, TRAVEL)

    assert rounds["crew-1"].visits
    assert best_insertion(day, rounds, day.jobs["b"], TRAVEL) is None


def test_shifts_that_do_not_overlap_have_their_breaks_cut_out():
    late = make_crew("crew-2", start=14 * HOUR, end=22 * HOUR, ready=14 * HOUR, rest=Rest(1800, 17 * HOUR, 18 * HOUR))
    clock = Clock.of(make_day(crews=[make_crew(), late]))

    assert len(clock.cuts) == 2
    assert clock.short(22 * HOUR) == 21 * HOUR
    assert clock.end(make_crew()) == 14 * HOUR - 1800


def test_shifts_that_overlap_are_as_much_shorter_instead():
    other = make_crew("crew-2", start=8 * HOUR, end=16 * HOUR, rest=Rest(1800, 11 * HOUR, 12 * HOUR))
    clock = Clock.of(make_day(crews=[make_crew(), other]))

    assert clock.cuts == ()
    assert (clock.short(12 * HOUR), clock.end(other)) == (12 * HOUR, 16 * HOUR - 1800)


def test_the_figures_of_a_plan_add_up():
    late = make_job("late", (53.36, -2.88), deadline=6 * HOUR, prize=6000, late_rate=10)
    day = make_day(
        late,
        make_job("left", prize=9000, deadline=HOUR),
        make_job("held", held=True),
        crews=[make_crew(fuel="electric")],
    )
    rounds = drive_plan(day, {"crew-1": [Step("job", "late")]}, TRAVEL)

    figures = measure(day, rounds, load_factors())

    round_ = rounds["crew-1"]
    assert (figures.served, figures.jobs, figures.late, figures.missed, figures.tips) == (1, 2, 1, 2, 1)
    assert figures.objective_minutes == pytest.approx((9000 + 0.9 * 6000 + round_.travel_seconds) / 60, abs=0.1)
    assert figures.co2e_kg_by_fuel == {"electric": figures.co2e_kg}
    assert figures.co2e_kg == pytest.approx(round_.metres / 1000 * 0.38 * 0.177, abs=0.06)


def test_every_factor_says_whether_it_was_verified_and_where_it_is_from():
    factors = load_factors()
    tables = [*factors.fuels.values(), *factors.classes.values(), *factors.slow]

    assert all(table.source and isinstance(table.verified, bool) for table in tables)
    assert factors.are_verified == all(table.verified for table in (*factors.fuels.values(), *factors.classes.values()))
    assert all(set(factors.fuels) == set(table.units_per_100_km) for table in factors.classes.values())


def test_a_crew_at_its_yard_with_nothing_to_do_stays_there(day):
    assert drive_plan(day, {}, TRAVEL)["crew-1"].travel_seconds == 0
    assert day.crews["crew-1"].position == YARD


def test_a_plan_is_found_where_being_late_for_a_job_seems_worth_its_penalty():
    """The crews' own way is minutes late for one job; at the usual penalties, PyVRP never leaves such plans."""
    far, further = (53.375, -2.875), (53.34375, -2.875)
    day = make_day(
        make_job("0", far, work_seconds=300, kg=871, litres=50, urgency=1),
        make_job("2", further, work_seconds=300, kg=41, litres=50, urgency=1),
        make_job("3", (53.375, -2.9375), work_seconds=300, kg=1, litres=50, urgency=2, deadline=7 * HOUR),
        make_job("4", further, work_seconds=300, kg=89, litres=50, urgency=1),
        crews=[make_crew("crew-1"), make_crew("crew-2", vehicle_class="van", payload_kg=400, volume_litres=2500)],
    )

    plan = make.make_plan(day, TRAVEL, seconds=1, iterations=15)

    assert (plan.problem, plan.by) == (None, make.SOLVER)
    assert plan.objective < objective(day, drive_plan(day, own_patch(day, TRAVEL), TRAVEL))


@given(days())
@settings(max_examples=20, deadline=None)
def test_whatever_the_day_its_plan_keeps_the_rules_and_is_no_worse_than_the_crews_own_way(day):
    plan = make.make_plan(day, TRAVEL, seconds=1, iterations=15)

    assert plan.problem is None
    assert broken_rules(day, plan.rounds, TRAVEL) == []
    assert plan.objective <= objective(day, drive_plan(day, own_patch(day, TRAVEL), TRAVEL)) + 0.001


def test_an_electric_vehicle_is_only_sent_as_far_as_its_charge_lasts():
    near, far = make_job("near", (53.425, -2.96)), make_job("far", (53.34, -2.86))
    plain = make.make_plan(make_day(near, far), TRAVEL, seconds=1, iterations=30)
    metres = plain.rounds["crew-1"].metres

    short = make.make_plan(
        make_day(near, far, crews=[make_crew(range_metres=metres - 2_000)]), TRAVEL, seconds=1, iterations=30
    )

    assert {stop.id for stop in plain.rounds["crew-1"].visits} == {"near", "far"}
    assert [stop.id for stop in short.rounds["crew-1"].visits] == ["near"]
    assert short.rounds["crew-1"].metres <= metres - 2_000


def test_a_job_behind_a_gate_goes_to_the_crew_with_keys():
    gated = make_job("gated", needs=frozenset({"keys"}), max_width_cm=210)
    crews = [
        make_crew("crew-1", width_cm=205),
        make_crew("crew-2", width_cm=235, skills=frozenset({"GENERAL", "keys"})),
        make_crew("crew-3", width_cm=205, skills=frozenset({"GENERAL", "keys"})),
    ]

    plan = make.make_plan(make_day(gated, crews=crews), TRAVEL, seconds=1, iterations=15)

    assert [stop.id for stop in plan.rounds["crew-3"].visits] == ["gated"]
