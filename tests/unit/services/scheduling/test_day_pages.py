"""The end of a day on its pages, in its files and by the API: planned, lived, closed, opened, closed by two at once."""

import csv
import io
import json
import re
from dataclasses import replace
from datetime import date, timedelta

import pytest

from services.scheduling import (
    day_end,
    dropping_out,
    handlers,
    phone,
    planner,
    planning,
    privacy,
    shift_day,
    store,
    tipping,
)
from services.scheduling.domain.day_record import Signature
from services.scheduling.domain.plan import Plan, PlannedRound, PlannedStop, Proposal, Unplanned
from services.scheduling.handlers import Finish
from services.scheduling.subscriptions import FORGET_NAMES, TICKETS, TIPS
from services.scheduling.web.day_view import reason_words
from shared.contracts.envelope import Cause
from shared.errors import Conflict, DomainError, NotFound
from shared.ids import new_id
from shared.privacy import Subject
from shared.web.csv_file import safe_cell
from tests.builders import TUESDAY_MORNING

from .events import deliver, ticket_event
from .test_pages import words
from .test_planner import REPORT, place_of

BY_HAND = Cause()
TUESDAY = date(2026, 11, 17)
DAY = "/dispatch/days/2026-11-17"
NORTH = f"{DAY}/north"
CREW = "crew-north-1"
ABOUT = {"version": None, "key": None, "cause": BY_HAND}
SIGNED = Signature("closed", TUESDAY_MORNING, "user-1", "Ada Else")


@pytest.fixture
def supervisor(browser):
    return browser("supervisor")


@pytest.fixture
def planned(ctx, make_job, pump):
    """Four jobs of a published plan, with the crew on shift."""
    jobs = [make_job(REPORT.format(number), place=place_of(number)) for number in range(4)]
    handlers.start_shift(ctx, CREW, cause=BY_HAND)
    stops = [
        PlannedStop(job.id, job.reference, CREW, place, TUESDAY_MORNING) for place, job in enumerate(jobs, start=1)
    ]
    proposal = Proposal(tuple(stops), (), "pyvrp", rounds=(PlannedRound(CREW, 47, 18_350, 1),))
    asked = Plan(new_id(), "north", TUESDAY, TUESDAY_MORNING, "user-1", state="proposed", proposal=proposal)
    plan = store.plans(ctx.store).add(asked, at=TUESDAY_MORNING, cause=BY_HAND)
    planning.publish_plan(ctx, plan.id, version=plan.version, cause=BY_HAND)
    pump.drain()
    return jobs


def done(ctx, job_id, outcome="cleared"):
    handlers.start_job(ctx, job_id, **ABOUT)
    return handlers.complete_job(ctx, job_id, Finish(outcome, no_photo_reason="camera-broken"), **ABOUT)


@pytest.fixture
def lived(ctx, clock, planned, make_job, pump):
    """A day: two planned jobs done, one put off, one not reached; one given by hand and done; a tip; the shift over."""
    clock.advance(timedelta(hours=1))
    done(ctx, planned[0].id)
    done(ctx, planned[1].id)
    version = store.jobs(ctx.store).require(planned[2].id).version
    until = TUESDAY + timedelta(days=1)
    handlers.defer_job(ctx, planned[2].id, "weather", until, version=version, key=None, cause=BY_HAND)
    extra = make_job(REPORT.format(50), place=place_of(5))
    handlers.assign_job(ctx, extra.id, CREW, **ABOUT)
    done(ctx, extra.id)
    vehicle = store.crews(ctx.store).require(CREW).vehicle_id
    tipping.tip_vehicle(ctx, vehicle, ctx.council.sites[0].id, crew_id=CREW, key="k", cause=BY_HAND)
    pump.drain()
    clock.advance(timedelta(hours=2))
    handlers.end_shift(ctx, CREW, cause=BY_HAND)
    return {"done": planned[:2], "put-off": planned[2], "left": planned[3], "extra": extra}


