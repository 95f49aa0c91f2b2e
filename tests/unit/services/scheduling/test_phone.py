"""The crew's actions through the use cases: once, twice, late, out of order, and wrong."""

import io
import json
from dataclasses import replace
from datetime import timedelta

import pytest
from PIL import Image

from services.scheduling import handlers, phone, proof, shift_day, store
from services.scheduling.domain.worked import worked
from services.scheduling.handlers import Finish
from services.scheduling.phone import Arrival, Trouble
from services.scheduling.seen import mark_seen
from services.scheduling.shift_day import HandedOver
from shared.clock import machine_now
from shared.contracts.envelope import Cause
from shared.council import Phone
from shared.custody import open_parcel
from shared.errors import DomainError, NotFound

CREW, OTHER = "crew-north-1", "crew-north-2"
BY_HAND = Cause()
CLEARED = Finish("cleared", no_photo_reason="camera-broken")


@pytest.fixture
def crew(ctx):
    return store.crews(ctx.store).get(CREW)


@pytest.fixture
def act(ctx, crew):
    """Return an action of the crew, a while ago."""

    def made(action_id, *, ago=timedelta(0), crew=crew):
        return phone.act_of(ctx, crew, action_id, ctx.clock.now() - ago)

    return made


@pytest.fixture
def given(ctx, job):
    return handlers.assign_job(ctx, job.id, CREW, version=None, key=None, cause=BY_HAND)


def do(take, ctx, *arguments):
    return take(ctx, *arguments, cause=BY_HAND)


def events(ctx, job_id):
    """Return the types of a job's events."""
    ctx.store.log.collect()
    logged = [json.loads(one.body) for one in ctx.store.log.read(after=0)]
    return [event["type"] for event in logged if event["subject"] == job_id]


def shift_events(ctx):
    """Return the types of all events of shifts."""
    ctx.store.log.collect()
    types = [json.loads(one.body)["type"] for one in ctx.store.log.read(after=0)]
    return [each for each in types if each.startswith("shift.")]


def test_a_job_is_worked_through_with_the_times_of_the_phone(ctx, act, given, job_of, clock, photo):
    clock.advance(timedelta(hours=3))
    do(phone.arrive, ctx, given.id, act("a", ago=timedelta(minutes=50)), Arrival(photo))
    do(phone.start, ctx, given.id, act("b", ago=timedelta(minutes=49)))
    sent = replace(CLEARED, photo=photo, no_photo_reason=None, position=(given.lat, given.lon))
    taken = do(phone.finish, ctx, given.id, act("c", ago=timedelta(minutes=30)), sent)

    job, now = job_of(), clock.now()
    assert taken.ruling == "done"
    assert (job.arrived_at, job.started_at) == (now - timedelta(minutes=50), now - timedelta(minutes=49))
    assert (job.state, job.completed_at) == ("completed", now - timedelta(minutes=30))
    assert [entry.is_late for entry in job.entries] == [True, True, True]
    assert ctx.blobs.exists(job.before_photo_key)
    assert (job.proof.metres, job.proof.source) == (0, "phone")
    assert store.current_shift(ctx.store, CREW).started_at == now - timedelta(minutes=50)


def test_an_action_that_is_sent_again_is_answered_and_not_repeated(ctx, act, given, job_of):
    first = do(phone.finish, ctx, given.id, act("c"), CLEARED)
    version = job_of().version

    again = do(phone.finish, ctx, given.id, act("c"), CLEARED)

    assert (again.ruling, again.entry) == (first.ruling, first.entry)
    assert job_of().version == version


def test_an_answer_stays_the_first_one_whatever_the_office_does_in_between(ctx, act, given, job_of):
    do(phone.start, ctx, given.id, act("b"))
    handlers.assign_job(ctx, given.id, OTHER, version=None, key=None, cause=BY_HAND)

    assert do(phone.start, ctx, given.id, act("b")).ruling == "done"
    assert (job_of().crew_id, job_of().state) == (OTHER, "assigned")


