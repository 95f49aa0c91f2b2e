"""Depots in the register: what goes by them, at once, and what keeps one from being retired."""

import csv
import io
import re
from dataclasses import replace
from datetime import date, timedelta

import pytest

from services.scheduling import day_end, handlers, planner, planning, reactions, replanning, store
from services.scheduling.days import make_day
from services.scheduling.domain.day_record import Signature
from services.scheduling.domain.plan import Plan
from services.scheduling.register import edit, follow
from shared.contracts.envelope import Cause, decode
from shared.errors import ConfigError, Conflict, DomainError, NotFound
from tests.builders import TUESDAY_MORNING, make_context
from tests.unit.services.scheduling.test_planner import REPORT, place_of

from .test_edit import BY, BY_HAND, change, put, refused, row_of

TUESDAY = date(2026, 11, 17)
DOCKS = {"id": "docks", "name": "Dock road depot", "lat": "53.4250", "lon": "-2.9960"}
CREW, VEHICLE = "crew-north-1", "tipper-101"


@pytest.fixture
def docks(ctx):
    """A depot that a supervisor has added, with a crew and its vehicle moved there."""
    put(ctx, "depots", **DOCKS)
    change(ctx, "vehicles", VEHICLE, depot_id="docks")
    change(ctx, "crews", CREW, depot_id="docks")


@pytest.fixture
def supervisor(browser):
    return browser("supervisor")


def text_of(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)))


def retire(ctx, depot_id):
    version = row_of(ctx, "depots", depot_id).version
    edit.retire_row(ctx, "depots", depot_id, version=version, by=BY, cause=BY_HAND)


def move_rows(ctx, depot_id, to):
    """Have everything that names a depot name another, by files."""
    for table in ("vehicles", "crews", "contractors", "beats"):
        text = edit.export(ctx, table).replace(f",{depot_id},", f",{to},")
        edit.take_file(ctx, table, text.encode(), version=None, by=BY, cause=BY_HAND)


def said_of_depots(ctx, after):
    events = [decode(logged.body) for logged in ctx.store.log.read(after=after, limit=500)]
    told = [event for event in events if event.type == "depot.changed.v1"]
    return [(event.subject, event.state["lat"], event.state["active"]) for event in told]


# --- the table --------------------------------------------


def test_the_councils_depots_are_in_the_register_and_each_is_announced_once(ctx):
    handlers.ensure_fleet(ctx)

    rows = {row.id: row.values for row in edit.world_of(ctx).table("depots").live}
    of_council = {depot.id: (depot.name, depot.lat, depot.lon) for depot in ctx.council.depots}
    assert {each: (row["name"], row["lat"], row["lon"]) for each, row in rows.items()} == of_council
    assert {each.id: (each.name, each.lat, each.lon) for each in store.all_depots(ctx.store)} == of_council
    assert sorted(said_of_depots(ctx, 0)) == sorted((each.id, each.lat, True) for each in ctx.council.depots)


@pytest.mark.parametrize(
    ("texts", "column", "words"),
    [
        ({"name": ""}, "name", "Enter the name"),
        ({"name": "NORTH DEPOT (illustrative)"}, "name", "Depot north is called that already"),
        ({"lat": ""}, "lat", "Enter the latitude"),
        ({"lat": "-2.9960", "lon": "53.4250"}, "lat", "Enter degrees from 49 to 61 with a decimal point"),
        ({"lat": "-2.9960", "lon": "53.4250"}, "lon", "Enter degrees from -9 to 2 with a decimal point"),
        ({"lat": "53° 25′"}, "lat", "Enter degrees from 49 to 61 with a decimal point"),
        ({"lat": "53,4250"}, "lat", "Enter degrees from 49 to 61 with a decimal point"),
        ({"lat": "nan"}, "lat", "Enter degrees from 49 to 61 with a decimal point"),
        ({"lat": "54.4250"}, "lat", "This is 106 km outside the council’s area: check both numbers"),
        ({"id": "north"}, "id", "north is there already"),
        ({"id": "dock road"}, "id", "Use letters, digits and hyphens"),
    ],
)
def test_a_bad_depot_is_refused_with_the_column_and_the_reason(ctx, texts, column, words):
    wrong = refused(ctx, "depots", **{**DOCKS, **texts})

    assert wrong[column].startswith(words)
    assert put(ctx, "depots", **DOCKS)


