"""How far the cursor may move while answers come late, bundled, out of order, or not at all."""

import random

import pytest

from shared.bus.confirms import Confirms, PublishError


def under_way(*positions: int, cursor: int = 0) -> Confirms:
    confirms = Confirms(cursor)
    for position in positions:
        confirms.sent(position, event_id=f"event-{position}", event_type="user.changed.v1")
    return confirms


def test_nothing_is_settled_before_its_answer():
    assert under_way(11, 12, cursor=10).settled == 10


def test_answers_out_of_order_settle_only_what_has_nothing_open_before_it():
    confirms = under_way(11, 15, 16, cursor=10)

    confirms.acked(3, False)
    after_the_last = confirms.settled
    confirms.acked(1, False)
    after_the_first = confirms.settled
    confirms.acked(2, False)

    assert (after_the_last, after_the_first, confirms.settled) == (10, 11, 16)


def test_one_answer_may_confirm_all_before_it():
    confirms = under_way(1, 2, 3, 4)

    confirmed = confirms.acked(3, True)

    assert [sent.position for sent in confirmed] == [1, 2, 3]
    assert (confirms.settled, len(confirms)) == (3, 1)


def test_the_same_answer_twice_changes_nothing():
    confirms = under_way(1, 2)
    confirms.acked(1, False)

    assert confirms.acked(1, True) == []
    assert confirms.settled == 1


def test_an_unroutable_event_stays_unconfirmed_although_it_is_acknowledged():
    confirms = under_way(1, 2, 3)

    confirms.returned("event-2", "no queue")
    confirms.acked(3, True)

    assert confirms.settled == 1
    with pytest.raises(PublishError, match="no queue"):
        confirms.check(timeout_seconds=30)


def test_a_refusal_is_a_failure_and_settles_nothing():
    confirms = under_way(1, 2)

    confirms.nacked(1, False)

    assert confirms.settled == 0
    with pytest.raises(PublishError, match="refused"):
        confirms.check(timeout_seconds=30)


def test_an_answer_that_never_comes_is_a_failure():
    confirms = under_way(1)

    with pytest.raises(PublishError, match="no answer"):
        confirms.check(timeout_seconds=-1)


def test_all_in_time_is_no_failure():
    confirms = under_way(1)

    confirms.check(timeout_seconds=30)
    confirms.acked(1, False)
    confirms.check(timeout_seconds=-1)

    assert confirms.settled == 1


def test_in_any_order_of_answers_the_cursor_never_passes_an_open_event():
    chance = random.Random(2026)
    for _ in range(200):
        positions = sorted(chance.sample(range(1, 500), 30))
        confirms = under_way(*positions)
        open_positions = dict(enumerate(positions, start=1))
        while open_positions:
            tag, multiple = chance.choice(list(open_positions)), chance.random() < 0.2
            confirms.acked(tag, multiple)
            for each in [each for each in open_positions if each == tag or (multiple and each < tag)]:
                del open_positions[each]

            first_open = min(open_positions.values(), default=10_000)
            assert confirms.settled == max((p for p in positions if p < first_open), default=0)