def form_of(page):
    """Return the fields that the close form has, without its token."""
    hidden = dict(re.findall(r'<input type="hidden" name="(version|mark)" value="([^"]*)"', page))
    return hidden | dict.fromkeys(re.findall(r'<select[^>]* name="(reason-[^"]+)"', page), "not-reached")


def rows_of(answer):
    text = answer.get_data(as_text=True)
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


# --- reading --------------------------------------------------------------------------------------------------------


def test_a_lived_day_adds_up(ctx, lived):
    found = day_end.read_day(ctx, TUESDAY)
    made = found.tally("north")

    assert (made.planned, made.added, made.done, made.done_unplanned, made.carried) == (4, 1, 3, 1, 2)
    assert made.balances
    assert found.unaccounted == []
    by_id = {row.job_id: row for row in found.rows}
    assert (by_id[lived["put-off"].id].ending, by_id[lived["put-off"].id].until) == ("put-off", date(2026, 11, 18))
    assert by_id[lived["left"].id].ending == "not-reached"


def test_the_day_page_shows_the_check_sum_and_both_sides(supervisor, lived):
    shown = words(supervisor.get(DAY))

    assert "Planned 4 + added 1 + on no list 0 = 5. Done 3 + called off 0 + carried over 2 = 5." in shown
    assert "Every job is accounted for once." in shown
    assert "The day is still running" in shown


def test_every_number_of_a_depot_opens_to_as_many_jobs(supervisor, lived):
    page = supervisor.get(NORTH).get_data(as_text=True)
    figures = re.findall(r'<a class="[^"]*" href="(/dispatch/days/[^"]*/jobs[^"]*)">([\d,]+)<', page)

    assert len(figures) > 15
    for address, number in figures:
        listed = words(supervisor.get(address.replace("&amp;", "&")))
        assert re.search(rf"\b{number} jobs?\b", listed), (address, number)


def test_the_jobs_behind_a_number_say_how_they_came_and_why_they_were_not_done(supervisor, lived):
    listed = words(supervisor.get(f"{DAY}/jobs?depot=north&went=carried"))

    assert lived["left"].reference in listed
    assert "Put off Weather" in listed
    assert "18 November 2026" in listed
    assert lived["done"][0].reference not in listed


def test_hours_travel_and_loads_are_shown_by_crew(ctx, supervisor, lived):
    shown = words(supervisor.get(NORTH))
    found = day_end.read_day(ctx, TUESDAY)

    assert "3 h 00 min" in shown
    assert "18.4 km, 47 min" in shown
    assert found.loads([CREW]).tips == 1
    assert "No ticket has come yet for 1 of 1 tips" in shown


def test_the_planner_says_what_each_crews_round_would_be_like(ctx, supervisor, make_job, pump):
    for number in range(3):
        make_job(REPORT.format(number), place=place_of(number))
    handlers.start_shift(ctx, CREW, cause=BY_HAND)
    plan = planning.request_plan(ctx, "north", by="user-1", cause=BY_HAND)
    assert planner.plan_next(ctx, seconds=0.1)
    planning.publish_plan(ctx, plan.id, version=store.plans(ctx.store).require(plan.id).version, cause=BY_HAND)
    pump.drain()

    found = day_end.read_day(ctx, TUESDAY)

    (each,) = store.plans(ctx.store).require(plan.id).proposal.rounds
    minutes, kilometres = found.planned_travel("north")
    assert (each.crew_id, each.travel_minutes) == (CREW, minutes)
    assert round(each.metres / 1000, 1) == kilometres
    assert f"{kilometres} km, {minutes} min" in words(supervisor.get(DAY))


