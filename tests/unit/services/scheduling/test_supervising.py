from datetime import date, timedelta

import pytest

from services.scheduling import handlers, store, supervising
from services.scheduling.domain import job as rules
from services.scheduling.domain import splitting
from services.scheduling.domain import supervising as domain
from services.scheduling.domain.reconcile import reconcile
from services.scheduling.handlers import Finish
from shared.contracts.envelope import Cause
from shared.errors import Conflict, DomainError, NotFound
from tests.builders import TUESDAY_MORNING

from .events import REPORT_ID, deliver, report_event
from .made import CREW, LATER, NOW, OTHER_CREW, assigned_job, make_job, make_report, started_job

NORTH_1, NORTH_2 = "crew-north-1", "crew-north-2"
SITE = "dock-road-transfer"
BY_HAND = Cause()
SIZE_KG = {"single-item": 25, "car-boot": 60, "small-van": 250, "transit-van": 500, "tipper": 1200}
HALVES = {"kept_size": "car-boot", "part_size": "car-boot", "kept_waste": None, "part_waste": None}


def told(facts):
    return [fact.data.get("change") for fact in facts]


def done_job(**changes):
    return make_job(
        **{
            "state": "completed",
            "crew_id": CREW.id,
            "last_crew_id": CREW.id,
            "vehicle_id": "van-1",
            "completed_at": NOW,
            "outcome": "cleared",
            "estimated_kg": 250,
            "photo_key": "a" * 64,
            **changes,
        }
    )


# --- tip first ------------------------------------------------------------------------------------------------------


def test_a_crew_is_sent_to_tip_before_a_stop():
    job, facts = domain.divert(assigned_job(), SITE, at=NOW)

    assert (job.tip_first_at, job.diverted_at, told(facts)) == (SITE, NOW, ["diverted"])
    assert domain.divert(job, SITE, at=LATER) == (job, [])


def test_a_diversion_is_taken_back_and_ends_with_another_crew():
    job, _ = domain.divert(assigned_job(), SITE, at=NOW)

    assert domain.divert(job, None, at=LATER)[0].tip_first_at is None
    assert rules.assign(job, OTHER_CREW, at=LATER)[0].tip_first_at is None


@pytest.mark.parametrize("job", [make_job(), started_job(), done_job()])
def test_only_before_a_stop_that_is_still_to_come(job):
    with pytest.raises(DomainError, match="still to go to"):
        domain.divert(job, SITE, at=NOW)


# --- proof ----------------------------------------------------------------------------------------------------------


def test_proof_is_approved_once():
    job, facts = domain.approve_proof(done_job())

    assert (job.proof_check, told(facts)) == ("approved", ["proof-approved"])
    assert domain.approve_proof(job) == (job, [])


def test_returned_proof_gives_the_crew_its_job_again_with_the_reason_and_without_its_kilograms():
    job, facts = domain.return_proof(done_job(), "photo-unclear", at=LATER)

    assert (job.state, job.crew_id, job.returned_because) == ("assigned", CREW.id, "photo-unclear")
    assert (job.estimated_kg, job.outcome, job.photo_key, job.completed_at) == (None, None, None, None)
    assert told(facts) == ["proof-returned"]


def test_what_was_tipped_is_not_loaded_again():
    from services.scheduling.domain.completion import Completion

    job, _ = domain.return_proof(done_job(tip_id="tip-1"), "photo-unclear", at=LATER)
    begun, _ = rules.start(job, at=LATER)
    said = Completion("cleared", "other-household", "back-alleyway", "transit-van", photo_key="b" * 64)
    finished, _ = rules.complete(begun, said, vehicle_id="van-1", size_kg=SIZE_KG, at=LATER)

    assert (finished.estimated_kg, finished.is_untipped) == (250, False)


@pytest.mark.parametrize("job", [make_job(), assigned_job(), started_job()])
def test_there_is_no_proof_of_what_is_not_finished(job):
    with pytest.raises(DomainError, match="no proof to check"):
        domain.return_proof(job, "photo-unclear", at=NOW)
    with pytest.raises(DomainError, match="no proof to check"):
        domain.approve_proof(job)


def test_approved_proof_is_not_sent_back_and_a_reason_is_needed():
    with pytest.raises(DomainError, match="approved already"):
        domain.return_proof(done_job(proof_check="approved"), "photo-unclear", at=NOW)
    with pytest.raises(DomainError, match="what is wrong"):
        domain.return_proof(done_job(), "because", at=NOW)


