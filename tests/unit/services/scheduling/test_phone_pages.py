"""The crew's pages as an app, and what a supervisor sees of what arrived late."""

import io
import json
import re
from datetime import timedelta

import pytest

from services.scheduling import handlers, store
from services.scheduling.phone import act_of
from shared.contracts.envelope import Cause
from shared.ids import derived_id

CREW, OTHER = "crew-north-1", "crew-north-2"
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
def tell(crew):
    """Send an action as the phone does."""

    def told(kind, job_id="", key="key-1", **fields):
        sent = {"kind": kind, "job_id": job_id, "idempotency_key": key, **fields}
        answer = crew.post("/crew/actions", data=sent, content_type="multipart/form-data")
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return answer.get_json()

    return told


def words(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)))


def test_the_round_names_every_page_of_the_shift_with_a_tag_that_changes_with_it(crew, given, ctx):
    first = crew.get("/crew/round").get_json()
    handlers.start_job(ctx, given.id, version=None, key=None, cause=BY_HAND)
    then = crew.get("/crew/round").get_json()

    own = f"/crew/jobs/{given.id}"
    assert {"/crew", "/crew/tip", own, f"{own}/finish", f"{own}/exception", f"/report/{given.reference}/crew"} <= set(
        first["pages"]
    )
    assert first["pages"][own] != then["pages"][own]
    assert (first["crew"], first["keeps"]) == (CREW, True)
    assert "/crew/end" in then["pages"]
    for page in (*first["pages"], *first["assets"]):
        if not page.startswith(("/report/", "/static/pages")):
            assert crew.get(page).status_code in (200, 404 if page.startswith("/static/") else 200), page


def test_nothing_is_kept_after_the_shift_nor_for_a_supervisor(crew, supervisor, tell, given, clock):
    tell("shift")
    clock.advance(timedelta(hours=1))
    tell("end", key="key-2", **{f"reason-{given.id}": "no-time"})

    assert crew.get("/crew/round").get_json()["keeps"] is False
    asked = supervisor.get(f"/crew/round?crew={CREW}").get_json()
    assert (asked["crew"], asked["pages"]) == (None, {})
    assert "data-phone" not in supervisor.get(f"/crew?crew={CREW}").get_data(as_text=True)


def test_an_action_is_taken_once_however_often_it_is_sent(tell, given, job_of):
    first = tell("start", given.id)
    version = job_of().version

    again = tell("start", given.id)

    assert (again["result"], again["words"], again["next"]) == ("taken", None, first["next"])
    assert job_of().version == version


def test_the_moment_of_the_phone_counts(tell, given, job_of, clock):
    clock.advance(timedelta(hours=2))
    said = clock.now() - timedelta(minutes=70)

    tell("start", given.id, occurred_at=said.isoformat().replace("+00:00", "Z"))
    assert job_of().started_at == said

    tell("finish", given.id, "key-2", occurred_at="yesterday", outcome="not-found")
    assert job_of().completed_at == clock.now()


def test_the_crew_and_the_supervisor_are_told_of_work_on_a_cancelled_job(tell, supervisor, given, job_of, ctx):
    handlers.cancel_job(ctx, given.id, "no-longer-needed", version=given.version, key=None, cause=BY_HAND)

    told = tell("finish", given.id, outcome="cleared", no_photo_reason="camera-broken")

    assert told["words"] == (
        f"{given.reference}: the office cancelled this job at 10:40. Your work was recorded and sent to the supervisor."
    )
    assert job_of().state == "completed"
    shown = words(supervisor.get("/dispatch/from-crews"))
    assert "The job had been cancelled. The crew cleared it all the same" in shown
    assert "recorded as done" in words(supervisor.get(f"/dispatch/jobs/{given.id}"))

    supervisor.post(f"/dispatch/jobs/{given.id}/entries/{job_of().entries[0].id}/settle")
    assert "Nothing waits" in words(supervisor.get("/dispatch/from-crews"))


def test_the_crew_is_told_when_the_office_cancelled(tell, given, ctx):
    handlers.cancel_job(ctx, given.id, "no-longer-needed", version=given.version, key=None, cause=BY_HAND)

    told = tell("start", given.id)

    assert "the office cancelled this job at 10:40. What you sent was kept" in told["words"]


