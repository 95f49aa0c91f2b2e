"""The queue: filters together, pages of what they leave, saved views, and joining what is ticked."""

from datetime import date, timedelta

import pytest

from services.reports.handlers import close_report
from services.reports.queue import ROW_FIELDS, Filters, list_queue, read_filters
from services.reports.store import REPORTS
from services.reports.views import delete_view, save_view, view_of, views_of
from services.reports.waiting import pause_report
from shared.errors import DomainError, Forbidden, NotFound
from tests.unit.services.reports.made import accept, csrf, sign_in, stored


def listed(ctx, **asked):
    found = list_queue(ctx, Filters(**asked), limit=25, after=None, now=ctx.clock.now())
    return [report.idempotency_key for report in found.reports]


@pytest.fixture
def some(ctx):
    far = ctx.council.gazetteer.places[-1]
    park = next(place for place in ctx.council.gazetteer.places if place.kind == "park")
    accept(ctx, "tyres", waste_type="tyres", land_type="highway", hazards=("obstruction",))
    accept(ctx, "green", waste_type="green", lat=park.lat, lon=park.lon, place_id=park.id, description="by the swings")
    accept(ctx, "far", lat=far.lat, lon=far.lon, place_id=far.id)
    accept(ctx, "untold", waste_type=None)
    accept(ctx, "litter", kind="litter", waste_type=None, land_type=None, size=None)
    waits = accept(ctx, "waits")
    pause_report(ctx, waits.reference, reason="weather", until=date(2026, 11, 20), by="user-1")
    close_report(ctx, accept(ctx, "closed").reference, closure="no-action")
    return ctx


def test_two_reports_can_be_joined_and_one_alone_can_not(some, client):
    desk = sign_in(client, some, "contact-centre")

    assert "Join the ticked ones" in desk.get("/triage").text
    assert "Join the ticked ones" not in desk.get("/triage?kind=litter").text


def test_a_kind_that_is_already_the_title_is_not_said_twice(some, client):
    page = sign_in(client, some, "contact-centre").get("/triage?kind=litter").text

    assert page.partition("data-queue>")[2].count(some.council.kinds["litter"].name) == 1


def test_what_waits_for_the_desk_comes_first_and_what_waits_for_others_last(some):
    found = listed(some)

    assert (found[0], found[-1]) == ("untold", "waits")
    assert "closed" not in found


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"priority": "1"}, {"tyres"}),
        ({"kind": "litter"}, {"litter"}),
        ({"land": "highway"}, {"tyres"}),
        ({"hazard": "any"}, {"tyres"}),
        ({"hazard": "obstruction"}, {"tyres"}),
        ({"hazard": "asbestos"}, set()),
        ({"only": "waits"}, {"untold"}),
        ({"only": "paused"}, {"waits"}),
        ({"only": "overdue"}, set()),
        ({"show": "closed"}, {"closed"}),
        ({"show": "submitted"}, {"untold"}),
        ({"text": "swings"}, {"green"}),
        ({"text": "Garden waste PARK"}, {"green"}),
        ({"hazard": "any", "land": "highway", "priority": "2"}, set()),
    ],
)
def test_each_filter_leaves_what_fits(some, asked, found):
    assert set(listed(some, **asked)) == found


def test_filters_narrow_together_and_by_neighbourhood(some):
    far = some.council.gazetteer.places[-1]

    assert "far" in listed(some, neighbourhood=far.neighbourhood)
    assert "tyres" not in listed(some, neighbourhood=far.neighbourhood)
    assert listed(some, neighbourhood=far.neighbourhood, kind="litter") == []


def test_what_is_late_is_found_once_it_is(some):
    some.clock.advance(timedelta(days=2))

    assert listed(some, only="overdue") == ["tyres"]


def test_a_reference_is_found_by_its_text(some):
    report = accept(some, "by reference")

    assert listed(some, text=report.reference.lower()) == ["by reference"]


