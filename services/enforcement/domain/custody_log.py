"""The custody log: who did what to a case, each entry sealed by the one before it.

Every entry carries the SHA-256 of itself and its predecessor. Changing, removing or reordering one breaks the chain
from there on, which `verify` finds and the case page shows. It proves that nobody edited the middle; it can't prove
that the newest entries were not cut off, which is why events of the case are also in the archive of `operations`.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

START = "0" * 64
"""What the first entry of a case is chained to."""

ACTIONS: Mapping[str, str] = {
    "case.opened": "Case opened",
    "evidence.received": "Evidence received, seal verified",
    "case.evidence-secured": "Evidence secured",
    "evidence.viewed": "Evidence viewed",
    "evidence.disclosed": "Given out to the person it came from",
    "evidence.erased": "Evidence erased",
    "notice.viewed": "Recipient and particulars viewed",
    "notice.disclosed": "Given out to the person that it is for",
    "notice.erased": "Recipient and particulars erased",
    "action.recorded": "Action recorded for the national return",
    "case.closed": "Case closed",
    "notice.issued": "Notice issued",
    "notice.served": "Notice served",
    "notice.paid": "Notice paid",
    "notice.cancelled": "Notice cancelled",
    "notice.overdue": "Notice overdue",
    "notice.copied": "Notice copied to the Environment Agency",
    "notice.escalated": "File passed on for prosecution",
}


@dataclass(frozen=True)
class Entry:
    """One line of the log. `subject` is what it was done to (an exhibit, a notice), `source_id` what it records."""

    case_id: str
    n: int
    at: datetime
    actor: str
    action: str
    subject: str
    source_id: str
    previous_hash: str
    hash: str

    @property
    def id(self) -> str:
        """The natural key that makes numbers unique."""
        return f"{self.case_id}:{self.n}"


@dataclass(frozen=True)
class Verification:
    """What recomputing the chain has shown; `broken_at` is the number of the first entry that does not fit."""

    entries: int
    broken_at: int | None

    @property
    def is_whole(self) -> bool:
        """Say whether every entry fits the one before it."""
        return self.broken_at is None


def follow(
    last: Entry | None, *, case_id: str, at: datetime, actor: str, action: str, subject: str, source_id: str
) -> Entry:
    """Return the entry that comes after the last one of a case."""
    entry = Entry(
        case_id=case_id,
        n=last.n + 1 if last else 1,
        at=at,
        actor=actor,
        action=action,
        subject=subject,
        source_id=source_id,
        previous_hash=last.hash if last else START,
        hash="",
    )
    return replace(entry, hash=hash_of(entry))


def verify(entries: Sequence[Entry]) -> Verification:
    """Recompute the whole chain of a case, entries in order of their numbers."""
    previous = START
    for expected_n, entry in enumerate(entries, start=1):
        if entry.n != expected_n or entry.previous_hash != previous or entry.hash != hash_of(entry):
            return Verification(len(entries), expected_n)
        previous = entry.hash
    return Verification(len(entries), None)


def hash_of(entry: Entry) -> str:
    """Return the SHA-256 of an entry's contents and its predecessor's hash, written one way only."""
    contents = [
        entry.case_id,
        entry.n,
        entry.at.astimezone(UTC).isoformat(timespec="milliseconds"),
        entry.actor,
        entry.action,
        entry.subject,
        entry.source_id,
        entry.previous_hash,
    ]
    return hashlib.sha256(json.dumps(contents, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()
