"""What another website told us later about a report, as it is kept in the report's private part."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Note:
    """One update: its id here and there, which key sent it, what it claims, and the words as written."""

    id: str
    update_id: str
    key_id: str
    at: datetime
    received_at: datetime
    status: str
    text: str = ""
    media_urls: tuple[str, ...] = ()
