"""The consumer `accounts.users`, the same in every service: happy, duplicate, out of order, invalid."""

from datetime import UTC, datetime, timedelta

import pytest

from services.accounts.subscriptions import SUBSCRIPTIONS, TIMERS, USERS
from shared.contracts.accounts import UserChangedV1
from shared.contracts.envelope import Cause, Event, decode, encode, make_event
from shared.errors import InvalidEvent
from shared.service import ServiceContext
from shared.web.deny import DenyList
from shared.web.identity import User

NOW = datetime(2026, 11, 17, 10, 40, tzinfo=UTC)
SAM = User(id="u-1", roles=("officer",), name="Sam", issued_at=NOW)


def changed(sequence: int, *, active: bool, refuse_before: datetime = NOW) -> Event:
    state = {"user_id": "u-1", "active": active, "refuse_before": refuse_before}
    return make_event(UserChangedV1.fact(), subject="u-1", sequence=sequence, state=state, time=NOW, cause=Cause())


def refuses(ctx: ServiceContext, user: User = SAM) -> bool:
    return DenyList(ctx.store).refuses(user)


def test_a_changed_user_is_refused_what_was_signed_before(ctx: ServiceContext) -> None:
    assert not refuses(ctx)

    USERS.handle(ctx, changed(1, active=True, refuse_before=NOW + timedelta(seconds=1)))

    assert refuses(ctx)
    assert not refuses(ctx, User(id="u-1", roles=("officer",), name="Sam", issued_at=NOW + timedelta(seconds=1)))


def test_a_duplicate_event_changes_nothing(ctx: ServiceContext) -> None:
    event = changed(1, active=False)

    USERS.handle(ctx, event)
    before = ctx.store.get("denied_users", "u-1")
    USERS.handle(ctx, event)

    assert ctx.store.get("denied_users", "u-1") == before


def test_an_older_event_that_comes_late_changes_nothing(ctx: ServiceContext) -> None:
    USERS.handle(ctx, changed(2, active=True))
    USERS.handle(ctx, changed(1, active=False))

    assert not refuses(ctx)


def test_an_event_that_does_not_fit_its_contract_never_reaches_the_handler() -> None:
    body = encode(changed(1, active=False)).replace(b'"active":false', b'"active":"perhaps so"')

    with pytest.raises(InvalidEvent):
        decode(body)


def test_the_worker_answers_what_the_subscriptions_say() -> None:
    consumers = [subscription.consumer for subscription in SUBSCRIPTIONS]
    assert consumers == ["accounts.crews", "accounts.depots", "accounts.users"]
    assert [timer.name for timer in TIMERS] == ["accounts.forget-sign-ins"]
