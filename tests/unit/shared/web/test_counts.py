import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.web import counts
from shared.web.counts import Counts

MINUTE = 60


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The machine's time, as the only item of a list that a test may change."""
    instant = [1_000.0]
    monkeypatch.setattr(counts.time, "time", lambda: instant[0])
    return instant


def test_a_window_counts_until_it_ends_and_then_begins_anew(now: list[float]) -> None:
    storage = Counts()

    amounts = [storage.incr("caller", MINUTE) for _ in range(3)]
    ends = storage.get_expiry("caller")
    now[0] += MINUTE

    assert amounts == [1, 2, 3]
    assert ends == 1_060.0
    assert storage.get("caller") == 0
    assert storage.incr("caller", MINUTE) == 1
    assert storage.get_expiry("caller") == 1_120.0


def test_callers_do_not_share_a_window(now: list[float]) -> None:
    storage = Counts()

    storage.incr("one", MINUTE, amount=5)

    assert storage.get("two") == 0
    assert storage.get_expiry("two") == now[0]


def test_what_has_ended_is_forgotten(now: list[float]) -> None:
    storage = Counts()

    for caller in range(counts.FORGET_FROM - 1):
        storage.incr(f"early {caller}", MINUTE)
    now[0] += MINUTE
    storage.incr("late", MINUTE)

    assert storage.reset() == 1
    assert storage.get("late") == 0


def test_threads_lose_no_count() -> None:
    storage = Counts()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: storage.incr("caller", MINUTE), range(2_000)))

    assert storage.get("caller") == 2_000


def test_counting_starts_no_thread() -> None:
    before = threading.active_count()

    Counts().incr("caller", MINUTE)

    assert threading.active_count() == before
