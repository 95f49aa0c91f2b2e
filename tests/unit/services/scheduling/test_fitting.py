"""What is given out by hand is held against the rules of a plan: by every door, for crews on shift and off it."""

import pytest

from services.scheduling import handlers, moving, store
from services.scheduling.handlers import Order
from services.scheduling.live import LiveRounds
from services.scheduling.moving import Seen
from services.scheduling.register import edit
from shared.errors import DomainError
from tests.unit.services.scheduling.events import report_state
from tests.unit.services.scheduling.test_standings import BY_HAND, REPORT, away, put

NORTH_1, NORTH_2, NORTH_HIT, CONTRACTOR = "crew-north-1", "crew-north-2", "crew-north-hit", "contractor-asbestos"


@pytest.fixture
def job_like(make_job):
    """Make an open job that is unlike others in some way, at a place of the gazetteer if one is named."""

    def make(number=1, *, place_id=None, **state):
        place = {**report_state()["place"], "place_id": place_id}
        return make_job(REPORT.format(number), place=place, **state)

    return make


def give(ctx, job, crew_id):
    return handlers.assign_job(ctx, job.id, crew_id, version=None, key=None, cause=BY_HAND)


def crew_of(ctx, crew_id):
    return store.crews(ctx.store).require(crew_id)


def shown(ctx, job, crew_id, place=0):
    return moving.consequences(ctx, LiveRounds(), job, crew_of(ctx, crew_id), place)


UNFIT = [
    pytest.param({"waste_type": "clinical"}, NORTH_1, NORTH_2, "needles", id="ticket"),
    pytest.param({"place_id": "alley-behind-glenavon-grove"}, NORTH_2, NORTH_1, "keys to the alleygate", id="keys"),
    pytest.param({"place_id": "rosslyn-street"}, NORTH_HIT, NORTH_1, "limit of 3500 kg", id="weight"),
    pytest.param({"place_id": "tarleton-terrace"}, NORTH_HIT, NORTH_1, "width of 210 cm", id="width"),
]


@pytest.mark.parametrize(("state", "unfit", "fit", "why"), UNFIT)
def test_a_crew_that_may_not_or_cant_do_a_job_is_refused_and_another_is_not(ctx, job_like, state, unfit, fit, why):
    job = job_like(**state)

    with pytest.raises(DomainError, match=why) as refusal:
        give(ctx, job, unfit)

    assert (refusal.value.field, refusal.value.rule) == ("crew_id", "crew-unfit")
    assert store.jobs(ctx.store).require(job.id) == job
    assert give(ctx, job, fit).crew_id == fit


@pytest.mark.parametrize(("state", "unfit", "fit", "why"), UNFIT)
@pytest.mark.parametrize("is_on_shift", [True, False])
def test_the_consequences_say_it_before_and_the_move_is_refused(ctx, job_like, state, unfit, fit, why, is_on_shift):
    if is_on_shift:
        for crew_id in (unfit, fit):
            handlers.start_shift(ctx, crew_id, cause=BY_HAND)
    job = job_like(**state)

    assert any(why in words for words in shown(ctx, job, unfit).refusals)
    assert shown(ctx, job, fit).refusals == ()
    with pytest.raises(DomainError, match=why):
        moving.move_job(ctx, job.id, unfit, 0, seen=Seen(job.version, None), key=None, cause=BY_HAND)


def test_nobody_there_who_may_drive_the_vehicle(ctx, job_like):
    away(ctx, "p-007", "p-008")

    with pytest.raises(DomainError, match="nobody in North high-intensity team holds licence C1"):
        give(ctx, job_like(), NORTH_HIT)


def test_too_large_a_load_warns_because_a_crew_can_come_twice(ctx, job_like):
    job = job_like(size="tipper")

    seen = shown(ctx, job, NORTH_1)

    assert any("is about 1,200 kg, and North street crew 1’s vehicle carries 1,000" in words for words in seen.warnings)
    assert shown(ctx, job, NORTH_HIT).refusals == ()
    assert give(ctx, job, NORTH_1).crew_id == NORTH_1


def test_of_many_only_the_unfit_is_kept_back(ctx, job_like):
    plain, needles = job_like(1), job_like(2, waste_type="clinical")

    results = handlers.assign_many(
        ctx, [Order(needles.id, None), Order(plain.id, None)], NORTH_1, key=None, cause=BY_HAND
    )

    assert "needles" in results[0].problem
    assert (results[1].problem, results[1].job.crew_id) == (None, NORTH_1)


def test_a_refused_request_says_the_same_again(ctx, job_like):
    job = job_like(waste_type="clinical")
    for _ in range(2):
        with pytest.raises(DomainError, match="needles"):
            handlers.assign_job(ctx, job.id, NORTH_1, version=job.version, key="once", cause=BY_HAND)


def test_what_a_crew_has_already_can_still_be_put_in_order(ctx, job_like):
    first, other = job_like(1), job_like(2, waste_type="clinical")
    for job in (first, other):
        give(ctx, job, NORTH_2)
    for person in ("p-004", "p-005"):
        put(ctx, "people", person, tickets=[])

    current = store.jobs(ctx.store).require(other.id)
    moving.move_job(ctx, other.id, NORTH_2, 0, seen=Seen(current.version, None), key=None, cause=BY_HAND)

    assert [job.id for job in store.jobs_of_crew(ctx.store, NORTH_2)] == [other.id, first.id]
    with pytest.raises(DomainError, match="needles"):
        give(ctx, store.jobs(ctx.store).require(other.id), NORTH_1)


def test_what_a_crew_of_which_nobody_is_entered_can_do_is_not_known_and_that_is_said(ctx, job_like):
    for person in edit.world_of(ctx).people:
        if NORTH_1 in person.crew_ids:
            put(ctx, "people", person.id, crew_ids=[NORTH_HIT])
    job = job_like(waste_type="clinical")

    seen = shown(ctx, job, NORTH_1)

    assert seen.refusals == ()
    assert any("Nobody is entered for North street crew 1" in words for words in seen.warnings)
    assert give(ctx, job, NORTH_1).crew_id == NORTH_1


def test_why_there_are_no_times_is_said_and_a_contractor_has_no_shift(ctx, job_like):
    handlers.start_shift(ctx, NORTH_2, cause=BY_HAND)

    off = shown(ctx, job_like(1), NORTH_1)
    away(ctx, "p-001", "p-002")
    short = shown(ctx, job_like(2), NORTH_1)
    contractor = shown(ctx, job_like(3, waste_type="asbestos"), CONTRACTOR)

    assert "North street crew 1 is not on shift, so there are no times" in off.warnings[0]
    assert any("licence B" in words for words in short.refusals)
    assert "goes by its own times" in contractor.warnings[0]
    assert "shift" not in " ".join(contractor.warnings)
