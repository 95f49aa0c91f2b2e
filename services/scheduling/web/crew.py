"""The crew's pages, made for a phone in daylight and gloves: stops, one stop, finish, found a tip, tip the load.

A crew is who it is signed in as (scope `crew_id`); a supervisor may look at, and act for, any crew by `?crew=`. These
forms carry no version: news of the report may arrive while a crew is writing, and must not cost it what it wrote. Only
the crew of a job acts on it, and the job's state says what is possible.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from services.scheduling import found, handlers, store, supervising, tipping
from services.scheduling.domain.fleet import Crew, Vehicle
from services.scheduling.domain.job import Job
from services.scheduling.found import FoundTip
from services.scheduling.handlers import Finish
from services.scheduling.web import access, forms
from services.scheduling.web.words import NO_PHOTO_WORDS
from shared.calendar import london_date
from shared.contracts.codes import LAND_TYPES, OUTCOMES, SIZES, WASTE_TYPES
from shared.council import Place
from shared.errors import DomainError, Forbidden, NotFound
from shared.store.port import DESCENDING
from shared.web.app import cause, context
from shared.web.auth import policy, signed_in_user
from shared.web.forms import FormErrors, errors_of, read_form
from shared.web.idempotency import idempotency_key
from shared.web.uploads import read_optional_photo

bp = Blueprint("crew", __name__, template_folder="templates", url_prefix="/crew")

PLACES_FOUND = 8
DONE_SHOWN = 30


@dataclass(frozen=True)
class Where:
    """Where a found tip is: a place of the gazetteer, or where the phone is."""

    lat: float
    lon: float
    place: Place | None


@bp.app_context_processor
def _links() -> dict[str, Any]:
    """Give templates `crew_url`, which keeps the crew that a supervisor looks at."""
    return {"crew_url": _url}


@bp.get("")
@policy(access.CREWS)
def stops() -> str:
    """Show today's stops, or to a supervisor the crews to choose from."""
    ctx, crew = context(), _crew()
    if crew is None:
        return render_template("scheduling/crew_choose.html", crews=store.all_crews(ctx.store))
    return render_template("scheduling/crew_stops.html", **_round(crew))


@bp.post("/shift")
@policy(access.CREWS)
def shift() -> Response:
    """Sign the crew on or off."""
    ctx, crew = context(), _required_crew()
    try:
        if request.form.get("on") == "yes":
            handlers.start_shift(ctx, crew.id, cause=cause())
            flash("You are on shift.", "success")
        else:
            handlers.end_shift(ctx, crew.id, cause=cause())
            flash("You are off shift. Jobs that are not done stay on your list.", "success")
    except DomainError as refusal:
        flash(refusal.message, "important")
    return redirect(_url("crew.stops"), 303)


@bp.post("/seen")
@policy(access.CREWS)
def seen() -> Response:
    """Note that the crew has seen what is on its list; a supervisor who looks at it has not."""
    crew_id = access.crew_of(signed_in_user())
    if crew_id is None:
        raise Forbidden("Only the crew itself can say that it has seen its stops.")
    supervising.mark_seen(context(), crew_id, cause=cause())
    return redirect(_url("crew.stops"), 303)


@bp.get("/jobs/<job_id>")
@policy(access.CREWS)
def stop(job_id: str) -> str:
    """Show one stop."""
    return _stop_page(access.own_job(context(), job_id), {})


@bp.post("/jobs/<job_id>/start")
@policy(access.CREWS)
def start(job_id: str) -> str | Response | tuple[str, int]:
    """Begin the job and go on to finishing it."""
    ctx = context()
    own = access.own_job(ctx, job_id)
    try:
        handlers.start_job(ctx, own.id, version=None, key=idempotency_key(), cause=cause())
    except DomainError as refusal:
        return _stop_page(store.jobs(ctx.store).require(job_id), errors_of(refusal)), 400
    return redirect(_url("crew.stop", job_id=job_id), 303)


@bp.get("/jobs/<job_id>/finish")
@policy(access.CREWS)
def finish_form(job_id: str) -> str | Response:
    """Ask what happened, with what was reported filled in."""
    own = access.own_job(context(), job_id)
    if own.state != "started":
        return redirect(_url("crew.stop", job_id=job_id), 303)
    return _finish_page(own, {"waste_type": own.waste_type, "land_type": own.land_type, "size": own.size}, {})


