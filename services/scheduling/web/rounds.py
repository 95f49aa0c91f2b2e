"""Rounds and who drives them: moving a job with what that changes, a crew's round, its sheet on paper, dropping out.

A move is shown before it is made, on a page of its own or in a panel of the board (`X-Part`): the same words, the same
form. What is confirmed is what was shown; where it is no longer so, it is shown anew and asked again.
"""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from services.scheduling import dropping_out, handlers, moving, store, supervising
from services.scheduling.availability import is_absent, why_unavailable
from services.scheduling.domain.absence import ABSENCE_REASONS
from services.scheduling.domain.fleet import Crew
from services.scheduling.domain.job import Job
from services.scheduling.live import crew_jobs
from services.scheduling.moving import Seen
from services.scheduling.web import access, forms, view
from services.scheduling.web.parts import board_values, changed_parts, live_rounds, make_parts
from services.scheduling.web.timeline import Row, make_timeline
from services.scheduling.web.view import Filters
from services.scheduling.web.words import now_words
from shared.errors import Conflict, DomainError, Forbidden, NotFound
from shared.web.app import cause, context
from shared.web.auth import policy, signed_in_user
from shared.web.forms import FormErrors, errors_of, read_form
from shared.web.idempotency import idempotency_key

bp = Blueprint("rounds", __name__, template_folder="templates", url_prefix="/dispatch")

PART_HEADER = "X-Part"
"""Sent by the board's script, which puts the answer into its panel."""


@bp.get("/jobs/<job_id>/move")
@policy(access.SUPERVISORS)
def move(job_id: str) -> str:
    """Show where a job could go, and, for a crew that is chosen, what that changes."""
    return _move_page(store.jobs(context().store).require(job_id), {}, "")


@bp.post("/jobs/<job_id>/move")
@policy(access.SUPERVISORS)
def move_job(job_id: str) -> str | Response | tuple[str, int]:
    """Move the job as it was shown."""
    ctx = context()
    job = store.jobs(ctx.store).require(job_id)
    values, errors = read_form(forms.MoveForm, request.form)
    if errors:
        return _move_page(job, errors, ""), 400
    place = values["place"] if values["place"] is not None else len(crew_jobs(ctx, values["crew_id"]))
    seen = Seen(values["version"], values["sheet"])
    try:
        moved = moving.move_job(ctx, job_id, values["crew_id"], place, seen=seen, key=idempotency_key(), cause=cause())
    except (Forbidden, NotFound):
        raise
    except DomainError as refusal:
        return _move_page(job, errors_of(refusal), ""), 400
    except Conflict:
        current = store.jobs(ctx.store).require(job_id)
        return _move_page(current, {}, _conflict_words(current, seen, values["crew_id"])), 409
    told = f"{moved.reference} is now with {handlers.require_crew(ctx, str(moved.crew_id)).name}."
    if _is_part():
        filters = Filters.of(request.args)
        done = render_template("scheduling/move_done.html", told=told, job=moved)
        return Markup(done) + changed_parts(make_parts(board_values(filters), rounds_only=True))  # noqa: S704 — our template's own
    flash(told, "success")
    return redirect(url_for("dispatch.job", job_id=job_id), 303)


@bp.get("/crews/<crew_id>")
@policy(access.BOARD_READERS)
def crew(crew_id: str) -> str:
    """Show a crew's round, with all that a supervisor can do about it."""
    return _crew_page(store.crews(context().store).require(crew_id), {})


@bp.get("/crews/<crew_id>/sheet")
@policy(access.BOARD_READERS)
def sheet(crew_id: str) -> str:
    """Show a crew's stops for paper: for a crew without a phone."""
    ctx = context()
    found = store.crews(ctx.store).require(crew_id)
    return render_template("scheduling/sheet.html", crew=found, row=_row(found), now=ctx.clock.now())


