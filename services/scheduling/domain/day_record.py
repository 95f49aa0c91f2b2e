"""That a depot's day was reconciled: by whom, when, with which reasons, and the jobs as they stood then.

A closed day is opened again where something was wrong; whoever closes it then is noted too. What arrives afterwards (a
phone without a network, a supervisor who sends proof back) does not change what was closed: the page says what is
different now.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from services.scheduling.domain.day_end import REASON_ASKED, DayJob
from shared.errors import DomainError
from shared.ids import derived_id

SIGNATURES_KEPT = 20
"""Nobody closes a day more often; the first ones go."""


@dataclass(frozen=True)
class Signature:
    """Somebody who closed the day or opened it again: their id with accounts, and the name that the page shows."""

    what: str
    at: datetime
    by: str
    name: str = ""


@dataclass(frozen=True)
class DayRecord:
    """One depot's day; without a row or a signature nobody has closed it yet."""

    id: str
    depot_id: str
    day: date
    state: str = "open"
    reasons: dict[str, str] = field(default_factory=dict)
    rows: tuple[DayJob, ...] = ()
    signatures: tuple[Signature, ...] = ()
    version: int = 0
    sequence: int = 0

    @property
    def is_closed(self) -> bool:
        """Say whether it is reconciled."""
        return self.state == "closed"

    @property
    def last(self) -> Signature | None:
        """Return who closed it or opened it again last."""
        return self.signatures[-1] if self.signatures else None

    @property
    def named_since(self) -> datetime | None:
        """Return when the first of those who are still named signed; None where nobody is."""
        return min((signature.at for signature in self.signatures if signature.name), default=None)

    @property
    def people(self) -> tuple[str, ...]:
        """Return the ids of everybody who signed and is still named."""
        return tuple(sorted({signature.by for signature in self.signatures if signature.name}))


def record_id(depot_id: str, day: date) -> str:
    """Return the id of a depot's day: there is one, whoever closes it."""
    return derived_id("day-end", depot_id, day.isoformat())


def new_record(depot_id: str, day: date) -> DayRecord:
    """Return the record of a day that nobody has closed."""
    return DayRecord(record_id(depot_id, day), depot_id, day)


def close(
    record: DayRecord,
    rows: Sequence[DayJob],
    reasons: Mapping[str, str],
    signature: Signature,
    *,
    known: Mapping[str, str],
) -> DayRecord:
    """Close a day with the jobs as they stand, and a reason for each that nobody has explained.

    `known` are the codes that may be chosen; a job without a choice was not reached, or given to nobody.

    Raises:
        DomainError: the day is closed already, or a reason is not on the list.
    """
    if record.is_closed:
        raise DomainError(closed_words(record), field="close")
    chosen = {row.job_id: reasons.get(row.job_id, row.ending) for row in rows if row.ending in REASON_ASKED}
    for job_id, code in chosen.items():
        if code not in known:
            raise DomainError("Choose a reason from the list", field=f"reason-{job_id}")
    return replace(
        record,
        state="closed",
        rows=tuple(rows),
        reasons=chosen,
        signatures=(*record.signatures, signature)[-SIGNATURES_KEPT:],
    )


def open_again(record: DayRecord, signature: Signature) -> DayRecord:
    """Open a closed day; the reasons stay as a first choice. Raises `DomainError` for one that is open."""
    if not record.is_closed:
        raise DomainError("This day is open already.", field="close")
    signatures = (*record.signatures, signature)[-SIGNATURES_KEPT:]
    return replace(record, state="open", rows=(), signatures=signatures)


def differences(closed: Sequence[DayJob], now: Sequence[DayJob]) -> list[tuple[DayJob | None, DayJob | None]]:
    """Return the jobs that a closed day has otherwise than it would have now: as they were closed, as they are."""
    then, today = {row.job_id: row for row in closed}, {row.job_id: row for row in now}
    pairs = [(then.get(job_id), today.get(job_id)) for job_id in sorted({*then, *today})]
    return [(old, new) for old, new in pairs if old is None or new is None or _told(old) != _told(new)]


def closed_words(record: DayRecord) -> str:
    """Return that a day is closed, and by whom."""
    last = record.last
    by = f" by {last.name}" if last and last.name else ""
    return f"This day was closed{by} already. Open it again to change it."


def without_name(record: DayRecord, user_id: str) -> DayRecord:
    """Return the record with somebody's id kept and their name taken out."""
    bare = tuple(replace(each, name="") if each.by == user_id else each for each in record.signatures)
    return replace(record, signatures=bare)


def without_names_before(record: DayRecord, before: datetime) -> DayRecord:
    """Return the record without the names of those who signed before a moment; their ids stay."""
    bare = tuple(replace(each, name="") if each.at < before else each for each in record.signatures)
    return replace(record, signatures=bare)


def _told(row: DayJob) -> tuple[object, ...]:
    """Return what a closed row says: where a job is expected by now changes and is no difference."""
    return row.depot_id, row.crew_id, row.origin, row.ending, row.reason
