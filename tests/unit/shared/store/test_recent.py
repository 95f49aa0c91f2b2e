"""What is remembered of a store for a moment."""

import pytest

from shared.store import recent
from shared.store.recent import FRESH_SECONDS, Recent


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


class Said:
    """Stands for a store: it says what it has been given, and counts how often it was asked."""

    def __init__(self, what: str) -> None:
        self.what, self.asked = what, 0


def read(store: Said) -> str:
    store.asked += 1
    return store.what


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(recent, "monotonic", clock)
    return clock


def test_a_store_is_asked_once_in_a_moment(clock: Clock) -> None:
    known, store = Recent(read), Said("old")

    assert [known.of(store) for _ in range(3)] == ["old"] * 3
    store.what = "new"
    clock.now += FRESH_SECONDS - 0.01
    assert known.of(store) == "old"
    assert store.asked == 1
    clock.now += 0.01
    assert known.of(store) == "new"
    assert store.asked == 2


def test_what_this_process_wrote_is_read_at_once(clock: Clock) -> None:
    known, store = Recent(read), Said("old")
    known.of(store)
    store.what = "new"

    known.forget(store)
    known.forget(store)

    assert known.of(store) == "new"


def test_stores_are_not_mixed_up_and_not_kept(clock: Clock) -> None:
    known, one, other = Recent(read), Said("one"), Said("other")

    assert (known.of(one), known.of(other), known.of(one)) == ("one", "other", "one")
    del one
    assert len(known._known) == 1
