"""Campaigns: hot spots of real reports, jobs built once, given to their team on the day, called off, and measured."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest

from services.scheduling import campaigns, handlers, store, supervising
from services.scheduling.domain.before_after import Interval
from services.scheduling.domain.campaign import MOST_VISITS, CampaignArea, Wanted
from services.scheduling.domain.hot_spots import ReportPoint
from services.scheduling.handlers import Finish
from services.scheduling.web import campaign_view
from shared.contracts import decode
from shared.contracts.envelope import Cause
from shared.errors import Conflict, DomainError
from shared.ids import derived_id

from .test_pages import words

BY_HAND = Cause()
REPORT = "0199d7b2-0000-7000-8000-0000000002{:02d}"
SPOT = {
    "lat": 53.43,
    "lon": -2.98,
    "easting": 335000,
    "northing": 392000,
    "place_precision": "exact",
    "place_id": None,
    "ward": "everton-north",
    "neighbourhood": "kirkdale-and-everton",
}
ELSEWHERE = {**SPOT, "lat": 53.40, "lon": -2.95, "neighbourhood": "toxteth-and-dingle"}
NEXT_WEEK = date(2026, 11, 23)
TEAM = "crew-north-hit"
ADDRESS = "/dispatch/campaigns/new?lat=53.43&lon=-2.98&kind=fly-tipping"
ABOUT = {"version": None, "key": None, "cause": BY_HAND}


@pytest.fixture
def supervisor(browser):
    return browser("supervisor")


@pytest.fixture
def team(ctx):
    """Return a high-intensity team of the demonstration's register."""
    return next(crew.id for crew in store.all_crews(ctx.store) if crew.kind == "hit")


@pytest.fixture
def spot(ctx, make_job):
    """Five reports at one place, one of another kind of thing elsewhere."""
    jobs = [make_job(REPORT.format(number), place=SPOT) for number in range(5)]
    make_job(REPORT.format(20), place=ELSEWHERE)
    return jobs


@pytest.fixture
def area(ctx):
    return campaigns.area_at(ctx, SPOT["lat"], SPOT["lon"])


def wanted(team, **changes):
    return Wanted(
        **{"week": NEXT_WEEK, "days": ("mon", "wed"), "visits_a_day": 2, "minutes": 45, "crew_ids": (team,)} | changes
    )


def built(ctx, area, team, **changes):
    return campaigns.build(ctx, area, "fly-tipping", wanted(team, **changes), cause=BY_HAND)


def jobs_of(ctx, campaign):
    return [store.jobs(ctx.store).get(visit.job_id) for visit in campaign.visits]


def types_of(ctx, job_id):
    events = [decode(event.body) for event in ctx.store.log.read(after=0, limit=500)]
    return [event.type for event in events if event.subject == job_id]


# --- hot spots --------------------------------------------------------------------------------------------------------


def test_a_spot_is_found_where_reports_came_again_and_again(ctx, supervisor, spot):
    shown = words(supervisor.get("/dispatch/campaigns"))

    assert "6 reports. Counted are those of the last 60 days that made a job for a crew, each once" in shown
    assert "Kirkdale and Everton Campaign here : Kirkdale and Everton 5 " in shown


def test_what_a_crew_found_or_is_anothers_or_is_old_is_not_counted(ctx, clock, make_job, spot):
    make_job(REPORT.format(30), place=SPOT, channel="crew")
    make_job(REPORT.format(31), place=SPOT)
    joined = store.jobs(ctx.store).require(derived_id(REPORT.format(31), 1))
    handlers.cancel_job(ctx, joined.id, "duplicate", version=joined.version, key=None, cause=BY_HAND)

    assert len(campaigns.lately(ctx, "fly-tipping")) == 6
    clock.advance(timedelta(days=61))
    assert campaigns.lately(ctx, "fly-tipping") == []


def test_other_kinds_are_counted_by_themselves(ctx, make_job, spot):
    make_job(REPORT.format(40), place=SPOT, kind="graffiti", waste_type=None, size=None)

    assert len(campaigns.lately(ctx, "graffiti")) == 1
    assert len(campaigns.lately(ctx, "fly-tipping")) == 6


def test_every_count_opens_to_its_reports(supervisor, spot):
    page = supervisor.get("/dispatch/campaigns").get_data(as_text=True)
    figures = re.findall(r'<a class="govuk-link" href="(/dispatch/campaigns/reports[^"]*)">(\d+)</a>', page)

    assert len(figures) == 14
    for address, number in figures:
        listed = words(supervisor.get(address.replace("&amp;", "&")))
        assert re.search(rf"\b{number} reports?\b", listed)