@bp.post("/crews/<crew_id>/divert")
@policy(access.SUPERVISORS)
def divert(crew_id: str) -> str | Response | tuple[str, int]:
    """Send a crew to tip before its next stop, or take that back."""
    ctx = context()
    found = store.crews(ctx.store).require(crew_id)
    if request.form.get("back") == "yes":
        supervising.divert_crew(ctx, crew_id, None, cause=cause())
        flash(f"{found.name} goes on to its next stop as before.", "success")
        return redirect(url_for("rounds.crew", crew_id=crew_id), 303)
    values, errors = read_form(forms.DivertForm, request.form)
    if not errors:
        try:
            job = supervising.divert_crew(ctx, crew_id, values["site_id"], cause=cause())
        except NotFound:
            errors = {"site_id": ["Choose where it tips"]}
        except DomainError as refusal:
            errors = errors_of(refusal, "site_id")
        else:
            site = ctx.council.site(values["site_id"]).name
            flash(f"{found.name} is sent to {site} before {job.reference}.", "success")
            return redirect(url_for("rounds.crew", crew_id=crew_id), 303)
    return _crew_page(found, errors), 400


@bp.get("/crews/<crew_id>/absence")
@policy(access.SUPERVISORS)
def absence(crew_id: str) -> str:
    """Say what happens when a crew is not there, and ask why it is not."""
    return _absence_page(store.crews(context().store).require(crew_id), {})


@bp.post("/crews/<crew_id>/absence")
@policy(access.SUPERVISORS)
def record_absence(crew_id: str) -> str | Response | tuple[str, int]:
    """Note that a crew is not there today; its stops go back."""
    ctx = context()
    found = store.crews(ctx.store).require(crew_id)
    values, errors = read_form(forms.AbsenceForm, request.form)
    if errors:
        return _absence_page(found, errors), 400
    given_back = dropping_out.record_absence(ctx, crew_id, values["reason"], by=signed_in_user().id, cause=cause())
    flash(f"{found.name} is not there today. {_went_back(given_back)}", "success")
    return redirect(url_for("rounds.crew", crew_id=crew_id), 303)


@bp.post("/crews/<crew_id>/absence/end")
@policy(access.SUPERVISORS)
def end_absence(crew_id: str) -> Response:
    """Note that a crew has come after all."""
    found = dropping_out.end_absence(context(), crew_id, cause=cause())
    flash(f"{found.name} is there. It can be given jobs again.", "success")
    return redirect(url_for("rounds.crew", crew_id=crew_id), 303)


@bp.get("/vehicles/<vehicle_id>/off-road")
@policy(access.SUPERVISORS)
def off_road(vehicle_id: str) -> str:
    """Say what happens when a vehicle is off the road."""
    ctx = context()
    vehicle = store.vehicles(ctx.store).require(vehicle_id)
    crews = [each for each in store.all_crews(ctx.store) if each.vehicle_id == vehicle_id]
    return render_template("scheduling/off_road.html", vehicle=vehicle, crews=[(each, _stops(each)) for each in crews])


@bp.post("/vehicles/<vehicle_id>/off-road")
@policy(access.SUPERVISORS)
def take_off_road(vehicle_id: str) -> Response:
    """Take a vehicle off the road; the stops of its crew go back."""
    ctx = context()
    vehicle = store.vehicles(ctx.store).require(vehicle_id)
    given_back = dropping_out.take_off_road(ctx, vehicle_id, by=signed_in_user().id, cause=cause())
    flash(f"{vehicle.registration} is off the road. {_went_back(given_back)}", "success")
    return _to_crew_of(vehicle_id)


@bp.post("/vehicles/<vehicle_id>/on-road")
@policy(access.SUPERVISORS)
def put_on_road(vehicle_id: str) -> Response:
    """Put a vehicle back on the road."""
    try:
        vehicle = dropping_out.put_on_road(context(), vehicle_id, cause=cause())
    except (Forbidden, NotFound):
        raise
    except DomainError as refusal:
        flash(refusal.message, "important")
    else:
        flash(f"{vehicle.registration} is on the road again.", "success")
    return _to_crew_of(vehicle_id)


