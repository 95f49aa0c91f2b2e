"""What a use case is given: its service's store, blobs, council and clock, put together once per process.

Web, worker, planner, seeding and tests all build the same `ServiceContext`; nothing in a service asks which mode it is
in. `Subscription` and `Timer` say what a worker does without knowing nameko, so that seeding can do it too.
"""

from collections.abc import Callable
from dataclasses import dataclass

from shared.blobs.port import Blobs
from shared.clock import Clock
from shared.config import Settings
from shared.contracts.base import Contract
from shared.contracts.envelope import Event
from shared.council import Council
from shared.store.port import Store


@dataclass(frozen=True)
class ServiceContext:
    """One service in one process."""

    service: str
    settings: Settings
    council: Council
    store: Store
    blobs: Blobs
    clock: Clock


@dataclass(frozen=True)
class Subscription:
    """One consumer: its name (and queue) `<service>.<noun>`, the events it answers, and the handler.

    The handler may raise `Conflict` or `RetryLater` (tried again, then parked as retrying); anything else it raises is
    parked as dead with the reason. It is called again with events it has seen, and in any order.
    """

    consumer: str
    events: tuple[type[Contract], ...]
    handle: Callable[[ServiceContext, Event], None]


@dataclass(frozen=True)
class Timer:
    """Something a worker does every so often. It runs in every replica, so it claims what it works on."""

    name: str
    every_seconds: float
    run: Callable[[ServiceContext], None]
