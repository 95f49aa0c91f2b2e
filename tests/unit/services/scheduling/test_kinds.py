"""Jobs of reports that are not about waste, and reports that no crew is sent to."""

import pytest

from services.scheduling import handlers, store, tipping
from services.scheduling.handlers import Finish
from shared.contracts.envelope import Cause
from shared.contracts.reports import ReportAssessedV1, ReportClosedV1
from shared.errors import DomainError
from tests.unit.services.scheduling.events import REASONS, REPORT_ID, deliver, report_event

CREW = "crew-north-1"
PLAIN = {"waste_type": None, "land_type": None, "size": None}


def assessed(ctx, kind, *, sequence=2, **changes):
    event = report_event(
        ReportAssessedV1, sequence=sequence, data={"reasons": REASONS}, kind=kind, **{**PLAIN, **changes}
    )
    return deliver(ctx, event)


def jobs(ctx):
    return store.jobs(ctx.store).find({"report_id": REPORT_ID})[0]


def started(ctx):
    handlers.ensure_fleet(ctx)
    job = handlers.assign_job(ctx, jobs(ctx)[0].id, CREW, version=None, key=None, cause=Cause())
    return handlers.start_job(ctx, job.id, version=None, key=None, cause=Cause())


def finish(ctx, job, **said):
    return handlers.complete_job(ctx, job.id, Finish(**said), version=None, key=None, cause=Cause())


@pytest.mark.parametrize("kind", ["litter", "overflowing-bin", "graffiti", "dog-fouling", "dead-animal"])
def test_a_kind_that_crews_deal_with_becomes_a_job_that_knows_its_kind(ctx, kind):
    assessed(ctx, kind)

    (job,) = jobs(ctx)
    assert (job.report_kind, job.is_waste, job.state) == (kind, False, "open")


@pytest.mark.parametrize("kind", ["abandoned-vehicle", "missed-bin", "untidy-land", "inconsiderate-parking"])
def test_a_kind_that_others_deal_with_becomes_no_job(ctx, kind):
    assessed(ctx, kind)
    assessed(ctx, kind)

    assert jobs(ctx) == []


def test_fly_tipping_stays_a_job_about_waste(ctx):
    assessed(ctx, "fly-tipping", waste_type="tyres", size="car-boot")

    (job,) = jobs(ctx)
    assert (job.report_kind, job.is_waste) == ("fly-tipping", True)


def test_the_same_news_twice_or_late_makes_one_job(ctx):
    assessed(ctx, "graffiti", sequence=3)
    assessed(ctx, "graffiti", sequence=3)
    deliver(ctx, report_event(ReportClosedV1, sequence=1, data={"job_id": None}, state="closed", kind="graffiti"))

    assert [job.state for job in jobs(ctx)] == ["open"]


def test_what_is_not_waste_is_finished_without_saying_what_it_was_and_leaves_no_load(ctx):
    assessed(ctx, "graffiti")
    job = started(ctx)

    done = finish(ctx, job, outcome="cleared", no_photo_reason="camera-broken")

    vehicle = store.vehicles(ctx.store).require(done.vehicle_id)
    assert (done.state, done.estimated_kg, done.waste_type) == ("completed", None, None)
    assert not done.is_untipped
    assert tipping.load_list(ctx, vehicle) == []


def test_a_proof_is_needed_all_the_same(ctx):
    assessed(ctx, "dog-fouling")

    with pytest.raises(DomainError, match="Add a photo"):
        finish(ctx, started(ctx), outcome="cleared")


def test_a_kind_that_is_no_longer_for_crews_has_its_job_called_off(ctx, monkeypatch):
    assessed(ctx, "litter")
    kinds = {**ctx.council.kinds, "litter": ctx.council.kind("missed-bin")}
    monkeypatch.setitem(vars(ctx.council), "kinds", kinds)

    assessed(ctx, "litter", sequence=3)

    (job,) = jobs(ctx)
    assert (job.state, job.cancelled_because) == ("cancelled", "report-referred")


def test_a_copy_of_before_there_were_other_kinds_is_of_a_fly_tip(ctx):
    assessed(ctx, "fly-tipping", waste_type="tyres")
    document = ctx.store.get(store.REPORT_COPIES.name, REPORT_ID)
    del document["kind"]
    ctx.store.put_if_newer(store.REPORT_COPIES.name, {**document, "sequence": 9}, sequence=9)

    # Older news brings no new copy, and asks what the stored one means.
    assessed(ctx, "fly-tipping", sequence=8)

    assert "kind" not in ctx.store.get(store.REPORT_COPIES.name, REPORT_ID)
    assert [job.state for job in jobs(ctx)] == ["open"]
