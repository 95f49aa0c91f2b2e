"""The job of a beat and of a campaign, which have no report, through every service that hears of jobs."""

import io
from datetime import date

import pytest
from PIL import Image

from services.scheduling import beats, campaigns, handlers
from services.scheduling.domain.campaign import Wanted
from shared.bus.inline import Pump
from shared.contracts.envelope import Cause
from shared.ids import derived_id
from shared.processes import subscriptions_of
from tests.builders import City

BY_HAND = Cause()
ALLEY = "beat-alley-chatburn-close"


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    made = City(tmp_path_factory.mktemp("city"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def job_id(city):
    """A beat's job that was made, assigned, put off, taken up again and done, heard of by everybody."""
    ctx = city.contexts["scheduling"]
    beats.make_beat_jobs(ctx)
    job_id = derived_id("beat", ALLEY, "2026-11-17")
    picture = io.BytesIO()
    Image.new("RGB", (64, 48), (90, 110, 100)).save(picture, "JPEG")
    about = {"version": None, "key": None, "cause": BY_HAND}
    handlers.assign_job(ctx, job_id, "crew-central-hit", **about)
    handlers.start_job(ctx, job_id, **about)
    handlers.complete_job(ctx, job_id, handlers.Finish("access-blocked", no_photo_reason="unsafe-to-stop"), **about)
    handlers.assign_job(ctx, job_id, "crew-central-hit", **about)
    handlers.start_job(ctx, job_id, **about)
    handlers.complete_job(ctx, job_id, handlers.Finish("cleared", photo=picture.getvalue()), **about)
    Pump(
        city.contexts, {service: subscriptions_of(service) for service in city.contexts}, {}, raise_errors=True
    ).drain()
    return job_id


def test_no_service_refuses_it(city, job_id):
    parked = {name: ctx.store.find("parked", {}, limit=10).items for name, ctx in city.contexts.items()}

    assert {name: found for name, found in parked.items() if found} == {}


def test_operations_counts_it_as_a_job_without_a_report(city, job_id):
    copy = city.contexts["operations"].store.get("jobs", job_id)

    assert (copy["state"], copy["reference"]) == ("completed", None)


def test_no_report_no_case_and_no_load_come_of_it(city, job_id):
    assert city.contexts["reports"].store.find("reports", {"open": True}, limit=10).items == []
    assert city.contexts["enforcement"].store.find("cases", {}, limit=10).items == []
    assert city.contexts["tonnage"].store.get("collected", job_id) is None


@pytest.mark.parametrize("path", ["/api/operations/v1/summary", "/api/scheduling/v1/jobs?limit=50"])
def test_programs_that_list_jobs_are_told_of_it(city, job_id, path):
    role = "manager" if "operations" in path else "supervisor"

    answer = city.client().get(path, headers=city.token(role))

    assert answer.status_code == 200


def test_a_campaigns_visit_is_a_job_without_a_report_to_everybody(city, job_id):
    ctx = city.contexts["scheduling"]
    wanted = Wanted(date(2026, 11, 16), ("tue", "wed"), 1, 45, ("crew-central-hit",))
    campaign, _ = campaigns.build(ctx, campaigns.area_at(ctx, 53.43, -2.98), "fly-tipping", wanted, cause=BY_HAND)
    campaigns.run_campaigns(ctx)
    today, later = (visit.job_id for visit in campaign.visits)
    about = {"version": None, "key": None, "cause": BY_HAND}
    handlers.start_job(ctx, today, **about)
    handlers.complete_job(ctx, today, handlers.Finish("cleared", no_photo_reason="camera-broken"), **about)
    campaigns.call_off(ctx, campaign.id, cause=BY_HAND)
    Pump(
        city.contexts, {service: subscriptions_of(service) for service in city.contexts}, {}, raise_errors=True
    ).drain()

    copies = [city.contexts["operations"].store.get("jobs", each) for each in (today, later)]
    assert [(copy["state"], copy["reference"]) for copy in copies] == [("completed", None), ("cancelled", None)]
    for context in city.contexts.values():
        assert context.store.find("parked", {}, limit=10).items == []
    assert city.contexts["reports"].store.find("reports", {"open": True}, limit=10).items == []
