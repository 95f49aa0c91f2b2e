"""Pages of a neighbourhood or ward for whoever is answerable for it: its manager, its councillors.

Figures that open to their records, what is late and why, places that come back, what a week has changed, and a list to
walk by. Nothing here says who reported or what they wrote: codes, places as finely as the public page has them, dates.
A councillor's links lead to the public page of a report, a manager's to the staff's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response, redirect, render_template, request

from services.reports.areas import (
    Area,
    areas_of,
    in_full,
    may_see,
    neighbourhood_area,
    read_area,
    read_open,
    repeats_of,
    seen_by_id,
    ward_area,
)
from services.reports.domain import area as rules
from services.reports.domain.area import LISTS, Repeat, Seen
from services.reports.domain.report import Report
from services.reports.web.area_map import draw_area
from services.reports.words import HAZARD_WORDS, place_words, reason_sentences, reasons, standing, waste_words
from shared.calendar import london_date
from shared.council import Council
from shared.errors import DomainError, Forbidden, NotFound
from shared.texts import ngettext
from shared.web.app import context
from shared.web.auth import policy, roles, signed_in_user
from shared.web.csv_file import Cell, csv_answer

bp = Blueprint("area", __name__, template_folder="templates")

READERS = roles("manager", "councillor")
TRIAGE = ("contact-centre", "manager", "supervisor")
PAGE_SIZE = 50
LATE_SHOWN, REPEATS_SHOWN = 25, 10

TITLES: Mapping[str, str] = {
    "open": "Open",
    "overdue": "Overdue",
    "opened": "Opened in the last week",
    "closed": "Closed in the last week",
    "open-then": "Open a week ago",
    "overdue-then": "Overdue a week ago",
}
HEADINGS: Mapping[str, str] = {**TITLES, "open": "Open reports", "overdue": "Overdue reports"}
"""What a list is called on a page of its own, where nothing else says of what it is."""

REPEAT = "repeat:"
"""Before the reference of any report of a place that comes back."""


@dataclass(frozen=True)
class Row:
    """A report as a list shows it."""

    seen: Seen
    report: Report
    href: str
    waste: str
    where: str
    ward: str
    late: str
    stands: str
    why: str
    dangers: str


@bp.get("/area")
@policy(READERS)
def index() -> Response | str:
    """Show the areas that are this user's; of one alone, its page."""
    council, now = context().council, context().clock.now()
    own = areas_of(signed_in_user(), council)
    if len(own) == 1:
        return redirect(own[0].path, 303)  # type: ignore[return-value]
    opened = read_open(context())
    rows = [
        (area, len(there := opened.get(area.id, [])), sum(one.is_late(now) for one in there))
        for area in own
        if area.kind == "neighbourhood"
    ]
    wards = [area for area in own if area.kind == "ward"]
    return render_template("reports/area/index.html", rows=rows, wards=wards, wide=True)


@bp.get("/area/<neighbourhood>")
@policy(READERS)
def neighbourhood_page(neighbourhood: str) -> str:
    """Show a neighbourhood."""
    return _show(neighbourhood_area(context().council, neighbourhood))


@bp.get("/area/wards/<ward>")
@policy(READERS)
def ward_page(ward: str) -> str:
    """Show a ward."""
    return _show(ward_area(context().council, ward))


@bp.get("/area/<neighbourhood>/reports")
@policy(READERS)
def neighbourhood_reports(neighbourhood: str) -> str:
    """Show the records behind a figure of a neighbourhood."""
    return _list(neighbourhood_area(context().council, neighbourhood))


@bp.get("/area/wards/<ward>/reports")
@policy(READERS)
def ward_reports(ward: str) -> str:
    """Show the records behind a figure of a ward."""
    return _list(ward_area(context().council, ward))


@bp.get("/area/<neighbourhood>/reports.csv")
@policy(READERS)
def neighbourhood_csv(neighbourhood: str) -> Response:
    """Give the records behind a figure of a neighbourhood as CSV."""
    return _csv(neighbourhood_area(context().council, neighbourhood))


@bp.get("/area/wards/<ward>/reports.csv")
@policy(READERS)
def ward_csv(ward: str) -> Response:
    """Give the records behind a figure of a ward as CSV."""
    return _csv(ward_area(context().council, ward))


def read_own(area: Area) -> tuple[list[Seen], datetime]:
    """Return the reports of an area that is the user's, and when they were read; raises `Forbidden`."""
    ctx = context()
    if not may_see(signed_in_user(), area, ctx.council):
        raise Forbidden("This is not one of your areas.")
    now = ctx.clock.now()
    return read_area(ctx, area, now=now), now


def rows_of(seen: Sequence[Seen], now: datetime) -> list[Row]:
    """Return reports as lists show them."""
    council = context().council
    to_staff = signed_in_user().has_role(*TRIAGE)
    return [
        _row(one, report, council, now, to_staff=to_staff)
        for one, report in zip(seen, in_full(context(), seen), strict=False)
        if one.id == report.id
    ]


def _row(seen: Seen, report: Report, council: Council, now: datetime, *, to_staff: bool) -> Row:
    """Return one report as lists show it."""
    stands = standing(report, council)
    days = (london_date(now) - london_date(report.deadline)).days if report.deadline else 0
    late = ngettext("%(count)s day late", "%(count)s days late", days) if days else "Late since today"
    return Row(
        seen=seen,
        report=report,
        href=f"/triage/{report.reference}" if to_staff else f"/report/{report.reference}",
        waste=waste_words(report, council),
        where=place_words(report, council),
        ward=council.ward_name(report.place.ward),
        late=late if seen.is_late(now) else "",
        stands=stands.title,
        why=f"{stands.text} {_deadline_words(report, council)}".strip(),
        dangers=", ".join(HAZARD_WORDS[hazard].lower() for hazard in report.hazards),
    )