def _move_page(job: Job, errors: FormErrors, conflict: str) -> str:
    """Return the page, or the panel, that shows what a move changes."""
    ctx = context()
    crews = store.all_crews(ctx.store)
    sent = request.values
    chosen = next((each for each in crews if each.id == sent.get("crew_id")), None)
    others = [each for each in crew_jobs(ctx, chosen.id) if each.id != job.id] if chosen else []
    place = int(sent["place"]) if sent.get("place", "").isdigit() else len(others)
    shown = moving.consequences(ctx, live_rounds(), job, chosen, place) if chosen and job.is_active else None
    wanted = sent.get("crew_id") and not chosen
    values: Mapping[str, Any] = {"crew_id": chosen.id if chosen else "", "place": shown.place if shown else ""}
    template = "scheduling/move_part.html" if _is_part() else "scheduling/move.html"
    return render_template(
        template,
        job=job,
        crew=next((each for each in crews if each.id == job.crew_id), None),
        crews=crews,
        stops=others,
        shown=shown,
        offers=moving.offers(ctx, live_rounds(), job) if shown is None and job.is_active else [],
        values=values,
        errors=errors or ({"crew_id": ["Choose a crew"]} if wanted else {}),
        conflict=conflict,
        now=ctx.clock.now(),
        is_panel=_is_part(),
        crew_names={each.id: each.name for each in crews},
    )


def _conflict_words(job: Job, seen: Seen, crew_id: str) -> str:
    """Return what somebody else did while a move was being decided."""
    ctx = context()
    if job.version != seen.version:
        return f"Somebody else changed this job while you were looking at it. {now_words(ctx, job)}"
    crew, stops = handlers.require_crew(ctx, crew_id), len(crew_jobs(ctx, crew_id))
    count = f"{stops} {'stop' if stops == 1 else 'stops'} to do"
    return f"Somebody else changed the round of {crew.name} while you were looking at it. It has {count} now."


def _is_part() -> bool:
    """Say whether the board's script asks, for its panel."""
    return PART_HEADER in request.headers


def _crew_page(found: Crew, errors: FormErrors) -> str:
    """Return the page of a crew."""
    ctx = context()
    now = ctx.clock.now()
    row = _row(found)
    return render_template(
        "scheduling/crew_round.html",
        crew=found,
        row=row,
        is_absent=is_absent(ctx, found.id, now),
        why_not=why_unavailable(ctx, found, now),
        diverted=next((line.job for line in row.lines if line.is_diverted), None),
        sites=ctx.council.sites,
        errors=errors,
        values=request.form,
        now=now,
        may_act=access.is_supervisor(signed_in_user()),
    )


def _absence_page(found: Crew, errors: FormErrors) -> str:
    """Return the page that asks why a crew is not there."""
    return render_template(
        "scheduling/absence.html",
        crew=found,
        stops=_stops(found),
        reasons=list(ABSENCE_REASONS.items()),
        values=request.form,
        errors=errors,
    )


def _row(found: Crew) -> Row:
    """Return a crew's round as the board shows it."""
    ctx = context()
    now = ctx.clock.now()
    jobs = live_rounds().active_jobs(ctx)
    load = next(each for each in view.crew_loads(ctx, jobs, [found.depot_id], now) if each.crew.id == found.id)
    return make_timeline(ctx, live_rounds(), [load], jobs, now).rows[0]


def _stops(found: Crew) -> list[Job]:
    """Return the active jobs of a crew."""
    return store.jobs_of_crew(context().store, found.id)


def _went_back(jobs: list[Job]) -> str:
    """Return how many stops went back, and what happens with them."""
    if not jobs:
        return "It had no stop to give back."
    stops = "1 stop went back" if len(jobs) == 1 else f"{len(jobs)} stops went back"
    return f"{stops} to be assigned, and a new plan was asked for."


def _to_crew_of(vehicle_id: str) -> Response:
    """Go back to what crews have told, to the crew that drives a vehicle, or to the board where none does."""
    if request.form.get("back") == "from-crews":
        return redirect(url_for("from_crews.page"), 303)
    crews = [each for each in store.all_crews(context().store) if each.vehicle_id == vehicle_id]
    return redirect(url_for("rounds.crew", crew_id=crews[0].id) if crews else url_for("dispatch.board"), 303)
