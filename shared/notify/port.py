"""What a service may ask of whoever carries its messages: send one, and say whether one was sent.

The message's id is the reference under which the provider knows it. That is what makes an unknown outcome (the process
died, the line broke) answerable: ask first, and send again only what was not sent.
"""

from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from shared.config import Settings
from shared.errors import StreetsceneError
from shared.store.port import Store

Channel: TypeAlias = Literal["email", "sms"]


@dataclass(frozen=True)
class Message:
    """One message to one address; the id is the delivery's, and the reference at the provider."""

    id: str
    channel: Channel
    address: str
    template: str
    subject: str
    body: str


class RefusedError(StreetsceneError):
    """The provider will never take this message (no such address); trying again makes no sense."""


class Sender(Protocol):
    """What carries messages to people."""

    def send(self, message: Message) -> None:
        """Hand a message over.

        Raises `RefusedError` where it will never be taken, `RetryLater` where it surely was not taken this time; after
        any other error nobody knows.
        """
        ...

    def look_up(self, message_id: str) -> bool | None:
        """Say whether a message was taken; None where the provider can't tell."""
        ...


def can_text(settings: Settings) -> bool:
    """Say whether text messages reach anybody: a mail server alone has no way to telephones."""
    return settings.notify_key_file is not None or settings.smtp_url is None or settings.demo


def open_sender(settings: Settings, store: Store) -> Sender:
    """Return the sender that the settings name; the page in the service's own store where they name none.

    A demonstration always has the page: nobody may hear from made-up reports.
    """
    # The port comes first, its adapters import it; and each brings a library that others never load.
    if settings.notify_key_file is not None and not settings.demo:
        from shared.notify.govuk import NotifySender

        return NotifySender(
            settings.notify_key_file,
            url=settings.notify_url,
            email_template=settings.notify_email_template,
            sms_template=settings.notify_sms_template,
        )
    if settings.smtp_url is not None and not settings.demo:
        from shared.notify.smtp import SmtpSender

        return SmtpSender(settings.smtp_url, sender=settings.mail_from)
    from shared.notify.page import PageSender

    return PageSender(store)