def test_a_depot_announces_itself_when_it_comes_moves_and_goes_and_never_by_its_name(ctx):
    before = ctx.store.log.last_position()

    put(ctx, "depots", **DOCKS)
    follow.follow_register(ctx)
    change(ctx, "depots", "docks", name="Canary’s yard")
    change(ctx, "depots", "docks", lat="53.4260")
    retire(ctx, "docks")

    assert said_of_depots(ctx, before) == [("docks", 53.425, True), ("docks", 53.426, True), ("docks", 53.426, False)]
    assert all(b"Canary" not in logged.body for logged in ctx.store.log.read(after=0, limit=500))


def test_a_depot_announces_which_neighbourhoods_its_crews_know(ctx, docks):
    told = [decode(logged.body) for logged in ctx.store.log.read(after=0, limit=500)]
    of_docks = [event.state["neighbourhoods"] for event in told if event.subject == "docks"]
    of_north = [event.state["neighbourhoods"] for event in told if event.subject == "north"]

    assert of_docks == [[], ["anfield-and-walton", "kirkdale-and-everton"]]
    assert len(of_north) == 1  # its other crews know the same ones

    change(ctx, "crews", CREW, neighbourhoods=["city-centre"])
    last = decode(ctx.store.log.read(after=0, limit=500)[-1].body)
    assert (last.subject, last.state["neighbourhoods"]) == ("docks", ["city-centre"])


def test_what_a_crash_left_undone_is_finished_by_the_timer(ctx, monkeypatch):
    monkeypatch.setattr(follow, "follow_register", lambda _ctx: None)
    put(ctx, "depots", **DOCKS)
    monkeypatch.undo()
    assert store.depots(ctx.store).get("docks") is None

    follow.follow_register(ctx)

    assert store.require_depot(ctx.store, "docks").name == "Dock road depot"


def test_what_a_supervisor_has_made_of_a_depot_survives_the_next_start_and_new_ones_are_added(ctx):
    change(ctx, "depots", "north", lat="53.4500")
    newly = replace(ctx.council.depots[0], id="east", name="East depot", lat=53.41, lon=-2.9)

    handlers.ensure_fleet(replace(ctx, council=replace(ctx.council, depots=(*ctx.council.depots, newly))))

    lats = {depot.id: depot.lat for depot in store.all_depots(ctx.store)}
    assert lats == {"north": 53.45, "central": 53.4045, "south": 53.356, "east": 53.41}


def test_a_retired_depot_stays_retired_at_the_next_start_and_what_newly_names_it_stops_that(ctx):
    move_rows(ctx, "south", "central")
    retire(ctx, "south")
    handlers.ensure_fleet(ctx)
    assert "south" not in {depot.id for depot in store.all_depots(ctx.store)}

    newly = replace(ctx.council.crews[0], id="crew-new", depot_id="south")
    with pytest.raises(ConfigError, match=r"council\.toml: crew crew-new: depot_id: “south” is not known here"):
        handlers.ensure_fleet(replace(ctx, council=replace(ctx.council, crews=(*ctx.council.crews, newly))))


def test_the_first_start_takes_the_depots_of_a_file_too(tmp_path, clock):
    (tmp_path / "depots.csv").write_text(
        "id,name,lat,lon\ndocks,Dock road depot,53.425,-2.996\nnorth,Our north,53.44,-2.97\n"
    )
    ctx = make_context("scheduling", tmp_path / "new", clock)

    handlers.ensure_fleet(replace(ctx, council=replace(ctx.council, register=tmp_path)))

    found = {depot.id: depot.name for depot in store.all_depots(ctx.store)}
    ctx.store.close()
    assert (len(found), found["docks"], found["north"]) == (4, "Dock road depot", "Our north")


