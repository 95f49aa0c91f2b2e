"""Which published events the broker has taken over, when its answers come late, bundled and out of order.

No I/O: the relay tells what it sent and what came back, and asks how far the cursor may move. An unroutable message is
answered twice, by a return and then by an acknowledgement, so what was returned stays unconfirmed whatever follows.
Delivery tags count from 1 on every channel: one `Confirms` per channel.
"""

import time
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass

from shared.errors import StreetsceneError


class PublishError(StreetsceneError):
    """The broker did not take an event: publish again from the cursor, on a new channel."""


@dataclass(frozen=True)
class Sent:
    """One event under way: its place in the log, and the place before it that is settled once all earlier ones are."""

    position: int
    previous: int
    event_id: str
    event_type: str
    sent_at: float


class Confirms:
    """Bookkeeping of one channel in confirm mode; `settled` is as far as the cursor may move."""

    def __init__(self, cursor: int) -> None:
        self._last = cursor
        self._tag = 0
        self._under_way: OrderedDict[int, Sent] = OrderedDict()
        self._returned: set[str] = set()
        self._failure: str | None = None

    def __len__(self) -> int:
        return len(self._under_way)

    @property
    def settled(self) -> int:
        """The last position with nothing unconfirmed at or before it."""
        first = next(iter(self._under_way.values()), None)
        return first.previous if first else self._last

    def sent(self, position: int, *, event_id: str, event_type: str) -> None:
        """Note an event as published; positions rise."""
        self._tag += 1
        self._under_way[self._tag] = Sent(position, self._last, event_id, event_type, time.monotonic())
        self._last = position

    def acked(self, tag: int, multiple: bool) -> list[Sent]:
        """Note an acknowledgement, of one or of all up to a tag; return what is confirmed by it."""
        confirmed = []
        for each in list(self._up_to(tag) if multiple else [tag]):
            sent = self._under_way.get(each)
            if sent is None:
                continue
            if sent.event_id in self._returned:
                continue  # taken by nobody: it went to no queue
            confirmed.append(self._under_way.pop(each))
        return confirmed

    def nacked(self, tag: int, multiple: bool) -> None:
        """Note that the broker refuses one event, or all up to a tag."""
        self._failure = f"the broker refused delivery {tag}{' and those before' if multiple else ''}"

    def returned(self, event_id: str, reason: str) -> None:
        """Note that an event could not be routed to any queue."""
        self._returned.add(event_id)
        self._failure = f"unroutable: {reason}"

    def check(self, *, timeout_seconds: float) -> None:
        """Raise `PublishError` if anything was refused or returned, or waits too long for its answer."""
        if self._failure:
            raise PublishError(self._failure)
        first = next(iter(self._under_way.values()), None)
        if first and time.monotonic() - first.sent_at > timeout_seconds:
            raise PublishError(f"no answer for {timeout_seconds:.0f} s to {first.event_type}")

    def _up_to(self, tag: int) -> Iterator[int]:
        """Yield the tags under way up to one, in order."""
        for each in self._under_way:
            if each > tag:
                return
            yield each
