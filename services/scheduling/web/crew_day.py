"""The crew's day beside its stops: shift, break, the walk round the vehicle, a tip that it found, tipping the load."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, redirect, render_template, request

from services.scheduling import store, tipping
from services.scheduling.crew_lists import crew_lists
from services.scheduling.web import access, actions
from services.scheduling.web.crew_pages import Page, choices, crew_url, required_crew, send, this_crew, vehicle_of
from services.scheduling.web.where import Where, where_of
from shared.errors import NotFound
from shared.web.app import context
from shared.web.auth import policy
from shared.web.forms import FormErrors

bp = Blueprint("crew_day", __name__, template_folder="templates", url_prefix="/crew")

PLACES_FOUND = 8


@bp.post("/shift")
@policy(access.CREWS)
def shift() -> Page:
    """Sign the crew on."""
    return send(actions.sign_on, required_crew(), "", lambda _errors: "")


@bp.post("/break")
@policy(access.CREWS)
def rest() -> Page:
    """Begin or end a break."""
    return send(actions.rest, required_crew(), "", _end_page)


@bp.get("/end")
@policy(access.CREWS)
def end_form() -> Page:
    """Ask why what is left was not done, before the crew signs off."""
    if this_crew() is None:
        return redirect(crew_url("crew.stops"), 303)
    return _end_page({})


@bp.post("/end")
@policy(access.CREWS)
def end() -> Page:
    """Sign the crew off and hand back what is left."""
    return send(actions.sign_off, required_crew(), "", _end_page)


@bp.get("/check")
@policy(access.CREWS)
def check_form() -> Page:
    """Ask what is wrong with the vehicle, if anything."""
    if this_crew() is None:
        return redirect(crew_url("crew.stops"), 303)
    return _check_page({}, {})


@bp.post("/check")
@policy(access.CREWS)
def check() -> Page:
    """Keep the walk-round check."""
    sent = {**request.form, "defects": request.form.getlist("defects")}
    return send(actions.check, required_crew(), "", lambda errors: _check_page(sent, errors))


@bp.get("/found")
@policy(access.CREWS)
def found_form() -> str:
    """Ask where a found tip is, then what it is; the page that a phone keeps asks for the second with no place yet."""
    where = where_of(request.args)
    if request.args.get("kept"):
        depot = store.depots(context().store).require(required_crew().depot_id)
        return _found_page(Where(depot.lat, depot.lon, None), {}, {})
    if where is None:
        return _place_page(request.args.get("q", "").strip(), {})
    return _found_page(where, {}, {})


@bp.post("/found")
@policy(access.CREWS)
def found_tip() -> Page:
    """Record the found tip, and finish it in the same form where it is cleared."""
    where = where_of(request.form)
    if where is None:
        return _place_page("", {"q": ["Choose where it is"]}), 400
    return send(actions.find, required_crew(), "", lambda errors: _found_page(where, request.form, errors))


@bp.get("/tip")
@policy(access.CREWS)
def tip_form() -> str:
    """Show what is on the vehicle, and ask where it is tipped."""
    return _tip_page({}, {})


@bp.post("/tip")
@policy(access.CREWS)
def tip() -> Page:
    """Empty the vehicle."""
    return send(
        actions.tip,
        required_crew(),
        "",
        lambda errors: _tip_page(request.form, {"site_id": [text for texts in errors.values() for text in texts]}),
    )


@bp.get("/tips/<tip_id>")
@policy(access.CREWS)
def tipped(tip_id: str) -> str:
    """Say what was tipped, for the weighbridge."""
    crew = required_crew()
    vehicle = vehicle_of(crew)
    made = vehicle.tip(tip_id)
    if made is None:
        raise NotFound("This tip is not one of your vehicle’s latest.")
    return render_template("scheduling/crew_tipped.html", tip=made, vehicle=vehicle, crew=crew)


def _end_page(errors: FormErrors) -> str:
    """Return the form that ends the shift."""
    ctx, crew = context(), required_crew()
    return render_template(
        "scheduling/crew_end.html",
        crew=crew,
        shift=store.current_shift(ctx.store, crew.id),
        jobs=store.jobs_of_crew(ctx.store, crew.id),
        reasons=list(crew_lists().hand_back.items()),
        values=request.form,
        errors=errors,
    )


def _check_page(values: Mapping[str, Any], errors: FormErrors) -> str:
    """Return the walk-round list."""
    ctx, crew = context(), required_crew()
    return render_template(
        "scheduling/crew_check.html",
        crew=crew,
        vehicle=store.vehicles(ctx.store).get(crew.vehicle_id or ""),
        items=list(crew_lists().walk_round.values()),
        source=crew_lists().walk_round_source,
        values=values,
        errors=errors,
    )


def _found_page(where: Where, values: Mapping[str, Any], errors: FormErrors) -> str:
    """Return the form that says what a found tip is."""
    told = dict(errors)
    if any("Asbestos" in text for text in told.pop("outcome", [])):
        told["cleared"] = ["Asbestos is for a licensed contractor. Keep away from it, and choose “No”."]
    return render_template(
        "scheduling/crew_found.html",
        where=where,
        values=values,
        errors=told,
        proof_days=context().council.phone.proof_days,
        **choices(),
    )


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
    ctx, crew = context(), required_crew()
    vehicle = vehicle_of(crew)
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