def test_a_start_that_arrives_after_the_end_changes_nothing(ctx, act, given, job_of):
    do(phone.finish, ctx, given.id, act("c", ago=timedelta(minutes=1)), CLEARED)

    assert do(phone.start, ctx, given.id, act("b", ago=timedelta(minutes=30))).ruling == "already"
    assert job_of().state == "completed"


def test_work_on_a_job_that_was_cancelled_meanwhile_is_recorded_and_waits_for_the_supervisor(ctx, act, given, job_of):
    handlers.cancel_job(ctx, given.id, "duplicate", version=job_of().version, key=None, cause=BY_HAND)

    taken = do(phone.finish, ctx, given.id, act("c", ago=timedelta(hours=2)), CLEARED)

    job = job_of()
    assert (taken.ruling, job.state, job.crew_id) == ("done-after-cancelling", "completed", CREW)
    assert job.is_untipped
    assert events(ctx, job.id)[-1] == "job.completed.v1"
    waiting, _ = store.jobs(ctx.store).find({"needs_a_look": True}, sort=store.NEWEST)
    assert [found.id for found in waiting] == [job.id]

    phone.settle(ctx, job.id, taken.entry.id, cause=BY_HAND)

    assert store.jobs(ctx.store).find({"needs_a_look": True}, sort=store.NEWEST)[0] == []


def test_work_on_a_job_that_another_crew_has_now_is_this_crews(ctx, act, given, job_of):
    handlers.assign_job(ctx, given.id, OTHER, version=None, key=None, cause=BY_HAND)

    taken = do(phone.finish, ctx, given.id, act("c"), CLEARED)

    assert taken.ruling == "done-for-another-crew"
    assert (job_of().crew_id, store.jobs_of_crew(ctx.store, OTHER)) == (CREW, [])


def test_two_crews_that_finish_one_job_load_it_once(ctx, act, given, job_of):
    other = store.crews(ctx.store).get(OTHER)
    do(phone.finish, ctx, given.id, act("c"), CLEARED)

    second = do(phone.finish, ctx, given.id, act("d", crew=other), replace(CLEARED, size="tipper"))

    assert second.ruling == "noted-finished"
    assert (job_of().crew_id, job_of().size) == (CREW, "small-van")
    assert second.entry.said == {"size": "tipper"}


def test_evidence_from_a_cancelled_job_reaches_enforcement(ctx, act, given, job_of, photo):
    handlers.cancel_job(ctx, given.id, "not-ours", version=job_of().version, key=None, cause=BY_HAND)
    sent = Finish("not-found", evidence_photos=(photo, photo), letters=(photo,), evidence_note="In the second bag")

    do(phone.finish, ctx, given.id, act("c"), sent)

    assert job_of().state == "cancelled"
    assert events(ctx, given.id)[-1] == "job.evidence-found.v1"
    assert [parcel.holds for parcel in job_of().parcels] == ["photos", "letter"]


def test_photos_and_letters_are_sealed_each_in_a_parcel(ctx, act, given, job_of, photo, tmp_path):
    sent = replace(CLEARED, evidence_photos=(photo, photo), letters=(photo,), evidence_note="Two letters")

    do(phone.finish, ctx, given.id, act("c"), sent)

    sealed = {}
    for parcel in job_of().parcels:
        path = next(path for path in tmp_path.rglob("*") if path.name.startswith(parcel.parcel_key))
        sealed[parcel.holds] = open_parcel(path.read_bytes())
    assert [file.name for file in sealed["photos"].files] == ["crew-1.jpg", "crew-2.jpg"]
    assert [file.name for file in sealed["letter"].files] == ["letter-1.jpg"]
    assert (sealed["photos"].statement, sealed["letter"].statement) == ("Two letters", None)
    assert sealed["photos"].files[0].content == photo


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        (Finish("cleared"), "photo"),
        (Finish("vanished", no_photo_reason="camera-broken"), "outcome"),
        (replace(CLEARED, waste_type="asbestos"), "outcome"),
        (replace(CLEARED, photo=b"no picture", no_photo_reason=None), "photo"),
    ],
)
def test_what_is_incomplete_is_refused_and_leaves_nothing(ctx, act, given, job_of, sent, field):
    before = job_of()

    with pytest.raises(DomainError) as refusal:
        do(phone.finish, ctx, given.id, act("c"), sent)

    assert refusal.value.field == field
    assert job_of() == before
    assert list(ctx.blobs.keys(written_before=machine_now() + timedelta(days=1))) == []