def test_a_refusal_is_an_answer_with_words_and_can_be_handed_over(tell, supervisor, given, job_of, photo):
    refused = tell("finish", given.id, outcome="cleared")
    assert refused == {"result": "refused", "errors": {"photo": ["Add a photo, or say why there is none"]}}

    told = tell(
        "hand-over",
        given.id,
        "key-2",
        outcome="cleared",
        size="tipper",
        refused_kind="finish",
        refused_because="Add a photo",
        photo=(io.BytesIO(photo), "a.jpg"),
    )

    assert told["result"] == "taken"
    page = supervisor.get("/dispatch/from-crews")
    assert "It could not be taken: Add a photo" in words(page)
    assert "A lorry full" in words(page)
    link = re.search(r'href="(/dispatch/from-crews/notes/[^"]+/photos/[^"]+)"', page.get_data(as_text=True))[1]
    assert supervisor.get(link).mimetype == "image/jpeg"
    assert supervisor.get(f"{link}x").status_code == 404
    note = re.search(r'action="(/dispatch/from-crews/notes/[^"]+/settle)"', page.get_data(as_text=True))[1]
    supervisor.post(note)
    assert "Nothing waits" in words(supervisor.get("/dispatch/from-crews"))


@pytest.mark.parametrize(
    ("kind", "fields", "says"),
    [
        ("dance", {}, "too old"),
        ("finish", {}, "Choose what happened"),
        ("tip", {}, "Choose where you tip"),
        ("tip", {"site_id": "transfer-north"}, "nothing on"),
        ("found", {"waste_type": "tyres", "land_type": "highway", "size": "tipper", "cleared": "no"}, "where it is"),
        ("check", {"result": "defects"}, "Choose what is wrong"),
        ("break", {"on": "yes"}, "not on shift"),
        ("exception", {"exception": "delay"}, "Add a photo"),
        ("arrive", {"no_photo_reason": "lazy"}, "why there is no photo"),
    ],
)
def test_what_can_not_be_taken_says_why(tell, given, ctx, kind, fields, says):
    site = fields.get("site_id") and {"site_id": ctx.council.sites[0].id}

    told = tell(kind, given.id, **{**fields, **(site or {})})

    assert told["result"] == "refused"
    assert says in json.dumps(told["errors"])


def test_a_found_tip_and_its_load_arrive_with_the_phones_times(tell, ctx, clock):
    place = ctx.council.gazetteer.places[0]
    tell("shift")
    clock.advance(timedelta(hours=4))
    at = clock.now() - timedelta(hours=3)
    codes = {"waste_type": "tyres", "land_type": "highway", "size": "car-boot"}

    found = tell(
        "found",
        key="key-2",
        occurred_at=at.isoformat(),
        lat=str(place.lat),
        lon=str(place.lon),
        cleared="yes",
        no_photo_reason="camera-broken",
        **codes,
    )
    tipped = tell(
        "tip", key="key-3", occurred_at=(at + timedelta(hours=1)).isoformat(), site_id=ctx.council.sites[0].id
    )

    assert (found["result"], tipped["result"]) == ("taken", "taken")
    vehicle = next(one for one in store.all_vehicles(ctx.store) if one.tips)
    assert vehicle.tips[-1].tipped_at == at + timedelta(hours=1)
    assert vehicle.tips[-1].loads[0].waste_type == "tyres"


def test_a_phone_of_nobodys_crew_sends_nothing(browser, given, job_of):
    answer = browser("supervisor").post("/crew/actions", data={"kind": "start", "job_id": given.id})

    assert answer.get_json()["result"] == "refused"
    assert job_of().state == "assigned"


def test_an_action_without_the_sessions_token_is_not_taken(app, crew, given, job_of):
    import flask.testing

    answer = flask.testing.FlaskClient.post(crew, "/crew/actions", data={"kind": "start", "job_id": given.id})

    assert answer.status_code == 400
    assert job_of().state == "assigned"


def test_without_a_script_a_crew_arrives_tells_and_checks(crew, given, job_of, photo, ctx):
    here = f"/crew/jobs/{given.id}"
    crew.post(f"{here}/arrive", data={"before_photo": (io.BytesIO(photo), "a.jpg")})
    assert job_of().before_photo_key

    assert "Choose what is wrong" in words(crew.post(f"{here}/exception"))
    sent = {"exception": "vehicle-parked", "no_photo_reason": "people-in-view"}
    assert crew.post(f"{here}/exception", data=sent).status_code == 303
    assert job_of().state == "deferred"
    assert crew.get(f"{here}/exception").status_code == 303

    assert "Say whether anything is wrong" in words(crew.post("/crew/check"))
    crew.post("/crew/check", data={"result": "defects", "defects": ["brakes"]})
    assert "is off the road" in words(crew.get("/crew"))


