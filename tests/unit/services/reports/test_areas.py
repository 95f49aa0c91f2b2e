"""Managers' and councillors' pages: figures that open to their records, what is late, what comes back, a walk."""

import csv
import io
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.reports.areas import neighbourhood_area, read_area, repeats_of, ward_area
from services.reports.domain.area import LISTS, listed
from services.reports.domain.walk import length_m, minutes, order_walk
from services.reports.handlers import close_report, merge_report, reopen_report
from services.reports.store import reports
from services.reports.subscriptions import JOBS
from services.reports.web.area import ordinal
from services.reports.web.area_map import draw_area
from services.reports.web.walkabout import duration_words
from shared.web.identity import COOKIE, User, sign
from shared.web.keys import load_private_key
from tests.unit.services.reports.made import CANARY, accept, deliver, job_event

DAY = timedelta(days=1)


def enter(client, ctx, role, **scopes):
    user = User(f"user-{role}", (role,), "Nadia Neighbour", scopes)
    token = sign(load_private_key(ctx.settings), user, use=COOKIE, lifetime=timedelta(hours=1))
    client.set_cookie("streetscene-user", token)
    return client


def place(ctx, number=0):
    return ctx.council.gazetteer.places[number]


def area_path(report):
    return f"/area/{report.place.neighbourhood}"


def figure(page, label):
    """The number of a figure."""
    found = re.search(rf'__label">{label}</p>\s*<p class="app-figure__value"[^>]*><a[^>]*>(\d+)', page)
    return int(found.group(1))


@pytest.fixture
def busy(ctx):
    """Four weeks of one alley: six reports there, one joined, one closed lately, one opened again."""
    made = []
    for number in range(6):
        made.append(accept(ctx, f"key-{number}", **CANARY))
        ctx.clock.advance(4 * DAY)
    merge_report(ctx, made[1].reference, into=made[0].reference)
    close_report(ctx, made[2].reference, closure="no-action")
    close_report(ctx, made[3].reference, closure="no-action")
    ctx.clock.advance(DAY)
    reopen_report(ctx, made[3].reference, by="staff")
    return made


def test_the_figures_of_an_area_open_to_exactly_their_records(ctx, client, busy):
    enter(client, ctx, "manager")
    path = area_path(busy[0])
    page = client.get(path).text

    shown = {name: int(re.search(rf'reports\?show={name}">(\d+)<', page).group(1)) for name in LISTS}

    for name, count in shown.items():
        records = client.get(f"{path}/reports?show={name}").text
        assert int(re.search(r"data-count>(\d+)<", records).group(1)) == count
        assert records.count("app-queue__item") == count
    assert shown["open"] == shown["open-then"] + shown["opened"] - shown["closed"]
    assert figure(page, "Overdue") == shown["overdue"]


def test_what_a_week_has_changed_is_told_by_the_story(ctx, busy):
    seen = read_area(ctx, ward_area(ctx.council, busy[0].place.ward), now=ctx.clock.now())
    now = ctx.clock.now()

    names = {name: {one.reference for one in listed(seen, name, now)} for name in LISTS}

    reference = [report.reference for report in busy]
    assert names["open"] == {reference[n] for n in (0, 3, 4, 5)}
    assert names["closed"] == {reference[n] for n in (1, 2, 3)}
    assert names["opened"] == {reference[n] for n in (3, 5)}
    assert names["open-then"] == {reference[n] for n in (0, 1, 2, 3, 4)}
    assert reference[0] in names["overdue"] & names["overdue-then"]


def test_the_late_ones_say_how_late_and_why(ctx, client, busy):
    page = enter(client, ctx, "manager").get(area_path(busy[0])).text

    assert re.search(r"\d+ days late", page)
    assert "waiting for a crew" in page
    assert "Why that date: " in page


@pytest.fixture
def tipped(ctx):
    """An alley tipped on four times and cleared three, with what else must not count beside it."""
    made = []
    for number in range(4):
        made.append(accept(ctx, f"time-{number}", **CANARY))
        ctx.clock.advance(4 * DAY)
        if number < 3:
            save_cleared(ctx, made[-1])
    accept(ctx, "same-heap", **CANARY)
    close_report(ctx, accept(ctx, "nothing-there").reference, closure="no-action")
    joined = accept(ctx, "joined")
    merge_report(ctx, joined.reference, into=made[3].reference)
    ctx.clock.advance(DAY)
    return made