@bp.post("/jobs/<job_id>/finish")
@policy(access.CREWS)
def finish(job_id: str) -> str | Response | tuple[str, int]:
    """Finish the job."""
    ctx = context()
    own = access.own_job(ctx, job_id)
    values, errors = read_form(forms.FinishForm, request.form)
    if not errors:
        try:
            handlers.complete_job(ctx, job_id, _finish(values), version=None, key=idempotency_key(), cause=cause())
        except (Forbidden, NotFound):
            raise
        except DomainError as refusal:
            errors = errors_of(refusal)
        else:
            return redirect(_url("crew.done", job_id=job_id), 303)
    return _finish_page(own, request.form, errors), 400


@bp.get("/jobs/<job_id>/done")
@policy(access.CREWS)
def done(job_id: str) -> str:
    """Say what was done, and what is next."""
    ctx = context()
    own = access.own_job(ctx, job_id)
    crew = _crew() or store.crews(ctx.store).get(own.last_crew_id or "")
    remaining = store.jobs_of_crew(ctx.store, crew.id) if crew else []
    return render_template(
        "scheduling/crew_done.html",
        job=own,
        next_job=next((other for other in remaining if not other.held), None),
        left=len(remaining),
        now=ctx.clock.now(),
    )


@bp.get("/found")
@policy(access.CREWS)
def found_form() -> str:
    """Ask where a found tip is, then what it is."""
    where = _where(request.args)
    if where is None:
        return _place_page(request.args.get("q", "").strip(), {})
    return _found_page(where, {}, {})


@bp.post("/found")
@policy(access.CREWS)
def found_tip() -> str | Response | tuple[str, int]:
    """Record the found tip, and finish it in the same form where it is cleared."""
    ctx, crew = context(), _required_crew()
    values, errors = read_form(forms.FoundForm, request.form)
    where = _where(request.form)
    if where is None:
        return _place_page("", {"q": ["Choose where it is"]}), 400
    if errors:
        return _found_page(where, request.form, errors), 400
    tip = FoundTip(
        crew_id=crew.id,
        lat=where.lat,
        lon=where.lon,
        waste_type=values["waste_type"],
        land_type=values["land_type"],
        size=values["size"],
        place_id=where.place.id if where.place else None,
    )
    key = idempotency_key()
    try:
        if values["cleared"] == "yes":
            sent = _finish({**values, "outcome": "cleared"})
            made = found.clear_found_tip(ctx, tip, sent, key=key, cause=cause())
        else:
            made = found.record_found_tip(ctx, tip, key=key, cause=cause())
    except (Forbidden, NotFound):
        raise
    except DomainError as refusal:
        told = errors_of(refusal)
        if refusal.rule == "contractor-only":
            told = {"cleared": ["Asbestos is for a licensed contractor. Keep away from it, and choose “No”."]}
        return _found_page(where, request.form, told), 400
    return redirect(_url("crew.done", job_id=made.id), 303)


@bp.get("/tip")
@policy(access.CREWS)
def tip_form() -> str:
    """Show what is on the vehicle, and ask where it is tipped."""
    return _tip_page({}, {})


@bp.post("/tip")
@policy(access.CREWS)
def tip() -> str | Response | tuple[str, int]:
    """Empty the vehicle."""
    ctx, crew = context(), _required_crew()
    values, errors = read_form(forms.TipForm, request.form)
    if not errors:
        try:
            vehicle = _vehicle(crew)
            made = tipping.tip_vehicle(
                ctx, vehicle.id, values["site_id"], crew_id=crew.id, key=idempotency_key(), cause=cause()
            )
        except DomainError as refusal:
            errors = {"site_id": [refusal.message]}
        else:
            return redirect(_url("crew.tipped", tip_id=made.tip_id), 303)
    return _tip_page(request.form, errors), 400


@bp.get("/tips/<tip_id>")
@policy(access.CREWS)
def tipped(tip_id: str) -> str:
    """Say what was tipped, for the weighbridge."""
    crew = _required_crew()
    vehicle = _vehicle(crew)
    made = vehicle.tip(tip_id)
    if made is None:
        raise NotFound("This tip is not one of your vehicle’s latest.")
    return render_template("scheduling/crew_tipped.html", tip=made, vehicle=vehicle, crew=crew)


def _crew() -> Crew | None:
    """Return the crew that the user is, or that a supervisor has chosen."""
    user, ctx = signed_in_user(), context()
    crew_id = access.crew_of(user) or (request.values.get("crew") if access.is_supervisor(user) else None)
    return store.crews(ctx.store).get(crew_id) if crew_id else None


def _required_crew() -> Crew:
    """Return the crew; raises `DomainError` for a supervisor who has chosen none."""
    crew = _crew()
    if crew is None:
        raise DomainError("Choose a crew first.", field="crew")
    return crew


