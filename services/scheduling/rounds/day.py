"""A day to plan: crews with their vehicles, jobs, disposal sites, and the sheets that a plan is made of.

Times are whole seconds after the day's own midnight, counted as they pass: on the day the clocks go forward, nine
o'clock is eight hours after midnight (`services/scheduling/frame.py` turns them into instants and back). Weights are
kilograms, volumes litres, places WGS84 degrees, and what a plan is worth is in seconds of driving.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Spot: TypeAlias = tuple[float, float]

DAY_END = 48 * 3600
"""Night shifts end on the next day; nothing that is planned lies later."""

MOST_LATE_SHARE = 0.9
"""A late job never costs more than this share of its prize: done late is better than not done."""

UNBOUNDED = 10**9
"""Litres of a vehicle, or of a load, that nobody has measured."""


@dataclass(frozen=True)
class Site:
    """A disposal site: where, how long a tip takes, when it is open, and the materials that it takes (None: all)."""

    id: str
    spot: Spot
    tip_seconds: int
    name: str = ""
    opens: int = 0
    closes: int = DAY_END
    materials: frozenset[str] | None = None

    def takes(self, materials: frozenset[str]) -> bool:
        """Say whether it takes all of these."""
        return self.materials is None or materials <= self.materials


@dataclass(frozen=True)
class Rest:
    """The break that a crew is owed: how long it is, and between which times it must begin."""

    seconds: int
    earliest: int
    latest: int


@dataclass(frozen=True)
class Crew:
    """A crew with its vehicle: what it can do and carry, where and when it is free, and when it must be home.

    `ready` is when it may first drive off (after its vehicle checks, or after the stop it is at), `rest` the break that
    it is still owed, `locked` the stops that it has been shown already and that stay first on its sheet.
    """

    id: str
    name: str
    vehicle_class: str
    payload_kg: int
    volume_litres: int
    skills: frozenset[str]
    position: Spot
    home: Spot
    start: int
    end: int
    ready: int
    rest: Rest | None = None
    loaded_kg: int = 0
    loaded_litres: int = 0
    materials: frozenset[str] = frozenset()
    licence_needed: str | None = None
    licences: frozenset[str] = frozenset()
    locked: tuple[str, ...] = ()
    is_under_way: bool = False
    fuel: str = "diesel"
    width_cm: int | None = None
    gross_kg: int | None = None
    range_metres: float | None = None
    """How far the vehicle still goes today without being charged; None for one that is refuelled anywhere."""

    @property
    def may_drive(self) -> bool:
        """Say whether somebody in the crew holds the licence that its vehicle needs."""
        return self.licence_needed is None or self.licence_needed in self.licences

    @property
    def is_loaded(self) -> bool:
        """Say whether there is waste on the vehicle already."""
        return bool(self.loaded_kg or self.loaded_litres)

    def carries(self, job: "Job") -> bool:
        """Say whether the job fits on the empty vehicle."""
        return job.kg <= self.payload_kg and job.litres <= self.volume_litres

    def lacks(self, job: "Job") -> frozenset[str]:
        """Return what the job needs that nobody in the crew has."""
        return (job.needs | ({job.skill} if job.skill is not None else set())) - self.skills

    def gets_to(self, job: "Job") -> bool:
        """Say whether the vehicle is narrow and light enough for the place; an unmeasured width is taken to be."""
        is_wide = job.max_width_cm is not None and self.width_cm is not None and self.width_cm > job.max_width_cm
        is_heavy = job.max_gross_kg is not None and self.gross_kg is not None and self.gross_kg > job.max_gross_kg
        return not (is_wide or is_heavy)

    def can_do(self, job: "Job") -> bool:
        """Say whether the crew may and can do a job at all."""
        return (
            self.may_drive
            and not self.lacks(job)
            and self.gets_to(job)
            and self.carries(job)
            and job.pinned_to in (None, self.id)
            and job.is_plannable
        )


@dataclass(frozen=True)
class Job:
    """A job: where, how long, how much, what it needs, and what doing it today is worth.

    `urgency` is 1 for the most urgent. `late_rate` is what a second after the deadline costs, in seconds of driving.
    `pinned_to` is the crew that a person gave it to: no other may have it. A held job or a contractor's is no crew's.
    """

    id: str
    label: str
    spot: Spot
    work_seconds: int
    kg: int
    litres: int
    urgency: int
    prize: int
    late_rate: float
    deadline: int | None = None
    release: int = 0
    skill: str | None = None
    material: str | None = None
    pinned_to: str | None = None
    held: bool = False
    contractor: bool = False
    place: str = ""
    needs: frozenset[str] = frozenset()
    """Tickets, keys and the like beside the skill, in the words that people are told."""

    max_width_cm: int | None = None
    max_gross_kg: int | None = None
    late_since: int | None = None
    """From when lateness costs, for a job that was overdue before: what has passed is no plan's to save, and would
    make the job that has waited longest the one that is worth least."""

    @property
    def is_plannable(self) -> bool:
        """Say whether a crew of the council may be sent at all."""
        return not (self.held or self.contractor)

    def late_cost(self, begun: float) -> float:
        """Return what beginning at this time costs for being late, in seconds of driving."""
        if self.deadline is None:
            return 0.0
        late = begun - (self.deadline if self.late_since is None else max(self.deadline, self.late_since))
        return min(self.late_rate * late, MOST_LATE_SHARE * self.prize) if late > 0 else 0.0


@dataclass(frozen=True)
class Step:
    """One line of a crew's sheet: a job, a tip at a site, or the break (with an empty id)."""

    kind: Literal["job", "tip", "break"]
    id: str = ""


@dataclass(frozen=True)
class Absent:
    """Why a crew can't be planned: the rule that a plan for it would break, and the words."""

    rule: str
    words: str


Sheets: TypeAlias = Mapping[str, Sequence[Step]]
"""A plan: what each crew does, in order, by crew id. The way home, with a tip when loaded, is understood."""


@dataclass(frozen=True)
class Day:
    """Everything that a plan decides about; `now` is when it is made.

    `gone` names the crews that are not planned, `absent` says for those of the depot why.
    """

    crews: Mapping[str, Crew]
    jobs: Mapping[str, Job]
    sites: Mapping[str, Site]
    now: int = 0
    name: str = ""
    gone: Mapping[str, str] = field(default_factory=dict)
    absent: Mapping[str, Absent] = field(default_factory=dict)


def jobs_in(steps: Sequence[Step]) -> list[str]:
    """Return the jobs of a sheet in order."""
    return [step.id for step in steps if step.kind == "job"]


def planned_jobs(sheets: Sheets) -> dict[str, str]:
    """Return the crew of every job that a plan gives out."""
    return {job_id: crew_id for crew_id, steps in sheets.items() for job_id in jobs_in(steps)}