def test_a_file_of_depots_adds_and_changes_and_comes_back_without_a_change(ctx):
    text = "id,name,lat,lon\nnorth,North depot,53.44,-2.97\n,Dock road depot,53.425,-2.996\n"

    done = edit.take_file(ctx, "depots", text.encode(), version=None, by=BY, cause=BY_HAND)
    again = edit.take_file(ctx, "depots", edit.export(ctx, "depots").encode(), version=None, by=BY, cause=BY_HAND)

    assert (done.added, done.changed, again.added, again.changed, again.same) == (1, 1, 0, 0, 4)
    assert {depot.name for depot in store.all_depots(ctx.store)} >= {"North depot", "Dock road depot"}


def test_every_bad_line_of_a_file_of_depots_is_named(ctx):
    text = "id,name,lat,lon\na,Same,53.42,-2.99\nb,Same,53.43,-2.98\nc,Swapped,-2.99,53.42\n"

    upload, _ = edit.preview(ctx, "depots", text.encode())
    twice, _ = edit.preview(ctx, "depots", text.replace("c,Swapped,-2.99,53.42\n", "").encode())

    assert [(bad.line, bad.column) for bad in upload.bad] == [(4, "lat"), (4, "lon")]
    assert [(bad.line, bad.column) for bad in twice.bad] == [(2, "name"), (3, "name")]


# --- retiring one -----------------------------------------


def test_a_depot_is_not_retired_while_crews_and_vehicles_belong_to_it(ctx, docks):
    with pytest.raises(DomainError, match=r"Dock road depot can’t be retired: crew North street crew 1, vehicle DEMO"):
        retire(ctx, "docks")


@pytest.mark.parametrize("table", ["contractors", "beats"])
def test_a_depot_is_not_retired_while_a_contractor_or_a_beat_belongs_to_it(ctx, table):
    move_rows(ctx, "south", "central")
    row = edit.world_of(ctx).table(table).live[0]
    change(ctx, table, row.id, depot_id="south")

    with pytest.raises(DomainError, match=re.escape(f"{row.values['name']} needs it. Change that first")):
        retire(ctx, "south")


def test_a_depot_is_not_retired_while_jobs_are_to_be_done_from_it(ctx, job):
    move_rows(ctx, "north", "central")

    with pytest.raises(DomainError, match=f"it has 1 job .{job.reference}.. Have crews of another depot do them, or"):
        retire(ctx, "north")

    handlers.cancel_job(ctx, job.id, "duplicate", version=None, key=None, cause=BY_HAND)
    retire(ctx, "north")
    assert row_of(ctx, "depots", "north").is_retired


def test_the_only_depot_is_not_retired(ctx):
    for depot in ("north", "south"):
        move_rows(ctx, depot, "central")
        retire(ctx, depot)

    with pytest.raises(DomainError, match=r"it is the only depot\. Add the next one first"):
        retire(ctx, "central")


def test_two_who_retire_or_move_a_depot_at_once_are_told(ctx):
    put(ctx, "depots", **DOCKS)
    change(ctx, "depots", "docks", name="Docks")

    with pytest.raises(Conflict):
        edit.retire_row(ctx, "depots", "docks", version=1, by=BY, cause=BY_HAND)


def test_a_retired_depot_is_offered_nowhere_and_planned_no_more_and_comes_back(ctx, supervisor):
    put(ctx, "depots", **DOCKS)
    retire(ctx, "docks")

    assert '<option value="docks"' not in supervisor.get("/dispatch").get_data(as_text=True)
    assert '<option value="docks"' not in supervisor.get("/dispatch/register/crews/new").get_data(as_text=True)
    assert "Dock road depot" not in text_of(supervisor.get("/dispatch/days/2026-11-17"))
    assert supervisor.get("/dispatch/depots/docks/what-if").status_code == 404
    with pytest.raises(NotFound, match="Dock road depot is retired: nobody works from it any more"):
        planning.request_plan(ctx, "docks", by="user-1", cause=BY_HAND)

    change(ctx, "depots", "docks")
    assert '<option value="docks"' in supervisor.get("/dispatch").get_data(as_text=True)


