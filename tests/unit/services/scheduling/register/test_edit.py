"""What supervisors do with the register: each bad row has its words, each change its author, and nothing is silent."""

from datetime import timedelta

import pytest

from services.scheduling import handlers, store
from services.scheduling.domain import register as rules
from services.scheduling.register import edit, follow
from shared.contracts.envelope import Cause, decode
from shared.errors import Conflict, DomainError

BY_HAND = Cause()
BY = "Sam Rivers (user-1)"


def put(ctx, table, version=0, **texts):
    return edit.put_row(ctx, table, texts, version=version, by=BY, cause=BY_HAND)


def row_of(ctx, table, row_id):
    return edit.world_of(ctx).table(table).require(row_id)


def texts_of(ctx, table, row_id, **changes):
    """Return a row as a form would send it, with some fields typed over."""
    values = row_of(ctx, table, row_id).values
    return {name: value if isinstance(value, list) else rules.said(value) for name, value in values.items()} | changes


def change(ctx, table, row_id, **changes):
    version = row_of(ctx, table, row_id).version
    return put(ctx, table, version, **texts_of(ctx, table, row_id, **changes))


def refused(ctx, table, **texts):
    """Return what is wrong with a new row, by column."""
    with pytest.raises(edit.Refused) as caught:
        put(ctx, table, **texts)
    return {problem.column: problem.words for problem in caught.value.problems}


def test_the_configurations_fleet_is_in_the_register_and_nothing_is_added_twice(ctx):
    handlers.ensure_fleet(ctx)
    handlers.ensure_fleet(ctx)

    assert {row.id for row in edit.world_of(ctx).table("crews").live} == {crew.id for crew in ctx.council.crews}
    assert edit.world_of(ctx).table("people").version == 1


def test_what_a_supervisor_has_changed_survives_the_next_start(ctx):
    change(ctx, "vehicles", "tipper-101", payload_kg="900")

    handlers.ensure_fleet(ctx)

    assert store.vehicles(ctx.store).require("tipper-101").payload_kg == 900


def said_of_crews(ctx, after):
    """Return what the events of crews have said since a position of the log."""
    events = [decode(logged.body) for logged in ctx.store.log.read(after=after, limit=500)]
    return [(event.subject, event.state["active"]) for event in events if event.type == "crew.changed.v1"]


def test_a_crew_announces_itself_by_its_id_when_it_comes_and_when_it_goes(ctx):
    before = ctx.store.log.last_position()
    row = {
        "name": "Night crew",
        "depot_id": "south",
        "kind": "street",
        "least_people": "1",
        "hours_regime": "gb-domestic",
    }

    put(ctx, "crews", id="crew-night-1", **row)
    follow.follow_register(ctx)
    change(ctx, "crews", "crew-night-1", name="Late crew")
    edit.retire_row(ctx, "crews", "crew-night-1", version=2, by=BY, cause=BY_HAND)

    assert said_of_crews(ctx, before) == [("crew-night-1", True), ("crew-night-1", False)]


def test_a_crew_from_before_crews_announced_themselves_does_so_once(ctx):
    crews = store.crews(ctx.store)
    document = ctx.store.get("crews", "crew-north-1")
    ctx.store.save(
        "crews", {**document, "sequence": 0}, expected_version=crews.require("crew-north-1").version, events=[]
    )
    before = ctx.store.log.last_position()

    follow.follow_register(ctx)
    follow.follow_register(ctx)

    assert said_of_crews(ctx, before) == [("crew-north-1", True)]


def test_a_changed_vehicle_announces_itself_once(ctx):
    before = ctx.store.log.last_position()

    change(ctx, "vehicles", "tipper-101", payload_kg="900")
    change(ctx, "vehicles", "tipper-101", payload_kg="900")

    events = ctx.store.log.read(after=before)
    assert [event.type for event in events] == ["vehicle.changed.v1"]
    assert b'"payload_kg":900' in events[0].body