def test_hours_that_nobody_signed_on_for_are_said_to_be_unknown(ctx, clock, supervisor, planned):
    clock.advance(timedelta(hours=13, minutes=45))  # past midnight, in the shift of the day before
    done(ctx, planned[0].id)
    clock.advance(timedelta(hours=12))  # nobody has ended it

    shown = words(supervisor.get("/dispatch/days/2026-11-18/north"))

    name = store.crews(ctx.store).require(CREW).name
    assert "Never signed off" not in shown
    assert "Never signed off" in words(supervisor.get(NORTH))
    assert "Not known" in words(supervisor.get(DAY))
    assert f"Hours not known, because they worked without signing on that day: {name}." in shown


def test_a_ticket_gives_the_loads_their_weight(ctx, supervisor, lived):
    deliver(ctx, ticket_event(lived["done"][0].id, 320), TICKETS)

    assert day_end.read_day(ctx, TUESDAY).loads([CREW]).weighed_kg == 320
    assert "320 kg" in words(supervisor.get(NORTH))


def test_a_day_without_anything_says_so(supervisor):
    shown = words(supervisor.get("/dispatch/days/2026-11-10/north"))

    assert "= 0. Done 0" in shown
    assert "No crew had a job, a shift or a tip" in shown
    assert "Nobody has reconciled it yet" in shown


@pytest.mark.parametrize("address", ["2026-11-18", "yesterday", "2026-13-01", "2026-11-17/nowhere"])
def test_a_day_that_has_not_come_or_is_none_is_not_found(supervisor, address):
    assert supervisor.get(f"/dispatch/days/{address}").status_code == 404


def test_end_of_day_is_todays_and_days_lead_to_each_other(supervisor):
    assert supervisor.get("/dispatch/days").location == DAY
    assert "/dispatch/days/2026-11-16" in supervisor.get(DAY).get_data(as_text=True)
    assert "2026-11-18" not in supervisor.get(DAY).get_data(as_text=True)
    assert "/dispatch/days/2026-11-17" in supervisor.get("/dispatch/days/2026-11-16").get_data(as_text=True)
    assert "/dispatch/days" in supervisor.get("/dispatch").get_data(as_text=True)


def test_a_manager_looks_and_may_not_close(browser, lived):
    manager = browser("manager")

    assert "Close the day" not in words(manager.get(NORTH))
    assert manager.post(f"{NORTH}/close", data={"version": "0"}).status_code == 403
    assert manager.post(f"{NORTH}/open", data={"version": "0"}).status_code == 403
    assert browser("crew", crew_id=CREW).get(DAY).status_code == 403


def test_a_due_job_that_the_plan_left_says_why_in_the_plans_words(ctx, supervisor, planned, make_job):
    due = make_job(REPORT.format(70), place=place_of(6), deadline=TUESDAY_MORNING + timedelta(hours=3))
    (plan,) = day_end.read_day(ctx, TUESDAY).plans
    left = Unplanned(due.id, due.reference, "skill", "no crew today has a ticket for needles")
    told = replace(plan, proposal=replace(plan.proposal, unplanned=(left,)))
    store.plans(ctx.store).save(told, at=TUESDAY_MORNING, cause=BY_HAND)

    assert "No crew today has a ticket for needles" in words(supervisor.get(f"{DAY}/jobs?came=off-list"))
    assert 'value="not-given" selected' in supervisor.get(NORTH).get_data(as_text=True)


def test_the_stops_of_a_crew_that_was_not_there_say_so(ctx, supervisor, planned):
    dropping_out.record_absence(ctx, CREW, "sickness", by="user-1", cause=BY_HAND)

    found = day_end.read_day(ctx, TUESDAY)
    mine = [row for row in found.rows if row.crew_id == CREW]

    assert mine
    assert {row.ending for row in mine} == {"crew-absent"}