def test_a_council_that_wants_a_photo_from_before_gets_one_or_a_reason(ctx, crew, given, clock, photo):
    strict = replace(ctx, council=replace(ctx.council, phone=Phone(needs_before_photo=True)))
    act = phone.act_of(strict, crew, "c", clock.now())

    with pytest.raises(DomainError, match="before the work") as refusal:
        do(phone.finish, strict, given.id, act, CLEARED)
    assert refusal.value.field == "before_photo"

    do(phone.finish, strict, given.id, act, replace(CLEARED, no_before_reason="people-in-view"))
    assert store.jobs(ctx.store).require(given.id).no_before_reason == "people-in-view"


def test_a_job_that_does_not_exist_is_refused(ctx, act):
    with pytest.raises(NotFound):
        do(phone.start, ctx, "no-such-job", act("b"))


def test_a_locked_gate_ends_the_visit_and_a_delay_does_not(ctx, act, given, job_of, photo):
    told = do(phone.report_trouble, ctx, given.id, act("x"), Trouble("delay", photo))
    assert (told.ruling, job_of().state) == ("noted-told", "assigned")
    assert ctx.blobs.exists(job_of().entries[-1].photo_keys[0])

    do(phone.report_trouble, ctx, given.id, act("y"), Trouble("alleygate-locked", photo))

    assert (job_of().state, job_of().waits_because) == ("deferred", "access-blocked")
    assert job_of().entries[-1].reason == "alleygate-locked"
    assert not job_of().entries[-1].is_open


def test_trouble_needs_a_photo_or_a_reason_and_a_code(ctx, act, given):
    with pytest.raises(DomainError, match="Add a photo"):
        do(phone.report_trouble, ctx, given.id, act("x"), Trouble("delay"))
    with pytest.raises(DomainError, match="Choose what is wrong"):
        do(phone.report_trouble, ctx, given.id, act("x"), Trouble("dragon", no_photo_reason="unsafe-to-stop"))


def test_a_shift_is_begun_once_and_ended_once_whatever_arrives_again(ctx, act, clock):
    begin = act("s")
    do(shift_day.sign_on, ctx, begin)
    clock.advance(timedelta(hours=8))
    do(shift_day.sign_off, ctx, act("e"), {})

    do(shift_day.sign_on, ctx, begin)
    assert store.current_shift(ctx.store, CREW) is None
    assert len(store.latest_shifts(ctx.store, CREW)) == 1

    clock.advance(timedelta(hours=15))
    do(shift_day.sign_on, ctx, act("s2"))
    do(shift_day.sign_off, ctx, act("e", ago=timedelta(hours=15)), {})
    assert store.current_shift(ctx.store, CREW)


def test_a_shift_that_nobody_ended_keeps_nobody_from_the_next(ctx, act, clock, pump):
    do(shift_day.sign_on, ctx, act("s"))
    clock.advance(timedelta(hours=13, minutes=59))
    pump.run_timers("scheduling.forget-shifts")
    assert store.current_shift(ctx.store, CREW), "the longest shift that there may be goes on"
    clock.advance(timedelta(hours=6))

    do(shift_day.sign_on, ctx, act("s2"))

    second, first = store.latest_shifts(ctx.store, CREW)
    assert (second.started_at, second.ended_at) == (clock.now(), None)
    assert (first.is_forgotten, first.ended_at - first.started_at) == (True, timedelta(hours=14))
    assert worked(first, clock.now()).worked_minutes is None
    do(shift_day.sign_on, ctx, act("s2"))
    assert len(store.latest_shifts(ctx.store, CREW)) == 2


