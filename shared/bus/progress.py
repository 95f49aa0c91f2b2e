"""How far each consumer has come, for a bus that keeps nothing (`memory://`).

The relay says what it sent, consumers say what they are done with (handled or parked), and what is stored is the
position below which nothing is open: written about once a second, so that a crash repeats a second's work and loses
none. At the next start the relay sends from there, to each consumer only what that consumer has not done.
"""

from collections.abc import Mapping, Sequence

from shared.bus.documents import read_progress, write_progress
from shared.errors import StreetsceneError
from shared.service import ServiceContext, Subscription

Key = tuple[str, str]
"""(consumer, source)."""


class Progress:
    """The progress of all consumers of this process through all logs that concern them."""

    def __init__(
        self, contexts: Mapping[str, ServiceContext], subscriptions: Mapping[str, Sequence[Subscription]]
    ) -> None:
        self._contexts = contexts
        self._service_of: dict[str, str] = {}
        self._start: dict[Key, int] = {}
        for service, its_subscriptions in subscriptions.items():
            for subscription in its_subscriptions:
                self._service_of[subscription.consumer] = service
                for source in {contract.producer for contract in subscription.events}:
                    self._start[subscription.consumer, source] = read_progress(
                        contexts[service].store, subscription.consumer, source
                    )
        self._open: dict[Key, set[int]] = {key: set() for key in self._start}
        self._scanned: dict[str, int] = {}
        self._stored = dict(self._start)

    def first(self, source: str) -> int | None:
        """Return the position from which a log must be sent; None where nobody here consumes from it."""
        return min(
            (position for (_, its_source), position in self._start.items() if its_source == source), default=None
        )

    def wants(self, consumer: str, source: str, position: int) -> bool:
        """Say whether the consumer has yet to do the event at a position."""
        return position > self._start.get((consumer, source), 0)

    def sent(self, consumer: str, source: str, position: int) -> None:
        """Note an event as sent to a consumer."""
        self._open.setdefault((consumer, source), set()).add(position)

    def scanned(self, source: str, position: int) -> None:
        """Note that everything in a log up to a position has been sent to those who want it."""
        self._scanned[source] = position

    def done(self, consumer: str, source: str, position: int) -> None:
        """Note an event as handled or parked by a consumer."""
        self._open.get((consumer, source), set()).discard(position)

    def open_count(self, source: str) -> int:
        """Return how many deliveries from a log are under way."""
        return sum(len(positions) for (_, its_source), positions in self._open.items() if its_source == source)

    def settled(self, source: str) -> int:
        """Return the position of a log up to which every consumer is done."""
        return min(
            (self.position(consumer, its) for consumer, its in self._start if its == source),
            default=self._scanned.get(source, 0),
        )

    def position(self, consumer: str, source: str) -> int:
        """Return the position up to which the consumer has done everything from a log."""
        under_way = self._open[consumer, source]
        if under_way:
            return min(under_way) - 1
        return max(self._start[consumer, source], self._scanned.get(source, 0))

    def store(self) -> None:
        """Write what has changed, one commit per service; raises `StoreUnavailable`, and then nothing is forgotten."""
        changed: dict[str, dict[Key, int]] = {}
        for consumer, source in self._start:
            position = self.position(consumer, source)
            if position > self._stored[consumer, source]:
                changed.setdefault(self._service_of[consumer], {})[consumer, source] = position
        problem: StreetsceneError | None = None
        for service, positions in changed.items():
            try:
                write_progress(self._contexts[service].store, [(*key, position) for key, position in positions.items()])
            except StreetsceneError as error:
                problem = error
            else:
                self._stored.update(positions)
        if problem:
            raise problem
