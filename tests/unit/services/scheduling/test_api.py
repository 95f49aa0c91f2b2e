import io
import threading

import pytest

from services.scheduling import store, tipping
from services.scheduling.domain import job as rules
from shared.contracts.envelope import Cause, decode
from shared.custody import open_parcel
from shared.errors import DomainError
from shared.store import open_store
from shared.web.auth import views_without_policy

CREW, OTHER_CREW = "crew-north-1", "crew-north-2"
CLEARED = {
    "outcome": "cleared",
    "waste_type": "white-goods",
    "land_type": "back-alleyway",
    "size": "transit-van",
    "evidence": False,
    "no_photo_reason": "camera-broken",
}
FOUND = {
    "lat": 53.412551,
    "lon": -2.992446,
    "waste_type": "tyres",
    "land_type": "highway",
    "size": "small-van",
    "crew_id": CREW,
}


@pytest.fixture
def supervisor(program):
    return program("supervisor")


@pytest.fixture
def crew(program):
    return program("crew", crew_id=CREW)


@pytest.fixture
def begun(job, supervisor):
    """A started job of crew North 1, as the API gives it."""
    given = supervisor("POST", f"/jobs/{job.id}/assign", {"crew_id": CREW, "version": job.version}).json
    return supervisor("POST", f"/jobs/{job.id}/start", {"version": given["version"]}).json


def complete(call, job, **changes):
    body = {**CLEARED, "version": job["version"], **changes}
    return call("POST", f"/jobs/{job['id']}/complete", body)


def test_every_view_declares_who_may_use_it(app):
    assert views_without_policy(app) == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/jobs"),
        ("GET", "/crews"),
        ("GET", "/depots"),
        ("GET", "/vehicles"),
        ("POST", "/jobs"),
        ("POST", "/jobs/x/assign"),
        ("POST", "/jobs/x/start"),
        ("POST", "/jobs/x/complete"),
        ("POST", "/vehicles/x/tips"),
    ],
)
def test_nobody_is_let_in_without_a_token(app, method, path):
    answer = app.test_client().open(f"/api/scheduling/v1{path}", method=method, json={})

    assert answer.status_code in (400, 401)
    assert answer.content_type == "application/problem+json"


def test_a_job_is_found_by_its_reference_however_it_is_typed(job, supervisor):
    answer = supervisor("GET", "/jobs?reference=ft%207k3mq2xa")

    item = answer.json["items"][0]
    assert (item["id"], item["state"], item["version"]) == (job.id, "open", 1)
    assert item["reasons"] == [{"rule": "default", "value": None}]
    assert answer.json["next"] is None


@pytest.mark.parametrize(
    ("query", "count"), [("state=open", 1), ("state=assigned", 0), ("", 1), ("reference=&state=", 1)]
)
def test_jobs_are_listed_by_state(job, supervisor, query, count):
    assert len(supervisor("GET", f"/jobs?{query}").json["items"]) == count


def test_a_crew_is_shown_its_own_jobs_only(job, supervisor, crew):
    assert crew("GET", "/jobs").json["items"] == []
    assert crew("GET", f"/jobs/{job.id}").status_code == 404

    supervisor("POST", f"/jobs/{job.id}/assign", {"crew_id": CREW, "version": 1})

    assert [item["id"] for item in crew("GET", "/jobs").json["items"]] == [job.id]
    assert crew("GET", f"/jobs/{job.id}").status_code == 200


def test_a_supervisor_assigns_a_job(job, supervisor):
    answer = supervisor("POST", f"/jobs/{job.id}/assign", {"crew_id": CREW, "version": 1})

    assert answer.status_code == 200
    assert (answer.json["state"], answer.json["crew_id"], answer.json["version"]) == ("assigned", CREW, 2)


@pytest.mark.parametrize("role", ["crew", "officer", "manager", "contact-centre"])
def test_nobody_but_a_supervisor_assigns(job, program, role):
    answer = program(role)("POST", f"/jobs/{job.id}/assign", {"crew_id": CREW, "version": 1})

    assert answer.status_code == 403


def test_a_stale_version_is_a_conflict_and_changes_nothing(job, supervisor, job_of):
    supervisor("POST", f"/jobs/{job.id}/assign", {"crew_id": CREW, "version": 1})

    answer = supervisor("POST", f"/jobs/{job.id}/assign", {"crew_id": OTHER_CREW, "version": 1})

    assert answer.status_code == 409
    assert job_of().crew_id == CREW