def test_nobodys_name_is_in_an_event(ctx):
    put(ctx, "people", name="Canary Person", crew_ids=["crew-north-1"])
    put(ctx, "absences", person_id=edit.world_of(ctx).people[-1].id, from_on="2026-11-18", kind="planned")

    assert all(b"Canary" not in event.body for event in ctx.store.log.read(after=0, limit=500))


def test_every_change_says_who_made_it_when_and_what_it_was(ctx, clock):
    clock.advance(timedelta(minutes=5))

    change(ctx, "crews", "crew-north-1", least_people="3")

    last = edit.history(edit.world_of(ctx).table("crews"), "crew-north-1")[0]
    assert (last.by, last.at, last.what, last.columns) == (BY, clock.now(), "changed", {"least_people": ["2", "3"]})


def test_the_same_row_again_changes_nothing(ctx):
    before = edit.world_of(ctx).table("crews")

    change(ctx, "crews", "crew-north-1")

    assert edit.world_of(ctx).table("crews") == before


def test_old_changes_are_put_away_and_never_lost(ctx, monkeypatch):
    monkeypatch.setattr(rules, "CHANGES_KEPT", 3)

    for number in range(1, 8):
        change(ctx, "crews", "crew-north-1", least_people=str(number % 2 + 2))

    table = edit.world_of(ctx).table("crews")
    away = [document["change"]["number"] for document in ctx.store.find("register_changes", {}, limit=100).items]
    assert sorted(away + [each.number for each in table.changes]) == list(range(1, table.changes_made + 1))


def test_two_who_edit_the_same_row_are_told(ctx):
    version = row_of(ctx, "crews", "crew-north-1").version
    texts = texts_of(ctx, "crews", "crew-north-1")
    put(ctx, "crews", version, **{**texts, "name": "First"})

    with pytest.raises(Conflict):
        put(ctx, "crews", version, **{**texts, "name": "Second"})

    assert row_of(ctx, "crews", "crew-north-1").values["name"] == "First"


def test_two_who_edit_different_rows_do_not_disturb_each_other(ctx):
    one, other = (texts_of(ctx, "crews", each) for each in ("crew-north-1", "crew-north-2"))

    put(ctx, "crews", 1, **{**one, "name": "One"})
    put(ctx, "crews", 1, **{**other, "name": "Other"})

    assert [row_of(ctx, "crews", each).values["name"] for each in ("crew-north-1", "crew-north-2")] == ["One", "Other"]


def test_a_new_row_does_not_fall_on_one_that_is_there(ctx):
    wrong = refused(ctx, "people", id="p-001", name="Somebody", crew_ids=["crew-north-1"])

    assert wrong == {"id": "p-001 is there already"}


def test_an_absence_that_ends_before_it_begins_is_refused(ctx):
    wrong = refused(ctx, "absences", person_id="p-001", from_on="2026-11-20", to_on="2026-11-19", kind="planned")

    assert wrong == {"to_on": "The last day, 19 November 2026, is before the first, 20 November 2026"}


def test_an_absence_is_not_entered_twice(ctx):
    wrong = refused(ctx, "absences", person_id="p-003", from_on="2026-11-20", kind="planned")

    assert wrong == {"from_on": "They are away already from 16 November to 20 November (absence-1)"}


def test_a_crew_can_not_have_two_shifts_at_once(ctx):
    wrong = refused(ctx, "rotas", crew_id="crew-north-1", pattern_id="mon-fri", from_on="2026-11-30")

    assert wrong == {
        "crew_id": "North street crew 1 would have two shifts at once: "
        "30 November 06:00 to 14:00, and 30 November 07:00 to 15:30"
    }


def test_a_person_can_not_be_in_two_crews_at_once(ctx):
    wrong = refused(ctx, "people", name="Pat Twice", crew_ids=["crew-north-1", "crew-north-2"])

    assert wrong["crew_ids"].startswith("Pat Twice would have two shifts at once: 16 November 06:00 to 14:00")