def test_yesterday_is_as_it_was_whatever_today_has_made_of_its_jobs(ctx, clock, lived):
    before = {row.job_id: row.ending for row in day_end.read_day(ctx, TUESDAY).rows}
    clock.advance(timedelta(days=1))
    handlers.assign_job(ctx, lived["left"].id, "crew-north-2", **ABOUT)
    done(ctx, lived["left"].id)

    assert {row.job_id: row.ending for row in day_end.read_day(ctx, TUESDAY).rows} == before
    (today,) = [row for row in day_end.read_day(ctx, TUESDAY + timedelta(days=1)).rows if row.side == "done"]
    assert (today.job_id, today.origin) == (lived["left"].id, "carried-in")


def test_a_shift_that_was_ended_without_a_network_counts_on_the_day_that_it_ended(ctx, clock, planned):
    ended_at = TUESDAY_MORNING + timedelta(hours=3)
    clock.instant = TUESDAY_MORNING + timedelta(hours=21)
    act = phone.act_of(ctx, store.crews(ctx.store).require(CREW), "signed-off", ended_at)
    reasons = {job.id: "vehicle-full" for job in store.jobs_of_crew(ctx.store, CREW)}
    shift_day.sign_off(ctx, act, reasons, cause=BY_HAND)

    tuesday, wednesday = (day_end.read_day(ctx, TUESDAY + timedelta(days=number)) for number in (0, 1))

    assert {(row.ending, row.reason) for row in tuesday.rows} == {("handed-back", "vehicle-full")}
    assert tuesday.minutes([CREW]) == 180
    assert wednesday.rows == []


# --- closing --------------------------------------------------------------------------------------------------------


def test_a_day_is_closed_with_reasons(ctx, supervisor, lived):
    form = form_of(supervisor.get(NORTH).get_data(as_text=True))
    reason = f"reason-{lived['left'].id}"
    assert list(form) == ["version", "mark", reason]

    answer = supervisor.post(f"{NORTH}/close", data=form | {reason: "took-longer"})

    assert (answer.status_code, answer.location) == (303, NORTH)
    shown = words(supervisor.get(NORTH))
    assert "Reconciled by Sam Rivers" in shown
    assert "The jobs before it took longer" in words(supervisor.get(f"{DAY}/jobs?went=carried"))
    assert "Closed" in words(supervisor.get(DAY))


def test_the_same_form_sent_again_closes_once(ctx, supervisor, lived):
    form = form_of(supervisor.get(NORTH).get_data(as_text=True))

    assert [supervisor.post(f"{NORTH}/close", data=form).status_code for _ in range(2)] == [303, 303]
    record = day_end.read_day(ctx, TUESDAY).record("north")
    assert (record.version, len(record.signatures)) == (1, 1)


def test_of_two_supervisors_at_once_the_second_is_told_who_was_first(ctx, supervisor, lived):
    form = form_of(supervisor.get(NORTH).get_data(as_text=True))
    seen = day_end.Seen(0, form["mark"])
    day_end.close_day(ctx, "north", TUESDAY, {}, SIGNED, seen=seen, cause=BY_HAND)

    answer = supervisor.post(f"{NORTH}/close", data=form)

    assert answer.status_code == 409
    assert "Ada Else closed this day while you were looking at it" in words(answer)
    assert day_end.read_day(ctx, TUESDAY).record("north").last.by == "user-1"


def test_a_record_that_appears_in_between_is_a_conflict(ctx, lived, monkeypatch):
    mark = day_end.read_day(ctx, TUESDAY).mark("north")
    day_end.close_day(ctx, "north", TUESDAY, {}, SIGNED, seen=day_end.Seen(0, mark), cause=BY_HAND)
    monkeypatch.setattr(day_end, "_record", lambda *_: None)  # as the other read it a moment ago

    other = replace(SIGNED, by="user-2")
    with pytest.raises(Conflict):
        day_end.close_day(ctx, "north", TUESDAY, {}, other, seen=day_end.Seen(0, mark), cause=BY_HAND)