def _url(endpoint: str, **values: Any) -> str:
    """Return the address of a crew page, with the crew that a supervisor looks at."""
    chosen = request.values.get("crew")
    kept: dict[str, Any] = {"crew": chosen} if chosen else {}
    return url_for(endpoint, **values, **kept)


def _vehicle(crew: Crew) -> Vehicle:
    """Return the crew's vehicle; raises `DomainError` for a crew without one."""
    vehicle = store.vehicles(context().store).get(crew.vehicle_id or "")
    if vehicle is None:
        raise DomainError("Your crew has no vehicle today. Ask your supervisor.", field="site_id")
    return vehicle


def _round(crew: Crew) -> Mapping[str, Any]:
    """Return what the list of stops needs."""
    ctx = context()
    now = ctx.clock.now()
    vehicle = store.vehicles(ctx.store).get(crew.vehicle_id or "")
    latest, _ = store.jobs(ctx.store).find({"crew_id": crew.id}, sort=(("done_at", DESCENDING),), limit=DONE_SHOWN)
    today = london_date(now)
    return {
        "crew": crew,
        "vehicle": vehicle,
        "loads": tipping.load_list(ctx, vehicle) if vehicle else [],
        "shift": store.current_shift(ctx.store, crew.id),
        "jobs": store.jobs_of_crew(ctx.store, crew.id),
        "done_today": [job for job in latest if job.completed_at and london_date(job.completed_at) == today],
        "now": now,
    }


def _stop_page(job: Job, errors: FormErrors) -> str:
    """Return the page of a stop."""
    return render_template("scheduling/crew_stop.html", job=job, now=context().clock.now(), errors=errors)


def _finish_page(job: Job, values: Mapping[str, Any], errors: FormErrors) -> str:
    """Return the form that finishes a job."""
    return render_template("scheduling/crew_finish.html", job=job, values=values, errors=errors, **_choices())


def _found_page(where: Where, values: Mapping[str, Any], errors: FormErrors) -> str:
    """Return the form that says what a found tip is."""
    return render_template("scheduling/crew_found.html", where=where, values=values, errors=errors, **_choices())


def _place_page(words: str, errors: FormErrors) -> str:
    """Return the search for the place of a found tip."""
    ctx = context()
    return render_template(
        "scheduling/crew_place.html",
        words=words,
        found_places=ctx.council.gazetteer.search(words, PLACES_FOUND) if words else [],
        errors=errors,
    )


def _tip_page(values: Mapping[str, Any], errors: FormErrors) -> str:
    """Return the load list with the sites to choose from."""
    ctx, crew = context(), _required_crew()
    vehicle = _vehicle(crew)
    loads = tipping.load_list(ctx, vehicle)
    return render_template(
        "scheduling/crew_tip.html",
        crew=crew,
        vehicle=vehicle,
        loads=loads,
        total_kg=sum(load.estimated_kg for load in loads),
        sites=ctx.council.sites,
        values=values,
        errors=errors,
    )


def _where(sent: Mapping[str, str]) -> Where | None:
    """Return the place that was chosen, or where the phone is; None where neither was sent."""
    ctx = context()
    place_id = sent.get("place", "").strip()
    if place_id:
        try:
            place = ctx.council.gazetteer.place(place_id)
        except NotFound:
            return None
        return Where(place.lat, place.lon, ctx.council.gazetteer.named_by(place))
    try:
        lat, lon = float(sent.get("lat", "")), float(sent.get("lon", ""))
    except ValueError:
        return None
    inside = -90 <= lat <= 90 and -180 <= lon <= 180
    return Where(lat, lon, None) if inside else None


def _finish(values: Mapping[str, Any]) -> Finish:
    """Return what the crew sends when it is done, with its photos."""
    evidence = read_optional_photo(request.files.get("evidence_photo"), field="evidence_photo")
    note = values.get("evidence_note") or ""
    return Finish(
        outcome=values["outcome"],
        waste_type=values["waste_type"],
        land_type=values["land_type"],
        size=values["size"],
        no_photo_reason=values["no_photo_reason"],
        has_evidence=bool(values["has_evidence"]),
        photo=read_optional_photo(request.files.get("photo")),
        evidence_photos=(evidence,) if evidence else (),
        evidence_note=note,
    )


def _choices() -> Mapping[str, Any]:
    """Return the codes of the crew's forms in plain words."""
    return {
        "outcomes": [(code, words.plain) for code, words in OUTCOMES.items()],
        "waste_types": [(code, words.plain) for code, words in WASTE_TYPES.items()],
        "land_types": [(code, words.plain) for code, words in LAND_TYPES.items()],
        "sizes": [(code, words.plain) for code, words in SIZES.items()],
        "no_photo_reasons": list(NO_PHOTO_WORDS.items()),
    }