def test_a_closed_report_does_not_call_off_a_job_whose_proof_was_sent_back():
    job, _ = domain.return_proof(done_job(), "waste-still-there", at=LATER)

    assert reconcile(job, make_report(state="closed"), reasons=(), secured_at=None, at=LATER) == (job, [])


# --- due again ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("until", "state"), [(date(2026, 11, 17), "open"), (date(2026, 11, 16), "open")])
def test_a_deferred_job_comes_back_when_its_day_has_come(until, state):
    job, facts = domain.come_due(make_job(state="deferred", waits_because="weather", waits_until=until), NOW.date())

    assert (job.state, job.waits_because, told(facts)) == (state, None, ["due"])


@pytest.mark.parametrize(
    "job",
    [
        make_job(state="deferred", waits_because="weather"),
        make_job(state="deferred", waits_because="weather", waits_until=date(2026, 11, 18)),
        make_job(waits_until=date(2026, 11, 1)),
    ],
)
def test_what_waits_for_no_day_or_a_later_one_stays(job):
    assert domain.come_due(job, NOW.date()) == (job, [])


# --- split ----------------------------------------------------------------------------------------------------------


def test_a_split_job_keeps_less_and_names_its_part():
    job, facts = splitting.split(make_job(), **HALVES, size_kg=SIZE_KG)

    assert (job.size, len(job.parts), job.has_unmade_parts, told(facts)) == ("car-boot", 1, True, ["split"])
    assert job.parts[0].job_id == splitting.split(make_job(), **HALVES, size_kg=SIZE_KG)[0].parts[0].job_id


def test_the_part_is_open_for_the_same_visit_and_may_be_the_contractors():
    whole = assigned_job(contractor=False)
    sizes = {**HALVES, "part_waste": "asbestos"}
    job, _ = splitting.split(whole, **sizes, size_kg=SIZE_KG)

    part, facts = splitting.part_of(job, job.parts[0], at=NOW)

    assert (part.state, part.crew_id, part.visit, part.part_of) == ("open", None, whole.visit, whole.id)
    assert (part.contractor, job.contractor, part.report_id) == (True, False, whole.report_id)
    assert len(facts) == 1


@pytest.mark.parametrize("whole", ["car-boot", "small-van", "transit-van", "tipper"])
def test_the_parts_are_never_more_than_the_whole(whole):
    for kept, kept_kg in SIZE_KG.items():
        for part, part_kg in SIZE_KG.items():
            sizes = {"kept_size": kept, "part_size": part, "kept_waste": None, "part_waste": None}
            if kept_kg + part_kg > SIZE_KG[whole]:
                with pytest.raises(DomainError, match="the whole is about"):
                    splitting.split(make_job(size=whole), **sizes, size_kg=SIZE_KG)
            else:
                assert splitting.split(make_job(size=whole), **sizes, size_kg=SIZE_KG)[0].size == kept


@pytest.mark.parametrize(
    ("job", "why"),
    [
        (started_job(), "can’t be split"),
        (done_job(), "can’t be split"),
        (make_job(part_of="job-0"), "is a part"),
        (make_job(is_waste=False), "no amount"),
        (make_job(size=None), "no amount"),
    ],
)
def test_what_can_not_be_split_says_why(job, why):
    with pytest.raises(DomainError, match=why):
        splitting.split(job, **HALVES, size_kg=SIZE_KG)


def test_a_size_that_is_none_is_asked_for():
    with pytest.raises(DomainError) as refused:
        splitting.split(make_job(), **{**HALVES, "part_size": "enormous"}, size_kg=SIZE_KG)
    assert refused.value.field == "part_size"


def test_what_the_report_says_does_not_make_a_part_whole_again():
    job, _ = splitting.split(make_job(), **HALVES, size_kg=SIZE_KG)

    followed, _ = reconcile(job, make_report(size="small-van"), reasons=(), secured_at=None, at=LATER)

    assert followed.size == "car-boot"


# --- the use cases --------------------------------------------------------------------------------------------------


@pytest.fixture
def given(ctx, job):
    return handlers.assign_job(ctx, job.id, NORTH_1, version=None, key=None, cause=BY_HAND)


@pytest.fixture
def finished(ctx, given):
    handlers.start_job(ctx, given.id, version=None, key=None, cause=BY_HAND)
    said = Finish("cleared", "white-goods", "back-alleyway", "transit-van", "camera-broken")
    return handlers.complete_job(ctx, given.id, said, version=None, key=None, cause=BY_HAND)


def split(ctx, job, **changes):
    return supervising.split_job(
        ctx, job.id, **{**HALVES, "version": job.version, "key": "k", "cause": BY_HAND, **changes}
    )


