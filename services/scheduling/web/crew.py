"""The crew's stops, made for a phone in daylight and gloves: the list, one stop, arrive, start, finish, what is wrong.

These forms carry no version: news of the report may arrive while a crew is writing, and must not cost it what it wrote.
What a form comes to when the office has changed the job meanwhile is the domain's to say (`domain/late.py`), the same
for a form that is sent at once and for one that a phone has kept since the morning.
"""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, redirect, render_template, request

from services.scheduling import store, tipping
from services.scheduling.crew_lists import crew_lists
from services.scheduling.domain.breaks import is_on_break
from services.scheduling.domain.fleet import Crew
from services.scheduling.domain.job import Job
from services.scheduling.seen import mark_seen
from services.scheduling.supervising import is_diverted
from services.scheduling.web import access, actions
from services.scheduling.web.crew_pages import Page, choices, crew_url, required_crew, send, this_crew
from services.scheduling.web.words import NO_PHOTO_WORDS
from shared.calendar import london_date
from shared.store.port import DESCENDING
from shared.web.app import cause, context
from shared.web.auth import policy, signed_in_user
from shared.web.forms import FormErrors

bp = Blueprint("crew", __name__, template_folder="templates", url_prefix="/crew")

DONE_SHOWN = 30
KEEPING = "X-Streetscene-Keeping"
"""The header with which the phone's script fetches pages to keep: nobody has looked at them then."""


@bp.app_context_processor
def _links() -> dict[str, Any]:
    """Give templates `crew_url`, which keeps the crew that a supervisor looks at."""
    return {"crew_url": crew_url}


@bp.get("")
@policy(access.CREWS)
def stops() -> str:
    """Show today's stops, or to a supervisor the crews to choose from; a crew that looks has seen its jobs."""
    ctx, crew = context(), this_crew()
    if crew is None:
        return render_template("scheduling/crew_choose.html", crews=store.all_crews(ctx.store))
    if access.crew_of(signed_in_user()) == crew.id and KEEPING not in request.headers:
        mark_seen(ctx, crew.id, cause=cause())
    return render_template("scheduling/crew_stops.html", **_round(crew))


@bp.get("/jobs/<job_id>")
@policy(access.CREWS)
def stop(job_id: str) -> str:
    """Show one stop."""
    return _stop_page(access.own_job(context(), job_id), {})


@bp.post("/jobs/<job_id>/arrive")
@policy(access.CREWS)
def arrive(job_id: str) -> Page:
    """Note that the crew is there, with a photo from before the work."""
    own = access.own_job(context(), job_id)
    return send(actions.arrive, _crew_for(own), job_id, lambda errors: _stop_page(own, errors))


@bp.post("/jobs/<job_id>/start")
@policy(access.CREWS)
def start(job_id: str) -> Page:
    """Begin the job and go on to finishing it."""
    own = access.own_job(context(), job_id)
    return send(actions.start, _crew_for(own), job_id, lambda errors: _stop_page(own, errors))


@bp.get("/jobs/<job_id>/finish")
@policy(access.CREWS)
def finish_form(job_id: str) -> Page:
    """Ask what happened, with what was reported filled in."""
    own = access.own_job(context(), job_id)
    # A phone keeps this page before the job is begun; who finishes without having begun has begun then.
    if own.state != "started" and (own.state != "assigned" or own.held):
        return redirect(crew_url("crew.stop", job_id=job_id), 303)
    return _finish_page(own, {"waste_type": own.waste_type, "land_type": own.land_type, "size": own.size}, {})


@bp.post("/jobs/<job_id>/finish")
@policy(access.CREWS)
def finish(job_id: str) -> Page:
    """Finish the job."""
    own = access.own_job(context(), job_id)
    return send(actions.finish, _crew_for(own), job_id, lambda errors: _finish_page(own, request.form, errors))


@bp.get("/jobs/<job_id>/exception")
@policy(access.CREWS)
def exception_form(job_id: str) -> Page:
    """Ask what is wrong at the place."""
    own = access.own_job(context(), job_id)
    if own.state not in ("assigned", "started"):
        return redirect(crew_url("crew.stop", job_id=job_id), 303)
    return _exception_page(own, {}, {})


