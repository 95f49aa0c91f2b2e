"""The made crews' days: by the rota, once each whatever is killed, and nothing that somebody else decided."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
import requests
from rich.console import Console

from deploy.demo.crews import Visitors
from deploy.demo.doors import Answer
from deploy.demo.past import ensure_past, last_tuesday
from deploy.demo.simulation import Simulation
from deploy.demo.volumes import load_volumes
from shared.clock import SetClock, machine_now
from shared.config import REPOSITORY, SERVICES
from shared.council import load_council
from shared.processes import open_contexts, part
from shared.web.keys import ensure_keys
from tests.builders import make_settings

MORNING = datetime(2026, 11, 17, 5, 15, tzinfo=UTC)
BEGINS, ENDS = MORNING + timedelta(minutes=45), MORNING + timedelta(hours=8, minutes=45)
CREW = {
    "id": "crew-north-1",
    "kind": "street",
    "depot_id": "north",
    "vehicle_id": "tipper-101",
    "on_shift": False,
    "rota_starts_at": BEGINS.isoformat(),
    "rota_ends_at": ENDS.isoformat(),
    "why_not": None,
}
ABOUT = {"crew_id": "crew-north-1", "ends": ENDS.isoformat(), "rest_at": None}


def job(number=1, **changes):
    return {
        "id": f"job-{number}",
        "reference": f"FT-0000000{number}",
        "state": "assigned",
        "crew_id": "crew-north-1",
        "depot_id": "north",
        "held": False,
        "contractor": False,
        "channel": "web",
        "priority": 3,
        "created_at": BEGINS.isoformat(),
        "waste_type": None,
        "land_type": None,
        "size": None,
        "version": 1,
        **changes,
    }


class Depot:
    """A depot behind its doors: one crew, its list, one plan. Remembers what was pressed and posted, and the keys."""

    def __init__(self, crew=CREW, jobs=(), plan_states=("proposed",)):
        self.crew, self.jobs, self.plan_states = crew, list(jobs), list(plan_states)
        self.pressed, self.posted, self.keys = [], [], []
        self.goes_down_after = None

    def call(self, method, path, *, key=None, **_):
        if method == "GET":
            return Answer(200, self._shown(path))
        self._answer(key)
        self.posted.append(path.removeprefix("/api/scheduling/v1"))
        return Answer(200, {"id": "plan-1", "loads": [], "tip_id": "tip-1"})

    def phone(self, crew_id):
        assert crew_id == self.crew["id"]
        return self

    def get(self, _path):
        return Answer(200, {"items": self.jobs})

    def act(self, kind, *, key, **said):
        self._answer(key)
        self.pressed.append((kind, said))
        return Answer(200, {"result": "taken"})

    def _shown(self, path):
        if "/plans/" in path:
            return {"id": "plan-1", "state": self.plan_states.pop(0), "version": 2}
        if "/jobs/" in path:
            return next(each for each in self.jobs if path.endswith(each["id"]))
        return {"items": {"crews": [self.crew], "vehicles": []}.get(path.rpartition("/")[2], [])}

    def _answer(self, key):
        self.keys.append(key)
        if self.goes_down_after is not None and len(self.keys) > self.goes_down_after:
            raise requests.ConnectionError


def made(doors, **options):
    council = load_council(REPOSITORY / "deploy/councils/liverpool/council.toml")
    return Simulation(doors, council, Random(1), load_volumes(), api_key="key", **options)


def lived(simulation, until=ENDS + timedelta(hours=2)):
    """Do everything up to a moment; return the names of the acts in order."""
    names = []
    while (at := simulation.next_at()) is not None and at <= until:
        names.append(simulation.as_json()["acts"][0]["name"])
        simulation.step()
    return names


def test_a_crew_works_its_shift_with_a_check_and_a_break_and_goes_home():
    depot = Depot()
    simulation = made(depot)
    simulation.plan_days(MORNING.date(), MORNING.date(), with_reports=False)

    lived(simulation)

    assert [kind for kind, _ in depot.pressed] == ["shift", "check", "break", "break", "end"]
    assert [said.get("on") for kind, said in depot.pressed if kind == "break"] == ["yes", "no"]
    assert depot.posted == ["/depots/north/plans", "/plans/plan-1/publish"]
    assert simulation.next_at() is None


def test_a_crew_that_is_off_or_can_not_work_stays_at_home():
    for changes in ({"rota_starts_at": None, "rota_ends_at": None}, {"why_not": "is short-handed"}):
        depot = Depot(crew={**CREW, **changes})
        simulation = made(depot)
        simulation.plan_days(MORNING.date(), MORNING.date(), with_reports=False)

        assert lived(simulation) == ["morning"]
        assert (depot.pressed, depot.posted) == ([], [])


@pytest.mark.parametrize(
    ("states", "published"),
    [
        (["requested", "claimed", "proposed"], True),
        (["failed"], False),
        (["kept"], False),
        (["requested"] * 61, False),
    ],
)
def test_the_supervisor_waits_for_the_planner_but_not_for_ever(states, published):
    depot = Depot(plan_states=states)
    simulation = made(depot)
    simulation.plan(MORNING, "ask-plan", depot_id="north", since=MORNING.isoformat())

    lived(simulation)

    assert ("/plans/plan-1/publish" in depot.posted) == published


def test_a_sign_on_that_a_stopped_server_interrupted_is_done_again_under_the_same_keys():
    depot = Depot()
    simulation = made(depot)
    simulation.plan(BEGINS, "sign-on", crew_id="crew-north-1", ends=ENDS.isoformat(), is_on=False)
    depot.goes_down_after = 1
    with pytest.raises(requests.ConnectionError):
        simulation.step()
    depot.goes_down_after = None

    taken_up = made(depot)
    taken_up.resume(simulation.as_json())
    taken_up.step()

    first, second, *again = depot.keys
    assert again == [first, second]
    assert sorted(act["name"] for act in taken_up.as_json()["acts"]) == ["next", "sign-off"]


def test_who_begins_in_the_middle_of_a_shift_signs_nobody_on_again():
    depot = Depot(crew={**CREW, "on_shift": True})
    simulation = made(depot)
    noon = MORNING + timedelta(hours=7)

    simulation.plan_days(noon.date(), noon.date(), since=noon, with_reports=False)
    lived(simulation)

    assert [kind for kind, _ in depot.pressed if kind != "break"] == ["end"]


def test_what_is_left_is_handed_back_with_its_reason_and_what_is_not_ours_as_that():
    depot = Depot(jobs=[job(1), job(2), job(3, held=True)])
    simulation = made(depot)
    simulation.resume({**simulation.as_json(), "own": ["FT-00000001", "FT-00000003"]})
    simulation.plan(ENDS, "sign-off", crew_id="crew-north-1")

    simulation.step()

    reasons = {"reason-job-1": "no-time", "reason-job-2": "told-to-stop", "reason-job-3": "told-to-stop"}
    assert depot.pressed == [("end", reasons)]


def test_nobody_goes_home_with_a_job_under_way():
    depot = Depot(jobs=[job(1, state="started")])
    simulation = made(depot)
    simulation.plan(ENDS, "sign-off", crew_id="crew-north-1")

    simulation.step()

    assert depot.pressed == []
    assert simulation.next_at() == ENDS + timedelta(minutes=10)


def test_a_crew_goes_to_its_own_jobs_in_their_order_and_leaves_a_visitors():
    depot = Depot(jobs=[job(2), job(1), job(3)])
    simulation = made(depot)
    simulation.resume({**simulation.as_json(), "own": ["FT-00000001", "FT-00000003"]})
    simulation.plan(BEGINS, "next", **ABOUT)

    simulation.step()

    (act,) = simulation.as_json()["acts"]
    assert (act["name"], act["about"]["job_id"]) == ("start", "job-1")


@pytest.mark.parametrize("on_shift", [True, False])
def test_where_nobody_could_get_at_it_a_crew_is_sent_again_when_one_is_at_work(on_shift):
    depot = Depot(crew={**CREW, "on_shift": on_shift}, jobs=[job(1, state="deferred", crew_id=None)])
    simulation = made(depot)
    simulation.resume({**simulation.as_json(), "own": ["FT-00000001"]})
    simulation.plan(BEGINS, "again", job_id="job-1")

    simulation.step()

    assert depot.posted == (["/jobs/job-1/assign"] if on_shift else [])
    assert [act["name"] for act in simulation.as_json()["acts"]] == ([] if on_shift else ["again"])


@pytest.mark.parametrize("act", ["start", "complete"])
def test_the_simulation_lets_go_of_a_job_that_a_visitor_gave_to_another_crew(act):
    depot = Depot(jobs=[job(1, crew_id="the-visitors", state="started" if act == "complete" else "assigned")])
    simulation = made(depot)
    simulation.plan(BEGINS, act, job_id="job-1", **ABOUT)

    simulation.step()

    assert depot.posted == []
    assert [each["name"] for each in simulation.as_json()["acts"]] == ["next"]


def test_the_visitors_crew_is_signed_on_and_begins_nothing():
    depot = Depot(jobs=[job(1)])
    simulation = made(depot, visitors=Visitors("crew-north-1"))
    simulation.resume({**simulation.as_json(), "own": ["FT-00000001"]})
    simulation.plan_days(MORNING.date(), MORNING.date(), with_reports=False)

    names = lived(simulation)

    assert "start" not in names
    assert [kind for kind, _ in depot.pressed] == ["shift", "check", "end"]


@pytest.mark.parametrize("theirs", [job(2), job(1, state="started")], ids=["given-work", "at-work"])
def test_the_visitors_crew_is_not_sent_home_while_somebody_plays_it(theirs):
    depot = Depot(jobs=[theirs])
    simulation = made(depot, visitors=Visitors("crew-north-1"))
    simulation.resume({**simulation.as_json(), "own": ["FT-00000001"]})
    simulation.plan(ENDS, "sign-off", crew_id="crew-north-1")

    simulation.step()

    assert depot.pressed == []
    assert simulation.next_at() is None


@pytest.fixture(scope="module")
def yesterday(tmp_path_factory):
    """The day before the present of a past of two days, as its supervisor reconciles it."""
    settings = make_settings(tmp_path_factory.mktemp("past"), demo=True, demo_days=2)
    ensure_keys(settings)
    ensure_past(settings, Console(quiet=True))
    end = last_tuesday(machine_now())
    with open_contexts(SERVICES, settings, clock=SetClock(end)) as contexts:
        yield part("scheduling", "day_end").read_day(contexts["scheduling"], end.date() - timedelta(days=1))


def test_a_past_day_was_planned_and_every_job_of_it_is_accounted_for(yesterday):
    tally = yesterday.tally()

    assert tally.planned > 5
    assert tally.balances
    assert yesterday.unaccounted == []
    planned = {plan.depot_id for plan in yesterday.plans}
    assert all(yesterday.planned_travel(depot_id)[0] > 0 for depot_id in planned)


def test_everybody_who_worked_signed_on_and_off(yesterday):
    finished = {row.crew_id for row in yesterday.rows if row.ending == "done"}

    assert finished <= {shift.crew_id for shift in yesterday.shifts}
    assert all(5.5 * 60 <= shift.worked_minutes <= 10.5 * 60 for shift in yesterday.shifts)
    assert all(25 <= shift.break_minutes <= 40 for shift in yesterday.shifts)
    assert not any(shift.is_running for shift in yesterday.shifts)