# --- what goes by the register's depots -------------------


def test_a_depot_that_was_added_is_on_the_board_and_in_the_api_at_once(ctx, docks, supervisor, program):
    everything, here = (supervisor.get(f"/dispatch{query}").get_data(as_text=True) for query in ("", "?depot=docks"))
    items = program("supervisor")("GET", "/depots").json["items"]

    assert '<option value="docks">Dock road depot</option>' in everything
    assert f'id="round-{CREW}"' in here
    assert 'id="round-crew-south-1"' not in here
    assert "Suggest a plan for Dock road depot" in re.sub(r"<[^>]+>", "", here)
    assert {"id": "docks", "name": "Dock road depot", "lat": 53.425, "lon": -2.996} in items


def test_new_jobs_go_to_the_depot_whose_crew_knows_the_neighbourhood_the_nearest_of_several(ctx, docks, make_job):
    near = place_of(0) | {"lat": 53.4251, "lon": -2.9961}

    assert make_job(REPORT.format(1), place=near).depot_id == "docks"
    change(ctx, "depots", "docks", lat="53.3300", lon="-2.8300")
    assert make_job(REPORT.format(2), place=near).depot_id == "north"


def test_a_neighbourhood_that_no_crew_knows_is_the_nearest_depots(ctx, make_job):
    put(ctx, "depots", **DOCKS)
    for crew in store.all_crews(ctx.store):
        if not crew.is_contractor:
            change(ctx, "crews", crew.id, neighbourhoods=[])

    job = make_job(REPORT.format(1), place=place_of(0) | {"lat": 53.4251, "lon": -2.9961})

    assert job.depot_id == "docks"


def test_a_new_depot_is_planned_and_its_crews_day_begins_and_ends_at_its_yard(ctx, docks, make_job):
    job = make_job(REPORT.format(1), place=place_of(0) | {"lat": 53.4251, "lon": -2.9961})
    handlers.start_shift(ctx, CREW, cause=BY_HAND)

    asked = planning.request_plan(ctx, "docks", by="user-1", cause=BY_HAND)
    assert planner.plan_next(ctx, seconds=0.3)

    plan = store.plans(ctx.store).require(asked.id)
    assert [(stop.job_id, stop.crew_id) for stop in plan.proposal.stops] == [(job.id, CREW)]
    crew = make_day(ctx, "docks", TUESDAY_MORNING).day.crews[CREW]
    assert (crew.home, crew.position) == ((53.425, -2.996), (53.425, -2.996))


def test_a_depot_that_moved_is_where_the_next_plan_begins(ctx):
    handlers.start_shift(ctx, CREW, cause=BY_HAND)
    before = make_day(ctx, "north", TUESDAY_MORNING).day.crews[CREW].home

    change(ctx, "depots", "north", lat="53.4500")

    after = make_day(ctx, "north", TUESDAY_MORNING).day.crews[CREW].home
    assert (before, after) == ((53.4405, -2.9705), (53.45, -2.9705))


def test_a_new_depot_is_planned_again_by_itself(ctx, clock, docks, make_job):
    handlers.start_shift(ctx, CREW, cause=BY_HAND)
    plan = Plan("plan-1", "docks", TUESDAY, TUESDAY_MORNING, "user-1", state="published")
    store.plans(ctx.store).add(plan, at=TUESDAY_MORNING, cause=BY_HAND)
    clock.advance(timedelta(minutes=20))
    near = place_of(0) | {"lat": 53.4251, "lon": -2.9961}
    assert make_job(REPORT.format(1), place=near, waste_type="clinical", priority=1).depot_id == "docks"

    replanning.request_replans(ctx)

    assert store.latest_plan(ctx.store, "docks").because == "urgent"


