"""What a store says that changes seldom and is asked for all the time: read again every few seconds in each process.

For copies of other services' news, which are a moment old anyway. Where this process writes such a copy itself, it says
so (`forget`), and nobody here reads the old one again.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from shared.store.port import Store

T = TypeVar("T")

FRESH_SECONDS = 2.0


@dataclass(frozen=True)
class Recent(Generic[T]):
    """What `read` gives of a store, at most `FRESH_SECONDS` old."""

    read: Callable[[Store], T]
    _known: WeakKeyDictionary[Store, tuple[float, T]] = field(default_factory=WeakKeyDictionary)

    def of(self, store: Store) -> T:
        """Return what the store said a moment ago, or says now."""
        now = monotonic()
        known = self._known.get(store)
        if known is None or now - known[0] >= FRESH_SECONDS:
            known = (now, self.read(store))
            self._known[store] = known
        return known[1]

    def forget(self, store: Store) -> None:
        """Read it again when it is next asked for: it has just been written."""
        self._known.pop(store, None)
