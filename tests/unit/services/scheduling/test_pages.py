import io
import re

import pytest

from services.scheduling import handlers, planning, store
from services.scheduling.domain.job import Reason
from services.scheduling.web.board import _revision
from services.scheduling.web.words import reason_words
from shared.contracts.envelope import Cause

CREW = "crew-north-1"
BY_HAND = Cause()


@pytest.fixture
def supervisor(browser):
    return browser("supervisor")


@pytest.fixture
def crew(browser):
    return browser("crew", crew_id=CREW)


@pytest.fixture
def given(ctx, job):
    return handlers.assign_job(ctx, job.id, CREW, version=None, key=None, cause=BY_HAND)


@pytest.fixture
def begun(ctx, given):
    return handlers.start_job(ctx, given.id, version=None, key=None, cause=BY_HAND)


def words(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)))


# --- the board ------------------------------------------------------------------------------------------------------


def test_the_public_is_sent_to_sign_in(app):
    assert app.test_client().get("/dispatch").status_code == 303


@pytest.mark.parametrize("role", ["crew", "officer", "contact-centre"])
def test_the_board_is_for_supervisors_and_managers(browser, role):
    assert browser(role).get("/dispatch").status_code == 403


def test_the_board_shows_a_job_with_why(supervisor, job):
    shown = words(supervisor.get("/dispatch"))

    assert job.reference in shown
    assert "This is the usual time for fly-tipping" in shown
    assert "To assign 1" in shown


@pytest.mark.parametrize(
    ("rule", "value", "told"),
    [
        ("repeat", "3-in-60-days", "It keeps coming back at this place, and waste draws more waste"),
        ("size", "tipper", "It is a large amount, and large tips grow"),
        ("usual-graffiti", None, "This is the usual time for graffiti and fly-posting"),
        ("taken-out-since", "yes", "Taken out since"),
    ],
)
def test_a_reason_is_told_in_the_words_of_its_rule(ctx, rule, value, told):
    assert reason_words(ctx.council, Reason(rule, value)) == told


def test_a_manager_sees_the_board_and_changes_nothing(browser, job):
    manager = browser("manager")

    shown = manager.get("/dispatch").get_data(as_text=True)
    assert 'name="job"' not in shown
    assert "dispatch-job__pick" not in shown
    assert "No plan yet." in shown
    assert manager.post("/dispatch/assign", data={"job": f"{job.id}:1", "crew_id": CREW}).status_code == 403


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("neighbourhood=kirkdale-and-everton", True),
        ("neighbourhood=city-centre", False),
        ("state=open", True),
        ("state=started", False),
        ("priority=3", True),
        ("only=overdue", False),
        ("only=held", False),
        ("depot=south", False),
    ],
)
def test_the_board_is_filtered(supervisor, job, query, shown):
    assert (job.reference in words(supervisor.get(f"/dispatch?{query}"))) is shown


def test_a_job_is_found_by_its_reference_as_people_type_it(supervisor, job, make_job):
    make_job("0199d7b2-0000-7000-8000-00000000000c")
    typed = job.reference.lower()

    assert f"{job.reference} " in words(supervisor.get(f"/dispatch?reference={typed}"))
    assert job.reference not in words(supervisor.get("/dispatch?reference=FT-ZZZZZZZZ"))


def test_an_overdue_job_says_by_how_much(supervisor, job, clock):
    from datetime import timedelta

    clock.advance(timedelta(days=2, hours=3))

    assert "Overdue by 3 hours" in words(supervisor.get("/dispatch?only=overdue"))


def test_jobs_for_a_crew_off_shift_are_given_with_a_word_about_it(supervisor, job, ctx):
    answer = supervisor.post("/dispatch/assign", data={"job": f"{job.id}:1", "crew_id": CREW})

    assert "is not on shift" in words(supervisor.get(answer.location))


def test_selected_jobs_are_given_to_a_crew(supervisor, job, make_job, job_of):
    other = make_job("0199d7b2-0000-7000-8000-00000000000c")
    sent = {"job": [f"{job.id}:1", f"{other.id}:1"], "crew_id": CREW, "depot": "north"}

    answer = supervisor.post("/dispatch/assign", data=sent)

    assert (answer.status_code, answer.location) == (303, "/dispatch?depot=north")
    shown = supervisor.get("/dispatch").get_data(as_text=True)
    assert '<p class="govuk-notification-banner__heading">2 jobs are now with North street crew 1.</p>' in shown
    assert job_of().crew_id == CREW


