"""Recording, repeating and voiding a ticket."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from services.tonnage import subscriptions
from services.tonnage.domain.indicators import Rate
from services.tonnage.handlers import AlreadyRecorded, record_ticket, void_ticket
from services.tonnage.store import tickets
from shared.contracts.envelope import Cause, decode
from shared.errors import DomainError
from shared.ids import derived_id
from tests.builders import SUNDAY_AFTER, TUESDAY_MORNING, behind_the_machine
from tests.unit.services.tonnage.made import SITE, WEIGHED, deliver, vehicle_changed, vehicle_tipped, weighing


def record(ctx, **changes):
    return record_ticket(ctx, weighing(**changes), by="officer-1", cause=Cause())


def events(ctx):
    return [decode(logged.body) for logged in ctx.store.log.read(after=0)]


def test_a_ticket_is_recorded_under_its_natural_key(ctx):
    ticket, is_new = record(ctx)

    assert is_new
    assert ticket.id == derived_id(SITE, "WB-1001")
    assert [event.name for event in events(ctx)] == ["ticket.recorded"]
    assert events(ctx)[0].state["material"] == "bulky"


def test_the_same_ticket_again_is_the_same_answer(ctx):
    first, _ = record(ctx)

    again, is_new = record(ctx)

    assert (again, is_new) == (first, False)
    assert len(events(ctx)) == 1


def test_another_ticket_under_the_same_number_is_refused(ctx):
    record(ctx)

    with pytest.raises(AlreadyRecorded, match=None) as refused:
        record(ctx, gross_kg=3200)

    assert "with other details" in refused.value.message


def test_the_same_number_at_another_site_is_another_ticket(ctx):
    record(ctx)

    _, is_new = record(ctx, site_id="eastern-recycling-park")

    assert is_new


def test_a_voided_ticket_can_be_entered_again_corrected(ctx):
    wrong, _ = record(ctx)
    void_ticket(ctx, wrong.id, reason="wrong-weight", note="", by="officer-1", cause=Cause())

    corrected, is_new = record(ctx, gross_kg=3200)

    assert is_new
    assert corrected.revision == 2
    assert not tickets(ctx.store).require(wrong.id).is_standing


def test_voiding_twice_changes_nothing_more(ctx):
    ticket, _ = record(ctx)
    void_ticket(ctx, ticket.id, reason="entered-twice", note="", by="officer-1", cause=Cause())

    void_ticket(ctx, ticket.id, reason="other", note="", by="officer-2", cause=Cause())

    assert tickets(ctx.store).require(ticket.id).void_reason == "entered-twice"
    assert [event.name for event in events(ctx)] == ["ticket.recorded", "ticket.voided"]


def test_a_ticket_is_voided_for_a_reason_only(ctx):
    ticket, _ = record(ctx)

    with pytest.raises(DomainError, match="Select why"):
        void_ticket(ctx, ticket.id, reason="", note="", by="officer-1", cause=Cause())


def test_a_second_ticket_for_one_tip_is_refused(ctx):
    record(ctx, tip_id="tip-1")

    with pytest.raises(AlreadyRecorded) as refused:
        record(ctx, ticket_number="WB-1002", tip_id="tip-1")

    assert refused.value.field == "tip_id"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"net_kg": 600}, "net_kg"),
        ({"gross_kg": 2480, "net_kg": 0}, "gross_kg"),
        ({"gross_kg": 61_000}, "gross_kg"),
        ({"tare_kg": 0}, "tare_kg"),
        ({"second_weighed_at": WEIGHED}, "second_weighed_at"),
        ({"second_weighed_at": WEIGHED + timedelta(days=3)}, "second_weighed_at"),
        ({"ewc_code": "999999"}, "ewc_code"),
        ({"ewc_code": "170605"}, "ewc_code"),
        ({"site_id": "nowhere"}, "site_id"),
    ],
)
def test_a_ticket_that_can_not_be_right_is_refused(ctx, changes, field):
    with pytest.raises(DomainError) as refused:
        record(ctx, **changes)

    assert refused.value.field == field
    assert events(ctx) == []


def test_a_site_takes_only_what_its_permit_lists(ctx):
    with pytest.raises(DomainError, match=r"its permit .* does not list it"):
        record(ctx, ewc_code="170605")


def test_a_demonstration_whose_day_lies_behind_takes_a_ticket_of_today(ctx, monkeypatch):
    ctx = behind_the_machine(ctx, monkeypatch)
    first, second = SUNDAY_AFTER - timedelta(minutes=20), SUNDAY_AFTER - timedelta(minutes=8)

    ticket, _ = record(ctx, first_weighed_at=first, second_weighed_at=second)

    assert (ticket.weighing.second_weighed_at, ticket.warnings) == (second, ())
    assert ticket.recorded_at == TUESDAY_MORNING
    with pytest.raises(DomainError, match="must not be in the future"):
        record(ctx, ticket_number="WB-2", second_weighed_at=SUNDAY_AFTER + timedelta(days=2))


@pytest.mark.parametrize(
    ("changes", "warning"),
    [
        ({"gross_kg": 3101}, "odd-weight"),
        ({"gross_kg": 3600}, "over-payload"),
        ({"gross_kg": 3300, "tare_kg": 2600}, "tare-drift"),
        ({"second_weighed_at": WEIGHED + timedelta(hours=5)}, "long-visit"),
        ({"second_weighed_at": WEIGHED + timedelta(hours=3, minutes=30)}, "future"),
    ],
)
def test_what_is_odd_is_recorded_with_a_warning(ctx, changes, warning):
    deliver(ctx, subscriptions.VEHICLES, vehicle_changed())

    ticket, _ = record(ctx, **changes)

    assert warning in ticket.warnings


def test_an_ordinary_ticket_has_no_warning(ctx):
    deliver(ctx, subscriptions.VEHICLES, vehicle_changed())

    assert record(ctx)[0].warnings == ()


@pytest.mark.parametrize(
    ("second_weighed_at", "expected"),
    [("2026-07-01T22:59:59+00:00", date(2026, 7, 1)), ("2026-07-01T23:00:00+00:00", date(2026, 7, 2))],
)
def test_a_ticket_is_booked_to_the_london_date_of_its_second_weighing(ctx, second_weighed_at, expected):
    second = WEIGHED.fromisoformat(second_weighed_at)

    ticket, _ = record(ctx, first_weighed_at=second - timedelta(minutes=9), second_weighed_at=second)

    assert ticket.booked_on == expected


def test_a_ticket_of_a_known_tip_is_reconciled_at_once(ctx):
    deliver(ctx, subscriptions.TIPS, vehicle_tipped())

    ticket, _ = record(ctx, tip_id="tip-1")

    assert [(share.job_id, share.estimated_kg, share.weighed_kg) for share in ticket.shares] == [
        ("job-1", 250, 500),
        ("job-2", 60, 120),
    ]
    assert [event.name for event in events(ctx)] == ["ticket.recorded", "ticket.reconciled"]


def test_a_ticket_of_another_vehicle_or_site_than_its_tip_says_so(ctx):
    deliver(ctx, subscriptions.TIPS, vehicle_tipped(site_id="eastern-recycling-park", registration="DEMO-999"))

    ticket, _ = record(ctx, tip_id="tip-1")

    assert {"other-vehicle", "other-site"} <= set(ticket.warnings)


def test_a_rate_is_rounded_to_one_decimal_and_absent_where_nothing_was_weighed():
    assert Rate(32_914, 183_846).percent == 17.9
    assert Rate(44_042, 192_247).percent == 22.9
    assert Rate(0, 0).percent is None


def test_a_ticket_never_changes_its_identity(ctx):
    ticket, _ = record(ctx)

    assert replace(ticket, version=0, sequence=0).weighing == weighing()
