"""Whoever of the staff is shown what a person told us is in the audit log: every route, every role, no exception.

The walk needs no list of pages: it takes the routes as the app has them, so a new page that shows something personal
and does not write it down fails here.
"""

import re
from dataclasses import replace

import pytest

from services.reports.complaints import Told, take_complaint
from services.reports.handlers import note_access
from services.reports.messages import send_messages
from services.reports.photos import keep_photo
from services.reports.store import AUDIT, reports
from services.reports.subscriptions import MESSAGES
from shared.contracts.codes import ROLES
from shared.contracts.envelope import Cause
from tests.unit.services.reports.made import CANARY, accept, csrf, deliver, events, photo, sign_in, stored

NEEDLES = [word.encode() for word in CANARY.values()]
NOT_STAFF = ("/open311/", "/report/new/", "/static", "/health", "/metrics")


@pytest.fixture
def report(ctx):
    made = accept(ctx, **CANARY, photos=(keep_photo(ctx, photo()),))
    deliver(ctx, MESSAGES, *events(ctx))
    send_messages(ctx)
    return stored(ctx, made)


@pytest.fixture
def complaint(ctx):
    """A complaint whose maker and words are the report's canaries."""
    told = Told(about=CANARY["description"], name=CANARY["name"], email=CANARY["email"], phone=CANARY["phone"])
    return take_complaint(ctx, told, key="complaint", user_id="user-of-the-desk")


def path_of(rule, report, complaint=None):
    """An address of a route: the reference that it wants, and something harmless for the rest."""
    is_complaint = complaint is not None and "/complaints/" in str(rule)
    path = re.sub(r"<(?:[^<>:]*:)?reference>", complaint.reference if is_complaint else report.reference, str(rule))
    path = re.sub(r"<(?:[^<>:]*:)?neighbourhood>", report.place.neighbourhood, path)
    path = re.sub(r"<(?:[^<>:]*:)?ward>", report.place.ward, path)
    path = re.sub(r"<int:[^>]*>", "1", path)
    return re.sub(r"<[^>]*>", "x", path)


def routes(app):
    for rule in app.url_map.iter_rules():
        if not str(rule).startswith(NOT_STAFF):
            yield from ((rule, method) for method in sorted(rule.methods & {"GET", "POST"}))


def lines(ctx, user_id):
    found = ctx.store.find(AUDIT.name, {}, sort=(("at", -1),), limit=1000).items
    return {line["_id"] for line in found if line["user_id"] == user_id}


def shows_something(response, ctx, report):
    pictures = [ctx.blobs.get(key) for one in report.private.photos for key in (one.key, one.public_key)]
    return any(needle in response.data for needle in NEEDLES) or response.data in pictures


@pytest.mark.parametrize("role", ROLES)
def test_what_staff_are_shown_is_in_the_log(ctx, app, report, complaint, role):
    other = accept(ctx, "other", waste_type=None)
    client = sign_in(app.test_client(), ctx, role)
    tokens = [
        page for page in (client.get(f"/triage/{other.reference}"), client.get("/messages")) if page.status_code == 200
    ]
    token = csrf(tokens[0]) if tokens and "csrf_token" in tokens[0].text else ""
    shown, unlogged = [], []
    for rule, method in routes(app):
        before = lines(ctx, f"user-{role}")
        data = {"csrf_token": token} if method == "POST" else None
        response = client.open(path_of(rule, report, complaint), method=method, data=data)
        if shows_something(response, ctx, report):
            shown.append(f"{method} {rule}")
            if lines(ctx, f"user-{role}") == before:
                unlogged.append(f"{method} {rule}")

    assert unlogged == []
    assert ("GET /contact-centre/complaints/<reference>" in shown) == (role in {"contact-centre", "manager", "admin"})
    assert bool(shown) == (role in {"contact-centre", "manager", "supervisor", "crew", "officer", "admin"})


def test_the_walk_would_see_what_is_not_written_down(ctx, app, report, monkeypatch):
    monkeypatch.setattr("services.reports.web.looks.note_access", lambda *_, **__: None)
    client = sign_in(app.test_client(), ctx, "crew")

    response = client.get(f"/report/{report.reference}/crew")

    assert shows_something(response, ctx, report)
    assert lines(ctx, "user-crew") == set()


def test_the_public_is_shown_nothing_of_it(ctx, app, report, complaint):
    client = app.test_client()

    shown = [
        str(rule)
        for rule in app.url_map.iter_rules()
        if "GET" in rule.methods and shows_something(client.get(path_of(rule, report, complaint)), ctx, report)
    ]

    assert shown == []


@pytest.mark.parametrize("form", ["assess", "refer", "close", "merge"])
def test_a_form_that_comes_back_with_an_error_is_a_look_too(ctx, client, report, form):
    sign_in(client, ctx, "manager")
    token = csrf(client.get(f"/triage/{accept(ctx, 'other', waste_type=None).reference}"))

    page = client.post(f"/triage/{report.reference}/{form}", data={"csrf_token": token})

    assert page.status_code == 400
    assert len(lines(ctx, "user-manager")) == 1


def test_the_spot_of_a_home_alone_is_a_look(ctx, client):
    home = stored(ctx, accept(ctx, place_id=None))
    spot = replace(home, private=replace(home.private, lat=53.40841, lon=-2.99163))
    reports(ctx.store).save(spot, at=ctx.clock.now(), cause=Cause())
    sign_in(client, ctx, "supervisor")

    assert "53.40841" in client.get(f"/triage/{home.reference}").text
    assert len(lines(ctx, "user-supervisor")) == 1


def test_a_photo_is_one_line_a_day_and_person(ctx, client, report):
    sign_in(client, ctx, "crew")
    path = f"/report/{report.reference}/photo/view"

    client.get(path)
    client.get(path)

    assert len(lines(ctx, "user-crew")) == 1


def test_reading_the_messages_is_in_the_log_of_each_report_concerned(ctx, client, report):
    sign_in(client, ctx, "contact-centre")

    client.get("/messages")
    log = client.get(f"/triage/{report.reference}/log").text

    assert "Messages to people about it were read" in log
    assert "Dana Desk" in log


def test_the_log_says_when_nobody_has_looked_and_goes_on_to_further_pages(ctx, client, report):
    sign_in(client, ctx, "manager")

    assert "Nobody has looked yet" in client.get(f"/triage/{report.reference}/log").text
    for number in range(60):
        note_access(ctx, report, user_id=f"u{number}", user_name=f"Reader {number}", what="contact-details")
    page = client.get(f"/triage/{report.reference}/log").text

    assert page.count("Reader ") == 50
    following = re.search(r'href="([^"]*after=[^"]*)"', page).group(1).replace("&amp;", "&")
    assert client.get(following).text.count("Reader ") == 10


def test_who_read_a_complaint_is_on_a_page_of_its_own(ctx, client, complaint):
    sign_in(client, ctx, "manager")
    path = f"/contact-centre/complaints/{complaint.reference}"

    page = client.get(path).text
    log = client.get(f"{path}/log").text

    assert CANARY["email"] in page
    assert f"{path}/log" in page
    assert "The complaint was read, and who made it" in log
    assert CANARY["email"] not in log


@pytest.mark.parametrize("role", ["crew", "officer", "councillor", "waste-officer"])
def test_the_log_is_not_for_everybody(ctx, client, report, role):
    assert sign_in(client, ctx, role).get(f"/triage/{report.reference}/log").status_code == 403