def test_a_job_that_was_changed_meanwhile_is_named_and_the_others_go(supervisor, job, make_job, ctx):
    other = make_job("0199d7b2-0000-7000-8000-00000000000d")
    handlers.hold_job(ctx, other.id, version=1, key=None, cause=BY_HAND)

    supervisor.post("/dispatch/assign", data={"job": [f"{job.id}:1", f"{other.id}:1"], "crew_id": CREW})

    shown = words(supervisor.get("/dispatch"))
    assert "1 job is now with North street crew 1." in shown
    assert f"{other.reference} was changed by somebody else" in shown


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"crew_id": CREW}, "Select at least one job"),
        ({"job": "x:1"}, "Choose a crew"),
        ({"job": "x:1", "crew_id": "nobody"}, "Choose a crew"),
        ({"job": "x:1", "crew_id": CREW}, "This job does not exist any more"),
    ],
)
def test_an_incomplete_assignment_says_what_is_missing(supervisor, job, sent, told):
    answer = supervisor.post("/dispatch/assign", data=sent)

    assert answer.status_code == 400
    assert "There is a problem" in words(answer)
    assert told in words(answer)


def test_what_was_selected_stays_selected_after_an_error(supervisor, job):
    answer = supervisor.post("/dispatch/assign", data={"job": f"{job.id}:1"})

    assert re.search(rf'value="{job.id}:1" checked', answer.get_data(as_text=True))


def test_the_live_parts_are_those_of_the_page(supervisor, job):
    live = supervisor.get("/dispatch/live?state=open").get_data(as_text=True)

    assert all(f'id="live-{part}"' in live for part in ("figures", "scale", "open", "map", "plans"))
    assert f'id="round-{CREW}"' in live
    assert job.reference in live


def test_only_parts_that_the_browser_does_not_have_are_sent(supervisor, job):
    live = supervisor.get("/dispatch/live").get_data(as_text=True)
    known = ";".join(f"{name}={mark}" for name, mark in re.findall(r'<div id="([^"]+)" data-mark="([^"]+)"', live))

    assert supervisor.get("/dispatch/live", headers={"X-Known-Parts": known}).get_data(as_text=True) == ""

    supervisor.post("/dispatch/assign", data={"job": f"{job.id}:1", "crew_id": CREW})
    news = supervisor.get("/dispatch/live", headers={"X-Known-Parts": known}).get_data(as_text=True)
    changed = re.findall(r'<div id="([^"]+)" data-mark', news)
    assert f"round-{CREW}" in changed
    assert "live-open" in changed
    assert "round-crew-north-2" not in changed


def revision_of(supervisor):
    """Return the revision that the stream begins with."""
    answer = supervisor.get("/dispatch/stream")
    frames = iter(answer.response)
    texts = [next(frames), next(frames)]
    answer.close()
    said = "".join(text.decode() if isinstance(text, bytes) else text for text in texts)
    return re.search(r'"revision":"([^"]+)"', said)[1]


def test_the_stream_gives_the_revision(supervisor, job, ctx):
    assert revision_of(supervisor).startswith(f"{ctx.store.log.last_position()}-")


def test_the_stream_tells_of_what_no_event_tells(app, ctx, job):
    with app.app_context():
        before, position = _revision(ctx), ctx.store.log.last_position()
        plan = planning.request_plan(ctx, "north", by="sam", cause=BY_HAND)
        asked = _revision(ctx)
        planning.discard_plan(ctx, plan.id, cause=BY_HAND)

        assert len({before, asked, _revision(ctx)}) == 3
        assert ctx.store.log.last_position() == position


# --- one job --------------------------------------------------------------------------------------------------------


def test_a_job_is_held_released_put_off_given_and_cancelled(supervisor, job, job_of):
    path = f"/dispatch/jobs/{job.id}"
    for action, sent, state, held in (
        ("hold", {}, "open", True),
        ("release", {}, "open", False),
        ("defer", {"reason": "weather", "until": "2026-11-19"}, "deferred", False),
        ("assign", {"crew_id": CREW}, "assigned", False),
        ("cancel", {"reason": "not-ours"}, "cancelled", False),
    ):
        answer = supervisor.post(f"{path}/{action}", data={"version": job_of().version, **sent})
        assert answer.status_code == 303, words(answer)
        assert (job_of().state, job_of().held) == (state, held)
        assert supervisor.get(path).status_code == 200


@pytest.mark.parametrize(
    ("action", "sent", "told"),
    [
        ("assign", {}, "Choose a crew"),
        ("defer", {}, "Choose why it has to wait"),
        ("defer", {"reason": "weather", "until": "2020-01-01"}, "The day must be today or later"),
        ("cancel", {}, "Choose why it is cancelled"),
    ],
)
def test_a_refused_action_shows_the_job_with_the_reason(supervisor, job, action, sent, told):
    answer = supervisor.post(f"/dispatch/jobs/{job.id}/{action}", data={"version": 1, **sent})

    assert answer.status_code == 400
    assert told in words(answer)


