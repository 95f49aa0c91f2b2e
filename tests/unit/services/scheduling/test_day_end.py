"""A day's jobs, each once, from what became of them: random days over both changes of the clocks, and single cases."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.scheduling.domain import day_record, fleet, late, supervising
from services.scheduling.domain import job as rules
from services.scheduling.domain.day_end import (
    ENDINGS,
    ORIGINS,
    PLANNED,
    DayFacts,
    account_for,
    reconcile,
    tally,
    unaccounted,
)
from services.scheduling.domain.day_record import Signature
from services.scheduling.domain.entry import CrewEntry, add_entry
from services.scheduling.domain.fleet import FORGOTTEN, Crew
from services.scheduling.domain.trail import MARKS_KEPT, days_of, noted, stood_at
from services.scheduling.domain.worked import TipRecord, loads_of, worked
from shared.calendar import london_date, london_day
from shared.errors import DomainError

from .made import CREW, OTHER_CREW, SIZE_KG, make_completion, make_job

ORDINARY, SPRING, AUTUMN = date(2026, 11, 17), date(2026, 3, 29), date(2026, 10, 25)
CREWS = {CREW.id: CREW, OTHER_CREW.id: OTHER_CREW}
SOMEBODY = Signature("closed", datetime.fromisoformat("2026-11-17T18:00+00:00"), "user-1", "Sam Rivers")
REASONS = {"not-reached": "Not reached", "took-longer": "The jobs before it took longer"}


def facts_of(day, planned=(), absent=()):
    return DayFacts(
        day, dict.fromkeys(planned, CREW.id), frozenset(absent), {crew.id: crew.depot_id for crew in CREWS.values()}
    )


def at(day, hours):
    return london_day(day)[0] + timedelta(hours=hours)


def lived(job, *steps):
    """Return the job after steps, each an instant and what is done then, saved as the store saves it."""
    job = noted(job, job.created_at)
    for instant, do in steps:
        done = do(job, instant)
        job = noted(done[0] if isinstance(done, tuple) else done, instant)
    return job


def give(crew=CREW, **about):
    return lambda job, now: rules.assign(job, crew, at=now, **about)


def begin(job, now):
    return rules.start(job, at=now)


def finish(outcome="cleared"):
    return lambda job, now: rules.complete(
        job, make_completion(outcome=outcome), vehicle_id="van-1", size_kg=SIZE_KG, at=now
    )


def fresh(day, hours=7, **changes):
    """Return a job that is due far off, made on a day."""
    return make_job(created_at=at(day, hours), deadline=at(day, 24 * 9), **changes)


def one(job, day, **about):
    return account_for(job, facts_of(day, **about))


def test_a_planned_job_that_was_done_is_planned_and_done():
    job = lived(fresh(ORDINARY), (at(ORDINARY, 8), give()), (at(ORDINARY, 9), begin), (at(ORDINARY, 10), finish()))

    row = one(job, ORDINARY, planned=[job.id])

    assert (row.origin, row.ending, row.side, row.crew_id) == ("planned", "done", "done", CREW.id)
    assert one(job, ORDINARY - timedelta(days=1)) is None
    assert one(job, ORDINARY + timedelta(days=1)) is None


@pytest.mark.parametrize(
    ("changes", "origin"),
    [({"channel": "crew"}, "crew-found"), ({"priority": 1}, "urgent"), ({}, "by-hand")],
)
def test_a_job_that_no_plan_had_says_how_it_came(changes, origin):
    job = lived(fresh(ORDINARY, **changes), (at(ORDINARY, 8), give()))

    assert (one(job, ORDINARY).origin, one(job, ORDINARY).ending) == (origin, "not-reached")


def test_a_job_that_stays_on_a_list_is_of_every_day_until_it_is_done():
    tuesday, next_day = ORDINARY, ORDINARY + timedelta(days=1)
    job = lived(
        fresh(tuesday), (at(tuesday, 8), give()), (at(tuesday, 48 + 9), begin), (at(tuesday, 48 + 10), finish())
    )

    assert [one(job, tuesday + timedelta(days=day)).origin for day in range(3)] == [
        "by-hand",
        "carried-in",
        "carried-in",
    ]
    assert [one(job, tuesday + timedelta(days=day)).ending for day in range(3)] == [
        "not-reached",
        "not-reached",
        "done",
    ]
    assert next_day in days_of(job)


@pytest.mark.parametrize(
    ("last", "ending", "reason"),
    [
        (lambda job, now: rules.defer(job, "weather", until=None, at=now), "put-off", "weather"),
        (lambda job, now: rules.cancel(job, "duplicate", at=now), "cancelled", "duplicate"),
        (lambda job, now: rules.hold(job, by="supervisor", at=now), "held", None),
        (lambda job, now: rules.withdraw(job), "taken-off", "by-plan"),
        (lambda job, now: rules.withdraw(job, rules.CREW_ABSENT), "crew-absent", "crew-absent"),
        (lambda job, now: rules.withdraw(job, rules.VEHICLE_OFF_ROAD), "vehicle-off-road", "vehicle-off-road"),
        (lambda job, now: late.hand_back(job, CREW.id, "no-time"), "handed-back", "no-time"),
        (begin, "under-way", None),
    ],
)
def test_what_became_of_a_job_on_a_list_is_told_with_its_reason(last, ending, reason):
    job = lived(fresh(ORDINARY), (at(ORDINARY, 8), give()), (at(ORDINARY, 15), last))

    row = one(job, ORDINARY, planned=[job.id])

    assert (row.ending, row.reason, row.crew_id) == (ending, reason, CREW.id)


def test_a_crew_that_was_there_and_could_not_finish_is_an_exception():
    job = lived(
        fresh(ORDINARY),
        (at(ORDINARY, 8), give()),
        (at(ORDINARY, 9), begin),
        (at(ORDINARY, 10), finish("access-blocked")),
    )

    assert (one(job, ORDINARY).ending, one(job, ORDINARY).reason) == ("exception", "access-blocked")


def test_proof_that_was_sent_back_is_not_done():
    steps = [(at(ORDINARY, 8), give()), (at(ORDINARY, 9), begin), (at(ORDINARY, 10), finish())]
    back = (at(ORDINARY, 11), lambda job, now: supervising.return_proof(job, "photo-unclear", at=now))

    row = one(lived(fresh(ORDINARY), *steps, back), ORDINARY)

    assert (row.ending, row.reason) == ("sent-back", "photo-unclear")


def test_a_job_is_carried_over_to_where_it_turned_up_next():
    tuesday, friday = ORDINARY, ORDINARY + timedelta(days=3)
    left = (at(tuesday, 15), lambda job, now: late.hand_back(job, CREW.id, "no-time"))
    job = lived(fresh(tuesday), (at(tuesday, 8), give()), left)

    assert one(job, tuesday).until is None
    assert one(replace(job, expected_on=friday), tuesday).until == friday
    assert one(lived(fresh(tuesday), (at(tuesday, 8), give())), tuesday).until == tuesday + timedelta(days=1)
    again = noted(rules.assign(job, CREW, at=at(tuesday, 48 + 8))[0], at(tuesday, 48 + 8))
    assert one(again, tuesday).until == tuesday + timedelta(days=2)


def test_the_list_of_a_crew_that_was_not_there_is_not_called_not_reached():
    job = lived(fresh(ORDINARY), (at(ORDINARY, 8), give()))

    assert one(job, ORDINARY, absent=[CREW.id]).ending == "crew-absent"


def test_a_job_that_was_due_and_on_nobodys_list_is_of_the_day():
    job = lived(replace(fresh(ORDINARY, 7 - 48), deadline=at(ORDINARY, 15)))

    assert (one(job, ORDINARY).origin, one(job, ORDINARY).ending) == ("off-list", "not-given")
    assert one(job, ORDINARY - timedelta(days=1)) is None
    assert days_of(job) == {ORDINARY}


def test_a_job_that_comes_due_again_is_of_the_day_that_it_was_put_off_to():
    job = lived(
        fresh(ORDINARY),
        (at(ORDINARY, 9), lambda job, now: rules.defer(job, "weather", until=ORDINARY + timedelta(days=2), at=now)),
        (at(ORDINARY, 48.1), lambda job, now: supervising.come_due(job, london_date(now))),
    )

    assert (one(job, ORDINARY).ending, one(job, ORDINARY).until) == ("put-off", ORDINARY + timedelta(days=2))
    assert one(job, ORDINARY + timedelta(days=1)) is None
    assert one(job, ORDINARY + timedelta(days=2)).ending == "not-given"


def test_a_campaigns_visit_is_of_its_own_day_and_not_of_the_one_it_was_built_on():
    due = ORDINARY + timedelta(days=1)
    made = fresh(ORDINARY, campaign_id="c", state="deferred", waits_because=rules.CAMPAIGN_DAY, waits_until=due)
    job = lived(made, (at(due, 0.1), lambda job, now: supervising.come_due(job, london_date(now))))

    assert one(job, ORDINARY) is None
    assert one(job, due).origin == "off-list"


def test_what_a_crew_handed_back_is_on_tomorrows_list_from_tomorrow():
    tuesday, wednesday = ORDINARY, ORDINARY + timedelta(days=1)

    def back(job, now):
        handed, facts = late.hand_back(job, CREW.id, "no-time")
        told = CrewEntry("act-1", "hand-back", CREW.id, now, now, "done", reason="no-time")
        return replace(handed, entries=add_entry(handed.entries, told)), facts

    job = lived(fresh(tuesday), (at(tuesday, 8), give()), (at(tuesday, 15), back), (at(tuesday, 24 + 5), give()))

    assert (one(job, tuesday).ending, one(job, tuesday).reason) == ("handed-back", "no-time")
    assert one(job, tuesday).until == wednesday
    assert (one(job, wednesday).origin, one(job, wednesday).ending) == ("by-hand", "not-reached")


def test_a_handing_back_that_is_heard_of_late_was_then():
    def back(job, _):
        handed, facts = late.hand_back(job, CREW.id, "no-time")
        told = CrewEntry("act-1", "hand-back", CREW.id, at(ORDINARY, 15), at(ORDINARY, 30), "done", reason="no-time")
        return replace(handed, entries=add_entry(handed.entries, told)), facts

    job = lived(fresh(ORDINARY), (at(ORDINARY, 8), give()), (at(ORDINARY, 30), back))

    assert one(job, ORDINARY).ending == "handed-back"
    assert one(job, ORDINARY + timedelta(days=1)) is None


def test_what_a_phone_told_in_the_evening_was_done_at_noon():
    cancelled = lived(
        fresh(ORDINARY), (at(ORDINARY, 8), give()), (at(ORDINARY, 14), lambda job, now: rules.cancel(job, "not-ours"))
    )
    meant = late.Meant("finish", CREW, at(ORDINARY, 12), "cleared")
    ruling = late.rule(cancelled, meant)
    done, _ = late.finish(cancelled, meant, ruling, make_completion(), size_kg=SIZE_KG)
    job = noted(done, at(ORDINARY, 30))

    assert one(job, ORDINARY).ending == "done"
    assert one(job, ORDINARY + timedelta(days=1)) is None


def test_a_job_of_todays_plan_that_was_done_the_day_before_is_accounted_for():
    early = lived(fresh(ORDINARY, 7 - 24), (at(ORDINARY, 8 - 24), give()), (at(ORDINARY, 9 - 24), begin))
    done, _ = rules.complete(early, make_completion(), vehicle_id="van-1", size_kg=SIZE_KG, at=at(ORDINARY, 15 - 24))
    job = noted(done, at(ORDINARY, 9))

    assert one(job, ORDINARY, planned=[job.id]).ending == "done-earlier"
    assert one(job, ORDINARY - timedelta(days=1)).ending == "done"


def test_a_planned_job_that_nothing_is_known_of_is_listed():
    assert unaccounted([], facts_of(ORDINARY, planned=["gone"])) == ["gone"]


@pytest.mark.parametrize(("day", "hours"), [(SPRING, 23), (AUTUMN, 25), (ORDINARY, 24)])
def test_a_day_has_the_hours_that_the_clocks_give_it(day, hours):
    last = at(day, hours) - timedelta(minutes=1)
    steps = [(last - timedelta(minutes=30), give()), (last - timedelta(minutes=10), begin), (last, finish())]

    job = lived(fresh(day), *steps)

    assert one(job, day).ending == "done"
    assert one(job, day + timedelta(days=1)) is None


def test_the_marks_of_a_job_are_not_kept_for_ever():
    job = noted(fresh(ORDINARY), at(ORDINARY, 7))
    for number in range(MARKS_KEPT + 40):
        crew = (CREW, OTHER_CREW)[number % 2]
        job = noted(rules.assign(job, crew, at=at(ORDINARY, 8))[0], at(ORDINARY, 8 + number / 60))

    assert len(job.trail) == MARKS_KEPT
    assert stood_at(job.trail, at(ORDINARY, 20)).crew_id == job.crew_id


ACTIONS = {
    "give": lambda job, now: rules.assign(job, CREW, at=now),
    "give-other": lambda job, now: rules.assign(job, OTHER_CREW, at=now),
    "plan": lambda job, now: rules.assign(job, CREW, at=now, plan_id="plan"),
    "withdraw": lambda job, now: rules.withdraw(job),
    "absent": lambda job, now: rules.withdraw(job, rules.CREW_ABSENT),
    "off-road": lambda job, now: rules.withdraw(job, rules.VEHICLE_OFF_ROAD),
    "hand-back": lambda job, now: late.hand_back(job, job.crew_id, "no-time") if job.crew_id else (job, []),
    "start": begin,
    "clear": finish(),
    "nothing": finish("not-found"),
    "blocked": finish("access-blocked"),
    "part": finish("part-cleared"),
    "defer": lambda job, now: rules.defer(job, "weather", until=None, at=now),
    "defer-on": lambda job, now: rules.defer(job, "no-capacity", until=london_date(now) + timedelta(days=1), at=now),
    "due": lambda job, now: supervising.come_due(job, london_date(now)),
    "cancel": lambda job, now: rules.cancel(job, "no-longer-needed", at=now),
    "merge": lambda job, now: rules.cancel(job, "report-merged", at=now),
    "hold": lambda job, now: rules.hold(job, by="supervisor", at=now),
    "release": lambda job, now: rules.release(job),
    "send-back": lambda job, now: supervising.return_proof(job, "photo-unclear", at=now),
}
JOBS = 6
DAYS = 3


@st.composite
def lives(draw):
    """Draw a first day, jobs of several kinds, and what is done with which of them when, in the order of time."""
    day = draw(st.sampled_from([ORDINARY, SPRING, AUTUMN]))
    jobs = [
        fresh(
            day,
            draw(st.integers(-30, 40)),
            id=f"job-{number}",
            reference=f"FT-0000000{number}",
            channel=draw(st.sampled_from(["web", "crew"])),
            priority=draw(st.sampled_from([1, 3])),
        )
        for number in range(JOBS)
    ]
    due = draw(st.lists(st.integers(0, 70), min_size=JOBS, max_size=JOBS))
    jobs = [replace(job, deadline=at(day, hours)) for job, hours in zip(jobs, due, strict=True)]
    steps = draw(
        st.lists(
            st.tuples(st.integers(0, DAYS * 24 * 60 - 61), st.integers(0, JOBS - 1), st.sampled_from(sorted(ACTIONS))),
            max_size=60,
        )
    )
    return day, jobs, sorted(steps)


def acted(job, name, now):
    """Return the job after an action, or as it is where the action is refused."""
    try:
        changed, _ = ACTIONS[name](job, now)
    except DomainError:
        return job
    return changed


def simulate(day, jobs, steps):
    """Return the jobs after all steps, what each was like at every midnight, and which job each plan of a day had."""
    start = london_day(day)[0]
    ends = [london_day(day + timedelta(days=number))[1] for number in range(DAYS)]
    now_jobs = {job.id: noted(job, job.created_at) for job in jobs}
    midnights, planned, listed = [], [set() for _ in range(DAYS)], [set() for _ in range(DAYS)]
    moments = [(start + timedelta(minutes=minute), f"job-{number}", name) for minute, number, name in steps]
    for which, end in enumerate(ends):
        listed[which] |= {job_id for job_id, job in now_jobs.items() if job.state in ("assigned", "started")}
        for instant, job_id, name in [moment for moment in moments if moment[0] < end]:
            if now_jobs[job_id].created_at > instant:
                continue
            before = now_jobs[job_id]
            now_jobs[job_id] = noted(acted(before, name, instant), instant)
            if now_jobs[job_id].state in ("assigned", "started"):
                listed[which].add(job_id)
            if name == "plan" and now_jobs[job_id] != before:
                planned[which].add(job_id)
        moments = [moment for moment in moments if moment[0] >= end]
        midnights.append(dict(now_jobs))
    return now_jobs, midnights, planned, listed


@settings(max_examples=300, deadline=None)
@given(lives())
def test_every_job_of_a_random_day_is_accounted_for_exactly_once(life):
    day, jobs, steps = life
    final, midnights, planned, listed = simulate(day, jobs, steps)

    for which in range(DAYS):
        facts = facts_of(day + timedelta(days=which), planned[which])
        rows = {row.job_id: row for row in reconcile(final.values(), facts)}
        made = tally(list(rows.values()))

        assert len(rows) == len(reconcile(final.values(), facts))
        assert unaccounted(list(rows.values()), facts) == []
        assert made.balances
        assert made.into == len(rows)
        assert made.planned == len(planned[which])
        assert listed[which] <= rows.keys()
        assert all(row.origin in ORIGINS and row.ending in ENDINGS for row in rows.values())
        check_against_midnight(rows, midnights, which, day)


def check_against_midnight(rows, midnights, which, day):
    """Compare rows that were worked out afterwards with what every job was like at that midnight."""
    start = london_day(day + timedelta(days=which))[0]
    for job_id, job in midnights[which].items():
        finished_today = job.state == "completed" and job.completed_at >= start
        assert (job_id in rows and rows[job_id].ending == "done") == finished_today
        if job.state in ("assigned", "started"):
            assert rows[job_id].side == "carried"
            assert rows[job_id].crew_id == job.crew_id
        if job_id in rows and job.state == "cancelled":
            assert rows[job_id].side == "called-off"
        if job_id in rows and rows[job_id].origin == PLANNED and job.state == "deferred" and not job.held:
            assert rows[job_id].ending in ("put-off", "exception")


@settings(max_examples=100, deadline=None)
@given(lives())
def test_a_job_that_is_of_a_day_can_be_found_by_the_day(life):
    day, jobs, steps = life
    final, _, planned, _ = simulate(day, jobs, steps)

    for which in range(DAYS):
        facts = facts_of(day + timedelta(days=which), planned[which])
        for row in reconcile(final.values(), facts):
            job = final[row.job_id]
            is_on_a_list_still = job.is_active and job.crew_id is not None
            assert facts.day in days_of(job) or is_on_a_list_still or row.job_id in facts.planned


def rows_of(*jobs, day=ORDINARY):
    return reconcile(jobs, facts_of(day))


def test_closing_gives_every_job_that_nobody_explained_a_reason():
    first = lived(fresh(ORDINARY, id="a"), (at(ORDINARY, 8), give()))
    second = lived(fresh(ORDINARY, id="b"), (at(ORDINARY, 8), give()))

    closed = day_record.close(
        day_record.new_record("north", ORDINARY), rows_of(first, second), {"a": "took-longer"}, SOMEBODY, known=REASONS
    )

    assert closed.reasons == {"a": "took-longer", "b": "not-reached"}
    assert (closed.is_closed, closed.last.name, closed.people) == (True, "Sam Rivers", ("user-1",))


def test_what_was_given_to_nobody_is_not_called_not_reached():
    job = lived(replace(fresh(ORDINARY, 7 - 48), deadline=at(ORDINARY, 15)))
    known = {"not-given": "No crew or vehicle for it that day"}

    closed = day_record.close(day_record.new_record("north", ORDINARY), rows_of(job), {}, SOMEBODY, known=known)

    assert closed.reasons == {job.id: "not-given"}


def test_a_reason_that_is_not_on_the_list_is_refused_at_its_field():
    job = lived(fresh(ORDINARY), (at(ORDINARY, 8), give()))

    with pytest.raises(DomainError) as refused:
        day_record.close(
            day_record.new_record("north", ORDINARY), rows_of(job), {job.id: "bored"}, SOMEBODY, known=REASONS
        )

    assert refused.value.field == f"reason-{job.id}"


def test_a_day_is_closed_once_and_opened_once():
    closed = day_record.close(day_record.new_record("north", ORDINARY), [], {}, SOMEBODY, known=REASONS)

    with pytest.raises(DomainError, match="closed by Sam Rivers already"):
        day_record.close(closed, [], {}, SOMEBODY, known=REASONS)
    again = day_record.open_again(closed, replace(SOMEBODY, what="opened"))
    with pytest.raises(DomainError, match="open already"):
        day_record.open_again(again, SOMEBODY)
    assert [each.what for each in again.signatures] == ["closed", "opened"]


def test_what_arrives_after_closing_is_told_as_a_difference():
    job = lived(fresh(ORDINARY), (at(ORDINARY, 8), give()))
    closed = day_record.close(day_record.new_record("north", ORDINARY), rows_of(job), {}, SOMEBODY, known=REASONS)
    done = lived(fresh(ORDINARY), (at(ORDINARY, 8), give()), (at(ORDINARY, 9), begin), (at(ORDINARY, 10), finish()))

    (pair,) = day_record.differences(closed.rows, rows_of(done))

    assert [row.ending for row in pair] == ["not-reached", "done"]
    assert day_record.differences(closed.rows, rows_of(job)) == []
    assert day_record.differences(closed.rows, [])[0][1] is None


def test_a_name_can_be_taken_out_of_a_day():
    closed = day_record.close(day_record.new_record("north", ORDINARY), [], {}, SOMEBODY, known=REASONS)

    bare = day_record.without_name(closed, "user-1")

    assert (bare.last.by, bare.last.name, bare.people) == ("user-1", "", ())
    assert day_record.without_name(closed, "user-2") == closed


@pytest.mark.parametrize(("day", "minutes"), [(SPRING, 7 * 60), (AUTUMN, 9 * 60), (ORDINARY, 8 * 60)])
def test_a_night_shift_has_the_hours_that_were_really_worked(day, minutes):
    evening = datetime.combine(day - timedelta(days=1), datetime.min.time()).replace(hour=22)
    began, ended = (london_date_time(moment) for moment in (evening, evening + timedelta(hours=8)))

    shift = worked(fleet.Shift("s", CREW.id, "north", None, began, ended), ended)

    assert shift.worked_minutes == minutes


def london_date_time(local):
    from zoneinfo import ZoneInfo

    return local.replace(tzinfo=ZoneInfo("Europe/London")).astimezone(ZoneInfo("UTC"))


def test_breaks_are_not_work_and_a_shift_that_nobody_ended_has_no_hours():
    began = at(ORDINARY, 6)
    pause = fleet.Break("b", at(ORDINARY, 10), at(ORDINARY, 10.5))
    ended = fleet.Shift("s", CREW.id, "north", None, began, at(ORDINARY, 14), breaks=(pause,))

    assert (worked(ended, began).worked_minutes, worked(ended, began).break_minutes) == (450, 30)
    running = worked(replace(ended, ended_at=None), at(ORDINARY, 12))
    assert (running.worked_minutes, running.is_running) == (330, True)
    forgotten = worked(replace(ended, ended_at=None), began + FORGOTTEN)
    assert (forgotten.worked_minutes, forgotten.is_running) == (None, False)


def test_loads_are_counted_by_site_and_say_what_was_not_weighed_yet():
    tips = [
        TipRecord(f"tip-{number}", CREW.id, "van-1", site, at(ORDINARY, 10), (), 250)
        for number, site in enumerate(["bootle", "bootle", "dock"])
    ]

    loads = loads_of(tips, {"tip-0": 300})

    assert (loads.tips, loads.estimated_kg, loads.weighed_kg, loads.unweighed) == (3, 750, 300, 2)
    assert loads.by_site == {"bootle": 2, "dock": 1}


def test_a_crew_of_another_depot_takes_the_job_to_its_own_day():
    south = Crew("south-1", "South 1", "south", "van-9", "street")
    job = lived(fresh(ORDINARY), (at(ORDINARY, 8), give(south)))

    row = account_for(job, DayFacts(ORDINARY, {}, frozenset(), {"south-1": "south"}))

    assert (job.depot_id, row.depot_id) == ("north", "south")