def test_work_begins_a_shift_anew_where_the_last_was_forgotten(ctx, act, given, clock):
    do(shift_day.sign_on, ctx, act("s"))
    clock.advance(timedelta(hours=22))

    do(phone.start, ctx, given.id, act("a"))

    assert store.current_shift(ctx.store, CREW).started_at == clock.now()


def test_the_timer_ends_what_was_forgotten_and_the_crews_own_word_counts_for_more(ctx, act, given, job_of, clock, pump):
    do(shift_day.sign_on, ctx, act("s"))
    clock.advance(timedelta(hours=22))
    pump.run_timers("scheduling.forget-shifts")
    pump.run_timers("scheduling.forget-shifts")
    assert store.crews_on_shift(ctx.store) == frozenset()
    assert shift_events(ctx) == ["shift.started.v1", "shift.ended.v1"]

    # The phone was without a network from the end of the shift until the next morning.
    do(shift_day.sign_off, ctx, act("e", ago=timedelta(hours=14)), {given.id: "no-time"})

    shift = store.latest_shift(ctx.store, CREW)
    assert (shift.is_forgotten, shift.ended_at - shift.started_at) == (False, timedelta(hours=8))
    assert job_of().crew_id is None
    assert shift_events(ctx)[2:] == ["shift.ended.v1"]


def test_who_signs_off_the_next_morning_says_nothing_of_when_but_hands_back(ctx, act, given, job_of, clock, pump):
    do(shift_day.sign_on, ctx, act("s"))
    clock.advance(timedelta(hours=22))
    pump.run_timers("scheduling.forget-shifts")

    do(shift_day.sign_off, ctx, act("e"), {given.id: "no-time"})

    assert store.latest_shift(ctx.store, CREW).is_forgotten
    assert job_of().crew_id is None


def test_the_end_of_the_shift_hands_back_what_is_left_with_its_reason(ctx, act, given, job_of):
    do(shift_day.sign_on, ctx, act("s"))
    with pytest.raises(DomainError, match="Say why"):
        do(shift_day.sign_off, ctx, act("e"), {})
    with pytest.raises(DomainError, match="Say why"):
        do(shift_day.sign_off, ctx, act("e"), {given.id: "bored"})
    assert job_of().crew_id == CREW

    do(shift_day.sign_off, ctx, act("e"), {given.id: "vehicle-full"})
    do(shift_day.sign_off, ctx, act("e"), {given.id: "vehicle-full"})

    assert (job_of().state, job_of().crew_id) == ("open", None)
    assert [(entry.kind, entry.reason) for entry in job_of().entries] == [("hand-back", "vehicle-full")]


def test_a_break_belongs_to_a_shift(ctx, act):
    with pytest.raises(DomainError, match="not on shift"):
        do(shift_day.begin_a_break, ctx, act("b"))
    do(shift_day.sign_on, ctx, act("s"))

    do(shift_day.begin_a_break, ctx, act("b"))
    do(shift_day.begin_a_break, ctx, act("b"))
    do(shift_day.end_a_break, ctx, act("c"))

    taken = store.current_shift(ctx.store, CREW).breaks
    assert [(one.id, one.ended_by) for one in taken] == [("b", "c")]


def test_a_defect_that_stops_a_vehicle_takes_it_off_the_road_once(ctx, act, crew, photo):
    check = do(shift_day.check_vehicle, ctx, act("k"), ["lights", "brakes"], "Pedal is soft", photo)
    again = do(shift_day.check_vehicle, ctx, act("k"), [], "", None)

    vehicle = store.vehicles(ctx.store).require(crew.vehicle_id)
    assert again == check
    assert (check.keeps_in, check.is_open, vehicle.state) == (True, True, "off-road")
    shift_day.settle_check(ctx, check.id, cause=BY_HAND)
    assert not store.vehicle_checks(ctx.store).require(check.id).is_open