def test_a_crew_is_diverted_until_it_has_tipped(ctx, finished, make_job, clock):
    from services.scheduling import tipping

    other = make_job("0199d7b2-0000-7000-8000-00000000000c")
    handlers.assign_job(ctx, other.id, NORTH_1, version=None, key=None, cause=BY_HAND)
    job = supervising.divert_crew(ctx, NORTH_1, SITE, cause=BY_HAND)
    assert supervising.is_diverted(ctx, job)

    clock.advance(timedelta(minutes=20))
    tipping.tip_vehicle(ctx, str(job.vehicle_id), SITE, crew_id=NORTH_1, key="tip", cause=BY_HAND)

    assert not supervising.is_diverted(ctx, store.jobs(ctx.store).require(job.id))


def test_a_diversion_goes_with_the_next_stop_and_is_taken_back(ctx, given, make_job):
    supervising.divert_crew(ctx, NORTH_1, SITE, cause=BY_HAND)
    assert supervising.divert_crew(ctx, NORTH_1, None, cause=BY_HAND).tip_first_at is None


def test_a_crew_without_stops_and_an_unknown_site_are_refused(ctx, given):
    with pytest.raises(DomainError, match="no stop left"):
        supervising.divert_crew(ctx, NORTH_2, SITE, cause=BY_HAND)
    with pytest.raises(NotFound):
        supervising.divert_crew(ctx, NORTH_1, "nowhere", cause=BY_HAND)


def test_proof_goes_back_to_its_crew_and_the_closed_report_leaves_it_there(ctx, finished, job_of):
    job = supervising.return_proof(
        ctx, finished.id, "photo-elsewhere", version=finished.version, key="k", cause=BY_HAND
    )
    from shared.contracts.reports import ReportAmendedV1

    deliver(
        ctx, report_event(ReportAmendedV1, sequence=9, data={"change": "details"}, state="closed", closure="cleared")
    )

    assert [each.id for each in store.jobs_of_crew(ctx.store, NORTH_1)] == [job.id]
    assert job_of().state == "assigned"


def test_a_version_that_is_no_longer_the_jobs_is_a_conflict_and_the_same_request_is_not(ctx, finished):
    approved = supervising.approve_proof(ctx, finished.id, version=finished.version, key="k", cause=BY_HAND)

    with pytest.raises(Conflict):
        supervising.return_proof(ctx, finished.id, "photo-unclear", version=finished.version, key="x", cause=BY_HAND)
    assert supervising.approve_proof(ctx, finished.id, version=finished.version, key="k", cause=BY_HAND) == approved


def test_a_split_makes_its_part_once_however_often_it_is_sent(ctx, job):
    whole = split(ctx, job)
    split(ctx, job)

    found = store.jobs(ctx.store).find({"report_id": REPORT_ID}, sort=(("visit", 1),))[0]
    assert sorted((each.id, each.size) for each in found) == sorted(
        [(job.id, "car-boot"), (whole.parts[0].job_id, "car-boot")]
    )
    assert not store.jobs(ctx.store).require(job.id).has_unmade_parts


def test_a_crash_between_a_split_and_its_part_is_finished_by_the_timer(ctx, job, pump, monkeypatch):
    monkeypatch.setattr(supervising, "make_parts", lambda ctx, job, cause: job)
    whole = split(ctx, job)
    monkeypatch.undo()
    assert store.jobs(ctx.store).get(whole.parts[0].job_id) is None

    supervising.finish_splits(ctx)
    supervising.finish_splits(ctx)

    assert store.jobs(ctx.store).require(whole.parts[0].job_id).part_of == job.id
    assert not store.jobs(ctx.store).require(job.id).has_unmade_parts


def test_a_report_that_is_called_off_takes_all_its_parts_with_it(ctx, job):
    whole = split(ctx, job)

    deliver(ctx, report_event(sequence=9, state="closed", closure="not-ours"))

    states = {store.jobs(ctx.store).require(each).state for each in (job.id, whole.parts[0].job_id)}
    assert states == {"cancelled"}


def test_jobs_that_were_put_off_until_a_day_come_back_on_that_day(ctx, job, clock, job_of):
    until = TUESDAY_MORNING.date() + timedelta(days=2)
    handlers.defer_job(ctx, job.id, "weather", until, version=job.version, key=None, cause=BY_HAND)

    supervising.open_due_jobs(ctx)
    assert job_of().state == "deferred"
    clock.advance(timedelta(days=2))
    supervising.open_due_jobs(ctx)
    supervising.open_due_jobs(ctx)

    assert (job_of().state, job_of().waits_until) == ("open", None)