def test_without_reports_there_is_no_spot(supervisor):
    assert "No place had four reports or more" in words(supervisor.get("/dispatch/campaigns?kind=litter"))
    assert "Nobody has built a campaign yet" in words(supervisor.get("/dispatch/campaigns?kind=what"))


# --- building ---------------------------------------------------------------------------------------------------------


def test_a_campaign_makes_a_job_for_each_visit_that_waits_for_its_day(ctx, area, team, spot):
    campaign, is_new = built(ctx, area, team)

    jobs = jobs_of(ctx, campaign)
    assert is_new
    assert [visit.day for visit in campaign.visits] == [date(2026, 11, 23)] * 2 + [date(2026, 11, 25)] * 2
    assert {(job.kind, job.channel, job.crew_kind, job.state, job.report_id) for job in jobs} == {
        ("proactive", "campaign", "hit", "deferred", None)
    }
    assert types_of(ctx, jobs[0].id) == ["job.created.v1", "job.deferred.v1"]
    assert (campaign.counted, campaign.unfinished, jobs[0].work_minutes) == (5, False, 45)
    assert jobs[0].depot_id == store.crews(ctx.store).require(team).depot_id


def test_building_twice_makes_none_twice(ctx, area, team, spot):
    first, _ = built(ctx, area, team)
    before = ctx.store.log.last_position()

    again, is_new = built(ctx, area, team)

    assert (again.id, is_new) == (first.id, False)
    assert ctx.store.log.last_position() == before


def test_what_a_crash_left_unmade_is_made_by_the_timer(ctx, area, team, spot, monkeypatch):
    made = []

    def crash(*arguments):
        if len(made) == 2:
            raise KeyboardInterrupt
        made.append(1)
        return make(*arguments)

    make = campaigns._make
    monkeypatch.setattr(campaigns, "_make", crash)
    with pytest.raises(KeyboardInterrupt):
        built(ctx, area, team)
    monkeypatch.setattr(campaigns, "_make", make)

    campaigns.run_campaigns(ctx)

    (campaign,) = store.campaigns(ctx.store).find({}, sort=(("starts_on", -1),))[0]
    assert None not in jobs_of(ctx, campaign)
    assert not campaign.unfinished


def test_two_at_once_make_one_campaign(ctx, area, team, spot, monkeypatch):
    first, _ = built(ctx, area, team)
    monkeypatch.setattr(campaigns, "_id", lambda *_: first.id)

    again, is_new = built(ctx, area, team, visits_a_day=3)

    assert (is_new, len(again.visits)) == (False, 4)


def test_days_that_have_passed_are_left_out_and_todays_visits_are_open(ctx, area, team, spot):
    campaign, _ = built(ctx, area, team, week=date(2026, 11, 16), days=("mon", "tue", "wed"), visits_a_day=1)

    assert [job.state for job in jobs_of(ctx, campaign)] == ["open", "deferred"]


def test_visits_are_shared_out_among_the_teams(ctx, area, spot):
    teams = tuple(crew.id for crew in store.all_crews(ctx.store) if crew.kind == "hit")[:2]

    campaign, _ = built(ctx, area, "", crew_ids=teams)

    assert [visit.crew_id for visit in campaign.visits] == [*teams, *teams]


def test_a_neighbourhood_is_visited_at_its_hot_spots(ctx, team, spot):
    campaign, _ = built(ctx, CampaignArea("kirkdale-and-everton"), team)

    assert [(round(place.lat, 2), round(place.lon, 2)) for place in campaign.places] == [(53.43, -2.98)]
    with pytest.raises(DomainError, match="nothing to visit"):
        built(ctx, CampaignArea("toxteth-and-dingle"), team)


@pytest.mark.parametrize(
    ("changes", "field", "says"),
    [
        ({"week": date(2026, 11, 24)}, "week", "Choose a week"),
        ({"days": ()}, "days", "at least one day"),
        ({"days": ("someday",)}, "days", "at least one day"),
        ({"week": date(2026, 11, 9)}, "days", "have passed"),
        ({"visits_a_day": 0}, "visits_a_day", "from 1 to 4"),
        ({"minutes": 500}, "minutes", "from 10 to 240"),
        ({"crew_ids": ()}, "crew_ids", "at least one team"),
        ({"crew_ids": ("crew-north-1",)}, "crew_ids", "at least one team"),
    ],
)
def test_what_can_not_be_built_is_refused_at_its_field(ctx, area, team, spot, changes, field, says):
    with pytest.raises(DomainError, match=says) as refused:
        built(ctx, area, team, **changes)

    assert refused.value.field == field
    assert store.campaigns(ctx.store).find({}, sort=(("starts_on", -1),))[0] == []