def test_of_two_assignments_in_the_same_moment_one_is_made_and_the_other_is_told(
    ctx, job, supervisor, job_of, monkeypatch
):
    assign, path, others = rules.assign, f"/jobs/{job.id}/assign", []

    def while_another_does(current, crew, **options):
        if crew.id == CREW:
            others.append(supervisor("POST", path, {"crew_id": OTHER_CREW, "version": job.version}).status_code)
        return assign(current, crew, **options)

    monkeypatch.setattr(rules, "assign", while_another_does)
    answer = supervisor("POST", path, {"crew_id": CREW, "version": job.version})

    given = [logged.type for logged in ctx.store.log.read(after=0, limit=500)].count("job.assigned.v1")
    assert (others, answer.status_code, given) == ([200], 409, 1)
    assert answer.json["title"] == "Somebody else changed this"
    assert job_of().crew_id == OTHER_CREW


def test_the_same_key_is_answered_and_not_repeated(job, supervisor, ctx):
    body = {"crew_id": CREW, "version": 1}
    first = supervisor("POST", f"/jobs/{job.id}/assign", body, key="once")
    before = ctx.store.log.last_position()

    again = supervisor("POST", f"/jobs/{job.id}/assign", body, key="once")

    assert (again.status_code, again.json) == (200, first.json)
    assert ctx.store.log.last_position() == before


def test_an_unknown_crew_is_refused_in_words(job, supervisor):
    answer = supervisor("POST", f"/jobs/{job.id}/assign", {"crew_id": "nobody", "version": 1})

    assert answer.status_code == 400
    assert answer.json["errors"] == {"crew_id": ["Choose a crew"]}


def test_asbestos_is_refused_to_a_normal_crew_with_the_rule(make_job, supervisor):
    asbestos = make_job("0199d7b2-0000-7000-8000-00000000000a", waste_type="asbestos")

    answer = supervisor("POST", f"/jobs/{asbestos.id}/assign", {"crew_id": CREW, "version": 1})

    assert (answer.status_code, answer.json["rule"]) == (400, "contractor-only")


def test_of_many_jobs_each_has_its_own_answer(job, make_job, supervisor):
    other = make_job("0199d7b2-0000-7000-8000-00000000000b")
    body = {
        "crew_id": CREW,
        "jobs": [{"id": job.id, "version": 1}, {"id": other.id, "version": 7}, {"id": "none", "version": 1}],
    }

    answer = supervisor("POST", "/jobs/assign", body)

    assert [item["assigned"] for item in answer.json["items"]] == [True, False, False]
    assert "changed by somebody else" in answer.json["items"][1]["problem"]


def test_a_crew_starts_and_completes_its_own_job(job, supervisor, crew, job_of):
    given = supervisor("POST", f"/jobs/{job.id}/assign", {"crew_id": CREW, "version": 1}).json
    started = crew("POST", f"/jobs/{job.id}/start", {"version": given["version"]}).json

    answer = complete(crew, started)

    assert answer.status_code == 200
    assert (answer.json["state"], answer.json["estimated_kg"], answer.json["proof"]) == ("completed", 500, "no-photo")
    assert job_of().vehicle_id == "tipper-101"


def test_another_crew_is_not_told_of_the_job(begun, program):
    assert complete(program("crew", crew_id=OTHER_CREW), begun).status_code == 404


def test_a_crew_that_starts_is_on_shift(begun, supervisor):
    crews = {crew["id"]: crew for crew in supervisor("GET", "/crews").json["items"]}

    assert crews[CREW]["on_shift"]
    assert crews[CREW]["jobs"] == 1
    assert crews[CREW]["neighbourhoods"] == ["kirkdale-and-everton", "anfield-and-walton"]
    assert not crews[OTHER_CREW]["on_shift"]


def test_a_completion_is_sent_as_a_form_with_its_photo(begun, supervisor, photo, ctx, job_of):
    form = {key: value for key, value in CLEARED.items() if key != "no_photo_reason"}
    form |= {"version": str(begun["version"]), "evidence": "false", "photo": (io.BytesIO(photo), "after.jpg")}

    answer = supervisor("POST", f"/jobs/{begun['id']}/complete", form=form)

    assert (answer.status_code, answer.json["proof"]) == (200, "photo")
    assert ctx.blobs.get(job_of().photo_key).startswith(b"\xff\xd8")


