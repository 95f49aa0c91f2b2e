from dataclasses import replace

import pytest
from hypothesis import given, settings

from services.scheduling.rounds.check import RULES, broken_rules
from services.scheduling.rounds.day import Absent, Day, Rest, Step
from services.scheduling.rounds.dispatch import list_order, own_patch
from services.scheduling.rounds.drive import Round, Stop, drive
from services.scheduling.rounds.measures import drive_plan

from .made import HOUR, SITES, TRAVEL, YARD, days, make_crew, make_day, make_job

FAR = (53.34, -2.86)


def rules_of(day, rounds):
    return {broken.rule for broken in broken_rules(day, rounds, TRAVEL)}


def rounds_of(day, **sheets):
    named = {crew_id.replace("_", "-"): [Step("job", each) for each in jobs] for crew_id, jobs in sheets.items()}
    return drive_plan(day, named, TRAVEL)


@given(days())
@settings(max_examples=60, deadline=None)
def test_what_people_would_do_keeps_every_rule(day):
    for make in (own_patch, list_order):
        assert broken_rules(day, drive_plan(day, make(day, TRAVEL), TRAVEL), TRAVEL) == []


@given(days())
@settings(max_examples=60, deadline=None)
def test_times_that_are_moved_are_refused_whatever_the_day(day):
    rounds = drive_plan(day, own_patch(day, TRAVEL), TRAVEL)
    driven = [round_ for round_ in rounds.values() if round_.visits]
    for round_ in driven:
        early = tuple(replace(stop, begin=stop.begin - 600, leave=stop.leave - 600) for stop in round_.stops)
        assert rules_of(day, {round_.crew_id: replace(round_, stops=early)}) & {"travel", "shift", "break"}
        cut = tuple(replace(stop, leave=stop.begin) for stop in round_.stops)
        assert "travel" in rules_of(day, {round_.crew_id: replace(round_, stops=cut)})


@given(days())
@settings(max_examples=40, deadline=None)
def test_a_job_given_twice_or_to_a_crew_that_is_not_there_is_refused_whatever_the_day(day):
    rounds = drive_plan(day, own_patch(day, TRAVEL), TRAVEL)
    for round_ in [each for each in rounds.values() if each.visits]:
        doubled = {**rounds, "crew-1": round_ if round_.crew_id != "crew-1" else rounds["crew-1"]}
        if doubled != rounds:
            assert "duplicate" in rules_of(day, doubled)
        assert rules_of(day, {"crew-9": replace(round_, crew_id="crew-9")}) == {"unknown"}


