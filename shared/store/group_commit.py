"""Group commit: whoever waits for a turn to write is written by the one in front, in one transaction.

Making a commit durable takes the disk as long for eight documents as for one, and writes most of the same pages. So the
first of those who want to write leads: it does the work of all who stand behind it, commits once, and wakes them. Each
is answered only after that commit, so that nothing is less durable than alone. Nobody waits for company: a lone writer
commits at once.

Where one work of a group fails, nothing of the group is kept and each is done alone: what somebody else sent wrong
changes nothing for the others.
"""

import itertools
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from shared.errors import StoreUnavailable

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], Any]

LARGEST_GROUP = 32
"""Enough for everybody who waits in a busy web process; other processes' writers get their turn in between."""


def do_all(works: Sequence[Work], connection: sqlite3.Connection) -> list[Any]:
    """Return what works return, done in their order.

    A work may have a `together`, which does several that stand one after another and have the same one, all at once.
    """
    results: list[Any] = []
    for together, run in itertools.groupby(works, key=lambda work: getattr(work, "together", None)):
        some = list(run)
        results += together(connection, some) if together and len(some) > 1 else [work(connection) for work in some]
    return results


class Turn:
    """One caller's work, and what has come of it."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.leads = False
        self.is_done = False
        self.result: Any = None
        self.error: Exception | None = None
        self._called = threading.Lock()
        self._called.acquire()

    def end(self, result: Any = None, error: Exception | None = None) -> None:
        """Note what has come of the work."""
        self.result, self.error, self.is_done = result, error, True

    def call(self) -> None:
        """Wake whoever waits for this turn: it is done, or leads."""
        self._called.release()

    def wait(self, seconds: float = -1) -> bool:
        """Return whether the turn was called, within so many seconds or at all."""
        return self._called.acquire(timeout=seconds)


class Writers:
    """Those of one process who write to one file: one of them at a time leads."""

    def __init__(self, commit: Callable[[Sequence[Work], float], list[Any]]) -> None:
        """Take what does several works in one transaction, with so many seconds of patience, and gives the results."""
        self._commit = commit
        self._waiting: deque[Turn] = deque()
        self._is_led = False
        self._guard = threading.Lock()

    def write(self, work: Callable[[sqlite3.Connection], T], *, patience_seconds: float) -> T:
        """Return what the work returns once it is committed, or raise what it raises; `StoreUnavailable` in the end."""
        turn = Turn(work)
        give_up_at = time.monotonic() + patience_seconds
        with self._guard:
            turn.leads = not self._is_led
            self._is_led = True
            self._waiting.append(turn)
        if not turn.leads:
            self._wait(turn, patience_seconds)
        if turn.leads:
            self._lead(turn, give_up_at - time.monotonic())
        if turn.error is not None:
            raise turn.error
        result: T = turn.result
        return result

    def _wait(self, turn: Turn, seconds: float) -> None:
        """Wait until the turn leads or is done; raises `StoreUnavailable` where nobody takes it up in time."""
        try:
            if turn.wait(seconds):
                return
        except BaseException:
            self._leave(turn)
            raise
        with self._guard:
            if turn in self._waiting and not turn.leads:
                self._waiting.remove(turn)
                raise StoreUnavailable(f"the store was locked for {seconds:.1f} s by other writers")
        # It is being written: only what comes of that can say whether it is there.
        turn.wait()

    def _leave(self, turn: Turn) -> None:
        """Take a turn out whose greenthread was killed while it waited."""
        with self._guard:
            if turn in self._waiting:
                self._waiting.remove(turn)
            if turn.leads:
                self._hand_on()

    def _hand_on(self) -> None:
        """Let the first of those who wait lead; the guard is held."""
        self._is_led = bool(self._waiting)
        if self._is_led:
            self._waiting[0].leads = True
            self._waiting[0].call()

    def _lead(self, turn: Turn, patience_seconds: float) -> None:
        """Do the works of a group, of which this turn is the first, and let the next one lead."""
        with self._guard:
            group = [self._waiting.popleft() for _ in range(min(len(self._waiting), LARGEST_GROUP))]
        try:
            self._end(group, patience_seconds)
        finally:
            followers = [other for other in group if other is not turn]
            with self._guard:
                # Undone only where the leader was killed on the way: then nothing of theirs was committed.
                self._waiting.extendleft(other for other in reversed(followers) if not other.is_done)
                self._hand_on()
            for other in followers:
                if other.is_done:
                    other.call()

    def _end(self, group: Sequence[Turn], patience_seconds: float) -> None:
        """Do works in one transaction, or each alone where one of them fails."""
        try:
            results = self._commit([turn.work for turn in group], patience_seconds)
        except Exception as error:  # noqa: BLE001 — raised by `write`, for the one whose it is
            if len(group) == 1 or isinstance(error, StoreUnavailable):
                for turn in group:
                    turn.end(error=error)
            else:
                for turn in group:
                    self._end([turn], patience_seconds)
        else:
            for turn, result in zip(group, results, strict=True):
                turn.end(result)
