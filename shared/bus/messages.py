"""What travels beside an event's bytes, written by the relays and read by the consumers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.contracts.envelope import CONTENT_TYPE
from shared.store.port import LoggedEvent

SOURCE, POSITION, RECORDED_AT, REPLAY = "source", "position", "recorded-at", "replay"

CONTENT_ENCODING = "utf-8"
PERSISTENT = 2

__all__ = ["CONTENT_ENCODING", "CONTENT_TYPE", "PERSISTENT", "Delivery", "headers_of"]


def headers_of(source: str, logged: LoggedEvent, *, replay: str | None = None) -> dict[str, Any]:
    """Return the headers of an event: where it stands in whose log, since when, and whether it is sent on request."""
    headers: dict[str, Any] = {
        SOURCE: source,
        POSITION: logged.position,
        RECORDED_AT: logged.recorded_at.isoformat(),
    }
    if replay is not None:
        headers[REPLAY] = replay
    return headers


@dataclass(frozen=True)
class Delivery:
    """One message as it was delivered: the bytes, and what could be read of its headers."""

    body: bytes
    source: str | None
    position: int | None
    recorded_at: datetime | None
    redelivered: bool

    @classmethod
    def of(cls, body: bytes | str | None, headers: Mapping[str, Any], *, redelivered: bool) -> "Delivery":
        """Return the delivery; headers that are missing or wrong are as if they were not there."""
        raw = body.encode(errors="surrogatepass") if isinstance(body, str) else bytes(body or b"")
        source, position, recorded_at = headers.get(SOURCE), headers.get(POSITION), headers.get(RECORDED_AT)
        replayed = REPLAY in headers
        return cls(
            body=raw,
            source=source if isinstance(source, str) else None,
            position=position if isinstance(position, int) else None,
            # The lag of an event sent again on request says nothing about the system.
            recorded_at=None if replayed else _instant(recorded_at),
            redelivered=redelivered,
        )


def _instant(text: Any) -> datetime | None:
    """Return an aware instant, or None for anything else."""
    try:
        instant = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return instant if instant.tzinfo else None
