"""Shifts in real hours on every day of the year, and shifts that would lie at the same time."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from services.scheduling.domain.patterns import Calendar, Pattern, Rota, first_overlap

EARLY = Pattern("early", "Early", "weekly", time(6), time(14), ("mon", "tue", "wed", "thu", "fri"))
NIGHT = Pattern("night", "Night", "weekly", time(22), time(6), ("sat", "sun"), bank_holidays=True)
LATE = Pattern("late", "Late", "weekly", time(13), time(21), ("fri",))
FOUR_ON = Pattern("4-4", "4 on, 4 off", "rolling", time(6), time(16), (), 4, 4, date(2026, 11, 16), bank_holidays=True)
FORWARD, BACK = date(2026, 3, 29), date(2026, 10, 25)
"""The days in 2026 on which clocks change."""


def calendar(*rotas, holidays=()):
    patterns = {each.id: each for each in (EARLY, NIGHT, LATE, FOUR_ON)}
    return Calendar(patterns, tuple(rotas), frozenset(holidays))


def rota(pattern, crew="crew-1", since=date(2026, 1, 1), until=None):
    return Rota(f"{crew}-{pattern.id}-{since}", crew, pattern.id, since, until)


@pytest.mark.parametrize(
    ("day", "hours"),
    [(FORWARD - timedelta(days=1), 7), (BACK - timedelta(days=1), 9), (date(2026, 11, 14), 8)],
)
def test_a_night_shift_is_as_long_as_the_night(day, hours):
    (shift,) = calendar(rota(NIGHT)).shifts_of("crew-1", day)

    assert shift.length == timedelta(hours=hours)


@pytest.mark.parametrize(("day", "utc_hour"), [(FORWARD, 21), (BACK, 22)])
def test_a_shift_begins_by_the_councils_clock_on_the_days_clocks_change(day, utc_hour):
    (shift,) = calendar(rota(NIGHT)).shifts_of("crew-1", day)

    assert shift.starts_at == datetime(day.year, day.month, day.day, utc_hour, tzinfo=UTC)
    assert shift.length == timedelta(hours=8)


def test_a_bank_holiday_is_worked_only_where_the_pattern_says_so():
    monday = date(2026, 12, 28)
    made = calendar(rota(EARLY), rota(FOUR_ON, "crew-2"), holidays=[monday])

    assert made.shifts_of("crew-1", monday) == []
    assert made.shifts_of("crew-1", monday + timedelta(days=1)) != []
    assert made.shifts_of("crew-2", monday) != []


def test_four_days_on_and_four_off_are_counted_from_their_first_day_in_both_directions():
    worked = [FOUR_ON.works_on(date(2026, 11, 16) + timedelta(days=n), is_bank_holiday=False) for n in range(-8, 12)]

    assert worked == ([True] * 4 + [False] * 4) * 2 + [True] * 4


def test_a_rota_that_has_ended_leaves_the_past_as_it_was():
    change = date(2026, 11, 16)
    made = calendar(rota(EARLY, until=change - timedelta(days=1)), rota(FOUR_ON, since=change))

    assert made.shifts_of("crew-1", date(2026, 11, 13))[0].starts_at.hour == 6
    assert made.shifts_of("crew-1", date(2026, 11, 13))[0].length == timedelta(hours=8)
    assert made.shifts_of("crew-1", change)[0].length == timedelta(hours=10)


def test_last_nights_shift_is_still_on_in_the_morning():
    made = calendar(rota(NIGHT))
    at = datetime(2026, 11, 15, 3, tzinfo=UTC)

    assert made.shift_at("crew-1", at, date(2026, 11, 15)).day == date(2026, 11, 14)
    assert made.shift_at("crew-1", at + timedelta(hours=4), date(2026, 11, 15)).day == date(2026, 11, 15)


def test_two_rotas_of_a_crew_that_meet_once_a_week_overlap():
    found = first_overlap(calendar(rota(EARLY), rota(LATE)), ["crew-1"], date(2026, 11, 16))

    assert [shift.day for shift in found] == [date(2026, 11, 20)] * 2


def test_an_overlap_that_comes_only_weeks_later_is_found():
    weekend_early = rota(EARLY, "crew-2", since=date(2027, 1, 1))

    assert first_overlap(calendar(rota(EARLY), weekend_early), ["crew-1", "crew-2"], date(2026, 11, 16)) is not None


def test_shifts_that_follow_each_other_do_not_overlap():
    after = Pattern("after", "After", "weekly", time(14), time(22), EARLY.days)
    made = Calendar({"early": EARLY, "after": after}, (rota(EARLY), rota(after)))

    assert first_overlap(made, ["crew-1"], date(2026, 11, 16)) is None
