"""The supervisor's pages: the board, and the plan of a depot's day. All of it works without JavaScript."""

from hashlib import sha256
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from services.scheduling import handlers, planning, store
from services.scheduling.domain.plan import Plan
from services.scheduling.handlers import Assigned, Order
from services.scheduling.live import MOST_ACTIVE_JOBS
from services.scheduling.web import access, forms, plan_view
from services.scheduling.web.parts import board_values, changed_parts, make_parts
from services.scheduling.web.view import Filters
from shared.errors import DomainError, Forbidden, NotFound
from shared.service import ServiceContext
from shared.web.app import cause, context
from shared.web.auth import policy, signed_in_user
from shared.web.forms import FormErrors, errors_of, read_form
from shared.web.idempotency import idempotency_key
from shared.web.stream import state_stream

bp = Blueprint("dispatch", __name__, template_folder="templates", url_prefix="/dispatch")

PROBLEMS_SHOWN = 5
LONG = 250
"""With more jobs than this a browser leaves out what is out of sight: to lay all of it out takes too long."""


@bp.get("")
@policy(access.BOARD_READERS)
def board() -> str:
    """Show the board."""
    return _board_page({}, "", ())


@bp.get("/live")
@policy(access.BOARD_READERS)
def live() -> str:
    """Return the parts of the board that the page does not have as they are now, for it to put in place."""
    return changed_parts(make_parts(board_values(Filters.of(request.values))))


@bp.get("/stream")
@policy(access.BOARD_READERS)
def stream() -> Any:
    """Say whenever something of scheduling has changed."""
    ctx = context()
    return state_stream(lambda: {"revision": _revision(ctx)}, name="dispatch")


@bp.post("/assign")
@policy(access.SUPERVISORS)
def assign_many() -> str | Response | tuple[str, int]:
    """Give the selected jobs to a crew and say for each that was refused why."""
    values, errors = read_form(forms.AssignManyForm, request.form)
    selected = request.form.getlist("job")
    crew_id = request.form.get("crew_id", "")
    if errors:
        return _board_page(errors, crew_id, selected), 400
    orders = [Order(*_id_and_version(text)) for text in values["job"]]
    try:
        results = handlers.assign_many(context(), orders, crew_id, key=idempotency_key(), cause=cause())
    except DomainError as refusal:
        return _board_page(errors_of(refusal), crew_id, selected), 400
    if all(result.problem for result in results):
        return _board_page(
            {"job": [str(result.problem) for result in results][:PROBLEMS_SHOWN]}, crew_id, selected
        ), 400
    crew = handlers.require_crew(context(), crew_id)
    _flash_results(results, crew.name)
    if not crew.is_contractor and store.current_shift(context().store, crew_id) is None:
        flash(f"{crew.name} is not on shift. It sees its jobs when it signs on.", "important")
    return redirect(_back_to_board(), 303)


@bp.post("/depots/<depot_id>/plans")
@policy(access.SUPERVISORS)
def request_plan(depot_id: str) -> Response:
    """Ask for a plan of the depot's day."""
    plan = planning.request_plan(context(), depot_id, by=signed_in_user().id, cause=cause())
    return redirect(url_for("dispatch.plan", plan_id=plan.id), 303)


@bp.get("/plans/<plan_id>")
@policy(access.BOARD_READERS)
def plan(plan_id: str) -> str:
    """Show a plan: asked for, proposed or published."""
    ctx = context()
    found = store.plans(ctx.store).require(plan_id)
    return _plan_page(ctx, found, {})


@bp.post("/plans/<plan_id>/publish")
@policy(access.SUPERVISORS)
def publish_plan(plan_id: str) -> Response | tuple[str, int]:
    """Publish a proposal: its jobs go to its crews, unless the checker refuses it as things are now."""
    ctx, version = context(), int(request.form.get("version", "0") or 0)
    try:
        planning.publish_plan(ctx, plan_id, version=version, cause=cause())
    except (Forbidden, NotFound):
        raise
    except DomainError as refusal:
        return _plan_page(ctx, store.plans(ctx.store).require(plan_id), errors_of(refusal)), 400
    flash("The plan is published. Its jobs go to the crews now.", "success")
    return redirect(url_for("dispatch.plan", plan_id=plan_id), 303)


@bp.post("/plans/<plan_id>/discard")
@policy(access.SUPERVISORS)
def discard_plan(plan_id: str) -> Response:
    """Throw a proposal away."""
    planning.discard_plan(context(), plan_id, cause=cause())
    flash("The proposal is discarded. Nothing was changed.", "success")
    return redirect(url_for("dispatch.board"), 303)


def _plan_page(ctx: ServiceContext, plan: Plan, errors: FormErrors) -> str:
    """Return a plan's page."""
    return render_template(
        "scheduling/plan.html",
        plan=plan,
        page=plan_view.make_page(ctx, plan),
        figure_columns=plan_view.COLUMNS,
        now=ctx.clock.now(),
        may_act=_may_act(),
        errors=errors,
    )


def _board_page(errors: FormErrors, crew_id: str, selected: Any) -> str:
    """Return the board, with what was chosen and is wrong."""
    values = board_values(Filters.of(request.values), selected)
    return render_template(
        "scheduling/board.html",
        errors=errors,
        values={"crew_id": crew_id},
        parts=make_parts(values),
        is_long=len(values["board"].everything) > LONG,
        **values,
    )


def _flash_results(results: list[Assigned], crew_name: str) -> None:
    """Say how many jobs went to the crew, and why others did not."""
    given = sum(result.problem is None for result in results)
    flash(f"{given} {'job is' if given == 1 else 'jobs are'} now with {crew_name}.", "success")
    problems = [result.problem for result in results if result.problem]
    if problems:
        count = f"{len(problems)} {'job was' if len(problems) == 1 else 'jobs were'} not assigned."
        more = " And so on." if len(problems) > PROBLEMS_SHOWN else ""
        flash(f"{count} {' '.join(problems[:PROBLEMS_SHOWN])}{more}", "important")


def _back_to_board() -> str:
    """Return the board under the filters that the form was sent from."""
    query = Filters.of(request.form).query()
    return url_for("dispatch.board") + (f"?{query}" if query else "")


def _revision(ctx: ServiceContext) -> str:
    """Return what the board is made of, as one word: no event tells of a proposal, or of stops numbered anew."""
    plans = [store.latest_plan(ctx.store, depot.id) for depot in store.all_depots(ctx.store)]
    quiet = [
        *store.active_versions(ctx.store, limit=MOST_ACTIVE_JOBS).items(),
        *((p.id, p.version) for p in plans if p),
    ]
    return f"{ctx.store.log.last_position()}-{sha256(repr(quiet).encode()).hexdigest()[:12]}"


def _id_and_version(text: str) -> tuple[str, int | None]:
    """Return the job and version of a checkbox."""
    job_id, _, version = text.partition(":")
    return job_id, int(version) if version.isdigit() else None


def _may_act() -> bool:
    """Say whether the reader may change anything here."""
    return access.is_supervisor(signed_in_user())
