"""The register in a depot's day: who can be planned, with what, for which job, and the rule that is named where not."""

from datetime import UTC, date, datetime, timedelta

import pytest

from services.scheduling import beats, days, handlers, planner, planning, store
from services.scheduling.domain.register import said
from services.scheduling.duties import rota_warnings
from services.scheduling.register import edit
from services.scheduling.rounds.regimes import load_regimes
from services.scheduling.standings import GATE_KEYS
from shared.contracts.envelope import Cause
from shared.errors import DomainError

BY_HAND = Cause()
REPORT = "0199d7b2-0000-7000-8000-0000000002{:02d}"


def put(ctx, table, row_id=None, **changes):
    """Add a row, or change one."""
    known = edit.world_of(ctx).table(table).row(row_id) if row_id else None
    stored = {**(known.values if known else {"id": row_id or ""}), **changes}
    texts = {name: value if isinstance(value, list) else said(value) for name, value in stored.items()}
    return edit.put_row(ctx, table, texts, version=known.version if known else 0, by="Sam", cause=BY_HAND)


def north(ctx):
    return days.make_day(ctx, "north", ctx.clock.now()).day


def why_not(ctx, crew_id):
    """Return the rule and the words for which a crew is not planned."""
    day = north(ctx)
    assert crew_id not in day.crews
    return day.absent[crew_id].rule, day.absent[crew_id].words


def away(ctx, *people, since="2026-11-17", until=""):
    for person in people:
        put(ctx, "absences", person_id=person, from_on=since, to_on=until, kind="unplanned")


def test_crews_are_there_by_their_rotas_and_go_home_at_their_end(ctx):
    crews = north(ctx).crews

    assert {crew.id: (crew.start / 3600, crew.end / 3600) for crew in crews.values()} == {
        "crew-north-1": (10 + 40 / 60, 14),
        "crew-north-2": (10 + 40 / 60, 15.5),
        "crew-north-hit": (10 + 40 / 60, 16.5),
    }


def test_before_the_day_begins_shifts_begin_at_their_own_time(ctx, clock):
    clock.instant = datetime(2026, 11, 17, 5, tzinfo=UTC)

    crew = north(ctx).crews["crew-north-2"]

    assert (crew.start, crew.ready) == (7 * 3600, 7 * 3600 + 600)


def test_a_crew_off_shift_is_not_planned_and_its_name_says_why(ctx, clock):
    clock.instant = datetime(2026, 11, 21, 10, tzinfo=UTC)  # a Saturday

    assert north(ctx).crews == {}
    assert why_not(ctx, "crew-north-1") == ("off-shift", "North street crew 1 is not on shift")


def test_a_bank_holiday_is_a_day_off(ctx, clock):
    clock.instant = datetime(2026, 12, 28, 10, tzinfo=UTC)  # the Monday after Boxing Day

    assert why_not(ctx, "crew-north-1")[0] == "off-shift"


def test_a_crew_that_has_signed_on_is_at_work_whatever_its_rota_says(ctx, clock):
    clock.instant = datetime(2026, 11, 21, 10, tzinfo=UTC)
    handlers.start_shift(ctx, "crew-north-1", cause=BY_HAND)

    assert set(north(ctx).crews) == {"crew-north-1"}


@pytest.mark.parametrize(
    ("day", "begins_utc"),
    [(date(2026, 3, 27), 6), (date(2026, 3, 30), 5), (date(2026, 10, 23), 5), (date(2026, 10, 26), 6)],
)
def test_around_the_clock_changes_a_shift_begins_by_the_councils_clock_and_is_as_long_as_ever(
    ctx, clock, day, begins_utc
):
    clock.instant = datetime(day.year, day.month, day.day, 3, tzinfo=UTC)

    made = days.make_day(ctx, "north", clock.now())

    crew = made.day.crews["crew-north-1"]
    assert made.frame.instant(crew.start) == datetime(day.year, day.month, day.day, begins_utc, tzinfo=UTC)
    assert crew.end - crew.start == 8 * 3600


