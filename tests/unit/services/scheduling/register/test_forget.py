"""Names of people who have left: kept as long as the council says, then forgotten everywhere; the changes stay."""

from datetime import timedelta

import pytest

from services.scheduling.domain import register as rules
from services.scheduling.register import documents, edit, forget
from services.scheduling.subscriptions import FORGET_NAMES
from shared.contracts.envelope import Cause

BY_HAND = Cause()
BY = "Sam Rivers (user-1)"
LEAVES, STAYS = "Lea Canary", "Stan Canary"


@pytest.fixture
def people(ctx, clock):
    """Somebody who left, whose name was misspelt once, and somebody who stayed; the ids of both."""
    texts = {"name": "Lee Canary", "crew_ids": ["crew-north-1"]}
    leaver = edit.put_row(ctx, "people", texts, version=0, by=BY, cause=BY_HAND)
    edit.put_row(ctx, "people", {**texts, "name": LEAVES, "id": leaver}, version=1, by=BY, cause=BY_HAND)
    stayer = edit.put_row(ctx, "people", {**texts, "name": STAYS}, version=0, by=BY, cause=BY_HAND)
    edit.retire_row(ctx, "people", leaver, version=2, by=BY, cause=BY_HAND)
    return leaver, stayer


@pytest.fixture
def days(ctx):
    return timedelta(days=ctx.council.retention.left_name_days)


def stored(ctx):
    """Return everything that the register stores, as text."""
    kept = [ctx.store.get("register", "people"), *ctx.store.find("register_changes", {}, limit=500).items]
    return str(kept)


def test_before_its_time_nothing_is_forgotten(ctx, clock, people, days):
    clock.advance(days)
    before = documents.tables(ctx.store).get("people")

    FORGET_NAMES.run(ctx)

    assert documents.tables(ctx.store).get("people") == before


def test_the_name_of_who_left_is_forgotten_and_what_was_changed_when_stays(ctx, clock, people, days):
    leaver, stayer = people
    before = edit.history(edit.world_of(ctx).table("people"), leaver)
    clock.advance(days + timedelta(seconds=1))

    FORGET_NAMES.run(ctx)

    table = edit.world_of(ctx).table("people")
    after = edit.history(table, leaver)
    assert "Lea" not in stored(ctx)
    assert "Lee" not in stored(ctx)
    assert "Sam Rivers" not in stored(ctx)
    assert [(each.what, each.at) for each in after] == [(each.what, each.at) for each in before]
    assert after[1].columns["name"] == [rules.FORGOTTEN, rules.FORGOTTEN]
    assert {each.by for each in after} == {"user-1"}
    assert (table.require(leaver).values["name"], table.require(stayer).values["name"]) == (rules.FORGOTTEN, STAYS)
    assert table.require(leaver).version == 3


def test_changes_that_were_put_away_are_not_overlooked(ctx, clock, people, days, monkeypatch):
    monkeypatch.setattr(rules, "CHANGES_KEPT", 1)
    edit.put_row(ctx, "people", {"name": "Newer", "crew_ids": ["crew-north-1"]}, version=0, by=BY, cause=BY_HAND)
    assert "Lee" in str(ctx.store.find("register_changes", {}, limit=500).items)
    clock.advance(days + timedelta(seconds=1))

    FORGET_NAMES.run(ctx)
    once = stored(ctx)
    FORGET_NAMES.run(ctx)

    assert "Lee" not in once
    assert stored(ctx) == once


def test_a_row_that_was_retired_before_that_was_noted_is_forgotten_by_its_last_change(ctx, clock, people, days):
    repository = documents.tables(ctx.store)
    table = repository.get("people")
    rows = tuple(rules.replace(row, retired_at=None) for row in table.rows)
    repository.save(rules.replace(table, rows=rows), at=clock.now(), cause=BY_HAND)
    clock.advance(days)
    forget.forget_who_left(ctx)
    assert LEAVES in stored(ctx)

    clock.advance(timedelta(seconds=1))
    forget.forget_who_left(ctx)

    assert LEAVES not in stored(ctx)


def test_a_name_that_is_written_with_brackets_loses_all_of_them():
    change = rules.Change(1, "p-1", "changed", rules.ALWAYS, "Sam (North) Rivers (user-1)", {})

    assert rules.forget_names_of(change, ()).by == "user-1"
