"""Plans by program: asked for, looked at and published with a supervisor's token, and each crew's shift by the rota."""

from datetime import datetime

import pytest

from services.scheduling import handlers, planner, store
from shared.contracts.envelope import Cause

from .test_planner import REPORT, place_of

BY_HAND = Cause()


@pytest.fixture
def supervisor(program):
    return program("supervisor")


@pytest.fixture
def asked(supervisor, make_job):
    """A plan that was asked for, of six jobs for two crews on shift."""
    for number in range(6):
        make_job(REPORT.format(number), place=place_of(number))
    answer = supervisor("POST", "/depots/north/plans")
    assert answer.status_code == 201
    return answer.json


def test_a_plan_goes_from_request_to_the_crews_lists(ctx, supervisor, asked, pump):
    assert (asked["state"], asked["stops"], asked["solver"], asked["day"]) == ("requested", [], None, "2026-11-17")
    assert planner.plan_next(ctx, seconds=0.2)
    proposed = supervisor("GET", f"/plans/{asked['id']}").json
    assert (proposed["state"], len(proposed["stops"]) + len(proposed["left"])) == ("proposed", 6)

    published = supervisor("POST", f"/plans/{asked['id']}/publish", {"version": proposed["version"]})
    pump.drain()

    assert published.status_code == 200
    assert published.json["published_at"] is not None
    given = {job.id: job.crew_id for job in store.active_jobs(ctx.store) if job.state == "assigned"}
    assert given == {stop["job_id"]: stop["crew_id"] for stop in proposed["stops"]}


def test_asking_again_while_it_is_worked_out_is_the_same_plan(supervisor, asked):
    assert supervisor("POST", "/depots/north/plans").json["id"] == asked["id"]


def test_a_plan_that_is_not_as_it_was_seen_is_not_published(ctx, supervisor, asked):
    planner.plan_next(ctx, seconds=0.2)

    answer = supervisor("POST", f"/plans/{asked['id']}/publish", {"version": asked["version"]})

    assert answer.status_code == 409
    assert store.plans(ctx.store).require(asked["id"]).state == "proposed"


def test_what_was_not_proposed_is_not_published(supervisor, asked):
    answer = supervisor("POST", f"/plans/{asked['id']}/publish", {"version": asked["version"]})

    assert answer.status_code == 400
    assert answer.json["rule"] == "plan-state"


@pytest.mark.parametrize(("path", "status"), [("/depots/nowhere/plans", 404), ("/plans/none/publish", 404)])
def test_what_is_not_there_is_not_found(supervisor, path, status):
    assert supervisor("POST", path, {"version": 1} if "publish" in path else None).status_code == status


def test_only_supervisors_ask_and_publish_and_managers_look(program, asked):
    for role in ("manager", "crew", "officer"):
        assert program(role)("POST", "/depots/north/plans").status_code == 403
        assert program(role)("POST", f"/plans/{asked['id']}/publish", {"version": 1}).status_code == 403
    assert program("manager")("GET", f"/plans/{asked['id']}").status_code == 200
    assert program("crew")("GET", f"/plans/{asked['id']}").status_code == 403


def test_a_crew_has_its_shift_by_the_rota_or_why_it_can_not_be_planned(ctx, supervisor, clock):
    handlers.start_shift(ctx, "crew-north-1", cause=BY_HAND)
    crews = {crew["id"]: crew for crew in supervisor("GET", "/crews").json["items"]}

    early = crews["crew-north-1"]
    assert (early["why_not"], early["on_shift"]) == (None, True)
    assert datetime.fromisoformat(early["rota_starts_at"]) == datetime.fromisoformat("2026-11-17T06:00+00:00")
    assert datetime.fromisoformat(early["rota_ends_at"]) == datetime.fromisoformat("2026-11-17T14:00+00:00")

    clock.instant = datetime.fromisoformat("2026-11-21T10:00+00:00")  # a Saturday
    crews = {crew["id"]: crew for crew in supervisor("GET", "/crews").json["items"]}
    assert crews["crew-north-2"]["rota_starts_at"] is None
    assert crews["crew-north-2"]["why_not"] == "North street crew 2 is not on shift"