def test_the_photos_of_a_job_are_for_those_who_see_the_board(crew, supervisor, given, tell, photo, job_of):
    tell("arrive", given.id, before_photo=(io.BytesIO(photo), "a.jpg"))
    path = f"/dispatch/jobs/{given.id}/photos/{job_of().before_photo_key}"

    assert supervisor.get(path).mimetype == "image/jpeg"
    assert crew.get(path).status_code == 403
    assert supervisor.get(f"/dispatch/jobs/{given.id}/photos/{'0' * 64}").status_code == 404


def test_a_supervisor_reads_how_a_photo_fits_why_and_for_how_long(tell, supervisor, given, photo, ctx):
    place = {"photo_lat": str(given.lat + 0.01), "photo_lon": str(given.lon)}
    tell("finish", given.id, outcome="not-found", photo=(io.BytesIO(photo), "a.jpg"), **place)

    shown = words(supervisor.get(f"/dispatch/jobs/{given.id}"))

    assert "Taken 1.1 km from the job (by the phone’s own position as it was chosen)" in shown
    assert "Look at it" in shown
    assert "never added up for a person or a crew" in shown
    assert f"Forgotten {ctx.council.phone.proof_days} days after" in shown


def test_defects_wait_for_the_supervisor(tell, supervisor, photo, ctx):
    tell("check", result="defects", defects="lights", note="Left rear", photo=(io.BytesIO(photo), "a.jpg"))

    page = supervisor.get("/dispatch/from-crews")
    assert "Lights, indicators and reflectors" in words(page)
    assert "“Left rear”" in words(page)
    link = re.search(r'href="(/dispatch/from-crews/checks/[^"]+/photos/[^"]+)"', page.get_data(as_text=True))[1]
    assert supervisor.get(link).status_code == 200
    supervisor.post(re.search(r'action="(/dispatch/from-crews/checks/[^"]+)"', page.get_data(as_text=True))[1])
    assert "Nothing waits" in words(supervisor.get("/dispatch/from-crews"))


def test_a_vehicle_that_a_check_has_stopped_is_put_back_where_the_defect_is_shown(tell, supervisor, ctx):
    tell("check", result="defects", defects="brakes")

    page = supervisor.get("/dispatch/from-crews").get_data(as_text=True)
    back = re.search(r'action="(/dispatch/vehicles/([^"]+)/on-road)"', page)
    assert "Off the road" in page
    assert 'action="/dispatch/vehicles/' in supervisor.get(f"/dispatch/register/vehicles/rows/{back[2]}").get_data(
        as_text=True
    )
    answer = supervisor.post(back[1], data={"back": "from-crews"})

    assert answer.location == "/dispatch/from-crews"
    assert store.vehicles(ctx.store).require(back[2]).state == "on-road"
    assert "Off the road" not in supervisor.get("/dispatch/from-crews").get_data(as_text=True)


def test_opening_the_list_is_the_receipt_and_keeping_it_is_not(crew, supervisor, given, job_of):
    crew.get("/crew", headers={"X-Streetscene-Keeping": "yes"})
    supervisor.get(f"/crew?crew={CREW}")
    assert job_of().seen_at is None

    crew.get("/crew")

    assert job_of().seen_at is not None


def test_the_app_can_be_installed(app):
    manifest = app.test_client().get("/crew/manifest.webmanifest")
    worker = app.test_client().get("/crew/worker.js")

    body = manifest.get_json(force=True)
    assert (body["scope"], body["start_url"], body["display"]) == ("/crew", "/crew", "standalone")
    assert {"192x192", "512x512", "any"} == {icon["sizes"] for icon in body["icons"]}
    if worker.status_code == 200:
        assert worker.headers["Service-Worker-Allowed"] == "/crew"
        assert worker.mimetype == "text/javascript"


def test_a_crew_is_known_by_its_own_actions_alone(ctx, clock):
    crew = store.crews(ctx.store).get(CREW)
    act = act_of(ctx, crew, derived_id("a"), clock.now() + timedelta(days=1))

    assert (act.moment.at, act.moment.is_doubtful) == (clock.now(), True)
