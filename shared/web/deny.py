"""The deny list that every service keeps for itself: whose cookies and tokens no longer hold.

Fed by `user.changed.v1`, so no web process ever asks accounts. A cookie signed before the change is refused, and
everything of an inactive user. Users, shift codes, wall links and API tokens are all listed by their id, so each can be
revoked by itself. Checked at most every two seconds per id and process.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from time import monotonic

from shared.contracts.accounts import UserChangedV1
from shared.contracts.envelope import Event
from shared.service import ServiceContext, Subscription
from shared.store.port import Collection, Document, Store
from shared.web.identity import User

DENIED_USERS = Collection("denied_users")
"""Listed by every service among its collections."""

FRESH_SECONDS = 2.0
REMEMBERED_IDS = 10_000


def on_user_changed(ctx: ServiceContext, event: Event) -> None:
    """Remember what accounts says about a user or credential; older and repeated news changes nothing."""
    state = event.state
    document = {
        "_id": state["user_id"],
        "sequence": event.sequence,
        "active": state["active"],
        "refuse_before": state["refuse_before"],
    }
    ctx.store.put_if_newer(DENIED_USERS.name, document, sequence=event.sequence)


def users_subscription(service: str) -> Subscription:
    """Return the consumer `<service>.users`, which every service lists among its own."""
    return Subscription(f"{service}.users", (UserChangedV1,), on_user_changed)


@dataclass
class DenyList:
    """One web process's view of its service's deny list."""

    store: Store
    _known: OrderedDict[str, tuple[float, Document | None]] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def refuses(self, user: User) -> bool:
        """Say whether the user or the credential used was changed or switched off since it was signed."""
        return self.refuses_id(user.id, user.issued_at) or (
            user.credential_id is not None and self.refuses_id(user.credential_id, user.issued_at)
        )

    def refuses_id(self, denied_id: str, issued_at: datetime | None) -> bool:
        """Say whether what was signed for an id at an instant no longer holds (None: only whether it is active)."""
        document = self._look_up(denied_id)
        if document is None:
            return False
        return not document["active"] or (issued_at is not None and issued_at < document["refuse_before"])

    def _look_up(self, denied_id: str) -> Document | None:
        """Return the document of an id, at most two seconds old."""
        now = monotonic()
        with self._lock:
            known = self._known.get(denied_id)
        if known is not None and now - known[0] < FRESH_SECONDS:
            return known[1]
        document = self.store.get(DENIED_USERS.name, denied_id)
        with self._lock:
            self._known[denied_id] = (now, document)
            self._known.move_to_end(denied_id)
            while len(self._known) > REMEMBERED_IDS:
                self._known.popitem(last=False)
        return document
