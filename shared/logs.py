"""Logs as JSON lines on stderr: a static event name, fields beside it, and the correlation id of the journey.

`log.info("event_handled", extra={"consumer": ...})`: the name never varies, so that lines can be counted and searched;
what varies is a field. Personal data is never a field, and because the text of an exception may quote what somebody
typed, a traceback is logged with its places and types but without the exceptions' texts.
"""

import json
import logging
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, TypeAlias

import orjson

from shared.config import Settings

ExcInfo: TypeAlias = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]

QUIET = ("amqp", "authlib", "boto3", "botocore", "kombu", "nameko", "PIL", "pymongo", "urllib3", "werkzeug")
"""Libraries that tell the story of every connection, or its secrets: only their warnings are of use."""

FIXED = frozenset({"time", "level", "event", "logger", "process"})
"""What the formatter alone decides; `service` and `correlation_id` may be said by the call, which knows better."""

OF_EVERY_RECORD = vars(logging.makeLogRecord({})).keys() | {"message", "asctime", "taskName"}
"""What a record has by itself; everything else is a field of the call."""


_AS_TEXT = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS

LONGEST_CHAIN = 10
"""Exceptions raised from one another, before a loop in the chain is suspected."""

_correlation_id: ContextVar[str | None] = ContextVar("correlation_id", default=None)
"""Per thread, and per greenthread in a patched process: greenlets carry their own context."""


def configure_logs(settings: Settings, service: str) -> None:
    """Send every log line of this process to stderr as JSON, under the service's name; safe to call again."""
    level = logging.getLevelNamesMapping()[settings.log_level]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LineFormatter(service))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    logging.captureWarnings(capture=True)
    # What no line of ours says, and the standard library would find out for each: where in the code, which thread.
    logging._srcfile = None  # noqa: SLF001 — as its documentation advises
    logging.logThreads = logging.logMultiprocessing = False
    for name in QUIET:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


def bind(*, correlation_id: str | None) -> None:
    """Give every later line of this thread or greenthread the correlation id of what it now works on."""
    _correlation_id.set(correlation_id)


def bound_correlation_id() -> str | None:
    """Return the correlation id that lines are now given."""
    return _correlation_id.get()


@contextmanager
def correlated(correlation_id: str | None) -> Iterator[None]:
    """Bind a correlation id for a block of work and put the one before back afterwards."""
    token = _correlation_id.set(correlation_id)
    try:
        yield
    finally:
        _correlation_id.reset(token)


class LineFormatter(logging.Formatter):
    """One log record as one line of JSON: time, level, event, service, process, correlation id, fields."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        """Return the line: the fixed fields first, then those of the call."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC)
            .isoformat(timespec="milliseconds")
            .replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            "logger": record.name,
            "service": self._service,
            "process": record.process,
            "correlation_id": _correlation_id.get(),
        }
        for name, value in vars(record).items():
            if name not in OF_EVERY_RECORD:
                # A field of the call must not pass for one of ours: it is kept under another name.
                line[f"{name}_" if name in FIXED else name] = value
        if record.exc_info:
            line["exc_info"] = self.formatException(record.exc_info)
        if record.stack_info:
            line["stack_info"] = self.formatStack(record.stack_info)
        return _encoded(line)

    def formatException(self, ei: ExcInfo | Any) -> str:  # noqa: N802 - the standard library's name
        """Return a traceback with places and types, without the exceptions' texts."""
        lines: list[str] = []
        error: BaseException | None = ei[1]
        while error is not None and len(lines) < LONGEST_CHAIN:
            frames = "".join(traceback.format_tb(error.__traceback__))
            lines.append(f"{frames}{type(error).__module__}.{type(error).__qualname__}")
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "\nraised from\n".join(lines)


def _encoded(line: Mapping[str, Any]) -> str:
    """Return a line as JSON; what JSON does not have is written as text."""
    try:
        return orjson.dumps(line, default=str, option=_AS_TEXT).decode()
    except TypeError:  # an integer of more than 64 bits, half a surrogate pair: rare, and no reason to lose a line
        return json.dumps(line, ensure_ascii=False, default=str)
