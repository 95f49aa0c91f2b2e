"""The end of a day: what was planned, done, put off and why, hours and loads, and a supervisor's close of it.

Pages for supervisors (managers look), two CSV files. All of it works without JavaScript; every number is a link to its
jobs, and a day that is closed is shown as it was closed.
"""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as WerkzeugResponse

from services.scheduling import day_end, store
from services.scheduling.crew_lists import crew_lists
from services.scheduling.day_end import DayEnd, Seen
from services.scheduling.domain.day_end import ENDINGS, ORIGINS, REASON_ASKED, DayJob
from services.scheduling.domain.day_record import Signature
from services.scheduling.domain.job import Job
from services.scheduling.web import access, day_view
from services.scheduling.web.day_view import DayFilter, day_of
from services.scheduling.web.depots import depot_name
from services.scheduling.web.words import job_what
from shared.calendar import london_date
from shared.errors import Conflict, DomainError, Forbidden, NotFound
from shared.texts import date_words
from shared.web.app import cause, context
from shared.web.auth import policy, signed_in_user
from shared.web.csv_file import csv_answer
from shared.web.forms import FormErrors, errors_of

bp = Blueprint("days", __name__, template_folder="templates", url_prefix="/dispatch/days")

REASON = "reason-"
SUM_COLUMNS = ("Planned", "Added", "On no list", "Done", "Of these not planned", "Called off", "Carried over")
WORK_COLUMNS = ("Worked", "Planned travel", "Tips", "Estimated kg", "Weighed kg")

PageOrAnswer = str | WerkzeugResponse | tuple[str, int]


@bp.get("")
@policy(access.BOARD_READERS)
def today() -> WerkzeugResponse:
    """Go to the day that is now."""
    return redirect(url_for("days.show", day=london_date(context().clock.now()).isoformat()), 302)


@bp.get("/<day>")
@policy(access.BOARD_READERS)
def show(day: str) -> str:
    """Show a day of every depot."""
    found = _read(day)
    lines = []
    for depot in found.depots:
        crews = found.crews_of(depot.id)
        cells = [
            *day_view.sum_of(found, depot=depot.id).values(),
            *day_view.work_cells(found, depot.id, crews, found.planned_travel(depot.id)),
            _state_words(found, depot.id),
        ]
        here = url_for("days.show_depot", day=day, depot_id=depot.id)
        lines.append([{"value": depot.name, "href": here}, *cells])
    return render_template(
        "scheduling/day.html",
        **_about(found),
        lines=lines,
        columns=("Depot", *SUM_COLUMNS, *WORK_COLUMNS, "State"),
        sum=found.tally(),
        origins=day_view.origin_rows(found),
        endings=day_view.ending_rows(found),
    )


@bp.get("/<day>/jobs")
@policy(access.BOARD_READERS)
def jobs(day: str) -> str:
    """Show the jobs behind a number."""
    ctx, found = context(), _read(day)
    wanted = DayFilter.of(request.args)
    rows = [row for row in found.rows if wanted.admits(row)]
    return render_template(
        "scheduling/day_jobs.html",
        **_about(found),
        rows=rows,
        jobs=day_view.read_jobs(ctx, found, rows),
        said=wanted.words(found.crews),
        depot=wanted.depot,
    )


@bp.get("/<day>/jobs.csv")
@policy(access.BOARD_READERS)
def jobs_file(day: str) -> Response:
    """Give every job of a day, a row for each."""
    ctx, found = context(), _read(day)
    known = day_view.read_jobs(ctx, found, found.rows)
    header = (
        *("day", "depot", "crew", "reference", "what", "neighbourhood", "priority", "came", "ended", "side", "reason"),
        *("carried_to", "ended_at", "estimated_kg", "weighed_kg", "tip_id", "job_id"),
    )
    return csv_answer(f"jobs-{day}", header, [_job_cells(found, row, known.get(row.job_id)) for row in found.rows])