def test_a_day_whose_jobs_have_changed_is_shown_again_before_it_is_closed(ctx, supervisor, lived):
    form = form_of(supervisor.get(NORTH).get_data(as_text=True))
    handlers.start_shift(ctx, CREW, cause=BY_HAND)
    done(ctx, lived["left"].id)

    answer = supervisor.post(f"{NORTH}/close", data=form)

    assert answer.status_code == 409
    assert "Jobs of this day have changed while you were looking at it" in words(answer)
    assert not day_end.read_day(ctx, TUESDAY).record("north").is_closed


def test_a_reason_that_is_none_is_told_at_its_field(supervisor, lived):
    form = form_of(supervisor.get(NORTH).get_data(as_text=True))
    reason = f"reason-{lived['left'].id}"

    answer = supervisor.post(f"{NORTH}/close", data=form | {reason: "bored"})

    assert answer.status_code == 400
    assert "Choose a reason from the list" in words(answer)
    assert f'href="#{reason}"' in answer.get_data(as_text=True)


def test_a_day_with_a_job_under_way_is_not_closed_yet(ctx, supervisor, planned):
    handlers.start_job(ctx, planned[0].id, **ABOUT)
    form = form_of(supervisor.get(NORTH).get_data(as_text=True))

    answer = supervisor.post(f"{NORTH}/close", data=form)

    assert answer.status_code == 400
    assert f"{planned[0].reference} is still under way" in words(answer)


def test_a_form_without_a_version_changes_nothing(ctx, supervisor, lived):
    assert supervisor.post(f"{NORTH}/close", data={"version": "x", "mark": ""}).status_code == 409
    assert supervisor.post("/dispatch/days/2026-11-30/north/close", data={"version": "0"}).status_code == 404
    with pytest.raises(NotFound):
        day_end.read_day(ctx, date(2026, 11, 30))


def test_a_closed_day_stays_as_it_was_closed_and_says_what_is_different(ctx, clock, supervisor, lived):
    form = form_of(supervisor.get(NORTH).get_data(as_text=True))
    supervisor.post(f"{NORTH}/close", data=form)
    version = store.jobs(ctx.store).require(lived["done"][0].id).version
    answer = supervisor.post(
        f"/dispatch/jobs/{lived['done'][0].id}/proof/return", data={"version": version, "reason": "photo-unclear"}
    )
    assert answer.status_code == 303

    shown = words(supervisor.get(NORTH))

    assert "Done 3 + called off 0 + carried over 2 = 5" in shown
    assert "Different since it was closed" in shown
    assert re.search(r"closed as done, now (proof sent back|held)", shown)
    assert "1 changed since" in words(supervisor.get(DAY))


def test_a_day_is_opened_again_and_then_shows_what_is_so_now(ctx, supervisor, lived):
    form = form_of(supervisor.get(NORTH).get_data(as_text=True))
    supervisor.post(f"{NORTH}/close", data=form)

    answer = supervisor.post(f"{NORTH}/open", data={"version": "1"})

    assert answer.status_code == 303
    assert "Opened again by Sam Rivers" in words(supervisor.get(NORTH))
    again = form_of(supervisor.get(NORTH).get_data(as_text=True))
    assert again["version"] == "2"
    assert supervisor.post(f"{NORTH}/close", data=again).status_code == 303


def test_opening_what_is_open_or_stale_is_told(ctx, supervisor, lived):
    assert supervisor.post(f"{NORTH}/open", data={"version": "0"}).status_code == 400
    form = form_of(supervisor.get(NORTH).get_data(as_text=True))
    supervisor.post(f"{NORTH}/close", data=form)
    stale = supervisor.post(f"{NORTH}/open", data={"version": "0"})
    assert stale.status_code == 409
    assert "Sam Rivers closed this day" in words(stale)


