"""What the dispatch board shows: active jobs, filtered and grouped, and what each crew has in hand.

The active jobs of a council are some hundreds, read in one indexed find; filtering and counting them here keeps every
figure on the page true to the same moment.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from services.scheduling import store, tipping
from services.scheduling.domain.depots import Depot
from services.scheduling.domain.fleet import Crew, Vehicle
from services.scheduling.domain.job import Job
from services.scheduling.domain.plan import Plan
from services.scheduling.live import MOST_ACTIVE_JOBS
from shared.service import ServiceContext

GROUPS: Mapping[str, str] = {
    "open": "To assign",
    "started": "Under way",
    "assigned": "With a crew",
    "deferred": "Waiting",
}
"""States in the order of the supervisor's attention, with their headings."""

EMPTY_GROUPS: Mapping[str, str] = {
    "open": "Every job is with a crew",
    "started": "No crew is at work on a job",
    "assigned": "No job is waiting in a crew’s list",
    "deferred": "Nothing is waiting",
}
SHOWN_PER_GROUP: Mapping[str, int] = {"open": 60, "deferred": 30, "started": 20, "assigned": 20}
"""What crews have is on their rounds; here are the most urgent ones, and the way to all of them."""

SHOWN_IN_ONE_GROUP = 200


@dataclass(frozen=True)
class Filters:
    """Which jobs the supervisor wants to see; empty text means all."""

    depot: str = ""
    neighbourhood: str = ""
    state: str = ""
    priority: str = ""
    crew: str = ""
    only: str = ""
    reference: str = ""

    @classmethod
    def of(cls, arguments: Mapping[str, str]) -> "Filters":
        """Return the filters in a query string."""
        return cls(**{name: arguments.get(name, "").strip() for name in cls.__dataclass_fields__})

    def admits(self, job: Job, now: datetime) -> bool:
        """Say whether a job is to be shown."""
        return (
            self.depot in ("", job.depot_id)
            and self.neighbourhood in ("", job.neighbourhood)
            and self.state in ("", job.state)
            and self.priority in ("", str(job.priority or "none"))
            and self.crew in ("", job.crew_id)
            and (self.only != "overdue" or job.is_overdue(now))
            and (self.only != "held" or job.held)
            and self.reference.replace(" ", "").upper() in job.reference
        )

    def chosen(self) -> dict[str, str]:
        """Return the filters by name, as the form shows them."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    def query(self, **changes: str) -> str:
        """Return the query string of these filters with some changed."""
        chosen = self.chosen() | changes
        return urlencode({name: value for name, value in chosen.items() if value})

    @property
    def are_set(self) -> bool:
        """Say whether anything is left out."""
        return bool(self.query())


@dataclass(frozen=True)
class Group:
    """The jobs of one state: those shown, and how many there are."""

    state: str
    heading: str
    jobs: Sequence[Job]
    count: int


@dataclass(frozen=True)
class CrewLoad:
    """What a crew has in hand: stops, overdue ones, and estimated weight against its vehicle's payload."""

    crew: Crew
    vehicle: Vehicle | None
    on_shift: bool
    begun: Job | None
    stops: int
    overdue: int
    on_board_kg: int
    to_collect_kg: int

    @property
    def payload_kg(self) -> int:
        """The vehicle's payload, 0 without a vehicle."""
        return self.vehicle.payload_kg if self.vehicle else 0

    @property
    def total_kg(self) -> int:
        """What would be on board if the whole list were collected without a tip."""
        return self.on_board_kg + self.to_collect_kg

    @property
    def tips_needed(self) -> int:
        """How often the vehicle must tip to carry all of it."""
        return -(-self.total_kg // self.payload_kg) if self.payload_kg else 0


@dataclass(frozen=True)
class Board:
    """The whole board at one moment."""

    now: datetime
    filters: Filters
    groups: Sequence[Group]
    crews: Sequence[CrewLoad]
    counts: Mapping[str, int]
    plans: Mapping[str, Plan | None]
    depots: Sequence[Depot]
    """All of them, whatever the filters."""

    shown: int
    is_cut_short: bool
    everything: Sequence[Job] = ()
    """All active jobs, whatever the filters."""

    map_jobs: Sequence[Job] = ()
    """The jobs under the filters, all states."""


def make_board(ctx: ServiceContext, filters: Filters, everything: Sequence[Job]) -> Board:
    """Return the board under the filters; `everything` are all active jobs."""
    now = ctx.clock.now()
    # Figures answer for the place that is looked at; the state filters then pick from them.
    here = [job for job in everything if Filters(filters.depot, filters.neighbourhood).admits(job, now)]
    chosen = [job for job in everything if filters.admits(job, now)]
    groups = [
        Group(state, heading, found[: SHOWN_IN_ONE_GROUP if filters.state else SHOWN_PER_GROUP[state]], len(found))
        for state, heading in GROUPS.items()
        if filters.state in ("", state)
        for found in [[job for job in chosen if job.state == state]]
    ]
    every_depot = store.all_depots(ctx.store)
    depots = [depot.id for depot in every_depot if filters.depot in ("", depot.id)]
    return Board(
        now=now,
        filters=filters,
        groups=groups,
        crews=crew_loads(ctx, everything, depots, now),
        counts={
            "open": sum(job.state == "open" for job in here),
            "overdue": sum(job.is_overdue(now) for job in here),
            "started": sum(job.state == "started" for job in here),
            "assigned": sum(job.state == "assigned" for job in here),
            "deferred": sum(job.state == "deferred" for job in here),
            "held": sum(job.held for job in here),
        },
        plans={depot: store.latest_plan(ctx.store, depot) for depot in depots},
        depots=every_depot,
        shown=len(chosen),
        is_cut_short=len(everything) == MOST_ACTIVE_JOBS,
        everything=everything,
        map_jobs=chosen,
    )


def crew_loads(ctx: ServiceContext, jobs: Sequence[Job], depots: Sequence[str], now: datetime) -> list[CrewLoad]:
    """Return what every crew of the depots has in hand."""
    vehicles = {vehicle.id: vehicle for vehicle in store.all_vehicles(ctx.store)}
    on_shift = store.crews_on_shift(ctx.store)
    of_crews: dict[str | None, list[Job]] = {}
    for job in jobs:
        of_crews.setdefault(job.crew_id, []).append(job)
    loads = []
    for crew in store.all_crews(ctx.store):
        if crew.depot_id not in depots:
            continue
        mine = of_crews.get(crew.id, [])
        vehicle = vehicles.get(crew.vehicle_id or "")
        loads.append(
            CrewLoad(
                crew=crew,
                vehicle=vehicle,
                on_shift=crew.id in on_shift,
                begun=next((job for job in mine if job.state == "started"), None),
                stops=len(mine),
                overdue=sum(job.is_overdue(now) for job in mine),
                on_board_kg=sum(load.estimated_kg for load in tipping.load_list(ctx, vehicle)) if vehicle else 0,
                to_collect_kg=sum(ctx.council.size_kg.get(job.size or "", 0) for job in mine),
            )
        )
    return loads