def save_cleared(ctx, report):
    """Have a crew clear a report."""
    assert deliver(ctx, JOBS, job_event(report, "completed", 4, outcome="cleared")) == ["handled"]
    ctx.clock.advance(timedelta(minutes=1))


def back(ctx, now=None):
    area = ward_area(ctx.council, place_of_first(ctx).ward)
    now = now or ctx.clock.now()
    return repeats_of(ctx, area, now=now)


def place_of_first(ctx):
    return reports(ctx.store).find({"open": True}, limit=1)[0][0].place


def test_a_place_that_comes_back_is_counted_and_opens_to_its_times_alone(ctx, client, tipped):
    enter(client, ctx, "manager")
    page = client.get(area_path(tipped[0])).text

    words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page))
    assert re.search(rf"Fly-tipping, {place(ctx).name}[^:]*: 4th time in 60 days", words)
    link = re.search(r'href="([^"]+show=repeat[^"]+)"', page).group(1)
    records = client.get(link).text
    assert "4 times in 60 days" in records
    assert records.count("app-queue__item") == 4
    assert all(report.reference in records for report in tipped)


def test_an_area_and_a_report_say_the_same_number(ctx, tipped):
    (found,) = back(ctx)

    assert found.newest.reference == tipped[3].reference
    assert found.times == tipped[3].times_here == 4


def test_days_and_metres_are_the_councils(ctx, client, tipped):
    def counted(**changes):
        assessment = replace(ctx.council.assessment, repeat=replace(ctx.council.assessment.repeat, **changes))
        council = replace(ctx.council, assessment=assessment)
        return [one.times for one in back(replace(ctx, council=council))]

    assert counted() == [4]
    assert counted(days=14) == [3]
    assert counted(days=7) == []


def test_a_council_that_counts_no_repeats_has_none(ctx, tipped):
    none = replace(ctx, council=replace(ctx.council, assessment=replace(ctx.council.assessment, repeat=None)))

    assert back(none) == []


def test_two_places_that_are_far_apart_are_two(ctx, tipped):
    other = place(ctx, 1)
    for number in range(3):
        save_cleared(ctx, accept(ctx, f"other-{number}", lat=other.lat, lon=other.lon, place_id=other.id))
    areas = [neighbourhood_area(ctx.council, one.id) for one in ctx.council.neighbourhoods]
    found = [one for area in areas for one in repeats_of(ctx, area, now=ctx.clock.now())]

    assert sorted(one.times for one in found) == [3, 4]


def test_what_is_at_a_home_counts_for_no_place_and_is_on_no_map(ctx, client):
    for number in range(4):
        made = accept(
            ctx, f"bin-{number}", kind="missed-bin", waste_type=None, land_type=None, size=None, place_id=None,
            lat=53.40841, lon=-2.99163, answers={"bin": ["general"], "house": ["Canary House"]},
        )  # fmt: skip
        if number < 3:
            close_report(ctx, made.reference, closure="cleared")
        ctx.clock.advance(DAY)
    home = accept(ctx, "tip", place_id=None, lat=53.40841, lon=-2.99163)
    area = ward_area(ctx.council, home.place.ward)

    page = enter(client, ctx, "manager").get(area_path(home)).text

    assert repeats_of(ctx, area, now=ctx.clock.now()) == []
    assert "No place was reported" in page
    assert "Canary House" not in page


def test_repeats_forget_what_is_older_than_the_days_that_count(ctx, tipped):
    assert [one.times for one in back(ctx)] == [4]
    assert back(ctx, ctx.clock.now() + 60 * DAY) == []


def test_nothing_personal_is_on_any_page_of_an_area(ctx, client, busy):
    enter(client, ctx, "manager")
    path = area_path(busy[0])

    for address in (path, f"{path}/reports?show=open", f"{path}/reports.csv?show=open", f"{path}/walkabout", "/area"):
        page = client.get(address)
        assert page.status_code in (200, 303)
        assert not [word for word in CANARY.values() if word in page.text], address


# --- who sees which area -----------------------------------------


