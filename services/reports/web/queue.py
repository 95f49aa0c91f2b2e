"""The queue: reports by any filters together, saved views of it, and joining the ones that are ticked."""

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlencode

from flask import Response, flash, make_response, redirect, render_template, request, url_for

from services.reports.domain.report import Report
from services.reports.handlers import merge_report
from services.reports.queue import FLAGS, Filters, Listed, count_waiting, list_queue, read_filters
from services.reports.store import by_reference
from services.reports.views import delete_view, save_view, view_of, views_of
from services.reports.web.triage import DESK, READERS, bp, is_late, to_report
from services.reports.why import ordinal
from services.reports.words import HAZARD_WORDS, place_words, waste_words
from shared.contracts.codes import LAND_TYPES, PRIORITIES, REPORT_STATES, WAITING_FOR
from shared.errors import DomainError, StreetsceneError
from shared.ids import normalise_reference
from shared.web.app import cause, context
from shared.web.auth import policy, roles, signed_in_user
from shared.web.forms import FormErrors, errors_of
from shared.web.pagination import next_url, page_request

PAGE_SIZE = 25
MOST_TICKED = 20
TICKS = "tick-1"
"""The field that an error about what is ticked leads to: the first of them."""

FLAG_WORDS = dict(
    zip(
        FLAGS,
        (
            "Needs a decision",
            "Late",
            "Clock stopped",
            "Others to be told",
            "Asked about again",
            "Repeat place",
        ),
        strict=True,
    )
)


@bp.get("/triage")
@policy(roles(*READERS))
def queue() -> Response | str:
    """Show open reports, those that wait for a decision first; or what the filters or a saved view ask for."""
    wanted = request.args.get("reference", "").strip()
    if wanted:
        return to_report(normalise_reference(wanted[:40]))
    return queue_page({}, "")


@bp.post("/triage/views")
@policy(roles(*READERS))
def save() -> Response | tuple[str, int]:
    """Save the filters of the page under a name."""
    filters = read_filters(request.form, context())
    try:
        view = save_view(context(), filters, name=request.form.get("name", "")[:200], user_id=signed_in_user().id)
    except DomainError as error:
        return queue_page(errors_of(error, "name"), request.form.get("name", "")[:200], filters), 400
    flash(f"Saved as “{view.name}”. Its address can be passed on.", "success")
    return _see_other(url_for("triage.queue", view=view.id))


@bp.post("/triage/views/<view_id>/delete")
@policy(roles(*READERS))
def delete(view_id: str) -> Response:
    """Delete a view of the user's own."""
    delete_view(context(), view_id, user_id=signed_in_user().id)
    flash("The view is deleted.", "success")
    return _see_other(url_for("triage.queue"))


@bp.post("/triage/join")
@policy(roles(*DESK))
def join_ticked() -> Response | tuple[str, int]:
    """Join the ticked reports to the one of them that was reported first."""
    ticked = list(dict.fromkeys(request.form.getlist("report")))[:MOST_TICKED]
    if len(ticked) < 2:
        return queue_page({TICKS: ["Tick two reports or more: they are joined to the one reported first"]}, ""), 400
    found = sorted((by_reference(context().store, one) for one in ticked), key=lambda one: one.reported_at)
    refused = []
    for report in found[1:]:
        try:
            merge_report(context(), report.reference, into=found[0].reference, cause=cause())
        except StreetsceneError as error:
            refused.append(f"{report.reference}: {error}")
    if refused:
        return queue_page({TICKS: refused}, ""), 400
    flash(f"Joined to {found[0].reference}. Everybody who reported them is told.", "success")
    return to_report(found[0].reference)


def queue_page(errors: FormErrors, name: str, filters: Filters | None = None) -> str:
    """Return the page of the queue."""
    ctx = context()
    shown = view_of(ctx, request.args["view"]) if request.args.get("view") and filters is None else None
    asked = filters or (shown.filters if shown else read_filters(request.args, ctx))
    page = page_request(default_limit=PAGE_SIZE)
    now = ctx.clock.now()
    listed = list_queue(ctx, asked, limit=page.limit, after=page.after, now=now)
    user = signed_in_user()
    return render_template(
        "reports/triage/queue.html",
        rows=[_row(report, now) for report in listed.reports],
        asked=asked,
        query=urlencode(asked.as_query()),
        choices=_choices(),
        waiting=count_waiting(ctx),
        view=shown,
        views=views_of(ctx, user.id),
        is_own=bool(shown and shown.user_id == user.id),
        name=name,
        errors=errors,
        said=_said(listed, asked),
        next_page=next_url(listed.next) if request.method == "GET" else None,
        may_decide=user.has_role(*DESK),
        wide=True,
    )


def _row(report: Report, now: datetime) -> dict[str, object]:
    """Return a report as the queue shows it."""
    council = context().council
    days = council.assessment.repeat.days if council.assessment.repeat else 0
    return {
        "report": report,
        "late": is_late(report, now),
        "waste": waste_words(report, council),
        "where": place_words(report, council),
        "kind": council.kind_of(report.kind).name,
        "again": f"{ordinal(report.times_here)} time in {days} days" if report.times_here > 1 else "",
        "waiting": f"Waiting for {WAITING_FOR[report.running_pause.reason]}" if report.running_pause else "",
        "hazards": [HAZARD_WORDS[hazard] for hazard in report.hazards],
    }


def _choices() -> dict[str, Sequence[tuple[str, str]]]:
    """Return what each filter can be."""
    council = context().council
    return {
        "show": [("", "All open"), *((state, "") for state in REPORT_STATES)],
        "neighbourhood": [("", "Anywhere"), *((one.id, one.name) for one in council.neighbourhoods)],
        "priority": [("", "Any"), *((str(code), words) for code, words in PRIORITIES.items())],
        "kind": [("", "Any"), *((kind.code, kind.name) for kind in council.kinds.values())],
        "land": [("", "Any"), *((code, words.plain) for code, words in LAND_TYPES.items())],
        "hazard": [("", "Any or none"), ("any", "Any danger"), *HAZARD_WORDS.items()],
        "only": [("", "Anything"), *FLAG_WORDS.items()],
    }


def _said(listed: Listed, asked: Filters) -> str:
    """Return what is said where not everything could be looked through."""
    if listed.next is None or not asked.is_any or len(listed.reports) >= PAGE_SIZE:
        return ""
    return f"Looked through {listed.looked_at:,} reports. The next page looks further back."


def _see_other(address: str) -> Response:
    """Redirect after a form."""
    response: Response = make_response(redirect(address, 303))
    return response