def test_an_action_on_what_somebody_else_changed_is_a_conflict(supervisor, given):
    answer = supervisor.post(f"/dispatch/jobs/{given.id}/hold", data={"version": 1})

    assert answer.status_code == 409
    assert "Somebody else changed this" in words(answer)


def test_an_unknown_job_is_not_found(supervisor):
    assert supervisor.get("/dispatch/jobs/none").status_code == 404


def test_a_plan_is_asked_for_and_looked_at(supervisor, job):
    answer = supervisor.post("/dispatch/depots/north/plans")

    assert "The planner is working out the rounds" in words(supervisor.get(answer.location))


# --- the phone ------------------------------------------------------------------------------------------------------


def test_a_crew_sees_its_stops(crew, given):
    shown = words(crew.get("/crew"))

    assert "1 stop to do" in shown
    assert "Furniture, mattress or other household items" in shown


def test_a_crew_without_stops_is_told_so(crew):
    assert "Nothing on your list" in words(crew.get("/crew"))


def test_somebody_without_a_crew_is_told_how_to_get_one(browser):
    assert "You are not signed in for a crew" in words(browser("crew").get("/crew"))


def test_a_supervisor_chooses_a_crew_and_keeps_it(supervisor, given):
    assert "North street crew 1" in words(supervisor.get("/crew"))

    shown = supervisor.get(f"/crew?crew={CREW}").get_data(as_text=True)

    assert f"/crew/jobs/{given.id}?crew={CREW}" in shown
    assert '<a href="/crew" class="govuk-back-link">Crews’ phones</a>' in shown
    assert "What you do here is done for it." in shown


def test_a_crew_has_no_way_to_other_crews_phones(crew, given):
    assert "Crews’ phones" not in words(crew.get("/crew"))


def test_another_crews_stop_is_not_shown(browser, given):
    assert browser("crew", crew_id="crew-north-2").get(f"/crew/jobs/{given.id}").status_code == 404


def test_a_shift_starts_and_ends(crew, ctx):
    crew.post("/crew/shift")
    assert store.current_shift(ctx.store, CREW)

    crew.post("/crew/end")

    assert store.current_shift(ctx.store, CREW) is None


def test_a_shift_does_not_end_before_every_job_left_has_a_reason(crew, begun, ctx, job_of):
    assert "You have started it" in words(crew.get("/crew/end"))

    answer = crew.post("/crew/end")

    assert answer.status_code == 400
    assert f"Say why {begun.reference} was not done" in words(answer)
    assert store.current_shift(ctx.store, CREW)

    assert crew.post("/crew/end", data={f"reason-{begun.id}": "vehicle-full"}).status_code == 303
    assert store.current_shift(ctx.store, CREW) is None
    assert (job_of().state, job_of().crew_id) == ("open", None)


def test_a_crew_starts_and_finishes_with_a_photo(crew, given, photo, job_of):
    crew.post(f"/crew/jobs/{given.id}/start")
    assert 'value="small-van" checked' in crew.get(f"/crew/jobs/{given.id}/finish").get_data(as_text=True)
    sent = {
        "outcome": "cleared",
        "waste_type": "tyres",
        "land_type": "highway",
        "size": "car-boot",
        "photo": (io.BytesIO(photo), "after.jpg"),
    }

    answer = crew.post(f"/crew/jobs/{given.id}/finish", data=sent, content_type="multipart/form-data")

    assert answer.status_code == 303
    assert "About 60 kg are now on your vehicle" in words(crew.get(answer.location))
    assert (job_of().waste_type, job_of().estimated_kg) == ("tyres", 60)


def test_news_of_the_report_does_not_cost_a_crew_what_it_wrote(crew, begun, ctx, job_of):
    from services.scheduling.subscriptions import TICKETS

    from .events import deliver, ticket_event

    deliver(ctx, ticket_event(begun.id, 10), TICKETS)
    assert job_of().version > begun.version

    answer = crew.post(f"/crew/jobs/{begun.id}/finish", data={"outcome": "not-found"})

    assert answer.status_code == 303


@pytest.mark.parametrize(
    ("sent", "told"),
    [({}, "Choose what happened"), ({"outcome": "cleared"}, "Add a photo, or say why there is none")],
)
def test_an_incomplete_finish_says_what_is_missing_and_keeps_the_answers(crew, begun, sent, told):
    answer = crew.post(f"/crew/jobs/{begun.id}/finish", data={"evidence_note": "A letter", **sent})

    assert answer.status_code == 400
    assert told in words(answer)
    assert "A letter" in words(answer)


