"""Campaigns: hot spots found in the reports that made jobs, a week's visits built as jobs, called off, and measured.

The campaign decides, in one save, which visits there are; the jobs follow one at a time under ids that it names, so
that building twice, or after a crash, makes none twice. On the day the timer gives each visit to its team; what a
supervisor does with it after that stands. A visit that nobody has begun by the next day is called off, like a beat's.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from services.scheduling import store
from services.scheduling.availability import why_unavailable
from services.scheduling.domain import campaign as rules
from services.scheduling.domain import job as jobs
from services.scheduling.domain.before_after import Counts
from services.scheduling.domain.campaign import Campaign, CampaignArea, Visit, VisitedPlace, Wanted
from services.scheduling.domain.hot_spots import RADIUS_M, ReportPoint, Spot, hot_spots, within
from services.scheduling.domain.job import Job
from services.scheduling.handlers import journey
from shared.calendar import london_date, london_day
from shared.contracts.base import Fact
from shared.contracts.envelope import Cause
from shared.contracts.scheduling import JobDeferredV1
from shared.errors import Conflict, DomainError, Duplicate
from shared.ids import derived_id, public_reference
from shared.service import ServiceContext
from shared.store import every, reload_on_conflict
from shared.store.port import ASCENDING, Range

KIND, CHANNEL, PREFIX = "proactive", "campaign", "HT"
LOOKED_BACK_DAYS = 60
PLACES_OF_A_NEIGHBOURHOOD = 6
"""A team that goes to more of them stays at none long enough."""

PRIORITY = 4
MOST_RUNNING = 100
NAMED_WITHIN_M = 150
NOT_COUNTED = ("duplicate", "report-merged")
"""Why a job was called off whose report is another's, and is counted there."""

POINT_FIELDS = (
    *("report_id", "reference", "report_kind", "channel", "visit", "part_of", "cancelled_because"),
    *("created_at", "lat", "lon", "neighbourhood", "place_id"),
)


@dataclass(frozen=True)
class Measured:
    """What a campaign is measured by: the reports in its area and elsewhere, before and after, and until when."""

    weeks: int
    before: tuple[date, date]
    after: tuple[date, date]
    here_before: Sequence[ReportPoint]
    here_after: Sequence[ReportPoint]
    elsewhere_before: Sequence[ReportPoint]
    elsewhere_after: Sequence[ReportPoint]
    is_early: bool

    @property
    def counts(self) -> Counts:
        """How many they are."""
        return Counts(
            len(self.here_before), len(self.here_after), len(self.elsewhere_before), len(self.elsewhere_after)
        )


def reported(ctx: ServiceContext, since: datetime, until: datetime, report_kind: str) -> list[ReportPoint]:
    """Return the reports of a kind whose first job was made in a span; none that were joined to another.

    What crews found themselves is left out: a team that is there finds more, and would seem to make a place worse.
    """
    made = every(
        ctx.store, store.JOBS.name, {"created_at": Range(since, until)}, sort=store.NEWEST, fields=POINT_FIELDS
    )
    return [
        _point(document)
        for document in made
        if document["report_id"] is not None
        and document["report_kind"] == report_kind
        and document["visit"] == 1
        and document["part_of"] is None
        and document["channel"] != "crew"
        and document["cancelled_because"] not in NOT_COUNTED
    ]


def lately(ctx: ServiceContext, report_kind: str) -> list[ReportPoint]:
    """Return the reports of the days that hot spots are found in."""
    now = ctx.clock.now()
    return reported(ctx, now - timedelta(days=LOOKED_BACK_DAYS), now + timedelta(seconds=1), report_kind)


def points_in(points: Iterable[ReportPoint], area: CampaignArea) -> list[ReportPoint]:
    """Return the reports in an area."""
    if area.lat is None or area.lon is None or area.radius_m is None:
        return [point for point in points if point.neighbourhood == area.neighbourhood]
    return within(points, area.lat, area.lon, area.radius_m)


def area_at(ctx: ServiceContext, lat: float, lon: float) -> CampaignArea:
    """Return the circle around a spot; raises `DomainError` outside the council's area."""
    location = ctx.council.locate(lat, lon, london_date(ctx.clock.now()))
    if location is None:
        raise DomainError(f"This place is outside {ctx.council.short_name}’s area", field="place")
    return CampaignArea(location.neighbourhood, round(lat, 5), round(lon, 5), RADIUS_M)


def area_name(ctx: ServiceContext, area: CampaignArea) -> str:
    """Return what people call an area."""
    neighbourhood = ctx.council.neighbourhood(area.neighbourhood).name
    if area.lat is None or area.lon is None:
        return neighbourhood
    place = ctx.council.gazetteer.nearest(area.lat, area.lon, within_m=NAMED_WITHIN_M)
    return f"{place.name}, {neighbourhood}" if place else neighbourhood


