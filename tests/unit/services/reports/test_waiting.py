"""The clock of a report: stopped for a reason, running on by hand or by itself, and explained."""

from datetime import UTC, date, datetime, timedelta

import pytest

from services.reports.handlers import assess_report, close_report, reopen_report
from services.reports.repeats import repeats_at
from services.reports.store import QUEUE_ORDER, reports
from services.reports.subscriptions import JOBS
from services.reports.waiting import pause_report, resume_report, wake_reports
from services.reports.why import why
from shared.errors import DomainError, NotFound
from tests.unit.services.reports.made import accept, deliver, events, job_event, stored

UNTIL = date(2026, 11, 20)
DUE = datetime(2026, 11, 24, 17, tzinfo=UTC)
"""Five working days after the Tuesday on which the tests begin."""


def paused(ctx, report, *, reason="contractor", until=UNTIL):
    return pause_report(ctx, report.reference, reason=reason, until=until, by="user-1")


def test_a_pause_moves_the_deadline_by_the_working_time_it_takes(ctx):
    report = accept(ctx)
    assert report.deadline == DUE

    waiting = paused(ctx, report)

    # From Tuesday 10.40 to Friday 17.00: 6 h 20 min and three days of 9 hours.
    assert waiting.deadline == datetime(2026, 11, 30, 14, 20, tzinfo=UTC)
    [event] = events(ctx, "report.amended")
    assert (event.data["change"], event.state["waiting_for"]) == ("paused", "contractor")
    assert event.state["deadline"] == waiting.deadline


def test_the_same_pause_twice_is_one(ctx):
    report = accept(ctx)

    assert paused(ctx, report) == paused(ctx, report)
    assert len(events(ctx, "report.amended")) == 1


def test_a_report_that_waits_can_not_wait_for_something_else_too(ctx):
    report = accept(ctx)
    paused(ctx, report)

    with pytest.raises(DomainError, match="waits already"):
        paused(ctx, report, reason="weather")


@pytest.mark.parametrize(
    ("reason", "until", "words"),
    [
        ("lunch", UNTIL, "Select what it waits for"),
        ("weather", date(2026, 11, 16), "from today"),
        ("weather", date(2028, 1, 1), "a year ahead"),
    ],
)
def test_a_pause_that_makes_no_sense_is_refused_in_words(ctx, reason, until, words):
    report = accept(ctx)

    with pytest.raises(DomainError, match=words):
        paused(ctx, report, reason=reason, until=until)
    assert stored(ctx, report) == report


def test_a_closed_report_has_no_clock_to_stop(ctx):
    report = close_report(ctx, accept(ctx).reference, closure="no-action")

    with pytest.raises(DomainError, match="closed"):
        paused(ctx, report)
    with pytest.raises(NotFound):
        pause_report(ctx, "FT-00000000", reason="weather", until=UNTIL, by="user-1")


def test_a_clock_that_runs_on_early_costs_only_what_it_stood_still(ctx):
    report = accept(ctx)
    paused(ctx, report)
    ctx.clock.advance(timedelta(hours=2))

    resumed = resume_report(ctx, report.reference, by="user-2")

    assert resumed.deadline == datetime(2026, 11, 25, 10, tzinfo=UTC)
    assert (resumed.pauses[0].ended_by, resumed.running_pause) == ("user-2", None)
    assert resume_report(ctx, report.reference, by="user-2") == resumed


def test_a_clock_runs_on_by_itself_at_the_last_day_however_late_the_timer_is(ctx):
    report = accept(ctx)
    waiting = paused(ctx, report)
    wake_reports(ctx)
    assert stored(ctx, report).running_pause

    ctx.clock.advance(timedelta(days=5))
    wake_reports(ctx)
    wake_reports(ctx)

    woken = stored(ctx, report)
    assert (woken.running_pause, woken.deadline, woken.waits_for_staff) == (None, waiting.deadline, False)
    assert woken.pauses[0].ended_at == waiting.pauses[0].until
    assert [event.data["change"] for event in events(ctx, "report.amended")] == ["paused", "resumed"]


