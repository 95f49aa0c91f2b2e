"""What a sheet is like when it is driven: the one place that knows when a crew tips, rests and is home.

Whoever made a plan, it is replayed here under the true travel of the time of day, so that no time shown is a solver's
word. A crew takes its break before it drives on once the window is open, or when the next stop would keep it past the
window's end. It tips when the next job does not fit, and before it goes home with anything on board. A job that would
keep it out after the end of its shift is dropped.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from services.scheduling.rounds.day import Crew, Day, Job, Site, Spot, Step
from services.scheduling.rounds.travel import Travel


@dataclass(frozen=True)
class Stop:
    """A line of a sheet as driven: when the crew is there, begins and leaves, and what is on board then."""

    kind: Literal["job", "tip", "break"]
    id: str
    arrive: float
    begin: float
    leave: float
    kg: int
    litres: int
    is_forced: bool = False
    """A tip that is on no sheet: the next job did not fit, or the crew went home loaded."""

    @property
    def step(self) -> Step:
        """The line of the sheet."""
        return Step(self.kind, self.id)


@dataclass(frozen=True)
class Round:
    """A crew's sheet as driven; without a job the crew stays where it is, and `home_at` is when it is ready."""

    crew_id: str
    stops: tuple[Stop, ...]
    dropped: tuple[str, ...]
    travel_seconds: float
    metres: float
    home_at: float
    has_rested: bool

    @property
    def visits(self) -> list[Stop]:
        """The jobs."""
        return [stop for stop in self.stops if stop.kind == "job"]

    @property
    def tips(self) -> int:
        """How often the vehicle tips."""
        return sum(stop.kind == "tip" for stop in self.stops)

    @property
    def steps(self) -> tuple[Step, ...]:
        """The sheet with everything on it that is really done, up to its last job."""
        steps = [stop.step for stop in self.stops]
        while steps and steps[-1].kind != "job":
            steps.pop()
        return tuple(steps)


