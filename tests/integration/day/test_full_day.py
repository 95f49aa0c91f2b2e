"""A small day in one process, on a clock that is set: three crews of one depot, and everything that can happen.

What is looked for must be found where it is there: every rule is also tried on the same day with one thing damaged.
"""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.builders import City
from tests.proof.day.accounts import DONE, FATES, account_for
from tests.proof.day.driven import check_rounds
from tests.proof.day.ledger import Gone, Shown
from tests.proof.day.refereed import check_first_plans
from tests.proof.day.rules import Lived, check_rules
from tests.proof.day.setting import SMALL
from tests.proof.day.stage import MadeStage
from tests.proof.full_day import OPENS, at, conclude, live, lived_day, set_up
from tests.reference import referee

HOUR = timedelta(hours=1)

pytestmark = pytest.mark.timeout(300)
"""The day is lived in the first test's time: a quarter of a minute, and on a busy machine some of them."""


@pytest.fixture(scope="module")
def day(tmp_path_factory):
    """A day that was lived, and what it came to."""
    city = City(tmp_path_factory.mktemp("day"))
    city.clock.instant = at(OPENS)
    course, office, crews = set_up(MadeStage(city), city.contexts["reports"].council, SMALL)
    live(course, office, crews, lambda _: None)
    lived = lived_day(course, city.contexts["operations"])
    yield lived, conclude(course, lived)
    city.close()


@pytest.fixture
def lived(day) -> Lived:
    return day[0]


def test_every_report_is_accounted_for_and_no_rule_is_broken(day):
    _, found = day

    assert found.shortcomings() == []
    assert sum(found.account.fates.values()) == SMALL.jobs + SMALL.urgent + SMALL.found
    assert set(found.account.fates) <= set(FATES)
    assert found.account.fates[DONE] > SMALL.jobs / 2


def test_the_referee_drives_the_first_plans_too(lived):
    found = check_first_plans(lived, referee())

    assert found.holds, found.broken


def with_crews(lived, **changes):
    crews = {key: replace(crew, **changes) for key, crew in lived.register.crews.items()}
    return replace(lived, register=replace(lived.register, crews=crews))


def with_visit(lived, **changes):
    """Return the day with its first visit of a crew otherwise than it was."""
    first, *others = lived.story.visits
    return replace(lived, story=replace(lived.story, visits=[replace(first, **changes), *others]))


def no_ticket(lived):
    needs = {"ticket": "sweeper", "waste_types": [lived.story.visits[0].state["waste_type"]]}
    return replace(lived, register=replace(lived.register, needs=(needs,)))


def a_narrow_place(lived):
    place = next(place for place in lived.register.council.gazetteer.places if place.kind == "alley")
    limit = {"is_gated": "no", "max_width_cm": "100", "max_gross_kg": ""}
    narrow = replace(lived, register=replace(lived.register, limits={place.id: limit}))
    return with_visit(narrow, state={**lived.story.visits[0].state, "lat": place.lat, "lon": place.lon})


def a_small_vehicle(lived):
    vehicle = next(iter(lived.register.crews.values())).vehicle
    return with_crews(lived, vehicle=replace(vehicle, id="vehicle-of-all", payload_kg=1))


def sites_that_open_at_night(lived):
    sites = {key: replace(site, opens=site.closes) for key, site in lived.register.sites.items()}
    return replace(lived, register=replace(lived.register, sites=sites))


def shifts_that_ended_at_once(lived):
    shifts = {key: {**shift, "ended_at": shift["started_at"]} for key, shift in lived.story.shifts.items()}
    return replace(lived, story=replace(lived.story, shifts=shifts))


def a_stop_taken_away(lived):
    given = next(event for steps in lived.story.jobs.values() for event in steps if event.type == "job.assigned.v1")
    shown = Shown("crew-elsewhere", given.subject, given.time - HOUR, given.time + HOUR)
    ledger = replace(lived.ledger, shown=[*lived.ledger.shown, shown], by_hand=set())
    return replace(lived, ledger=ledger)


def two_places_at_once(lived):
    long = max(lived.story.visits, key=lambda visit: visit.left - visit.began)
    twin = replace(long, job_id="another", reference="FT-ANOTHER")
    visits = [each for visit in lived.story.visits for each in ((visit, twin) if visit is long else (visit,))]
    return replace(lived, story=replace(lived.story, visits=visits))


def gone_before_the_day(lived):
    gone = Gone(lived.story.visits[0].crew_id, at(OPENS), "never came")
    return replace(lived, ledger=replace(lived.ledger, gone=[*lived.ledger.gone, gone]))


def a_held_job_given(lived):
    job_id, steps = next(
        (key, steps)
        for key, steps in lived.story.jobs.items()
        if any(event.type == "job.started.v1" and event.state["crew_id"] in lived.register.crews for event in steps)
    )
    held = [replace(event, data={**event.data, "state": {**event.state, "held": True}}) for event in steps]
    return replace(lived, story=replace(lived.story, jobs={**lived.story.jobs, job_id: held}))


DAMAGES = {
    "tickets that a job needs": no_ticket,
    "driving licence": lambda lived: with_crews(lived, licences=frozenset()),
    "keys, width and weight at the place": a_narrow_place,
    "load between tips": a_small_vehicle,
    "site open, takes it, tipped once": sites_that_open_at_night,
    "shift": shifts_that_ended_at_once,
    "next stop stays": a_stop_taken_away,
    "one crew, one place, done once": two_places_at_once,
    "no work for who is gone": gone_before_the_day,
    "held and contractor’s jobs": a_held_job_given,
}


@pytest.mark.parametrize("rule", DAMAGES)
def test_a_day_that_breaks_a_rule_is_found_out(lived, rule):
    found = {checked.rule: checked for checked in check_rules(DAMAGES[rule](lived))}

    assert found[rule].broken


def test_every_rule_has_a_damage_that_it_finds(lived):
    assert {checked.rule for checked in check_rules(lived)} == set(DAMAGES)


def test_the_checker_finds_a_round_that_begins_too_early(lived):
    first = lived.story.visits[0]

    found = check_rounds(with_visit(lived, began=first.began - 2 * HOUR))

    assert any(words.startswith(("travel", "shift")) for words in found.broken)


def test_a_report_without_a_job_and_one_with_a_crew_that_went_home_are_found(lived):
    done = next(key for key, steps in lived.story.jobs.items() if steps[-1].state["state"] == "completed")
    without = {key: steps for key, steps in lived.story.jobs.items() if key != done}
    halfway = {
        **lived.story.jobs,
        done: [e for e in lived.story.jobs[done] if e.type in ("job.created.v1", "job.assigned.v1")],
    }

    assert account_for(replace(lived, story=replace(lived.story, jobs=without))).problems
    assert account_for(replace(lived, story=replace(lived.story, jobs=halfway))).problems


def test_a_clearance_that_a_crew_was_told_of_and_that_is_not_there_is_found(lived):
    not_done = next(key for key, steps in lived.story.jobs.items() if steps[-1].state["state"] != "completed")
    ledger = replace(lived.ledger, cleared={*lived.ledger.cleared, not_done})

    problems = account_for(replace(lived, ledger=ledger)).problems

    assert any("was cleared, as its crew was told" in words for words in problems)
