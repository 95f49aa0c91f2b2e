"""Why plans differ and why jobs are left, in words."""

from dataclasses import replace

import pytest

from services.scheduling.rounds.day import Step
from services.scheduling.rounds.explain import differences, why_left
from services.scheduling.rounds.factors import load_factors
from services.scheduling.rounds.measures import drive_plan
from services.scheduling.rounds.what_if import Scenario, changed, compare, named
from shared.errors import DomainError

from .made import HOUR, SITES, TRAVEL, make_crew, make_day, make_job

NEAR, FAR = (53.431, -2.969), (53.36, -2.88)


def rounds_of(day, **sheets):
    named_sheets = {crew_id.replace("_", "-"): [Step("job", job) for job in jobs] for crew_id, jobs in sheets.items()}
    return drive_plan(day, named_sheets, TRAVEL)


def said(day, old, new):
    found = differences(
        day, rounds_of(day, **old), rounds_of(day, **new), TRAVEL, clock=lambda at: f"{at / HOUR:.0f} o’clock"
    )
    return {difference.job_id: (difference.kind, difference.words) for difference in found}


@pytest.fixture
def crews():
    return [make_crew("crew-2"), make_crew("crew-4")]


def test_the_same_plan_has_no_differences(crews):
    day = make_day(make_job("a"), crews=crews)

    assert said(day, {"crew_2": ["a"]}, {"crew_2": ["a"]}) == {}


def test_a_job_that_would_fill_the_vehicle_says_after_which_place(crews):
    market = make_job("30", (53.36, -2.885), kg=700, place="the market")
    day = make_day(market, make_job("31", FAR, kg=600), make_job("5", (53.361, -2.879)), crews=crews)

    kind, words = said(day, {"crew_4": ["30", "31"], "crew_2": ["5"]}, {"crew_4": ["30"], "crew_2": ["5", "31"]})["31"]

    assert kind == "moved"
    assert words.startswith("job 31 moves from crew 4 to crew 2: crew 4’s vehicle is full after")
    assert "saves" in words
    assert words.endswith("minutes of driving")


def test_a_move_that_only_saves_driving_says_how_much(crews):
    day = make_day(make_job("a", FAR), make_job("b", (53.361, -2.881)), make_job("c", NEAR), crews=crews)

    kind, words = said(day, {"crew_2": ["a"], "crew_4": ["c", "b"]}, {"crew_2": ["a", "b"], "crew_4": ["c"]})["b"]

    assert kind == "moved"
    assert words.startswith("job b moves from crew 4 to crew 2: saves ")


def test_a_move_to_keep_a_deadline_says_so(crews):
    day = make_day(
        make_job("long", work_seconds=3 * HOUR),
        make_job("b", deadline=8 * HOUR, prize=36_000, late_rate=1),
        crews=crews,
    )
    day = replace(day, crews={**day.crews, "crew-4": replace(day.crews["crew-4"], locked=("long",))})

    words = said(day, {"crew_4": ["long", "b"]}, {"crew_4": ["long"], "crew_2": ["b"]})["b"][1]

    assert "crew 4 would be there" in words
    assert "after its deadline" in words


def test_a_move_from_a_full_day_says_how_late_the_crew_would_be(crews):
    day = make_day(make_job("long", work_seconds=4 * HOUR), make_job("b", work_seconds=3 * HOUR), crews=crews)

    words = said(day, {"crew_4": ["b"]}, {"crew_4": ["long"], "crew_2": ["b"]})["b"][1]

    assert "crew 4 would be home" in words
    assert words.endswith("late")


@pytest.mark.parametrize(
    ("job", "crew", "words"),
    [
        ({"pinned_to": "crew-2"}, {}, "it was given to another crew by hand"),
        ({}, {"skills": frozenset()}, "crew 4 doesn’t have what it needs: GENERAL"),
        ({}, {"licence_needed": "C1"}, "nobody in crew 4 may drive its vehicle"),
        ({}, {"payload_kg": 50}, "it is too big for crew 4’s vehicle"),
    ],
)
def test_a_move_from_a_crew_that_may_not_do_it_says_why(crews, job, crew, words):
    before = make_day(make_job("a"), crews=crews)
    old = rounds_of(before, crew_4=["a"])
    now = make_day(make_job("a", **job), crews=[crews[0], replace(crews[1], **crew)])

    (found,) = differences(now, old, rounds_of(now, crew_2=["a"]), TRAVEL, clock=str)

    assert found.words == f"job a moves from crew 4 to crew 2: {words}"


def test_a_crew_that_has_gone_is_said_to_have(crews):
    before = make_day(make_job("a"), crews=crews)
    now = make_day(make_job("a"), crews=crews[:1])

    (found,) = differences(now, rounds_of(before, crew_4=["a"]), rounds_of(now, crew_2=["a"]), TRAVEL, clock=str)

    assert found.words == "job a moves from crew-4 to crew 2: crew-4 is not on shift any more"


def test_what_is_new_what_is_left_and_what_only_has_another_time_is_told_apart(crews):
    day = make_day(make_job("a", NEAR), make_job("b", FAR), make_job("c"), crews=crews)
    held = replace(day, jobs={**day.jobs, "c": replace(day.jobs["c"], held=True)})

    found = said(held, {"crew_2": ["b", "c"]}, {"crew_2": ["a", "b"]})

    assert found["a"] == ("added", "job a is new on crew 2’s sheet, at 6 o’clock")
    assert found["c"][1].startswith("job c is no longer on crew 2’s sheet: it is held until enforcement")
    assert found["b"][0] == "time"
    assert "later, at" in found["b"][1]


