"""The pages of operations: the wall, the records behind its counts, a report's story, and single events."""

import json
from typing import Any

from flask import Blueprint, current_app, redirect, render_template, request
from werkzeug.wrappers import Response

from services.operations import store
from services.operations.domain.archiving import archived_event
from services.operations.domain.counts import KILOGRAMS, Count, count_of
from services.operations.domain.sentences import sentence
from services.operations.domain.withholding import classes_for, view
from services.operations.story import read_story
from services.operations.web.following import by_day, stops, tell
from services.operations.web.names import CouncilNames
from services.operations.web.records import columns_of, instant_argument, row_of
from services.operations.web.wall import LiveWall, read_wall, render_parts
from shared.contracts.envelope import contract_of
from shared.errors import NotFound
from shared.geo.drawing import load_drawn_map
from shared.web.app import context
from shared.web.auth import SIGNED_IN, STAFF, STAFF_ROLES, policy, signed_in_user
from shared.web.pagination import next_url, page_request
from shared.web.stream import state_stream

bp = Blueprint("operations", __name__, template_folder="templates")

LIVE_EXTENSION = "streetscene_live_wall"


@bp.get("/operations")
@policy(SIGNED_IN)
def wall() -> str:
    """Show the wall."""
    ctx, user = context(), signed_in_user()
    current, may_follow = read_wall(ctx), user.has_role(*STAFF_ROLES)
    parts = render_parts(ctx, current, may_follow=may_follow)
    return render_template("operations/wall.html", wall=current, parts=parts, may_follow=may_follow)


@bp.get("/operations/stream")
@policy(SIGNED_IN)
def stream() -> Response:
    """Send the wall's states as they change."""
    ctx = context()
    audience = "staff" if signed_in_user().has_role(*STAFF_ROLES) else "wall"
    live: dict[str, LiveWall] = current_app.extensions.setdefault(
        LIVE_EXTENSION, {"staff": LiveWall(may_follow=True), "wall": LiveWall(may_follow=False)}
    )
    return state_stream(lambda: live[audience].read(ctx), name=f"operations.{audience}")


@bp.get("/operations/records")
@policy(SIGNED_IN)
def records() -> str:
    """Show the rows that make one of the wall's counts."""
    ctx, page = context(), page_request()
    count = _asked_count()
    found = store.rows_of(ctx.store, count, limit=page.limit, after=page.after)
    names, user = CouncilNames(ctx.council), signed_in_user()
    return render_template(
        "operations/records.html",
        count=count,
        is_weight=count.measure == KILOGRAMS,
        value=store.value_of(ctx.store, count),
        columns=columns_of(count.collection),
        rows=[row_of(count.collection, document, names, user) for document in found.items],
        next_url=next_url(found.next),
        first_url=count.href if page.after else None,
        place=names.neighbourhood(count.arguments["neighbourhood"]) if "neighbourhood" in count.arguments else None,
        material=_material_of(count, names),
    )


@bp.get("/operations/follow")
@policy(STAFF)
def find() -> Response | tuple[str, int]:
    """Ask for a reference, and go on to its story."""
    typed = request.args.get("reference", "").strip()
    if "reference" not in request.args:
        return _find_page({}, typed), 200
    if not typed:
        return _find_page({"reference": ["Enter a reference, for example FT-7K3MQ2XA"]}, typed), 400
    try:
        found = read_story(context().store, typed)
    except NotFound as error:
        return _find_page({"reference": [error.message]}, typed), 404
    return redirect(f"/operations/follow/{found.reference}", 303)


@bp.get("/operations/follow/<reference>")
@policy(STAFF)
def follow(reference: str) -> str:
    """Show everything that happened to one report."""
    ctx, user = context(), signed_in_user()
    names, journey = CouncilNames(ctx.council), read_story(ctx.store, reference)
    told = tell(journey, names, user)
    return render_template(
        "operations/follow.html",
        journey=journey,
        days=by_day(told),
        told=told,
        stops=stops(journey, names, user),
        names=names,
        services=len({one.event.source for one in told}),
        withheld=sum(bool(one.withheld_here) for one in told),
        drawn=load_drawn_map(ctx.settings.council),
    )


@bp.get("/operations/events/<event_id>")
@policy(STAFF)
def event(event_id: str) -> str:
    """Show one event as it was sent, without what the user's role may not see."""
    ctx, user = context(), signed_in_user()
    document = store.archived(ctx.store, event_id)
    if document is None:
        raise NotFound("There is no such event.")
    shown, classes = archived_event(document), classes_for(user.roles)
    seen = view(shown, classes)
    references = store.references_of(ctx.store, document["report_ids"])
    cause = store.archived(ctx.store, shown.causationid) if shown.causationid else None
    return render_template(
        "operations/event.html",
        event=shown,
        purpose=" ".join((contract_of(shown.type).__doc__ or "").split()),
        sentence=sentence(shown, CouncilNames(ctx.council), classes),
        withheld=seen.withheld,
        text=json.dumps(seen.data, default=_as_text, ensure_ascii=False, indent=2),
        references=sorted(references.values()),
        cause=archived_event(cause) if cause else None,
    )


def _find_page(errors: dict[str, list[str]], typed: str) -> str:
    """Return the page that asks for a reference."""
    return render_template("operations/find.html", errors=errors, values={"reference": typed})


def _asked_count() -> Count:
    """Return the count that the address names; raises `DomainError` where it names none."""
    now = instant_argument(request.args.get("as_of")) or context().clock.now()
    return count_of(request.args.get("show", "open"), now=now, neighbourhood=request.args.get("neighbourhood") or None)


def _material_of(count: Count, names: CouncilNames) -> str | None:
    """Return the name of the material that a count weighs."""
    return names.material(count.equal["material"]) if "material" in count.equal else None


def _as_text(value: Any) -> str:
    """Return a date or instant of an event's data as JSON has it."""
    return str(value.isoformat())
