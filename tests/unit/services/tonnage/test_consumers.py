"""Each consumer of tonnage: happy, twice, out of order, invalid."""

import json

import pytest

from services.tonnage import subscriptions
from services.tonnage.handlers import record_ticket, void_ticket
from services.tonnage.store import COLLECTED, TIPS, TOTALS, VEHICLES, buckets, tickets, tips
from shared.bus.answer import answer
from shared.contracts.envelope import Cause, decode, encode
from shared.store.port import Range
from tests.unit.services.tonnage.made import deliver, job_completed, load, vehicle_changed, vehicle_tipped, weighing

ALL_DAYS = {"first_day": "2026-01-01", "after_last_day": "2027-01-01"}


def record(ctx, **changes):
    return record_ticket(ctx, weighing(**changes), by="officer-1", cause=Cause())[0]


def own_events(ctx, *names):
    return [event for event in (decode(e.body) for e in ctx.store.log.read(after=0)) if event.name in names]


@pytest.mark.parametrize("subscription", subscriptions.SUBSCRIPTIONS, ids=lambda s: s.consumer)
def test_an_event_that_does_not_fit_its_contract_is_parked_as_dead(ctx, subscription):
    body = json.loads(encode(vehicle_changed()))
    body["type"] = subscription.events[0].type
    body["data"] = {"state": {}}

    assert answer(ctx, subscription, json.dumps(body).encode()).value == "dead"


# tonnage.tips


def test_a_tip_is_kept_and_waits_for_its_ticket(ctx):
    deliver(ctx, subscriptions.TIPS, vehicle_tipped())

    assert tips(ctx.store).require("tip-1").estimated_kg == 310
    assert [t["_id"] for t in ctx.store.find(TIPS.name, {"waiting": True}).items] == ["tip-1"]


def test_a_tip_twice_is_one_tip(ctx):
    assert deliver(ctx, subscriptions.TIPS, vehicle_tipped(), vehicle_tipped()) == ["handled", "handled"]

    assert tips(ctx.store).require("tip-1").version == 1


def test_a_tip_that_comes_after_its_ticket_reconciles_it(ctx, pump):
    ticket = record(ctx, tip_id="tip-1")
    assert ticket.awaits_tip

    deliver(ctx, subscriptions.TIPS, vehicle_tipped())
    pump.drain()

    shares = tickets(ctx.store).require(ticket.id).shares
    assert sum(share.weighed_kg for share in shares) == 620
    assert tips(ctx.store).require("tip-1").has_ticket
    assert len(own_events(ctx, "ticket.reconciled")) == 1


def test_an_older_tip_that_comes_later_is_kept_as_well(ctx):
    deliver(ctx, subscriptions.TIPS, vehicle_tipped("tip-2", [load("job-9")], sequence=3), vehicle_tipped("tip-1"))

    assert tips(ctx.store).get("tip-1")
    assert tips(ctx.store).get("tip-2")


# tonnage.vehicles


def test_a_vehicle_is_copied(ctx):
    deliver(ctx, subscriptions.VEHICLES, vehicle_changed())

    assert ctx.store.get(VEHICLES.name, "tipper-101")["tare_kg"] == 2480


def test_a_vehicle_twice_is_one_copy(ctx):
    event = vehicle_changed()

    deliver(ctx, subscriptions.VEHICLES, event, event)

    assert ctx.store.get(VEHICLES.name, "tipper-101")["sequence"] == 1


def test_older_news_of_a_vehicle_changes_nothing(ctx):
    deliver(ctx, subscriptions.VEHICLES, vehicle_changed(3, tare_kg=2500), vehicle_changed(2, tare_kg=2400))

    assert ctx.store.get(VEHICLES.name, "tipper-101")["tare_kg"] == 2500


# tonnage.jobs


def test_what_a_job_collected_waits_for_the_scale(ctx):
    deliver(ctx, subscriptions.JOBS, job_completed())

    document = ctx.store.get(COLLECTED.name, "job-1")
    assert (document["waiting"], document["estimated_kg"], document["material"]) == (True, 250, "bulky")


