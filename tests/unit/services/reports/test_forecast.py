"""The day that a reporter is given: from the forecast, from the crew's own day, or from the deadline, and why."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.reports import subscriptions
from services.reports.depots import depot_for
from services.reports.forecast import forecast_day
from services.reports.handlers import close_report, reopen_report
from services.reports.messages import send_messages
from services.reports.store import DEPOTS, FORECASTS
from services.reports.waiting import pause_report, resume_report, wake_reports
from services.reports.words import promise
from shared.bus.answer import answer
from shared.calendar import LONDON, london_date
from shared.contracts.envelope import encode
from shared.contracts.example import example
from shared.contracts.scheduling import DepotChangedV1, ForecastPublishedV1
from shared.council.serving import depot_serving
from shared.notify import messages_page
from tests.builders import TUESDAY_MORNING
from tests.unit.services.reports.made import accept, deliver, events, expected_event, stored

TODAY = london_date(TUESDAY_MORNING)
DAY = 9 * 60
"""Of working time: from 8 to 5."""


def row_of(depot_id, p80_working_minutes, *, priority=3):
    minutes = {"median_working_minutes": DAY, "p80_working_minutes": p80_working_minutes}
    return {"depot_id": depot_id, "priority": priority, **minutes}


def published(ctx, p80_working_minutes, *, at=TUESDAY_MORNING - timedelta(hours=1), number=1, priority=3):
    place = ctx.council.gazetteer.places[0]
    depot = depot_serving(ctx.council.serving, place.neighbourhood, place.lat, place.lon)
    rows = [row_of(depot.id, p80_working_minutes, priority=priority)]
    made = example(ForecastPublishedV1)
    return replace(
        made, id=f"forecast-{number}", sequence=number, time=at, data={"state": {**made.state, "rows": rows}}
    )


def forecast(ctx, *sent):
    return deliver(ctx, subscriptions.FORECASTS, *sent)


def test_a_report_is_promised_by_when_four_of_five_like_it_were_cleared(ctx, resident):
    forecast(ctx, published(ctx, 2 * DAY))

    report = accept(ctx, email="resident@example.com")

    assert report.promised_on == london_date(TUESDAY_MORNING) + timedelta(days=2)
    given = promise(report, on=TODAY)
    assert (given.by, given.is_forecast, given.is_late) == (report.promised_on, True, False)
    assert "We expect to have cleared it by" in resident.client.get(f"/report/{report.reference}").text
    deliver(ctx, subscriptions.MESSAGES, *events(ctx, "report.submitted"))
    send_messages(ctx)
    body = messages_page(ctx.store).items[0]["body"]
    assert "We expect to have cleared it by Thursday 19 November 2026" in body
    assert "Why this date: Four of five reports like this one" in body


@pytest.mark.parametrize(
    ("made", "takes_minutes", "day"),
    [
        ("2026-11-17T10:40", 60, 17),
        ("2026-11-17T10:40", 380, 17),  # to the end of that day
        ("2026-11-17T10:40", 381, 18),
        ("2026-11-17T20:00", 60, 18),  # nobody works this evening any more
        ("2026-11-17T05:00", DAY, 17),
        ("2026-11-20T16:00", 120, 23),  # a Friday
        ("2026-11-21T10:00", 0, 23),  # a Saturday
        ("2026-10-23T16:00", 120, 26),  # the clocks go back in between
        ("2026-12-24T16:00", 120, 29),  # Christmas, and Monday for Boxing Day
    ],
)
def test_a_time_is_counted_forwards_in_working_time(ctx, made, takes_minutes, day):
    since = datetime.fromisoformat(made).replace(tzinfo=LONDON).astimezone(UTC)
    forecast(ctx, published(ctx, takes_minutes))

    assert forecast_day(ctx, accept(ctx), priority=3, since=since).day == day


def test_without_a_forecast_the_deadline_is_what_is_said(ctx, resident):
    report = accept(ctx)

    given = promise(report, on=TODAY)

    assert (given.by, given.is_forecast) == (london_date(report.deadline), False)


def test_a_forecast_beyond_the_deadline_says_both(ctx, resident):
    forecast(ctx, published(ctx, 30 * DAY, priority=3))
    resident.answer_all()
    resident.send()

    page = resident.client.get("/report/new/sent").text

    assert "We expect to have cleared it by" in page
    assert "there is more to clear than usual" in page


def test_a_repeated_forecast_changes_nothing(ctx):
    first = published(ctx, 2 * DAY)

    forecast(ctx, first, first)

    assert len(ctx.store.find(FORECASTS.name, {}).items) == 1
    assert accept(ctx).promised_on == london_date(TUESDAY_MORNING) + timedelta(days=2)


def test_an_older_forecast_that_is_heard_late_does_not_replace_a_newer_one(ctx):
    newer = published(ctx, 2 * DAY, number=2)
    older = published(ctx, 9 * DAY, at=TUESDAY_MORNING - timedelta(hours=9), number=1)

    forecast(ctx, newer, older)

    assert accept(ctx).promised_on == london_date(TUESDAY_MORNING) + timedelta(days=2)


def depot_changed(ctx, depot_id, sequence=1, **state):
    place = ctx.council.gazetteer.places[0]
    about = {"lat": place.lat, "lon": place.lon, "neighbourhoods": [place.neighbourhood], "active": True}
    made = example(DepotChangedV1)
    return replace(
        made,
        id=f"{depot_id}-{sequence}",
        subject=depot_id,
        sequence=sequence,
        data={"state": {**about, "depot_id": depot_id, **state}},
    )


def depots(ctx, *sent):
    return deliver(ctx, subscriptions.DEPOTS, *sent)


def serving(ctx):
    """Return the depot whose times a report at the first place is promised."""
    return depot_for(ctx, accept(ctx).place)


def test_the_promise_is_made_of_the_times_of_the_depot_that_the_register_gives_the_neighbourhood(ctx):
    depots(ctx, depot_changed(ctx, "docks"), depot_changed(ctx, "north", neighbourhoods=[]))
    rows = [row_of("docks", 3 * DAY)]
    made = published(ctx, 9 * DAY)
    forecast(ctx, replace(made, data={"state": {**made.state, "rows": [*made.state["rows"], *rows]}}))

    assert accept(ctx).promised_on == london_date(TUESDAY_MORNING) + timedelta(days=3)


def test_of_several_depots_that_know_a_neighbourhood_the_nearest_serves_it_and_else_the_nearest_of_all(ctx):
    depots(ctx, depot_changed(ctx, "docks", lat=53.35), depot_changed(ctx, "north", lat=53.36))
    assert serving(ctx) == "north"

    depots(ctx, depot_changed(ctx, "north", 2, lat=53.36, neighbourhoods=["elsewhere"]))
    assert serving(ctx) == "docks"

    depots(ctx, depot_changed(ctx, "docks", 2, lat=53.35, neighbourhoods=[]))
    assert serving(ctx) == "north"


def test_a_depot_that_is_told_of_twice_changes_nothing(ctx):
    depots(ctx, depot_changed(ctx, "docks"))
    before = ctx.store.find(DEPOTS.name, {}).items

    depots(ctx, depot_changed(ctx, "docks"))

    assert ctx.store.find(DEPOTS.name, {}).items == before


def test_older_news_of_a_depot_that_comes_late_changes_nothing(ctx):
    depots(ctx, depot_changed(ctx, "north"), depot_changed(ctx, "docks", 2, active=False), depot_changed(ctx, "docks"))

    assert serving(ctx) == "north"


def test_news_of_a_depot_that_is_none_is_parked(ctx):
    body = encode(depot_changed(ctx, "docks")).replace(b"neighbourhoods", b"neighbours")

    assert answer(ctx, subscriptions.DEPOTS, body).value == "dead"
    assert ctx.store.find(DEPOTS.name, {}).items == []


@pytest.mark.parametrize("spoilt", [(b"p80_working", b"p90_working"), (b"depot_id", b"depot")])
def test_a_forecast_that_is_none_is_parked(ctx, spoilt):
    body = encode(published(ctx, DAY)).replace(*spoilt)

    assert answer(ctx, subscriptions.FORECASTS, body).value == "dead"
    assert ctx.store.find(FORECASTS.name, {}).items == []


def test_a_forecast_of_another_priority_or_of_last_week_promises_nothing(ctx):
    forecast(ctx, published(ctx, DAY, priority=5))
    forecast(ctx, published(ctx, DAY, at=TUESDAY_MORNING - timedelta(days=8)))

    assert accept(ctx).promised_on is None


def test_what_no_crew_is_sent_to_is_promised_by_its_deadline_and_not_by_crews_times(ctx):
    forecast(ctx, published(ctx, DAY))
    other = {"waste_type": None, "land_type": None, "size": None, "kind": "missed-bin"}

    report = accept(ctx, **other, answers={"bin": ["general"], "house": ["12"]})

    assert report.promised_on is None
    assert promise(report, on=TODAY).by == london_date(report.deadline)


def test_the_crews_own_day_goes_before_the_forecast(ctx):
    forecast(ctx, published(ctx, 2 * DAY))
    report = accept(ctx)
    day = london_date(TUESDAY_MORNING) + timedelta(days=1)

    deliver(ctx, subscriptions.JOBS, expected_event(report, 2, day))

    assert promise(stored(ctx, report), on=TODAY).by == day


def test_a_report_that_is_opened_again_is_promised_anew(ctx):
    report = accept(ctx)
    close_report(ctx, report.reference, closure="no-action")
    forecast(ctx, published(ctx, 3 * DAY))

    again = reopen_report(ctx, report.reference, by="staff")

    assert again.promised_on == london_date(TUESDAY_MORNING) + timedelta(days=3)


def test_a_day_that_has_gone_by_is_expected_by_nobody(ctx, client):
    forecast(ctx, published(ctx, 2 * DAY))
    report = accept(ctx)
    deliver(ctx, subscriptions.JOBS, expected_event(report, 2, TODAY + timedelta(days=1)))

    assert promise(stored(ctx, report), on=TODAY + timedelta(days=1)).is_planned
    assert promise(stored(ctx, report), on=TODAY + timedelta(days=2)).by == report.promised_on
    ctx.clock.advance(timedelta(days=3))
    page = client.get(f"/report/{report.reference}").text

    assert promise(stored(ctx, report), on=TODAY + timedelta(days=3)).by == london_date(report.deadline)
    assert "We expect" not in page
    assert "We aim to clear it by" in page


@pytest.mark.parametrize("wakes", [True, False], ids=["by itself", "by staff"])
def test_nothing_is_expected_while_the_clock_stands_still_and_a_new_day_after_that(ctx, client, wakes):
    forecast(ctx, published(ctx, 2 * DAY))
    report = accept(ctx, email="resident@example.com")
    pause_report(ctx, report.reference, reason="owner", until=TODAY + timedelta(days=6), by="user")
    assert "We expect" not in client.get(f"/report/{report.reference}").text

    ctx.clock.advance(timedelta(days=7))
    forecast(ctx, published(ctx, 2 * DAY, at=ctx.clock.now(), number=2))
    wake_reports(ctx) if wakes else resume_report(ctx, report.reference, by="user")
    deliver(
        ctx, subscriptions.MESSAGES, *[one for one in events(ctx, "report.amended") if one.data["change"] == "resumed"]
    )
    send_messages(ctx)

    assert stored(ctx, report).promised_on == TODAY + timedelta(days=9)
    assert "We expect to have cleared it by Thursday 26 November 2026" in messages_page(ctx.store).items[0]["body"]
