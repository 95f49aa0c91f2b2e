import re
from datetime import timedelta

import pytest

from services.scheduling import handlers, store, tipping
from services.scheduling.handlers import Finish
from shared.contracts.envelope import Cause
from tests.unit.services.scheduling.test_standings import put

CREW, OTHER = "crew-north-1", "crew-north-2"
SITE = "dock-road-transfer"
BY_HAND = Cause()


@pytest.fixture
def supervisor(browser):
    return browser("supervisor")


@pytest.fixture
def given(ctx, job):
    handlers.start_shift(ctx, CREW, cause=BY_HAND)
    handlers.start_shift(ctx, OTHER, cause=BY_HAND)
    return handlers.assign_job(ctx, job.id, CREW, version=None, key=None, cause=BY_HAND)


@pytest.fixture
def done(ctx, given):
    handlers.start_job(ctx, given.id, version=None, key=None, cause=BY_HAND)
    said = Finish("cleared", "white-goods", "back-alleyway", "transit-van", "camera-broken")
    return handlers.complete_job(ctx, given.id, said, version=None, key=None, cause=BY_HAND)


def words(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)))


def hidden(answer):
    """Return the hidden fields of the form that confirms."""
    form = re.search(r"<form[^>]*data-move-confirm.*?</form>", answer.get_data(as_text=True), re.DOTALL)[0]
    return dict(re.findall(r'name="(version|crew_id|place|sheet|idempotency_key)" value="([^"]*)"', form))


def shown_move(client, job, crew_id=OTHER, place=0):
    return client.get(f"/dispatch/jobs/{job.id}/move?crew_id={crew_id}&place={place}")


# --- rounds ---------------------------------------------------------------------------------------------------------


def test_the_board_shows_each_round_with_times_and_whether_it_was_seen(supervisor, browser, given):
    shown = words(supervisor.get("/dispatch"))
    assert re.search(r"\d+:\d\d[ap]m", shown)
    assert "1 not seen yet" in shown

    assert browser("crew", crew_id=CREW).get("/crew").status_code == 200

    assert "all seen" in words(supervisor.get("/dispatch"))


def test_a_supervisor_who_looks_at_a_phone_is_no_receipt(supervisor, given, job_of):
    assert supervisor.get(f"/crew?crew={CREW}").status_code == 200
    assert job_of().seen_at is None


def test_a_crews_page_and_its_sheet_show_the_round_and_no_resident(supervisor, given):
    assert given.reference in words(supervisor.get(f"/dispatch/crews/{CREW}"))
    sheet = words(supervisor.get(f"/dispatch/crews/{CREW}/sheet"))
    assert given.reference in sheet
    assert "Outcome ____" in sheet
    assert "@" not in sheet


def round_of(answer, crew_id):
    """Return a crew's round on the board, in words."""
    html = answer.get_data(as_text=True)
    return re.sub(
        r"\s+", " ", re.sub(r"<[^>]+>", " ", html.partition(f'id="round-{crew_id}"')[2].partition('id="round-')[0])
    )


def test_a_contractor_has_no_shift_to_be_off(supervisor):
    board = supervisor.get("/dispatch")
    assert "Contractor" in round_of(board, "contractor-asbestos")
    assert "Off shift" not in round_of(board, "contractor-asbestos")
    assert "Off shift" in round_of(board, CREW)
    assert "Off shift" not in words(supervisor.get("/dispatch/crews/contractor-asbestos"))


def test_a_crew_that_never_signed_off_is_told_from_one_at_work(ctx, supervisor, clock, given, pump):
    clock.advance(timedelta(hours=14, minutes=30))
    pump.run_timers("scheduling.forget-shifts")

    board = supervisor.get("/dispatch")

    assert "Off shift" in round_of(board, CREW)
    assert "On shift" not in round_of(board, CREW)