def test_more_visits_than_anybody_can_make_are_refused(ctx, team, make_job):
    for number in range(6 * 4):
        place = {**SPOT, "lat": 53.42 + number // 4 / 200}
        make_job(REPORT.format(number), place=place)
    week = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

    with pytest.raises(DomainError, match=f"{MOST_VISITS} are the most"):
        built(ctx, CampaignArea("kirkdale-and-everton"), team, days=week, visits_a_day=4)


def test_a_place_outside_the_council_is_refused(ctx):
    with pytest.raises(DomainError, match="outside"):
        campaigns.area_at(ctx, 51.5, 0.1)


# --- the week ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def monday(ctx, clock, area, team, spot):
    """A campaign on its first day, with its visits due."""
    campaign, _ = built(ctx, area, team)
    clock.instant = datetime(2026, 11, 23, 6, tzinfo=UTC)
    supervising.open_due_jobs(ctx)
    campaigns.run_campaigns(ctx)
    return store.campaigns(ctx.store).require(campaign.id)


def test_on_its_day_a_visit_goes_to_its_team(ctx, monday, team):
    assert [(job.state, job.crew_id) for job in jobs_of(ctx, monday)] == [("assigned", team)] * 2 + [
        ("deferred", None)
    ] * 2


def test_what_a_supervisor_does_with_a_visit_stands(ctx, monday):
    job = jobs_of(ctx, monday)[0]
    handlers.assign_job(ctx, job.id, "crew-south-hit", **ABOUT)

    campaigns.run_campaigns(ctx)

    assert store.jobs(ctx.store).require(job.id).crew_id == "crew-south-hit"


def test_a_visit_that_nobody_began_is_called_off_the_next_day(ctx, clock, monday):
    first = jobs_of(ctx, monday)[0]
    handlers.start_job(ctx, first.id, **ABOUT)
    clock.advance(timedelta(days=1))

    campaigns.run_campaigns(ctx)

    assert [job.state for job in jobs_of(ctx, monday)] == ["started", "cancelled", "deferred", "deferred"]
    assert jobs_of(ctx, monday)[1].cancelled_because == "next-round"


def test_after_its_week_a_campaign_is_over(ctx, clock, monday):
    clock.advance(timedelta(days=7))

    campaigns.run_campaigns(ctx)

    assert store.campaigns(ctx.store).require(monday.id).state == "over"
    with pytest.raises(DomainError, match="Its week is over"):
        campaigns.call_off(ctx, monday.id, cause=BY_HAND)


def test_calling_off_cancels_what_is_open_and_leaves_what_is_done(ctx, monday):
    first = jobs_of(ctx, monday)[0]
    handlers.start_job(ctx, first.id, **ABOUT)
    handlers.complete_job(ctx, first.id, Finish("cleared", no_photo_reason="camera-broken"), **ABOUT)

    for _ in range(2):
        campaigns.call_off(ctx, monday.id, cause=BY_HAND)

    assert [job.state for job in jobs_of(ctx, monday)] == ["completed", "cancelled", "cancelled", "cancelled"]
    assert {job.cancelled_because for job in jobs_of(ctx, monday)[1:]} == {"campaign-off"}
    assert not store.campaigns(ctx.store).require(monday.id).is_running


def test_after_calling_off_the_same_place_and_week_can_be_built_anew(ctx, area, team, spot):
    first, _ = built(ctx, area, team)
    campaigns.call_off(ctx, first.id, cause=BY_HAND)

    again, is_new = built(ctx, area, team)

    assert is_new
    assert again.id != first.id
    assert {job.state for job in jobs_of(ctx, again)} == {"deferred"}


def test_jobs_that_are_made_while_it_is_called_off_are_called_off_too(ctx, area, team, spot, monkeypatch):
    make, done = campaigns._make, []

    def called_off_meanwhile(ctx, campaign, visit, cause):
        if not done:
            done.append(1)
            campaigns.call_off(ctx, campaign.id, cause=cause)
        make(ctx, campaign, visit, cause)

    monkeypatch.setattr(campaigns, "_make", called_off_meanwhile)
    campaign, _ = built(ctx, area, team)

    assert (campaign.state, {job.state for job in jobs_of(ctx, campaign)}) == ("cancelled", {"cancelled"})


def test_a_conflict_is_left_to_the_next_time(ctx, monday, monkeypatch):
    def conflict(*_):
        raise Conflict("somebody else")

    monkeypatch.setattr(campaigns, "_run", conflict)

    campaigns.run_campaigns(ctx)

    assert store.campaigns(ctx.store).require(monday.id) == monday


# --- before and after -------------------------------------------------------------------------------------------------


def test_before_enough_weeks_have_passed_it_is_too_early_to_say(ctx, supervisor, area, team, spot):
    campaign, _ = built(ctx, area, team)

    shown = words(supervisor.get(f"/dispatch/campaigns/{campaign.id}?weeks=2"))

    assert "Too early to say: the 2 weeks after it end on 13 December 2026." in shown
    assert "Against the rest of the city" not in shown
    assert "Chosen with 5 reports (fly-tipping) in the 60 days before it was built." in shown


@pytest.fixture
def measured(ctx, clock, area, team, make_job):
    """A campaign with 8 reports before and 2 after, and 3 before and 6 after elsewhere."""
    number = iter(range(60))
    for _ in range(8):
        make_job(REPORT.format(next(number)), place=SPOT)
    for _ in range(3):
        make_job(REPORT.format(next(number)), place=ELSEWHERE)
    campaign, _ = built(ctx, area, team)
    clock.instant = datetime(2026, 12, 1, 9, tzinfo=UTC)
    for _ in range(2):
        make_job(REPORT.format(next(number)), place=SPOT)
    for _ in range(6):
        make_job(REPORT.format(next(number)), place=ELSEWHERE)
    clock.instant = datetime(2026, 12, 14, 9, tzinfo=UTC)
    return campaign


def test_before_and_after_are_compared_with_the_rest_of_the_city(ctx, supervisor, measured):
    found = campaigns.measure(ctx, measured, 2)
    shown = words(supervisor.get(f"/dispatch/campaigns/{measured.id}?weeks=2"))

    assert (found.before, found.after) == (
        (date(2026, 11, 9), date(2026, 11, 23)),
        (date(2026, 11, 30), date(2026, 12, 14)),
    )
    assert vars(found.counts) == {"here_before": 8, "here_after": 2, "elsewhere_before": 3, "elsewhere_after": 6}
    assert "In the area: 75% fewer" in shown
    assert "Against the rest of the city in the same weeks: 88% fewer" in shown
    assert "would often have less afterwards even if nobody had gone" in shown
    assert "Garwood (1936)" in shown


def test_every_figure_of_before_and_after_opens_to_its_reports(supervisor, measured):
    page = supervisor.get(f"/dispatch/campaigns/{measured.id}?weeks=2").get_data(as_text=True)
    figures = re.findall(r'<a class="govuk-link" href="([^"]*/reports\?[^"]*)">(\d+)</a>', page)

    assert [int(number) for _, number in figures] == [8, 3, 2, 6]
    for address, number in figures:
        assert f" {number} reports " in words(supervisor.get(address.replace("&amp;", "&")))


def test_a_figure_that_is_none_is_not_found(supervisor, measured):
    assert supervisor.get(f"/dispatch/campaigns/{measured.id}/reports?span=never&where=here").status_code == 404


def counted(here_before, here_after, elsewhere_before, elsewhere_after):
    """Return a measure of so many reports."""
    point = ReportPoint("job", "FT-1", "fly-tipping", datetime(2026, 11, 1, tzinfo=UTC), 53.4, -2.9, "here")
    spans = (date(2026, 11, 9), date(2026, 11, 23)), (date(2026, 11, 30), date(2026, 12, 14))
    numbers = (here_before, here_after, elsewhere_before, elsewhere_after)
    return campaigns.Measured(2, *spans, *([point] * number for number in numbers), is_early=False)


@pytest.mark.parametrize(
    ("numbers", "title", "here"),
    [
        ((40, 8, 500, 500), "Fewer reports than the rest of the city", "80% fewer (between"),
        ((8, 40, 500, 500), "More reports than the rest of the city", "400% more (between"),
        ((20, 20, 500, 500), "No difference from the rest of the city", "as many (between"),
        ((0, 3, 10, 10), "No difference", "there was nothing before to compare with (at least"),
        ((4, 0, 10, 10), "No difference", "100% fewer (between 100% fewer and"),
    ],
)
def test_the_verdict_says_what_the_interval_allows(numbers, title, here):
    said = campaign_view.verdict(counted(*numbers))

    assert said["title"].startswith(title)
    assert here in said["here"]


def test_limits_without_an_end_are_said_to_have_none():
    assert campaign_view.range_words(Interval(1.0, 0.5, None)) == "0.5 to any number"


# --- the form ---------------------------------------------------------------------------------------------------------


def test_a_campaign_is_built_on_its_form(ctx, supervisor, team, spot):
    assert "5 reports" in words(supervisor.get(ADDRESS))
    form = {
        "lat": "53.43",
        "lon": "-2.98",
        "kind": "fly-tipping",
        "week": "2026-11-23",
        "days": ["mon", "tue"],
        "visits_a_day": "1",
        "minutes": "30",
        "crew_ids": [team],
    }

    answer = supervisor.post("/dispatch/campaigns/new", data=form)
    shown = words(supervisor.get(answer.location))
    again = supervisor.post("/dispatch/campaigns/new", data=form)

    assert answer.status_code == again.status_code == 303
    assert answer.location == again.location
    assert "The campaign is built, with 2 visits." in shown
    assert "nothing was made twice" in words(supervisor.get(again.location))
    assert " 2 Planned " in words(supervisor.get("/dispatch/campaigns"))
    waiting = words(supervisor.get("/dispatch?state=deferred"))
    assert "Campaign visit 1" in waiting
    assert "Waits for its day in a campaign, until" in waiting


def test_an_empty_form_says_what_is_missing(supervisor, spot):
    answer = supervisor.post("/dispatch/campaigns/new", data={"lat": "53.43", "lon": "-2.98"})

    assert answer.status_code == 400
    for said in (
        "Choose a week",
        "Choose at least one day",
        "how many visits",
        "how many minutes",
        "at least one team",
    ):
        assert said in words(answer)


def test_a_refusal_of_the_domain_is_told_at_its_field(supervisor, team, spot):
    form = {"lat": "53.43", "lon": "-2.98", "week": "2026-11-23", "days": "mon", "visits_a_day": "9", "minutes": "45"}

    answer = supervisor.post("/dispatch/campaigns/new", data=form | {"crew_ids": team})

    assert answer.status_code == 400
    assert "Enter from 1 to 4 visits a day" in words(answer)


@pytest.mark.parametrize("address", ["new?lat=x&lon=y", "new?lat=51.5&lon=0", "new?neighbourhood=no", "none"])
def test_no_place_and_no_campaign_are_not_found(supervisor, address):
    assert supervisor.get(f"/dispatch/campaigns/{address}").status_code == 404


@pytest.mark.parametrize("address", ["new", "reports"])
def test_without_a_place_there_are_places_to_choose_from(supervisor, address):
    assert supervisor.get(f"/dispatch/campaigns/{address}").location == "/dispatch/campaigns"


def test_a_campaign_is_called_off_on_its_page(ctx, clock, supervisor, area, team, spot):
    campaign, _ = built(ctx, area, team)

    assert supervisor.post(f"/dispatch/campaigns/{campaign.id}/cancel").status_code == 303
    assert "Called off" in words(supervisor.get(f"/dispatch/campaigns/{campaign.id}"))
    assert {job.state for job in jobs_of(ctx, campaign)} == {"cancelled"}


def test_calling_off_what_is_over_says_so(ctx, clock, supervisor, monday):
    clock.advance(timedelta(days=7))
    campaigns.run_campaigns(ctx)

    supervisor.post(f"/dispatch/campaigns/{monday.id}/cancel")

    assert "Its week is over" in words(supervisor.get(f"/dispatch/campaigns/{monday.id}"))


def test_a_manager_looks_and_builds_nothing(browser, spot, ctx, area, team):
    manager = browser("manager")
    campaign, _ = built(ctx, area, team)

    assert "Campaign here" not in words(manager.get("/dispatch/campaigns"))
    assert "Call it off" not in words(manager.get(f"/dispatch/campaigns/{campaign.id}"))
    assert manager.get(ADDRESS).status_code == 403
    assert manager.post(f"/dispatch/campaigns/{campaign.id}/cancel").status_code == 403
    assert browser("crew", crew_id="crew-north-1").get("/dispatch/campaigns").status_code == 403


def test_a_neighbourhood_is_chosen_on_the_form_too(supervisor, spot):
    shown = words(supervisor.get("/dispatch/campaigns/new?neighbourhood=kirkdale-and-everton"))
    quiet = words(supervisor.get("/dispatch/campaigns/new?neighbourhood=toxteth-and-dingle"))

    assert "Its 1 worst place is visited" in shown
    assert "there is nothing to visit" in quiet


def test_many_reports_come_page_by_page(ctx, supervisor, make_job):
    for number in range(99):
        make_job(REPORT.format(number), place=SPOT)
    for number in range(20):
        make_job(REPORT.format(number).replace("-8000-", "-8001-"), place=SPOT)
    address = "/dispatch/campaigns/reports?neighbourhood=kirkdale-and-everton"

    first, second = (words(supervisor.get(f"{address}&page={page}")) for page in (1, 2))

    assert "119 reports" in first
    assert "Next page" in first
    assert "Back to the first page" in second