@bp.get("/<day>/crews.csv")
@policy(access.BOARD_READERS)
def crews_file(day: str) -> Response:
    """Give the sums of a day, a row for each crew."""
    found = _read(day)
    header = (
        *("day", "depot", "crew", "planned", "added", "on_no_list", "done", "done_unplanned", "called_off", "carried"),
        *("first_start", "last_end", "break_minutes", "worked_minutes", "planned_travel_minutes", "planned_km"),
        *("tips", "estimated_kg", "weighed_kg", "tips_without_ticket", "tips_by_site"),
    )
    rows = [
        [day, depot.name, crew.name, *_crew_cells(found, crew.id)]
        for depot in found.depots
        for crew in found.crews_of(depot.id)
    ]
    return csv_answer(f"crews-{day}", header, rows)


@bp.get("/<day>/<depot_id>")
@policy(access.BOARD_READERS)
def show_depot(day: str, depot_id: str) -> str:
    """Show a depot's day, with the form that closes it."""
    return _depot_page(_read(day), depot_id, {})


@bp.post("/<day>/<depot_id>/close")
@policy(access.SUPERVISORS)
def close(day: str, depot_id: str) -> PageOrAnswer:
    """Close a depot's day as it was shown."""
    reasons = {name.removeprefix(REASON): value for name, value in request.form.items() if name.startswith(REASON)}
    seen = Seen(_version(), request.form.get("mark", ""))
    try:
        day_end.close_day(context(), depot_id, day_of(day), reasons, _signature("closed"), seen=seen, cause=cause())
    except (Forbidden, NotFound):
        raise
    except Conflict:
        return _conflict_page(_read(day), depot_id, seen)
    except DomainError as refusal:
        return _depot_page(_read(day), depot_id, errors_of(refusal), values=request.form), 400
    flash("The day is closed.", "success")
    return redirect(url_for("days.show_depot", day=day, depot_id=depot_id), 303)


@bp.post("/<day>/<depot_id>/open")
@policy(access.SUPERVISORS)
def open_again(day: str, depot_id: str) -> PageOrAnswer:
    """Open a closed day again."""
    version = _version()
    try:
        day_end.open_day(context(), depot_id, day_of(day), _signature("opened"), version=version, cause=cause())
    except (Forbidden, NotFound):
        raise
    except Conflict:
        return _conflict_page(_read(day), depot_id, Seen(version, ""))
    except DomainError as refusal:
        return _depot_page(_read(day), depot_id, errors_of(refusal)), 400
    flash("The day is open again.", "success")
    return redirect(url_for("days.show_depot", day=day, depot_id=depot_id), 303)


def _depot_page(found: DayEnd, depot_id: str, errors: FormErrors, *, values: Mapping[str, str] | None = None) -> str:
    """Return the page of a depot's day."""
    ctx, record = context(), found.record(depot_id)
    crews, rows = found.crews_of(depot_id), found.of_depot(depot_id)
    lines = [
        [
            {"value": crew.name, "href": day_view.jobs_url(found.day, crew=crew.id)},
            *day_view.sum_of(found, depot=depot_id, crew=crew.id).values(),
            *day_view.work_cells(found, depot_id, [crew], day_view.crew_travel(found, crew)),
        ]
        for crew in crews
    ]
    if any(row.crew_id is None for row in rows):
        nobody = {"depot": depot_id, "crew": day_view.NOBODY}
        cells = day_view.sum_of(found, **nobody).values()
        lines.append([{"value": "No crew", "href": day_view.jobs_url(found.day, **nobody)}, *cells, *[""] * 5])
    asked = [row for row in rows if row.ending in REASON_ASKED]
    chosen = {REASON + job_id: code for job_id, code in record.reasons.items()} | dict(values or {})
    return render_template(
        "scheduling/day_depot.html",
        **_about(found),
        depot=store.depots(ctx.store).require(depot_id),
        record=record,
        lines=lines,
        columns=("Crew", *SUM_COLUMNS, *WORK_COLUMNS),
        sum=found.tally(depot_id),
        origins=day_view.origin_rows(found, depot_id),
        endings=day_view.ending_rows(found, depot_id),
        asked=asked,
        jobs=day_view.read_jobs(ctx, found, rows),
        reasons=list(crew_lists().day_end.items()),
        values={REASON + row.job_id: row.ending for row in asked} | chosen,
        mark=found.mark(depot_id),
        shifts=found.shifts_of([crew.id for crew in crews]),
        tips=found.tips_of([crew.id for crew in crews]),
        loads=found.loads([crew.id for crew in crews]),
        differences=found.differences(depot_id),
        travel=found.planned_travel(depot_id),
        plan=found.first_plan(depot_id),
        errors=errors,
    )


