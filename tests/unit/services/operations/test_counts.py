"""Every number of the wall is exactly the rows that its link opens, whatever there is."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.operations.domain.copies import copies
from services.operations.domain.counts import count_of, jobs_in, notices_in, overdue_reports
from services.operations.store import rows_of, value_of
from services.operations.summary import read_summary
from shared.contracts.codes import JOB_STATES, REPORT_STATES
from shared.contracts.envelope import contract_of
from shared.errors import DomainError
from shared.service import ServiceContext
from tests.builders import TUESDAY_MORNING
from tests.unit.services.operations.conftest import ClientOf, Receive
from tests.unit.services.operations.made import event

PLACES = ("kensington-and-fairfield", "city-centre", "anfield-and-walton")
MATERIALS = ("bulky", "tyres", "green")
REPORTS, JOBS, TICKETS, NOTICES = 9, 7, 7, 5
"""How many there always are: each example puts all of them anew, so nothing is left of the one before."""


@st.composite
def deadlines(draw: st.DrawFn) -> datetime | None:
    """A deadline around now, exactly now included, or none."""
    seconds = draw(st.none() | st.sampled_from([-1, 0, 1]) | st.integers(-500_000, 500_000))
    return None if seconds is None else TUESDAY_MORNING + timedelta(seconds=seconds)


REPORT_STATE = st.fixed_dictionaries(
    {"state": st.sampled_from(REPORT_STATES), "deadline": deadlines(), "neighbourhood": st.sampled_from(PLACES)}
)
TICKET_STATE = st.fixed_dictionaries(
    {
        "state": st.sampled_from(["recorded", "recorded", "voided"]),
        "material": st.sampled_from(MATERIALS),
        "is_recycled": st.booleans(),
        "net_kg": st.integers(0, 20_000),
    }
)


def put(ctx: ServiceContext, event_type: str, number: int, **changes: Any) -> None:
    """Put the copy of one aggregate as a new event would."""
    made = event(event_type, **changes)
    state = contract_of(made.type).write(made.data)["state"]
    for copy in copies(made, state):
        ctx.store.write_many(copy.collection, [{**copy.document, "_id": f"{copy.collection}-{number}"}])


def put_all(ctx: ServiceContext, reports: Any, jobs: Any, tickets: Any, notices: Any) -> None:
    """Put a whole city's copies."""
    place = event("report.submitted.v1").state["place"]
    for number, report in enumerate(reports):
        where = {**place, "neighbourhood": report["neighbourhood"]}
        put(ctx, "report.assessed.v1", number, state=report["state"], deadline=report["deadline"], place=where)
    for number, state in enumerate(jobs):
        put(ctx, "job.created.v1", number, state=state)
    for number, ticket in enumerate(tickets):
        put(ctx, "ticket.recorded.v1", number, **ticket)
    for number, state in enumerate(notices):
        put(ctx, "notice.issued.v1", number, state=state)


def opened(client: FlaskClient, href: str) -> tuple[int, int]:
    """Return what the page of a count says it is, and the rows (or their kilograms) that its pages list."""
    listed, said, address = 0, None, f"{href}&limit=3"
    while address:
        page = client.get(address).text
        said = int(re.search(r"data-count>([\d,]+)<", page)[1].replace(",", ""))  # type: ignore[index]
        rows = re.findall(r'<th scope="row".*?</tr>', page, re.DOTALL)
        listed += sum(_kilograms(row) for row in rows) if "show=tonnes" in href else len(rows)
        following = re.search(r'href="([^"]+)" rel="next"', page)
        address = unescape(following[1]) if following else ""
    return said, listed


def _kilograms(row: str) -> int:
    """Return the net weight in a ticket's row."""
    return int(re.search(r">([\d,]+) kg<", row)[1].replace(",", ""))  # type: ignore[index]


