"""Send by GOV.UK Notify, the government's own service for e-mail and text messages.

One template for each channel, whose only contents are `((body))` (and for e-mail `((subject))`): the words are ours and
lie with the code, so that a change of them is reviewed like any other. The delivery's id is Notify's reference, by
which an unknown outcome is looked up.
"""

from pathlib import Path
from typing import Any

from notifications_python_client.errors import HTTPError
from notifications_python_client.notifications import NotificationsAPIClient

from shared.errors import ConfigError, RetryLater
from shared.notify.port import Message, RefusedError

TIMEOUT_SECONDS = 20
"""Shorter than a delivery's lease."""

PAUSE_SECONDS = 60
NEVER = 400
"""The address or the text can't be sent by anybody."""
SURELY_NOT_TAKEN = frozenset({401, 403, 404, 410, 413, 429})
"""Refused before anything was taken: a key, a limit. Somebody will put it right, and the message waits."""


class NotifySender:
    """Hands messages to GOV.UK Notify, which knows them by their id."""

    def __init__(self, key_file: Path, *, url: str, email_template: str, sms_template: str) -> None:
        try:
            key = key_file.read_text().strip()
        except OSError as error:
            raise ConfigError(f"STREETSCENE_NOTIFY_KEY_FILE: {key_file} can't be read: {error.strerror}") from error
        # The library has no types.
        self._client: Any = NotificationsAPIClient(key, base_url=url, timeout=TIMEOUT_SECONDS)  # type: ignore[no-untyped-call]
        self._templates = {"email": email_template, "sms": sms_template}

    def send(self, message: Message) -> None:
        """Hand a message over; see `Sender.send` for what is raised when."""
        try:
            self._send(message)
        except HTTPError as error:
            if error.status_code == NEVER:
                raise RefusedError(f"Notify refused message {message.id}") from error
            if error.status_code in SURELY_NOT_TAKEN:
                raise RetryLater(f"Notify answered {error.status_code}", delay_seconds=PAUSE_SECONDS) from error
            raise

    def look_up(self, message_id: str) -> bool | None:
        """Say whether Notify has a message with this reference."""
        found: Any = self._client.get_all_notifications(reference=message_id)
        return bool(found["notifications"])

    def _send(self, message: Message) -> None:
        """Call Notify."""
        if message.channel == "sms":
            self._client.send_sms_notification(
                phone_number=message.address,
                template_id=self._templates["sms"],
                personalisation={"body": message.body},
                reference=message.id,
            )
            return
        self._client.send_email_notification(
            email_address=message.address,
            template_id=self._templates["email"],
            personalisation={"subject": message.subject, "body": message.body},
            reference=message.id,
        )