@pytest.mark.parametrize(("day", "begins_utc"), [(date(2026, 3, 29), 8), (date(2026, 10, 25), 9)])
def test_on_the_days_clocks_change_a_shift_and_a_site_keep_the_councils_clock(ctx, clock, day, begins_utc):
    clock.instant = datetime(day.year, day.month, day.day, 3, tzinfo=UTC)

    made = days.make_day(ctx, "central", clock.now())

    crew, site = made.day.crews["crew-central-hit"], made.day.sites["eastern-recycling-park"]
    assert made.frame.instant(crew.start) == datetime(day.year, day.month, day.day, begins_utc, tzinfo=UTC)
    assert crew.end - crew.start == 6.5 * 3600
    assert made.frame.clock(site.opens) == "7:00am"


def test_too_few_people_are_named(ctx):
    away(ctx, "p-001", "p-002")  # and p-003 is on leave already

    assert why_not(ctx, "crew-north-1") == (
        "short-handed",
        "North street crew 1 is short-handed: nobody is there, and it takes 2",
    )


def test_an_absence_counts_on_its_days_only(ctx):
    away(ctx, "p-001", since="2026-11-18")

    assert "crew-north-1" in north(ctx).crews


def test_a_crew_without_anybody_is_named_where_people_are_entered_at_all(ctx):
    for person in ("p-004", "p-005", "p-006"):
        version = edit.world_of(ctx).table("people").require(person).version
        edit.retire_row(ctx, "people", person, version=version, by="Sam", cause=BY_HAND)

    assert why_not(ctx, "crew-north-2") == ("short-handed", "nobody is entered for North street crew 2")


def test_a_vehicle_without_a_driver_with_its_licence_is_sent_nowhere_and_the_plan_says_so(ctx, make_job):
    job = make_job(REPORT.format(1))
    put(ctx, "people", "p-007", licences=["B"])
    put(ctx, "people", "p-008", licences=[])
    assert north(ctx).crews["crew-north-hit"].may_drive is False
    away(ctx, *(f"p-00{number}" for number in (1, 2, 4, 5)))  # only the heavy lorry is left

    plan = planning.request_plan(ctx, "north", by="user-1", cause=BY_HAND)
    planner.plan_next(ctx, seconds=0.3)

    found = store.plans(ctx.store).require(plan.id).proposal
    assert [(left.job_id, left.reason) for left in found.unplanned] == [(job.id, "no-licence")]


def test_an_expired_licence_is_none(ctx):
    put(ctx, "people", "p-001", licence_until="2026-11-16")
    put(ctx, "people", "p-002", licence_until="2026-11-16")

    assert north(ctx).crews["crew-north-1"].may_drive is False


def test_a_vehicle_that_the_register_takes_off_the_road_is_named(ctx):
    put(ctx, "vehicles", "tipper-101", off_road_from="2026-11-17")

    assert why_not(ctx, "crew-north-1") == ("off-road", "DEMO-101, the vehicle of North street crew 1, is off the road")


def test_a_crew_without_a_vehicle_is_named(ctx):
    put(ctx, "crews", "crew-north-1", vehicle_id="")

    assert why_not(ctx, "crew-north-1") == ("no-vehicle", "North street crew 1 has no vehicle")


def test_a_published_plan_is_refused_with_the_absence_that_came_since(ctx, make_job):
    make_job(REPORT.format(1))
    plan = planning.request_plan(ctx, "north", by="user-1", cause=BY_HAND)
    planner.plan_next(ctx, seconds=0.3)
    planned = store.plans(ctx.store).require(plan.id)
    crew_id = planned.proposal.stops[0].crew_id
    away(
        ctx, *(person.id for person in edit.world_of(ctx).people if crew_id in person.crew_ids and person.id != "p-003")
    )

    with pytest.raises(DomainError, match="is short-handed: nobody is there"):
        planning.publish_plan(ctx, plan.id, version=None, cause=BY_HAND)