@given(
    reports=st.lists(REPORT_STATE, min_size=REPORTS, max_size=REPORTS),
    jobs=st.lists(st.sampled_from(JOB_STATES), min_size=JOBS, max_size=JOBS),
    tickets=st.lists(TICKET_STATE, min_size=TICKETS, max_size=TICKETS),
    notices=st.lists(st.sampled_from(["issued", "served", "paid"]), min_size=NOTICES, max_size=NOTICES),
)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_link_of_the_wall_opens_exactly_what_was_counted(
    ctx: ServiceContext, client_of: ClientOf, *, reports: Any, jobs: Any, tickets: Any, notices: Any
) -> None:
    put_all(ctx, reports, jobs, tickets, notices)
    client = client_of("manager")

    counts = client.get("/api/operations/v1/summary").json["counts"]

    groups = (
        {"open": counts["open"], "overdue": counts["overdue"]},
        *(counts[name] for name in counts if "_by_" in name),
    )
    for count in (count for group in groups for count in group.values()):
        assert opened(client, count["href"]) == (count["value"], count["value"]), count["href"]
    assert counts["open"]["value"] == sum(report["state"] not in {"closed", "referred"} for report in reports)
    assert counts["overdue"]["value"] == sum(
        report["state"] not in {"closed", "referred"}
        and report["deadline"] is not None
        and report["deadline"] < TUESDAY_MORNING
        for report in reports
    )


@given(reports=st.lists(REPORT_STATE, min_size=REPORTS, max_size=REPORTS))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_neighbourhoods_add_up_to_the_city_and_open_to_their_rows(ctx: ServiceContext, reports: Any) -> None:
    put_all(ctx, reports, (), (), ())

    summary = read_summary(ctx.store, PLACES, now=TUESDAY_MORNING)

    assert sum(place.open.value for place in summary.neighbourhoods) == summary.open.value
    assert sum(place.overdue.value for place in summary.neighbourhoods) == summary.overdue.value
    for counted in (one for place in summary.neighbourhoods for one in (place.open, place.overdue)):
        assert len(rows_of(ctx.store, counted.count, limit=100, after=None).items) == counted.value
        assert value_of(ctx.store, counted.count) == counted.value


def test_an_overdue_link_keeps_the_instant_of_its_count(ctx: ServiceContext, receive: Receive) -> None:
    receive(event("report.assessed.v1", deadline=TUESDAY_MORNING))
    counted = overdue_reports(TUESDAY_MORNING)

    later = count_of("overdue", now=TUESDAY_MORNING + timedelta(days=1))

    assert (value_of(ctx.store, counted), value_of(ctx.store, later)) == (0, 1)
    assert counted.href == "/operations/records?show=overdue&as_of=2026-11-17T10%3A40%3A00.000%2B00%3A00"


def test_the_revision_changes_with_a_number_and_with_nothing_else(ctx: ServiceContext, receive: Receive) -> None:
    receive(event("report.submitted.v1"))
    before = read_summary(ctx.store, PLACES, now=TUESDAY_MORNING)
    later = read_summary(ctx.store, PLACES, now=TUESDAY_MORNING + timedelta(minutes=1))
    receive(event("report.closed.v1"))
    after = read_summary(ctx.store, PLACES, now=TUESDAY_MORNING)

    assert before.revision == later.revision
    assert after.revision != before.revision


@pytest.mark.parametrize("wrong", ["everything", "jobs-lost", "notices-draft", ""])
def test_a_count_that_does_not_exist_is_refused(wrong: str) -> None:
    with pytest.raises(DomainError):
        count_of(wrong, now=datetime(2026, 3, 2, tzinfo=UTC))


@pytest.mark.parametrize("make", [jobs_in, notices_in])
def test_every_state_has_one_count_and_one_key(make: Any) -> None:
    counts = [make(state) for state in ("cancelled",)]

    assert [count_of(count.key, now=TUESDAY_MORNING) for count in counts] == counts
