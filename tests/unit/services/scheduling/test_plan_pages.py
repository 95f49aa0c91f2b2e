"""The pages of plans and of comparisons with other days, without JavaScript."""

from datetime import timedelta

import pytest

from services.scheduling import handlers, planner, store
from services.scheduling.domain.plan import Figures
from services.scheduling.web.plan_view import figure_rows, fuel_words
from shared.contracts.envelope import Cause
from tests.builders import TUESDAY_MORNING

from .test_pages import words
from .test_planner import REPORT, place_of

BY_HAND = Cause()
WHAT_IF = "/dispatch/depots/north/what-if"


@pytest.fixture
def supervisor(browser):
    return browser("supervisor")


@pytest.fixture
def jobs(make_job):
    return [make_job(REPORT.format(number), place=place_of(number)) for number in range(6)]


def proposed(ctx, supervisor):
    """Return the address of a plan that was worked out."""
    address = supervisor.post("/dispatch/depots/north/plans").location
    planner.plan_next(ctx, seconds=0.2)
    return address


def compared(ctx, supervisor, **form):
    """Return the address of a comparison that was worked out."""
    address = supervisor.post(WHAT_IF, data=form).location
    planner.compare_next(ctx, seconds=0.1)
    return address


def test_a_plan_shows_its_figures_beside_the_baseline_by_name(ctx, supervisor, jobs):
    shown = words(supervisor.get(proposed(ctx, supervisor)))

    assert "A supervisor asked for it" in shown
    assert "This plan" in shown
    assert "List-order supervisor" in shown
    assert "CO2e: " in shown
    assert "estimates that nobody has verified" in shown
    assert all(job.reference in shown for job in jobs)


def test_a_plan_says_of_every_job_that_it_leaves_why(ctx, supervisor, jobs, make_job):
    make_job(REPORT.format(60), has_evidence=True)

    shown = words(supervisor.get(proposed(ctx, supervisor)))

    assert "Left for later, and why" in shown
    assert "it is held until enforcement has secured the evidence" in shown


def test_a_live_plan_says_what_changes_and_why(ctx, clock, supervisor, jobs, pump, make_job):
    for crew in ("crew-north-1", "crew-north-2"):
        handlers.start_shift(ctx, crew, cause=BY_HAND)
    address = proposed(ctx, supervisor)
    version = store.plans(ctx.store).require(address.rpartition("/")[2]).version
    assert supervisor.post(f"{address}/publish", data={"version": version}).status_code == 303
    pump.drain()
    clock.advance(timedelta(minutes=10))
    late = make_job(REPORT.format(61), place=place_of(9))

    shown = words(supervisor.get(proposed(ctx, supervisor)))

    assert "What changes, and why" in shown
    assert "New on a sheet: 1" in shown
    assert f"{late.reference} is new on" in shown
    assert "Present sheets" in shown


def test_a_plan_that_changes_nothing_says_so(ctx, clock, supervisor, jobs, pump):
    handlers.start_shift(ctx, "crew-north-1", cause=BY_HAND)
    address = proposed(ctx, supervisor)
    version = store.plans(ctx.store).require(address.rpartition("/")[2]).version
    supervisor.post(f"{address}/publish", data={"version": version})
    pump.drain()

    shown = words(supervisor.get(proposed(ctx, supervisor)))

    assert "Nothing changes" in shown
    assert "The present sheets stay" in shown
    assert "The present sheets stay" in words(supervisor.get("/dispatch"))


def test_a_publication_that_the_checker_refuses_shows_the_rule_on_the_page(ctx, supervisor, jobs):
    address = proposed(ctx, supervisor)
    job = store.jobs(ctx.store).require(jobs[0].id)
    handlers.hold_job(ctx, job.id, version=job.version, key=None, cause=BY_HAND)
    version = store.plans(ctx.store).require(address.rpartition("/")[2]).version

    answer = supervisor.post(f"{address}/publish", data={"version": version})

    assert answer.status_code == 400
    assert f"{job.reference} is held for evidence" in words(answer)
    assert "There is a problem" in words(answer)


def test_another_day_is_asked_about_and_compared(ctx, supervisor, jobs):
    assert "What would another day be like?" in words(supervisor.get(WHAT_IF))

    address = compared(ctx, supervisor, earlier_minutes="30", extra_like="crew-north-1")

    shown = words(supervisor.get(address))
    assert "Shifts 30 minutes earlier, one more crew like North street crew 1" in shown
    assert "As it is" in shown
    assert "List-order supervisor" in shown
    assert "Nothing of this is published" in shown
    assert "Shifts 30 minutes earlier" in words(supervisor.get(WHAT_IF))


def test_while_it_is_worked_out_the_page_waits(supervisor, jobs):
    address = supervisor.post(WHAT_IF, data={"without": "crew-north-1"}).location

    assert "The planner is working it out" in words(supervisor.get(address))


def test_a_question_that_can_not_be_answered_says_why(ctx, supervisor, jobs):
    handlers.start_shift(ctx, "crew-north-2", cause=BY_HAND)

    shown = words(supervisor.get(compared(ctx, supervisor, without="crew-north-1")))

    assert "No comparison" in shown
    assert "Choose a crew that is on shift" in shown


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({}, "Choose at least one thing that would be different"),
        ({"earlier_minutes": "soon"}, "Choose how much earlier shifts begin"),
        ({"earlier_minutes": "7"}, "Choose how much earlier shifts begin"),
        ({"extra_like": "nobody"}, "Choose a crew of this depot"),
    ],
)
def test_a_wrong_question_is_refused_with_what_was_chosen_kept(supervisor, form, message):
    answer = supervisor.post(WHAT_IF, data=form)

    assert answer.status_code == 400
    assert message in words(answer)


def test_a_depot_or_comparison_that_is_not_there_is_not_found(supervisor):
    assert supervisor.get("/dispatch/depots/nowhere/what-if").status_code == 404
    assert supervisor.get("/dispatch/what-if/none").status_code == 404


def test_a_crew_may_not_ask(browser):
    assert browser("crew", crew_id="crew-north-1").get(WHAT_IF).status_code == 403


def test_a_day_without_figures_shows_its_problem():
    (row,) = figure_rows([Figures("list-order supervisor", None, "crew 1 has no break")], TUESDAY_MORNING.date())

    assert row[0] == "List-order supervisor: crew 1 has no break"
    assert fuel_words(None) == ""