def test_as_a_minute_passes_no_round_is_sent_anew(supervisor, clock, given):
    live = supervisor.get("/dispatch/live").get_data(as_text=True)
    known = ";".join(f"{name}={mark}" for name, mark in re.findall(r'<div id="([^"]+)" data-mark="([^"]+)"', live))
    clock.advance(timedelta(minutes=1))

    news = supervisor.get("/dispatch/live", headers={"X-Known-Parts": known}).get_data(as_text=True)

    changed = re.findall(r'<div id="([^"]+)" data-mark', news)
    assert "live-scale" in changed
    assert "live-plans" not in changed
    assert f"round-{OTHER}" not in changed


def test_an_unknown_crew_has_no_page(supervisor):
    assert supervisor.get("/dispatch/crews/nobody").status_code == 404
    assert supervisor.get("/dispatch/crews/nobody/sheet").status_code == 404


@pytest.mark.parametrize("path", ["jobs/{job}/move", "crews/{crew}/absence", "vehicles/tipper-101/off-road"])
def test_a_manager_changes_nothing(browser, given, path):
    manager = browser("manager")
    address = f"/dispatch/{path.format(job=given.id, crew=CREW)}"

    assert manager.get(address).status_code == 403
    assert manager.post(address).status_code == 403
    assert manager.get(f"/dispatch/crews/{CREW}").status_code == 200


# --- moving ---------------------------------------------------------------------------------------------------------


def test_what_it_changes_is_shown_before_it_is_confirmed(supervisor, given, job_of):
    shown = shown_move(supervisor, given)

    assert "What it changes" in words(shown)
    assert "minutes more" in words(shown)
    assert "of 1,020 kg" in words(shown)
    assert job_of().crew_id == CREW

    moved = supervisor.post(f"/dispatch/jobs/{given.id}/move", data=hidden(shown))

    assert moved.status_code == 303
    assert job_of().crew_id == OTHER


def test_the_panel_of_the_board_is_answered_with_the_parts_that_changed(supervisor, given):
    shown = supervisor.get(f"/dispatch/jobs/{given.id}/move?crew_id={OTHER}&place=0", headers={"X-Part": "move"})
    assert "<html" not in shown.get_data(as_text=True)

    moved = supervisor.post(f"/dispatch/jobs/{given.id}/move", data=hidden(shown), headers={"X-Part": "move"})

    text = moved.get_data(as_text=True)
    assert re.search(r'<p data-told="[^"]* is now with [^"]*" data-moved="', text)
    assert f'id="round-{OTHER}"' in text


def test_two_supervisors_in_conflict_are_told_what_happened_and_asked_again(browser, given, job_of):
    one, two = browser("supervisor"), browser("supervisor")
    seen_by_one, seen_by_two = shown_move(one, given), shown_move(two, given, "crew-north-hit")
    two.post(f"/dispatch/jobs/{given.id}/move", data=hidden(seen_by_two))

    answer = one.post(f"/dispatch/jobs/{given.id}/move", data=hidden(seen_by_one))

    assert answer.status_code == 409
    assert "It is now with" in words(answer)
    assert "Nothing was done" in words(answer)
    assert job_of().crew_id == "crew-north-hit"
    again = one.post(f"/dispatch/jobs/{given.id}/move", data=hidden(answer))
    assert again.status_code == 303
    assert job_of().crew_id == OTHER


def test_a_round_that_changed_meanwhile_is_shown_again(browser, given, make_job, ctx, job_of):
    one = browser("supervisor")
    shown = shown_move(one, given)
    other = make_job("0199d7b2-0000-7000-8000-00000000000c")
    handlers.assign_job(ctx, other.id, OTHER, version=None, key=None, cause=BY_HAND)

    answer = one.post(f"/dispatch/jobs/{given.id}/move", data=hidden(shown))

    assert answer.status_code == 409
    assert "changed the round of" in words(answer)
    assert job_of().crew_id == CREW


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"crew_id": ""}, "Choose a crew"),
        ({"crew_id": "nobody"}, "Choose a crew"),
        ({"place": "x"}, "Choose a place"),
    ],
)
def test_a_move_that_can_not_be_read_says_so(supervisor, given, job_of, change, told):
    sent = {**hidden(shown_move(supervisor, given)), **change}

    answer = supervisor.post(f"/dispatch/jobs/{given.id}/move", data=sent)

    assert answer.status_code == 400
    assert told in words(answer)
    assert job_of().crew_id == CREW