def test_needles_go_to_who_is_trained_for_them(ctx, make_job):
    job = make_job(REPORT.format(1), waste_type="clinical")
    day = north(ctx)

    able = {crew.id for crew in day.crews.values() if crew.can_do(day.jobs[job.id])}

    assert able == {"crew-north-2", "crew-north-hit"}
    assert day.crews["crew-north-1"].lacks(day.jobs[job.id]) == {"the ticket “needles and sharps”"}


def test_training_that_is_away_today_is_not_there(ctx, make_job):
    job = make_job(REPORT.format(1), waste_type="clinical")
    away(ctx, "p-004")
    put(ctx, "people", "p-005", tickets=[])

    day = north(ctx)

    assert day.crews["crew-north-2"].lacks(day.jobs[job.id])


def test_a_gated_alley_needs_keys_and_a_narrow_vehicle(ctx, make_job):
    place = ctx.council.gazetteer.place("alley-behind-kelmscott-road")
    job = make_job(
        REPORT.format(1),
        place={
            "lat": place.lat,
            "lon": place.lon,
            "easting": 335000,
            "northing": 392000,
            "place_id": place.id,
            "place_precision": "exact",
            "ward": "everton-north",
            "neighbourhood": place.neighbourhood,
        },
    )
    day = north(ctx)
    planned = day.jobs[job.id]

    assert planned.needs == {GATE_KEYS}
    assert [crew.id for crew in day.crews.values() if crew.can_do(planned)] == ["crew-north-1"]
    assert not day.crews["crew-north-hit"].gets_to(planned)


def test_a_site_that_is_shut_on_the_day_is_not_there(ctx):
    put(ctx, "sites", "dock-road-transfer", days=["sat"])
    put(ctx, "sites", "eastern-recycling-park", opens="11:00", ewc_codes=["200307"])

    sites = north(ctx).sites

    assert set(sites) == {"eastern-recycling-park", "southern-treatment-centre"}
    assert sites["eastern-recycling-park"].opens == 11 * 3600
    assert sites["eastern-recycling-park"].materials == {"200307"}


def test_an_electric_vehicle_has_the_range_that_it_has_not_driven_yet(ctx, make_job, photo):
    put(ctx, "vehicles", "tipper-101", fuel="electric", range_km="60")
    handlers.start_shift(ctx, "crew-north-1", cause=BY_HAND)
    assert north(ctx).crews["crew-north-1"].range_metres == 60_000
    job = make_job(REPORT.format(1))
    handlers.assign_job(ctx, job.id, "crew-north-1", version=None, key=None, cause=BY_HAND)
    handlers.start_job(ctx, job.id, version=None, key=None, cause=BY_HAND)
    done = handlers.Finish("not-found")
    handlers.complete_job(ctx, job.id, done, version=None, key=None, cause=BY_HAND)

    crew = north(ctx).crews["crew-north-1"]

    assert 40_000 < crew.range_metres < 60_000
    assert crew.fuel == "electric"


def test_a_job_without_a_deadline_has_that_of_the_service_standard(ctx, make_job):
    job = make_job(REPORT.format(1), deadline=None, priority=None)

    made = days.make_day(ctx, "north", ctx.clock.now())

    due = made.frame.instant(made.day.jobs[job.id].deadline)
    assert due - job.created_at > timedelta(days=6)  # five working days from a Tuesday are the next Tuesday