def test_what_waits_for_others_comes_last_in_the_queue_and_comes_back(ctx):
    waiting, other = accept(ctx, "one"), accept(ctx, "two")
    paused(ctx, waiting)

    def queue():
        return [report.id for report in reports(ctx.store).find({"open": True}, sort=QUEUE_ORDER)[0]]

    assert queue() == [other.id, waiting.id]
    resume_report(ctx, waiting.reference, by="user-1")
    assert set(queue()) == {waiting.id, other.id}
    assert stored(ctx, waiting).running_pause is None


def test_a_report_that_is_assessed_while_it_waits_keeps_its_pause(ctx):
    report = accept(ctx, waste_type=None)
    paused(ctx, report)

    assessed = assess_report(
        ctx, report.reference, waste_type="green", land_type=None, size=None, hazards=("obstruction",)
    )

    assert assessed.running_pause is not None
    assert assessed.due_by_rule == datetime(2026, 11, 18, 17, tzinfo=UTC)
    assert assessed.deadline > assessed.due_by_rule


def test_assessing_again_does_not_move_the_clock_of_a_later_visit(ctx):
    report = accept(ctx)
    deliver(ctx, JOBS, job_event(report, "completed", 4, outcome="cleared"))
    ctx.clock.advance(timedelta(days=1))
    opened = reopen_report(ctx, report.reference, by="staff")
    ctx.clock.advance(timedelta(days=1))

    again = assess_report(
        ctx, report.reference, waste_type="green", land_type="back-alleyway", size="small-van", hazards=()
    )

    assert again.deadline == opened.deadline
    assert opened.pauses == ()


def test_the_public_is_told_what_it_waits_for_and_until_when(ctx, client):
    report = accept(ctx)
    paused(ctx, report)

    page = client.get(f"/report/{report.reference}").text

    assert "Waiting for a specialist contractor" in page
    assert "20 November" in page
    assert "user-1" not in page


# why


def test_why_names_the_rule_its_value_and_counts_the_days(ctx):
    report = accept(ctx, land_type="highway", size="tipper")
    paused(ctx, report, until=date(2026, 11, 18))

    found = why(stored(ctx, report), ctx.council)

    assert [(rule.code, rule.value, rule.time, rule.decides) for rule in found.rules] == [
        ("size", "A lorry full", "3 working days", True),
        ("highway", "Road or pavement", "5 working days", False),
    ]
    assert [day.number for day in found.counted.days] == [None, 1, 2, 3]
    assert found.counted.deadline == stored(ctx, report).deadline
    assert (found.pauses[0].waiting_for, found.pauses[0].lost) == (
        "a specialist contractor",
        "15 working hours 20 minutes",
    )


def test_a_place_near_a_school_is_more_urgent_and_says_how_near(ctx):
    school = next(point for point in ctx.council.landmarks.points if point.sort == "school")

    report = accept(ctx, lat=school.lat, lon=school.lon, place_id=None)

    assert report.priority == 2
    [rule] = why(report, ctx.council).rules
    assert (rule.code, rule.value) == ("school", f"0 metres from {school.name}")


def test_a_place_that_was_cleared_before_is_counted_as_tipped_on_again(ctx):
    for key in ("first", "second"):
        report = accept(ctx, key)
        deliver(ctx, JOBS, job_event(report, "completed", 4, outcome="cleared"))
        ctx.clock.advance(timedelta(days=7))
    accept(ctx, "still there: the same heap")

    third = accept(ctx, "third")

    assert (third.times_here, third.priority) == (3, 2)
    [rule] = why(third, ctx.council).rules
    assert (rule.code, rule.value) == ("repeat", "3rd time in 60 days")
    reason = events(ctx, "report.assessed")[-1].data["reasons"][0]
    assert reason == {"rule": "repeat", "value": "3-in-60-days"}


def test_what_lies_further_back_or_further_away_does_not_count(ctx):
    report = accept(ctx, "first")
    deliver(ctx, JOBS, job_event(report, "completed", 4, outcome="cleared"))
    ctx.clock.advance(timedelta(hours=4))  # the crew was there after three
    far = accept(ctx, "far", lat=report.place.lat + 0.001, place_id=None)
    assert far.times_here == 1
    assert accept(ctx, "here").times_here == 2
    ctx.clock.advance(timedelta(days=61))
    kind = ctx.council.kind("fly-tipping")

    assert repeats_at(ctx, report.place, kind, before=ctx.clock.now()).times == 1