def test_a_refusal_shows_no_button(supervisor, given, ctx, job_of):
    handlers.hold_job(ctx, given.id, version=job_of().version, key=None, cause=BY_HAND)

    shown = shown_move(supervisor, given)

    assert "It can’t go to" in words(shown)
    assert "data-move-confirm" not in shown.get_data(as_text=True)


def test_an_open_job_is_offered_its_best_places(supervisor, given, make_job):
    urgent = make_job("0199d7b2-0000-7000-8000-00000000000c", priority=1)

    shown = supervisor.get(f"/dispatch/jobs/{urgent.id}/move")

    assert "Best places now" in words(shown)
    assert f"crew_id={OTHER}" in shown.get_data(as_text=True)


def test_a_finished_job_can_not_be_moved(supervisor, done):
    shown = words(shown_move(supervisor, done))

    assert "can’t be moved" in shown
    assert "Now with" not in shown


# --- dropping out, diverting ----------------------------------------------------------------------------------------


def test_absence_takes_two_actions_and_is_taken_back(supervisor, given, job_of):
    assert given.reference in words(supervisor.get(f"/dispatch/crews/{CREW}/absence"))
    answer = supervisor.post(f"/dispatch/crews/{CREW}/absence", data={"reason": "sickness"})

    assert answer.status_code == 303
    assert job_of().state == "open"
    assert "1 stop went back" in words(supervisor.get(answer.location))
    assert "Absent" in words(supervisor.get("/dispatch"))
    supervisor.post(f"/dispatch/crews/{CREW}/absence/end")
    assert "Absent" not in words(supervisor.get("/dispatch"))


def test_an_absence_without_a_reason_is_asked_for(supervisor, given, job_of):
    answer = supervisor.post(f"/dispatch/crews/{CREW}/absence")

    assert answer.status_code == 400
    assert "Choose why the crew is not there" in words(answer)
    assert job_of().state == "assigned"


def test_a_vehicle_goes_off_the_road_and_back(supervisor, given, job_of, ctx):
    vehicle_id = store.crews(ctx.store).require(CREW).vehicle_id
    assert given.reference in words(supervisor.get(f"/dispatch/vehicles/{vehicle_id}/off-road"))

    answer = supervisor.post(f"/dispatch/vehicles/{vehicle_id}/off-road")

    assert job_of().state == "open"
    assert "is off the road" in words(supervisor.get(answer.location))
    supervisor.post(f"/dispatch/vehicles/{vehicle_id}/on-road")
    assert "is on the road again" in words(supervisor.get(f"/dispatch/crews/{CREW}"))


def test_a_diverted_crew_without_times_is_shown_as_sent_too(ctx, supervisor, given):
    handlers.end_shift(ctx, CREW, cause=BY_HAND)
    for row in ("p-001", "p-002"):
        put(ctx, "absences", person_id=row, from_on="2026-11-17", to_on="", kind="unplanned")

    supervisor.post(f"/dispatch/crews/{CREW}/divert", data={"site_id": SITE})

    assert f"before {given.reference}" in words(supervisor.get(f"/dispatch/crews/{CREW}"))
    assert "Tip at Dock Road" in words(supervisor.get(f"/dispatch/crews/{CREW}/sheet"))
    assert "tip first" in round_of(supervisor.get("/dispatch"), CREW)


def test_a_crew_is_diverted_and_sees_it(supervisor, browser, given):
    supervisor.post(f"/dispatch/crews/{CREW}/divert", data={"site_id": SITE})

    assert "Tip first at Dock Road" in words(browser("crew", crew_id=CREW).get(f"/crew/jobs/{given.id}"))
    assert "Tip first at Dock Road" in words(browser("crew", crew_id=CREW).get("/crew"))
    supervisor.post(f"/dispatch/crews/{CREW}/divert", data={"back": "yes"})
    assert "Tip first" not in words(browser("crew", crew_id=CREW).get(f"/crew/jobs/{given.id}"))