def test_only_photos_that_no_job_names_are_swept(begun, supervisor, photo, ctx, monkeypatch):
    from datetime import timedelta

    from services.scheduling import proof

    form = {key: value for key, value in CLEARED.items() if key != "no_photo_reason"}
    form |= {"version": str(begun["version"]), "evidence": "false", "photo": (io.BytesIO(photo), "after.jpg")}
    supervisor("POST", f"/jobs/{begun['id']}/complete", form=form)
    orphan = ctx.blobs.put(b"of a job that somebody else changed in that moment")
    monkeypatch.setattr(proof, "ORPHAN_AGE", timedelta(seconds=-5))

    proof.sweep_photos(ctx)

    assert ctx.blobs.exists(store.jobs(ctx.store).require(begun["id"]).photo_key)
    assert not ctx.blobs.exists(orphan)


def test_evidence_is_sealed_for_enforcement_before_the_job_says_so(begun, supervisor, photo, ctx, tmp_path):
    from shared.blobs import open_blobs

    form = {key: value for key, value in CLEARED.items() if key != "no_photo_reason"}
    form |= {"version": str(begun["version"]), "evidence": "true", "photo": (io.BytesIO(photo), "after.jpg")}

    supervisor("POST", f"/jobs/{begun['id']}/complete", form=form)

    completed = [event for event in ctx.store.log.read(after=0, limit=500) if event.type == "job.completed.v1"]
    parcels = decode(completed[0].body).data["parcels"]
    assert [parcel["holds"] for parcel in parcels] == ["photos"]
    parcel = open_parcel(open_blobs(ctx.settings.blob_url, "enforcement").accept(parcels[0]["parcel_key"]))
    assert parcel.files[0].content == photo
    assert (parcel.job_id, parcel.sealed_by) == (begun["id"], CREW)


def test_evidence_without_any_photo_is_the_crews_word(begun, supervisor, ctx):
    complete(supervisor, begun, evidence=True)

    completed = [event for event in ctx.store.log.read(after=0, limit=500) if event.type == "job.completed.v1"]
    assert [parcel["holds"] for parcel in decode(completed[0].body).data["parcels"]] == ["statement"]


def test_evidence_found_where_the_work_stopped_is_handed_over_too(begun, supervisor, ctx):
    complete(supervisor, begun, outcome="unsafe", evidence=True)

    deferred = [event for event in ctx.store.log.read(after=0, limit=500) if event.type == "job.deferred.v1"]
    assert len(decode(deferred[0].body).data["parcels"]) == 1


def test_something_that_is_no_photo_is_refused_and_the_job_stays_started(begun, supervisor, job_of):
    form = {**CLEARED, "evidence": "false", "version": str(begun["version"])}
    form["photo"] = (io.BytesIO(b"not a photo"), "after.jpg")

    answer = supervisor("POST", f"/jobs/{begun['id']}/complete", form=form)

    assert answer.status_code == 400
    assert job_of().state == "started"


def test_a_completion_without_photo_or_reason_is_refused(begun, supervisor):
    answer = complete(supervisor, begun, no_photo_reason=None)

    assert answer.status_code == 400
    assert answer.json["errors"] == {"photo": ["Add a photo, or say why there is none"]}


@pytest.mark.parametrize("changes", [{"outcome": "done"}, {"size": "huge"}, {"version": "x"}])
def test_a_completion_with_unknown_codes_is_refused_by_field(begun, supervisor, changes):
    answer = complete(supervisor, begun, **changes)

    assert answer.status_code == 422
    assert list(answer.json["errors"]) == list(changes)


@pytest.mark.parametrize(
    ("said", "kept"),
    [("No signal", "no-signal"), ("camera_broken", "camera-broken"), ("Mrs Canary would not", "other")],
)
def test_a_reason_for_no_photo_may_be_in_a_programs_own_words(begun, supervisor, job_of, said, kept):
    answer = complete(supervisor, begun, no_photo_reason=said)

    assert (answer.status_code, answer.json["no_photo_reason"]) == (200, kept)
    assert "Canary" not in repr(job_of())


def test_an_empty_reason_for_no_photo_is_none(begun, supervisor):
    assert complete(supervisor, begun, no_photo_reason=" ").status_code == 400


def test_completing_again_with_the_same_key_is_answered(begun, crew, ctx):
    body = {**CLEARED, "version": begun["version"]}
    first = crew("POST", f"/jobs/{begun['id']}/complete", body, key="finish")
    before = ctx.store.log.last_position()

    again = crew("POST", f"/jobs/{begun['id']}/complete", body, key="finish")

    assert (again.status_code, again.json["version"]) == (200, first.json["version"])
    assert ctx.store.log.last_position() == before


