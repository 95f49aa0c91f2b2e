"""Telling people: messages, the port that sends them, and deliveries that neither get lost nor happen twice.

A handler queues a delivery (`deliveries.py`); a timer sends what is due through a `Sender`. Which sender is the
settings' affair: the page of a demonstration, where staff read what would have been sent, or a mail server.
"""

from shared.notify.deliveries import (
    DELIVERIES,
    Delivery,
    forget_messages,
    messages_about,
    queue_delivery,
    send_due,
)
from shared.notify.page import MESSAGES, PageSender, messages_page
from shared.notify.port import Message, RefusedError, Sender, can_text, open_sender

__all__ = [
    "DELIVERIES",
    "MESSAGES",
    "Delivery",
    "Message",
    "PageSender",
    "RefusedError",
    "Sender",
    "can_text",
    "forget_messages",
    "messages_about",
    "messages_page",
    "open_sender",
    "queue_delivery",
    "send_due",
]
