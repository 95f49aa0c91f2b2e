"""The whole bus in one function call: every new event of every store to every subscriber, until all is quiet.

Seeding makes a past with it, and tests see the end of a story without waiting: no broker, no threads, no nameko, in the
order of the logs. It answers messages exactly as a worker does (`answer`), so what parks there parks here; but messages
that wait for a later try are tried again as soon as the rest has been handled, whatever their `due_at` and attempts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.bus.answer import Outcome, answer, due_parked, event_in
from shared.bus.documents import (
    CURSOR,
    RELAY,
    RETRYING,
    list_parked,
    parked_id,
    read_progress,
    relay_position,
    request_replay_of_parked,
    show_parked,
    write_progress,
)
from shared.errors import StreetsceneError
from shared.service import ServiceContext, Subscription, Timer

BATCH = 500


class HandlerError(StreetsceneError):
    """A message was parked as dead, and the pump was told that this is a defect."""


@dataclass
class Drained:
    """What a drain has done, by outcome."""

    handled: int = 0
    parked_retrying: int = 0
    parked_dead: int = 0

    def count(self, outcome: Outcome) -> None:
        """Add one message."""
        if outcome is Outcome.HANDLED:
            self.handled += 1
        elif outcome is Outcome.RETRYING:
            self.parked_retrying += 1
        elif outcome is Outcome.DEAD:
            self.parked_dead += 1


class Pump:
    """Delivers events between the services of one process, on demand.

    With `raise_errors` a message that is parked as dead also raises `HandlerError`, with the traceback: for tests and
    seeding, where that is a defect. `from_progress` starts where the stored progress ends, not at the beginning of
    the logs.
    """

    def __init__(
        self,
        contexts: Mapping[str, ServiceContext],
        subscriptions: Mapping[str, Sequence[Subscription]],
        timers: Mapping[str, Sequence[Timer]] | None = None,
        *,
        raise_errors: bool = False,
        from_progress: bool = False,
    ) -> None:
        self._contexts = contexts
        self._subscriptions = subscriptions
        self._timers = timers or {}
        self._routes = _routes(subscriptions)
        self._raise_errors = raise_errors
        self._may_wait = True
        """Whether messages may be parked for a later try: others than this pump may have left some before it began."""
        self._positions = {source: self._first_position(source) if from_progress else 0 for source in contexts}

    def drain(self) -> Drained:
        """Handle all new events, and those that these bring forth, until nothing is left that can be handled."""
        drained = Drained()
        while self._deliver_new(drained) or self._retry_parked(drained):
            continue
        return drained

    def run_timers(self, *names: str) -> Drained:
        """Run the timers of these names (none: all), then drain."""
        for service, timers in self._timers.items():
            for timer in timers:
                if not names or timer.name in names:
                    timer.run(self._contexts[service])
        return self.drain()

    def save_progress(self) -> None:
        """Store how far all consumers and relays have come, so that workers started afterwards go on from there."""
        for service, ctx in self._contexts.items():
            consumers = [subscription.consumer for subscription in self._subscriptions.get(service, ())]
            write_progress(
                ctx.store,
                [(name, source, position) for name in consumers for source, position in self._positions.items()],
            )
            if self._positions[service] > relay_position(ctx.store):
                ctx.store.write_many(RELAY.name, [{"_id": CURSOR, "position": self._positions[service]}])

    def _first_position(self, source: str) -> int:
        """Return the lowest stored progress of all consumers through one service's log."""
        return min(
            (
                read_progress(self._contexts[service].store, subscription.consumer, source)
                for service, subscriptions in self._subscriptions.items()
                for subscription in subscriptions
            ),
            default=0,
        )

    def _deliver_new(self, drained: Drained) -> bool:
        """Deliver one batch of every store's log; say whether there was anything."""
        found = False
        for source, ctx in self._contexts.items():
            ctx.store.log.collect()
            for logged in ctx.store.log.read(after=self._positions[source], limit=BATCH):
                found = True
                self._deliver(logged.type, logged.body, drained)
                self._positions[source] = logged.position
        return found

    def _deliver(self, event_type: str, body: bytes, drained: Drained) -> None:
        """Give one event to every consumer that subscribes to its type."""
        event = event_in(body)
        for service, subscription in self._routes.get(event_type, ()):
            ctx = self._contexts[service]
            outcome = answer(ctx, subscription, body, decoded=event)
            drained.count(outcome)
            self._may_wait = self._may_wait or outcome is Outcome.RETRYING
            if outcome is Outcome.DEAD and self._raise_errors:
                parked = show_parked(ctx.store, parked_id(subscription.consumer, event.id if event else None, body))
                raise HandlerError(f"{parked['_id']} ({event_type}): {parked['reason']}\n{parked['trace']}")

    def _retry_parked(self, drained: Drained) -> bool:
        """Try every message again that waits for a later try; say whether any could be handled now."""
        if not self._may_wait:
            return False
        handled, still_waiting = 0, False
        for service, subscriptions in self._subscriptions.items():
            ctx = self._contexts[service]
            waiting = [parked["_id"] for parked in list_parked(ctx.store, state=RETRYING)]
            for document_id in waiting:
                request_replay_of_parked(ctx.store, document_id)
            if waiting:
                still_waiting = True
                outcomes = due_parked(ctx, subscriptions, limit=len(waiting))
                handled += outcomes.get(Outcome.HANDLED, 0)
        self._may_wait = still_waiting
        drained.handled += handled
        return handled > 0


def _routes(
    subscriptions: Mapping[str, Sequence[Subscription]],
) -> dict[str, list[tuple[str, Subscription]]]:
    """Return for every event type who is to get it."""
    routes: dict[str, list[tuple[str, Subscription]]] = {}
    for service, its_subscriptions in subscriptions.items():
        for subscription in its_subscriptions:
            for contract in subscription.events:
                routes.setdefault(contract.type, []).append((service, subscription))
    return routes