def _conflict_page(found: DayEnd, depot_id: str, seen: Seen) -> PageOrAnswer:
    """Return the page as it is now, with what somebody else has done meanwhile."""
    record = found.record(depot_id)
    last = record.last
    words = "Jobs of this day have changed while you were looking at it. Look again, then close it."
    if record.version != seen.version and last is not None:
        done = "closed this day" if last.what == "closed" else "opened this day again"
        words = f"{last.name or 'Somebody else'} {done} while you were looking at it. It is shown as it is now."
    return _depot_page(found, depot_id, {"close": [words]}, values=request.form), 409


def _about(found: DayEnd) -> dict[str, Any]:
    """Return what every page of a day needs."""
    ctx = context()
    now = ctx.clock.now()
    before, after = day_view.neighbours(found.day, london_date(now))
    return {
        "found": found,
        "day": found.day.isoformat(),
        "day_words": date_words(found.day),
        "before": before.isoformat(),
        "after": after.isoformat() if after else None,
        "is_running": found.day == london_date(now),
        "now": now,
        "view": day_view,
        "origin_words": ORIGINS,
        "ending_words": {code: words for code, (_, words) in ENDINGS.items()},
        "may_act": access.is_supervisor(signed_in_user()),
    }


def _job_cells(found: DayEnd, row: DayJob, job: Job | None) -> list[Any]:
    """Return the cells of a job in its file; of one that is gone what the day knows."""
    ctx = context()
    place = [ctx.council.neighbourhood(job.neighbourhood).name, job.priority] if job else ["", None]
    return [
        *(found.day.isoformat(), depot_name(row.depot_id)),
        *(day_view.crew_name(found.crews, row.crew_id), row.reference, job_what(ctx.council, job) if job else ""),
        *place,
        *(ORIGINS[row.origin], ENDINGS[row.ending][1], day_view.SIDES[row.side]),
        day_view.why(found, row),
        row.until.isoformat() if row.until else "",
        row.at.isoformat() if row.at else "",
        *((job.estimated_kg, job.weighed_kg, job.tip_id) if job else (None, None, None)),
        row.job_id,
    ]


def _crew_cells(found: DayEnd, crew_id: str) -> list[Any]:
    """Return the cells of a crew in its file."""
    made, loads, shifts = found.tally(crew_id=crew_id), found.loads([crew_id]), found.shifts_of([crew_id])
    travel = day_view.crew_travel(found, found.crews[crew_id])
    ends = [shift.ended_at for shift in shifts if shift.ended_at]
    return [
        *(made.planned, made.added, made.off_list, made.done, made.done_unplanned, made.called_off, made.carried),
        min(shift.began_at for shift in shifts).isoformat() if shifts else "",
        max(ends).isoformat() if ends else "",
        sum(shift.break_minutes for shift in shifts),
        found.minutes([crew_id]),
        *((travel[0], round(travel[1], 1)) if travel else ("", "")),
        *(loads.tips, loads.estimated_kg, loads.weighed_kg, loads.unweighed),
        "; ".join(f"{site}: {tips}" for site, tips in loads.by_site.items()),
    ]


def _state_words(found: DayEnd, depot_id: str) -> str:
    """Return whether a depot's day is closed."""
    record = found.record(depot_id)
    if not record.is_closed or record.last is None:
        return "Open"
    changed = len(found.differences(depot_id))
    return "Closed" + (f", {changed} changed since" if changed else "")


def _signature(what: str) -> Signature:
    """Return the signature of who acts now."""
    user = signed_in_user()
    return Signature(what, context().clock.now(), user.id, user.name)


def _read(day: str) -> DayEnd:
    """Return the day of an address; raises `NotFound` for what is no day, or has not come."""
    return day_end.read_day(context(), day_of(day))


def _version() -> int:
    """Return the version that the form was made of; none that exists where somebody has tampered with it."""
    text = request.form.get("version", "")
    return int(text) if text.isdigit() else -1
