from dataclasses import replace
from datetime import timedelta

import pytest

from services.scheduling import handlers, moving, sheets, store
from services.scheduling.live import LiveRounds
from services.scheduling.moving import Seen
from services.scheduling.sheets import STEP
from shared.contracts.envelope import Cause
from shared.errors import Conflict, DomainError, NotFound
from tests.builders import TUESDAY_MORNING
from tests.unit.services.scheduling.test_standings import put

NORTH_1, NORTH_2 = "crew-north-1", "crew-north-2"
BY_HAND = Cause()


@pytest.fixture
def live():
    return LiveRounds()


@pytest.fixture
def on_shift(ctx):
    for crew_id in (NORTH_1, NORTH_2):
        handlers.start_shift(ctx, crew_id, cause=BY_HAND)


@pytest.fixture
def three(ctx, on_shift, make_job):
    """Three jobs on the sheet of crew North 1."""
    made = [make_job(f"0199d7b2-0000-7000-8000-0000000000a{number}") for number in range(3)]
    return [handlers.assign_job(ctx, each.id, NORTH_1, version=None, key=None, cause=BY_HAND) for each in made]


def order(ctx, crew_id=NORTH_1):
    return [job.id for job in store.jobs_of_crew(ctx.store, crew_id)]


def now(ctx, job):
    return store.jobs(ctx.store).require(job.id)


def move(ctx, job, crew_id, place, *, key=None, **seen):
    shown = Seen(**{"version": now(ctx, job).version, "sheet": moving.sheet_of(ctx, crew_id), **seen})
    return moving.move_job(ctx, job.id, crew_id, place, seen=shown, key=key, cause=BY_HAND)


def crew_of(ctx, crew_id):
    return store.crews(ctx.store).require(crew_id)


# --- the order of a sheet -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", [0, 1, 2, 3])
def test_a_job_goes_to_the_place_it_was_given(ctx, three, job, place):
    before = order(ctx)

    move(ctx, job, NORTH_1, place)

    assert order(ctx) == [*before[:place], job.id, *before[place:]]


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("which", [0, 1, 2])
def test_a_stop_moves_within_its_sheet(ctx, three, which, place):
    before = order(ctx)
    rest = [each for each in before if each != before[which]]

    move(ctx, next(each for each in three if each.id == before[which]), NORTH_1, place)

    assert order(ctx) == [*rest[:place], before[which], *rest[place:]]


def test_room_is_made_where_there_is_none_and_the_order_stays(ctx, three, make_job):
    move(ctx, three[2], NORTH_1, 0)
    wanted = order(ctx)
    for number in range(14):
        extra = make_job(f"0199d7b2-0000-7000-8000-0000000001{number:02}")
        move(ctx, extra, NORTH_1, 1)
        wanted = [wanted[0], extra.id, *wanted[1:]]
        assert order(ctx) == wanted


def test_a_sheet_never_changes_while_room_is_made(ctx, three, monkeypatch):
    for number, each in enumerate(order(ctx)):
        job = store.jobs(ctx.store).require(each)
        store.jobs(ctx.store).save(replace(job, position=number + 1), at=TUESDAY_MORNING, cause=BY_HAND)
    wanted, seen = order(ctx), []
    write = sheets._write
    monkeypatch.setattr(sheets, "_write", lambda *given: (write(*given), seen.append(order(ctx))))

    sheets.position_at(ctx, NORTH_1, 1, moving="another")

    assert seen
    assert all(each == wanted for each in seen)


def test_positions_of_a_published_plan_have_room_between_them():
    assert STEP > 1000


# --- the move -------------------------------------------------------------------------------------------------------


def test_a_move_to_another_crew_says_from_whom(ctx, three):
    moved = move(ctx, three[0], NORTH_2, 0)

    assert (moved.crew_id, moved.state, moved.plan_id) == (NORTH_2, "assigned", None)
    assert three[0].id not in order(ctx)


def test_the_same_request_again_is_answered_and_not_repeated(ctx, three):
    moved = move(ctx, three[0], NORTH_2, 0, key="once")
    version = three[0].version

    assert moving.move_job(ctx, three[0].id, NORTH_1, 2, seen=Seen(version, None), key="once", cause=BY_HAND) == now(
        ctx, moved
    )