def test_drivers_hours_that_a_plan_would_break_are_warnings_and_not_refusals(ctx, clock):
    clock.instant = datetime(2026, 11, 17, 4, tzinfo=UTC)
    put(ctx, "patterns", "early", starts="06:00", ends="18:30")
    put(ctx, "vehicles", "tipper-101", payload_kg="1500", licence_needed="C1")
    for person in ("p-001", "p-002"):
        put(ctx, "people", person, licences=["C1"])
    away(ctx, "p-004", "p-005", "p-007", "p-008", "p-009", until="2026-11-17")
    for place in ("pinehurst-close", "rosslyn-avenue", "upton-grove"):
        about = {"name": f"Sweep {place}", "place_id": place, "depot_id": "north", "days": ["tue"], "priority": "1"}
        put(ctx, "beats", **about, every_weeks="1", minutes="215", from_on="2026-11-16")
    beats.make_beat_jobs(ctx)
    plan = planning.request_plan(ctx, "north", by="user-1", cause=BY_HAND)

    planner.plan_next(ctx, seconds=0.3)

    found = store.plans(ctx.store).require(plan.id)
    assert found.state == "proposed"
    assert len(found.proposal.stops) == 3
    (warned,) = [each for each in found.proposal.warnings if "11 hours on duty" in each.words]
    assert warned.words.startswith("North street crew 1: 11 hours ")
    assert warned.verified


def test_every_limit_says_where_it_comes_from_and_whether_it_was_checked():
    limits = [limit for regime in load_regimes().values() for limit in regime.limits]

    assert all(limit.source for limit in limits)
    assert {limit.about for limit in limits if limit.verified} == {"daily-driving", "daily-duty"}


def test_a_rota_that_leaves_too_little_rest_and_too_long_a_week_is_a_warning(ctx):
    put(ctx, "patterns", "night-before", name="Night before", kind="weekly", starts="15:00", ends="23:00", days=["sun"])
    put(ctx, "patterns", "saturday", name="Saturday", kind="weekly", starts="08:00", ends="16:00", days=["sat"])
    for pattern in ("night-before", "saturday"):
        put(ctx, "rotas", crew_id="crew-north-1", pattern_id=pattern, from_on="2026-11-16")

    words = [each.words for each in rota_warnings(edit.world_of(ctx)) if each.words.startswith("Ada Madeup")]

    assert words[0].startswith("Ada Madeup: 7 hours between the shifts of 22 November and the next")
    assert words[1].startswith("Ada Madeup: 54 hours 7 minutes a week")  # bank holidays counted


def test_nobodys_rota_meets_a_limit_in_the_example(ctx):
    assert rota_warnings(edit.world_of(ctx)) == []


def test_asbestos_that_a_contractor_has_taken_is_recorded_and_is_on_no_vehicle_of_the_council(ctx, make_job, photo):
    job = make_job(REPORT.format(1), waste_type="asbestos")
    with pytest.raises(DomainError, match="Only a licensed contractor may take it"):
        handlers.assign_job(ctx, job.id, "crew-north-1", version=None, key=None, cause=BY_HAND)

    handlers.assign_job(ctx, job.id, "contractor-asbestos", version=None, key=None, cause=BY_HAND)
    handlers.start_job(ctx, job.id, version=None, key=None, cause=BY_HAND)
    finish = handlers.Finish("cleared", photo=photo)
    done = handlers.complete_job(ctx, job.id, finish, version=None, key=None, cause=BY_HAND)

    assert (done.state, done.vehicle_id) == ("completed", None)
    assert store.crews_on_shift(ctx.store) == frozenset()  # a contractor's people are not the depot's


def test_where_nobody_can_be_planned_each_crew_has_its_reason(ctx, clock, make_job):
    clock.instant = datetime(2026, 11, 21, 10, tzinfo=UTC)  # a Saturday
    put(ctx, "vehicles", "tipper-102", off_road_from="2026-11-20")
    make_job(REPORT.format(1))
    plan = planning.request_plan(ctx, "north", by="user-1", cause=BY_HAND)

    planner.plan_next(ctx, seconds=0.3)

    found = store.plans(ctx.store).require(plan.id)
    assert found.state == "failed"
    assert "North street crew 1 is not on shift; DEMO-102, the vehicle of North street crew 2, is off" in found.problem