def test_the_use_case_refuses_what_the_page_never_sends(ctx, lived):
    mark = day_end.read_day(ctx, TUESDAY).mark("north")
    about = {"seen": day_end.Seen(0, mark), "cause": BY_HAND}

    with pytest.raises(NotFound):
        day_end.close_day(ctx, "nowhere", TUESDAY, {}, SIGNED, **about)
    with pytest.raises(DomainError):
        day_end.open_day(ctx, "north", TUESDAY, SIGNED, version=0, cause=BY_HAND)


# --- files and the API ----------------------------------------------------------------------------------------------


def test_the_files_have_a_row_for_each_job_and_each_crew(supervisor, lived):
    jobs, crews = rows_of(supervisor.get(f"{DAY}/jobs.csv")), rows_of(supervisor.get(f"{DAY}/crews.csv"))

    assert {row["reference"]: row["ended"] for row in jobs}[lived["left"].reference] == "Not reached"
    assert len(jobs) == 5
    (crew,) = [row for row in crews if row["planned"] != "0" and row["done"] == "3"]
    assert (crew["worked_minutes"], crew["tips"], crew["carried"]) == ("180", "1", "2")


@pytest.mark.parametrize("text", ["=1+1", "+44", "-2", "@SUM(A1)", "\tx", "\rx"])
def test_a_cell_is_never_a_formula(text):
    assert safe_cell(text) == f"'{text}"


def test_numbers_and_words_are_written_as_they_are():
    assert [safe_cell(cell) for cell in (-5, 2.5, None, "North 1")] == [-5, 2.5, "", "North 1"]


def test_a_title_that_looks_like_a_formula_is_harmless_in_the_file(ctx, supervisor, lived):
    job = store.jobs(ctx.store).require(lived["left"].id)
    store.jobs(ctx.store).save(replace(job, title="=HYPERLINK(1)"), at=TUESDAY_MORNING, cause=BY_HAND)

    assert "'=HYPERLINK(1)" in {row["what"] for row in rows_of(supervisor.get(f"{DAY}/jobs.csv"))}


def test_the_api_gives_the_day_with_the_address_of_every_number(program, supervisor, lived):
    call = program("manager")
    answer = call("GET", "/days/2026-11-17").get_json()

    assert (answer["balances"], answer["unaccounted"]) == (True, [])
    north = next(depot for depot in answer["depots"] if depot["depot_id"] == "north")
    assert (north["jobs"]["done"]["value"], north["work"]["worked_minutes"], north["state"]) == (3, 180, "open")
    assert "3 jobs" in words(supervisor.get(north["jobs"]["done"]["href"]))
    (crew,) = [crew for crew in north["crews"] if crew["crew_id"] == CREW]
    assert crew["shifts"][0]["worked_minutes"] == 180
    assert len(answer["items"]) == 5


def test_the_api_is_for_supervisors_and_managers_and_for_days_that_have_come(program):
    assert program("crew")("GET", "/days/2026-11-17").status_code == 403
    assert program("supervisor")("GET", "/days/2026-12-01").status_code == 404
    assert program("supervisor")("GET", "/days/never").status_code == 404


def test_the_api_describes_the_day(app):
    described = app.test_client().get("/api/scheduling/v1/openapi.json").get_json()

    assert "/api/scheduling/v1/days/{day}" in described["paths"]
    assert {"balances", "unaccounted", "depots"} <= described["components"]["schemas"]["DayItem"]["properties"].keys()


# --- the consumer of tips ---------------------------------------------------------------------------------------------


def tip_body(ctx):
    return next(event.body for event in ctx.store.log.read(after=0, limit=500) if event.type == "vehicle.tipped.v1")


def test_a_tip_is_kept_for_its_day(ctx, lived):
    (tip,) = day_end.read_day(ctx, TUESDAY).tips

    assert (tip.crew_id, len(tip.job_ids), tip.estimated_kg) == (CREW, 3, 750)