@pytest.mark.parametrize(
    ("job", "crew", "code"),
    [
        ({"held": True}, {}, "held"),
        ({"contractor": True}, {}, "contractor"),
        ({"pinned_to": "crew-9"}, {}, "pinned"),
        ({"skill": "CRANE"}, {}, "no-skill"),
        ({}, {"licence_needed": "C1"}, "no-licence"),
        ({"kg": 5000}, {}, "too-heavy"),
        ({"litres": 50_000}, {}, "too-heavy"),
        ({"work_seconds": 9 * HOUR}, {}, "no-time"),
        ({"spot": FAR, "prize": 60}, {}, "later"),
        ({"spot": FAR, "prize": 60, "deadline": 9 * HOUR}, {}, "costly"),
        ({"material": "180103"}, {}, "no-site"),
    ],
)
def test_a_job_that_is_left_has_its_reason(job, crew, code):
    sites = {key: replace(site, materials=frozenset({"200301"})) for key, site in SITES.items()}
    day = make_day(make_job("a", **job), crews=[make_crew(**crew)], sites=sites)

    reason = why_left(day, rounds_of(day), day.jobs["a"], TRAVEL)

    assert reason.code == code
    assert reason.words


def test_without_a_crew_nothing_is_planned_and_the_reason_says_so():
    day = make_day(make_job("a"), crews=[])

    assert why_left(day, {}, day.jobs["a"], TRAVEL).code == "no-crew"


def test_full_days_say_who_is_nearest_to_having_the_time(crews):
    long = [make_job(name, work_seconds=4 * HOUR) for name in ("x", "y")]
    day = make_day(*long, make_job("a", work_seconds=3 * HOUR), crews=crews)

    reason = why_left(day, rounds_of(day, crew_2=["x"], crew_4=["y"]), day.jobs["a"], TRAVEL)

    assert reason.code == "no-time"
    assert reason.words.startswith("every crew that can do it has a full day; crew")


def test_an_earlier_shift_moves_everything_of_a_crew_that_has_not_set_off():
    out = make_crew("crew-2", is_under_way=True, position=FAR)
    loaded_overnight = make_crew("crew-3", is_under_way=True, loaded_kg=300)
    day = make_day(crews=[make_crew(), out, loaded_overnight])

    other = changed(day, Scenario(earlier_minutes=30))

    for crew in (other.crews["crew-1"], other.crews["crew-3"]):
        assert (crew.start, crew.end, crew.ready) == (6 * HOUR - 1800, 14 * HOUR - 1800, 6 * HOUR + 600 - 1800)
        assert crew.rest.earliest == 9 * HOUR - 1800
    assert other.crews["crew-2"] == out


def test_earlier_shifts_of_crews_that_are_all_out_are_said_to_change_nothing():
    out = make_crew(is_under_way=True)
    day = make_day(make_job("a"), crews=[out], now=7 * HOUR)
    earlier = Scenario(earlier_minutes=30)

    row = compare(day, {named(day, earlier): earlier}, TRAVEL, load_factors(), seconds=1, iterations=5)[-1]

    assert (row.measures, row.problem) == (None, "every crew has set off already, so nothing would be different")


def test_one_more_crew_begins_at_the_yard_with_nothing_on_board():
    day = make_day(crews=[make_crew(loaded_kg=300, position=FAR, is_under_way=True, locked=("a",))])

    more = changed(day, Scenario(extra_like="crew-1")).crews["crew-1-extra"]

    assert (more.position, more.loaded_kg, more.locked) == (more.home, 0, ())


def test_without_a_lorry_its_jobs_may_go_to_others():
    day = make_day(make_job("a", pinned_to="crew-2"), crews=[make_crew(), make_crew("crew-2")])

    other = changed(day, Scenario(without="crew-2"))

    assert list(other.crews) == ["crew-1"]
    assert other.jobs["a"].pinned_to is None


def test_a_scenario_of_a_crew_that_is_not_there_is_refused():
    with pytest.raises(DomainError, match="on shift"):
        changed(make_day(), Scenario(without="crew-9"))


def test_days_are_compared_side_by_side_with_the_baseline_by_name():
    jobs = [make_job(str(number), (53.36 + number / 150, -2.9), work_seconds=3000) for number in range(16)]
    day = make_day(*jobs, crews=[make_crew()])
    more = Scenario(extra_like="crew-1")

    rows = compare(day, {named(day, more): more}, TRAVEL, load_factors(), seconds=1, iterations=30)

    assert [row.name for row in rows] == ["list-order supervisor", "As it is", "One more crew like crew 1"]
    served = [row.measures.served for row in rows]
    assert served[0] <= served[1] < served[2]


def test_the_baseline_is_there_too_where_crews_have_been_shown_their_next_stop():
    far = make_job("far", FAR, urgency=5)
    day = make_day(far, make_job("near", urgency=1), crews=[make_crew(locked=("far",))])

    baseline = compare(day, {}, TRAVEL, load_factors(), seconds=1, iterations=5)[0]

    assert (baseline.problem, baseline.measures.served) == (None, 2)


def test_a_scenario_has_a_name_that_says_all_of_it():
    day = make_day(crews=[make_crew(), make_crew("crew-2")])

    name = named(day, Scenario(earlier_minutes=30, extra_like="crew-1", without="crew-2"))

    assert name == "Shifts 30 minutes earlier, one more crew like crew 1, without crew 2"