def test_a_job_without_an_estimate_collected_nothing(ctx):
    deliver(ctx, subscriptions.JOBS, job_completed(outcome="not-found", estimated_kg=None))

    assert ctx.store.get(COLLECTED.name, "job-1") is None


def test_a_job_twice_counts_once(ctx):
    event = job_completed()

    deliver(ctx, subscriptions.JOBS, event, event)

    assert ctx.store.count(COLLECTED.name, {"waiting": True}) == 1


def test_a_job_that_is_heard_of_after_its_ticket_does_not_wait(ctx, pump):
    deliver(ctx, subscriptions.TIPS, vehicle_tipped())
    record(ctx, tip_id="tip-1")
    pump.drain()

    deliver(ctx, subscriptions.JOBS, job_completed())

    assert ctx.store.get(COLLECTED.name, "job-1")["waiting"] is False


def test_older_news_of_a_job_changes_nothing(ctx):
    deliver(ctx, subscriptions.JOBS, job_completed(sequence=5, estimated_kg=500), job_completed(sequence=4))

    assert ctx.store.get(COLLECTED.name, "job-1")["estimated_kg"] == 500


# tonnage.totals


def test_a_ticket_makes_its_total_and_settles_tip_and_jobs(ctx, pump):
    deliver(ctx, subscriptions.JOBS, job_completed())
    deliver(ctx, subscriptions.TIPS, vehicle_tipped())
    record(ctx, tip_id="tip-1")

    pump.drain()

    (bucket,) = buckets(ctx.store, **ALL_DAYS)
    assert (bucket.day, bucket.material, bucket.origin, bucket.net_kg, bucket.tickets) == (
        "2026-11-17", "bulky", "fly-tip", 620, 1,
    )  # fmt: skip
    assert tips(ctx.store).require("tip-1").has_ticket
    assert ctx.store.get(COLLECTED.name, "job-1")["waiting"] is False


def test_totals_are_added_up_from_all_tickets_of_the_day(ctx, pump):
    record(ctx)
    record(ctx, ticket_number="WB-1002", gross_kg=2980)

    pump.drain()

    assert [(b.net_kg, b.tickets) for b in buckets(ctx.store, **ALL_DAYS)] == [(1120, 2)]


def test_a_voided_ticket_leaves_every_figure(ctx, pump):
    deliver(ctx, subscriptions.JOBS, job_completed())
    deliver(ctx, subscriptions.TIPS, vehicle_tipped())
    ticket = record(ctx, tip_id="tip-1")
    pump.drain()

    void_ticket(ctx, ticket.id, reason="wrong-vehicle", note="", by="officer-1", cause=Cause())
    pump.drain()

    assert [(b.net_kg, b.tickets) for b in buckets(ctx.store, **ALL_DAYS)] == [(0, 0)]
    assert not tips(ctx.store).require("tip-1").has_ticket
    assert ctx.store.get(COLLECTED.name, "job-1")["waiting"] is True


def test_events_of_a_ticket_twice_and_in_any_order_leave_the_same_totals(ctx, pump):
    deliver(ctx, subscriptions.TIPS, vehicle_tipped())
    ticket = record(ctx, tip_id="tip-1")
    void_ticket(ctx, ticket.id, reason="wrong-weight", note="", by="officer-1", cause=Cause())
    record(ctx, tip_id="tip-1", gross_kg=3200)
    pump.drain()
    before = ctx.store.find(TOTALS.name, {"day": Range("2026-01-01")}).items

    heard = own_events(ctx, "ticket.recorded", "ticket.reconciled", "ticket.voided")
    deliver(ctx, subscriptions.TOTALS, *reversed(heard), *heard)

    assert ctx.store.find(TOTALS.name, {"day": Range("2026-01-01")}).items == before
    assert [(b.net_kg, b.tickets) for b in buckets(ctx.store, **ALL_DAYS)] == [(720, 1)]