class Cart:
    """A crew on its way: the state between two lines of its sheet."""

    __slots__ = (
        "crew",
        "day",
        "kg",
        "litres",
        "materials",
        "metres",
        "now",
        "owes_rest",
        "seconds",
        "spot",
        "stops",
        "travel",
    )

    def __init__(self, day: Day, crew: Crew, travel: Travel) -> None:
        self.day, self.crew, self.travel = day, crew, travel
        self.spot: Spot = crew.position
        self.now: float = crew.ready
        self.kg, self.litres, self.materials = crew.loaded_kg, crew.loaded_litres, crew.materials
        self.owes_rest = crew.rest is not None
        self.seconds = self.metres = 0.0
        self.stops: tuple[Stop, ...] = ()

    def copy(self) -> "Cart":
        """Return another cart in the same state."""
        other = Cart.__new__(Cart)
        for name in Cart.__slots__:
            setattr(other, name, getattr(self, name))
        return other

    def served(self, job: Job) -> "Cart | None":
        """Return the cart after the job, or None where the crew would then not be home in time."""
        other = self.copy()
        return other if other.serve(job) and other.comes_home() else None

    def tipped(self, site_id: str) -> "Cart | None":
        """Return the cart after a tip that is on the sheet, or None where there is no use or no time for it."""
        site = self.day.sites.get(site_id)
        if site is None or not (self.kg or self.litres) or not site.takes(self.materials):
            return None
        other = self.copy()
        return other if other.tip(site, is_forced=False) and other.comes_home() else None

    def comes_home(self) -> bool:
        """Say whether the crew would be home within its shift, and within its vehicle's range."""
        home = self.copy()
        if not home.go_home() or home.now > self.crew.end:
            return False
        return self.crew.range_metres is None or home.metres <= self.crew.range_metres

    def rested(self) -> "Cart | None":
        """Return the cart after a break that is on the sheet, or None where it is not its time."""
        rest = self.crew.rest
        if rest is None or not self.owes_rest or self.now < rest.earliest:
            return None
        other = self.copy()
        other.rest()
        return other

    def go_home(self) -> bool:
        """Rest if that is still owed, tip if loaded, and drive home; say whether a site was there to tip at."""
        rest = self.crew.rest
        if rest is not None and self.owes_rest and self.now >= rest.earliest:
            self.rest()
        if self.kg or self.litres:
            site = self._best_site(self.crew.home)
            if site is None or not self.tip(site, is_forced=True):
                return False
        self._go(self.crew.home)
        return True

    def serve(self, job: Job) -> bool:
        """Drive to a job and do it, by way of a site where it does not fit; say whether that is possible."""
        crew = self.crew
        is_full = self.kg + job.kg > crew.payload_kg or self.litres + job.litres > crew.volume_litres
        if is_full or not self._mixes(job):
            site = self._best_site(job.spot)
            if site is None or not self.tip(site, is_forced=True):
                return False
        self._rest_if_due(job.spot, job.work_seconds, job.release)
        self._go(job.spot)
        arrive, begin = self.now, max(self.now, job.release)
        self.now = begin + job.work_seconds
        self.kg += job.kg
        self.litres += job.litres
        if job.material is not None:
            self.materials |= {job.material}
        self.stops += (Stop("job", job.id, arrive, begin, self.now, self.kg, self.litres),)
        return True

    def _mixes(self, job: Job) -> bool:
        """Say whether there is a site that takes what is on board together with a job's waste."""
        if job.material is None or job.material in self.materials or not self.materials:
            return True
        together = self.materials | {job.material}
        return any(site.takes(together) for site in self.day.sites.values())

    def tip(self, site: Site, *, is_forced: bool) -> bool:
        """Drive to a site and empty the vehicle; say whether it is open for that."""
        self._rest_if_due(site.spot, site.tip_seconds, site.opens)
        self._go(site.spot)
        arrive, begin = self.now, max(self.now, site.opens)
        if begin + site.tip_seconds > site.closes:
            return False
        self.now = begin + site.tip_seconds
        self.kg = self.litres = 0
        self.materials = frozenset()
        self.stops += (Stop("tip", site.id, arrive, begin, self.now, 0, 0, is_forced),)
        return True

    def _best_site(self, then: Spot) -> Site | None:
        """Return the site that adds least to the way, of those that take what is on board and are open in time."""
        best, least = None, float("inf")
        for site in self.day.sites.values():
            if not site.takes(self.materials):
                continue
            metres = self.travel.metres(self.spot, site.spot) + self.travel.metres(site.spot, then)
            if metres < least and self._is_open(site):
                best, least = site, metres
        return best

    def _is_open(self, site: Site) -> bool:
        """Say whether a crew that drives there now finds it open, or not yet closed by the time it is done."""
        if site.closes >= self.crew.end:
            return True
        there = self.now + self.travel.seconds(self.spot, site.spot, self.crew.vehicle_class, self.now)
        return max(there, site.opens) + site.tip_seconds <= site.closes

    def _rest_if_due(self, spot: Spot, work_seconds: int, not_before: int) -> None:
        """Take the break now if its time has come, or would be over after the next stop."""
        rest = self.crew.rest
        if rest is None or not self.owes_rest:
            return
        if self.now >= rest.earliest:
            self.rest()
            return
        way = self.travel.seconds(self.spot, spot, self.crew.vehicle_class, self.now)
        if max(self.now + way, not_before) + work_seconds > rest.latest:
            self.rest()

    def rest(self) -> None:
        """Take the break where the crew is."""
        rest = self.crew.rest
        if rest is None:
            return
        begin = max(self.now, rest.earliest)
        self.stops += (Stop("break", "", self.now, begin, begin + rest.seconds, self.kg, self.litres),)
        self.now = begin + rest.seconds
        self.owes_rest = False

    def _go(self, spot: Spot) -> None:
        """Drive somewhere."""
        if spot == self.spot:
            return
        seconds = self.travel.seconds(self.spot, spot, self.crew.vehicle_class, self.now)
        self.seconds += seconds
        self.metres += self.travel.metres(self.spot, spot)
        self.now += seconds
        self.spot = spot


def drive(day: Day, crew_id: str, steps: Sequence[Step], travel: Travel) -> Round:
    """Return what a sheet is like when it is driven; jobs that nobody knows are dropped like those without time."""
    crew = day.crews[crew_id]
    cart, dropped = Cart(day, crew, travel), []
    for step in steps:
        after = _after(cart, step, day)
        if after is None:
            if step.kind == "job":
                dropped.append(step.id)
            continue
        cart = after
    if any(stop.kind == "job" for stop in cart.stops) or crew.is_under_way:
        cart.go_home()
    return Round(
        crew_id,
        cart.stops,
        tuple(dropped),
        cart.seconds,
        cart.metres,
        cart.now,
        crew.rest is None or not cart.owes_rest,
    )


def _after(cart: Cart, step: Step, day: Day) -> Cart | None:
    """Return the cart after a line of a sheet, or None where the line can't be done."""
    if step.kind == "job":
        job = day.jobs.get(step.id)
        return None if job is None else cart.served(job)
    return cart.tipped(step.id) if step.kind == "tip" else cart.rested()