def test_a_new_depot_has_a_day_to_close(ctx, docks, supervisor, program, make_job):
    job = make_job(REPORT.format(1), place=place_of(0) | {"lat": 53.4251, "lon": -2.9961})
    handlers.assign_job(ctx, job.id, CREW, version=None, key=None, cause=BY_HAND)

    day = supervisor.get("/dispatch/days/2026-11-17")
    page = supervisor.get("/dispatch/days/2026-11-17/docks")
    of_depots = [each["depot_id"] for each in program("supervisor")("GET", "/days/2026-11-17").json["depots"]]
    file = supervisor.get("/dispatch/days/2026-11-17/jobs.csv").get_data(as_text=True).lstrip("\ufeff")

    assert "Dock road depot" in text_of(day)
    assert "Dock road depot" in text_of(page)
    assert of_depots == ["central", "docks", "north", "south"]
    assert [row["depot"] for row in csv.DictReader(io.StringIO(file))] == ["Dock road depot"]


def test_the_past_days_of_a_retired_depot_keep_it_by_its_name(ctx, clock, docks, supervisor):
    seen = day_end.Seen(0, day_end.read_day(ctx, TUESDAY).mark("docks"))
    signed = Signature("closed", TUESDAY_MORNING, "user-1", "Ada Else")
    day_end.close_day(ctx, "docks", TUESDAY, {}, signed, seen=seen, cause=BY_HAND)
    change(ctx, "vehicles", VEHICLE, depot_id="north")
    change(ctx, "crews", CREW, depot_id="north")
    retire(ctx, "docks")
    clock.advance(timedelta(days=1))

    assert "Dock road depot" in text_of(supervisor.get("/dispatch/days/2026-11-17"))
    assert "Closed" in text_of(supervisor.get("/dispatch/days/2026-11-17/docks"))
    assert "Dock road depot" not in text_of(supervisor.get("/dispatch/days/2026-11-18"))
    assert supervisor.get("/dispatch/days/2026-11-18/nowhere").status_code == 404


def test_the_page_that_a_phone_keeps_lies_at_the_crews_own_depot(ctx, docks, browser):
    page = browser("crew", crew_id=CREW).get("/crew/found?kept=1").get_data(as_text=True)

    assert re.search(r'name="lat" value="53\.425', page)
    assert re.search(r'name="lon" value="-2\.996', page)


def reads_of_depots(ctx, monkeypatch, act):
    """Return how often the depots were read while something was done."""
    read = []
    for name in ("find", "get"):
        real = getattr(ctx.store, name)

        def counted(collection, *args, real=real, **options):
            read.append(collection)
            return real(collection, *args, **options)

        monkeypatch.setattr(ctx.store, name, counted)
    act()
    monkeypatch.undo()
    return read.count("depots")


def test_neither_the_board_nor_the_planner_reads_the_depots_for_each_job(ctx, clock, monkeypatch, supervisor, make_job):
    handlers.start_shift(ctx, CREW, cause=BY_HAND)
    counts = []

    for rounds in range(2):
        for number in range(rounds * 6 + 2):
            make_job(REPORT.format(rounds * 20 + number), place=place_of(number))
        clock.advance(timedelta(minutes=1))
        board = reads_of_depots(ctx, monkeypatch, lambda: supervisor.get("/dispatch"))
        day = reads_of_depots(ctx, monkeypatch, lambda: make_day(ctx, "north", TUESDAY_MORNING))
        counts.append((board, day))

    # For the list, for the names, and for the yard of each of the three depots whose rounds are drawn anew.
    assert counts == [(5, 1), (5, 1)]


def test_a_report_asks_for_the_depots_only_when_its_job_is_made(ctx, monkeypatch, job):
    again = reads_of_depots(ctx, monkeypatch, lambda: reactions.follow_report(ctx, job.report_id, cause=Cause()))

    assert again == 0