def test_a_held_stop_can_not_be_started(crew, ctx, given):
    handlers.hold_job(ctx, given.id, version=given.version, key=None, cause=BY_HAND)

    assert "Leave everything where it is" in words(crew.get(f"/crew/jobs/{given.id}"))
    crew.post(f"/crew/jobs/{given.id}/start")

    assert "this job is held for enforcement" in words(crew.get("/crew"))
    assert store.jobs(ctx.store).require(given.id).state == "assigned"


def test_the_place_of_a_found_tip_is_searched_by_name(crew, ctx):
    place = ctx.council.gazetteer.places[0]

    shown = crew.get(f"/crew/found?q={place.name[:6]}").get_data(as_text=True)

    assert f"place={place.id}" in shown


def test_a_place_that_nobody_knows_is_said(crew):
    assert "No place is called" in words(crew.get("/crew/found?q=zzzz"))


FOUND = {"waste_type": "tyres", "land_type": "highway", "size": "small-van"}


def test_a_found_tip_goes_on_the_list(crew, ctx):
    answer = crew.post("/crew/found", data={**FOUND, "place": ctx.council.gazetteer.places[0].id, "cleared": "no"})

    assert "It is on your list" in words(crew.get(answer.location))
    assert ctx.council.gazetteer.places[0].name in words(crew.get("/crew"))


def test_a_found_tip_is_cleared_in_the_same_form_once(crew, ctx):
    sent = {
        **FOUND,
        "place": ctx.council.gazetteer.places[0].id,
        "cleared": "yes",
        "no_photo_reason": "camera-broken",
        "idempotency_key": "one-form",
    }

    first = crew.post("/crew/found", data=sent)
    again = crew.post("/crew/found", data=sent)

    assert first.location == again.location
    jobs, _ = store.jobs(ctx.store).find({"state": "completed"}, sort=store.NEWEST)
    assert [(job.channel, job.estimated_kg) for job in jobs] == [("crew", 250)]


def test_asbestos_that_was_found_is_recorded_and_never_cleared(crew, ctx):
    sent = {
        **FOUND,
        "waste_type": "asbestos",
        "place": ctx.council.gazetteer.places[0].id,
        "no_photo_reason": "camera-broken",
    }

    refused = crew.post("/crew/found", data={**sent, "cleared": "yes"})
    recorded = crew.post("/crew/found", data={**sent, "cleared": "no"})

    assert (refused.status_code, recorded.status_code) == (400, 303)
    assert "Keep away from it, and choose" in words(refused)
    assert "It waits for a licensed contractor" in words(crew.get(recorded.location))


def test_a_found_tip_is_where_the_phone_is(crew, ctx):
    place = ctx.council.gazetteer.places[0]

    answer = crew.post("/crew/found", data={**FOUND, "lat": place.lat, "lon": place.lon, "cleared": "no"})

    assert answer.status_code == 303


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({}, "Choose where it is"),
        ({"lat": "51.5", "lon": "-0.1", **FOUND, "cleared": "no"}, "outside Liverpool"),
        ({"lat": "53.41", "lon": "-2.98"}, "Choose what the waste is"),
        ({"lat": "53.41", "lon": "-2.98", **FOUND, "cleared": "yes"}, "Add a photo"),
    ],
)
def test_an_incomplete_found_tip_says_what_is_missing_and_makes_no_job(crew, ctx, sent, told):
    answer = crew.post("/crew/found", data=sent)

    assert answer.status_code == 400
    assert told in words(answer)
    assert store.jobs_of_crew(ctx.store, CREW) == []


def test_what_is_missing_of_a_found_tip_is_said_in_the_order_of_the_form(crew):
    shown = words(crew.post("/crew/found", data={"lat": "53.41", "lon": "-2.98"}))

    summary = shown.partition("There is a problem")[2]
    said = ("Choose what the waste is", "Choose how much there is", "Choose what kind of land it is on")
    assert [summary.index(each) for each in said] == sorted(summary.index(each) for each in said)


def test_a_load_is_tipped_at_a_site(crew, begun, ctx):
    finish = handlers.Finish("cleared", no_photo_reason="camera-broken")
    handlers.complete_job(ctx, begun.id, finish, version=None, key=None, cause=BY_HAND)
    assert "1 job, about 250 kg" in words(crew.get("/crew/tip"))

    answer = crew.post("/crew/tip", data={"site_id": ctx.council.sites[0].id})

    assert "about 250 kg by estimate" in words(crew.get(answer.location))
    assert "The vehicle is empty" in words(crew.get("/crew/tip"))


def test_a_tip_without_a_site_says_so(crew, begun, ctx):
    assert "Choose where you tip" in words(crew.post("/crew/tip"))