def build(
    ctx: ServiceContext, area: CampaignArea, report_kind: str, wanted: Wanted, *, cause: Cause
) -> tuple[Campaign, bool]:
    """Build a campaign and its jobs, and say whether it is new: the same place and week again is the same campaign.

    Raises:
        DomainError: there is nothing to visit, or what is asked for can't be done; names the field.
    """
    now = ctx.clock.now()
    today = london_date(now)
    rules.check(wanted, today)
    teams = [crew for crew in store.all_crews(ctx.store) if crew.kind == rules.CREW_KIND]
    if not set(wanted.crew_ids) <= {crew.id for crew in teams}:
        raise DomainError("Choose at least one team", field="crew_ids")
    points = points_in(lately(ctx, report_kind), area)
    places = _places(ctx, area, points)
    if not places:
        raise DomainError("There is no hot spot in this neighbourhood, so there is nothing to visit.", field="place")
    campaign_id = _id(ctx, area, report_kind, wanted.week)
    campaign = Campaign(
        id=campaign_id,
        name=area_name(ctx, area),
        area=area,
        report_kind=report_kind,
        week=wanted.week,
        minutes=wanted.minutes,
        places=places,
        visits=rules.visits_of(campaign_id, places, wanted, today),
        created_at=now,
        counted=len(points),
    )
    try:
        store.campaigns(ctx.store).add(campaign, at=now, cause=cause)
    except Duplicate:
        return finish(ctx, campaign_id, cause=cause), False
    return finish(ctx, campaign_id, cause=cause), True


def call_off(ctx: ServiceContext, campaign_id: str, *, cause: Cause) -> Campaign:
    """Call a campaign off: visits that nobody has begun are cancelled, the others stay; again is the same."""

    def once() -> Campaign:
        repository = store.campaigns(ctx.store)
        campaign = repository.require(campaign_id)
        changed = rules.cancel(campaign, at=ctx.clock.now())
        return repository.save(changed, at=ctx.clock.now(), cause=cause) if changed != campaign else campaign

    reload_on_conflict(once)()
    return finish(ctx, campaign_id, cause=cause)


def finish(ctx: ServiceContext, campaign_id: str, *, cause: Cause) -> Campaign:
    """Make the jobs of a campaign that are not there, or call off those of a cancelled one; safe to repeat."""
    campaign = store.campaigns(ctx.store).require(campaign_id)
    if not campaign.unfinished:
        return campaign
    for visit in campaign.visits:
        if campaign.state == "cancelled":
            _cancel(ctx, visit, jobs.CAMPAIGN_OFF, cause)
        else:
            _make(ctx, campaign, visit, cause)

    def once() -> Campaign:
        current = store.campaigns(ctx.store).require(campaign_id)
        if current.state != campaign.state or not current.unfinished:
            return current  # it was called off meanwhile: whoever did that, or the timer, goes on
        done = replace(current, unfinished=False)
        return store.campaigns(ctx.store).save(done, at=ctx.clock.now(), cause=cause)

    current = reload_on_conflict(once)()
    if current.state == "cancelled" != campaign.state:
        # It was called off while its jobs were being made: those that came after are called off here.
        for visit in campaign.visits:
            _cancel(ctx, visit, jobs.CAMPAIGN_OFF, cause)
    return current


def run_campaigns(ctx: ServiceContext) -> None:
    """Finish what a crash left, give today's visits to their teams, call off missed ones, and end what is over."""
    today = london_date(ctx.clock.now())
    running, _ = store.campaigns(ctx.store).find(
        {"is_running": True}, sort=(("starts_on", ASCENDING),), limit=MOST_RUNNING
    )
    for campaign in running:
        try:
            _run(ctx, campaign, today)
        except Conflict:
            continue  # somebody is at it in this very moment; the timer comes again


def _run(ctx: ServiceContext, known: Campaign, today: date) -> None:
    """Do what is to be done for a campaign on a day."""
    cause = Cause(known.id)
    campaign = finish(ctx, known.id, cause=cause)
    if campaign.state != "running":
        return
    for visit in campaign.visits:
        if visit.day < today:
            _cancel(ctx, visit, jobs.NEXT_ROUND, cause)
        elif visit.day == today:
            _give(ctx, visit, cause)
    ended = rules.end(campaign, today)
    if ended != campaign:
        store.campaigns(ctx.store).save(ended, at=ctx.clock.now(), cause=cause)


def measure(ctx: ServiceContext, campaign: Campaign, weeks: int) -> Measured:
    """Return the reports in the weeks before and after a campaign, here and elsewhere, as far as they have come."""
    before, after = campaign.spans(weeks)
    earlier = _of_span(ctx, before, campaign.report_kind)
    later = _of_span(ctx, after, campaign.report_kind)
    here = [{point.job_id for point in points_in(points, campaign.area)} for points in (earlier, later)]
    return Measured(
        weeks=weeks,
        before=before,
        after=after,
        here_before=[point for point in earlier if point.job_id in here[0]],
        here_after=[point for point in later if point.job_id in here[1]],
        elsewhere_before=[point for point in earlier if point.job_id not in here[0]],
        elsewhere_after=[point for point in later if point.job_id not in here[1]],
        is_early=london_date(ctx.clock.now()) < after[1],
    )


