"""What an action comes to when it arrives late, twice or out of order: the rules alone."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.scheduling.domain import late
from services.scheduling.domain.breaks import Break, begin_break, end_break, is_on_break
from services.scheduling.domain.completion import Parcel, check_before
from services.scheduling.domain.entry import ENTRIES_KEPT, CrewEntry, Plausibility, add_entry, settle_entry
from services.scheduling.domain.job import assign, cancel, defer, hold
from services.scheduling.domain.late import Meant
from services.scheduling.domain.moment import when
from services.scheduling.domain.plausible import compare, words
from shared.errors import DomainError

from .made import CREW, LATER, NOW, OTHER_CREW, SIZE_KG, assigned_job, make_completion, make_job, started_job


def meant(kind="finish", outcome=None, crew=CREW, at=LATER):
    return Meant(kind, crew, at, outcome)


CANCELLED = cancel(assigned_job(), "duplicate", at=NOW)[0]
GIVEN_AWAY = assign(assigned_job(), OTHER_CREW, at=NOW)[0]
PUT_OFF = defer(assigned_job(), "weather", until=None, at=NOW)[0]
HELD = hold(assigned_job(), by="supervisor", at=NOW)[0]
FINISHED = replace(started_job(), state="completed", outcome="cleared", last_crew_id=CREW.id)
FINISHED_BY_OTHERS = replace(FINISHED, crew_id=OTHER_CREW.id, last_crew_id=OTHER_CREW.id)


@pytest.mark.parametrize(
    ("job", "kind", "outcome", "ruling"),
    [
        (assigned_job(), "arrive", None, "done"),
        (replace(assigned_job(), arrived_at=NOW), "arrive", None, "already"),
        (assigned_job(), "start", None, "done"),
        (started_job(), "start", None, "already"),
        (started_job(), "finish", "cleared", "done"),
        (assigned_job(), "finish", "not-found", "done"),
        (FINISHED, "start", None, "already"),
        (FINISHED, "arrive", None, "already"),
        (FINISHED, "finish", "cleared", "noted-finished"),
        (FINISHED_BY_OTHERS, "start", None, "noted-finished"),
        (CANCELLED, "start", None, "noted-cancelled"),
        (CANCELLED, "finish", "cleared", "done-after-cancelling"),
        (CANCELLED, "finish", "access-blocked", "noted-cancelled"),
        (GIVEN_AWAY, "start", None, "noted-another-crew"),
        (GIVEN_AWAY, "finish", "cleared", "done-for-another-crew"),
        (GIVEN_AWAY, "finish", "part-cleared", "noted-another-crew"),
        (PUT_OFF, "finish", "cleared", "done-after-waiting"),
        (PUT_OFF, "finish", "unsafe", "noted-waiting"),
        (make_job(), "start", None, "noted-waiting"),
        (HELD, "arrive", None, "done"),
        (HELD, "start", None, "noted-held"),
        (HELD, "finish", "cleared", "done-while-held"),
        (HELD, "finish", "not-found", "done"),
    ],
)
def test_every_action_on_every_state_has_its_ruling(job, kind, outcome, ruling):
    assert late.rule(job, meant(kind, outcome)) == ruling


@pytest.mark.parametrize("job", [CANCELLED, GIVEN_AWAY, PUT_OFF, HELD, assigned_job()])
def test_waste_that_was_lifted_is_on_the_vehicle_of_who_lifted_it(job):
    action = meant(outcome="cleared")

    done, facts = late.finish(job, action, late.rule(job, action), make_completion(), size_kg=SIZE_KG)

    assert (done.state, done.crew_id, done.vehicle_id, done.estimated_kg) == ("completed", CREW.id, "van-1", 500)
    assert (done.completed_at, done.is_untipped, done.held) == (LATER, True, False)
    assert [fact.contract.type for fact in facts] == ["job.completed.v1"]


def test_the_beginning_that_is_known_stays():
    begun = started_job(started_at=NOW)

    done, _ = late.finish(begun, meant(outcome="cleared"), late.DONE, make_completion(), size_kg=SIZE_KG)

    assert done.started_at == NOW


@pytest.mark.parametrize("job", [CANCELLED, GIVEN_AWAY, PUT_OFF, FINISHED])
def test_what_was_not_cleared_changes_nothing_that_the_office_decided(job):
    blocked = make_completion(outcome="access-blocked")

    noted, facts = late.finish(job, meant(outcome="access-blocked"), "noted-cancelled", blocked, size_kg=SIZE_KG)

    assert (noted, facts) == (job, [])


def test_evidence_goes_to_enforcement_even_from_a_job_that_stays_as_it_is():
    found = make_completion(outcome="access-blocked", has_evidence=True, parcels=(Parcel("a" * 64, "letter"),))

    noted, facts = late.finish(CANCELLED, meant(outcome="access-blocked"), "noted-cancelled", found, size_kg=SIZE_KG)

    assert noted.state == "cancelled"
    assert noted.has_evidence
    assert facts[0].contract.type == "job.evidence-found.v1"


def test_asbestos_is_refused_in_every_state():
    asbestos = make_completion(waste_type="asbestos")

    with pytest.raises(DomainError, match="licensed contractor"):
        late.finish(CANCELLED, meant(outcome="cleared"), "done-after-cancelling", asbestos, size_kg=SIZE_KG)


def test_handing_back_opens_the_crews_own_job_alone():
    back, facts = late.hand_back(started_job(), CREW.id)

    assert (back.state, back.crew_id, back.started_at) == ("open", None, None)
    assert facts[0].data["change"] == "withdrawn"
    assert late.hand_back(back, CREW.id) == (back, [])
    assert late.hand_back(GIVEN_AWAY, CREW.id) == (GIVEN_AWAY, [])


def test_a_job_is_seen_once_and_anew_by_the_next_crew():
    seen, facts = late.see(assigned_job(), CREW.id, at=LATER)

    assert (seen.seen_at, facts[0].data["change"]) == (LATER, "seen")
    assert late.see(seen, CREW.id, at=LATER) == (seen, [])
    assert late.see(assigned_job(), OTHER_CREW.id, at=LATER)[1] == []
    assert assign(seen, OTHER_CREW, at=LATER)[0].seen_at is None


def test_a_phones_time_is_believed_where_it_can_be_true():
    morning = NOW - timedelta(hours=3)

    assert when(morning, NOW).at == morning
    assert not when(NOW + timedelta(minutes=4), NOW).is_doubtful
    assert when(NOW + timedelta(minutes=4), NOW).at == NOW
    assert when(None, NOW).at == NOW


def test_a_phones_time_that_can_not_be_true_gives_way_to_the_arrival():
    ahead = when(NOW + timedelta(hours=1), NOW)
    ancient = when(NOW - timedelta(days=30), NOW, [(NOW - timedelta(days=30, hours=1), NOW - timedelta(days=29))])
    between_shifts = when(NOW - timedelta(hours=20), NOW, [(NOW - timedelta(hours=2), None)])

    assert all(moment.is_doubtful and moment.at == NOW for moment in (ahead, ancient, between_shifts))


def test_what_happened_in_yesterdays_shift_arrives_today():
    yesterday = NOW - timedelta(hours=23)
    shift = (yesterday - timedelta(hours=1), yesterday + timedelta(hours=6))

    assert when(yesterday, NOW, [(NOW - timedelta(hours=1), None), shift]).at == yesterday


def test_breaks_come_to_the_same_when_they_are_told_twice_or_without_a_beginning():
    begun = begin_break((), "a", at=NOW)

    assert begin_break(begun, "a", at=LATER) == begun
    assert begin_break(begun, "b", at=LATER) == begun
    ended = end_break(begun, "c", at=LATER)
    assert ended == (Break("a", NOW, LATER, "c"),)
    assert end_break(ended, "c", at=LATER) == ended
    assert begin_break(ended, "a", at=NOW) == ended
    assert end_break((), "d", at=NOW) == ()
    assert (is_on_break(begun), is_on_break(ended)) == (True, False)


def test_entries_that_wait_for_somebody_are_never_pushed_out():
    first = CrewEntry("first", "finish", CREW.id, NOW, LATER, "noted-cancelled", is_open=True)
    entries = (first,)
    for number in range(ENTRIES_KEPT + 5):
        entries = add_entry(entries, CrewEntry(str(number), "arrive", CREW.id, NOW, NOW, "done"))

    assert len(entries) == ENTRIES_KEPT
    assert entries[0] == first
    assert first.is_late
    assert not settle_entry(entries, "first")[0].is_open


@pytest.mark.parametrize(
    ("proof", "said", "is_odd"),
    [
        (None, "does not say", False),
        (Plausibility(None, None), "does not say", False),
        (Plausibility(12, -2), "Taken about 10 m from the job, 2 minutes before.", False),
        (Plausibility(1900, 0), "Taken 1.9 km from the job, in the same minute.", True),
        (Plausibility(None, 600), "Taken 10 hours after.", True),
        (Plausibility(20, None, "phone"), "Taken about 20 m from the job (by the phone’s own position", False),
    ],
)
def test_a_photos_fit_is_said_in_words(proof, said, is_odd):
    told, looks_odd = words(proof)

    assert said in told
    assert looks_odd is is_odd


def test_of_a_photos_place_and_time_two_numbers_stay():
    fit = compare(job=(53.4, -2.97), at=NOW, taken_at=NOW - timedelta(minutes=3), place=(53.4009, -2.97))

    assert (fit.metres, fit.minutes) == (100, -3)


def test_a_photo_from_before_is_asked_for_only_where_the_council_wants_one():
    cleared = make_completion()

    check_before(cleared, is_needed=False, photo_key=None, no_photo_reason=None)
    check_before(cleared, is_needed=True, photo_key="sent-on-arrival", no_photo_reason=None)
    check_before(make_completion(outcome="not-found"), is_needed=True, photo_key=None, no_photo_reason=None)
    with pytest.raises(DomainError, match="before the work"):
        check_before(cleared, is_needed=True, photo_key=None, no_photo_reason=None)
    with pytest.raises(DomainError, match="Choose one of"):
        check_before(make_completion(no_before_reason="lazy"), is_needed=False, photo_key=None, no_photo_reason=None)