def damaged(rule: str) -> tuple[Day, dict[str, Round]]:
    """Return a day and a plan that breaks exactly this rule (of a plan that is right but for it)."""
    day = make_day(make_job("a"), make_job("b", FAR), crews=[make_crew(), make_crew("crew-2")])
    plan = rounds_of(day, crew_1=["a", "b"], crew_2=[])
    assert broken_rules(day, plan, TRAVEL) == []

    def job(**changes):
        return replace(day, jobs={**day.jobs, "a": replace(day.jobs["a"], **changes)}), plan

    def crew(**changes):
        return replace(day, crews={**day.crews, "crew-1": replace(day.crews["crew-1"], **changes)}), plan

    def stops(change):
        return day, {**plan, "crew-1": replace(plan["crew-1"], stops=tuple(map(change, plan["crew-1"].stops)))}

    def absent(rule):
        left = {key: each for key, each in day.crews.items() if key != "crew-1"}
        return replace(day, crews=left, absent={"crew-1": Absent(rule, f"crew 1 is {rule}")}), plan

    def wide():
        narrow, _ = job(max_width_cm=200)
        return replace(narrow, crews={**day.crews, "crew-1": replace(day.crews["crew-1"], width_cm=235)}), plan

    last = max(stop.leave for stop in plan["crew-1"].stops)
    tip = next(stop for stop in plan["crew-1"].stops if stop.kind == "tip")
    damages = {
        "off-shift": lambda: absent("off-shift"),
        "no-vehicle": lambda: absent("no-vehicle"),
        "off-road": lambda: absent("off-road"),
        "short-handed": lambda: absent("short-handed"),
        "access": wide,
        "range": lambda: crew(range_metres=5_000.0),
        "unknown": lambda: stops(lambda stop: replace(stop, id="z") if stop.id == "b" else stop),
        "duplicate": lambda: (day, {**plan, "crew-2": drive(day, "crew-2", [Step("job", "a")], TRAVEL)}),
        "held": lambda: job(held=True),
        "contractor": lambda: job(contractor=True),
        "pinned": lambda: job(pinned_to="crew-2"),
        "locked": lambda: crew(locked=("b",)),
        "skill": lambda: job(skill="ASBESTOS"),
        "licence": lambda: crew(licence_needed="C1"),
        "load": lambda: job(kg=1001),
        "materials": lambda: (
            replace(day, sites={key: replace(site, materials=frozenset()) for key, site in SITES.items()}),
            {**job(material="200138")[1]},
        ),
        "opening-hours": lambda: (
            replace(day, sites={**SITES, tip.id: replace(SITES[tip.id], closes=int(tip.begin))}),
            plan,
        ),
        "travel": lambda: job(release=20 * HOUR),
        "break": lambda: crew(rest=Rest(1800, 6 * HOUR, 6 * HOUR + 900)),
        "shift": lambda: crew(end=int(last) - 600),
    }
    found, rounds = damages[rule]()
    if rule == "materials":
        found = replace(found, jobs={**found.jobs, "a": replace(found.jobs["a"], material="200138")})
    return found, rounds


@pytest.mark.parametrize("rule", RULES)
def test_every_damage_is_refused_by_its_name(rule):
    assert rules_of(*damaged(rule)) == {rule}


def test_a_ticket_or_key_beside_the_skill_is_asked_for_by_its_name():
    day = make_day(make_job("a", needs=frozenset({"keys to the alleygate"})))
    plan = rounds_of(make_day(make_job("a")), crew_1=["a"])

    assert [broken.words for broken in broken_rules(day, plan, TRAVEL)] == [
        "job a needs keys to the alleygate, which crew 1 doesn’t have"
    ]


def test_a_lorry_that_is_too_heavy_for_a_street_is_refused():
    day = make_day(make_job("a", max_gross_kg=3500), crews=[make_crew(gross_kg=7480)])
    plan = rounds_of(make_day(make_job("a")), crew_1=["a"])

    assert [(broken.rule, broken.words) for broken in broken_rules(day, plan, TRAVEL)] == [
        ("access", "job a is behind a limit of 3500 kg, and crew 1’s vehicle has 7480")
    ]


def test_too_many_litres_are_too_much_even_where_the_weight_is_not():
    day = make_day(make_job("a", litres=6001))
    stop = Stop("job", "a", 30_000, 30_000, 30_900, 100, 6001)

    assert "load" in rules_of(day, {"crew-1": Round("crew-1", (stop,), (), 0, 0, 40_000, has_rested=False)})


def test_coming_home_loaded_is_refused():
    day = make_day(make_job("a", YARD))
    stop = Stop("job", "a", 30_000, 30_000, 30_900, 100, 500)

    assert rules_of(day, {"crew-1": Round("crew-1", (stop,), (), 0, 0, 40_000, has_rested=False)}) == {"load"}


def test_a_crew_that_worked_past_its_break_is_refused():
    day = make_day(make_job("a", YARD, work_seconds=6 * HOUR, kg=0, litres=0))
    stop = Stop("job", "a", 24_000, 24_000, 24_000 + 6 * HOUR, 0, 0)

    assert rules_of(day, {"crew-1": Round("crew-1", (stop,), (), 0, 0, 46_000, has_rested=False)}) == {"break"}
