"""A deadline counted day by day comes to the deadline that is set."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.calendar import add_working_time, count_deadline, deadline_after_pauses
from shared.calendar.explained import why_no_working_day

INSTANTS = st.datetimes(datetime(2025, 1, 1), datetime(2027, 6, 1), timezones=st.just(UTC))  # noqa: DTZ001
PAUSES = st.lists(st.tuples(INSTANTS, st.timedeltas(timedelta(minutes=1), timedelta(days=40))), max_size=4)


def test_each_day_says_whether_it_counts_and_why_not():
    counted = count_deadline(datetime(2026, 12, 23, 15, tzinfo=UTC), working_days=3)

    assert [(day.on.day, day.number, day.why_not) for day in counted.days] == [
        (23, None, "the day it began, from which is counted"),
        (24, 1, ""),
        (25, None, "bank holiday: Christmas Day"),
        (26, None, "bank holiday: Boxing Day"),
        (27, None, "weekend"),
        (28, None, "bank holiday: Boxing Day (substitute day)"),
        (29, 2, ""),
        (30, 3, ""),
    ]
    assert counted.deadline == datetime(2026, 12, 30, 17, tzinfo=UTC)


def test_each_pause_says_what_it_took_and_where_it_left_the_deadline():
    start = datetime(2026, 11, 16, 10, tzinfo=UTC)
    first = (datetime(2026, 11, 17, 8, tzinfo=UTC), datetime(2026, 11, 18, 8, tzinfo=UTC))

    counted = count_deadline(start, hours=9, pauses=[first])

    assert counted.before_pauses == datetime(2026, 11, 17, 10, tzinfo=UTC)
    assert [(pause.lost, pause.deadline) for pause in counted.pauses] == [
        (timedelta(hours=9), datetime(2026, 11, 18, 10, tzinfo=UTC))
    ]


def test_a_day_that_is_no_working_day_is_named():
    assert why_no_working_day(date(2026, 8, 31)) == "bank holiday: Late Summer Bank Holiday"


@given(INSTANTS, st.integers(1, 30), st.booleans(), PAUSES)
def test_the_count_agrees_with_the_deadline(start, lasting, in_days, begun):
    pauses = [(began, began + lost) for began, lost in begun]
    given_time = {"working_days": lasting} if in_days else {"hours": lasting}

    counted = count_deadline(start, **given_time, pauses=pauses)

    before = add_working_time(start, **given_time)
    assert (counted.before_pauses, counted.deadline) == (before, deadline_after_pauses(before, pauses))
    if in_days:
        assert counted.days[-1].number == lasting