def test_a_diversion_is_news_to_the_crew_until_it_looks_and_over_when_it_has_tipped(
    ctx, supervisor, browser, given, make_job, clock
):
    crew = browser("crew", crew_id=CREW)
    finished = make_job("0199d7b2-0000-7000-8000-00000000000c")
    handlers.assign_job(ctx, finished.id, CREW, version=None, key=None, cause=BY_HAND)
    handlers.start_job(ctx, finished.id, version=None, key=None, cause=BY_HAND)
    done = handlers.Finish("cleared", no_photo_reason="camera-broken")
    handlers.complete_job(ctx, finished.id, done, version=None, key=None, cause=BY_HAND)
    crew.get("/crew")
    assert store.jobs(ctx.store).require(given.id).seen_at is not None

    supervisor.post(f"/dispatch/crews/{CREW}/divert", data={"site_id": SITE})
    assert store.jobs(ctx.store).require(given.id).seen_at is None
    crew.get("/crew")
    assert store.jobs(ctx.store).require(given.id).seen_at is not None

    kept = crew.get("/crew/round").json["pages"][f"/crew/jobs/{given.id}"]
    clock.advance(timedelta(minutes=20))
    vehicle_id = store.jobs(ctx.store).require(given.id).vehicle_id
    tipping.tip_vehicle(ctx, vehicle_id, SITE, crew_id=CREW, key="t", cause=BY_HAND)
    for path in ("/crew", f"/crew/jobs/{given.id}"):
        assert "Tip first" not in words(crew.get(path))
    assert crew.get("/crew/round").json["pages"][f"/crew/jobs/{given.id}"] != kept


@pytest.mark.parametrize(("crew", "site"), [(CREW, ""), (CREW, "nowhere"), (OTHER, SITE)])
def test_a_diversion_that_can_not_be_says_why(supervisor, given, crew, site):
    assert supervisor.post(f"/dispatch/crews/{crew}/divert", data={"site_id": site}).status_code == 400


# --- proof and parts ------------------------------------------------------------------------------------------------


def test_proof_is_sent_back_and_the_crew_reads_why(supervisor, browser, done, job_of):
    supervisor.post(f"/dispatch/jobs/{done.id}/proof/return", data={"version": done.version, "reason": "photo-unclear"})

    assert "The photo does not show the work" in words(browser("crew", crew_id=CREW).get(f"/crew/jobs/{done.id}"))
    assert job_of().state == "assigned"


def test_proof_is_approved_and_then_stays(supervisor, done, job_of):
    supervisor.post(f"/dispatch/jobs/{done.id}/proof", data={"version": done.version})
    answer = supervisor.post(
        f"/dispatch/jobs/{done.id}/proof/return", data={"version": job_of().version, "reason": "photo-unclear"}
    )

    assert answer.status_code == 400
    assert "approved already" in words(answer)


def test_a_job_is_split_on_its_page(supervisor, job, job_of):
    sent = {"version": job.version, "part_size": "car-boot", "kept_size": "car-boot"}

    assert supervisor.post(f"/dispatch/jobs/{job.id}/split", data=sent).status_code == 303
    assert "The other part of this visit" in words(supervisor.get(f"/dispatch/jobs/{job.id}"))


def test_a_split_that_is_too_much_says_how_much(supervisor, job, job_of):
    sent = {"version": job.version, "part_size": "small-van", "kept_size": "small-van"}
    answer = supervisor.post(f"/dispatch/jobs/{job.id}/split", data=sent)

    assert answer.status_code == 400
    assert "would be about 500 kg" in words(answer)
    assert job_of() == job


@pytest.mark.parametrize("action", ["hold", "proof", "split", "defer", "cancel"])
def test_an_old_version_does_nothing_and_says_what_the_job_is_now(supervisor, job, job_of, ctx, action):
    handlers.assign_job(ctx, job.id, CREW, version=None, key=None, cause=BY_HAND)
    sent = {"version": job.version, "reason": "weather" if action == "defer" else "duplicate"}
    sent |= {"part_size": "car-boot", "kept_size": "car-boot"}

    answer = supervisor.post(f"/dispatch/jobs/{job.id}/{action}", data=sent)

    assert answer.status_code == 409
    assert "It is now with" in words(answer)
    assert job_of().state == "assigned"