def test_pages_go_on_where_the_filter_left_off(ctx):
    for number in range(9):
        accept(ctx, f"key-{number}", waste_type="tyres" if number % 2 else "green", land_type="highway")
        ctx.clock.advance(timedelta(minutes=1))
    asked, found, after = Filters(land="highway"), [], None
    while True:
        page = list_queue(ctx, asked, limit=4, after=after, now=ctx.clock.now())
        found += [report.idempotency_key for report in page.reports]
        after = page.next
        if after is None:
            break

    assert found == [f"key-{number}" for number in range(9)]


def test_only_declared_fields_are_read_for_filtering():
    assert set(ROW_FIELDS) <= REPORTS.fields.keys()


def test_what_an_address_asks_for_that_is_not_known_is_left_out(ctx):
    asked = {"show": "eaten", "priority": "9", "kind": "x", "neighbourhood": "atlantis", "only": "y", "text": " a  b "}

    assert read_filters(asked, ctx) == Filters(text="a b")
    assert read_filters({"state": "closed"}, ctx) == Filters(show="closed")


# views


def test_a_view_is_saved_under_a_name_once_and_opened_by_anybody(ctx):
    view = save_view(ctx, Filters(priority="1"), name="Urgent", user_id="user-1")
    again = save_view(ctx, Filters(priority="2"), name="urgent ", user_id="user-1")

    assert (again.id, view_of(ctx, view.id).filters) == (view.id, Filters(priority="2"))
    assert [one.name for one in views_of(ctx, "user-1")] == ["urgent"]
    assert views_of(ctx, "user-2") == []


def test_a_view_needs_a_name_and_a_filter(ctx):
    with pytest.raises(DomainError, match="Enter a name"):
        save_view(ctx, Filters(priority="1"), name=" ", user_id="user-1")
    with pytest.raises(DomainError, match="Choose what to show"):
        save_view(ctx, Filters(), name="All", user_id="user-1")


def test_only_whoever_saved_a_view_deletes_it(ctx):
    view = save_view(ctx, Filters(priority="1"), name="Urgent", user_id="user-1")

    with pytest.raises(Forbidden):
        delete_view(ctx, view.id, user_id="user-2")
    delete_view(ctx, view.id, user_id="user-1")
    delete_view(ctx, view.id, user_id="user-1")

    with pytest.raises(NotFound):
        view_of(ctx, view.id)


def test_a_view_is_saved_shared_and_deleted_on_the_page(ctx, client):
    accept(ctx, "tyres", waste_type="tyres", hazards=("obstruction",))
    sign_in(client, ctx, "contact-centre")
    page = client.get("/triage?hazard=any")
    assert "/triage?hazard=any" in page.text

    refused = client.post("/triage/views", data={"csrf_token": csrf(page), "hazard": "any", "name": ""})
    saved = client.post("/triage/views", data={"csrf_token": csrf(page), "hazard": "any", "name": "Dangers"})

    assert (refused.status_code, saved.status_code) == (400, 303)
    assert "Enter a name" in refused.text
    shared = sign_in(client, ctx, "supervisor").get(saved.headers["Location"])
    assert "<h1" in shared.text
    assert "Dangers" in shared.text
    assert "Delete this view" not in shared.text


# joining


def test_ticked_reports_are_joined_to_the_one_reported_first(ctx, client):
    first = accept(ctx, "first")
    ctx.clock.advance(timedelta(hours=1))
    later = accept(ctx, "later")
    sign_in(client, ctx, "contact-centre")
    token = csrf(client.get("/triage"))

    one = client.post("/triage/join", data={"csrf_token": token, "report": [later.reference]})
    both = client.post("/triage/join", data={"csrf_token": token, "report": [later.reference, first.reference]})

    assert (one.status_code, both.status_code) == (400, 303)
    assert stored(ctx, later).merged_into == first.id
    again = client.post("/triage/join", data={"csrf_token": token, "report": [later.reference, first.reference]})
    assert again.status_code == 400
    assert "closed already" in again.text


def test_a_supervisor_looks_and_joins_nothing(ctx, client):
    accept(ctx)
    sign_in(client, ctx, "supervisor")
    page = client.get("/triage")

    assert "Tick " not in page.text
    assert client.post("/triage/join", data={"csrf_token": csrf(page)}).status_code == 403
