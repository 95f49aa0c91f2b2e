"""`/demo`: the controls of a demonstration, mounted by the embedded front and nowhere else.

Whoever can open it can change the council's clock for everybody, so it exists only with DEMO=1, and answers only on
this machine's own address: a demonstration put on the open internet has no controls.
"""

from contextlib import ExitStack
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from flask import Blueprint, Flask, current_app, flash, redirect, render_template, request, url_for
from werkzeug import Response

from deploy.demo.controls import (
    damaged_parked,
    hold_worker,
    send_damaged,
    send_whole,
    worker_is_held,
)
from deploy.demo.tour import people, place_of, stops
from shared.blobs import open_blobs
from shared.clock import ClockSetting, CouncilClock, machine_now
from shared.config import Settings
from shared.council import load_council
from shared.errors import ConfigError, DomainError
from shared.geo.drawing import load_drawn_map
from shared.processes import (
    CLOCK_DOCUMENT,
    DEMO_COLLECTIONS,
    DEMO_STORE,
    open_contexts,
    part,
    read_clock,
    write_clock,
)
from shared.service import ServiceContext
from shared.store import open_store
from shared.web.app import context
from shared.web.app import create_app as create_base
from shared.web.auth import PUBLIC, policy
from shared.web.deny import DENIED_USERS
from shared.web.loopback import refuse_strangers
from shared.web.stream import state_stream

SPEEDS = (1, 20, 60)
"""Council seconds per second that the page offers; 0 stands still."""

FURTHEST_FORWARD = timedelta(days=60)
"""A demonstration is about the days of a notice, not about years: a clock set by mistake can be waited for."""

WATCHED = ("reports", "operations")
"""Services whose stores the page reads: the story and the wall, and where to ask for a damaged message."""

CONTEXTS = "streetscene_demo_contexts"
FEED_LENGTH = 6

bp = Blueprint("demo", __name__, template_folder="templates")


def create_app(settings: Settings) -> Flask:
    """Return the app of the controls; raises `ConfigError` where there is no demonstration."""
    if not settings.demo:
        raise ConfigError("/demo exists only in a demonstration (DEMO=1)")
    store = open_store(settings.store_url, DEMO_STORE, (*DEMO_COLLECTIONS, DENIED_USERS))
    ctx = ServiceContext(
        service=DEMO_STORE,
        settings=settings,
        council=load_council(settings.council),
        store=store,
        blobs=open_blobs(settings.blob_url, DEMO_STORE),
        clock=CouncilClock(lambda: read_clock(store)),
    )
    app = create_base(ctx, package=__name__, pages=[bp], title="Streetscene demonstration")
    app.before_request(refuse_strangers)
    app.extensions[CONTEXTS] = ExitStack().enter_context(open_contexts(WATCHED, settings))
    app.extensions["streetscene_demo_map"] = load_drawn_map(settings.council)
    return app


@bp.get("/demo")
@policy(PUBLIC)
def show() -> str:
    """Show the way of one report, whom one can be, the wall in miniature, the clock, and what can be broken."""
    ctx, operations = context(), _watched("operations")
    setting = read_clock(ctx.store)
    told = ctx.store.get("cast", "path")
    reference = told["reference"] if told else None
    place = place_of(operations, reference) if reference else None
    wall = _wall(operations)
    return render_template(
        "demo/show.html",
        now=setting.at(machine_now()) if setting else machine_now(),
        speed=setting.speed if setting else 1,
        is_set=setting,
        speeds=SPEEDS,
        reference=reference,
        stops=stops(operations, reference) if reference else (),
        people=people(ctx.council),
        place=place,
        place_name=ctx.council.gazetteer.place(place["place_id"]).name if place and place["place_id"] else None,
        drawn=current_app.extensions["streetscene_demo_map"],
        wall=wall,
        parts=_parts(ctx, wall),
        worker_held=worker_is_held(ctx.store),
        damaged=len(damaged_parked(operations.store)),
    )


@bp.get("/demo/stream")
@policy(PUBLIC)
def stream() -> Response:
    """Send the wall in miniature as it changes."""
    return state_stream(partial(_state, context(), _watched("operations")), name="demo.wall")


@bp.post("/demo/break")
@policy(PUBLIC)
def break_or_mend() -> Response:
    """Ask for something to be broken, or mended."""
    ctx, reports, operations = context(), _watched("reports"), _watched("operations")
    match request.form.get("do"):
        case "stop-worker":
            hold_worker(ctx.store, held=True)
            flash("The worker is killed. Pages still work, and reports are still taken: their events wait.")
        case "start-worker":
            hold_worker(ctx.store, held=False)
            flash("The worker starts again, and handles everything that has waited.", "success")
        case "damage":
            send_damaged(ctx.store, reports.store)
            flash("A message with half of it missing is on its way. In a moment it is put aside below.")
        case "mend":
            count = send_whole(ctx.store, reports, operations)
            flash(f"{count} put aside, and the whole event sent from the log again. Nothing was lost.", "success")
        case _:
            raise DomainError("Choose what to break or mend.")
    return redirect(url_for("demo.show", _anchor="hold"))


@bp.post("/demo/clock")
@policy(PUBLIC)
def change_clock() -> Response:
    """Pause, speed up, move forward, or go back to this machine's time."""
    store = context().store
    now = machine_now()
    setting = read_clock(store) or ClockSetting(now, now, 1)
    match request.form.get("do"):
        case "pause":
            write_clock(store, ClockSetting(now, setting.at(now), 0))
        case "speed":
            write_clock(store, ClockSetting(now, setting.at(now), _speed()))
        case "forward":
            write_clock(store, ClockSetting(now, _forward(setting, now), setting.speed))
        case "reset":
            store.delete("clock", CLOCK_DOCUMENT)
        case _:
            raise DomainError("Choose what to do with the clock.")
    return redirect(url_for("demo.show", _anchor="clock"))


def _speed() -> int:
    """Return the speed that was asked for."""
    speed = request.form.get("speed", "")
    if speed not in {str(offered) for offered in SPEEDS}:
        raise DomainError(f"The speed must be one of {', '.join(str(offered) for offered in SPEEDS)}.")
    return int(speed)


def _forward(setting: ClockSetting, now: datetime) -> datetime:
    """Return the council's time an hour on."""
    forward = setting.at(now) + timedelta(hours=1)
    if forward - now > FURTHEST_FORWARD:
        raise DomainError("The council’s clock is far ahead already. Go back to this machine’s time first.")
    return forward


def _watched(service: str) -> ServiceContext:
    """Return the context of a service that the page reads."""
    ctx: ServiceContext = current_app.extensions[CONTEXTS][service]
    return ctx


def _wall(operations: ServiceContext) -> Any:
    """Return the wall as it is now."""
    return part("operations", "web.wall").read_wall(operations)


def _parts(ctx: ServiceContext, wall: Any) -> dict[str, str]:
    """Return the pieces of the miniature as HTML."""
    setting = read_clock(ctx.store)
    values = {"wall": wall, "feed": wall.feed[:FEED_LENGTH], "now": setting.at(machine_now()) if setting else None}
    environment = current_app.jinja_env
    return {name: environment.get_template(f"demo/_{name}.html").render(**values) for name in ("figures", "feed")}


def _state(ctx: ServiceContext, operations: ServiceContext) -> dict[str, Any]:
    """Return the state that the stream sends."""
    wall = _wall(operations)
    return {"revision": wall.revision, "as_of": wall.summary.as_of.isoformat(), "parts": _parts(ctx, wall)}