def test_a_check_without_a_defect_waits_for_nobody(ctx, act, crew):
    check = do(shift_day.check_vehicle, ctx, act("k"), [], "", None)

    assert not check.is_open
    assert store.vehicles(ctx.store).require(crew.vehicle_id).state == "on-road"
    with pytest.raises(DomainError, match="from the list"):
        do(shift_day.check_vehicle, ctx, act("l"), ["wings"], "", None)


def test_what_is_handed_over_is_kept_whole_even_with_a_photo_that_is_none(ctx, act, given, job_of, photo):
    evidence = Finish("refused", letters=(photo,))
    handed = HandedOver(
        "finish", given.id, "The photo is damaged", {"outcome": "cleared"}, (photo, b"broken"), evidence
    )

    note = do(shift_day.hand_over, ctx, act("h"), handed)
    assert do(shift_day.hand_over, ctx, act("h"), handed) == note

    assert [ctx.blobs.get(key) == b"broken" for key in note.photo_keys] == [False, True]
    assert note.said == {"outcome": "cleared"}
    assert [parcel.holds for parcel in job_of().parcels] == ["letter"]
    shift_day.settle_note(ctx, note.id, cause=BY_HAND)
    assert store.crew_notes(ctx.store).find({"is_open": True}, sort=store.NEWEST_RECEIVED)[0] == []


def test_a_look_at_the_list_is_a_receipt_and_the_next_look_none(ctx, given, job_of):
    mark_seen(ctx, CREW, cause=BY_HAND)
    seen = job_of()
    mark_seen(ctx, CREW, cause=BY_HAND)

    assert seen.seen_at == ctx.clock.now()
    assert job_of() == seen
    assert events(ctx, given.id).count("job.amended.v1") == 1


def test_a_photos_own_place_and_time_are_compared_and_taken_out_of_what_is_shown(ctx, given):
    taken = exif_photo("2026:11:17 10:35:00", given.lat + 0.002, given.lon)

    fit = proof.look_at(taken, given, at=ctx.clock.now(), position=(given.lat, given.lon))

    assert (fit.minutes, fit.source) == (-5, "photo")
    assert fit.metres == pytest.approx(222, abs=5)
    shown = ctx.blobs.get(proof.keep_photo(ctx, taken))
    assert not Image.open(io.BytesIO(shown)).getexif()


def test_how_well_photos_fit_is_forgotten_in_time_and_the_photos_stay(ctx, act, given, job_of, photo, clock):
    do(phone.finish, ctx, given.id, act("c"), replace(CLEARED, photo=photo, no_photo_reason=None))
    clock.advance(timedelta(days=ctx.council.phone.proof_days - 1))
    proof.forget_proofs(ctx)
    assert job_of().proof is not None

    clock.advance(timedelta(days=2))
    proof.forget_proofs(ctx)

    assert job_of().proof is None
    assert ctx.blobs.exists(job_of().photo_key)


def test_photos_of_every_kind_are_kept_from_the_sweep(ctx, act, given, photo, monkeypatch):
    do(phone.arrive, ctx, given.id, act("a"), Arrival(photo))
    do(shift_day.check_vehicle, ctx, act("k"), ["lights"], "", exif_photo("2026:11:17 10:00:00", 53.4, -2.9))
    orphan = ctx.blobs.put(b"nobody names this")
    monkeypatch.setattr(proof, "machine_now", lambda: machine_now() + timedelta(days=2))

    proof.sweep_photos(ctx)

    assert not ctx.blobs.exists(orphan)
    kept = store.jobs(ctx.store).require(given.id).photo_keys + store.vehicle_checks(ctx.store).require("k").photo_keys
    assert len(kept) == 2
    assert all(ctx.blobs.exists(key) for key in kept)


def exif_photo(taken, lat, lon):
    """Return a photo that says when and where it was taken."""
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = taken
    degrees = lambda value: (int(value), int(value * 60 % 60), round(value * 3600 % 60, 3))  # noqa: E731
    exif.get_ifd(0x8825).update({1: "N", 2: degrees(lat), 3: "W" if lon < 0 else "E", 4: degrees(abs(lon))})
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), (190, 110, 100)).save(buffer, "JPEG", exif=exif)
    return buffer.getvalue()