def test_a_manager_of_one_neighbourhood_sees_it_and_its_wards_and_no_other(ctx, client, busy):
    mine = busy[0].place.neighbourhood
    enter(client, ctx, "manager", neighbourhood=mine)
    others = [one.id for one in ctx.council.neighbourhoods if one.id != mine]
    own_ward = next(ward.id for ward in ctx.council.wards if ward.neighbourhood == mine)
    other_ward = next(ward.id for ward in ctx.council.wards if ward.neighbourhood != mine)

    assert client.get("/area").headers["Location"] == f"/area/{mine}"
    assert client.get(f"/area/wards/{own_ward}").status_code == 200
    for path in (f"/area/{others[0]}", f"/area/wards/{other_ward}", f"/area/{others[0]}/reports", "/area/wards/x"):
        assert client.get(path).status_code in (403, 404)
    assert client.get(f"/area/{others[0]}/reports.csv").status_code == 403
    assert client.get(f"/area/{others[0]}/walkabout").status_code == 403


def test_a_councillor_sees_their_wards_and_nothing_else(ctx, client, busy):
    ward = busy[0].place.ward
    enter(client, ctx, "councillor", ward=ward)

    assert client.get("/area").headers["Location"] == f"/area/wards/{ward}"
    page = client.get(f"/area/wards/{ward}").text
    assert ctx.council.ward_name(ward) in page
    assert f"/report/{busy[0].reference}" in client.get(f"/area/wards/{ward}/reports?show=open").text
    assert "/triage/" not in page
    assert client.get(area_path(busy[0])).status_code == 403
    another = next(one.id for one in ctx.council.wards if one.id != ward)
    assert client.get(f"/area/wards/{another}").status_code == 403


def test_a_councillor_of_two_wards_chooses_and_one_of_none_is_told(ctx, client):
    two = [ward.id for ward in ctx.council.wards[:2]]
    page = enter(client, ctx, "councillor", ward=" ".join(two)).get("/area").text
    assert all(f"/area/wards/{ward}" in page for ward in two)

    assert "No area is yours yet" in enter(client, ctx, "councillor").get("/area").text


def test_a_manager_of_the_whole_council_chooses_among_all_with_their_counts(ctx, client, busy):
    page = enter(client, ctx, "manager").get("/area").text

    assert page.count('href="/area/') >= len(ctx.council.neighbourhoods)
    path = area_path(busy[0])
    assert re.search(rf'href="{path}/reports\?show=open">4<', page)


@pytest.mark.parametrize("role", ["crew", "officer", "waste-officer", "contact-centre", "supervisor", "wall-viewer"])
def test_an_area_is_for_those_answerable_for_it(ctx, client, role):
    assert enter(client, ctx, role).get("/area").status_code == 403


# --- lists and files -----------------------------------------


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("show=nonsense", 404),
        ("show=repeat:x|y", 404),
        ("show=open&page=2", 404),
        ("show=open&page=0", 400),
        ("show=open&page=x", 400),
        ("show=open&ward=x", 200),
        ("", 200),
    ],
)
def test_a_list_that_is_none_is_not_there(ctx, client, busy, query, status):
    enter(client, ctx, "manager")

    assert client.get(f"{area_path(busy[0])}/reports?{query}").status_code == status


def test_a_long_list_goes_on_and_its_file_has_all_of_it(ctx, client):
    for number in range(53):
        report = accept(ctx, f"key-{number}")
    enter(client, ctx, "manager")
    path = area_path(report)

    first = client.get(f"{path}/reports?show=open").text
    second = client.get(re.search(r'href="([^"]*page=2)"', first).group(1).replace("&amp;", "&")).text
    rows = list(csv.DictReader(io.StringIO(client.get(f"{path}/reports.csv?show=open").text)))

    assert (first.count("app-queue__item"), second.count("app-queue__item")) == (50, 3)
    assert len(rows) == 53
    assert rows[0]["where"]
    assert rows[0]["state"] == "assessed"


def test_an_area_without_reports_says_so(ctx, client):
    empty = ctx.council.neighbourhoods[0].id
    enter(client, ctx, "manager")

    assert "Nothing is overdue" in client.get(f"/area/{empty}").text
    assert "Nothing is open here" in client.get(f"/area/{empty}/walkabout").text
    assert "There are none" in client.get(f"/area/{empty}/reports").text


@pytest.mark.parametrize(
    ("number", "said"), [(3, "3rd"), (5, "5th"), (11, "11th"), (12, "12th"), (22, "22nd"), (101, "101st")]
)
def test_how_often_is_said_in_a_row(number, said):
    assert ordinal(number) == said


