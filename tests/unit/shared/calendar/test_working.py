"""Working days and hours: England's bank holidays, London's clock, pauses."""

import json
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.calendar import (
    LONDON,
    WorkingTime,
    add_working_days,
    add_working_time,
    deadline_after_pauses,
    is_working_day,
    london_date,
    london_day,
    london_instant,
    working_time_between,
)
from tests.reference import reference_file

NINE_TO_FIVE = WorkingTime(time(9), time(17))
HOUR = timedelta(hours=1)


def london(text):
    return datetime.fromisoformat(text).replace(tzinfo=LONDON).astimezone(UTC)


@pytest.mark.parametrize(
    ("on", "works"),
    [
        ("2026-11-17", True),  # a Tuesday
        ("2026-11-21", False),  # a Saturday
        ("2026-11-22", False),  # a Sunday
        ("2026-12-25", False),
        ("2026-12-28", False),  # Boxing Day is a Saturday, so Monday stands for it
        ("2026-12-29", True),
        ("2026-04-03", False),  # Good Friday
        ("2026-04-06", False),  # Easter Monday: not in Scotland, but in England
        ("2026-08-03", True),  # Scotland's summer holiday, not England's
        ("2026-08-31", False),
        ("2023-05-08", False),  # the coronation
        ("2022-09-19", False),  # the Queen's funeral
        ("2020-05-04", True),  # moved to the 8th in that year
        ("2020-05-08", False),
    ],
)
def test_working_days_are_englands(on, works):
    assert is_working_day(date.fromisoformat(on)) is works


@pytest.mark.reference_data
def test_bank_holidays_are_those_that_govuk_publishes():
    divisions = json.loads(reference_file("bank-holidays-govuk.json").read_text())["divisions"]
    # Beside the years lies the division's name.
    by_year = {
        year: rows for year, rows in divisions["common.nations.england-and-wales_slug"].items() if year.isdigit()
    }
    published = {date(*map(int, reversed(row["date"].split("/")))) for rows in by_year.values() for row in rows}
    days = [date(int(min(by_year)), 1, 1) + timedelta(days=n) for n in range(366 * len(by_year))]

    ours = {day for day in days if str(day.year) in by_year and day.weekday() < 5 and not is_working_day(day)}

    assert len(by_year) >= 9
    assert ours == {day for day in published if day.weekday() < 5}


def test_a_closure_of_the_councils_own_is_no_working_day():
    closed = WorkingTime(time(9), time(17), frozenset({date(2026, 12, 29)}))

    assert is_working_day(date(2026, 12, 29))
    assert not is_working_day(date(2026, 12, 29), closed)
    assert add_working_days(date(2026, 12, 24), 1, closed) == date(2026, 12, 30)


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        ("2026-11-17 10:40", 5, "2026-11-24 17:00"),
        ("2026-11-17 23:59", 1, "2026-11-18 17:00"),
        ("2026-11-21 12:00", 1, "2026-11-23 17:00"),  # from a Saturday Monday is day one
        ("2026-12-24 15:00", 2, "2026-12-30 17:00"),  # over Christmas
        ("2026-03-27 10:00", 1, "2026-03-30 17:00"),  # over the change to summer time
        ("2026-10-23 10:00", 1, "2026-10-26 17:00"),  # and back
    ],
)
def test_a_deadline_in_days_ends_with_the_working_day(start, days, end):
    assert add_working_time(london(start), working_days=days, working=NINE_TO_FIVE) == london(end)


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("2026-11-17 10:40", 4, "2026-11-17 14:40"),
        ("2026-11-17 15:00", 4, "2026-11-18 11:00"),
        ("2026-11-17 06:00", 2, "2026-11-17 11:00"),
        ("2026-11-17 20:00", 2, "2026-11-18 11:00"),
        ("2026-11-20 16:00", 2, "2026-11-23 10:00"),
        ("2026-11-21 12:00", 2, "2026-11-23 11:00"),
        ("2026-11-17 09:00", 8, "2026-11-17 17:00"),  # ends at closing time, not at the next opening
        ("2026-03-27 16:00", 2, "2026-03-30 10:00"),
        ("2026-10-23 16:00", 2, "2026-10-26 10:00"),
        ("2026-11-17 10:00", 0, "2026-11-17 10:00"),
    ],
)
def test_a_deadline_in_hours_counts_only_working_hours(start, hours, end):
    assert add_working_time(london(start), hours=hours, working=NINE_TO_FIVE) == london(end)


