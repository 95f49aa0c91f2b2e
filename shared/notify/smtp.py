"""Send e-mail by a council's own mail server, for whoever has no GOV.UK Notify. Text messages have no way out here.

A mail server can't be asked whether it took a message, so an unknown outcome means sending again: at least once, which
the delivery counts. The message's id is its `Message-ID`, by which mail programs show a repeated one once.
"""

import smtplib
from email.message import EmailMessage
from email.utils import formatdate, parseaddr
from urllib.parse import unquote, urlsplit

from shared.errors import RetryLater
from shared.notify.port import Message, RefusedError

TIMEOUT_SECONDS = 20
"""Shorter than a delivery's lease."""
PAUSE_SECONDS = 60
SUBMISSION, SECURE = 587, 465
REFUSED_FOR_GOOD = 500


class SmtpSender:
    """Hands e-mails to a mail server: `smtps://` is encrypted from the start, `smtp://` as soon as it is offered."""

    def __init__(self, url: str, *, sender: str) -> None:
        self._parts = urlsplit(url)
        self._sender = sender
        self._domain = parseaddr(sender)[1].partition("@")[2]

    def send(self, message: Message) -> None:
        """Hand an e-mail over; see `Sender.send` for what is raised when."""
        if message.channel != "email":
            raise RefusedError("a mail server sends no text messages; GOV.UK Notify does")
        try:
            server = self._connected()
        except (OSError, smtplib.SMTPException) as error:
            raise RetryLater(f"no mail server: {type(error).__name__}", delay_seconds=PAUSE_SECONDS) from error
        with server:
            try:
                server.send_message(self._letter(message))
            except smtplib.SMTPRecipientsRefused as error:
                code = max(code for code, _ in error.recipients.values())
                raise _refusal(message, code) from error
            except smtplib.SMTPResponseException as error:
                raise _refusal(message, error.smtp_code) from error

    def look_up(self, message_id: str) -> bool | None:  # noqa: ARG002 - a mail server knows nothing of it
        """Return None: a mail server can't tell."""
        return None

    def _connected(self) -> smtplib.SMTP:
        """Return a connection that is encrypted where the server can, and signed in where the address says as whom."""
        parts = self._parts
        host = parts.hostname or "localhost"
        if parts.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(host, parts.port or SECURE, timeout=TIMEOUT_SECONDS)
        else:
            server = smtplib.SMTP(host, parts.port or SUBMISSION, timeout=TIMEOUT_SECONDS)
            server.ehlo()
            if server.has_extn("starttls"):
                server.starttls()
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        return server

    def _letter(self, message: Message) -> EmailMessage:
        """Return the e-mail; a line break in a header is refused by the library."""
        letter = EmailMessage()
        letter["From"], letter["To"], letter["Subject"] = self._sender, message.address, message.subject
        letter["Message-ID"] = f"<{message.id}@{self._domain}>"
        letter["Date"] = formatdate()
        letter["Auto-Submitted"] = "auto-generated"
        letter.set_content(message.body)
        return letter


def _refusal(message: Message, code: int) -> Exception:
    """Return what an answer of the server's means: never, or not now (RFC 5321, 4.2.1)."""
    if code >= REFUSED_FOR_GOOD:
        return RefusedError(f"the mail server refused message {message.id}: {code}")
    return RetryLater(f"the mail server answered {code}", delay_seconds=PAUSE_SECONDS)
