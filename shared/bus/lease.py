"""One relay per store: a lease that is a document, taken and kept by saving it with the version that was read.

Losing it is harmless: two relays for a moment only publish some events twice, which consumers are made for. The
cursor is guarded the same way, so that the one which was overtaken notices at its next move and steps down. By the
machine's clock, always.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from shared.bus.documents import CURSOR, LEASE, RELAY
from shared.clock import machine_now
from shared.errors import Conflict, Duplicate
from shared.metrics import set_outbox
from shared.service import ServiceContext
from shared.store.port import Document, Store

LEASE_SECONDS = 6.0
"""How long a relay that died keeps others waiting; its events are safe in the log meanwhile."""

RENEW_SECONDS = 2.0


class Lease:
    """The lease of one store's relay, as one holder sees it."""

    def __init__(self, store: Store, holder: str, *, now: Callable[[], datetime] = machine_now) -> None:
        self._store = store
        self._holder = holder
        self._now = now
        self._renew_at: datetime | None = None

    def take(self) -> bool:
        """Take the lease if it is free, expired or already this holder's; say whether it is now held."""
        lease = self._store.get(RELAY.name, LEASE)
        now = self._now()
        wanted = {"_id": LEASE, "holder": self._holder, "until": now + timedelta(seconds=LEASE_SECONDS)}
        try:
            if lease is None:
                self._store.insert(RELAY.name, wanted)
            elif lease["holder"] == self._holder or lease["until"] <= now:
                self._store.save(RELAY.name, wanted, expected_version=lease["version"])
            else:
                return False
        except (Conflict, Duplicate):
            return False  # another took it in the same moment
        self._renew_at = now + timedelta(seconds=RENEW_SECONDS)
        return True

    def keep(self) -> None:
        """Renew the lease when it is time to; raises `Conflict` if another holds it."""
        if self._renew_at is not None and self._now() < self._renew_at:
            return
        if not self.take():
            raise Conflict("another relay holds the lease")

    def release(self) -> None:
        """Give the lease up, so that the next relay need not wait for its end."""
        lease = self._store.get(RELAY.name, LEASE)
        if lease is None or lease["holder"] != self._holder:
            return
        try:
            self._store.save(RELAY.name, {**lease, "until": self._now()}, expected_version=lease["version"])
        except Conflict:
            return


class Cursor:
    """How far the log is published, as stored; moved only by a relay that saw its latest value."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._document: Document = store.get(RELAY.name, CURSOR) or {"_id": CURSOR, "position": 0, "version": 0}

    @property
    def position(self) -> int:
        """The position up to which everything is published."""
        return int(self._document["position"])

    def move(self, position: int) -> None:
        """Store a later position; raises `Conflict` where another relay has moved it."""
        moved = {**self._document, "position": position}
        version = self._document["version"]
        if version == 0:
            try:
                self._store.insert(RELAY.name, moved)
            except Duplicate as error:
                raise Conflict("another relay has moved the cursor") from error
        else:
            self._store.save(RELAY.name, moved, expected_version=version)
        self._document = {**moved, "version": version + 1}


def measure_outbox(ctx: ServiceContext, *, after: int) -> None:
    """Measure what a store holds that is not published up to a position."""
    waiting, oldest = ctx.store.log.waiting(after=after)
    age = (machine_now() - oldest).total_seconds() if oldest else 0.0
    set_outbox(ctx.service, events=waiting, oldest_age_seconds=max(0.0, age))