@bp.post("/jobs/<job_id>/exception")
@policy(access.CREWS)
def exception(job_id: str) -> Page:
    """Note what is wrong; where the list gives it an outcome, the visit ends with it."""
    own = access.own_job(context(), job_id)
    return send(actions.trouble, _crew_for(own), job_id, lambda errors: _exception_page(own, request.form, errors))


@bp.get("/jobs/<job_id>/done")
@policy(access.CREWS)
def done(job_id: str) -> str:
    """Say what was done, and what is next."""
    ctx = context()
    own = access.own_job(ctx, job_id)
    crew = this_crew() or store.crews(ctx.store).get(own.last_crew_id or "")
    remaining = store.jobs_of_crew(ctx.store, crew.id) if crew else []
    return render_template(
        "scheduling/crew_done.html",
        job=own,
        next_job=next((other for other in remaining if not other.held), None),
        left=len(remaining),
        now=ctx.clock.now(),
    )


def _crew_for(job: Job) -> Crew:
    """Return the crew that acts: a supervisor who chose none acts for the job's own."""
    ctx = context()
    return this_crew() or store.crews(ctx.store).get(job.crew_id or job.last_crew_id or "") or required_crew()


def _round(crew: Crew) -> Mapping[str, Any]:
    """Return what the list of stops needs."""
    ctx = context()
    now = ctx.clock.now()
    vehicle = store.vehicles(ctx.store).get(crew.vehicle_id or "")
    latest, _ = store.jobs(ctx.store).find({"crew_id": crew.id}, sort=(("done_at", DESCENDING),), limit=DONE_SHOWN)
    today = london_date(now)
    shift = store.current_shift(ctx.store, crew.id)
    jobs = store.jobs_of_crew(ctx.store, crew.id)
    return {
        "crew": crew,
        "vehicle": vehicle,
        "loads": tipping.load_list(ctx, vehicle) if vehicle else [],
        "shift": shift,
        "on_break": shift is not None and is_on_break(shift.breaks),
        "is_checked": vehicle is not None and _is_checked(vehicle.id, today),
        "jobs": jobs,
        "diverted": {job.id for job in jobs if is_diverted(ctx, job)},
        "done_today": [job for job in latest if job.completed_at and london_date(job.completed_at) == today],
        "now": now,
    }


def _is_checked(vehicle_id: str, today: Any) -> bool:
    """Say whether somebody has walked round the vehicle today."""
    newest = (("occurred_at", DESCENDING),)
    found, _ = store.vehicle_checks(context().store).find({"vehicle_id": vehicle_id}, sort=newest, limit=1)
    return bool(found) and london_date(found[0].occurred_at) == today


def _stop_page(job: Job, errors: FormErrors) -> str:
    """Return the page of a stop."""
    return render_template(
        "scheduling/crew_stop.html",
        job=job,
        is_diverted=is_diverted(context(), job),
        now=context().clock.now(),
        errors=errors,
        values=request.form,
        no_photo_reasons=list(NO_PHOTO_WORDS.items()),
        needs_before=context().council.phone.needs_before_photo,
        proof_days=context().council.phone.proof_days,
    )


def _finish_page(job: Job, values: Mapping[str, Any], errors: FormErrors) -> str:
    """Return the form that finishes a job."""
    phone = context().council.phone
    asks_before = phone.needs_before_photo and not (job.before_photo_key or job.no_before_reason)
    return render_template(
        "scheduling/crew_finish.html",
        job=job,
        values=values,
        errors=errors,
        asks_before=asks_before,
        proof_days=phone.proof_days,
        **choices(),
    )


def _exception_page(job: Job, values: Mapping[str, Any], errors: FormErrors) -> str:
    """Return the form that says what is wrong."""
    return render_template(
        "scheduling/crew_exception.html",
        job=job,
        values=values,
        errors=errors,
        exceptions=list(crew_lists().exceptions.values()),
        proof_days=context().council.phone.proof_days,
        no_photo_reasons=list(NO_PHOTO_WORDS.items()),
    )