def test_a_pattern_that_would_make_rotas_clash_is_refused(ctx):
    put(ctx, "patterns", id="after", name="After", kind="weekly", starts="14:00", ends="20:00", days=["mon"])
    put(ctx, "rotas", crew_id="crew-north-1", pattern_id="after", from_on="2026-11-30")

    with pytest.raises(edit.Refused, match="North street crew 1 would have two shifts at once"):
        change(ctx, "patterns", "after", starts="13:00")


def test_a_contractor_does_not_take_a_crews_id(ctx):
    about = {"name": "New", "depot_id": "north", "waste_types": ["asbestos"]}

    assert refused(ctx, "contractors", id="crew-north-1", **about) == {"id": "crew-north-1 is a crew’s id"}


def test_two_crews_can_not_drive_one_vehicle_at_once(ctx):
    with pytest.raises(edit.Refused, match="DEMO-101 would have two shifts at once"):
        change(ctx, "crews", "crew-north-2", vehicle_id="tipper-101")


@pytest.mark.parametrize(
    ("table", "texts", "column", "words"),
    [
        ("patterns", {"starts": "06:00", "ends": "06:00"}, "ends", "A shift can’t end when it begins"),
        ("patterns", {"starts": "06:00", "ends": "20:00"}, "ends", "The shift lasts 14 hours; 11 hours of rest a day"),
        ("patterns", {"kind": "rolling", "days_on": "4", "days_off": "4"}, "first_day_on", "Enter a day that is the"),
        ("patterns", {"days": []}, "days", "Choose the days of the week"),
        ("patterns", {"starts": "6 o’clock"}, "starts", "Enter a time of day as in 06:00"),
        ("vehicles", {"fuel": "electric"}, "range_km", "Enter how far an electric vehicle goes on one charge"),
        (
            "vehicles",
            {"licence_needed": "", "payload_kg": "3000"},
            "licence_needed",
            "With its load it weighs 5,480 kg",
        ),
        ("vehicles", {"payload_kg": "1200"}, "licence_needed", "With its load it weighs 3,680 kg: choose C1 or C"),
        (
            "vehicles",
            {"payload_kg": "1800", "fuel": "electric", "range_km": "200"},
            "licence_needed",
            "With its load it weighs 4,280 kg: choose C1 or C",
        ),
        (
            "vehicles",
            {"payload_kg": "5100", "licence_needed": "C1"},
            "licence_needed",
            "With its load it weighs 7,580 kg: choose C",
        ),
        ("vehicles", {"registration": "demo-1 01"}, "registration", "DEMO-101 is the registration of tipper-101"),
        ("vehicles", {"off_road_from": "2026-11-20", "off_road_to": "2026-11-19"}, "off_road_to", "The last day"),
        ("vehicles", {"payload_kg": "heavy"}, "payload_kg", "Enter a whole number from 1 to 44,000"),
        ("vehicles", {"depot_id": "nowhere"}, "depot_id", "“nowhere” is not known here: it must be one of north"),
        ("access", {"is_gated": "no"}, "is_gated", "Say what stands in the way: a gate, a width or a weight"),
        ("standards", {"working_days": ""}, "working_days", "Enter either working hours or working days"),
        ("beats", {"to_on": "2026-11-01"}, "to_on", "The last day, 1 November 2026, is before the first"),
        ("beats", {"days": []}, "days", "Choose the days"),
        ("contractors", {"name": "=cmd()"}, "name", "Begin with a letter or a digit"),
        ("contractors", {"name": "x" * 201}, "name", "Use 200 characters or fewer; this is 201."),
        ("sites", {"id": "elsewhere", "closes": "05:00"}, "id", "council.toml says which disposal sites there are"),
    ],
)
def test_a_bad_row_is_refused_with_the_column_and_the_reason(ctx, table, texts, column, words):
    good = {
        "patterns": {"name": "New", "kind": "weekly", "starts": "06:00", "ends": "14:00", "days": ["mon"]},
        "vehicles": {
            "registration": "DEMO-900",
            "depot_id": "north",
            "vehicle_class": "van",
            "fuel": "diesel",
            "payload_kg": "900",
            "tare_kg": "2480",
            "licence_needed": "B",
        },
        "access": {"place_id": "Rosslyn Street", "is_gated": "yes"},
        "standards": {
            "name": "New",
            "job_kind": "reactive",
            "waste_type": "tyres",
            "working_days": "3",
            "source": "Us",
        },
        "beats": {
            "name": "New",
            "place_id": "rosslyn-street",
            "depot_id": "central",
            "days": ["mon"],
            "every_weeks": "1",
            "minutes": "30",
            "priority": "5",
            "from_on": "2026-11-16",
        },
        "contractors": {"name": "New", "depot_id": "north", "waste_types": ["asbestos"]},
        "sites": {"opens": "06:00", "closes": "18:00", "days": ["mon"], "ewc_codes": ["200301"]},
    }[table]

    wrong = refused(ctx, table, **{**good, **texts})

    assert wrong[column].startswith(words)
    if table != "sites":
        assert put(ctx, table, **good)


