"""A campaign as its pages show it: what was counted where, and in words what before and after say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from services.scheduling.campaigns import LOOKED_BACK_DAYS, Measured, area_name, points_in
from services.scheduling.domain.before_after import Interval, compared, poisson_interval, ratio_interval
from services.scheduling.domain.campaign import Campaign, CampaignArea
from services.scheduling.domain.hot_spots import RADIUS_M, ReportPoint, Spot
from shared.service import ServiceContext
from shared.texts import date_words

SPOTS_SHOWN = 20


@dataclass(frozen=True)
class SpotRow:
    """A hot spot, or a neighbourhood, in a list of them."""

    name: str
    count: int
    last: ReportPoint | None
    records: str
    choose: str


def spot_rows(ctx: ServiceContext, spots: Sequence[Spot], report_kind: str) -> list[SpotRow]:
    """Return the hot spots with their names and addresses."""
    rows = []
    for spot in spots[:SPOTS_SHOWN]:
        place = {"lat": f"{spot.lat:.5f}", "lon": f"{spot.lon:.5f}", "kind": report_kind}
        name = area_name(ctx, CampaignArea(spot.neighbourhood, spot.lat, spot.lon, RADIUS_M))
        rows.append(_row(name, spot.points, place))
    return rows


def neighbourhood_rows(ctx: ServiceContext, points: Sequence[ReportPoint], report_kind: str) -> list[SpotRow]:
    """Return the neighbourhoods by how much was reported in them."""
    found = []
    for each in ctx.council.neighbourhoods:
        mine = points_in(points, CampaignArea(each.id))
        found.append(_row(each.name, mine, {"neighbourhood": each.id, "kind": report_kind}))
    return sorted(found, key=lambda row: (-row.count, row.name))


def records_url(campaign: Campaign, weeks: int, span: str, where: str) -> str:
    """Return the address of the reports behind a figure of a campaign."""
    query = urlencode({"weeks": weeks, "span": span, "where": where})
    return f"/dispatch/campaigns/{campaign.id}/reports?{query}"


def measured_rows(campaign: Campaign, found: Measured) -> list[list[Any]]:
    """Return the counts of before and after, here and in the rest of the city, each with its interval and records."""
    rows: list[list[Any]] = []
    spans = (("before", found.here_before, found.elsewhere_before), ("after", found.here_after, found.elsewhere_after))
    for name, here, elsewhere in spans:
        first, until = getattr(found, name)
        rows.append(
            [
                f"{name.capitalize()}: {_span_words(first, until)}",
                {"value": f"{len(here):,}", "href": records_url(campaign, found.weeks, name, "here")},
                range_words(poisson_interval(len(here))),
                {"value": f"{len(elsewhere):,}", "href": records_url(campaign, found.weeks, name, "elsewhere")},
            ]
        )
    return rows


def verdict(found: Measured) -> Mapping[str, str]:
    """Return in words what the counts say; `title`, `here`, `compared` and `caution`, empty where it is too early."""
    counts = found.counts
    if found.is_early:
        last = found.after[1] - timedelta(days=1)
        return {"title": f"Too early to say: the {found.weeks} weeks after it end on {date_words(last)}"}
    beside = compared(counts)
    return {
        "title": _title(beside),
        "here": f"In the area: {_change(ratio_interval(counts.here_after, counts.here_before))}.",
        "compared": f"Against the rest of the city in the same weeks: {_change(beside)}.",
        "caution": (
            "A place is chosen because much was reported there lately, and would often have less afterwards even if "
            "nobody had gone. This comparison takes out the season, not that."
        ),
    }


def range_words(interval: Interval) -> str:
    """Return the limits of a count."""
    high = "any number" if interval.high is None else f"{interval.high:.1f}"
    return f"{interval.low:.1f} to {high}"


def _row(name: str, points: Sequence[ReportPoint], place: Mapping[str, str]) -> SpotRow:
    """Return a row of a list of places."""
    newest = max(points, key=lambda point: point.at, default=None)
    query = urlencode(place)
    return SpotRow(
        name, len(points), newest, f"/dispatch/campaigns/reports?{query}", f"/dispatch/campaigns/new?{query}"
    )


def _title(beside: Interval) -> str:
    """Return the one sentence."""
    if beside.says_fewer:
        return "Fewer reports than the rest of the city would lead one to expect"
    if beside.says_more:
        return "More reports than the rest of the city would lead one to expect"
    return "No difference from the rest of the city that could not be chance"


def _change(interval: Interval) -> str:
    """Return a ratio as people say it: 26% fewer (between 48% fewer and 5% more)."""
    if interval.estimate is None:
        return f"there was nothing before to compare with (at least {interval.low:.2f} times as many)"
    high = "any number more" if interval.high is None else _percent(interval.high)
    return f"{_percent(interval.estimate)} (between {_percent(interval.low)} and {high})"


def _percent(ratio: float) -> str:
    """Return a ratio as a change."""
    change = round((ratio - 1) * 100)
    if change == 0:
        return "as many"
    return f"{change}% more" if change > 0 else f"{-change}% fewer"


def _span_words(first: date, until: date) -> str:
    """Return a span of days."""
    return f"{date_words(first)} to {date_words(until - timedelta(days=1))}"


HOW_COUNTED = (
    f"Counted are those of the last {LOOKED_BACK_DAYS} days that made a job for a crew, each once: without those "
    "joined to another, and without what crews found themselves. A place is a report with all others within "
    f"{RADIUS_M} metres of it, the fullest place first; no report counts at two places."
)
METHOD = (
    "Reports are taken for Poisson counts. The intervals are exact, at 95 per cent: Garwood (1936) for a count, "
    "Clopper and Pearson’s binomial (Przyborowski and Wilenski, 1940) for after against before, and Cornfield’s "
    "conditional interval (1956), as in Fisher’s exact test, for that against the rest of the city."
)
