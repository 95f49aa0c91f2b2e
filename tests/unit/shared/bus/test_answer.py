"""What becomes of a message: handled, retried, dead, or not acknowledged at all."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.bus.answer import (
    FIRST_DELAY_SECONDS,
    LONGEST_DELAY_SECONDS,
    MAXIMUM_ATTEMPTS,
    QUICK_PAUSES_SECONDS,
    Outcome,
    answer,
    delay_after,
    due_parked,
    park_dead,
)
from shared.bus.documents import (
    DEAD,
    RETRYING,
    list_parked,
    parked_body,
    request_replay_of_parked,
    show_parked,
)
from shared.contracts.envelope import encode
from shared.errors import Conflict, NotFound, RetryLater, StoreUnavailable
from shared.service import ServiceContext
from tests.unit.shared.bus.toys import NOON, Script, body_of, subscription, toy_context, toy_event


@pytest.fixture
def ctx(tmp_path) -> Iterator[ServiceContext]:
    context = toy_context("reports", tmp_path)
    yield context
    context.store.close()


def no_sleep(seconds: float) -> None:
    """Tests do not wait."""


def answered(ctx, handle, body, **options) -> Outcome:
    return answer(ctx, subscription(handle), body, now=NOON, sleep=no_sleep, **options)


def only_parked(ctx):
    (document,) = list_parked(ctx.store)
    return document


def test_an_event_is_handled_and_nothing_is_parked(ctx):
    event = toy_event()

    outcome = answered(ctx, Script(), body_of(event))

    assert outcome is Outcome.HANDLED
    assert ctx.store.get("copies", event.subject)
    assert list(list_parked(ctx.store)) == []


def test_a_duplicate_event_changes_nothing(ctx):
    event = toy_event()
    answered(ctx, Script(), body_of(event))
    before = ctx.store.get("copies", event.subject)

    answered(ctx, Script(), body_of(event))

    assert ctx.store.get("copies", event.subject) == before


@pytest.mark.parametrize(
    "body",
    [b"", b"not json", b"\xff\xfe\x00", b"[]", b'{"id": "1"}', b"[" * 100_000, b'"\\ud800"'],
    ids=["empty", "text", "bytes", "list", "no envelope", "deep", "surrogate"],
)
def test_undecodable_bytes_are_parked_as_dead_with_their_reason(ctx, body):
    outcome = answered(ctx, Script(), body)

    parked = only_parked(ctx)
    assert outcome is Outcome.DEAD
    assert (parked["state"], parked["due_at"], parked["consumer"]) == (DEAD, None, "reports.users")
    assert parked["reason"]
    assert parked_body(parked) == body


def test_an_event_with_an_outlandish_id_is_parked_under_its_bytes(ctx):
    event = replace(toy_event(), id="x" * 5_000)

    outcome = answered(ctx, Script(ValueError("no")), encode(event))

    assert outcome is Outcome.DEAD
    assert len(only_parked(ctx)["_id"]) < 100


def test_a_message_too_long_for_a_document_is_cut_and_says_so(ctx):
    outcome = answered(ctx, Script(), b'"' * 5_000_000)

    assert outcome is Outcome.DEAD
    assert only_parked(ctx)["body_encoding"] == "utf-8, cut"


def test_an_event_of_another_type_is_passed_over(ctx):
    from tests.unit.shared.bus.toys import toy_event as event

    nobody = replace(subscription(), events=())

    assert answer(ctx, nobody, body_of(event())) is Outcome.IGNORED


def test_a_conflict_is_tried_again_at_once(ctx):
    script = Script(Conflict("1"), Conflict("2"))

    outcome = answered(ctx, script, body_of(toy_event()))

    assert outcome is Outcome.HANDLED
    assert script.calls == 3


def test_a_conflict_that_persists_is_parked_for_a_later_try(ctx):
    script = Script(*[Conflict("again") for _ in range(50)])

    outcome = answered(ctx, script, body_of(toy_event()))

    parked = only_parked(ctx)
    assert outcome is Outcome.RETRYING
    assert script.calls == len(QUICK_PAUSES_SECONDS)
    assert parked["due_at"] == NOON + timedelta(seconds=FIRST_DELAY_SECONDS)


def test_retry_later_is_parked_until_the_asked_time(ctx):
    outcome = answered(ctx, Script(RetryLater("the photo is on its way", delay_seconds=30)), body_of(toy_event()))

    parked = only_parked(ctx)
    assert outcome is Outcome.RETRYING
    assert parked["state"] == RETRYING
    assert parked["due_at"] == NOON + timedelta(seconds=30)
    assert parked["reason"] == "RetryLater: the photo is on its way"


@pytest.mark.parametrize("error", [ConnectionError("provider"), TimeoutError("slow"), StoreUnavailable("bucket")])
def test_an_outage_of_something_but_the_store_is_parked_for_a_later_try(ctx, error):
    assert answered(ctx, Script(error), body_of(toy_event())) is Outcome.RETRYING


@pytest.mark.parametrize("error", [ValueError("odd"), KeyError("missing"), NotFound("gone"), RecursionError()])
def test_any_other_error_is_parked_as_dead_with_its_reason_and_trace(ctx, error):
    outcome = answered(ctx, Script(error), body_of(toy_event()))

    parked = only_parked(ctx)
    assert outcome is Outcome.DEAD
    assert parked["reason"].startswith(type(error).__name__)
    assert "toys.py" in parked["trace"]


def test_the_words_of_an_error_are_kept_from_the_log(ctx, caplog):
    answered(ctx, Script(ValueError("Mrs Canary, 1 Yellow Street")), body_of(toy_event()))

    assert "event_parked" in [record.getMessage() for record in caplog.records]
    assert "Canary" not in str([vars(record) for record in caplog.records])


class DownStore:
    """A store that does not answer."""

    def __getattr__(self, name):
        def call(*args, **kwargs):
            raise StoreUnavailable("down")

        return call


def test_with_the_store_down_nothing_is_settled(ctx):
    down = replace(ctx, store=DownStore())

    for body in (body_of(toy_event()), b"not json"):
        with pytest.raises(StoreUnavailable):
            answer(down, subscription(), body, sleep=no_sleep)


def test_a_redelivered_event_that_is_parked_is_left_to_the_timer(ctx):
    body = body_of(toy_event())
    answered(ctx, Script(RetryLater("not yet")), body)
    script = Script()

    outcome = answered(ctx, script, body, redelivered=True)

    assert outcome is Outcome.SEEN
    assert script.calls == 0


def test_parking_twice_keeps_the_first(ctx):
    body = body_of(toy_event())
    answered(ctx, Script(RetryLater("first")), body)

    outcome = answered(ctx, Script(ValueError("second")), body)

    assert outcome is Outcome.SEEN
    assert only_parked(ctx)["reason"] == "RetryLater: first"


def test_a_parked_event_is_handled_again_when_due_and_forgotten(ctx):
    event = toy_event()
    answered(ctx, Script(RetryLater("not yet", delay_seconds=10)), body_of(event))
    handled_by = [subscription(Script())]

    too_early = due_parked(ctx, handled_by, now=NOON + timedelta(seconds=9))
    in_time = due_parked(ctx, handled_by, now=NOON + timedelta(seconds=10))

    assert too_early == {}
    assert in_time == {Outcome.HANDLED: 1}
    assert list(list_parked(ctx.store)) == []
    assert ctx.store.get("copies", event.subject)


def test_pauses_grow_to_a_cap_and_then_the_event_is_dead(ctx):
    answered(ctx, Script(RetryLater("never")), body_of(toy_event()))
    script = Script(*[RetryLater(f"still {n}") for n in range(100)])
    now, pauses = NOON, []

    while only_parked(ctx)["state"] == RETRYING:
        due_at = only_parked(ctx)["due_at"]
        pauses.append((due_at - now).total_seconds())
        now = due_at
        due_parked(ctx, [subscription(script)], now=now)

    assert pauses[:5] == [5, 5, 5, 8, 16]
    assert max(pauses) == LONGEST_DELAY_SECONDS
    assert only_parked(ctx)["attempts"] == MAXIMUM_ATTEMPTS
    assert only_parked(ctx)["reason"] == f"RetryLater: still {MAXIMUM_ATTEMPTS - 2}"


def test_a_claimed_message_is_out_of_reach_of_others_but_comes_back_after_a_crash(ctx):
    answered(ctx, Script(RetryLater("not yet")), body_of(toy_event()))
    later = NOON + timedelta(minutes=1)

    class Crash(BaseException):
        pass

    def crash(ctx, event):
        raise Crash

    with pytest.raises(Crash):
        due_parked(ctx, [subscription(crash)], now=later)

    assert due_parked(ctx, [subscription()], now=later) == {}
    assert due_parked(ctx, [subscription()], now=later + timedelta(minutes=3)) == {Outcome.HANDLED: 1}


def test_a_message_of_a_consumer_not_run_here_stays(ctx):
    answered(ctx, Script(RetryLater("not yet")), body_of(toy_event()))

    outcomes = due_parked(ctx, [subscription(consumer="reports.other")], now=NOON + timedelta(hours=1))

    assert outcomes == {}
    assert only_parked(ctx)["attempts"] == 1


def test_a_dead_message_is_never_due_until_a_person_asks(ctx):
    answered(ctx, Script(ValueError("a defect")), body_of(toy_event()))
    document_id = only_parked(ctx)["_id"]
    far = NOON + timedelta(days=400)

    assert due_parked(ctx, [subscription()], now=far) == {}

    request_replay_of_parked(ctx.store, document_id, now=far)
    assert due_parked(ctx, [subscription()], now=far) == {Outcome.HANDLED: 1}


def test_asking_for_what_is_not_parked_says_so(ctx):
    with pytest.raises(NotFound):
        show_parked(ctx.store, "reports.users:nothing")


def test_what_the_broker_gave_up_on_is_parked_untried(ctx):
    event = toy_event()

    outcome = park_dead(ctx, subscription(), body_of(event), reason="the broker gave up (delivery_limit)")

    parked = only_parked(ctx)
    assert outcome is Outcome.DEAD
    assert (parked["event_id"], parked["reason"]) == (event.id, "the broker gave up (delivery_limit)")


def test_delays_double_from_a_second_to_a_quarter_of_an_hour():
    assert [delay_after(n) for n in (1, 2, 3, 4, 10, 11, 30)] == [1, 2, 4, 8, 512, 900, 900]
