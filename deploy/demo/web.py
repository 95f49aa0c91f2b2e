"""`/demo`: the controls of a demonstration, mounted by the embedded front and nowhere else.

Whoever can open it can change the council's clock for everybody, so it exists only with DEMO=1, and answers only on
this machine's own address: a demonstration put on the open internet has no controls.
"""

from datetime import datetime, timedelta
from ipaddress import ip_address

from flask import Blueprint, Flask, redirect, render_template, request, url_for
from werkzeug import Response

from shared.blobs import open_blobs
from shared.clock import ClockSetting, CouncilClock, machine_now
from shared.config import Settings
from shared.council import load_council
from shared.errors import ConfigError, DomainError, Forbidden
from shared.processes import CLOCK_DOCUMENT, DEMO_COLLECTIONS, DEMO_STORE, read_clock, write_clock
from shared.service import ServiceContext
from shared.store import open_store
from shared.web.app import context
from shared.web.app import create_app as create_base
from shared.web.auth import PUBLIC, policy
from shared.web.deny import DENIED_USERS

SPEEDS = (1, 20, 60)
"""Council seconds per second that the page offers; 0 stands still."""

FURTHEST_FORWARD = timedelta(days=60)
"""A demonstration is about the days of a notice, not about years: a clock set by mistake can be waited for."""

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
    app.before_request(_refuse_strangers)
    return app


@bp.get("/demo")
@policy(PUBLIC)
def show() -> str:
    """Show the council's clock and what can be done to it."""
    ctx = context()
    setting = read_clock(ctx.store)
    now = setting.at(machine_now()) if setting else machine_now()
    return render_template(
        "demo/clock.html", now=now, speed=setting.speed if setting else 1, is_set=setting, speeds=SPEEDS
    )


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
    return redirect(url_for("demo.show"))


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


def _refuse_strangers() -> None:
    """Refuse everybody who is not on this machine, or who came by another name than its own."""
    host = request.host.rpartition(":")[0].strip("[]") or request.host
    if not (_is_loopback(request.remote_addr or "") and (host == "localhost" or _is_loopback(host))):
        raise Forbidden("The controls of a demonstration can only be used on the machine that it runs on.")


def _is_loopback(address: str) -> bool:
    """Say whether an address is this machine's own."""
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