# --- found tips -----------------------------------------------------------------------------------------------------


def test_a_found_tip_is_a_job_of_the_crew_at_once(crew, ctx):
    answer = crew("POST", "/jobs", FOUND, key="found")

    assert answer.status_code == 201
    assert (answer.json["state"], answer.json["crew_id"], answer.json["channel"]) == ("assigned", CREW, "crew")
    assert answer.json["reference"].startswith("FT-")
    types = [event.type for event in ctx.store.log.read(after=0, limit=500) if event.type.startswith("job.")]
    assert types == ["job.created.v1", "job.assigned.v1"]


def test_a_found_tip_sent_twice_is_one_job(crew):
    first = crew("POST", "/jobs", FOUND, key="found")
    again = crew("POST", "/jobs", FOUND, key="found")

    assert first.json["id"] == again.json["id"]


def test_a_crew_records_for_itself_only(crew):
    assert crew("POST", "/jobs", {**FOUND, "crew_id": OTHER_CREW}).status_code == 403


def test_a_tip_outside_the_councils_area_is_refused(crew):
    answer = crew("POST", "/jobs", {**FOUND, "lat": 51.5, "lon": -0.12})

    assert answer.status_code == 400
    assert "outside Liverpool" in answer.json["detail"]


def test_asbestos_that_a_crew_found_waits_for_the_contractor(crew):
    answer = crew("POST", "/jobs", {**FOUND, "waste_type": "asbestos"})

    assert (answer.json["state"], answer.json["contractor"], answer.json["crew_id"]) == ("open", True, None)


# --- tips -----------------------------------------------------------------------------------------------------------


def test_a_vehicle_is_tipped_with_its_load_list(begun, crew, ctx):
    complete(crew, begun)

    answer = crew("POST", "/vehicles/tipper-101/tips", {"site_id": ctx.council.sites[0].id})

    assert answer.status_code == 201
    assert [load["job_id"] for load in answer.json["loads"]] == [begun["id"]]
    assert answer.json["loads"][0]["estimated_kg"] == 500


def test_a_tip_sent_twice_is_one_tip(begun, crew, ctx):
    complete(crew, begun)
    body = {"site_id": ctx.council.sites[0].id}

    first = crew("POST", "/vehicles/tipper-101/tips", body, key="tip")
    again = crew("POST", "/vehicles/tipper-101/tips", body, key="tip")

    assert first.json == again.json


def test_an_empty_vehicle_is_not_tipped(crew, ctx):
    answer = crew("POST", "/vehicles/tipper-101/tips", {"site_id": ctx.council.sites[0].id})

    assert (answer.status_code, answer.json["rule"]) == (400, "empty-vehicle")


def test_a_crew_tips_its_own_vehicle_only(crew, ctx):
    assert crew("POST", "/vehicles/tipper-102/tips", {"site_id": ctx.council.sites[0].id}).status_code == 403


@pytest.mark.parametrize("path", ["/vehicles/none/tips", "/vehicles/tipper-101/tips"])
def test_an_unknown_vehicle_or_site_is_not_found(supervisor, path):
    assert supervisor("POST", path, {"site_id": "nowhere"}).status_code == 404


def test_two_tips_at_once_share_no_job(begun, crew, ctx):
    from dataclasses import replace

    from services.scheduling.store import COLLECTIONS
    from shared.bus.documents import SYSTEM_COLLECTIONS

    complete(crew, begun)
    stores = [open_store(ctx.settings.store_url, "scheduling", (*COLLECTIONS, *SYSTEM_COLLECTIONS)) for _ in range(2)]
    both, made, refused = threading.Barrier(2), [], []

    def tip(number):
        own = replace(ctx, store=stores[number])
        both.wait()
        try:
            made.append(
                tipping.tip_vehicle(
                    own, "tipper-101", ctx.council.sites[0].id, crew_id=CREW, key=f"tip-{number}", cause=Cause()
                )
            )
        except DomainError as error:
            refused.append(error.rule)

    threads = [threading.Thread(target=tip, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for each in stores:
        each.close()

    assert [len(tip.loads) for tip in made] == [1]
    assert refused == ["empty-vehicle"]
    assert len(store.vehicles(ctx.store).require("tipper-101").tips) == 1
