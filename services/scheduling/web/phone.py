"""What makes the crew's pages an app on the phone: manifest, worker, what to keep for the shift, and the actions' door.

The pages are the same with and without a script. A script keeps them for the shift (`/crew/round` says which), writes
every action down on the phone before it sends it, and sends it here as often as it takes. See
docs/adr/0036-the-phone-keeps-pages.md.
"""

import json
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request
from flask_wtf.csrf import generate_csrf

from services.scheduling import store
from services.scheduling.domain.fleet import Crew
from services.scheduling.domain.job import Job
from services.scheduling.supervising import is_diverted
from services.scheduling.web import access, actions
from services.scheduling.web.actions import Incomplete, Said
from services.scheduling.web.phone_words import KINDS
from shared.calendar import london_date
from shared.clock import machine_now
from shared.errors import DomainError
from shared.ids import derived_id
from shared.web.app import context
from shared.web.assets import BUILD, council_stylesheet_url, manifest, static_url
from shared.web.auth import PUBLIC, policy, signed_in_user
from shared.web.forms import errors_of
from shared.web.security import CHECK_AGAIN

bp = Blueprint("phone", __name__, template_folder="templates", url_prefix="/crew")

SHELL = (
    "app.css",
    "app.js",
    "init.js",
    "styles/scheduling.css",
    "styles/reports.css",
    "pages/crew.js",
    "pages/scheduling.js",
    "images/mark.svg",
)
"""The built files that the kept pages need."""

ALWAYS_KEPT = (
    "/crew",
    "/crew/unsent",
    "/crew/offline",
    "/crew/found",
    "/crew/found?kept=yes",
    "/crew/check",
    "/crew/end",
)
ICONS = (("images/phone-192.png", "192x192", "any"), ("images/phone-512.png", "512x512", "any maskable"))


@bp.app_context_processor
def _phone() -> dict[str, Any]:
    """Give templates `phone_crew`, the id of the crew whose own phone this is, and the names of actions."""
    return {"phone_crew": _own_crew_id, "action_names": KINDS, "made_at": lambda: machine_now().isoformat()}


@bp.get("/manifest.webmanifest")
@policy(PUBLIC)
def web_manifest() -> Response:
    """Give the manifest by which a browser installs the crew's pages as an app."""
    council = context().council
    body = {
        "id": "/crew",
        "name": f"{council.short_name} crews",
        "short_name": "Crew jobs",
        "description": "Today’s stops, with or without a network",
        "lang": "en-GB",
        "start_url": "/crew",
        "scope": "/crew",
        "display": "standalone",
        "orientation": "portrait",
        "background_color": "#ffffff",
        "theme_color": council.colours.brand,
        "icons": [
            {"src": static_url(name), "sizes": sizes, "type": "image/png", "purpose": purpose}
            for name, sizes, purpose in ICONS
        ]
        + [{"src": static_url("images/mark.svg"), "sizes": "any", "type": "image/svg+xml"}],
    }
    return Response(json.dumps(body, ensure_ascii=False), content_type="application/manifest+json")


@bp.get("/worker.js")
@policy(PUBLIC)
def worker() -> Response:
    """Give the service worker, which must come from an address of its own scope and never from a cache."""
    name = manifest().get("pages/crew-worker.js")
    path = BUILD / name if name else None
    if path is None or not path.is_file():
        return Response("The assets have not been built.\n", 404, content_type="text/plain")
    answer = Response(path.read_bytes(), content_type="text/javascript; charset=utf-8")
    answer.headers["Service-Worker-Allowed"] = "/crew"
    answer.headers["Cache-Control"] = CHECK_AGAIN
    return answer


@bp.get("/round")
@policy(access.CREWS)
def whole_round() -> Response:
    """Say what the phone is to keep, each page with a tag that changes when the page does; and the time and token."""
    ctx, crew_id = context(), _own_crew_id()
    crew = store.crews(ctx.store).get(crew_id) if crew_id else None
    body: dict[str, Any] = {
        "crew": crew.id if crew else None,
        "now": ctx.clock.now().isoformat(),
        "made_at": machine_now().isoformat(),
        "csrf": generate_csrf(),
        "keeps": False,
        "pages": {},
        "assets": [],
    }
    if crew is not None:
        body |= {"keeps": _is_working(crew), "pages": _kept_pages(crew), "assets": _assets()}
    return jsonify(body)


