"""Where rate limits count: in this process, in the machine's time, without a thread.

The memory storage of `limits` starts a thread at almost every request, to forget what has expired; it took half of what
accepting a report cost. Here what has expired is forgotten when there has come to be twice as much.
"""

import time
from threading import Lock

from limits.storage import Storage

FORGET_FROM = 1_000
"""Fewer counts than this are not worth looking through."""


class Counts(Storage):
    """The amounts of fixed windows, each with the instant at which it ends."""

    STORAGE_SCHEME = ["counts"]  # noqa: RUF012 - as `limits` finds it

    def __init__(self, uri: str | None = None, wrap_exceptions: bool = False, **options: float | str | bool) -> None:
        super().__init__(uri, wrap_exceptions=wrap_exceptions, **options)
        self._windows: dict[str, tuple[int, float]] = {}
        self._forget_at = FORGET_FROM
        self._lock = Lock()

    @property
    def base_exceptions(self) -> type[Exception]:
        """The errors of this storage: it has none of its own."""
        return ValueError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Add to a window's amount, which begins now where there is none, and return it."""
        now = time.time()
        with self._lock:
            counted, ends = self._windows.get(key, (0, 0.0))
            if ends <= now:
                counted, ends = 0, now + expiry
            self._windows[key] = counted + amount, ends
            if len(self._windows) >= self._forget_at:
                self._forget(now)
        return counted + amount

    def get(self, key: str) -> int:
        """Return a window's amount; 0 where it has ended."""
        counted, ends = self._windows.get(key, (0, 0.0))
        return counted if ends > time.time() else 0

    def get_expiry(self, key: str) -> float:
        """Return the instant at which a window ends; now where there is none."""
        _, ends = self._windows.get(key, (0, 0.0))
        return max(ends, time.time())

    def check(self) -> bool:
        """Say that the storage is there."""
        return True

    def reset(self) -> int:
        """Forget everything, and return how many windows there were."""
        with self._lock:
            forgotten = len(self._windows)
            self._windows = {}
        return forgotten

    def clear(self, key: str) -> None:
        """Forget a window."""
        with self._lock:
            self._windows.pop(key, None)

    def _forget(self, now: float) -> None:
        """Forget the windows that have ended; the next time when there are twice as many as are left."""
        self._windows = {key: window for key, window in self._windows.items() if window[1] > now}
        self._forget_at = max(FORGET_FROM, 2 * len(self._windows))
