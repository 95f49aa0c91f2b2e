"""The JSON API of scheduling. Bodies and answers are fixed by the interface; the work is done in the use cases."""

# mypy: disable-error-code="untyped-decorator"
# flask-smorest ships no types, so its decorators look untyped.

from collections.abc import Mapping
from typing import Any

from flask import request
from flask_smorest import Blueprint, abort
from marshmallow import ValidationError

from services.scheduling import day_end, found, handlers, planning, store, tipping
from services.scheduling.domain.job import Job
from services.scheduling.found import FoundTip
from services.scheduling.handlers import Finish, Order
from services.scheduling.register.edit import world_of
from services.scheduling.standings import standings_of
from services.scheduling.web import access
from services.scheduling.web.day_schemas import DayItem, day_item
from services.scheduling.web.day_view import day_of
from services.scheduling.web.plan_schemas import PlanItem, PublishBody, plan_item
from services.scheduling.web.schemas import (
    AssignBody,
    AssignedList,
    AssignManyBody,
    CompleteBody,
    CompleteForm,
    CrewList,
    DepotList,
    FoundTipBody,
    JobItem,
    JobList,
    JobQuery,
    StartBody,
    TipBody,
    TipItem,
    VehicleList,
    crew_item,
    job_item,
    tip_item,
    vehicle_item,
)
from shared.ids import normalise_reference
from shared.web.api import listing
from shared.web.app import cause, context
from shared.web.auth import STAFF, policy, signed_in_user
from shared.web.idempotency import idempotency_key
from shared.web.pagination import page_request
from shared.web.uploads import read_optional_photo

api = Blueprint(
    "scheduling_api", __name__, url_prefix="/api/scheduling/v1", description="Jobs, crews, depots and vehicles"
)


@api.get("/jobs")
@policy(STAFF)
@api.arguments(JobQuery, location="query")
@api.response(200, JobList)
def list_jobs(query: Mapping[str, Any]) -> Mapping[str, Any]:
    """List jobs, the newest first; a crew is shown its own."""
    ctx, user, page = context(), signed_in_user(), page_request()
    where = {name: query[name] for name in ("reference", "state") if name in query}
    if "reference" in where:
        where["reference"] = normalise_reference(where["reference"])
    if user.has_role("crew") and not access.acts_for_every_crew(user):
        own = store.jobs_of_crew(ctx.store, access.crew_of(user) or "")
        return listing([_item(job) for job in own if _matches(job, where)], None)
    jobs, after = store.jobs(ctx.store).find(where, sort=store.NEWEST, limit=page.limit, after=page.after)
    return listing([_item(job) for job in jobs], after)


@api.get("/jobs/<job_id>")
@policy(STAFF)
@api.response(200, JobItem)
def show_job(job_id: str) -> Mapping[str, Any]:
    """Show a job."""
    ctx, user = context(), signed_in_user()
    if user.has_role("crew") and not access.acts_for_every_crew(user):
        return _item(access.own_job(ctx, job_id))
    return _item(store.jobs(ctx.store).require(job_id))