def test_the_same_tip_heard_of_again_is_kept_once(ctx, lived):
    deliver(ctx, tip_body(ctx), TIPS)

    assert len(day_end.read_day(ctx, TUESDAY).tips) == 1


def test_a_ticket_that_comes_before_its_tip_is_heard_of_counts_all_the_same(ctx, planned, pump):
    done(ctx, planned[0].id)
    vehicle = store.crews(ctx.store).require(CREW).vehicle_id
    tipping.tip_vehicle(ctx, vehicle, ctx.council.sites[0].id, crew_id=CREW, key="k", cause=BY_HAND)
    deliver(ctx, ticket_event(planned[0].id, 320), TICKETS)
    assert day_end.read_day(ctx, TUESDAY).tips == []

    pump.drain()

    assert day_end.read_day(ctx, TUESDAY).loads([CREW]).weighed_kg == 320


def test_two_workers_that_hear_of_a_tip_at_once_keep_it_once(ctx, lived, monkeypatch):
    monkeypatch.setattr(type(store.tips(ctx.store)), "get", lambda *_: None)  # as the other saw it a moment ago

    monkeypatch.setattr(tipping, "mark_jobs", lambda *_, **__: None)
    deliver(ctx, tip_body(ctx), TIPS)

    monkeypatch.undo()
    assert len(day_end.read_day(ctx, TUESDAY).tips) == 1
    assert ctx.store.find("parked", {}, limit=5).items == []


def test_a_tip_without_its_site_is_parked_and_kept_nowhere(ctx, lived):
    body = json.loads(tip_body(ctx))
    body["data"] = {name: value for name, value in body["data"].items() if name != "site_id"}
    body["id"] = new_id()

    deliver(ctx, json.dumps(body).encode(), TIPS)

    assert [parked["state"] for parked in ctx.store.find("parked", {}, limit=5).items] == ["dead"]
    assert len(day_end.read_day(ctx, TUESDAY).tips) == 1


# --- names ------------------------------------------------------------------------------------------------------------


def test_who_closed_a_day_is_found_given_out_and_taken_out(ctx, supervisor, lived):
    supervisor.post(f"{NORTH}/close", data=form_of(supervisor.get(NORTH).get_data(as_text=True)))
    subject = Subject(user_ids=frozenset({"user-supervisor"}))

    (held,) = privacy.find(ctx, subject)
    assert privacy.export(ctx, held).content["days"][0]["name"] == "Sam Rivers"
    privacy.erase(ctx, held)
    privacy.erase(ctx, held)

    assert privacy.find(ctx, subject) == []
    assert "Sam Rivers" not in words(supervisor.get(NORTH)).partition("Who closed it")[2]
    assert "by a member of staff" in words(supervisor.get(NORTH))


def test_after_the_councils_time_nobody_is_named_any_more(ctx, clock, supervisor, lived):
    supervisor.post(f"{NORTH}/close", data=form_of(supervisor.get(NORTH).get_data(as_text=True)))
    subject = Subject(user_ids=frozenset({"user-supervisor"}))
    time = timedelta(days=ctx.council.retention.left_name_days)

    clock.advance(time - timedelta(hours=1))
    FORGET_NAMES.run(ctx)
    assert len(privacy.find(ctx, subject)) == 1
    clock.advance(timedelta(hours=2))
    FORGET_NAMES.run(ctx)

    assert privacy.find(ctx, subject) == []
    record = day_end.read_day(ctx, TUESDAY).record("north")
    assert (record.is_closed, record.last.by, record.last.name) == (True, "user-supervisor", "")


def test_nobody_elses_days_are_found(ctx, lived):
    assert privacy.find(ctx, Subject(user_ids=frozenset({"user-9"}))) == []


def test_a_reason_that_nobody_knows_is_shown_as_it_is():
    assert [reason_words(code) for code in (None, "weather", "next-round", "odd")] == [
        "",
        "Weather",
        "Its next round has come",
        "odd",
    ]
