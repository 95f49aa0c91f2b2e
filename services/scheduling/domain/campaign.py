"""A campaign: a high-intensity team on a hot spot for a week, with its visits, and whether it helped.

The campaign decides which visits there are, each with the id of its job; the jobs are made one at a time. Its area is
what is measured: the circle of the spot, or a neighbourhood.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import cycle

from services.scheduling.domain.patterns import WEEKDAYS
from shared.errors import DomainError
from shared.ids import derived_id

CREW_KIND = "hit"
MOST_VISITS_A_DAY = 4
MOST_VISITS = 120
"""More jobs than a team could do in a week, at a quarter of an hour each."""

SHORTEST_MINUTES, LONGEST_MINUTES = 10, 240
WEEK = timedelta(days=7)
WEEKS_CHOICES = (2, 4, 6, 8, 12)
USUAL_WEEKS = 4


@dataclass(frozen=True)
class CampaignArea:
    """Where a campaign is: a neighbourhood, or a circle in one."""

    neighbourhood: str
    lat: float | None = None
    lon: float | None = None
    radius_m: int | None = None

    @property
    def key(self) -> str:
        """Return what two campaigns in the same place have in common."""
        return self.neighbourhood if self.lat is None else f"{self.lat:.4f},{self.lon:.4f}"


@dataclass(frozen=True)
class VisitedPlace:
    """A place that a campaign goes to."""

    lat: float
    lon: float
    place_id: str | None = None


@dataclass(frozen=True)
class Visit:
    """One visit: its job, its day, to which of the places, and which team is to make it."""

    job_id: str
    day: date
    place: int
    number: int
    crew_id: str


@dataclass(frozen=True)
class Wanted:
    """What a supervisor asks for: which week (its Monday) and days, how often a day, how long, and which teams."""

    week: date
    days: tuple[str, ...]
    visits_a_day: int
    minutes: int
    crew_ids: tuple[str, ...]


@dataclass(frozen=True)
class Campaign:
    """A campaign; `unfinished` while jobs of it are still to be made or called off."""

    id: str
    name: str
    area: CampaignArea
    report_kind: str
    week: date
    minutes: int
    places: tuple[VisitedPlace, ...]
    visits: tuple[Visit, ...]
    created_at: datetime
    counted: int
    """Reports in the area in the time looked at when it was chosen."""

    state: str = "running"
    unfinished: bool = True
    cancelled_at: datetime | None = None
    version: int = 0
    sequence: int = 0

    @property
    def is_running(self) -> bool:
        """Say whether a timer has to look at it."""
        return self.state == "running" or self.unfinished

    @property
    def ends(self) -> date:
        """Return the Monday after its week."""
        return self.week + WEEK

    def spans(self, weeks: int) -> tuple[tuple[date, date], tuple[date, date]]:
        """Return the weeks before and after its own, each as its first day and the day after its last."""
        length = weeks * WEEK
        return (self.week - length, self.week), (self.ends, self.ends + length)


def check(wanted: Wanted, today: date) -> Wanted:
    """Return what was asked for; raises `DomainError`, naming the field, for what can't be done."""
    if wanted.week.weekday() != 0:
        raise DomainError("Choose a week", field="week")
    if not wanted.days or any(day not in WEEKDAYS for day in wanted.days):
        raise DomainError("Choose at least one day of the week", field="days")
    if all(day < today for day in _dates(wanted)):
        raise DomainError("Those days have passed. Choose a later day or week", field="days")
    if not 1 <= wanted.visits_a_day <= MOST_VISITS_A_DAY:
        raise DomainError(f"Enter from 1 to {MOST_VISITS_A_DAY} visits a day", field="visits_a_day")
    if not SHORTEST_MINUTES <= wanted.minutes <= LONGEST_MINUTES:
        raise DomainError(f"Enter from {SHORTEST_MINUTES} to {LONGEST_MINUTES} minutes", field="minutes")
    if not wanted.crew_ids:
        raise DomainError("Choose at least one team", field="crew_ids")
    return wanted


def visits_of(campaign_id: str, places: Sequence[VisitedPlace], wanted: Wanted, today: date) -> tuple[Visit, ...]:
    """Return the visits of a campaign from today on, shared out among the teams in turn.

    Raises:
        DomainError: there would be more than anybody can make.
    """
    slots = [
        (day, place, number)
        for day in _dates(wanted)
        if day >= today
        for number in range(1, wanted.visits_a_day + 1)
        for place in range(len(places))
    ]
    if len(slots) > MOST_VISITS:
        raise DomainError(
            f"That would be {len(slots)} visits. Choose fewer days or visits: {MOST_VISITS} are the most.", field="days"
        )
    return tuple(
        Visit(
            derived_id("campaign-visit", campaign_id, day.isoformat(), str(place), str(number)),
            day,
            place,
            number,
            crew,
        )
        for (day, place, number), crew in zip(slots, cycle(wanted.crew_ids), strict=False)
    )


def cancel(campaign: Campaign, *, at: datetime) -> Campaign:
    """Call a campaign off; raises `DomainError` for one that is over. One that is called off stays so."""
    if campaign.state == "cancelled":
        return campaign
    if campaign.state == "over":
        raise DomainError("Its week is over, so there is nothing to call off.", rule="campaign-state")
    return replace(campaign, state="cancelled", cancelled_at=at, unfinished=True)


def end(campaign: Campaign, today: date) -> Campaign:
    """Return a campaign that is over when its week is."""
    return replace(campaign, state="over") if campaign.state == "running" and today >= campaign.ends else campaign


def _dates(wanted: Wanted) -> list[date]:
    """Return the days of the week that were chosen, in order."""
    return [wanted.week + timedelta(days=number) for number, name in enumerate(WEEKDAYS) if name in wanted.days]