def test_a_deadline_needs_days_or_hours_and_not_both():
    with pytest.raises(ValueError, match="working days or hours"):
        add_working_time(london("2026-11-17 10:00"))
    with pytest.raises(ValueError, match="working days or hours"):
        add_working_time(london("2026-11-17 10:00"), working_days=1, hours=1)
    with pytest.raises(ValueError, match="forwards"):
        add_working_days(date(2026, 11, 17), -1)


def test_deadlines_are_in_utc_and_right_on_both_sides_of_the_clock_change():
    before = add_working_time(london("2026-03-26 10:00"), working_days=1, working=NINE_TO_FIVE)
    after = add_working_time(london("2026-03-27 10:00"), working_days=1, working=NINE_TO_FIVE)

    assert before == datetime(2026, 3, 27, 17, tzinfo=UTC)
    assert after == datetime(2026, 3, 30, 16, tzinfo=UTC)


def test_working_time_between_leaves_out_nights_and_weekends():
    between = working_time_between(london("2026-11-20 16:00"), london("2026-11-23 10:00"), NINE_TO_FIVE)

    assert between == 2 * HOUR
    assert working_time_between(london("2026-11-23 10:00"), london("2026-11-20 16:00"), NINE_TO_FIVE) == timedelta()


def test_a_pause_moves_the_deadline_by_the_working_time_that_it_took():
    deadline = london("2026-11-24 17:00")
    waiting = (london("2026-11-18 12:00"), london("2026-11-19 12:00"))

    moved = deadline_after_pauses(deadline, [waiting], NINE_TO_FIVE)

    assert moved == london("2026-11-25 17:00")


def test_pauses_that_overlap_count_once_and_a_pause_at_night_counts_nothing():
    deadline = london("2026-11-24 17:00")
    day = (london("2026-11-18 09:00"), london("2026-11-18 17:00"))
    part_of_it = (london("2026-11-18 10:00"), london("2026-11-18 12:00"))
    night = (london("2026-11-18 18:00"), london("2026-11-19 08:00"))

    assert deadline_after_pauses(deadline, [part_of_it, night, day], NINE_TO_FIVE) == london("2026-11-25 17:00")


def test_a_pause_after_the_deadline_excuses_nothing():
    deadline = london("2026-11-18 17:00")

    assert deadline_after_pauses(deadline, [(london("2026-11-19 09:00"), london("2026-11-20 09:00"))]) == deadline


def test_a_london_date_is_not_utcs():
    assert london_date(datetime(2026, 6, 30, 23, 30, tzinfo=UTC)) == date(2026, 7, 1)
    assert london_date(datetime(2026, 12, 31, 23, 30, tzinfo=UTC)) == date(2026, 12, 31)
    with pytest.raises(ValueError, match="naive"):
        london_date(datetime(2026, 1, 1))  # noqa: DTZ001 - that is the point


@pytest.mark.parametrize(("on", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-11-17", 24)])
def test_a_london_day_is_as_long_as_it_is(on, hours):
    begin, end = london_day(date.fromisoformat(on))

    assert end - begin == hours * HOUR


def test_a_time_that_is_skipped_or_comes_twice_has_one_instant():
    assert london_instant(date(2026, 3, 29), time(1, 30)) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert london_instant(date(2026, 10, 25), time(1, 30)) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


INSTANTS = st.integers(1_704_067_200, 1_861_833_600).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@settings(deadline=None)  # the first question imports the holidays
@given(start=INSTANTS, hours=st.integers(0, 60))
def test_the_working_time_up_to_a_deadline_is_what_was_given(start, hours):
    deadline = add_working_time(start, hours=hours, working=NINE_TO_FIVE)

    assert deadline >= start
    assert working_time_between(start, deadline, NINE_TO_FIVE) == hours * HOUR


@settings(deadline=None)  # the first question imports the holidays
@given(start=INSTANTS, days=st.integers(1, 40))
def test_between_start_and_deadline_lie_so_many_working_days(start, days):
    deadline = london_date(add_working_time(start, working_days=days))

    begin = london_date(start)
    between = [begin + timedelta(days=n) for n in range(1, (deadline - begin).days + 1)]
    assert is_working_day(deadline)
    assert sum(map(is_working_day, between)) == days


@settings(deadline=None)  # the first question imports the holidays
@given(start=INSTANTS, first=st.integers(0, 30), second=st.integers(0, 30))
def test_hours_can_be_added_one_after_another(start, first, second):
    at_once = add_working_time(start, hours=first + second, working=NINE_TO_FIVE)
    in_two = add_working_time(
        add_working_time(start, hours=first, working=NINE_TO_FIVE), hours=second, working=NINE_TO_FIVE
    )

    assert working_time_between(min(at_once, in_two), max(at_once, in_two), NINE_TO_FIVE) == timedelta()
