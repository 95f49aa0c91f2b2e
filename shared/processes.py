"""How a process gets its services: contexts, apps, subscriptions and workers, found by the service's name.

Services are packages under `services/` that never import each other, and `shared` does not import them either; the
process entry points (web, worker, planner, launcher, command line, tests) need them by name, and this is the one place
where a name becomes a module.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from shared.blobs import open_blobs
from shared.bus.documents import SYSTEM_COLLECTIONS
from shared.clock import Clock, ClockSetting, CouncilClock, MachineClock
from shared.config import SERVICES, Settings
from shared.council import Council, load_council
from shared.errors import ConfigError
from shared.service import ServiceContext, Subscription, Timer
from shared.store import Collection, Store, open_store

DEMO_STORE = "demo"
"""A store of its own for what belongs to a demonstration and to no service."""

CLOCK_DOCUMENT = "council"
HEARTBEAT_DOCUMENT = "heartbeat"
DEMO_COLLECTIONS = (Collection("clock"), Collection("simulation"), Collection("controls"), Collection("cast"))
"""The clock; what the simulation has still to do; what the page asks the launcher to do; the references of the cast."""


def part(service: str, name: str) -> Any:
    """Return a service's module (`store`, `subscriptions`, `web`, `worker`, …); raises `ConfigError` if unknown."""
    if service not in SERVICES:
        raise ConfigError(f"There is no service {service!r}; the services are {', '.join(SERVICES)}")
    return import_module(f"services.{service}.{name}")


def collections_of(service: str) -> tuple[Collection, ...]:
    """Return the service's collections with those that every service has (parked, progress, relay)."""
    return (*part(service, "store").COLLECTIONS, *SYSTEM_COLLECTIONS)


def subscriptions_of(service: str) -> Sequence[Subscription]:
    """Return what the service consumes."""
    subscriptions: Sequence[Subscription] = part(service, "subscriptions").SUBSCRIPTIONS
    return subscriptions


def timers_of(service: str) -> Sequence[Timer]:
    """Return what the service does every so often."""
    timers: Sequence[Timer] = part(service, "subscriptions").TIMERS
    return timers


def consumers_by_event() -> Mapping[str, tuple[str, ...]]:
    """Return for every event type that is consumed the names of its consumers, in order."""
    found: dict[str, list[str]] = {}
    for service in SERVICES:
        for subscription in subscriptions_of(service):
            for contract in subscription.events:
                found.setdefault(contract.type, []).append(subscription.consumer)
    return {event_type: tuple(sorted(names)) for event_type, names in sorted(found.items())}


def open_clock(settings: Settings) -> Clock:
    """Return the council's clock: the machine's, or in a demonstration the one of the stored setting."""
    if not settings.demo:
        return MachineClock()
    store = open_store(settings.store_url, DEMO_STORE, DEMO_COLLECTIONS)
    return CouncilClock(lambda: read_clock(store))


def read_clock(store: Store) -> ClockSetting | None:
    """Return the demonstration's clock setting, or None while its clock is the machine's."""
    document = store.get("clock", CLOCK_DOCUMENT)
    if document is None:
        return None
    return ClockSetting(document["real"], document["council"], document["speed_thousandths"] / 1000)


def write_clock(store: Store, setting: ClockSetting) -> None:
    """Store the demonstration's clock setting; every process follows within a second."""
    store.write_many(
        "clock",
        [
            {
                "_id": CLOCK_DOCUMENT,
                "real": setting.real.astimezone(UTC),
                "council": setting.council.astimezone(UTC),
                "speed_thousandths": round(setting.speed * 1000),
            }
        ],
    )


def require_begun(settings: Settings) -> None:
    """Raise `ConfigError` where a store in files has not begun: looking at it must not make an empty one."""
    parts = urlsplit(settings.store_url)
    if parts.scheme == "sqlite" and not Path(unquote(f"{parts.netloc}{parts.path}")).exists():
        raise ConfigError(f"there is no Streetscene in {settings.data} yet: start one, or set STREETSCENE_DATA")


def open_context(
    service: str, settings: Settings, *, clock: Clock | None = None, council: Council | None = None
) -> ServiceContext:
    """Return one service's context, with its own clock and council where none is given.

    Raises `ConfigError` or `StoreUnavailable`.
    """
    return ServiceContext(
        service=service,
        settings=settings,
        council=council or load_council(settings.council, boundaries=settings.boundaries, gazetteer=settings.gazetteer),
        store=open_store(settings.store_url, service, collections_of(service)),
        blobs=open_blobs(settings.blob_url, service),
        clock=clock or open_clock(settings),
    )


@contextmanager
def open_contexts(
    services: Sequence[str], settings: Settings, *, clock: Clock | None = None
) -> Iterator[dict[str, ServiceContext]]:
    """Give the contexts of several services over one clock and one council, and close their stores afterwards."""
    clock = clock or open_clock(settings)
    council = load_council(settings.council, boundaries=settings.boundaries, gazetteer=settings.gazetteer)
    with ExitStack() as stack:
        contexts = {service: open_context(service, settings, clock=clock, council=council) for service in services}
        for context in contexts.values():
            stack.callback(context.store.close)
        yield contexts
