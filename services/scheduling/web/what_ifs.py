"""What another day would be like: asked on a page of the depot, worked out by the planner, and never published."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from marshmallow import fields
from werkzeug.wrappers import Response

from services.scheduling import planning, store
from services.scheduling.domain.what_if import MINUTES_EARLIER, WhatIf
from services.scheduling.web import access
from services.scheduling.web.plan_view import COLUMNS, figure_rows, fuel_words
from shared.calendar import london_date
from shared.errors import DomainError
from shared.ids import new_id
from shared.web.app import cause, context
from shared.web.auth import policy, signed_in_user
from shared.web.forms import Form, FormErrors, errors_of, read_form, text

bp = Blueprint("what_ifs", __name__, template_folder="templates", url_prefix="/dispatch")

OWN_ROW = 1
"""The baseline comes first, then the day as it is."""


class WhatIfForm(Form):
    """What is to be otherwise."""

    earlier_minutes = fields.Integer(load_default=0, error_messages={"invalid": "Choose how much earlier shifts begin"})
    extra_like = text("", longest=120, required=False)
    without = text("", longest=120, required=False)


@bp.get("/depots/<depot_id>/what-if")
@policy(access.BOARD_READERS)
def ask(depot_id: str) -> str:
    """Show what can be asked, and what was asked last."""
    return _page(depot_id, {}, {})


@bp.post("/depots/<depot_id>/what-if")
@policy(access.BOARD_READERS)
def request_what_if(depot_id: str) -> Response | tuple[str, int]:
    """Ask the planner."""
    ctx = context()
    values, errors = read_form(WhatIfForm, request.form)
    if not errors:
        at = ctx.clock.now()
        asked = WhatIf(new_id(), depot_id, london_date(at), at, signed_in_user().id, **values)
        try:
            made = planning.request_what_if(ctx, asked, cause=cause())
        except DomainError as refusal:
            errors = errors_of(refusal)
        else:
            return redirect(url_for("what_ifs.show", what_if_id=made.id), 303)
    return _page(depot_id, errors, request.form), 400


@bp.get("/what-if/<what_if_id>")
@policy(access.BOARD_READERS)
def show(what_if_id: str) -> str:
    """Show a comparison: asked for, or answered."""
    ctx = context()
    found = store.what_ifs(ctx.store).require(what_if_id)
    own = found.rows[OWN_ROW].measures if len(found.rows) > OWN_ROW else None
    return render_template(
        "scheduling/what_if.html",
        asked=found,
        columns=COLUMNS,
        rows=figure_rows(found.rows, found.day),
        fuels=fuel_words(own),
    )


def _page(depot_id: str, errors: FormErrors, values: Mapping[str, Any]) -> str:
    """Return the page that asks."""
    ctx = context()
    depot = store.require_depot(ctx.store, depot_id)
    crews = [
        (crew.id, crew.name)
        for crew in store.all_crews(ctx.store)
        if crew.depot_id == depot.id and not crew.is_contractor
    ]
    minutes = [(each, f"{each} minutes earlier" if each else "At the usual time") for each in MINUTES_EARLIER]
    latest, _ = store.what_ifs(ctx.store).find({"depot_id": depot.id}, sort=(("requested_at", -1),), limit=5)
    return render_template(
        "scheduling/what_if_ask.html",
        depot=depot,
        crews=crews,
        minutes=minutes,
        latest=latest,
        errors=errors,
        values=values,
    )