def _of_span(ctx: ServiceContext, span: tuple[date, date], report_kind: str) -> list[ReportPoint]:
    """Return the reports of a span of days by London's clock."""
    return reported(ctx, london_day(span[0])[0], london_day(span[1])[0], report_kind)


def _places(ctx: ServiceContext, area: CampaignArea, points: Sequence[ReportPoint]) -> tuple[VisitedPlace, ...]:
    """Return where a campaign goes: to its spot, or to the hot spots of its neighbourhood."""
    if area.lat is not None and area.lon is not None:
        return (_place(ctx, area.lat, area.lon),)
    spots: list[Spot] = hot_spots(points)
    return tuple(_place(ctx, spot.lat, spot.lon) for spot in spots[:PLACES_OF_A_NEIGHBOURHOOD])


def _place(ctx: ServiceContext, lat: float, lon: float) -> VisitedPlace:
    """Return a spot with the name of the place near it."""
    place = ctx.council.gazetteer.nearest(lat, lon, within_m=NAMED_WITHIN_M)
    return VisitedPlace(lat, lon, place.id if place else None)


def _id(ctx: ServiceContext, area: CampaignArea, report_kind: str, week: date) -> str:
    """Return the id of a campaign: there is one for a place, kind and week, beside those that were called off."""
    attempt = 0
    while True:
        campaign_id = derived_id("campaign", area.key, report_kind, week.isoformat(), str(attempt))
        known = store.campaigns(ctx.store).get(campaign_id)
        if known is None or known.state != "cancelled":
            return campaign_id
        attempt += 1


def _make(ctx: ServiceContext, campaign: Campaign, visit: Visit, cause: Cause) -> None:
    """Make a visit's job, waiting for its day; one that is there stays as it is."""
    if store.jobs(ctx.store).get(visit.job_id) is not None:
        return
    at, place = ctx.clock.now(), campaign.places[visit.place]
    location = ctx.council.locate(place.lat, place.lon, visit.day)
    neighbourhood = location.neighbourhood if location else campaign.area.neighbourhood
    waits = visit.day > london_date(at)
    crew = store.crews(ctx.store).require(visit.crew_id)
    job, facts = jobs.create(
        Job(
            id=visit.job_id,
            kind=KIND,
            channel=CHANNEL,
            report_id=None,
            reference=public_reference(visit.job_id, PREFIX),
            visit=1,
            depot_id=crew.depot_id,
            lat=place.lat,
            lon=place.lon,
            ward=location.ward if location else neighbourhood,
            neighbourhood=neighbourhood,
            created_at=at,
            state="deferred" if waits else "open",
            waits_because=jobs.CAMPAIGN_DAY if waits else None,
            waits_until=visit.day if waits else None,
            place_id=place.place_id,
            report_kind=CHANNEL,
            is_waste=False,
            priority=PRIORITY,
            campaign_id=campaign.id,
            title=f"Campaign visit {visit.number}: {campaign.name}",
            work_minutes=campaign.minutes,
            crew_kind=rules.CREW_KIND,
        )
    )
    deferred: list[Fact] = [JobDeferredV1.fact(reason=jobs.CAMPAIGN_DAY, until=visit.day, parcels=[])]
    try:
        store.jobs(ctx.store).add(job, [*facts, *(deferred if waits else [])], at=at, cause=journey(job, cause))
    except Duplicate:
        return  # the timer, or the same form again, was first


def _cancel(ctx: ServiceContext, visit: Visit, reason: str, cause: Cause) -> None:
    """Cancel a visit that nobody has begun."""

    def once() -> None:
        job = store.jobs(ctx.store).get(visit.job_id)
        if job is None or job.state not in ("open", "assigned", "deferred"):
            return
        called_off, facts = jobs.cancel(job, reason, at=ctx.clock.now())
        store.jobs(ctx.store).save(called_off, facts, at=ctx.clock.now(), cause=journey(job, cause))

    reload_on_conflict(once)()


def _give(ctx: ServiceContext, visit: Visit, cause: Cause) -> None:
    """Give today's visit to its team, once: what anybody does with it afterwards stands."""
    job, crew = store.jobs(ctx.store).get(visit.job_id), store.crews(ctx.store).get(visit.crew_id)
    if job is None or crew is None or job.state != "open" or job.held or job.last_crew_id is not None:
        return
    if crew.is_retired or why_unavailable(ctx, crew, ctx.clock.now()) is not None:
        return  # the planner, or a supervisor, finds another team
    given, facts = jobs.assign(job, crew, at=ctx.clock.now())
    store.jobs(ctx.store).save(given, facts, at=ctx.clock.now(), cause=journey(job, cause))


def _point(document: dict[str, object]) -> ReportPoint:
    """Return the report of a job's document."""
    return ReportPoint(
        job_id=str(document["_id"]),
        reference=str(document["reference"]),
        report_kind=str(document["report_kind"]),
        at=document["created_at"],  # type: ignore[arg-type]
        lat=document["lat"],  # type: ignore[arg-type]
        lon=document["lon"],  # type: ignore[arg-type]
        neighbourhood=str(document["neighbourhood"]),
        place_id=document["place_id"],  # type: ignore[arg-type]
    )