def test_two_supervisors_never_undo_each_other_unseen(ctx, three):
    version = now(ctx, three[0]).version
    move(ctx, three[0], NORTH_2, 0)

    with pytest.raises(Conflict):
        moving.move_job(ctx, three[0].id, NORTH_1, 0, seen=Seen(version, None), key="x", cause=BY_HAND)
    assert now(ctx, three[0]).crew_id == NORTH_2


def test_a_sheet_that_changed_meanwhile_is_a_conflict_too(ctx, three, job):
    sheet = moving.sheet_of(ctx, NORTH_1)
    move(ctx, three[0], NORTH_2, 0)

    with pytest.raises(Conflict):
        move(ctx, job, NORTH_1, 0, sheet=sheet)
    assert now(ctx, job).state == "open"


def test_an_unknown_job_and_an_unknown_crew_are_refused(ctx, three):
    with pytest.raises(NotFound):
        moving.move_job(ctx, "nothing", NORTH_1, 0, seen=Seen(1, None), key=None, cause=BY_HAND)
    with pytest.raises(DomainError, match="Choose a crew"):
        moving.move_job(ctx, three[0].id, "nobody", 0, seen=Seen(1, None), key=None, cause=BY_HAND)


def test_a_held_job_is_refused_and_no_room_is_made_for_it(ctx, three, job):
    handlers.hold_job(ctx, job.id, version=job.version, key=None, cause=BY_HAND)
    positions = [now(ctx, each).position for each in three]

    with pytest.raises(DomainError, match="held"):
        move(ctx, job, NORTH_1, 0)
    assert [now(ctx, each).position for each in three] == positions


# --- what it would change -------------------------------------------------------------------------------------------


def test_what_a_move_changes_is_shown_for_both_crews(ctx, live, three):
    shown = moving.consequences(ctx, live, now(ctx, three[1]), crew_of(ctx, NORTH_2), 0)

    assert shown.refusals == ()
    assert (shown.to.crew.id, shown.source.crew.id) == (NORTH_2, NORTH_1)
    assert shown.to.minutes > 0 > shown.source.minutes
    assert shown.to.most_kg == 250
    assert shown.arrive_at > TUESDAY_MORNING
    assert store.jobs(ctx.store).require(three[1].id).crew_id == NORTH_1


def test_stops_after_it_come_later_and_are_said_to_be_late(ctx, live, three, make_job):
    soon = make_job("0199d7b2-0000-7000-8000-0000000000b1", deadline=TUESDAY_MORNING + timedelta(minutes=20))
    handlers.assign_job(ctx, soon.id, NORTH_2, version=None, key=None, cause=BY_HAND)

    shown = moving.consequences(ctx, live, now(ctx, three[0]), crew_of(ctx, NORTH_2), 0)

    later = next(each for each in shown.to.later if each.job_id == soon.id)
    assert later.by_minutes > 0
    assert later.late_minutes > later.was_late_minutes


def test_before_the_next_stop_that_the_crew_knows_already_is_a_warning(ctx, live, three, job):
    handlers.assign_job(ctx, job.id, NORTH_2, version=None, key=None, cause=BY_HAND)

    first = moving.consequences(ctx, live, now(ctx, three[0]), crew_of(ctx, NORTH_2), 0)
    last = moving.consequences(ctx, live, now(ctx, three[0]), crew_of(ctx, NORTH_2), 1)

    assert any("must stay its next stop" in words for words in first.warnings)
    assert last.warnings == ()


def test_more_than_the_vehicle_carries_is_refused_with_the_kilograms(ctx, live, on_shift, make_job):
    heavy = make_job("0199d7b2-0000-7000-8000-0000000000b2", size="significant-multi")

    shown = moving.consequences(ctx, live, heavy, crew_of(ctx, NORTH_1), 0)

    assert any("2500 kg on board" in words for words in shown.refusals)


def test_asbestos_and_absence_are_refused_in_words(ctx, live, on_shift, make_job):
    from services.scheduling import dropping_out

    asbestos = make_job("0199d7b2-0000-7000-8000-0000000000b3", waste_type="asbestos")
    assert any(
        "licensed contractor" in words
        for words in moving.consequences(ctx, live, asbestos, crew_of(ctx, NORTH_1), 0).refusals
    )

    dropping_out.record_absence(ctx, NORTH_1, "sickness", by="user", cause=BY_HAND)
    job = make_job("0199d7b2-0000-7000-8000-0000000000b4")
    shown = moving.consequences(ctx, live, job, crew_of(ctx, NORTH_1), 0)
    assert any("is not there today" in words for words in shown.refusals)