def test_a_crew_with_jobs_is_not_retired(ctx, job):
    handlers.assign_job(ctx, job.id, "crew-north-1", version=job.version, key=None, cause=BY_HAND)

    with pytest.raises(DomainError, match=f"it has 1 job .{job.reference}.. Give them to another crew first"):
        edit.retire_row(ctx, "crews", "crew-north-1", version=1, by=BY, cause=BY_HAND)

    assert not row_of(ctx, "crews", "crew-north-1").is_retired


def test_a_crew_on_shift_is_not_retired(ctx):
    handlers.start_shift(ctx, "crew-north-1", cause=BY_HAND)

    with pytest.raises(DomainError, match=r"it is on shift\. Sign it off first"):
        edit.retire_row(ctx, "crews", "crew-north-1", version=1, by=BY, cause=BY_HAND)


def test_a_row_that_others_name_is_not_retired(ctx):
    with pytest.raises(DomainError, match=r"Monday to Friday can’t be retired: rota rota-north-2, .* need it"):
        edit.retire_row(ctx, "patterns", "mon-fri", version=1, by=BY, cause=BY_HAND)


def test_a_retired_contractor_is_given_nothing_more_and_comes_back(ctx):
    edit.retire_row(ctx, "contractors", "contractor-asbestos", version=1, by=BY, cause=BY_HAND)

    with pytest.raises(DomainError, match="Choose a crew"):
        handlers.require_crew(ctx, "contractor-asbestos")
    assert "contractor-asbestos" not in {crew.id for crew in store.all_crews(ctx.store)}

    change(ctx, "contractors", "contractor-asbestos")
    assert handlers.require_crew(ctx, "contractor-asbestos").is_contractor


def test_a_site_is_not_retired_because_its_weighbridge_needs_it(ctx):
    with pytest.raises(DomainError, match=r"council\.toml says which disposal sites there are"):
        edit.retire_row(ctx, "sites", "dock-road-transfer", version=1, by=BY, cause=BY_HAND)


def test_a_vehicle_goes_off_the_road_and_comes_back_on_the_days_that_the_register_says(ctx, clock):
    change(ctx, "vehicles", "tipper-101", off_road_from="2026-11-18", off_road_to="2026-11-18")
    states = []

    for _ in range(3):
        states.append(store.vehicles(ctx.store).require("tipper-101").state)
        clock.advance(timedelta(days=1))
        follow.follow_register(ctx)

    assert states == ["on-road", "off-road", "on-road"]


def test_what_a_crash_left_undone_is_finished_by_the_timer(ctx, monkeypatch):
    monkeypatch.setattr(follow, "follow_register", lambda _ctx: None)
    change(ctx, "crews", "crew-north-1", name="Renamed")
    monkeypatch.undo()
    assert store.crews(ctx.store).require("crew-north-1").name != "Renamed"

    follow.follow_register(ctx)

    assert store.crews(ctx.store).require("crew-north-1").name == "Renamed"
