"""Everything that the wall counts, read at one instant."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from services.operations.domain.counts import (
    ALL_TICKETS,
    OPEN,
    RECYCLED,
    WALL_NOTICE_STATES,
    Count,
    jobs_in,
    notices_in,
    open_reports,
    overdue_reports,
    weighed,
)
from services.operations.store import kg_by, open_by_neighbourhood, value_of
from shared.contracts.codes import JOB_STATES
from shared.store.port import Store

PER_THOUSAND = 1000


@dataclass(frozen=True)
class Counted:
    """A count and its value at the summary's instant."""

    count: Count
    value: int

    def as_json(self) -> dict[str, Any]:
        """Return it as the API gives it."""
        return {"value": self.value, "href": self.count.href}


@dataclass(frozen=True)
class Neighbourhood:
    """How many reports are open and overdue in a neighbourhood."""

    id: str
    open: Counted
    overdue: Counted


@dataclass(frozen=True)
class Summary:
    """The wall's numbers."""

    as_of: datetime
    open: Counted
    overdue: Counted
    jobs: Mapping[str, Counted]
    materials: Mapping[str, Counted]
    weighed: Counted
    recycled: Counted
    notices: Mapping[str, Counted]
    neighbourhoods: tuple[Neighbourhood, ...]

    @property
    def recycled_per_thousand(self) -> int | None:
        """Recycled weight per thousand of all weighed waste; None before anything was weighed."""
        return round(PER_THOUSAND * self.recycled.value / self.weighed.value) if self.weighed.value else None

    @property
    def revision(self) -> str:
        """A text that differs whenever any number does."""
        numbers = [
            self.open.value,
            self.overdue.value,
            *(counted.value for group in (self.jobs, self.materials, self.notices) for counted in group.values()),
            self.recycled.value,
            *(number for place in self.neighbourhoods for number in (place.open.value, place.overdue.value)),
        ]
        return sha256(repr((sorted(self.materials), numbers)).encode()).hexdigest()[:16]

    def as_json(self) -> dict[str, Any]:
        """Return it as `GET /api/operations/v1/summary` gives it."""
        return {
            "as_of": self.as_of.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "revision": self.revision,
            "counts": {
                "open": self.open.as_json(),
                "overdue": self.overdue.as_json(),
                "jobs_by_state": _as_json(self.jobs),
                "tonnes_kg_by_material": _as_json(self.materials),
                "notices_by_state": _as_json(self.notices),
            },
        }


def read_summary(store: Store, neighbourhood_ids: tuple[str, ...], *, now: datetime) -> Summary:
    """Return the wall's numbers at an instant."""
    open_in = open_by_neighbourhood(store, OPEN)
    overdue_in = open_by_neighbourhood(store, overdue_reports(now))
    kilograms = kg_by(store, ALL_TICKETS, "material")
    return Summary(
        as_of=now,
        open=Counted(OPEN, sum(open_in.values())),
        overdue=Counted(overdue_reports(now), sum(overdue_in.values())),
        jobs={state: _counted(store, jobs_in(state)) for state in JOB_STATES},
        materials={material: Counted(weighed(material), kilograms[material]) for material in sorted(kilograms)},
        weighed=Counted(ALL_TICKETS, sum(kilograms.values())),
        recycled=_counted(store, RECYCLED),
        notices={state: _counted(store, notices_in(state)) for state in WALL_NOTICE_STATES},
        neighbourhoods=tuple(
            Neighbourhood(
                place,
                Counted(open_reports(place), open_in.get(place, 0)),
                Counted(overdue_reports(now, place), overdue_in.get(place, 0)),
            )
            for place in neighbourhood_ids
        ),
    )


def _counted(store: Store, count: Count) -> Counted:
    """Return a count with its value now."""
    return Counted(count, value_of(store, count))


def _as_json(counted: Mapping[str, Counted]) -> dict[str, dict[str, Any]]:
    """Return counts by state or material as the API gives them."""
    return {name: one.as_json() for name, one in counted.items()}