def test_the_map_shows_late_and_open_and_nothing_at_all_of_an_empty_ward(ctx, app, busy):
    area = ward_area(ctx.council, busy[0].place.ward)
    seen = read_area(ctx, area, now=ctx.clock.now())

    with app.app_context():
        drawn = draw_area(area, listed(seen, "open", ctx.clock.now()), [], ctx.clock.now())
        nothing = draw_area(area, [], [], ctx.clock.now())

    assert {mark.kind for mark in drawn.marks} == {"late", "open"}
    assert nothing is None


# --- the walkabout -----------------------------------------


def test_a_walk_is_proposed_and_can_be_chosen_and_begun_elsewhere(ctx, client):
    made = [accept(ctx, f"key-{n}", lat=place(ctx, n).lat, lon=place(ctx, n).lon, place_id=None) for n in range(4)]
    there = [one for one in made if one.place.neighbourhood == made[0].place.neighbourhood]
    enter(client, ctx, "manager")
    path = f"{area_path(made[0])}/walkabout"

    proposed = client.get(path).text
    chosen = client.get(f"{path}?report={there[-1].reference}&first={there[-1].reference}").text

    assert proposed.count("area-walk__stop") == len(there)
    assert chosen.count("area-walk__stop") == 1
    assert "1 stop. About 3 minutes. Made" in chosen
    assert re.search(r"[0-9.]+ km in straight lines\. About [^.]+, with 3 minutes at each stop\.", proposed)


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(3, "3 minutes"), (60, "1 hour"), (61, "1 hour 1 minute"), (115, "1 hour 55 minutes"), (120, "2 hours")],
)
def test_how_long_a_walk_takes_is_said_as_people_say_it(minutes, words):
    assert duration_words(minutes) == words


def test_a_stop_that_was_closed_meanwhile_is_said_to_be_gone(ctx, client, busy):
    enter(client, ctx, "manager")

    page = client.get(f"{area_path(busy[0])}/walkabout?report={busy[2].reference}&report={busy[0].reference}").text

    assert "No longer open here" in page
    assert page.count("area-walk__stop") == 1


def test_no_stop_and_too_many_stops_are_errors_in_words(ctx, client):
    made = [accept(ctx, f"key-{number}") for number in range(41)]
    enter(client, ctx, "manager")
    path = f"{area_path(made[0])}/walkabout"

    none = client.get(f"{path}?chosen=1")
    many = client.get(f"{path}?{'&'.join(f'report={one.reference}' for one in made)}")

    assert (none.status_code, many.status_code) == (400, 400)
    assert "Choose at least one report" in none.text
    assert "Choose 40 reports or fewer" in many.text


POINTS = st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 3000)), max_size=14)


@settings(max_examples=60, deadline=None)
@given(POINTS)
def test_a_walk_goes_everywhere_once_and_no_turn_of_a_stretch_makes_it_shorter(points):
    walk = order_walk(points)

    assert sorted(walk) == list(range(len(points)))
    length = length_m(points, walk)
    for start in range(len(walk)):
        for end in range(start + 1, len(walk)):
            turned = [*walk[:start], *reversed(walk[start : end + 1]), *walk[end + 1 :]]
            assert length_m(points, turned) >= length - 0.02


@settings(max_examples=30, deadline=None)
@given(POINTS.filter(bool), st.data())
def test_a_walk_begins_where_it_is_told_to(points, data):
    first = data.draw(st.integers(0, len(points) - 1))

    assert order_walk(points, first=first)[0] == first


def test_a_line_of_places_is_walked_from_one_end_to_the_other():
    points = [(x * 100, 0) for x in (3, 0, 4, 1, 2)]

    walk = order_walk(points)

    assert [points[n][0] for n in walk] in ([0, 100, 200, 300, 400], [400, 300, 200, 100, 0])
    assert length_m(points, walk) == 400
    assert minutes(400, 5) == 8 + 15


def test_a_walk_warns_of_dangers(ctx, client):
    report = accept(ctx, hazards=("clinical",))
    enter(client, ctx, "manager")

    page = client.get(f"{area_path(report)}/walkabout").text

    assert "Danger: needles or medical waste. Keep away." in page