@api.post("/jobs")
@policy(access.CREWS)
@api.arguments(FoundTipBody)
@api.response(201, JobItem)
def record_found_tip(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Record a tip that a crew found; it is assigned to the crew at once."""
    access.own_crew(body["crew_id"])
    return _item(found.record_found_tip(context(), FoundTip(**body), key=idempotency_key(), cause=cause()))


@api.post("/jobs/assign")
@policy(access.SUPERVISORS)
@api.arguments(AssignManyBody)
@api.response(200, AssignedList)
def assign_many(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give many jobs to a crew; the answer says for each what became of it."""
    orders = [Order(job["id"], job["version"]) for job in body["jobs"]]
    results = handlers.assign_many(context(), orders, body["crew_id"], key=idempotency_key(), cause=cause())
    return {
        "items": [
            {
                "id": result.job_id,
                "assigned": result.problem is None,
                "problem": result.problem,
                "job": _item(result.job) if result.job else None,
            }
            for result in results
        ]
    }


@api.post("/jobs/<job_id>/assign")
@policy(access.SUPERVISORS)
@api.arguments(AssignBody)
@api.response(200, JobItem)
def assign_job(body: Mapping[str, Any], job_id: str) -> Mapping[str, Any]:
    """Give a job to a crew, or to another one."""
    return _item(
        handlers.assign_job(
            context(), job_id, body["crew_id"], version=body["version"], key=idempotency_key(), cause=cause()
        )
    )


@api.post("/jobs/<job_id>/start")
@policy(access.CREWS)
@api.arguments(StartBody)
@api.response(200, JobItem)
def start_job(body: Mapping[str, Any], job_id: str) -> Mapping[str, Any]:
    """Note that the crew has begun."""
    access.own_job(context(), job_id)
    return _item(handlers.start_job(context(), job_id, version=body["version"], key=idempotency_key(), cause=cause()))


@api.post("/jobs/<job_id>/complete")
@policy(access.CREWS)
@api.doc(
    requestBody={
        "required": True,
        "content": {"application/json": {"schema": CompleteBody}, "multipart/form-data": {"schema": CompleteForm}},
    }
)
@api.response(200, JobItem)
def complete_job(job_id: str) -> Mapping[str, Any]:
    """Finish a job with its outcome; `photo` shows the finished work, `evidence_photo` goes to enforcement sealed."""
    access.own_job(context(), job_id)
    body = _completion()
    evidence_photo = read_optional_photo(request.files.get("evidence_photo"), field="evidence_photo")
    finish = Finish(
        outcome=body["outcome"],
        waste_type=body["waste_type"],
        land_type=body["land_type"],
        size=body["size"],
        no_photo_reason=body["no_photo_reason"],
        has_evidence=body["evidence"],
        photo=read_optional_photo(request.files.get("photo")),
        evidence_photos=(evidence_photo,) if evidence_photo else (),
    )
    return _item(
        handlers.complete_job(context(), job_id, finish, version=body["version"], key=idempotency_key(), cause=cause())
    )


@api.get("/crews")
@policy(STAFF)
@api.response(200, CrewList)
def list_crews() -> Mapping[str, Any]:
    """List the crews with what they have in hand, and their shift of today."""
    ctx = context()
    on_shift, jobs = store.crews_on_shift(ctx.store), store.active_jobs(ctx.store)
    standings = standings_of(ctx, world_of(ctx), store.all_crews(ctx.store), ctx.clock.now(), on_shift)
    return listing(
        [
            crew_item(each, on_shift=each.crew.id in on_shift, jobs=sum(job.crew_id == each.crew.id for job in jobs))
            for each in standings
        ],
        None,
    )


@api.post("/depots/<depot_id>/plans")
@policy(access.SUPERVISORS)
@api.response(201, PlanItem)
def request_plan(depot_id: str) -> Mapping[str, Any]:
    """Ask for a plan of the rest of a depot's day; one that is being worked out is enough."""
    return plan_item(planning.request_plan(context(), depot_id, by=signed_in_user().id, cause=cause()))


@api.get("/plans/<plan_id>")
@policy(access.BOARD_READERS)
@api.response(200, PlanItem)
def show_plan(plan_id: str) -> Mapping[str, Any]:
    """Show a plan: asked for, proposed, kept as it was, failed, published or discarded."""
    return plan_item(store.plans(context().store).require(plan_id))


@api.post("/plans/<plan_id>/publish")
@policy(access.SUPERVISORS)
@api.arguments(PublishBody)
@api.response(200, PlanItem)
def publish_plan(body: Mapping[str, Any], plan_id: str) -> Mapping[str, Any]:
    """Publish a proposal, which the checker looks at once more; its jobs then go to their crews."""
    return plan_item(planning.publish_plan(context(), plan_id, version=body["version"], cause=cause()))


@api.get("/days/<day>")
@policy(access.BOARD_READERS)
@api.response(200, DayItem)
def show_day(day: str) -> Mapping[str, Any]:
    """Show a day: each of its jobs once, with sums, hours, planned travel and loads by depot and crew."""
    return day_item(day_end.read_day(context(), day_of(day)))


@api.get("/depots")
@policy(STAFF)
@api.response(200, DepotList)
def list_depots() -> Mapping[str, Any]:
    """List the depots that crews work from."""
    return listing(store.all_depots(context().store), None)


@api.get("/vehicles")
@policy(STAFF)
@api.response(200, VehicleList)
def list_vehicles() -> Mapping[str, Any]:
    """List the vehicles with what is estimated to be on them."""
    ctx = context()
    return listing(
        [
            vehicle_item(vehicle, loaded_kg=sum(load.estimated_kg for load in tipping.load_list(ctx, vehicle)))
            for vehicle in store.all_vehicles(ctx.store)
        ],
        None,
    )


@api.post("/vehicles/<vehicle_id>/tips")
@policy(access.CREWS)
@api.arguments(TipBody)
@api.response(201, TipItem)
def tip_vehicle(body: Mapping[str, Any], vehicle_id: str) -> Mapping[str, Any]:
    """Empty a vehicle at a site and say what was on it."""
    ctx = context()
    store.vehicles(ctx.store).require(vehicle_id)
    crew_id = access.own_vehicle(ctx, vehicle_id)
    tip = tipping.tip_vehicle(ctx, vehicle_id, body["site_id"], crew_id=crew_id, key=idempotency_key(), cause=cause())
    return tip_item(tip, vehicle_id)


def _completion() -> Mapping[str, Any]:
    """Return the completion in a JSON or form body; answers 422 with the fields that are wrong."""
    sent = request.get_json() if request.is_json else {name: value for name, value in request.form.items() if value}
    try:
        body: Mapping[str, Any] = CompleteBody().load(sent)
    except ValidationError as error:
        abort(422, errors={"json": error.messages})
    return body


def _item(job: Job) -> Mapping[str, Any]:
    """Return a job as the API gives it."""
    return job_item(job, overdue=job.is_overdue(context().clock.now()))


def _matches(job: Job, where: Mapping[str, Any]) -> bool:
    """Say whether a job has all the values asked for."""
    return all(getattr(job, name) == value for name, value in where.items())
