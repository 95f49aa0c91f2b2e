"""A sender that keeps messages in the service's own store, for a page where staff read them.

A demonstration tells nobody anything; and a council that tries the system out wants to see each message before a real
one leaves. The insert under the message's id makes sending twice impossible.
"""

from contextlib import suppress

from shared.clock import machine_now
from shared.errors import Duplicate
from shared.notify.port import Message
from shared.store.port import DESCENDING, Collection, Index, Page, Store

NEWEST_FIRST = (("sent_at", DESCENDING),)

MESSAGES = Collection(
    "messages",
    fields={"template": "text", "channel": "text", "sent_at": "instant"},
    indexes=(Index(sort=NEWEST_FIRST), Index(equal=("template",), sort=NEWEST_FIRST)),
)
"""What was sent: personal data (address, words), so it stays in the store of the service that wrote it."""


class PageSender:
    """Sends by writing the message down; knows for ever what it has sent."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def send(self, message: Message) -> None:
        """Write the message down; the same one again changes nothing."""
        document = {
            "_id": message.id,
            "channel": message.channel,
            "address": message.address,
            "template": message.template,
            "subject": message.subject,
            "body": message.body,
            "sent_at": machine_now(),
        }
        with suppress(Duplicate):
            self._store.insert(MESSAGES.name, document)

    def look_up(self, message_id: str) -> bool | None:
        """Say whether the message was written down."""
        return self._store.get(MESSAGES.name, message_id) is not None


def messages_page(store: Store, *, after: str | None = None, limit: int = 50) -> Page:
    """Return a page of the messages sent, the newest first."""
    return store.find(MESSAGES.name, {}, sort=NEWEST_FIRST, after=after, limit=limit)
