"""The figures of a period, each with the address of the records that make it: one source for page and API."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.tonnage.domain.indicators import Rate, Row, Summary, summarise
from services.tonnage.store import COLLECTED, buckets
from services.tonnage.web.period import Period
from shared.service import ServiceContext
from shared.store.paging import every
from shared.store.port import DESCENDING

TICKETS_PATH = "/tonnage/tickets"
COLLECTED_PATH = "/tonnage/collected"


@dataclass(frozen=True)
class RateFigure:
    """A rate with its formula in numbers, and what counts in it."""

    code: str
    name: str
    rate: Rate
    included: str
    excluded: str
    recycled_href: str
    all_href: str


@dataclass(frozen=True)
class Unweighed:
    """What crews have collected that no ticket has weighed yet: estimates, and said to be so."""

    estimated_kg: int
    jobs: int


@dataclass(frozen=True)
class Figures:
    """Everything that is shown for a period."""

    period: Period
    summary: Summary
    unweighed: Unweighed
    rates: Sequence[RateFigure]

    def tickets_href(self, what: str = "") -> str:
        """Return the address of the counting tickets of the period, narrowed."""
        return self.period.href(TICKETS_PATH, what=what, status="recorded")


def read_figures(ctx: ServiceContext, period: Period) -> Figures:
    """Return the figures of a period, as the totals say now."""
    found = buckets(ctx.store, first_day=period.first.isoformat(), after_last_day=period.after_last.isoformat())
    summary = summarise(found)
    return Figures(period, summary, read_unweighed(ctx), _rates(period, summary))


def read_unweighed(ctx: ServiceContext) -> Unweighed:
    """Return what is collected and not yet weighed, over all time: it waits however old it is."""
    waiting = [
        document["estimated_kg"]
        for document in every(
            ctx.store,
            COLLECTED.name,
            {"waiting": True},
            sort=(("completed_at", DESCENDING),),
            fields=("estimated_kg",),
        )
    ]
    return Unweighed(sum(waiting), len(waiting))


def _rates(period: Period, summary: Summary) -> Sequence[RateFigure]:
    """Return the three rates, the first being the one that national indicator 192 is nearest to."""

    def href(what: str) -> str:
        return period.href(TICKETS_PATH, what=what, status="recorded")

    return [
        RateFigure(
            "household_recycling_rate",
            "Household waste, cleared fly-tips left out",
            summary.household,
            "Tickets of household materials from collections",
            "Cleared fly-tips; materials that are not household waste; voided tickets",
            href("household-recycled"),
            href("household"),
        ),
        RateFigure(
            "household_recycling_rate_with_fly_tips",
            "Household waste, cleared fly-tips counted",
            summary.household_with_streets,
            "Tickets of household materials, from collections and from cleared fly-tips",
            "Materials that are not household waste; voided tickets",
            href("household-with-streets-recycled"),
            href("household-with-streets"),
        ),
        RateFigure(
            "recycling_rate",
            "Everything that was weighed",
            summary.everything,
            "All tickets that count",
            "Voided tickets",
            href("recycled"),
            href(""),
        ),
    ]


def as_json(figures: Figures) -> Mapping[str, Any]:
    """Return the figures as the API gives them: each `{value, unit, href}`."""
    summary = figures.summary

    def kilograms(value: int, href: str) -> Mapping[str, Any]:
        return {"value": value, "unit": "kg", "href": href}

    def rows(found: Sequence[Row], kind: str) -> Mapping[str, Any]:
        return {row.code: kilograms(row.net_kg, figures.tickets_href(f"{kind}:{row.code}")) for row in found}

    indicators: dict[str, Any] = {
        "weighed_kg": kilograms(summary.weighed_kg, figures.tickets_href()),
        "recycled_kg": kilograms(summary.recycled_kg, figures.tickets_href("recycled")),
        "fly_tip_kg": kilograms(summary.from_streets_kg, figures.tickets_href("origin:fly-tip")),
        "tickets": {"value": summary.tickets, "unit": "tickets", "href": figures.tickets_href()},
        "collected_not_weighed_kg": {
            "value": figures.unweighed.estimated_kg,
            "unit": "kg, estimated",
            "href": COLLECTED_PATH,
        },
    }
    for rate in figures.rates:
        indicators[rate.code] = {
            "value": rate.rate.percent,
            "unit": "percent",
            "href": figures.period.href("/tonnage") + "#rates",
            "formula": {
                "recycled": kilograms(rate.rate.recycled_kg, rate.recycled_href),
                "all": kilograms(rate.rate.all_kg, rate.all_href),
            },
            "included": rate.included,
            "excluded": rate.excluded,
        }
    return {
        **figures.period.query,
        "indicators": indicators,
        "by_material": rows(summary.by_material, "material"),
        "by_stream": rows(summary.by_stream, "stream"),
    }