def test_a_crew_off_shift_has_no_times_and_that_is_said(ctx, live, job):
    handlers.start_shift(ctx, NORTH_2, cause=BY_HAND)

    shown = moving.consequences(ctx, live, job, crew_of(ctx, NORTH_1), 0)

    assert shown.to is None
    assert any("is not on shift" in words for words in shown.warnings)


def test_a_deferred_job_can_be_put_on_a_round(ctx, live, on_shift, job):
    put_off = handlers.defer_job(ctx, job.id, "weather", None, version=job.version, key=None, cause=BY_HAND)

    assert moving.consequences(ctx, live, put_off, crew_of(ctx, NORTH_1), 0).arrive_at is not None
    assert move(ctx, put_off, NORTH_1, 0).state == "assigned"


def test_a_full_vehicle_tips_and_that_is_said(ctx, live, on_shift, make_job):
    for number in range(2):
        each = make_job(f"0199d7b2-0000-7000-8000-0000000000c{number}", size="transit-van")
        handlers.assign_job(ctx, each.id, NORTH_1, version=None, key=None, cause=BY_HAND)
    another = make_job("0199d7b2-0000-7000-8000-0000000000c9", size="transit-van")

    shown = moving.consequences(ctx, live, another, crew_of(ctx, NORTH_1), 2)

    assert shown.to.tips == shown.to.was_tips + 1


def test_an_urgent_job_is_offered_to_the_cheapest_crew_first(ctx, live, three, make_job):
    urgent = make_job("0199d7b2-0000-7000-8000-0000000000d1", priority=1)

    found = moving.offers(ctx, live, urgent)

    assert {offer.crew.id for offer in found} == {NORTH_1, NORTH_2}
    assert [offer.cost for offer in found] == sorted(offer.cost for offer in found)
    shown = moving.consequences(ctx, live, urgent, found[0].crew, found[0].place)
    assert shown.arrive_at == found[0].arrive_at


def test_rounds_are_kept_until_something_of_theirs_changes(ctx, live, three):
    first = live.of(ctx, "north")
    assert live.of(ctx, "north") is first

    handlers.start_job(ctx, order(ctx)[0], version=None, key=None, cause=BY_HAND)

    assert live.of(ctx, "north") is not first


def test_a_change_of_one_round_leaves_the_others_as_they_are(ctx, live, three, make_job):
    other = make_job("0199d7b2-0000-7000-8000-0000000000e1")
    handlers.assign_job(ctx, other.id, NORTH_2, version=None, key=None, cause=BY_HAND)
    before, jobs = live.of(ctx, "north"), {job.id: job for job in live.active_jobs(ctx)}

    handlers.start_job(ctx, other.id, version=None, key=None, cause=BY_HAND)

    after, now_jobs = live.of(ctx, "north"), {job.id: job for job in live.active_jobs(ctx)}
    assert after.rounds[NORTH_1] is before.rounds[NORTH_1]
    assert after.rounds[NORTH_2] is not before.rounds[NORTH_2]
    assert [job_id for job_id in jobs if now_jobs[job_id] is not jobs[job_id]] == [other.id]


def test_what_is_kept_is_what_a_fresh_look_would_see(ctx, live, clock, three, job):
    live.of(ctx, "north")
    move(ctx, job, NORTH_2, 0)
    move(ctx, now(ctx, three[0]), NORTH_2, 1)
    handlers.cancel_job(ctx, three[1].id, "duplicate", version=now(ctx, three[1]).version, key=None, cause=BY_HAND)
    clock.advance(timedelta(seconds=20))

    kept, fresh = live.of(ctx, "north"), LiveRounds().of(ctx, "north")

    assert (kept.rounds, kept.sheets, kept.day) == (fresh.rounds, fresh.sheets, fresh.day)
    assert live.active_jobs(ctx) == LiveRounds().active_jobs(ctx) == store.active_jobs(ctx.store)


def test_a_change_in_the_register_counts_from_the_next_minute_on(ctx, live, clock, three):
    live.of(ctx, "north")
    for person in ("p-001", "p-002"):
        put(ctx, "absences", person_id=person, from_on="2026-11-17", to_on="", kind="unplanned")
    clock.advance(timedelta(minutes=1))

    assert NORTH_1 not in live.of(ctx, "north").rounds