def _deadline_words(report: Report, council: Council) -> str:
    """Return why the deadline is the one that has passed, empty where no rule said it."""
    given = reasons(report, council)
    return f"Why that date: {reason_sentences(given)}" if given else ""


def _show(area: Area) -> str:
    """Return an area's page."""
    seen, now = read_own(area)
    council = context().council
    counts = {name: len(rules.listed(seen, name, now)) for name in LISTS}
    late = rules.listed(seen, "overdue", now)
    back = repeats_of(context(), area, now=now)
    opened = rules.listed(seen, "open", now)
    return render_template(
        "reports/area/show.html",
        area=area,
        counts=counts,
        titles=TITLES,
        late=rows_of(late[:LATE_SHOWN], now),
        more_late=max(0, len(late) - LATE_SHOWN),
        repeats=[(repeat, ordinal(repeat.times), *_repeat_words(repeat, council)) for repeat in back[:REPEATS_SHOWN]],
        repeat_days=_repeat_days(council),
        repeat_times=rules.REPEAT_TIMES,
        more_repeats=max(0, len(back) - REPEATS_SHOWN),
        wards=_wards(area, seen, now, council),
        drawn=draw_area(area, opened, seen_by_id(context(), [repeat.newest.id for repeat in back]), now),
        others=[one for one in areas_of(signed_in_user(), council) if one != area],
        now=now,
        wide=True,
    )


def _wards(area: Area, seen: Sequence[Seen], now: datetime, council: Council) -> list[tuple[str, str, dict[str, int]]]:
    """Return id, name and counts of each ward of a neighbourhood; of a ward nothing more can be told apart."""
    if area.kind == "ward":
        return []
    counted = rules.by_ward(seen, now)
    return sorted(((ward, council.ward_name(ward), counts) for ward, counts in counted.items()), key=lambda row: row[1])


def _repeat_words(repeat: Repeat, council: Council) -> tuple[str, str]:
    """Return what comes back where, in words."""
    first = in_full(context(), [repeat.newest])
    where = place_words(first[0], council) if first else ""
    kind = council.kinds.get(repeat.newest.kind)
    return where, kind.name if kind else repeat.newest.kind


def _repeat_days(council: Council) -> int:
    """Return within how many days a place comes back; 0 where the council does not count that."""
    return council.assessment.repeat.days if council.assessment.repeat else 0


def ordinal(number: int) -> str:
    """Return a number as it is said in a row: 3rd, 5th, 11th, 22nd."""
    is_teen = number % 100 in (11, 12, 13)
    return f"{number}{'th' if is_teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def _wanted(area: Area, seen: list[Seen], now: datetime) -> tuple[str, list[Seen]]:
    """Return title and records of the list that the address asks for, in a ward if it names one; raises `NotFound`."""
    name, ward = request.args.get("show", "open"), request.args.get("ward", "")
    if ward:
        seen = [one for one in seen if one.ward == ward]
    if name in LISTS:
        return HEADINGS[name], rules.listed(seen, name, now)
    council, reference = context().council, name.removeprefix(REPEAT)
    for repeat in repeats_of(context(), area, now=now) if name.startswith(REPEAT) else ():
        if any(one.reference == reference for one in repeat.spots):
            where, what = _repeat_words(repeat, council)
            title = f"{what}, {where}: {repeat.times} times in {_repeat_days(council)} days"
            return title, seen_by_id(context(), [one.id for one in repeat.spots])
    raise NotFound("There is no such list.")


def _list(area: Area) -> str:
    """Return the page of the records behind a figure."""
    seen, now = read_own(area)
    title, found = _wanted(area, seen, now)
    page = _page_number()
    if page > 1 and (page - 1) * PAGE_SIZE >= len(found):
        raise NotFound("There is no such page.")
    asked = {name: value for name, value in request.args.items() if name != "page"}
    return render_template(
        "reports/area/reports.html",
        area=area,
        title=title,
        total=len(found),
        rows=rows_of(found[(page - 1) * PAGE_SIZE : page * PAGE_SIZE], now),
        asked=asked,
        ward=context().council.ward_name(asked["ward"]) if asked.get("ward") else "",
        following=page + 1 if page * PAGE_SIZE < len(found) else None,
        page=page,
        wide=True,
    )


def _page_number() -> int:
    """Return the page that the address asks for; raises `DomainError`."""
    asked = request.args.get("page", "1")
    if not (asked.isascii() and asked.isdigit()) or not 1 <= int(asked) <= 1000:
        raise DomainError("page must be a number from 1.", field="page")
    return int(asked)


def _csv(area: Area) -> Response:
    """Return the records behind a figure as spreadsheets and programs read them."""
    seen, now = read_own(area)
    _, found = _wanted(area, seen, now)
    columns = [
        "reference",
        "kind",
        "what",
        "where",
        "ward",
        "state",
        "priority",
        "reported",
        "due",
        "closed",
        "lat",
        "lon",
    ]
    return csv_answer(area.id, columns, [_cells(row) for row in rows_of(found, now)], mark="")


def _cells(row: Row) -> Sequence[Cell]:
    """Return a record's line."""
    report = row.report
    days = (report.reported_at, report.deadline, report.closed_at)
    return (
        *(report.reference, report.kind, row.waste, row.where, row.ward, report.closure or report.state),
        *(report.priority, *(london_date(day).isoformat() if day else "" for day in days)),
        *(report.place.lat, report.place.lon),
    )