@bp.post("/actions")
@policy(access.CREWS)
def take_action() -> Response:
    """Take one action that the phone has written down; a refusal is an answer, not an error, so that it is kept."""
    try:
        told = _take()
    except Incomplete as refusal:
        return _refused(refusal.errors)
    except DomainError as refusal:
        return _refused(errors_of(refusal))
    return jsonify(result="taken", words=told.words, next=told.next, taken_at=machine_now().isoformat())


@bp.get("/unsent")
@policy(access.CREWS)
def unsent() -> str:
    """Show what the phone has not sent yet, and what became of what it has; a script fills it in."""
    return render_template("scheduling/crew_unsent.html")


@bp.get("/offline")
@policy(access.CREWS)
def offline() -> str:
    """Say that a page is not on the phone, in place of the browser's own error."""
    return render_template("scheduling/crew_offline.html")


def _take() -> Said:
    """Take the action that this request brings; raises `DomainError` or `Incomplete`."""
    crew_id = _own_crew_id()
    crew = store.crews(context().store).get(crew_id) if crew_id else None
    if crew is None:
        raise DomainError("You are not signed in for a crew.")
    take = actions.ACTIONS.get(request.form.get("kind", ""))
    if take is None:
        raise DomainError("This phone’s page is too old for what it sent. Load it again.")
    return take(actions.act_now(crew), request.form.get("job_id", ""))


def _refused(errors: Mapping[str, Any]) -> Response:
    """Return a refusal with its messages by field."""
    return jsonify(result="refused", errors=errors)


def _own_crew_id() -> str | None:
    """Return the crew whose own phone this is: a supervisor who looks at a crew's pages keeps nothing."""
    user = signed_in_user()
    return access.crew_of(user) if user.has_role("crew") else None


def _is_working(crew: Crew) -> bool:
    """Say whether the phone keeps pages: not after the crew has signed off for the day."""
    ctx = context()
    shifts = store.latest_shifts(ctx.store, crew.id)
    if not shifts or shifts[0].ended_at is None:
        return True
    return london_date(shifts[0].ended_at) != london_date(ctx.clock.now())


def _kept_pages(crew: Crew) -> dict[str, str]:
    """Return the pages to keep for the shift, each with its tag."""
    ctx = context()
    jobs = store.jobs_of_crew(ctx.store, crew.id)
    shift = store.current_shift(ctx.store, crew.id)
    vehicle = store.vehicles(ctx.store).get(crew.vehicle_id or "")
    # A page changes with its job, the list and the rest with everything, and all of them with what they are made of.
    build = derived_id("build", *(manifest().get(name, name) for name in SHELL))
    state = [f"{job.id}:{job.version}" for job in jobs]
    everything = derived_id(
        "round",
        build,
        str(shift.version if shift else 0),
        str(vehicle.version if vehicle else 0),
        *(state or ["none"]),
    )
    pages = dict.fromkeys(ALWAYS_KEPT, everything)
    if vehicle is not None:
        pages["/crew/tip"] = everything
    for job in jobs:
        # A tip on the way is done when the vehicle has tipped, which changes nothing of the job itself.
        tag = f"{build}:{job.version}:{int(is_diverted(ctx, job))}"
        pages |= dict.fromkeys(_pages_of(job), tag)
    return pages


def _pages_of(job: Job) -> list[str]:
    """Return the pages of one stop, with the resident's words, which `reports` shows; the phone adds the photos."""
    own = f"/crew/jobs/{job.id}"
    pages = [own] if job.held else [own, f"{own}/finish", f"{own}/exception"]
    if job.channel not in ("crew", "beat", "campaign"):
        pages.append(f"/report/{job.reference}/crew")
    return pages


def _assets() -> list[str]:
    """Return the files that the kept pages need."""
    return [*(static_url(name) for name in SHELL), council_stylesheet_url(context().council)]
