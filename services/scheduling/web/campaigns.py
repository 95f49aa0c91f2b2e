"""Campaigns of the high-intensity teams: hot spots, a week's visits built as jobs, and whether reports became fewer.

Supervisors build and call off; managers look. Every number opens to its reports.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from marshmallow import fields
from werkzeug.wrappers import Response

from services.scheduling import campaigns, store
from services.scheduling.domain.campaign import (
    CREW_KIND,
    MOST_VISITS_A_DAY,
    USUAL_WEEKS,
    WEEKS_CHOICES,
    Campaign,
    CampaignArea,
    Wanted,
)
from services.scheduling.domain.hot_spots import ReportPoint, hot_spots
from services.scheduling.domain.patterns import WEEKDAYS
from services.scheduling.register.columns import WEEKDAY_WORDS
from services.scheduling.web import access, campaign_view
from services.scheduling.web.depots import depot_name
from shared.calendar import london_date
from shared.errors import DomainError, Forbidden, NotFound
from shared.store.port import DESCENDING
from shared.texts import date_words
from shared.web.app import cause, context
from shared.web.auth import policy, signed_in_user
from shared.web.forms import Form, FormErrors, errors_of, read_form

bp = Blueprint("campaigns", __name__, template_folder="templates", url_prefix="/dispatch/campaigns")

WEEKS_AHEAD = 8
CAMPAIGNS_SHOWN = 100
RECORDS_PER_PAGE = 100
USUAL_MINUTES = 45
WRONG_MINUTES: dict[str, Any] = {
    "required": "Enter how many minutes a visit takes",
    "invalid": "Enter a whole number of minutes",
}
WRONG_VISITS: dict[str, Any] = {
    "required": "Enter how many visits a day",
    "invalid": "Enter how many visits a day, as a number",
}


class CampaignForm(Form):
    """When a campaign is, how often it goes where, and with whom."""

    week = fields.Date(required=True, error_messages={"required": "Choose a week", "invalid": "Choose a week"})
    days = fields.List(
        fields.String(), required=True, error_messages={"required": "Choose at least one day of the week"}
    )
    visits_a_day = fields.Integer(required=True, error_messages=WRONG_VISITS)
    minutes = fields.Integer(required=True, error_messages=WRONG_MINUTES)
    crew_ids = fields.List(fields.String(), required=True, error_messages={"required": "Choose at least one team"})


@bp.get("")
@policy(access.BOARD_READERS)
def index() -> str:
    """Show the hot spots, the neighbourhoods, and the campaigns there are."""
    ctx, report_kind = context(), _kind()
    points = campaigns.lately(ctx, report_kind)
    known, _ = store.campaigns(ctx.store).find({}, sort=(("starts_on", DESCENDING),), limit=CAMPAIGNS_SHOWN)
    return render_template(
        "scheduling/campaigns.html",
        spots=campaign_view.spot_rows(ctx, hot_spots(points), report_kind),
        neighbourhoods=campaign_view.neighbourhood_rows(ctx, points, report_kind),
        total=len(points),
        known=known,
        kinds=_kinds(),
        values={"kind": report_kind},
        how=campaign_view.HOW_COUNTED,
        may_act=_may_act(),
    )


@bp.get("/reports")
@policy(access.BOARD_READERS)
def area_reports() -> str | Response:
    """Show the reports of the time looked at in an area."""
    if not _names_an_area():
        return redirect(url_for("campaigns.index"), 302)
    ctx, area = context(), _area()
    points = campaigns.points_in(campaigns.lately(ctx, _kind()), area)
    title = f"Reports in {campaigns.area_name(ctx, area)}, last {campaigns.LOOKED_BACK_DAYS} days"
    return _records_page(title, points, url_for("campaigns.index", kind=_kind()), "Campaigns")


@bp.get("/new")
@policy(access.SUPERVISORS)
def new() -> str | Response:
    """Show the form of a campaign in an area; without one, where there are any to choose from."""
    if not _names_an_area():
        return redirect(url_for("campaigns.index"), 302)
    weeks = _weeks()
    values = {"week": weeks[1][0], "days": list(WEEKDAYS), "visits_a_day": 1, "minutes": USUAL_MINUTES, "crew_ids": []}
    return _form_page(_area(), {}, values)


@bp.post("/new")
@policy(access.SUPERVISORS)
def build() -> str | Response | tuple[str, int]:
    """Build a campaign with its jobs."""
    ctx, area = context(), _area()
    values, errors = read_form(CampaignForm, request.form)
    if not errors:
        wanted = Wanted(
            values["week"],
            tuple(day for day in WEEKDAYS if day in values["days"]),
            values["visits_a_day"],
            values["minutes"],
            tuple(dict.fromkeys(values["crew_ids"])),
        )
        try:
            made, is_new = campaigns.build(ctx, area, _kind(), wanted, cause=cause())
        except (Forbidden, NotFound):
            raise
        except DomainError as refusal:
            errors = errors_of(refusal)
        else:
            visits = f"{len(made.visits)} {'visit' if len(made.visits) == 1 else 'visits'}"
            flash(
                f"The campaign is built, with {visits}."
                if is_new
                else "This campaign was built already, so nothing was made twice.",
                "success" if is_new else "important",
            )
            return redirect(url_for("campaigns.show", campaign_id=made.id), 303)
    typed = {name: request.form.getlist(name) if name in ("days", "crew_ids") else text for name, text in _typed()}
    return _form_page(area, errors, typed), 400


@bp.get("/<campaign_id>")
@policy(access.BOARD_READERS)
def show(campaign_id: str) -> str:
    """Show a campaign: its visits, and what was reported before and after."""
    ctx = context()
    found = store.campaigns(ctx.store).require(campaign_id)
    weeks = _weeks_asked()
    measured = campaigns.measure(ctx, found, weeks)
    return render_template(
        "scheduling/campaign.html",
        campaign=found,
        visits=[(visit, store.jobs(ctx.store).get(visit.job_id)) for visit in found.visits],
        crew_names={crew.id: crew.name for crew in store.all_crews(ctx.store)},
        kind_name=ctx.council.kind_of(found.report_kind).name,
        rows=campaign_view.measured_rows(found, measured),
        verdict=campaign_view.verdict(measured),
        method=campaign_view.METHOD,
        weeks=[(each, f"{each} weeks") for each in WEEKS_CHOICES],
        values={"weeks": weeks},
        looked_back=campaigns.LOOKED_BACK_DAYS,
        last_day=found.ends - timedelta(days=1),
        may_act=_may_act(),
    )


@bp.get("/<campaign_id>/reports")
@policy(access.BOARD_READERS)
def reports(campaign_id: str) -> str:
    """Show the reports behind a figure of a campaign."""
    ctx = context()
    found = store.campaigns(ctx.store).require(campaign_id)
    measured = campaigns.measure(ctx, found, _weeks_asked())
    span, where = request.args.get("span", ""), request.args.get("where", "")
    if span not in ("before", "after") or where not in ("here", "elsewhere"):
        raise NotFound("There is no such figure of this campaign.")
    points: Sequence[ReportPoint] = getattr(measured, f"{where}_{span}")
    place = found.name if where == "here" else f"The rest of the city, without {found.name}"
    title = f"{place}: {measured.weeks} weeks {span}"
    return _records_page(title, points, url_for("campaigns.show", campaign_id=campaign_id), found.name)


@bp.post("/<campaign_id>/cancel")
@policy(access.SUPERVISORS)
def cancel(campaign_id: str) -> Response:
    """Call a campaign off."""
    try:
        campaigns.call_off(context(), campaign_id, cause=cause())
    except (Forbidden, NotFound):
        raise
    except DomainError as refusal:
        flash(refusal.message, "important")
    else:
        flash("The campaign is called off. Visits that were begun stay as they are.", "success")
    return redirect(url_for("campaigns.show", campaign_id=campaign_id), 303)


def _form_page(area: CampaignArea, errors: FormErrors, values: Mapping[str, Any]) -> str:
    """Return the form of a campaign."""
    ctx = context()
    points = campaigns.points_in(campaigns.lately(ctx, _kind()), area)
    teams = [crew for crew in store.all_crews(ctx.store) if crew.kind == CREW_KIND]
    return render_template(
        "scheduling/campaign_new.html",
        area=area,
        name=campaigns.area_name(ctx, area),
        kind=_kind(),
        kind_name=ctx.council.kind_of(_kind()).name,
        points=points,
        spots=hot_spots(points)[: campaigns.PLACES_OF_A_NEIGHBOURHOOD] if area.lat is None else [],
        looked_back=campaigns.LOOKED_BACK_DAYS,
        weeks=_weeks(),
        days=list(WEEKDAY_WORDS.items()),
        teams=[(crew.id, f"{crew.name}, {depot_name(crew.depot_id)}") for crew in teams],
        most_visits=MOST_VISITS_A_DAY,
        values=values,
        errors=errors,
    )


def _records_page(title: str, points: Sequence[ReportPoint], back: str, back_words: str) -> str:
    """Return a page of reports, the newest first."""
    page = _page_number()
    ordered = sorted(points, key=lambda point: point.at, reverse=True)
    last = page * RECORDS_PER_PAGE
    arguments = {**request.args.to_dict(), **(request.view_args or {})}
    following = url_for(str(request.endpoint), **{**arguments, "page": page + 1}) if last < len(ordered) else None
    return render_template(
        "scheduling/campaign_reports.html",
        title=title,
        total=len(ordered),
        points=ordered[last - RECORDS_PER_PAGE : last],
        back=back,
        back_words=back_words,
        following=following,
        first=url_for(str(request.endpoint), **{**arguments, "page": 1}) if page > 1 else None,
        kind_names=dict(_kinds()),
    )


def _typed() -> list[tuple[str, str]]:
    """Return what was typed, each field once."""
    return [(name, request.form.get(name, "")) for name in ("week", "days", "visits_a_day", "minutes", "crew_ids")]


def _names_an_area() -> bool:
    """Say whether the address names an area at all."""
    return any(request.args.get(name) for name in ("neighbourhood", "lat", "lon"))


def _area() -> CampaignArea:
    """Return the area that the address names; raises `NotFound` where it names none."""
    ctx, args = context(), request.values
    if args.get("neighbourhood"):
        return CampaignArea(ctx.council.neighbourhood(args["neighbourhood"]).id)
    try:
        return campaigns.area_at(ctx, float(args.get("lat", "")), float(args.get("lon", "")))
    except (ValueError, DomainError):
        raise NotFound("There is no such place. Choose one from the list of hot spots.") from None


def _kinds() -> list[tuple[str, str]]:
    """Return the kinds of report that crews are sent to."""
    return [(kind.code, kind.name) for kind in context().council.kinds.values() if kind.makes_jobs]


def _kind() -> str:
    """Return the kind of report that is asked for; by default the first, which is fly-tipping."""
    known = [code for code, _ in _kinds()]
    asked = request.values.get("kind", "")
    return asked if asked in known else known[0]


def _weeks() -> list[tuple[str, str]]:
    """Return the weeks that can be chosen, this one first, by their Mondays."""
    today = london_date(context().clock.now())
    monday = today - timedelta(days=today.weekday())
    mondays: list[date] = [monday + timedelta(days=7 * number) for number in range(WEEKS_AHEAD)]
    return [(each.isoformat(), f"Monday {date_words(each)}") for each in mondays]


def _weeks_asked() -> int:
    """Return how many weeks before and after are looked at."""
    text = request.args.get("weeks", "")
    return int(text) if text.isdigit() and int(text) in WEEKS_CHOICES else USUAL_WEEKS


def _page_number() -> int:
    """Return the page that is asked for."""
    text = request.args.get("page", "1")
    return int(text) if text.isascii() and text.isdigit() and 1 <= int(text) <= 1000 else 1


def _may_act() -> bool:
    """Say whether the reader may change anything here."""
    return access.is_supervisor(signed_in_user())


def state_words(campaign: Campaign) -> str:
    """Return what state a campaign is in."""
    is_begun = campaign.week <= london_date(context().clock.now())
    running = "Under way" if is_begun else "Planned"
    return {"running": running, "cancelled": "Called off", "over": "Its week is over"}[campaign.state]
