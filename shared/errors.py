"""The errors that carry meaning across the system; everything else is a defect and is treated as one.

Web maps them to HTTP in `shared/web/errors.py`, the bus to parking in `shared/bus/consume.py`, the command line to exit
codes in `shared/cli.py`: one mapping each, so that handlers only ever raise.
"""


class StreetsceneError(Exception):
    """Base of every error that this project raises on purpose."""


class DomainError(StreetsceneError):
    """The caller asked for something that the rules do not allow; the text is shown to the person who asked."""

    def __init__(self, message: str, *, field: str | None = None, rule: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.rule = rule


class NotFound(DomainError):
    """The thing asked for does not exist, or is not for this caller to know of."""


class Forbidden(DomainError):
    """The caller is known, and may not do this."""


class Conflict(StreetsceneError):
    """Somebody else saved the document in the meantime: load it again and decide anew."""


class Duplicate(StreetsceneError):
    """A document with this id or unique value exists already: somebody else, or an earlier try, won."""

    def __init__(self, collection: str, key: str) -> None:
        super().__init__(f"{collection}: {key} exists already")
        self.collection = collection
        self.key = key


class InvalidEvent(StreetsceneError):
    """The bytes or the data of an event do not fit its contract: parked as dead, never retried."""


class RetryLater(StreetsceneError):
    """The handler can't do its work yet, and trying again after `delay_seconds` makes sense."""

    def __init__(self, reason: str, *, delay_seconds: float = 5) -> None:
        super().__init__(reason)
        self.delay_seconds = delay_seconds


class StoreUnavailable(StreetsceneError):
    """The document store can't be reached or did not answer in time; nothing is known to be saved."""


class ConfigError(StreetsceneError):
    """The configuration is wrong or incomplete; the command ends with exit code 2 and this one line."""
