"""What crews worked and tipped on a day: hours from their shifts, loads from their tips; by crew, never by person.

A shift belongs to the day on which it begins, with all of its hours: a night's work is counted once. Hours are real
ones, so a shift in the night on which clocks change is an hour shorter or longer than the clock on the wall says.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.scheduling.domain.fleet import FORGOTTEN, Shift

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Worked:
    """One shift in minutes; `worked_minutes` is without breaks, and None where nobody signed off."""

    shift_id: str
    crew_id: str
    began_at: datetime
    ended_at: datetime | None
    break_minutes: int
    worked_minutes: int | None
    is_running: bool


@dataclass(frozen=True)
class TipRecord:
    """One emptying of a vehicle, kept for the day's loads; kilograms by the sizes, until tickets say more."""

    id: str
    crew_id: str | None
    vehicle_id: str
    site_id: str
    tipped_at: datetime
    job_ids: tuple[str, ...]
    estimated_kg: int
    version: int = 0
    sequence: int = 0


@dataclass(frozen=True)
class Loads:
    """The tips of somebody on a day: kilograms estimated, weighed so far, and of how many tips no ticket has come."""

    tips: int
    estimated_kg: int
    weighed_kg: int
    unweighed: int
    by_site: Mapping[str, int]
    """Tips by site."""


def worked(shift: Shift, now: datetime) -> Worked:
    """Return a shift's hours as they are known at a moment."""
    is_running = shift.ended_at is None and now - shift.started_at < FORGOTTEN
    ended_at = None if shift.is_forgotten else shift.ended_at
    end = ended_at or (now if is_running else None)
    rested = sum(((each.ended_at or end or each.began_at) - each.began_at for each in shift.breaks), timedelta())
    return Worked(
        shift_id=shift.id,
        crew_id=shift.crew_id,
        began_at=shift.started_at,
        ended_at=ended_at,
        break_minutes=max(rested, timedelta()) // MINUTE,
        worked_minutes=max(end - shift.started_at - rested, timedelta()) // MINUTE if end else None,
        is_running=is_running,
    )


def loads_of(tips: Iterable[TipRecord], weighed: Mapping[str, int]) -> Loads:
    """Return the loads of some tips; `weighed` gives the kilograms of a tip of which every job's share is known."""
    tips = list(tips)
    sites = sorted({tip.site_id for tip in tips})
    return Loads(
        tips=len(tips),
        estimated_kg=sum(tip.estimated_kg for tip in tips),
        weighed_kg=sum(weighed.get(tip.id, 0) for tip in tips),
        unweighed=sum(tip.id not in weighed for tip in tips),
        by_site={site: sum(tip.site_id == site for tip in tips) for site in sites},
    )


def minutes_of(shifts: Sequence[Worked]) -> int:
    """Return the minutes worked in some shifts, those that nobody signed off left out."""
    return sum(shift.worked_minutes or 0 for shift in shifts)
